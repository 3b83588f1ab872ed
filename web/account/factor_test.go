package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/webtest"
)

const factorURL = "/account/second-factor"

// The secret stands in the pages that set it up, and in no other.
func TestMFA2SecretIsShownWhileItIsSetUp(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Partner(authz.AuthPartner)
	if p := c.Get(factorURL + "/new").Submit(webtest.Values{"current": "not my password at all"}); p.FieldError("current") == "" || p.Doc.Find("svg.qr").Length() != 0 {
		t.Errorf("with a wrong password: %d %s", p.Status, p.Text())
	}
	p := c.Get("/account").Click("Change : Second factor").Want(200).Click("Set up an authenticator app").Want(200).
		Submit(webtest.Values{"current": webtest.Password}).Want(200)
	key := p.Doc.Find("#second-factor-key").Text()
	path, _ := p.Doc.Find("svg.qr path").Attr("d")
	if len(key) != 39 || len(path) < 1000 || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("key %q, picture of %d letters", key, len(path))
	}
	p = p.Submit(webtest.Values{"code": "12345"}).Want(http.StatusUnprocessableEntity)
	if p.FieldError("code") == "" || p.Doc.Find("#second-factor-key").Text() != key {
		t.Errorf("after a code that does not fit: %s", p.Text())
	}
	phone := &webtest.Phone{Site: s, Key: strings.ReplaceAll(key, " ", "")}
	p = p.Submit(webtest.Values{"code": phone.Code()}).Want(200)
	codes := strings.Fields(p.Doc.Find("#recovery-codes").Text())
	if len(codes) != 10 || p.Title() != "Save your recovery codes" {
		t.Fatalf("%q: %q", p.Title(), codes)
	}
	p = p.Click("I have saved them").Want(200)
	for _, address := range []string{factorURL, factorURL + "/new", factorURL + "/codes", "/account", "/home"} {
		body := c.Get(address).Want(200).Body
		for _, secret := range append(codes, key, phone.Key) {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %q", address, secret)
			}
		}
	}
	if !p.Has("10 of 10 are not used yet") || !c.Get("/account").Has("On: an authenticator app") {
		t.Errorf("%s", p.Text())
	}
	if mails := s.Mails(c.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "/account/second-factor") {
		t.Errorf("LGN-7: %q", mails[len(mails)-1].Text)
	}
}

// Two browsers: setting it up signs the other one out.
func TestMFA2OtherBrowsersAreSignedOut(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PolicyManager)
	other := s.SignedIn(c.Actor.Email)
	phone := c.Enrol()
	if p := other.Get("/account"); !strings.HasPrefix(p.Path, "/signin") {
		t.Errorf("the other browser is at %s", p.Path)
	}
	c.Get("/account").Want(200)
	// PWD-5: within ten minutes the password alone changes the password, and the session stays proved.
	c.Get("/account/password").Submit(webtest.Values{"current": webtest.Password, "password": "seven quiet otters paint fences"}).Want(200)
	if p := c.Get(factorURL + "/codes").Submit(webtest.Values{}); p.Title() != "Save your recovery codes" {
		t.Errorf("after the password: %d %s", p.Status, p.Title())
	}
	_ = phone
}

func TestMFA4CodeAfterThePassword(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Staff(authz.PolicyManager)
	phone := owner.Enrol()
	p := s.Password(owner.Actor.Email)
	if home := p.Client.Get("/home"); !strings.HasPrefix(home.Path, "/signin") {
		t.Fatalf("the password alone opens %s", home.Path)
	}
	p = p.Submit(webtest.Values{"code": phone.Wrong()}).Want(http.StatusUnprocessableEntity)
	if p.FieldError("code") == "" || strings.Contains(p.Body, phone.Wrong()) {
		t.Errorf("%s", p.Text())
	}
	for _, typed := range []string{"", "12", strings.Repeat("x", 500), "\u202e123456\u0000"} {
		if p = p.Submit(webtest.Values{"code": typed}); p.Status != http.StatusUnprocessableEntity || p.FieldError("code") == "" {
			t.Errorf("%q: %d", typed, p.Status)
		}
	}
	if p = p.Submit(webtest.Values{"code": " " + phone.Code() + " "}); p.Path != "/home" {
		t.Fatalf("the right code: %s %s", p.Path, p.Text())
	}
	if again := s.Visitor().Get("/signin/code"); again.Path != "/signin?done=code" {
		t.Errorf("without a password: %s", again.Path)
	}
	phone.Next()
	p = s.Password(owner.Actor.Email)
	for range 5 {
		p = p.Submit(webtest.Values{"code": phone.Wrong()})
	}
	if p.Path != "/signin?done=code" || !p.Has("Begin again with your password") {
		t.Errorf("after five wrong codes: %s %s", p.Path, p.Text())
	}
}

func TestMFA5RecoveryCodeLeadsToAnotherApp(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Staff(authz.PolicyManager)
	phone := owner.Enrol()
	p := s.Password(owner.Actor.Email).Submit(webtest.Values{"code": strings.ToLower(phone.Recovery[3])}).Want(200)
	if p.Path != factorURL || !p.Has("9 of 10 are not used yet") || !p.Has("set up another app") {
		t.Errorf("%s: %s", p.Path, p.Text())
	}
	if p = s.Password(owner.Actor.Email).Submit(webtest.Values{"code": phone.Recovery[3]}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a second time: %d", p.Status)
	}
}

