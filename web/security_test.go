package web_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/web/webtest"
)

// TestINJ3LogsAreALineForEachRequest is not parallel: it takes the process's log.
func TestINJ3LogsAreALineForEachRequest(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&out, nil)))
	defer slog.SetDefault(before)
	s := webtest.New(t)
	visitor := s.Visitor()
	const evil = "a\r\n{\"level\":\"ERROR\"}\x1b[31m\u2028canary"
	requests := 0
	for _, path := range []string{"/no-such-page", "/partners/x", "/"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			r := visitor.Request(method, path, []byte("email="+evil), "application/x-www-form-urlencoded")
			r.URL.Path += evil
			r.URL.RawQuery = "q=canary"
			r.Header.Set("User-Agent", evil)
			r.Header.Set("X-Request-Id", evil)
			r.Header.Set("Referer", evil)
			if rec := visitor.Do(r); rec.Header().Get("X-Request-Id") == evil {
				t.Error("the request's name is the client's")
			}
			requests++
		}
	}
	lines := 0
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if strings.Contains(line, "canary") {
			t.Errorf("what somebody sent stands in the log: %s", line)
		}
		if entry["msg"] == "request" {
			lines++
		}
	}
	if lines != requests {
		t.Errorf("%d lines for %d requests", lines, requests)
	}
}

// TestINJ6HostsOfOthersAreNotServed: what a client or a proxy calls the portal is
// not believed, neither by pages nor in mails.
func TestINJ6HostsOfOthersAreNotServed(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	someone := s.Colleague(authz.PartnerAdmin)
	visitor := s.Visitor()
	for _, host := range []string{"evil.test", "portal.test.evil.test", "portal.test:8443", "evil.test#portal.test", ""} {
		r := visitor.Request(http.MethodGet, "/", nil, "")
		if r.Host = host; host == "" {
			r.Host = "localhost"
		}
		if rec := visitor.Do(r); rec.Code != http.StatusMisdirectedRequest {
			t.Errorf("%q is answered with %d", r.Host, rec.Code)
		}
	}
	// Every flow that sends a mail to whoever asks.
	r := visitor.Request(http.MethodPost, "/forgot", []byte("_token="+visitor.Token()+"&email="+someone.Email), "application/x-www-form-urlencoded")
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"} {
		r.Header.Set(name, "host=evil.test")
	}
	if rec := visitor.Do(r); rec.Code >= http.StatusBadRequest {
		t.Fatalf("the form is answered with %d", rec.Code)
	}
	mails := s.Mails(someone.Email)
	if len(mails) == 0 {
		t.Fatal("no mail was sent")
	}
	for _, m := range mails {
		if strings.Contains(m.Text, "evil") || !strings.Contains(m.Text, webtest.Origin+"/") {
			t.Error(m.Text)
		}
	}
}

// TestPWD6StaffNeverSeeOrChooseAPassword: no page of staff about an account asks for
// one, and none that is sent is taken.
func TestPWD6StaffNeverSeeOrChooseAPassword(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	admin := c.roles[authz.PartnerAdmin]
	looked := 0
	for _, rt := range table(c, http.MethodGet) {
		if !strings.HasPrefix(rt.Pattern, "/staff") && !strings.HasPrefix(rt.Pattern, "/people") && !strings.HasPrefix(rt.Pattern, "/partners") || !rt.Access.Allows(admin.Actor) {
			continue
		}
		for _, path := range c.real(t, rt) {
			p := admin.Get(path)
			looked++
			p.Doc.Find("input").Each(func(_ int, in *goquery.Selection) {
				name, _ := in.Attr("name")
				if kind, _ := in.Attr("type"); kind == "password" || strings.Contains(name, "password") {
					t.Errorf("%s asks for %q", path, name)
				}
			})
			if strings.Contains(p.Body, "$argon2id$") {
				t.Errorf("%s shows a hash", path)
			}
		}
	}
	if looked < 10 {
		t.Fatalf("only %d pages were looked at", looked)
	}
	for _, path := range []string{"/staff", unknownStaff} {
		if p := admin.Post(path, map[string][]string{"password": {"correct horse battery staple"}}); p.Status != http.StatusBadRequest && p.Status != http.StatusNotFound {
			t.Errorf("%s takes a password: %d", path, p.Status)
		}
	}
}

