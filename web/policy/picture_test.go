package policy_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/web/webtest"
)

// asks is a request of a new partner for the policy at a path.
func asks(d *webtest.Desk, path string) policyrequest.Request {
	d.T.Helper()
	pid, err := id.Parse[id.Policy](path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		d.T.Fatal(err)
	}
	return d.Asks(d.Admitted(authz.AuthPartner), pid)
}

// lastForm are the fields of the form that a page sends to an address.
func lastForm(p *webtest.Page, action string) url.Values {
	return webtest.Fields(p.Doc.Find(`form[action="` + action + `"]`).Last())
}

func TestDecisionPageIsKeptAsItWasShown(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName", "gender"))
	d.Grants(asks(d, path))
	asks(d, path) // waits
	d.Edit(path, auth("fullName", "photo"))
	ask := d.Second.Get(path + "/activate").Want(200)
	shown := []string{
		"Partners gain: photo", "Special data", "Partners lose: gender.", "What version 2 says", "photo and full name",
		"All partners under this policy get the same token", "Acme",
	}
	webtest.WantText(t, ask, append(shown, "As soon as you confirm, version 2 is in force", "takes the place of version 1", "In force today: version 1",
		"more than today", "1 partner has a grant of this policy and is touched.", "1 request is pending", "Worth a look")...)
	if n := ask.Doc.Find("main details:not(.printed) .says").Length(); n != 0 {
		t.Error("sentences are folded away, and paper would lack them")
	}
	if n := ask.Doc.Find(`main a[href^="/partners/"]`).Length(); n != 0 {
		t.Errorf("a Policy Manager, who may read no partner, gets %d links to them", n)
	}
	if n := ask.Doc.Find(".names .code").Length(); n != 2 {
		t.Errorf("%d partners have their IDs, want 2", n)
	}
	if n := d.Person("Ada", "en", authz.PartnerAdmin).Get(path + "/activate").Doc.Find(`main a[href^="/partners/"]`).Length(); n != 2 {
		t.Errorf("a Partner Admin gets %d links, want 2", n)
	}
	after := ask.Submit(nil).Want(200)
	// Later the partners are others, and the page of the decision is not.
	d.Grants(asks(d, path))
	kept := after.Click("Activated version 2").Want(200)
	webtest.WantText(t, kept, append(shown, "Activation of version 2 of Counter", "Sam", "Yes: whoever decided neither wrote", "more than before",
		"1 partner was touched.", "1 request was pending then.", "Findings at that moment", "the names that the vocabulary gives them today")...)
	if kept.Has("today.") && kept.Has("than today") || kept.Doc.Find("main details").Length() != 0 {
		t.Errorf("the past is told as today, or folded away: %s", kept.Text())
	}
	webtest.WantText(t, d.Second.Get(path+"/deactivate"), "2 partners have a grant of this policy and are touched.")
	arab := d.Person("Noor", "ar", authz.PolicyManager).Get(kept.Path).Want(200)
	if arab.Doc.Find("html").AttrOr("dir", "") != "rtl" || !arab.Has("كان شريك واحد معنيًّا بالأمر.") || strings.Contains(arab.Body, "[policy") {
		t.Errorf("in Arabic: %s", arab.Text())
	}
}

func TestManyPartnersAreFoldedAway(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := d.InForce("Wide").Path
	for n := range 22 {
		if n%7 == 6 {
			d.Clock.Advance(time.Hour) // codes by mail are rare
		}
		d.Grants(asks(d, path))
	}
	p := d.SignedIn(d.Second.Actor.Email).Get(path + "/deactivate").Want(200)
	webtest.WantText(t, p, "22 partners have a grant of this policy and are touched.", "Show 2 more")
	if open, folded := p.Doc.Find("main section > .names li").Length(), p.Doc.Find("main details .names li").Length(); open != 20 || folded != 2 {
		t.Errorf("%d names open and %d folded", open, folded)
	}
}

