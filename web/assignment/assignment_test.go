package assignment_test

import (
	"net/http"
	"testing"

	"portal/internal/authz"
	"portal/web/webtest"
)

// waiting is the page of a request that waits, as two admins have it open.
func waiting(t *testing.T) (s *webtest.Site, one, two *webtest.Client, path string) {
	t.Helper()
	s = webtest.New(t)
	s.Partner(authz.AuthPartner)
	one, two = s.Staff(authz.PartnerAdmin), s.Staff(authz.PartnerAdmin)
	path = one.Get("/partners").Doc.Find("tbody th a").First().AttrOr("href", "")
	return s, one, two, path
}

func TestWorkIsTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	_, one, two, path := waiting(t)
	p, other := one.Get(path).Want(http.StatusOK), two.Get(path).Want(http.StatusOK)
	if !p.Has("Nobody has taken this on yet.") {
		t.Fatalf("%s", p.Text())
	}
	for range 2 { // the second click changes nothing
		if taken := p.SubmitTo("/assignments/take", nil).Want(http.StatusOK); !taken.Has("You took this on") {
			t.Errorf("%s", taken.Text())
		}
	}
	// The other's page is older: it is told, and takes it over knowingly.
	if late := other.SubmitTo("/assignments/take", nil).Want(http.StatusConflict); !late.Has("Meanwhile") {
		t.Errorf("%s", late.Text())
	}
	if late := two.Get(path).SubmitTo("/assignments/take", nil).Want(http.StatusOK); !late.Has("You took this on") {
		t.Errorf("%s", late.Text())
	}
	if warned := one.Get(path + "/approve").Want(http.StatusOK); !warned.Has("took this on. You can still decide") {
		t.Errorf("%s", warned.Text())
	}
	if own := two.Get(path + "/approve").Want(http.StatusOK); own.Has("You can still decide") {
		t.Error("the holder is warned of themselves")
	}
	for range 2 {
		p = two.Get(path)
		if p.Has("Give it back") {
			p = p.SubmitTo("/assignments/give-back", nil).Want(http.StatusOK)
		}
		if !p.Has("Nobody has taken this on yet.") {
			t.Errorf("%s", p.Text())
		}
	}
	// Who decides needs no sign, and ends it.
	one.Get(path).SubmitTo("/assignments/take", nil).Want(http.StatusOK)
	open := one.Get(path)
	two.Get(path + "/approve").Submit(nil).Want(http.StatusOK)
	if done := open.SubmitTo("/assignments/give-back", nil).Want(http.StatusConflict); !done.Has("no longer waits") {
		t.Errorf("%s", done.Text())
	}
	if p = one.Get(path); p.Has("Give it back") || p.Has("Nobody has taken") {
		t.Errorf("%s", p.Text())
	}
}

func TestWorkIsAssigned(t *testing.T) {
	t.Parallel()
	s, one, _, path := waiting(t)
	manager := s.Colleague(authz.PolicyManager)
	p := one.Get(path)
	colleague := p.Doc.Find("select[name=to] option[value!='']").First().AttrOr("value", "")
	if p.Doc.Find("select[name=to] option[value='"+manager.User.String()+"']").Length() > 0 {
		t.Error("a Policy Manager, who cannot decide, is offered")
	}
	p = p.SubmitTo("/assignments/assign", webtest.Values{"to": colleague}).Want(http.StatusOK)
	if !p.Has("is now a colleague’s work") {
		t.Errorf("%s", p.Text())
	}
	for _, to := range []string{"", "x", manager.User.String()} {
		form := one.Get(path)
		fields := webtest.Fields(form.Doc.Find("form[action='/assignments/assign']"))
		fields.Set("to", to)
		refused := one.Post("/assignments/assign", fields).Want(http.StatusUnprocessableEntity)
		if refused.FieldError("to") == "" {
			t.Errorf("to %q: %s", to, refused.Text())
		}
	}
}
