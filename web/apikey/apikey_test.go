package apikey_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/apikey"
	"portal/internal/apikey/apikeytest"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/web/webtest"
)

// desk is a portal with an admitted partner that has a grant and a certificate.
type desk struct {
	*webtest.Site
	world  apikeytest.World
	owner  *webtest.Client
	policy id.Policy
	grant  id.PolicyRequest
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	s := webtest.New(t)
	d := &desk{Site: s, world: apikeytest.New(partnertest.World{T: t, DB: s.App.DB})}
	d.owner = s.Admitted(authz.AuthPartner)
	p := d.world.Load(d.owner.Actor.Partner)
	d.world.Certificate(p)
	d.policy = d.world.Policy("One-time code", s.Group("Telecom"))
	d.grant = d.world.Grant(p, d.policy, 200)
	return d
}

var tokenShape = regexp.MustCompile(`pms_live_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}`)

// made creates a key in the browser and gives its page's address and its token.
func (d *desk) made(label string) (path, token string) {
	d.T.Helper()
	p := d.owner.Get("/api-keys/new").Want(200).Submit(webtest.Values{"label": label}).Want(200)
	token = tokenShape.FindString(p.Body)
	path, _ = p.Doc.Find("main a.button").Attr("href")
	if token == "" || !strings.HasPrefix(path, "/api-keys/") {
		d.T.Fatalf("after creating: %s", p.Text())
	}
	return path, token
}

func TestKEY1KeyIsShownOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.owner.Get("/api-keys/new").Want(200)
	shown := form.Submit(webtest.Values{"label": "Branch  offices"})
	token := tokenShape.FindString(shown.Body)
	if shown.Status != 200 || token == "" || strings.Count(shown.Body, token) != 1 || shown.Header.Get("Cache-Control") != "no-store" || len(shown.Hops) > 0 {
		t.Fatalf("%d %v %v: %s", shown.Status, shown.Header, shown.Hops, shown.Text())
	}
	if v, err := d.App.APIKeys.Verify(t.Context(), token); err != nil || !v.Good() {
		t.Errorf("the shown key: %+v %v", v, err)
	}
	// A reload sends the same form again: the page of the key, and no key.
	again := form.Submit(webtest.Values{"label": "Branch  offices"}).Want(200)
	if !strings.HasPrefix(again.Path, "/api-keys/") || tokenShape.MatchString(again.Body) || !again.Has("shown once already") || again.Title() != "Branch offices" {
		t.Errorf("again: %s %s", again.Path, again.Text())
	}
	for _, path := range []string{again.Path, "/api-keys", "/home"} {
		if p := d.owner.Get(path); tokenShape.MatchString(p.Body) || strings.Contains(p.Body, token[20:40]) {
			t.Errorf("%s shows the key", path)
		}
	}
	sessions, err := pg.Values[string](t.Context(), d.App.DB.Read(), `select convert_from(data, 'UTF8') from sessions`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range sessions {
		if strings.Contains(data, token[20:40]) {
			t.Error("the session holds the key")
		}
	}
	if d.owner.Get("/api-keys.csv"); strings.Contains(d.owner.Get("/api-keys.csv").Body, token[20:40]) {
		t.Error("the file holds the key")
	}
}

func TestNewKeyRefusesAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.made("Taken")
	form := d.owner.Get("/api-keys/new")
	for name, c := range map[string]struct {
		values       webtest.Values
		field, error string
	}{
		"no label": {webtest.Values{"label": " "}, "label", "Enter"},
		"taken":    {webtest.Values{"label": "tAKEN"}, "label", "already has a key"},
		"past":     {webtest.Values{"label": "X", "ends_on": "2020-01-01"}, "ends_on", "not in the past"},
		"no day":   {webtest.Values{"label": "X", "ends_on": "soon"}, "ends_on", "Enter a day"},
	} {
		p := form.Submit(c.values).Want(http.StatusUnprocessableEntity)
		if got := p.FieldError(c.field); !strings.Contains(got, c.error) {
			t.Errorf("%s: %q", name, got)
		}
		if typed, ok := c.values["ends_on"]; ok && webtest.Value(p, "ends_on") != typed {
			t.Errorf("%s: what was typed is gone", name)
		}
	}
	// What the form hangs on goes away while it is open.
	d.world.Exec(`update policy_requests set paused_at = now()`, nil)
	p := form.Submit(webtest.Values{"label": "Late"}).Want(http.StatusUnprocessableEntity)
	if got := p.FieldError("grant"); !strings.Contains(got, "paused") || webtest.Value(p, "label") != "Late" {
		t.Errorf("paused grant: %q", got)
	}
	if p := d.owner.Get("/api-keys/new"); !p.Has("No policy is granted to you") {
		t.Errorf("without a grant: %s", p.Text())
	}
	d.world.Exec(`update policy_requests set paused_at = null`, nil)
	d.world.Exec(`update partner_certificates set status = 'withdrawn', ended_at = now()`, nil)
	if p := d.owner.Get("/api-keys/new"); !p.Has("no certificate that counts") {
		t.Errorf("without a certificate: %s", p.Text())
	}
	if rec := d.owner.Post("/api-keys", map[string][]string{"id": {"x"}, "grant": {d.grant.String()}, "label": {"a"}, "ends_on": {""}}); rec.Status != http.StatusBadRequest {
		t.Errorf("an id of nobody's: %d", rec.Status)
	}
	stranger := d.Admitted(authz.AuthPartner)
	p = stranger.Post("/api-keys", map[string][]string{"id": {id.New[id.APIKey]().String()}, "grant": {d.grant.String()}, "label": {"a"}, "ends_on": {""}})
	if p.Status != http.StatusNotFound {
		t.Errorf("somebody else's grant: %d", p.Status)
	}
}