func TestCON2GrantGivenMeanwhileIsShownFirst(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	d.Edit(path, auth("fullName", "gender"))
	waiting := asks(d, path)
	ask := d.Second.Get(path + "/activate").Want(200)
	d.Grants(waiting)
	again := ask.Submit(nil).Want(409)
	webtest.WantText(t, again, "This policy changed after you opened the page", "Nothing was carried out.",
		"1 partner is touched now; your page showed 0.", "0 requests are pending now; your page showed 1.")
	if got := webtest.VersionStates(d.Second.Get(path)); got != "Waiting for activation, In force" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, again.Submit(nil).Want(200), "Version 2 of Counter is now in force.")
}

func TestCON2FormsOfNobodysPage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := d.Auth("Here").Path
	for _, fields := range []url.Values{
		{},
		{"version": {"1"}},
		{"version": {"1"}, "picture": {"x"}},
		{"version": {"1"}, "number": {"1"}, "picture": {strings.Repeat("0", 64)}, "shown": {"%s%s"}},
		{"version": {"-1"}, "shown": {"1.2.3.4.5.6"}},
		{"version": {"99999999999999999999"}, "picture": {strings.Repeat("x", 5000)}},
	} {
		d.Second.Post(path+"/activate", fields).Want(409)
	}
	for _, fields := range []url.Values{{"version": {"1", "2"}}, {"force": {"yes"}}, {"picture": {"\xff"}}} {
		d.Second.Post(path+"/activate", fields).Want(400)
	}
	if got := webtest.VersionStates(d.Second.Get(path)); got != "Waiting for activation" {
		t.Errorf("versions: %s", got)
	}
}

func TestAUT6EmergencyOfAPartnerAdmin(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Night")
	ask := p.Click("It is an emergency, and nobody else can be reached").Want(200)
	webtest.WantText(t, ask, "You cannot activate version 1 yourself", "a review opens that somebody else must close")
	if ask.Doc.Find("details[open] textarea").Length() != 0 {
		t.Error("the emergency is not folded away")
	}
	// Without the emergency the same form is refused: the rule, not the page.
	replay := lastForm(ask, p.Path+"/activate")
	replay.Del("emergency")
	webtest.WantText(t, d.Writer.Post(p.Path+"/activate", replay).Want(403), "You cannot activate version 1 yourself")
	// What is missing is said at the fields, and nothing typed is lost.
	bad := ask.Submit(webtest.Values{"reason": "  ", "understood": false}).Want(422)
	if bad.FieldError("reason") == "" || bad.FieldError("understood") == "" || bad.Doc.Find("details[open] textarea").Length() != 1 {
		t.Errorf("errors: %q %q", bad.FieldError("reason"), bad.FieldError("understood"))
	}
	bad = bad.Submit(webtest.Values{"reason": "Cards are stolen now.", "understood": false}).Want(422)
	if webtest.Value(bad, "reason") != "Cards are stolen now." {
		t.Error("the reason is lost")
	}
	if long := bad.Submit(webtest.Values{"reason": strings.Repeat("é", policy.MaxReason+1), "understood": true}).Want(422); long.FieldError("reason") == "" {
		t.Error("a reason that is too long")
	}
	after := bad.Submit(webtest.Values{"understood": true}).Want(200)
	webtest.WantText(t, after, "Everybody who may activate is told, and a review is open.", "Emergency", "Cards are stolen now.",
		"Version 1 came into force in an emergency", "Somebody else has to review it by "+d.Clock.Now().AddDate(0, 0, 7).Format("2 January 2006")+".")
	after.Click("Open the review").Want(200)
	webtest.WantText(t, bad.Submit(webtest.Values{"understood": true}).Want(200), "already in force")
	webtest.WantText(t, after.Click("Activated version 1").Want(200), "None: it was an emergency.", "Cards are stolen now.")
	for _, c := range []*webtest.Client{d.Second, d.Writer} {
		mails := d.Mails(c.Actor.Email)
		if len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Text, "Cards are stolen now.") {
			t.Errorf("%s is not told: %v", c.Actor.Name, mails)
		}
	}
}

