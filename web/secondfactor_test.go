package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/web/route"
	"portal/web/webtest"
)

// TestMFA1StaffReachNothingWithoutASecondFactor walks every row of the table as a
// member of staff who has to set one up.
func TestMFA1StaffReachNothingWithoutASecondFactor(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, "--second-factor=required")
	actor := s.Colleague(authz.PartnerAdmin, authz.PolicyManager)
	c := s.Visitor()
	p := c.Get("/signin").Submit(webtest.Values{"email": actor.Email, "password": webtest.Password}).Want(http.StatusOK)
	if p.Path != "/account/second-factor" || !p.Has("you need a second factor") || p.Doc.Find(".side a").Length() != 0 {
		t.Fatalf("after signing in: %s: %s", p.Path, p.Text())
	}
	token := c.Token()
	var open []string
	for _, rt := range s.Portal.Routes {
		if rt.SetUp {
			open = append(open, rt.Method+" "+rt.Pattern)
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			if (method == http.MethodPost) != (rt.Method == http.MethodPost) {
				continue
			}
			r := c.Request(method, unknown(rt), nil, "")
			if method == http.MethodPost {
				r = c.Request(method, unknown(rt), []byte("_token="+token), "application/x-www-form-urlencoded")
			}
			if rec := c.Do(r); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/account/second-factor" {
				t.Errorf("%s %s: %d %s", method, rt.Pattern, rec.Code, rec.Header().Get("Location"))
			}
		}
	}
	slices.Sort(open)
	want := []string{
		"GET /account/second-factor", "GET /account/second-factor/new", "POST /account/second-factor/new", "POST /language", "POST /signout",
	}
	if diff := cmp.Diff(want, open); diff != "" {
		t.Errorf("what is open has changed:\n%s", diff)
	}
	phone := c.Enrol()
	c.Get("/staff").Want(http.StatusOK)
	c.Get("/account/second-factor/remove").Want(http.StatusOK)
	if p := c.Post("/account/second-factor/remove", nil); p.Status != http.StatusForbidden {
		t.Errorf("MFA-1: switched off where it is needed: %d", p.Status)
	}
	// From now on the password alone does not even get there.
	if p := s.Password(actor.Email).Submit(webtest.Values{"code": phone.Code()}); !strings.HasPrefix(p.Path, "/home") {
		t.Errorf("with the code: %s: %s", p.Path, p.Text())
	}
}

// TestMFA1PartnersMayDoWithout but for keys, which open people's data (decision D2).
func TestMFA1PartnersMayDoWithout(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, "--second-factor=required")
	c := s.Admitted(authz.AuthPartner)
	c.Get("/policy-requests").Want(http.StatusOK)
	p := c.Get("/api-keys/new").Want(http.StatusOK)
	if !p.Has("First, a second factor") {
		t.Errorf("%s: %s", p.Title(), p.Text())
	}
	p = c.Post("/api-keys", map[string][]string{"id": {"01a2311c-1111-7111-8111-111111111111"}, "grant": {"01a2311c-1111-7111-8111-111111111112"}, "label": {"x"}, "ends_on": {""}})
	if p.Status != http.StatusForbidden || !p.Has("First, a second factor") {
		t.Errorf("%d %s", p.Status, p.Text())
	}
	c.Enrol()
	if p := c.Get("/api-keys/new").Want(http.StatusOK); p.Has("First, a second factor") {
		t.Errorf("with one: %s", p.Text())
	}
}

// TestMFA1PagesSayWhenNoneIsNeeded: an installation that does without says so to who
// has signed in.
func TestMFA1PagesSayWhenNoneIsNeeded(t *testing.T) {
	t.Parallel()
	const banner = "A second factor is not required in this installation"
	for setting, says := range map[string]bool{"optional": true, "required": false} {
		s := webtest.New(t, "--second-factor="+setting)
		if p := s.Visitor().Get("/signin"); p.Has(banner) {
			t.Errorf("%s: visitors are told", setting)
		}
		for _, c := range []*webtest.Client{s.Partner(authz.DeviceProvider)} {
			if p := c.Get("/home"); p.Has(banner) != says {
				t.Errorf("%s: %s", setting, p.Text())
			}
		}
	}
}

// TestMFA6EveryDecisionIsSteppedUp sends every form that is marked, from somebody
// whose code is eleven minutes old: the code is asked for, and nothing happens.
func TestMFA6EveryDecisionIsSteppedUp(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	phones := map[authz.Role]*webtest.Phone{}
	for _, star := range stars {
		if star.role != authz.Visitor {
			phones[star.role] = c.roles[star.role].Enrol()
		}
	}
	c.Clock.Advance(11 * authz.StepUpAfter / 10)
	marked := 0
	for _, rt := range c.Portal.Routes {
		if !rt.StepUp {
			continue
		}
		marked++
		browser := c.someone(t, rt)
		if rt.Method == http.MethodGet {
			if p := browser.Get(unknown(rt)); !strings.HasPrefix(p.Path, "/confirm?next=") || p.Doc.Find("input[name=code]").Length() != 1 {
				t.Errorf("GET %s: %d at %s", rt.Pattern, p.Status, p.Path)
			}
			continue
		}
		rec := browser.Do(post(browser, unknown(rt), "no_such_field=1"))
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), `name="_held"`) {
			t.Errorf("POST %s: %d", rt.Pattern, rec.Code)
		}
	}
	// Decisions, trust, roles and keys are all there: this many, and the list is golden.
	if marked < 60 {
		t.Errorf("only %d rows are marked", marked)
	}
	for _, must := range []string{
		"POST /partners/{id}/approve", "POST /partners/{id}/reject", "POST /policy-requests/{id}/approve", "POST /policy-requests/reject",
		"POST /auth-policies/{id}/activate", "POST /datashare-policies/{id}/activate", "POST /trust-store", "POST /trust-store/{id}/confirm",
		"POST /staff/{id}", "POST /staff/{id}/deactivate", "POST /staff/{id}/reset-second-factor", "POST /people/{id}/remove", "POST /people/{id}/hand-over",
		"POST /api-keys", "POST /organisation/email", "POST /account/password", "POST /account/second-factor/new", "POST /account/second-factor/codes",
		"POST /account/second-factor/remove", "GET /audit.csv", "POST /devices/approve", "POST /sbis/{id}/reject", "POST /ftm-chips/{id}/approve",
	} {
		if !slices.ContainsFunc(c.Portal.Routes, func(rt route.Route) bool { return rt.StepUp && rt.Method+" "+rt.Pattern == must }) {
			t.Errorf("%s is not stepped-up", must)
		}
	}
}
