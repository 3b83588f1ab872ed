package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/web/webtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s has changed; if that is meant, run this test with -update:\n%s", path, diff)
	}
}

// TestAUT1TableIsReviewed makes every change of who may use what a visible one.
func TestAUT1TableIsReviewed(t *testing.T) {
	t.Parallel()
	var routes []string
	portal := webtest.New(t, "--public-list=on").Portal
	for _, rt := range slices.Concat(portal.Routes, portal.API) {
		routes = append(routes, fmt.Sprintf("%-5s%-48s %s", rt.Method, rt.Pattern, rt.Rule()))
	}
	slices.Sort(routes)
	golden(t, "routes.txt", strings.Join(routes, "\n")+"\n")

	var matrix strings.Builder
	fmt.Fprintf(&matrix, "%-22s", "")
	for _, role := range authz.Roles {
		fmt.Fprintf(&matrix, " %s", role)
	}
	matrix.WriteString("\n")
	for _, p := range authz.Permissions() {
		line := fmt.Sprintf("%-22s", p)
		for _, role := range authz.Roles {
			mark := "-"
			if slices.Contains(authz.Matrix[role], p) {
				mark = "yes"
			}
			line += fmt.Sprintf(" %-*s", len(role), mark)
		}
		matrix.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	golden(t, "matrix.txt", matrix.String())
}

// TestAUT1NothingIsServedBesideTheTable walks the router that really serves.
func TestAUT1NothingIsServedBesideTheTable(t *testing.T) {
	t.Parallel()
	portal := webtest.New(t, "--public-list=on").Portal
	router, ok := portal.Handler.(chi.Routes)
	if !ok {
		t.Fatalf("the handler is a %T", portal.Handler)
	}
	want := map[string]bool{"GET /healthz": true, "GET /readyz": true, "GET /static/*": true, "HEAD /static/*": true}
	for _, rt := range slices.Concat(portal.Routes, portal.API) {
		want[rt.Method+" "+rt.Pattern] = true
		if rt.Method == http.MethodGet {
			want["HEAD "+rt.Pattern] = true
		}
	}
	err := chi.Walk(router, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if pattern == "/metrics" { // on the main address only when it is asked for
			return nil
		}
		if !want[method+" "+pattern] {
			t.Errorf("%s %s is served but stands in no table", method, pattern)
		}
		delete(want, method+" "+pattern)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for missing := range want {
		t.Errorf("%s stands in the table but is not served", missing)
	}
}

// TestAUT1EveryRouteForEveryRole asks the real handler: who may comes through,
// anybody else with an account is refused (or led home from the pages for
// visitors), a visitor is led to the sign-in.
func TestAUT1EveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, star := range stars {
		browser := c.roles[star.role]
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			listed := method
			if method == http.MethodHead {
				listed = http.MethodGet
			}
			for _, rt := range table(c, listed) {
				r := browser.Request(method, unknown(rt), nil, "")
				if method == http.MethodPost {
					// No form has this field: who is let in is refused there,
					// and nothing is changed.
					r = post(browser, unknown(rt), "no_such_field=1")
				}
				rec := browser.Do(r)
				location := rec.Header().Get("Location")
				toSignIn := rec.Code == http.StatusSeeOther && (location == "/signin" || strings.HasPrefix(location, "/signin?next="))
				switch {
				case rt.Access.Allows(c.actor(star.role)):
					if rec.Code == http.StatusForbidden || toSignIn || rec.Code >= 500 {
						t.Errorf("%s as %s (%s): %d, but it is allowed", method+" "+rt.Pattern, star.role, rt.Access, rec.Code)
					}
				case star.role == authz.Visitor:
					if !toSignIn {
						t.Errorf("%s as visitor: %d %s, want 303 to /signin", method+" "+rt.Pattern, rec.Code, location)
					}
				case method != http.MethodPost && rt.Access.Allows(c.actor(authz.Visitor)):
					if rec.Code != http.StatusSeeOther || location != "/home" {
						t.Errorf("%s as %s: %d %s, want 303 to /home", method+" "+rt.Pattern, star.role, rec.Code, location)
					}
				case rec.Code != http.StatusForbidden:
					t.Errorf("%s as %s (%s): %d, want 403", method+" "+rt.Pattern, star.role, rt.Access, rec.Code)
				}
			}
		}
	}
}

// malformed are spellings that are no id of anything (security.md AUT-4).
func malformed(real string) []string {
	return []string{
		strings.ToUpper(real), "{" + real + "}", strings.ReplaceAll(real, "-", ""), real + "0", real[:35],
		"%20" + real, "urn:uuid:" + real, "0", "new2", "..%2f" + real, "%00", "%ff", strings.Repeat("a", 500),
	}
}

// TestAUT3AUT4IdsOfNothing asks for things that do not exist, by ids in every
// shape, as somebody who may use the route.
func TestAUT3AUT4IdsOfNothing(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, rt := range c.Portal.Routes {
		if !strings.Contains(rt.Pattern, "{id}") {
			continue
		}
		browser := c.someone(t, rt)
		real := strings.Split(c.within(t, rt, browser)[0], "/")
		paths := []string{unknown(rt)}
		for _, part := range real {
			if len(part) == 36 {
				for _, bad := range malformed(part) {
					paths = append(paths, at(rt, bad))
				}
			}
		}
		for _, path := range paths {
			r := browser.Request(http.MethodGet, path, nil, "")
			if rt.Method == http.MethodPost {
				r = post(browser, path, "")
			}
			if rec := browser.Do(r); rec.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d, want 404", rt.Method, path, rec.Code)
			}
		}
	}
}

// TestAUT3ThingsOfOthersLookLikeNothing: whoever may not see a thing cannot even
// tell whether it exists.
func TestAUT3ThingsOfOthersLookLikeNothing(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, rt := range c.Portal.Routes {
		if !strings.Contains(rt.Pattern, "{id}") || strings.HasPrefix(rt.Pattern, "/dev/") {
			continue
		}
		for _, role := range authz.PartnerRoles {
			browser := c.roles[role]
			ask := func(path string) (int, string) {
				r := browser.Request(http.MethodGet, path, nil, "")
				if rt.Method == http.MethodPost {
					r = post(browser, path, "")
				}
				rec := browser.Do(r)
				return rec.Code, bare(rec.Body.String(), path)
			}
			nothing := unknown(rt)
			wantCode, wantBody := ask(nothing)
			if wantCode != http.StatusForbidden && wantCode != http.StatusNotFound {
				t.Errorf("%s %s as %s: %d", rt.Method, nothing, role, wantCode)
			}
			for _, path := range c.real(t, rt) {
				if c.owns(browser.Actor, path) {
					continue
				}
				if code, body := ask(path); code != wantCode || body != wantBody {
					t.Errorf("%s %s as %s differs from a thing that does not exist: %d, want %d\n%s", rt.Method, path, role, code, wantCode, cmp.Diff(wantBody, body))
				}
			}
		}
	}
}