func TestAUT6EmergencyIsNotForPolicyManagers(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Second.Get("/auth-policies/new").Submit(d.Good(policydoc.KindAuth, "Night")).Want(200)
	ask := d.Second.Get(p.Path + "/activate").Want(200)
	if ask.Doc.Find("main form[method=post], textarea").Length() != 0 || p.Has("emergency") {
		t.Error("a Policy Manager is offered an emergency")
	}
	pid, err := id.Parse[id.Policy](strings.TrimPrefix(p.Path, "/auth-policies/"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := d.App.Policies.Picture(t.Context(), d.Second.Actor, pid, policy.Activate, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.Second.Post(p.Path+"/activate", url.Values{
		"version": {"1"}, "number": {"1"}, "picture": {picture.Fingerprint()}, "emergency": {"yes"}, "reason": {"Now."}, "understood": {"yes"},
	}).Want(403)
	if got := webtest.VersionStates(d.Second.Get(p.Path)); got != "Waiting for activation" {
		t.Errorf("versions: %s", got)
	}
}

func TestAUT6ByRiskOnePersonNarrows(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--four-eyes=risk")
	first := d.Auth("First")
	webtest.WantText(t, first, "You cannot activate version 1 yourself", "It is the first version to come into force", "this one needs a second person")
	if first.Has("everything that comes into force") {
		t.Error("the rule of another setting is told")
	}
	webtest.WantText(t, d.Writer.Get(first.Path+"/edit"), "Anything else you may activate yourself")
	webtest.WantText(t, d.Writer.Get("/auth-policies/new"), "The first version of a policy comes into force when somebody other than you")
	if d.Writer.Get("/home").Want(200).Has("somebody else must activate") {
		t.Error("the home page tells the rule of another setting")
	}
	path := inForce(d, "Counter", auth("fullName", "gender"))
	d.Edit(path, auth("fullName"))
	ask := d.Writer.Get(path).Click("Activate").Want(200)
	webtest.WantText(t, ask, "You may put it into force alone because nothing becomes wider", "Partners lose: gender.")
	after := ask.Submit(nil).Want(200)
	webtest.WantText(t, after, "Version 2 of Counter is now in force.")
	webtest.WantText(t, after.Click("Activated version 2"), "None was needed: nothing became wider")
	if mails := d.Mails(d.Second.Actor.Email); len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Text, "Counter") {
		t.Errorf("the others are not told: %v", mails)
	}
	d.Edit(path, auth("fullName", "gender"))
	wider := d.Writer.Get(path)
	webtest.WantText(t, wider, "You cannot activate version 3 yourself", "Partners would be able to do or receive more than today")
	replay := lastForm(d.Writer.Get(path+"/activate"), path+"/activate") // the emergency's
	replay.Del("emergency")
	d.Writer.Post(path+"/activate", replay).Want(403)
	special := inForce(d, "Photos", auth("photo", "gender"))
	d.Edit(special, auth("photo"))
	webtest.WantText(t, d.Writer.Get(special), "It is about special data such as photos or biometrics")
}

func TestRestore(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	d.Edit(path, auth("fullName", "gender"))
	d.Second.Get(path + "/activate").Submit(nil).Want(200)
	d.Edit(path, auth("fullName", "email"))
	menu := d.Second.Get(path).Doc.Find(`summary[aria-label="Actions for version 1"]`).Parent().Find("a.item")
	if menu.Length() != 3 || menu.Eq(1).AttrOr("href", "") != path+"/versions/1/restore" {
		t.Errorf("menu: %q", menu.Text())
	}
	ask := d.Second.Get(path + "/versions/1/restore").Want(200)
	webtest.WantText(t, ask, "Restore version 1 of Counter?", "takes the place of version 3, which waits now", "Partners lose: gender.", "What is in force does not change yet.")
	after := ask.Submit(nil).Want(200)
	webtest.WantText(t, after, "waits for activation again, as a new version", "Restores version 1", "Restored version 1")
	if got := webtest.VersionStates(after); got != "Waiting for activation, Replaced, In force, Superseded" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, ask.Submit(nil).Want(200), "is already restored")
	// What is the newest anyway cannot be restored; the page says why.
	webtest.WantText(t, d.Second.Get(path+"/versions/4/restore").Want(200), "Version 4 of Counter cannot be restored now.")
	stale := d.Second.Get(path + "/versions/3/restore").Want(200)
	d.Edit(path, auth("city"))
	webtest.WantText(t, stale.Submit(nil).Want(409), "This policy changed after you opened the page", "Wanda")
	for _, number := range []string{"9", "0", "x"} {
		d.Second.Get(path + "/versions/" + number + "/restore").Want(404)
		d.Second.Post(path+"/versions/"+number+"/restore", url.Values{"version": {"1"}}).Want(404)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	d.Edit(path, auth("fullName", "gender"))
	ask := d.Second.Get(path).Click("Discard").Want(200)
	webtest.WantText(t, ask, "Discard version 2 of Counter?", "Wanda", "the version stays readable in the history", "What is in force, and what was, does not change.")
	after := ask.Submit(nil).Want(200)
	webtest.WantText(t, after, "Version 2 of Counter is discarded.")
	if got := webtest.VersionStates(after); got != "Discarded, In force" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, ask.Submit(nil).Want(200), "is already discarded")
	webtest.WantText(t, d.Second.Get(path+"/versions/2").Want(200), "gender")
	if got := d.Second.Get(path + "/discard").Want(200); got.Path != path {
		t.Errorf("with nothing to discard: %s", got.Path)
	}
	// A policy that was never in force goes with its version.
	draft := d.Auth("Draft").Path
	ask = d.Second.Get(draft + "/discard").Want(200)
	webtest.WantText(t, ask, "it disappears from the lists")
	d.Edit(draft, auth("city"))
	stale := ask.Submit(nil).Want(409)
	webtest.WantText(t, stale, "This policy changed after you opened the page", "Discard version 2 of Draft?")
	gone := stale.Submit(nil).Want(200)
	webtest.WantText(t, gone, "Draft is discarded.", "Discarded: this policy was never in force")
	if n := gone.Doc.Find("main .actions a").Length(); n != 1 { // Clone
		t.Errorf("%d things can be done with what is discarded", n)
	}
	d.Second.Post(draft+"/discard", url.Values{"version": {"1"}, "force": {"yes"}}).Want(400)
	for _, verb := range []string{"activate", "deactivate", "reactivate", "discard"} {
		if got := d.Second.Get(draft + "/" + verb).Want(200); got.Path != draft {
			t.Errorf("%s of a discarded policy: %s", verb, got.Path)
		}
	}
	webtest.WantText(t, d.Second.Get(draft+"/versions/1/restore").Want(200), "cannot be restored now")
	// The name is free again.
	d.Auth("Draft")
}

func TestNewPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	d.Edit(path, auth("fullName", "gender"))
	decision := d.Writer.Get(path).Click("Activated version 1").Path
	for _, lang := range []string{"en", "fr", "ar"} {
		reader := d.Person("Reader-"+lang, lang, authz.PartnerAdmin)
		for _, rest := range []string{
			"", "?as_of=2026-01-01", "?as_of=2026-11-25", "?as_of=x", "/versions/1", "/versions/2", "/compare", "/compare?from=1&to=1",
			"/compare?from=x", "/discard", "/versions/1/restore", "/activate", "/deactivate", strings.TrimPrefix(decision, path),
		} {
			p := reader.Get(path + rest).Want(200)
			if strings.Contains(p.Body, "[policy") || strings.Contains(p.Body, "<no value>") || strings.Contains(p.Body, "%!") {
				t.Errorf("%s %s lacks words: %s", lang, rest, p.Text())
			}
			if n := p.Doc.Find("h1").Length(); n != 1 {
				t.Errorf("%s %s: %d h1", lang, rest, n)
			}
		}
	}
}
