package serviceaccount_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/serviceaccount"
	"portal/web/webtest"
)

var tokenShape = regexp.MustCompile(`pms_svc_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}`)

func good() webtest.Values {
	return webtest.Values{"name": "Authentication service", "description": "Asks for everybody", "rights": []string{"api_key.verify"}}
}

func works(t *testing.T, s *webtest.Site, token string) bool {
	t.Helper()
	_, err := s.App.Services.Enter(t.Context(), serviceaccount.Presented{Token: token})
	return err == nil
}

func TestKEY1TokenIsShownOnce(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	form := admin.Get("/service-accounts").Want(200).Click("Create service account").Want(200)
	p := form.Submit(good())
	token := tokenShape.FindString(p.Body)
	if p.Status != 200 || token == "" || p.Header.Get("Cache-Control") != "no-store" || !works(t, s, token) {
		t.Fatalf("%d %s", p.Status, p.Text())
	}
	again := form.Submit(good()).Want(200)
	if tokenShape.MatchString(again.Body) || !again.Has("shown once already") || again.Title() != "Authentication service" {
		t.Errorf("again: %s", again.Text())
	}
	rotated := admin.Get(again.Path).Click("Rotate the token").Submit(webtest.Values{"overlap": "0"}).Want(200)
	if next := tokenShape.FindString(rotated.Body); !works(t, s, next) || works(t, s, token) || !rotated.Has("The old one stopped just now") {
		t.Errorf("rotated: %s", rotated.Text())
	}
}

func TestFormRefusesAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	admin.Get("/service-accounts/new").Submit(good()).Want(200)
	form := admin.Get("/service-accounts/new")
	for field, values := range map[string]webtest.Values{
		"name":    {"name": "authentication SERVICE", "rights": []string{"policy.serve"}},
		"rights":  {"name": "Other"},
		"ends_on": {"name": "Other", "rights": []string{"policy.serve"}, "ends_on": "2999-01-01"},
	} {
		p := form.Submit(values).Want(http.StatusUnprocessableEntity)
		if p.FieldError(field) == "" || webtest.Value(p, "name") != values["name"] {
			t.Errorf("%s: %s", field, p.Text())
		}
	}
}

func TestEditAndStalePage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin, other := s.Staff(authz.PartnerAdmin), s.Staff(authz.PartnerAdmin)
	admin.Get("/service-accounts/new").Submit(good()).Want(200)
	path, _ := admin.Get("/service-accounts").Doc.Find("tbody th a").Attr("href")
	mine, theirs := admin.Get(path+"/edit").Want(200), other.Get(path+"/edit").Want(200)
	mine.Submit(webtest.Values{"name": "Renamed", "rights": []string{"api_key.verify", "policy.serve"}}).Want(200)
	p := theirs.Submit(webtest.Values{"description": "Theirs"}).Want(http.StatusConflict)
	if !p.Has("Nadia Berg") || !p.Has("Renamed") || webtest.Value(p, "name") != "Authentication service" || strings.TrimSpace(webtest.Value(p, "description")) != "Theirs" {
		t.Errorf("stale: %s", p.Text())
	}
	if p := mine.Submit(webtest.Values{"name": "Renamed", "rights": []string{"api_key.verify", "policy.serve"}}).Want(200); p.Title() != "Renamed" {
		t.Errorf("sent twice: %s", p.Text())
	}
	if p = p.Submit(nil).Want(200); p.Title() != "Authentication service" {
		t.Errorf("saved on top: %s", p.Text())
	}
	ask := admin.Get(path).Click("Deactivate the account").Want(200)
	for range 2 {
		if p := ask.Submit(nil).Want(200); p.Path != path || !p.Has("final") {
			t.Errorf("deactivated: %s", p.Text())
		}
	}
	theirs.Submit(webtest.Values{"description": "Too late"}).Want(http.StatusConflict)
	for _, verb := range []string{"/edit", "/rotate", "/deactivate"} {
		if p := admin.Get(path + verb).Want(200); p.Path != path {
			t.Errorf("%s of a deactivated account stays at %s", verb, p.Path)
		}
	}
	if p := admin.Get("/service-accounts?status=deactivated"); !p.Has("Authentication service") {
		t.Errorf("list: %s", p.Text())
	}
}
