package policygroup_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

// desk is a portal with two people who manage groups.
type desk struct {
	*webtest.Site
	ada, max *webtest.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t)}
	d.ada, d.max = d.staff("Ada", "en", authz.PartnerAdmin), d.staff("Max", "en", authz.PolicyManager)
	return d
}

func (d *desk) staff(name, lang string, role authz.Role) *webtest.Client {
	d.T.Helper()
	actor, err := d.App.Accounts.CreateWithPassword(d.T.Context(), account.StaffInput{
		Email: strings.ToLower(name) + "@example.test", FirstName: name, LastName: "Berg", Lang: lang, Roles: []authz.Role{role},
	}, webtest.Password)
	if err != nil {
		d.T.Fatal(err)
	}
	c := d.SignedIn(actor.Email)
	c.Actor = actor
	return c
}

// create makes a group in the browser and returns its page.
func (d *desk) create(name string) *webtest.Page {
	d.T.Helper()
	return d.max.Get("/policy-groups/new").Want(200).Submit(webtest.Values{"name": name, "description": "About " + name}).Want(200)
}

// policy makes an Auth policy by Ada under the group of a page.
func (d *desk) policy(group *webtest.Page, name string) policy.Policy {
	d.T.Helper()
	gid, err := id.Parse[id.PolicyGroup](strings.TrimPrefix(group.Path, "/policy-groups/"))
	if err != nil {
		d.T.Fatal(err)
	}
	p, err := d.App.Policies.CreatePolicy(d.T.Context(), d.ada.Actor, policy.Input{
		Kind: policydoc.KindAuth, GroupID: gid, Name: name,
		Description: "d", Document: string(policydoc.Samples(policydoc.KindAuth)[0].Document),
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return p
}

// events counts the rows of the audit log about groups.
func (d *desk) events() int {
	d.T.Helper()
	n, err := pg.Value[int](d.T.Context(), d.App.DB.Read(), `select count(*) from audit_log where subject_kind = 'policy_group'`, nil)
	if err != nil {
		d.T.Fatal(err)
	}
	return n
}

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !p.Has(text) {
			t.Errorf("%s does not say %q:\n%s", p.Path, text, p.Text())
		}
	}
	if p.Has("[policy") || p.Has("[common") {
		t.Errorf("%s lacks a message:\n%s", p.Path, p.Text())
	}
}

// value is what stands in a field of the page's form.
func value(p *webtest.Page, name string) string {
	in := p.Doc.Find(`main form [name="` + name + `"]`).First()
	if in.Is("textarea") {
		return strings.TrimPrefix(in.Text(), "\n")
	}
	return in.AttrOr("value", "")
}

// names is the first column of the list.
func names(p *webtest.Page) []string {
	out := []string{}
	for _, row := range p.Doc.Find("tbody th").EachIter() {
		out = append(out, strings.TrimSpace(row.Text()))
	}
	return out
}

func TestCreateAGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	empty := d.max.Get("/policy-groups").Want(200)
	wantText(t, empty, "No policy group yet", "Create the first group")
	form := empty.Click("+ Create Policy Group").Want(200)
	p := form.Submit(webtest.Values{"name": " Telecom ", "description": "Phone companies"}).Want(200)
	if p.Title() != "Telecom" {
		t.Errorf("title %q", p.Title())
	}
	wantText(t, p, "The policy group Telecom is created", "Phone companies", "0 Auth policies", "0 Data share policies", "created the policy group")
	if again := d.max.Get(p.Path).Want(200); again.Has("is created.") {
		t.Error("the message is shown twice")
	}
	list := d.max.Get("/policy-groups").Want(200)
	if got := names(list); !cmp.Equal(got, []string{"Telecom"}) {
		t.Errorf("list: %v", got)
	}
}

func TestGroupFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.create("Telecom")
	n := d.events()
	for name, c := range map[string]struct{ name, description, field, message string }{
		"empty":      {"", "d", "name", "Enter a value."},
		"long":       {strings.Repeat("x", 129), "d", "name", "Use at most 128 characters; now there are 129."},
		"long words": {"n", strings.Repeat("é", 257), "description", "Use at most 256 characters; now there are 257."},
		"taken":      {"TELECOM", "d", "name", "Another policy group has this name. Choose another name."},
		"nul":        {"a\x00b", "d", "name", "Remove the characters that cannot be shown (they may have come in by copying), then try again."},
	} {
		p := d.max.Get("/policy-groups/new").Submit(webtest.Values{"name": c.name, "description": c.description}).Want(422)
		if got := p.FieldError(c.field); got != c.message {
			t.Errorf("%s: %q at the field, want %q", name, got, c.message)
		}
		if links := p.Doc.Find(".summary-box a"); links.Length() != 1 || links.AttrOr("href", "") != "#field-"+c.field || p.Doc.Find("#field-"+c.field).Length() != 1 {
			t.Errorf("%s: the summary does not lead to the field", name)
		}
		if !strings.HasPrefix(p.Doc.Find("title").Text(), "Error: ") {
			t.Errorf("%s: title %q", name, p.Doc.Find("title").Text())
		}
		if name != "nul" && (value(p, "name") != c.name || value(p, "description") != c.description) {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
	if d.events() != n {
		t.Error("a refused form left an event")
	}
}

func TestCON3SecondClickMakesNoSecondGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.max.Get("/policy-groups/new")
	first := form.Submit(webtest.Values{"name": "Telecom", "description": "d"}).Want(200)
	n := d.events()
	if again := form.Submit(webtest.Values{"name": "Telecom", "description": "d"}).Want(200); again.Path != first.Path {
		t.Errorf("the second click ended at %s", again.Path)
	}
	// Back, other words, sent again: the person is told, and may.
	other := form.Submit(webtest.Values{"name": "Banking", "description": "d"}).Want(409)
	wantText(t, other, "You sent this form before", "Telecom")
	if value(other, "name") != "Banking" {
		t.Error("what was typed is lost")
	}
	if d.events() != n {
		t.Error("a second group was made unasked")
	}
	wantText(t, other.Submit(nil).Want(200), "The policy group Banking is created")
}

func TestEditAGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	form := p.Click("Edit").Want(200)
	if value(form, "name") != "Telecom" || value(form, "description") != "About Telecom" {
		t.Error("the form does not hold what is stored")
	}
	saved := form.Submit(webtest.Values{"name": "Telephony"}).Want(200)
	wantText(t, saved, "Your changes to the policy group Telephony are saved", "edited the policy group")
	n := d.events()
	wantText(t, form.Submit(webtest.Values{"name": "Telephony"}).Want(200), "are saved") // a second click
	wantText(t, form.Submit(webtest.Values{"name": ""}).Want(409), "Nothing of yours is lost")
	d.max.Get(p.Path + "/edit").Submit(webtest.Values{"name": " "}).Want(422)
	if d.events() != n {
		t.Error("nothing was changed, yet an event was written")
	}
}

func TestCON1StaleEditShowsBothTexts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	mine := d.max.Get(p.Path + "/edit").Want(200)
	d.ada.Get(p.Path + "/edit").Submit(webtest.Values{"name": "Ada's name"}).Want(200)
	stale := mine.Submit(webtest.Values{"name": "Max's name", "description": "Max's words"}).Want(409)
	wantText(t, stale, "Ada Berg changed it after you opened the page", "What is stored now", "Ada's name", "What you typed")
	if value(stale, "name") != "Max's name" || value(stale, "description") != "Max's words" {
		t.Error("what was typed is lost")
	}
	wantText(t, d.ada.Get(p.Path), "Ada's name")
	wantText(t, stale.Submit(nil).Want(200), "Max's name", "Max's words") // now knowing it
}

func TestDeactivateAndReactivateAGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	confirm := p.Click("Deactivate").Want(200)
	wantText(t, confirm, "Deactivate the policy group Telecom?", "Partners that already belong to it stay")
	n := d.events()
	wantText(t, confirm.Submit(nil).Want(200), "The policy group Telecom is deactivated.", "no policy can be created")
	wantText(t, confirm.Submit(nil).Want(200), "The policy group Telecom is deactivated.") // a second click sees the same
	if d.events() != n+1 {
		t.Errorf("%d events, want 1", d.events()-n)
	}
	if got := d.max.Get(p.Path + "/deactivate").Want(200); got.Path != p.Path {
		t.Errorf("nothing to deactivate, yet %s is shown", got.Path)
	}
	// From the list's menu, which needs no page in between.
	list := d.max.Get("/policy-groups?status=deactivated").Want(200)
	on := list.SubmitTo(p.Path+"/reactivate", nil).Want(200)
	wantText(t, on, "The policy group Telecom is active again.")
	wantText(t, list.SubmitTo(p.Path+"/reactivate", nil).Want(200), "is active again.")
	// A page from before all of this changes nothing.
	stale := confirm.Submit(nil).Want(409)
	wantText(t, stale, "You changed it yourself", "Deactivate the policy group Telecom?")
	wantText(t, stale.Submit(nil).Want(200), "is deactivated.")
}

func TestDeactivationNamesWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	confirm := d.max.Get(p.Path + "/deactivate").Want(200) // opened before there was a policy
	draft, active := d.policy(p, "Draft"), d.policy(p, "Voice")
	picture, err := d.App.Policies.Picture(t.Context(), d.max.Actor, active.ID, policy.Activate, 0)
	if err != nil {
		t.Fatal(err)
	}
	saw := policy.Seen{Version: 1, Picture: picture.Fingerprint()}
	if err := d.App.Policies.ActivatePolicy(t.Context(), d.max.Actor, active.ID, saw); err != nil {
		t.Fatal(err)
	}
	for what, page := range map[string]*webtest.Page{"asked": d.max.Get(p.Path + "/deactivate").Want(200), "sent": confirm.Submit(nil).Want(409)} {
		wantText(t, page, "2 policies stand in the way", "It is Inactive: not finished yet", "It is Active")
		for _, pol := range []policy.Policy{draft, active} {
			link := page.Doc.Find(`main a[href="/auth-policies/` + pol.ID.String() + `"]`)
			if link.Text() != pol.Name {
				t.Errorf("%s: no link to %s", what, pol.Name)
			}
		}
		if page.Doc.Find("main form").Length() != 0 {
			t.Errorf("%s: there is a button although it cannot be done", what)
		}
	}
	wantText(t, d.max.Get(p.Path), "2 Auth policies")
	list := d.max.Get(p.Path).Click("2 Auth policies").Want(200)
	if got := names(list); !cmp.Equal(got, []string{"Draft", "Voice"}) {
		t.Errorf("the group's policies: %v", got)
	}
}

func TestGroupsListSortsFiltersAndPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 12 {
		if _, err := d.App.Policies.CreateGroup(t.Context(), d.ada.Actor, policy.GroupInput{Name: fmt.Sprintf("G%02d", i), Description: fmt.Sprintf("D%02d", 99-i)}); err != nil {
			t.Fatal(err)
		}
	}
	list := d.max.Get("/policy-groups?size=10").Want(200)
	if got := names(list); len(got) != 10 || got[0] != "G00" {
		t.Errorf("%v", got)
	}
	if got := names(list.Click("Next").Want(200)); !cmp.Equal(got, []string{"G10", "G11"}) {
		t.Errorf("page 2: %v", got)
	}
	if got := names(list.Click("Description").Want(200)); got[0] != "G11" {
		t.Errorf("sorted by description: %v", got)
	}
	for _, column := range []string{"Name", "Description", "Status", "Policies", "Created"} {
		up := list.Click(column).Want(200)
		down := up.Click(column).Want(200)
		a, b := up.Doc.Find("th[aria-sort]").AttrOr("aria-sort", ""), down.Doc.Find("th[aria-sort]").AttrOr("aria-sort", "")
		if a == b || a == "" || b == "" {
			t.Errorf("%s: %s, then %s", column, a, b)
		}
		if n := names(up); column != "Name" && slices.Equal(n, names(down)) {
			t.Errorf("%s: both directions show the same", column)
		}
	}
	found := d.max.Get("/policy-groups?name=g1&status=active").Want(200)
	if got := names(found); !cmp.Equal(got, []string{"G10", "G11"}) {
		t.Errorf("filtered: %v", got)
	}
	none := d.max.Get("/policy-groups?description=nowhere").Want(200)
	wantText(t, none, "Nothing matches", "Clear all filters")
	for _, odd := range []string{"page=1000000000", "page=-1", "size=7", "sort=id;drop", "status=x", "name=%00", "name=%ff", "unknown=1", "q=%25"} {
		d.max.Get("/policy-groups?" + odd).Want(200)
	}
}

func TestGroupsBadAddressesAndForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	foreign := "/policy-groups/" + id.New[id.PolicyGroup]().String()
	for _, path := range []string{foreign, foreign + "/edit", foreign + "/deactivate", "/policy-groups/x", "/policy-groups/" + strings.ToUpper(strings.TrimPrefix(p.Path, "/policy-groups/"))} {
		d.max.Get(path).Want(404)
	}
	n := d.events()
	for what, c := range map[string]struct {
		path   string
		fields url.Values
		want   int
	}{
		"no such group":     {foreign, url.Values{"name": {"n"}, "description": {"d"}, "version": {"1"}}, 404},
		"no such to stop":   {foreign + "/deactivate", url.Values{"version": {"1"}}, 404},
		"unknown field":     {"/policy-groups", url.Values{"id": {id.New[id.PolicyGroup]().String()}, "name": {"n"}, "description": {"d"}, "status": {"active"}}, 400},
		"field twice":       {"/policy-groups", url.Values{"id": {id.New[id.PolicyGroup]().String()}, "name": {"n", "m"}, "description": {"d"}}, 400},
		"no proposed id":    {"/policy-groups", url.Values{"name": {"n"}, "description": {"d"}}, 400},
		"odd id":            {"/policy-groups", url.Values{"id": {"1"}, "name": {"n"}, "description": {"d"}}, 400},
		"not utf-8":         {"/policy-groups", url.Values{"id": {id.New[id.PolicyGroup]().String()}, "name": {"\xff"}, "description": {"d"}}, 400},
		"version missing":   {p.Path, url.Values{"name": {"n"}, "description": {"d"}}, 409},
		"version nonsense":  {p.Path + "/deactivate", url.Values{"version": {"9e99"}}, 409},
		"not deactivated":   {p.Path + "/reactivate", url.Values{"version": {"1"}}, 200}, // it is as wanted
		"too large a field": {"/policy-groups", url.Values{"id": {id.New[id.PolicyGroup]().String()}, "name": {strings.Repeat("x", 70_000)}, "description": {"d"}}, 413},
	} {
		if got := d.max.Post(c.path, c.fields); got.Status != c.want {
			t.Errorf("%s: %d, want %d", what, got.Status, c.want)
		}
	}
	if d.events() != n {
		t.Error("a refused request left an event of a group")
	}
}

func TestGroupsInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create("Telecom")
	d.policy(p, "Voice")
	for _, lang := range []string{"fr", "ar"} {
		c := d.staff("L"+lang, lang, authz.PolicyManager)
		for _, path := range []string{"/policy-groups", "/policy-groups/new", "/policy-groups?name=zzz", p.Path, p.Path + "/edit", p.Path + "/deactivate"} {
			page := c.Get(path).Want(200)
			wantText(t, page)
			if got := page.Doc.Find("html").AttrOr("dir", ""); (got == "rtl") != (lang == "ar") {
				t.Errorf("%s %s: dir %q", lang, path, got)
			}
			if page.Doc.Find("h1").Length() != 1 {
				t.Errorf("%s %s: %d h1", lang, path, page.Doc.Find("h1").Length())
			}
		}
	}
}
