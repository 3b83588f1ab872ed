package people_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/web/webtest"
)

var link = regexp.MustCompile(`http://portal\.test(/reset\?token=\S+)`)

// invite sends the form for a colleague and returns the page that it leads to.
func invite(owner *webtest.Client, email string) *webtest.Page {
	owner.Site.T.Helper()
	return owner.Get("/people/new").Want(http.StatusOK).Submit(webtest.Values{
		"email": email, "first_name": "Mia", "last_name": "Member", "lang": "en",
	})
}

// join takes an invitation up and signs in.
func join(s *webtest.Site, email string) *webtest.Client {
	s.T.Helper()
	mails := s.Mails(email)
	m := link.FindStringSubmatch(mails[len(mails)-1].Text)
	if m == nil {
		s.T.Fatalf("no link in %q", mails[len(mails)-1].Text)
	}
	s.Visitor().Get(m[1]).Want(http.StatusOK).Submit(webtest.Values{"password": webtest.Password}).Want(http.StatusOK)
	return s.SignedIn(email)
}

func TestOwnerInvitesAndRemoves(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.AuthPartner)
	if p := owner.Get("/people").Want(http.StatusOK); p.Doc.Find("tbody tr").Length() != 1 || !p.Has("Owner") {
		t.Errorf("at first: %s", p.Text())
	}
	rec := owner.Do(owner.Request(http.MethodGet, "/people.csv", nil, ""))
	if file := rec.Body.String(); rec.Code != http.StatusOK || !strings.Contains(file, owner.Actor.Email) || strings.Count(file, "\n") != 2 {
		t.Errorf("the file: %d %q", rec.Code, file)
	}
	if p := owner.Get("/people?q=nobody").Want(http.StatusOK); !p.Has("Nothing matches these filters") || webtest.Value(p, "q") != "nobody" {
		t.Errorf("filtered: %s", p.Text())
	}
	bad := owner.Get("/people/new").Submit(webtest.Values{"email": owner.Actor.Email, "first_name": "Mia", "last_name": "", "lang": "fr"}).Want(http.StatusUnprocessableEntity)
	if bad.FieldError("last_name") == "" || webtest.Value(bad, "first_name") != "Mia" || webtest.Value(bad, "lang") != "fr" {
		t.Errorf("what was typed is gone: %s", bad.Text())
	}
	if p := bad.Submit(webtest.Values{"last_name": "Member"}).Want(http.StatusUnprocessableEntity); p.FieldError("email") == "" {
		t.Error("an address that has an account is taken")
	}
	form := owner.Get("/people/new")
	values := webtest.Values{"email": "mia@acme.example", "first_name": "Mia", "last_name": "Member", "lang": "en"}
	shown := form.Submit(values).Want(http.StatusOK)
	if again := form.Submit(values).Want(http.StatusOK); again.Path != shown.Path {
		t.Errorf("CON-2: the second click ends at %s, the first at %s", again.Path, shown.Path)
	}
	if !shown.Has("The invitation is on its way") || len(s.Mails("mia@acme.example")) != 1 {
		t.Errorf("%s", shown.Text())
	}
	if text := s.Mails("mia@acme.example")[0].Text; !strings.Contains(text, "Leila Benali invites you to work for Acme") {
		t.Errorf("the invitation says %q", text)
	}
	s.Clock.Advance(2 * time.Minute)
	shown.SubmitTo(shown.Path+"/invite-again", nil).Want(http.StatusOK)
	member := join(s, "mia@acme.example")
	if p := member.Get("/people").Want(http.StatusOK); p.Has("+ Invite") || !p.Has("The owner of your organisation") {
		t.Errorf("a member sees %s", p.Text())
	}
	if p := member.Get(shown.Path).Want(http.StatusOK); p.Doc.Find("main form").Length() > 0 {
		t.Error("a member is offered a change")
	}
	member.Get("/people/new").Want(http.StatusForbidden)
	member.Post(shown.Path+"/remove", nil).Want(http.StatusForbidden)

	ask := owner.Get(shown.Path).Click("Remove").Want(http.StatusOK)
	if stale := owner.Post(shown.Path+"/remove", url.Values{"version": {"7"}}).Want(http.StatusConflict); !stale.Has("Nothing was removed") {
		t.Errorf("CON-1: %s", stale.Text())
	}
	for range 2 { // the second click finds nobody, and says nothing else
		if p := ask.Submit(nil).Want(http.StatusOK); p.Path != "/people" || p.Has("Mia Member") && !p.Has("Mia Member\u2069 was removed") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	if p := member.Get("/home"); p.Path != "/signin" {
		t.Errorf("SES-5: a removed person still sees %s", p.Path)
	}
	owner.Get(shown.Path).Want(http.StatusNotFound)
}

func TestInvitationIsTakenBack(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.DeviceProvider)
	p := invite(owner, "mia@acme.example").Want(http.StatusOK).Click("Take the invitation back").Want(http.StatusOK)
	if !p.Has("stops working at once") {
		t.Errorf("%s", p.Text())
	}
	p.Submit(nil).Want(http.StatusOK)
	mails := s.Mails("mia@acme.example")
	if p := s.Visitor().Get(link.FindStringSubmatch(mails[0].Text)[1]); p.Status == http.StatusOK {
		t.Errorf("the link still works: %s", p.Text())
	}
	if !strings.Contains(mails[len(mails)-1].Text, "no longer act for") {
		t.Errorf("the last mail says %q", mails[len(mails)-1].Text)
	}
	invite(owner, "mia@acme.example").Want(http.StatusOK)
}

func TestOwnershipIsHandedOver(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner := s.Admitted(authz.FTMProvider)
	path := invite(owner, "mia@acme.example").Want(http.StatusOK).Path
	if p := owner.Get(path + "/hand-over").Want(http.StatusOK); p.Path != path {
		t.Errorf("somebody who has not joined is offered: %s", p.Path)
	}
	member := join(s, "mia@acme.example")
	ask := owner.Get(path).Click("Hand over ownership").Want(http.StatusOK)
	if p := ask.Submit(webtest.Values{"current": "not my password at all"}).Want(http.StatusUnprocessableEntity); p.FieldError("current") == "" {
		t.Error("a wrong password is taken")
	}
	s.Clock.Advance(time.Minute)
	if p := ask.Submit(webtest.Values{"current": webtest.Password}).Want(http.StatusOK); p.Path != "/people" || !p.Has("is the owner now") {
		t.Errorf("at %s: %s", p.Path, p.Text())
	}
	if p := ask.Submit(webtest.Values{"current": webtest.Password}).Want(http.StatusOK); p.Path != "/people" {
		t.Errorf("CON-2: the second click ends at %s", p.Path)
	}
	member.Get("/people/new").Want(http.StatusOK) // in the session that was open
	owner.Get("/people/new").Want(http.StatusForbidden)
}

func TestAUT3OtherPartnersPeopleAreNobody(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	owner, other := s.Admitted(authz.AuthPartner), s.Admitted(authz.AuthPartner)
	theirs := invite(owner, "mia@acme.example").Want(http.StatusOK).Path
	nobody := "/people/" + id.New[id.User]().String()
	for _, path := range []string{theirs, nobody} {
		for _, verb := range []string{"", "/remove", "/hand-over"} {
			other.Get(path + verb).Want(http.StatusNotFound)
		}
		for _, verb := range []string{"/remove", "/hand-over", "/invite-again"} {
			other.Post(path+verb, nil).Want(http.StatusNotFound)
		}
	}
	if p := other.Get("/people").Want(http.StatusOK); p.Has("Mia") {
		t.Error("AUT-2: another partner's people are listed")
	}
}
