package organisation_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/web/webtest"
)

var code = regexp.MustCompile(`(?m)^ {4}(\d{6})$`)

// codeIn is the code in the latest mail to an address.
func codeIn(s *webtest.Site, to string) string {
	s.T.Helper()
	mails := s.Mails(to)
	m := code.FindStringSubmatch(mails[len(mails)-1].Text)
	if m == nil {
		s.T.Fatalf("no code in %q", mails[len(mails)-1].Text)
	}
	return m[1]
}

func TestProfileIsEdited(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.AuthPartner)
	p := owner.Get("/organisation").Want(http.StatusOK)
	webtest.WantText(t, p, "1 Main Road", "Leila Benali", "No contacts yet", "Telecom")
	form := owner.Get("/organisation/edit").Want(http.StatusOK)
	bad := form.Submit(webtest.Values{"address": "2 New Street", "phone": "call me", "lang": "fr"}).Want(http.StatusUnprocessableEntity)
	if bad.FieldError("phone") == "" || webtest.Value(bad, "address") != "2 New Street" || webtest.Value(bad, "lang") != "fr" {
		t.Errorf("what was typed is gone: %s", bad.Text())
	}
	values := webtest.Values{"address": "2 New Street", "phone": "+999 000 111", "lang": "fr"}
	for range 2 { // a second click
		if p := form.Submit(values).Want(http.StatusOK); p.Path != "/organisation" || !p.Has("2 New Street") || !p.Has("Français") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	stale := form.Submit(webtest.Values{"address": "3 Late Street", "phone": "+999 000 111", "lang": "en"}).Want(http.StatusConflict)
	if !stale.Has("Nothing was saved") || !stale.Has("2 New Street") || webtest.Value(stale, "address") != "3 Late Street" {
		t.Errorf("CON-1: %s", stale.Text())
	}
	p = stale.Submit(nil).Want(http.StatusOK)
	if !p.Has("3 Late Street") {
		t.Errorf("knowing what is there, it is stored on top: %s", p.Text())
	}
	// Its history is there, without who of the staff it was.
	webtest.WantText(t, p, "History", owner.Actor.Name)
	if staff := s.Admin().Name; strings.Contains(p.Doc.Find("main").Text(), staff) {
		t.Errorf("%s is named to a partner", staff)
	}
}

func TestContactsAreEdited(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.DeviceProvider)
	form := owner.Get("/organisation/contacts").Want(http.StatusOK)
	bad := form.Submit(webtest.Values{"contact_2_name": "Sam", "contact_2_email": "x"}).Want(http.StatusUnprocessableEntity)
	if bad.FieldError("contact_2_email") == "" || bad.FieldError("contact_2_kind") == "" || webtest.Value(bad, "contact_2_name") != "Sam" {
		t.Errorf("%s", bad.Text())
	}
	p := bad.Submit(webtest.Values{"contact_2_email": "sam@acme.example", "contact_2_kind": "security"}).Want(http.StatusOK)
	webtest.WantText(t, p, "The contacts are saved", "Sam", "sam@acme.example", "Security")
	p = owner.Get("/organisation/contacts").Submit(webtest.Values{"contact_1_name": "", "contact_1_email": ""}).Want(http.StatusOK)
	webtest.WantText(t, p, "No contacts yet") // its lines were cleared
	stale := form.Submit(webtest.Values{"contact_1_name": "Lena", "contact_1_email": "lena@acme.example", "contact_1_kind": "legal"}).Want(http.StatusConflict)
	if !stale.Has("Nothing was saved") || webtest.Value(stale, "contact_1_name") != "Lena" {
		t.Errorf("CON-1: %s", stale.Text())
	}
}

func TestNameIsAskedForAndTakenBack(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.AuthPartner)
	form := owner.Get("/organisation/name").Want(http.StatusOK)
	if p := form.Submit(webtest.Values{"reason": "We merged"}).Want(http.StatusUnprocessableEntity); p.FieldError("organisation") == "" {
		t.Error("the same name is no change")
	}
	values := webtest.Values{"organisation": "Acme Holding", "reason": "We merged"}
	for range 2 {
		if p := form.Submit(values).Want(http.StatusOK); p.Path != "/organisation" || !p.Has("A Partner Admin looks at this change") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	late := form.Submit(webtest.Values{"organisation": "Acme Group", "reason": "No, this"}).Want(http.StatusConflict)
	if !late.Has("Another change waits already") || webtest.Value(late, "organisation") != "Acme Group" {
		t.Errorf("%s", late.Text())
	}
	if p := owner.Get("/organisation/name").Want(http.StatusOK); p.Path != "/organisation" {
		t.Errorf("while one waits the form is at %s", p.Path)
	}
	page := owner.Get("/organisation")
	for range 2 {
		if p := page.SubmitTo("/organisation/withdraw", nil).Want(http.StatusOK); !p.Has("The request was taken back") || !p.Has("Withdrawn") {
			t.Errorf("%s", p.Text())
		}
	}
}

func TestAddressIsProvedFirst(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.AuthPartner)
	form := owner.Get("/organisation/email").Want(http.StatusOK)
	if p := form.Submit(webtest.Values{"email": "x", "reason": ""}).Want(http.StatusUnprocessableEntity); p.FieldError("email") == "" || p.FieldError("reason") == "" {
		t.Errorf("%s", p.Text())
	}
	ask := form.Submit(webtest.Values{"email": "new@acme.example", "reason": "We moved"}).Want(http.StatusOK)
	if !ask.Has("new@acme.example") || ask.Doc.Find("input[name=code]").Length() != 1 {
		t.Fatalf("no page for the code: %s", ask.Text())
	}
	right := codeIn(s, "new@acme.example")
	wrong := "000000"
	if right == wrong {
		wrong = "111111"
	}
	if p := ask.Submit(webtest.Values{"code": wrong}).Want(http.StatusUnprocessableEntity); !strings.Contains(p.FieldError("code"), "4 more attempts") {
		t.Errorf("REG-7: %s", p.Text())
	}
	if p := ask.Submit(webtest.Values{"code": ""}).Want(http.StatusUnprocessableEntity); p.FieldError("code") == "" {
		t.Error("no code is taken")
	}
	for range 2 { // a second click
		if p := ask.Submit(webtest.Values{"code": right}).Want(http.StatusOK); p.Path != "/organisation" || !p.Has("A Partner Admin looks at this change") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	if told := s.Mails(owner.Actor.Email); !strings.Contains(told[len(told)-1].Text, "another address") {
		t.Errorf("the old address is told %q", told[len(told)-1].Text)
	}
}

// After five wrong codes the form comes back with what was typed, and sends a new
// code.
func TestREG7FiveWrongCodes(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.AuthPartner)
	ask := owner.Get("/organisation/email").Submit(webtest.Values{"email": "new@acme.example", "reason": "We moved"}).Want(http.StatusOK)
	var p *webtest.Page
	for range 5 {
		p = ask.Submit(webtest.Values{"code": "none"}).Want(http.StatusUnprocessableEntity)
	}
	if !p.Has("After five wrong codes") || webtest.Value(p, "email") != "new@acme.example" {
		t.Fatalf("%s", p.Text())
	}
	ask = p.Submit(nil).Want(http.StatusOK)
	if p := ask.Submit(webtest.Values{"code": codeIn(s, "new@acme.example")}).Want(http.StatusOK); p.Path != "/organisation" {
		t.Errorf("at %s: %s", p.Path, p.Text())
	}
}
