package policy_test

import (
	"net/url"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

func TestSecondPersonActivates(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Voice")
	page := d.Second.Get(p.Path).Want(200).Click("Activate").Want(200)
	webtest.WantText(t, page, "Activate version 1 of Voice?", "Wanda", "partners of the group Telecom can use", "one-time code")
	if got := page.Doc.Find("main form button").Text(); got != "Activate version 1 of Voice" {
		t.Errorf("button %q", got)
	}
	after := page.Submit(nil).Want(200)
	webtest.WantText(t, after, "Version 1 of Voice is now in force.", "Active", "Sam")
	// A second click finds what it wanted.
	webtest.WantText(t, page.Submit(nil).Want(200), "is already in force")

	d.Edit(p.Path, webtest.Other(policydoc.KindAuth))
	page = d.Second.Get(p.Path + "/activate").Want(200)
	webtest.WantText(t, page, "Activate version 2 of Voice?", "takes the place of version 1", "In force today: version 1")
	after = page.Submit(nil).Want(200)
	if got := webtest.VersionStates(after); got != "In force, Superseded" {
		t.Errorf("versions: %s", got)
	}
}

func TestAUT6WriterCannotActivate(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Own")
	if p.Doc.Find(`.actions a[href$="/activate"]`).Length() != 0 {
		t.Error("the writer has a button")
	}
	webtest.WantText(t, d.Writer.Get(p.Path+"/activate").Want(200), "You cannot activate version 1 yourself", "Any other Policy Manager")
	// The form of somebody who may, replayed by the writer.
	form := webtest.Fields(d.Second.Get(p.Path + "/activate").Doc.Find("main form"))
	form.Set("_token", d.Writer.Token())
	refused := d.Writer.Post(p.Path+"/activate", form).Want(403)
	webtest.WantText(t, refused, "You cannot activate version 1 yourself")
	if got := webtest.VersionStates(d.Writer.Get(p.Path)); got != "Waiting for activation" {
		t.Errorf("versions: %s", got)
	}
	// Who edited last cannot either, and the first writer still cannot.
	d.Second.Get(p.Path + "/edit").Submit(webtest.Values{"document": webtest.Other(policydoc.KindAuth)}).Want(200)
	for _, c := range []*webtest.Client{d.Writer, d.Second} {
		c.Post(p.Path+"/activate", url.Values{"version": {"2"}, "number": {"1"}}).Want(403)
	}
	third := d.Person("Thea", "en", authz.PolicyManager)
	webtest.WantText(t, third.Get(p.Path+"/activate").Submit(nil).Want(200), "is now in force")
}

func TestDeactivateAndReactivate(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.InForce("Switch")
	off := d.Writer.Get(p.Path + "/deactivate").Want(200)
	webtest.WantText(t, off, "Deactivate Switch?", "can no longer use this policy", "As soon as you confirm", "one-time code")
	if ends := off.Doc.Find("main .says").First().Text(); strings.Contains(ends, "Does not get") || strings.Contains(ends, "refused") {
		t.Errorf("what never was is said to end: %s", ends)
	}
	webtest.WantText(t, off.Submit(nil).Want(200), "Switch is deactivated.", "No longer in force: version 1")
	webtest.WantText(t, off.Submit(nil).Want(200), "already deactivated")
	webtest.WantText(t, d.Writer.Get(p.Path+"/reactivate").Want(200), "You cannot activate version 1 yourself")
	on := d.Second.Get(p.Path + "/reactivate").Want(200)
	webtest.WantText(t, on.Submit(nil).Want(200), "is in force again")
	webtest.WantText(t, on.Submit(nil).Want(200), "already in force")
	// What is not possible now leads to the policy.
	if got := d.Second.Get(p.Path + "/activate").Want(200); got.Path != p.Path {
		t.Errorf("ended at %s", got.Path)
	}
}

func TestCON1StaleActivationShowsWhatIsThereNow(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Moving")
	page := d.Second.Get(p.Path + "/activate").Want(200)
	d.Edit(p.Path, webtest.Other(policydoc.KindAuth))
	stale := page.Submit(nil).Want(409)
	webtest.WantText(t, stale, "This policy changed after you opened the page", "Wanda")
	if got := webtest.VersionStates(d.Second.Get(p.Path)); got != "Waiting for activation, Replaced" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, stale.Submit(nil).Want(200), "is now in force")
}