// 9:59 passes, 10:01 asks; what was typed goes on with the code.
func TestMFA6AsksAfterTenMinutes(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PartnerAdmin)
	phone := c.Enrol() // and half a minute passes
	invite := func(name string) *webtest.Page {
		return c.Get("/staff/new").Want(200).Submit(webtest.Values{
			"email": name + "@example.test", "first_name": name, "last_name": "O’Hara <b>", "roles": []string{"POLICYMANAGER"},
		})
	}
	s.Clock.Advance(9*time.Minute + 59*time.Second - 30*time.Second)
	if p := invite("early"); p.Status != 200 || !strings.HasPrefix(p.Path, "/staff/") {
		t.Fatalf("at 9:59: %d at %s", p.Status, p.Path)
	}
	s.Clock.Advance(2 * time.Second)
	p := invite("late")
	if p.Status != http.StatusForbidden || p.Title() != "Confirm that it is you" || strings.Contains(p.Body, "late@example.test") {
		t.Fatalf("at 10:01: %d %s", p.Status, p.Title())
	}
	before := cookie(c, s)
	p = p.Submit(webtest.Values{"code": phone.Wrong()}).Want(http.StatusUnprocessableEntity)
	if p.FieldError("code") == "" || cookie(c, s) != before {
		t.Errorf("a wrong code: %s", p.Text())
	}
	asked := p
	p = p.Submit(webtest.Values{"code": phone.Code()}).Want(200)
	if !strings.HasPrefix(p.Path, "/staff/") || !p.Has("late O’Hara <b>") || !p.Has("late@example.test") {
		t.Fatalf("after the code: %d %s: %s", p.Status, p.Path, p.Text())
	}
	if cookie(c, s) == before {
		t.Error("SES-2: the token is the same")
	}
	if p = invite("soon"); !strings.HasPrefix(p.Path, "/staff/") {
		t.Errorf("right after it: %d %s", p.Status, p.Title())
	}
	// The page of another window is outdated, and comes back with what it holds.
	if p = asked.Submit(webtest.Values{"code": phone.Code()}); p.Status != http.StatusForbidden {
		t.Errorf("the page once more: %d", p.Status)
	}
	if p = p.Submit(webtest.Values{}); p.Status >= 500 {
		t.Errorf("and again: %d %s", p.Status, p.Text())
	}
}

func cookie(c *webtest.Client, s *webtest.Site) string {
	for _, one := range c.Jar.Cookies(c.Request(http.MethodGet, "/", nil, "").URL) {
		if one.Name == "portal" {
			return one.Value
		}
	}
	s.T.Fatal("no session")
	return ""
}

func TestMFA6FilesAreReachedFromTheirList(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PartnerAdmin)
	phone := c.Enrol()
	s.Clock.Advance(11 * time.Minute)
	p := c.Get("/audit.csv?q=Berg").Want(200)
	if p.Title() != "Confirm that it is you" {
		t.Fatal(p.Title())
	}
	p = p.Submit(webtest.Values{"code": phone.Code()}).Want(200)
	if p.Path != "/audit?q=Berg" || !p.Has("Download the file") {
		t.Fatalf("%s: %s", p.Path, p.Text())
	}
	if p = p.Click("Download the file"); p.Status != 200 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %s", p.Status, p.Header.Get("Content-Type"))
	}
	for _, to := range []string{"//evil.test", "https://evil.test/", `/\evil`} {
		if p := c.Post("/confirm", map[string][]string{"code": {phone.Code()}, "next": {to}}); p.Path != "/home" {
			t.Errorf("INJ-5: %q led to %s", to, p.Path)
		}
	}
}

func TestMFA7ResetByAnotherAdmin(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin, owner := s.Staff(authz.PartnerAdmin), s.Staff(authz.PolicyManager)
	admin.Enrol()
	owner.Enrol()
	if p := admin.Post("/staff/"+admin.Actor.User.String()+"/reset-second-factor", nil); p.Status != http.StatusForbidden {
		t.Errorf("one's own: %d", p.Status)
	}
	p := admin.Get("/staff/" + owner.Actor.User.String()).Want(200).Click("Reset second factor").Want(200).Submit(webtest.Values{}).Want(200)
	if !p.Has("was reset") || p.Has("On: an authenticator app") {
		t.Errorf("%s", p.Text())
	}
	s.SignedIn(owner.Actor.Email).Get(factorURL + "/new").Want(200)
	// A partner's people: from the partner's page.
	partner := s.Admitted(authz.AuthPartner)
	partner.Enrol()
	address := "/partners/" + partner.Actor.Partner.String()
	p = admin.Get(address).Want(200).Click("Reset second factor").Want(200)
	if bad := p.Submit(webtest.Values{}); bad.Status != http.StatusUnprocessableEntity || bad.FieldError("person") == "" {
		t.Errorf("nobody chosen: %d %s", bad.Status, bad.Text())
	}
	p = p.Submit(webtest.Values{"person": partner.Actor.User.String()}).Want(200)
	if p.Path != address || !p.Has("was reset") {
		t.Errorf("%s: %s", p.Path, p.Text())
	}
	s.SignedIn(partner.Actor.Email)
}
