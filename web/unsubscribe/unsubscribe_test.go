package unsubscribe_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/web/webtest"
)

const oneClick = "List-Unsubscribe=One-Click"

// reader is an admin with the link of a mail to them.
func reader(t *testing.T, settings ...string) (*webtest.Site, *webtest.Client, string) {
	t.Helper()
	s := webtest.New(t, settings...)
	c := s.Staff(authz.PartnerAdmin)
	return s, c, "/unsubscribe?token=" + account.UnsubscribeToken(s.App.Keys, c.Actor.User, mail.PolicyReviews)
}

func off(t *testing.T, s *webtest.Site) string {
	t.Helper()
	topics, err := pg.Values[string](t.Context(), s.App.DB.Read(), `select topic from mail_optouts order by 1`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(topics, " ")
}

// TestPeopleUnsubscribe opens the link that stands in a real mail, without having
// signed in.
func TestPeopleUnsubscribe(t *testing.T) {
	t.Parallel()
	s, admin, _ := reader(t)
	s.Partner(authz.DeviceProvider)
	mails := s.Mails(admin.Actor.Email)
	last := mails[len(mails)-1]
	path, ok := strings.CutPrefix(last.Unsubscribe, webtest.Origin)
	if !ok || !strings.Contains(last.Text, last.Unsubscribe) {
		t.Fatalf("%+v", last)
	}
	visitor := s.Visitor()
	ask := visitor.Get(path).Want(http.StatusOK)
	if ask.Title() != "Fewer mails" || !ask.Has("New requests") || off(t, s) != "" {
		t.Errorf("%s, switched off: %q", ask.Text(), off(t, s))
	}
	done := ask.Submit(nil).Want(http.StatusOK)
	if done.Title() != "These mails are switched off" || off(t, s) != "new_requests" {
		t.Errorf("%s, switched off: %q", done.Text(), off(t, s))
	}
	if again := ask.Submit(nil).Want(http.StatusOK); again.Title() != done.Title() {
		t.Errorf("a second click: %s", again.Text())
	}
	before := len(s.Mails(admin.Actor.Email))
	s.Partner(authz.DeviceProvider)
	if after := len(s.Mails(admin.Actor.Email)); after != before {
		t.Errorf("%d mails more", after-before)
	}
	if p := admin.Get("/account").Want(http.StatusOK); !p.Has("All but 1 kind") {
		t.Errorf("the account says %s", p.Text())
	}
	// Who has signed in in this browser does not matter.
	link := "/unsubscribe?token=" + account.UnsubscribeToken(s.App.Keys, admin.Actor.User, mail.WeeklySummary)
	s.Staff(authz.PolicyManager).Get(link).Want(http.StatusOK).Submit(nil).Want(http.StatusOK)
	if off(t, s) != "new_requests weekly_summary" {
		t.Errorf("switched off: %q", off(t, s))
	}
}

// program sends what a mail program sends: no cookie and no word of a browser.
func program(s *webtest.Site, path, body, kind string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(s.T.Context(), http.MethodPost, s.App.Config.Origin()+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.9:4711"
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	s.Handler.ServeHTTP(rec, r)
	return rec
}

const urlencoded = "application/x-www-form-urlencoded"

func TestRFC8058OneClick(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{urlencoded, "multipart/form-data"} {
		s, _, link := reader(t, "--public-url", "https://portal.test")
		body, kind := oneClick, urlencoded
		if encoding != urlencoded {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			if err := w.WriteField("List-Unsubscribe", "One-Click"); err != nil {
				t.Fatal(err)
			}
			_ = w.Close()
			body, kind = b.String(), w.FormDataContentType()
		}
		for range 2 {
			if rec := program(s, link, body, kind); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "These mails are switched off") {
				t.Errorf("%s: %d %s", encoding, rec.Code, rec.Body)
			}
		}
		if off(t, s) != "policy_reviews" {
			t.Errorf("%s: switched off %q", encoding, off(t, s))
		}
		if n, err := pg.Value[int](t.Context(), s.App.DB.Read(), `select count(*) from audit_log where action = 'user.mails_switched_off' and result = 'done'`, nil); n != 1 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
	}
}

// TestWEB1OneClickIsNoWayIn: the exception from the form token holds for this row,
// for this body, and for nobody with a browser.
func TestWEB1OneClickIsNoWayIn(t *testing.T) {
	t.Parallel()
	s, admin, link := reader(t, "--public-url", "https://portal.test")
	for name, tc := range map[string]struct {
		path, body string
		headers    []string
	}{
		"a cookie":             {link, oneClick, []string{"Cookie", "__Host-portal=x"}},
		"any cookie":           {link, oneClick, []string{"Cookie", "a=b"}},
		"another site":         {link, oneClick, []string{"Origin", "https://evil.test"}},
		"our own origin":       {link, oneClick, []string{"Origin", "https://portal.test"}},
		"fetch metadata":       {link, oneClick, []string{"Sec-Fetch-Site", "same-origin"}},
		"cross site":           {link, oneClick, []string{"Sec-Fetch-Site", "cross-site"}},
		"a field more":         {link, oneClick + "&token=x", nil},
		"twice":                {link, oneClick + "&" + oneClick, nil},
		"other word":           {link, "List-Unsubscribe=yes", nil},
		"empty":                {link, "", nil},
		"token as a field":     {"/unsubscribe", "token=" + url.QueryEscape(strings.TrimPrefix(link, "/unsubscribe?token=")), nil},
		"another row":          {"/account/notifications", oneClick, nil},
		"signing out":          {"/signout", oneClick, nil},
		"the password's reset": {"/reset", oneClick, nil},
	} {
		rec := program(s, tc.path, tc.body, urlencoded, tc.headers...)
		if rec.Code < 400 || rec.Code >= 500 {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	// A browser with a session, made to send it by another page.
	r := admin.Request(http.MethodPost, link, []byte(oneClick), urlencoded)
	r.Header.Set("Origin", "https://evil.test")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if rec := admin.Do(r); rec.Code != http.StatusForbidden {
		t.Errorf("cross site with a session: %d", rec.Code)
	}
	if off(t, s) != "" {
		t.Errorf("switched off %q", off(t, s))
	}
}

// TestREG1WrongLinksLookAlike: a link that the portal never made gets one answer,
// whether its account exists or not; so does a right one of an account that is gone.
func TestREG1WrongLinksLookAlike(t *testing.T) {
	t.Parallel()
	s, admin, link := reader(t)
	mac := link[strings.LastIndexByte(link, '.'):]
	answers := map[string]bool{}
	for _, token := range []string{
		admin.Actor.User.String() + ".weekly_summary" + mac, id.New[id.User]().String() + ".weekly_summary" + mac, "x", strings.Repeat("x", 2000),
	} {
		rec := program(s, "/unsubscribe?token="+token, oneClick, urlencoded)
		answers[strings.Join(strings.Fields(rec.Body.String()), " ")[:200]] = true
		get := s.Visitor().Get("/unsubscribe?token=" + token)
		if rec.Code != http.StatusGone || get.Status != http.StatusGone || get.Title() != "This link does not work" {
			t.Errorf("%s: %d %d %s", token, rec.Code, get.Status, get.Title())
		}
	}
	if len(answers) != 1 {
		t.Errorf("%d different answers", len(answers))
	}
	gone := program(s, "/unsubscribe?token="+account.UnsubscribeToken(s.App.Keys, id.New[id.User](), mail.PolicyReviews), oneClick, urlencoded)
	if gone.Code != http.StatusOK {
		t.Errorf("of an account that is gone: %d", gone.Code)
	}
	if p := s.Visitor().Get("/unsubscribe"); p.Status != http.StatusOK || !strings.HasPrefix(p.Path, "/signin") {
		t.Errorf("without a token: %d %s", p.Status, p.Path)
	}
}