func TestDeactivatedGroupBlocksReactivation(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.InForce("Orphan")
	d.Writer.Get(p.Path + "/deactivate").Submit(nil).Want(200)
	if err := d.App.Policies.DeactivateGroup(t.Context(), d.Writer.Actor, d.Group.ID, d.Group.Version); err != nil {
		t.Fatal(err)
	}
	page := d.Second.Get(p.Path + "/reactivate").Want(200)
	webtest.WantText(t, page, "nothing comes into force under it")
	d.Second.Post(p.Path+"/reactivate", url.Values{"version": {"3"}, "number": {"1"}}).Want(409)
	webtest.WantText(t, d.Writer.Get("/auth-policies?group="+d.Group.ID.String()), "Telecom (deactivated)", "Orphan")
	webtest.WantText(t, d.Writer.Get("/auth-policies/new"), "There is no active policy group yet")
	// Its text cannot be changed now either; what was typed stays.
	edit := d.Writer.Get(p.Path + "/edit").Submit(webtest.Values{"document": webtest.Other(policydoc.KindAuth)}).Want(422)
	if webtest.Value(edit, "document") != webtest.Other(policydoc.KindAuth) {
		t.Error("what was typed is lost")
	}
}

func TestOneEyeIsEnoughWhereFourEyesAreOff(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--four-eyes=off")
	p := d.Auth("Alone")
	if p.Has("You cannot activate") {
		t.Error("four eyes are asked for")
	}
	webtest.WantText(t, p.Click("Activate").Submit(nil).Want(200), "is now in force")
}

func TestAUT3UnknownAndOtherKind(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Here")
	pid := strings.TrimPrefix(p.Path, "/auth-policies/")
	for _, path := range []string{
		"/datashare-policies/" + pid, "/auth-policies/" + id.New[id.Policy]().String(), "/auth-policies/x",
		"/auth-policies/" + strings.ToUpper(pid), "/auth-policies/" + pid + "/versions/2.json", "/auth-policies/" + pid + "/versions/01.json",
		"/auth-policies/" + pid + "/versions/99999999999999999999.json", "/auth-policies/" + pid + "/versions/-1.json",
		"/policies/" + id.New[id.Policy]().String(),
	} {
		d.Writer.Get(path).Want(404)
	}
	for _, verb := range []string{"", "/edit", "/activate", "/deactivate", "/reactivate"} {
		d.Second.Get("/datashare-policies/" + pid + verb).Want(404)
		if verb != "/edit" {
			d.Second.Post("/datashare-policies/"+pid+verb, url.Values{"version": {"1"}}).Want(404)
		}
	}
	if got := d.Writer.Get("/policies/" + pid).Want(200); got.Path != p.Path {
		t.Errorf("the audit log's address leads to %s", got.Path)
	}
	d.Second.Post(p.Path+"/activate", url.Values{"version": {"1"}, "force": {"yes"}}).Want(400)
}

func TestWEB8DownloadHasANameOfOurOwn(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth(`"../évil".exe`)
	d.Second.Get(p.Path + "/activate").Submit(nil).Want(200)
	d.Edit(p.Path, webtest.Other(policydoc.KindAuth))
	d.Second.Get(p.Path + "/activate").Submit(nil).Want(200)
	pid := strings.TrimPrefix(p.Path, "/auth-policies/")
	for number, want := range map[string]string{"1": webtest.Sample(policydoc.KindAuth), "2": webtest.Other(policydoc.KindAuth)} {
		got := d.Writer.Get(p.Path + "/versions/" + number + ".json").Want(200)
		if got.Body != want {
			t.Errorf("version %s: %q", number, got.Body)
		}
		name := `attachment; filename="auth-policy-` + pid + `-v` + number + `.json"`
		if h := got.Header; h.Get("Content-Disposition") != name || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			h.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("headers %v", h)
		}
	}
}