func TestSeveralGrantsAreChosenFrom(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.world.Policy("Help desk", d.Group("Telecom"))
	d.world.Grant(d.world.Load(d.owner.Actor.Partner), other, 30)
	p := d.owner.Get("/api-keys/new").Want(200)
	if p.Title() != "Which policy is the key for?" {
		t.Fatalf("%s", p.Text())
	}
	p = p.Click("Create a key for Help desk").Want(200)
	if !p.Has("Help desk") || webtest.Value(p, "ends_on") != d.App.APIKeys.Today().AddDate(0, 0, 30).Format("2006-01-02") {
		t.Errorf("the day of the grant is not proposed: %s", webtest.Value(p, "ends_on"))
	}
}

func TestRotateInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path, first := d.made("Rolling")
	ask := d.owner.Get(path).Click("Rotate the secret").Want(200)
	if p := ask.Submit(nil).Want(http.StatusUnprocessableEntity); p.FieldError("overlap") == "" {
		t.Errorf("nothing chosen: %s", p.Text())
	}
	p := ask.Submit(webtest.Values{"overlap": "7"}).Want(200)
	second := tokenShape.FindString(p.Body)
	if second == "" || second == first || !p.Has("The old one goes on until") {
		t.Fatalf("%s", p.Text())
	}
	for _, token := range []string{first, second} {
		if v, err := d.App.APIKeys.Verify(t.Context(), token); err != nil || !v.Good() {
			t.Errorf("in the overlap: %+v %v", v, err)
		}
	}
	again := ask.Submit(webtest.Values{"overlap": "7"}).Want(200)
	if again.Path != path || tokenShape.MatchString(again.Body) || !again.Has("shown once already") {
		t.Errorf("reload: %s %s", again.Path, again.Text())
	}
	if p := d.owner.Get(path + "/rotate"); !p.Has("At most two are good at a time") {
		t.Errorf("no word of the third: %s", p.Text())
	}
	d.world.Exec(`update policies set status = 'deactivated'`, nil)
	if p := d.owner.Get(path + "/rotate").Want(200); p.Path != path || !p.Has("not in force") {
		t.Errorf("a stopped key: %s %s", p.Path, p.Text())
	}
	if p := ask.Submit(webtest.Values{"overlap": "0"}); p.Status != http.StatusConflict && p.Path != path {
		t.Errorf("a stale form of a stopped key: %d %s", p.Status, p.Text())
	}
}

func TestDeactivateByStaffNeedsAReason(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path, token := d.made("Leaky")
	admin := d.Staff(authz.PartnerAdmin)
	ask := admin.Get(path).Want(200).Click("Deactivate the key").Want(200)
	if !ask.Has("cannot be brought back") || !ask.Has("never used") {
		t.Errorf("%s", ask.Text())
	}
	if p := ask.Submit(nil).Want(http.StatusUnprocessableEntity); p.FieldError("reason") == "" {
		t.Errorf("no reason: %s", p.Text())
	}
	stale := d.owner.Get(path + "/deactivate").Want(200)
	d.owner.Get(path + "/rotate").Submit(webtest.Values{"overlap": "1"}).Want(200)
	if p := ask.Submit(webtest.Values{"reason": "It leaked."}).Want(http.StatusConflict); !p.Has("Leila Benali") || webtest.Value(p, "reason") != "It leaked." {
		t.Errorf("rotated meanwhile: %s", p.Text())
	} else if p = p.Submit(nil).Want(200); !p.Has("deactivated") || p.Path != path {
		t.Errorf("decided again: %s", p.Text())
	}
	// The partner's own form, opened before, ends on the same page.
	if p := stale.Submit(nil).Want(200); p.Path != path || !p.Has("It leaked.") {
		t.Errorf("the second: %s", p.Text())
	}
	if v, err := d.App.APIKeys.Verify(t.Context(), token); err != nil || v.Standing != apikey.KeyDeactivated {
		t.Errorf("%+v %v", v, err)
	}
	if p := d.owner.Get(path); p.Doc.Find("main .actions a").Length() != 0 || !p.Has("deactivated the API key") {
		t.Errorf("the page of a deactivated key: %s", p.Text())
	}
	mails := d.Mails(d.owner.Actor.Email)
	last := mails[len(mails)-1]
	if !strings.Contains(last.Text, "It leaked.") || !strings.Contains(last.Text, path) || strings.Contains(last.Text, token[20:40]) {
		t.Errorf("mail: %s", last.Text)
	}
}

func TestAUT3KeysOfOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path, _ := d.made("Ours")
	stranger := d.Admitted(authz.AuthPartner)
	for _, p := range []string{path, path + "/rotate", path + "/deactivate"} {
		stranger.Get(p).Want(http.StatusNotFound)
	}
	if p := stranger.Get("/api-keys").Want(200); p.Has("Ours") || !p.Has("No API keys yet") {
		t.Errorf("%s", p.Text())
	}
	if p := d.Staff(authz.PartnerAdmin).Get("/api-keys?partner=acme&status=works&expiring=90").Want(200); p.Has("Ours") {
		t.Errorf("it ends later than in 90 days: %s", p.Text())
	}
	d.Staff(authz.PolicyManager).Get("/api-keys").Want(http.StatusForbidden)
}
