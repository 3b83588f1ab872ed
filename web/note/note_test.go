package note_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/webtest"
)

// openNotes is the page of a group with its notes.
func openNotes(c *webtest.Client, path string) *webtest.Page { return c.Get(path).Want(http.StatusOK) }

func TestNotesStandBesideTheHistory(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	group := "/policy-groups/" + s.Group("Telecom").String()
	ada, bea := s.Staff(authz.PartnerAdmin), s.Staff(authz.PolicyManager)
	p := openNotes(ada, group)
	if !p.Has("Only staff see these notes") || !p.Has("No notes yet") {
		t.Fatalf("%s", p.Text())
	}
	p = p.SubmitTo("/notes", webtest.Values{"internal_note": "Call <b>them</b>"}).Want(http.StatusOK)
	if !p.Has("Note added.") || !p.Has("Call <b>them</b>") || p.Doc.Find(".notes b").Length() > 0 {
		t.Errorf("%s", p.Text())
	}
	p = openNotes(bea, group)
	if !p.Has("Call <b>them</b>") || p.Doc.Find(".notes a").Length() != 0 {
		t.Errorf("a colleague reads it and changes nothing: %s", p.Doc.Find(".notes").Text())
	}
	// Changing it, and an old page.
	form := openNotes(ada, group).Click("Change note")
	if p = form.Submit(webtest.Values{"internal_note": "revised"}).Want(http.StatusOK); !p.Has("revised") || !p.Has("changed") {
		t.Errorf("%s", p.Text())
	}
	if p = form.Submit(webtest.Values{"internal_note": "revised"}).Want(http.StatusOK); !p.Has("revised") {
		t.Errorf("a second click: %s", p.Text())
	}
	p = form.Submit(webtest.Values{"internal_note": "third"}).Want(http.StatusConflict)
	if !p.Has("revised") || webtest.Value(p, "internal_note") != "third" {
		t.Errorf("an old page: %s", p.Text())
	}
	// Removing it takes the text away.
	ask := openNotes(ada, group).Click("Remove note")
	for range 2 {
		if p = ask.Submit(nil).Want(http.StatusOK); p.Has("revised") || !p.Has("removed a note") {
			t.Errorf("%s", p.Text())
		}
	}
	if p = form.Submit(webtest.Values{"internal_note": "third"}).Want(http.StatusConflict); !p.Has("You removed this note meanwhile") || !p.Has("third") {
		t.Errorf("changing a removed note: %s", p.Text())
	}
}

func TestNotesAreRefusedAtTheirField(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	ada := s.Staff(authz.PartnerAdmin)
	p := openNotes(ada, "/policy-groups/"+s.Group("Telecom").String())
	for _, text := range []string{"", strings.Repeat("x", 2001)} {
		refused := p.SubmitTo("/notes", webtest.Values{"internal_note": text}).Want(http.StatusUnprocessableEntity)
		if refused.FieldError("internal_note") == "" || webtest.Value(refused, "internal_note") != text {
			t.Errorf("%.10q: %q", text, refused.FieldError("internal_note"))
		}
	}
	if again := p.SubmitTo("/notes", webtest.Values{"internal_note": ""}).Submit(webtest.Values{"internal_note": "well"}).Want(http.StatusOK); !again.Has("well") {
		t.Errorf("%s", again.Text())
	}
}

func TestNotesCannotBeChangedLater(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	group := "/policy-groups/" + s.Group("Telecom").String()
	ada := s.Staff(authz.PartnerAdmin)
	p := openNotes(ada, group).SubmitTo("/notes", webtest.Values{"internal_note": "first"}).Want(http.StatusOK)
	form := p.Click("Change note")
	s.Clock.Advance(16 * time.Minute)
	if p = openNotes(ada, group); p.Doc.Find(".notes a").Length() != 1 {
		t.Errorf("links: %s", p.Doc.Find(".notes").Text())
	}
	if p = form.Submit(webtest.Values{"internal_note": "late"}).Want(http.StatusConflict); !p.Has("15 minutes") || !p.Has("late") {
		t.Errorf("%s", p.Text())
	}
	if p = ada.Get(form.Path).Want(http.StatusOK); p.Path != group {
		t.Errorf("the old form leads to %s", p.Path)
	}
}

// TestAUT2PartnersNeverSeeNotes looks at every page that a partner has.
func TestAUT2PartnersNeverSeeNotes(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	partner := s.Partner(authz.AuthPartner)
	admin, manager := s.Staff(authz.PartnerAdmin), s.Staff(authz.PolicyManager)
	list := admin.Get("/partners").Want(http.StatusOK)
	path := list.Doc.Find("tbody th a").First().AttrOr("href", "")
	admin.Get(path).SubmitTo("/notes", webtest.Values{"internal_note": "canary"}).Want(http.StatusOK)
	for _, at := range []string{"/home", "/home/registration", "/account"} {
		if p := partner.Get(at); p.Has("canary") || p.Has("nternal note") {
			t.Errorf("%s shows a partner what staff noted", at)
		}
	}
	// A Policy Manager may not open the partner: no note about it either.
	edit := admin.Get(path).Doc.Find(".notes a").First().AttrOr("href", "")
	manager.Get(edit).Want(http.StatusNotFound)
	partner.Get(edit).Want(http.StatusForbidden)
}