func TestListFiltersSortsAndPages(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.InForce("Alpha")
	d.Auth("Beta")
	d.Edit(d.InForce("Gamma").Path, webtest.Other(policydoc.KindAuth))
	for query, want := range map[string]string{
		"":                              "Alpha Beta Gamma",
		"?sort=-name":                   "Gamma Beta Alpha",
		"?status=active":                "Alpha Gamma",
		"?status=inactive":              "Beta",
		"?status=waiting":               "Beta Gamma",
		"?name=ET":                      "Beta",
		"?description=test":             "Alpha Beta Gamma",
		"?name=%25":                     "",
		"?page=1000000000":              "Alpha Beta Gamma",
		"?nonsense=1&sort=;drop":        "Alpha Beta Gamma",
		"?group=" + d.Group.ID.String(): "Alpha Beta Gamma",
	} {
		p := d.Writer.Get("/auth-policies" + query).Want(200)
		var names []string
		for _, n := range p.Doc.Find("main tbody th a").EachIter() {
			names = append(names, n.Text())
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	// The writer of what waits has no Activate; the others have.
	for c, menus := range map[*webtest.Client]map[string]string{
		d.Second: {"Beta": "Edit Activate Discard Clone", "Gamma": "Edit Activate Deactivate Discard Clone", "Alpha": "Edit Deactivate Clone"},
		d.Writer: {"Beta": "Edit Discard Clone", "Gamma": "Edit Deactivate Discard Clone"},
	} {
		p := c.Get("/auth-policies")
		webtest.WantText(t, p, "New version waiting")
		for name, want := range menus {
			var items []string
			for _, a := range p.Doc.Find(`summary[aria-label="Actions for ` + name + `"]`).Parent().Find("a.item").EachIter() {
				items = append(items, a.Text())
			}
			if got := strings.Join(items, " "); got != want {
				t.Errorf("menu of %s: %q, want %q", name, got, want)
			}
		}
	}
	webtest.WantText(t, d.Writer.Get("/auth-policies?name=zzz"), "Nothing matches these filters")
}

func TestPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	auth, share := d.InForce("Auth"), d.Create(policydoc.KindDataShare, "/datashare-policies", "Share")
	d.Edit(auth.Path, `{"authTokenType": "whenever"}`)
	for lang, dir := range map[string]string{"en": "ltr", "fr": "ltr", "ar": "rtl"} {
		reader := d.Person("Reader-"+lang, lang, authz.PolicyManager)
		for _, path := range []string{
			"/auth-policies", "/datashare-policies", "/auth-policies?name=zzz", "/auth-policies/new", "/datashare-policies/new", auth.Path,
			auth.Path + "/edit", auth.Path + "/activate", auth.Path + "/deactivate", share.Path, share.Path + "/edit", share.Path + "/activate",
		} {
			p := reader.Get(path).Want(200)
			if got := p.Doc.Find("html").AttrOr("dir", ""); got != dir {
				t.Errorf("%s %s: dir %q", lang, path, got)
			}
			for _, area := range []string{"policy", "policydoc", "policy_rule", "ui", "common"} {
				if strings.Contains(p.Body, "["+area+".") {
					t.Errorf("%s %s lacks a message: %s", lang, path, p.Text())
				}
			}
			if n := p.Doc.Find("h1").Length(); n != 1 {
				t.Errorf("%s %s: %d h1", lang, path, n)
			}
		}
	}
}
