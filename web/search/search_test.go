package search_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/web/webtest"
)

func find(c *webtest.Client, text string) *webtest.Page {
	return c.Get("/search?" + url.Values{"q": {text}}.Encode())
}

func TestSearchBoxFindsAndLeadsOn(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for n := range 7 {
		s.Group(fmt.Sprintf("Bank %d", n))
	}
	manager := s.Staff(authz.PolicyManager)
	p := find(manager, " bank ").Want(http.StatusOK)
	if n := p.Doc.Find("main .hits li").Length(); n != 5 || !p.Has("All 7 in the list") {
		t.Errorf("%d hits: %s", n, p.Text())
	}
	box := p.Doc.Find("header form[action='/search'] input[name=q]")
	if strings.TrimSpace(box.AttrOr("value", "")) != "bank" {
		t.Errorf("the box says %q", box.AttrOr("value", ""))
	}
	if l := p.Click("All 7 in the list").Want(http.StatusOK); l.Doc.Find("tbody tr").Length() != 7 {
		t.Errorf("the list: %s", l.Text())
	}
	gid := s.Group("Insurance").String()
	if p = find(manager, gid); len(p.Hops) != 1 || p.Path != "/policy-groups/"+gid {
		t.Errorf("an exact id leads to %v", p.Hops)
	}
}

func TestSearchSaysWhyThereIsNothing(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.Group("Bank")
	admin, partner := s.Staff(authz.PartnerAdmin), s.Partner(authz.AuthPartner)
	for text, want := range map[string]string{
		"": "What are you looking for?", "ba": "at least three letters", "no such thing": "Check the spelling", "<b id=canary>": "Check the spelling",
	} {
		p := find(admin, text).Want(http.StatusOK)
		if !p.Has(want) || !p.Has("Searched are:") || p.Doc.Find("#canary").Length() > 0 {
			t.Errorf("%q: %s", text, p.Text())
		}
	}
	if p := find(partner, "bank").Want(http.StatusOK); !p.Has("Nothing was found") || p.Has("Searched are:") {
		t.Errorf("a partner: %s", p.Text())
	}
	if p := s.Visitor().Get("/search?q=bank"); !strings.HasPrefix(p.Path, "/signin") {
		t.Errorf("a visitor gets to %s", p.Path)
	}
}

// TestTheKeyCanBeSwitchedOff: a single key that acts at once is the reader's
// choice (WCAG 2.1.4).
func TestTheKeyCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	box := func() string { return admin.Get("/home").Doc.Find("#search").AttrOr("aria-keyshortcuts", "") }
	if box() != "/" {
		t.Errorf("at first: %q", box())
	}
	p := admin.Get("/account/edit").Submit(webtest.Values{"shortcuts": false}).Want(http.StatusOK)
	if !p.Has("Off") || box() != "" {
		t.Errorf("switched off: %q, %s", box(), p.Text())
	}
	admin.Get("/account/edit").Submit(webtest.Values{"shortcuts": true}).Want(http.StatusOK)
	if box() != "/" {
		t.Errorf("switched on again: %q", box())
	}
}

func TestPartnerFindsThePoliciesOfItsGroup(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.InForce("Counter")
	partner := d.Admitted(authz.AuthPartner)
	p := find(partner, "counter").Want(http.StatusOK)
	webtest.WantText(t, p, "Policies of your group")
	if ask := p.Click("Counter").Want(http.StatusOK); !strings.HasPrefix(ask.Path, "/policy-requests/new") {
		t.Errorf("it leads to %s", ask.Path)
	}
	// Policies of another kind are none of its business (AUT-2).
	if p := find(d.Admitted(authz.CredentialPartner), "counter").Want(http.StatusOK); p.Doc.Find("main .hits li").Length() != 0 {
		t.Error("a policy of another kind is found")
	}
}