const unknownStaff = "/staff/00000000-0000-7000-8000-000000000000/reset"

// TestSES7WithoutSessionsNobodyIsServed: a session that cannot be read is neither a
// visitor's nor somebody's.
func TestSES7WithoutSessionsNobodyIsServed(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Colleague(authz.PartnerAdmin)
	client := s.SignedIn(admin.Email)
	token := client.Token()
	s.App.DB.Close()
	for _, rt := range s.Portal.Routes {
		body := []byte(nil)
		if rt.Method == http.MethodPost {
			body = []byte("_token=" + token)
		}
		path := strings.NewReplacer("{id}", "00000000-0000-7000-8000-000000000000", "{sub}", "00000000-0000-7000-8000-000000000000").Replace(rt.Pattern)
		rec := client.Do(client.Request(rt.Method, path, body, "application/x-www-form-urlencoded"))
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" || rec.Header().Get("Location") != "" {
			t.Errorf("%s %s: %d, Retry-After %q", rt.Method, path, rec.Code, rec.Header().Get("Retry-After"))
		}
	}
}

// TestSES8NothingOfASessionIsKept: pages of somebody signed in are in no cache, and
// signing out, a form, has the browser forget.
func TestSES8NothingOfASessionIsKept(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	client := s.SignedIn(s.Colleague(authz.PartnerAdmin).Email)
	for _, path := range []string{"/home", "/partners", "/account", "/no-such-page"} {
		rec := client.Do(client.Request(http.MethodGet, path, nil, ""))
		if got := rec.Header().Values("Cache-Control"); len(got) != 1 || got[0] != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
	if rec := client.Do(client.Request(http.MethodGet, "/signout", nil, "")); rec.Code != http.StatusMethodNotAllowed && rec.Code != http.StatusNotFound {
		t.Errorf("signing out by a link: %d", rec.Code)
	}
	rec := client.Do(client.Request(http.MethodPost, "/signout", []byte("_token="+client.Token()), "application/x-www-form-urlencoded"))
	if got := rec.Header().Get("Clear-Site-Data"); !strings.Contains(got, `"cache"`) || !strings.Contains(got, `"storage"`) {
		t.Errorf("after signing out: Clear-Site-Data %q", got)
	}
}

// TestOPS4ReadyzSaysWhenNotToSendAnybody: with each cause, and without detail;
// healthz speaks of the process alone.
func TestOPS4ReadyzSaysWhenNotToSendAnybody(t *testing.T) {
	t.Parallel()
	ask := func(s *webtest.Site, path string) (int, string) {
		v := s.Visitor()
		rec := v.Do(v.Request(http.MethodGet, path, nil, ""))
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	for cause, happens := range map[string]func(*webtest.Site){
		"not ready":   func(s *webtest.Site) { s.App.DB.Close() },
		"draining":    func(s *webtest.Site) { s.App.Drain() },
		"wrong clock": func(s *webtest.Site) { s.Clock.Advance(11 * time.Second) },
	} {
		s := webtest.New(t)
		if code, body := ask(s, "/readyz"); code != http.StatusOK || body != "ready" {
			t.Fatalf("before: %d %s", code, body)
		}
		happens(s)
		if code, body := ask(s, "/readyz"); code != http.StatusServiceUnavailable || body != cause {
			t.Errorf("%s: %d %q", cause, code, body)
		}
		if code, _ := ask(s, "/healthz"); code != http.StatusOK {
			t.Errorf("%s: the process is said to be dead", cause)
		}
	}
}
