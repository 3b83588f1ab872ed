package vocabulary_test

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
	"portal/internal/vocabulary"
	"portal/web/i18n"
	"portal/web/webtest"
)

// desk is a portal with two people who maintain the vocabulary and one who reads
// it.
type desk struct {
	*webtest.Site
	ada, bea, max *webtest.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t)}
	d.ada, d.bea = d.staff("Ada", "en", authz.PartnerAdmin), d.staff("Bea", "en", authz.PartnerAdmin)
	d.max = d.staff("Max", "en", authz.PolicyManager)
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

// month is a good form.
func month(change ...string) webtest.Values {
	v := webtest.Values{
		"family": "format", "name": "YYYY-MM", "label_en": "Year and month", "label_fr": "Année et mois", "label_ar": "السنة والشهر",
		"description_en": "Of a date", "description_fr": "D’une date", "description_ar": "من التاريخ", "sensitivity": "ordinary",
	}
	for i := 0; i+1 < len(change); i += 2 {
		v[change[i]] = change[i+1]
	}
	return v
}

// create adds a term in the browser and returns its page.
func (d *desk) create() *webtest.Page {
	d.T.Helper()
	return d.ada.Get("/vocabulary/new").Want(200).Submit(month()).Want(200)
}

// path is the address of a term that came with the portal.
func (d *desk) path(f policydoc.Family, name string) string {
	d.T.Helper()
	tid, err := pg.Value[id.Term](d.T.Context(), d.App.DB.Read(), `select id from vocabulary_terms where family = @family and name = @name`,
		pg.Args{"family": f, "name": name})
	if err != nil {
		d.T.Fatal(err)
	}
	return "/vocabulary/" + tid.String()
}

// events counts the rows of the audit log about terms.
func (d *desk) events() int {
	d.T.Helper()
	n, err := pg.Value[int](d.T.Context(), d.App.DB.Read(), `select count(*) from audit_log where subject_kind = 'term'`, nil)
	if err != nil {
		d.T.Fatal(err)
	}
	return n
}

// policy makes an Auth policy by Ada that waits, and returns its address.
func (d *desk) policy(name string) string {
	d.T.Helper()
	g, err := d.App.Policies.CreateGroup(d.T.Context(), d.max.Actor, policy.GroupInput{Name: "Group of " + name, Description: "d"})
	if err != nil {
		d.T.Fatal(err)
	}
	p, err := d.App.Policies.CreatePolicy(d.T.Context(), d.ada.Actor, policy.Input{
		Kind: policydoc.KindAuth, GroupID: g.ID, Name: name, Description: "d", Document: string(policydoc.Samples(policydoc.KindAuth)[0].Document),
	})
	if err != nil {
		d.T.Fatal(err)
	}
	return "/auth-policies/" + p.ID.String()
}

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !p.Has(text) {
			t.Errorf("%s (%d) does not say %q:\n%s", p.Path, p.Status, text, p.Text())
		}
	}
	if strings.Contains(p.Body, "[vocabulary") {
		t.Errorf("%s lacks a message:\n%s", p.Path, p.Text())
	}
}

// value is what stands in a field of the page's form.
func value(p *webtest.Page, name string) string {
	in := p.Doc.Find(`main form [name="` + name + `"]`)
	switch {
	case in.Is("textarea"):
		return strings.TrimPrefix(in.Text(), "\n")
	case in.Is("select"):
		return in.Find("option[selected]").AttrOr("value", "")
	case in.Is("[type=radio]"):
		return in.Filter("[checked]").AttrOr("value", "")
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

func TestCreateATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.ada.Get("/vocabulary?family=format").Want(200).Click("+ Add a term").Want(200)
	if got := value(form, "family"); got != "format" {
		t.Errorf("the family of the list is not chosen: %q", got)
	}
	p := form.Submit(month("name", " YYYY-MM ")).Want(200)
	if p.Title() != "Year and month" {
		t.Errorf("title %q", p.Title())
	}
	wantText(t, p, "is in the vocabulary. Documents can now use it.", "Formats", "Année et mois", "السنة والشهر", "Of a date", "D’une date", "من التاريخ", "Ordinary",
		"In use: forms offer it.", "No policy in force or waiting for activation uses it.", "\u2068Ada Berg\u2069 added ", "to the vocabulary", "Label in French: ", "Description in Arabic: ")
	if got := p.Doc.Find("main .code").First().Text(); got != "YYYY-MM" {
		t.Errorf("name %q", got)
	}
	if got := names(d.ada.Get("/vocabulary?family=format").Want(200)); !cmp.Equal(got, []string{"YYYY", "extraction", "YYYY-MM"}) {
		t.Errorf("list: %v", got)
	}
}

func TestTermFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.events()
	for what, c := range map[string]struct {
		values         webtest.Values
		field, message string
	}{
		"no family":    {month("family", ""), "family", "Choose the family."},
		"no name":      {month("name", " "), "name", "Enter the name as documents write it."},
		"long name":    {month("name", strings.Repeat("x", 129)), "name", "Use at most 128 characters; now there are 129."},
		"taken":        {month("name", "YYYY"), "name", "This family has the name already. Look for it in the list, or choose another name."},
		"no language":  {month("family", "language", "name", "English"), "name", "Write a language code: two or three small letters, such as eng, fra or ara."},
		"no English":   {month("label_en", ""), "label_en", "Enter the label in English."},
		"long French":  {month("label_fr", strings.Repeat("é", 65)), "label_fr", "Use at most 64 characters; now there are 65."},
		"no Arabic":    {month("label_ar", ""), "label_ar", "Enter the label in Arabic."},
		"long English": {month("description_en", strings.Repeat("é", 257)), "description_en", "Use at most 256 characters; now there are 257."},
		"long Arabic":  {month("description_ar", strings.Repeat("ع", 257)), "description_ar", "Use at most 256 characters; now there are 257."},
		"open mark":    {month("description_ar", "ع \u2066otp"), "description_ar", "Remove the characters that cannot be shown (they may have come in by copying), then try again."},
	} {
		p := d.ada.Get("/vocabulary/new").Submit(c.values).Want(422)
		if got := p.FieldError(c.field); got != c.message {
			t.Errorf("%s: %q at the field, want %q", what, got, c.message)
		}
		if links := p.Doc.Find(".summary-box a"); links.Length() != 1 || links.AttrOr("href", "") != "#field-"+c.field || p.Doc.Find("#field-"+c.field).Length() != 1 {
			t.Errorf("%s: the summary does not lead to the field", what)
		}
		for name, typed := range c.values {
			if got := value(p, name); got != strings.TrimSpace(fmt.Sprint(typed)) {
				t.Errorf("%s: %s is %q, typed was %q", what, name, got, typed)
			}
		}
	}
	empty := d.ada.Get("/vocabulary/new").Submit(nil).Want(422)
	if got := empty.Doc.Find(".summary-box a").Length(); got != 6 || empty.FieldError("sensitivity") != "Choose the sensitivity." {
		t.Errorf("an empty form has %d findings:\n%s", got, empty.Text())
	}
	if d.events() != n {
		t.Error("a refused form left an event")
	}
}

func TestCON3SecondClickMakesNoSecondTerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.ada.Get("/vocabulary/new")
	first := form.Submit(month()).Want(200)
	n := d.events()
	if again := form.Submit(month()).Want(200); again.Path != first.Path {
		t.Errorf("the second click ended at %s", again.Path)
	}
	// Back, other words, sent again: the person is told, and may.
	other := form.Submit(month("name", "YYYY-MM-DD", "sensitivity", "personal")).Want(409)
	wantText(t, other, "You sent this form before", "YYYY-MM")
	if value(other, "name") != "YYYY-MM-DD" || value(other, "sensitivity") != "personal" || value(other, "family") != "format" {
		t.Error("what was typed is lost")
	}
	if d.events() != n {
		t.Error("a second term was made unasked")
	}
	wantText(t, other.Submit(nil).Want(200), "is in the vocabulary")
}

func TestEditATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.ada.Get(d.path(policydoc.Attributes, "city")).Want(200)
	form := p.Click("Edit").Want(200)
	wantText(t, form, "Name and family stay as they are, because documents refer to them.", "city", "Attributes")
	if form.Doc.Find(`main [name=name], main [name=family]`).Length() > 0 {
		t.Error("name or family can be typed")
	}
	if value(form, "label_fr") != "Ville" || value(form, "sensitivity") != "personal" {
		t.Error("the form does not hold what is stored")
	}
	saved := form.Submit(webtest.Values{"label_en": "Town", "sensitivity": "special"}).Want(200)
	wantText(t, saved, "are saved", "\u2068Ada Berg\u2069 edited ", "Sensitivity: from", "Special")
	n := d.events()
	wantText(t, form.Submit(webtest.Values{"label_en": "Town", "sensitivity": "special"}).Want(200), "are saved") // a second click
	wantText(t, form.Submit(webtest.Values{"label_en": ""}).Want(409), "You changed it yourself", "Nothing of yours is lost")
	refused := d.ada.Get(p.Path + "/edit").Submit(webtest.Values{"label_ar": " ", "label_fr": "Cité"}).Want(422)
	if refused.FieldError("label_ar") != "Enter the label in Arabic." || value(refused, "label_fr") != "Cité" {
		t.Errorf("refused:\n%s", refused.Text())
	}
	if d.events() != n {
		t.Error("nothing was changed, yet an event was written")
	}
}

// Whoever calls special data less than that sees first which policies use it, and
// nothing typed is lost on the way.
func TestLoweringASpecialTermAsksFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.path(policydoc.AuthTypes, "bio")
	n := d.events()
	asked := d.ada.Get(path + "/edit").Want(200).Submit(webtest.Values{"sensitivity": "ordinary", "label_en": "Body"}).Want(200)
	wantText(t, asked, "Lower the sensitivity of", "Every other Partner Admin", "No policy in force or waiting for activation uses it.")
	if d.events() != n {
		t.Error("it is lowered already")
	}
	done := asked.Submit(nil).Want(200)
	wantText(t, done, "Your changes to", "Body")
	if d.events() != n+1 {
		t.Error("no event")
	}
	asked.Submit(nil).Want(200) // a second click
	if d.events() != n+1 {
		t.Error("lowered twice")
	}
	path = d.path(policydoc.AuthTypes, "otp")
	if p := d.ada.Get(path + "/edit").Submit(webtest.Values{"sensitivity": "special"}).Want(200); p.Has("Lower the sensitivity") {
		t.Error("asks before raising")
	}
}

func TestCON1StaleEditShowsBothTexts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create()
	mine := d.ada.Get(p.Path + "/edit").Want(200)
	d.bea.Get(p.Path + "/edit").Submit(webtest.Values{"label_en": "Bea's label"}).Want(200)
	stale := mine.Submit(webtest.Values{"label_en": "Ada's label", "description_fr": "Ada's words"}).Want(409)
	wantText(t, stale, "Bea Berg changed it after you opened the page", "What is stored now", "Bea's label", "What you typed")
	if value(stale, "label_en") != "Ada's label" || value(stale, "description_fr") != "Ada's words" {
		t.Error("what was typed is lost")
	}
	wantText(t, d.bea.Get(p.Path), "Bea's label")
	wantText(t, stale.Submit(nil).Want(200), "Ada's label", "Ada's words") // now knowing it
}

func TestDeprecateAndRestoreATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	used := d.policy("Voice")
	path := d.path(policydoc.AuthTypes, "otp")
	confirm := d.ada.Get(path).Want(200).Click("Deprecate").Want(200)
	wantText(t, confirm, "Nothing in force changes", "1 policy uses it.", "In the version that waits for activation")
	if link := confirm.Doc.Find(`main a[href="` + used + `"]`); link.Text() != "Voice" {
		t.Errorf("no link to the policy:\n%s", confirm.Text())
	}
	n := d.events()
	wantText(t, confirm.Submit(nil).Want(200), "is deprecated.", "Deprecated since", "documents that use it get a warning", "\u2068Ada Berg\u2069 deprecated ")
	wantText(t, confirm.Submit(nil).Want(200), "is deprecated.") // a second click sees the same
	if d.events() != n+1 {
		t.Errorf("%d events, want 1", d.events()-n)
	}
	if got := d.ada.Get(path + "/deprecate").Want(200); got.Path != path {
		t.Errorf("nothing to deprecate, yet %s is shown", got.Path)
	}
	// From the list's menu, which needs no page in between.
	list := d.ada.Get("/vocabulary?status=deprecated").Want(200)
	if got := names(list); !cmp.Equal(got, []string{"otp"}) || !list.Has("Deprecated") {
		t.Errorf("list: %v", got)
	}
	wantText(t, list.SubmitTo(path+"/restore", nil).Want(200), "is in use again.", "\u2068Ada Berg\u2069 put ")
	wantText(t, list.SubmitTo(path+"/restore", nil).Want(200), "is in use again.")
	// A page from before all of this changes nothing.
	stale := confirm.Submit(nil).Want(409)
	wantText(t, stale, "You changed it yourself", "Nothing was carried out.")
	wantText(t, stale.Submit(nil).Want(200), "is deprecated.")
	if d.ada.Post(path+"/restore", url.Values{"version": {"1"}}).Status != 409 {
		t.Error("a stale page put it back into use")
	}
}

func TestPagesNameAFewOfManyPolicies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 22 {
		d.policy(fmt.Sprintf("P%02d", i))
	}
	for _, path := range []string{"", "/deprecate"} {
		p := d.ada.Get(d.path(policydoc.AuthTypes, "otp") + path).Want(200)
		wantText(t, p, "22 policies use it.", "and 2 more")
		if got := names(p); len(got) != 20 || got[0] != "P00" {
			t.Errorf("%v", got)
		}
	}
}

func TestAUT1PolicyManagersOnlyRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.path(policydoc.Attributes, "photo")
	list := d.max.Get("/vocabulary").Want(200)
	shown := d.max.Get(path).Want(200)
	wantText(t, shown, "Photo", "Special")
	for _, p := range []*webtest.Page{list, shown} {
		if n := p.Doc.Find(`main form[method=post]:not([action^="/notes"]), main a[href$="/edit"], main a[href$="/deprecate"], main a[href*="/new"], main .menu`).Length(); n > 0 {
			t.Errorf("%s offers %d things that a Policy Manager may not do", p.Path, n)
		}
	}
	if list.Doc.Find(`nav a[href="/vocabulary"]`).Length() == 0 {
		t.Error("the menu does not lead to the vocabulary")
	}
	for _, forbidden := range []string{"/vocabulary/new", path + "/edit", path + "/deprecate"} {
		d.max.Get(forbidden).Want(403)
	}
	for _, post := range []string{"/vocabulary", path, path + "/deprecate", path + "/restore"} {
		if got := d.max.Post(post, url.Values{"version": {"1"}}); got.Status != 403 {
			t.Errorf("POST %s: %d", post, got.Status)
		}
	}
	if d.events() != 0 {
		t.Error("a refused request changed a term")
	}
}

func TestVocabularyListSortsFiltersAndPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.max.Get("/vocabulary?size=10").Want(200)
	if got := names(list); len(got) != 10 || got[0] != "fullName" {
		t.Errorf("%v", got)
	}
	if got := names(list.Click("Next").Want(200)); got[0] != "addressLine2" {
		t.Errorf("page 2: %v", got)
	}
	for _, column := range []string{"Name in documents", "Label", "Family", "Sensitivity", "Last changed"} {
		up := list.Click(column).Want(200)
		down := up.Click(column).Want(200)
		a, b := up.Doc.Find("th[aria-sort]").AttrOr("aria-sort", ""), down.Doc.Find("th[aria-sort]").AttrOr("aria-sort", "")
		if a == b || a == "" || b == "" {
			t.Errorf("%s: %s, then %s", column, a, b)
		}
		if column != "Family" && slices.Equal(names(up), names(down)) {
			t.Errorf("%s: both directions show the same", column)
		}
	}
	ways := d.max.Get("/vocabulary?sensitivity=special").Click("Ways of verifying").Want(200)
	if got := names(ways); !cmp.Equal(got, []string{"bio"}) {
		t.Errorf("special ways of verifying: %v", got)
	}
	if got := names(ways.Click("All").Want(200)); len(got) != 23 {
		t.Errorf("all that is special: %v", got)
	}
	if got := names(d.max.Get("/vocabulary?q=birth").Want(200)); !cmp.Equal(got, []string{"dateOfBirth"}) {
		t.Errorf("found: %v", got)
	}
	wantText(t, d.max.Get("/vocabulary?q=nowhere").Want(200), "Nothing matches", "Clear all filters")
	for _, odd := range []string{"page=1000000000", "page=-1", "size=7", "sort=id;drop", "status=x", "family=%00", "q=%ff", "unknown=1", "q=%25", "sensitivity=x"} {
		d.max.Get("/vocabulary?" + odd).Want(200)
	}
}

func TestVocabularyBadAddressesAndForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create()
	foreign := "/vocabulary/" + id.New[id.Term]().String()
	for _, path := range []string{foreign, foreign + "/edit", foreign + "/deprecate", "/vocabulary/x", "/vocabulary/" + strings.ToUpper(strings.TrimPrefix(p.Path, "/vocabulary/"))} {
		d.ada.Get(path).Want(404)
	}
	d.ada.Get("/vocabulary/new?family=%3Cscript%3E").Want(200)
	n := d.events()
	good := func(change ...string) url.Values {
		v := url.Values{"id": {id.New[id.Term]().String()}}
		for name, s := range month(change...) {
			v.Set(name, fmt.Sprint(s))
		}
		return v
	}
	without := good()
	without.Del("id")
	for what, c := range map[string]struct {
		path   string
		fields url.Values
		want   int
	}{
		"no such term":      {foreign, url.Values{"label_en": {"n"}, "version": {"1"}}, 404},
		"no such to stop":   {foreign + "/deprecate", url.Values{"version": {"1"}}, 404},
		"no such to put":    {foreign + "/restore", url.Values{"version": {"1"}}, 404},
		"unknown field":     {"/vocabulary", good("position", "1"), 400},
		"another name":      {p.Path, url.Values{"version": {"1"}, "name": {"x"}}, 400},
		"another family":    {p.Path, url.Values{"version": {"1"}, "family": {"format"}}, 400},
		"no proposed id":    {"/vocabulary", without, 400},
		"odd id":            {"/vocabulary", good("id", "1"), 400},
		"not utf-8":         {"/vocabulary", good("name", "\xff"), 400},
		"odd sensitivity":   {"/vocabulary", good("sensitivity", "secret"), 422},
		"odd family":        {"/vocabulary", good("family", "token_type"), 422},
		"nul":               {"/vocabulary", good("name", "a\x00b"), 422},
		"version missing":   {p.Path, url.Values{"label_en": {"n"}}, 409},
		"version nonsense":  {p.Path + "/deprecate", url.Values{"version": {"9e99"}}, 409},
		"not deprecated":    {p.Path + "/restore", url.Values{"version": {"1"}}, 200}, // it is as wanted
		"too large a field": {"/vocabulary", good("description_fr", strings.Repeat("x", 70_000)), 413},
	} {
		if got := d.ada.Post(c.path, c.fields); got.Status != c.want {
			t.Errorf("%s: %d, want %d", what, got.Status, c.want)
		}
	}
	if d.events() != n {
		t.Error("a refused request left an event of a term")
	}
}

func TestVocabularyInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.create()
	d.policy("Voice")
	old := d.path(policydoc.AuthTypes, "otp")
	if err := d.App.Vocabulary.Deprecate(t.Context(), d.ada.Actor, parse(t, d.path(policydoc.AuthTypes, "pin")), 1); err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{"fr": {"Code à usage unique", "Année et mois"}, "ar": {"رمز لمرة واحدة", "السنة والشهر"}} {
		c := d.staff("L"+lang, lang, authz.PartnerAdmin)
		for _, path := range []string{
			"/vocabulary", "/vocabulary/new", "/vocabulary?q=zzz", "/vocabulary?status=deprecated", p.Path, p.Path + "/edit", p.Path + "/deprecate",
			old, old + "/deprecate", d.path(policydoc.AuthTypes, "pin"),
		} {
			page := c.Get(path).Want(200)
			wantText(t, page)
			if got := page.Doc.Find("html").AttrOr("dir", ""); (got == "rtl") != (lang == "ar") {
				t.Errorf("%s %s: dir %q", lang, path, got)
			}
			if page.Doc.Find("h1").Length() != 1 {
				t.Errorf("%s %s: %d h1", lang, path, page.Doc.Find("h1").Length())
			}
		}
		if got := c.Get(old).Title(); got != words[0] {
			t.Errorf("%s: title %q", lang, got)
		}
		wantText(t, c.Get("/vocabulary?family=format"), words[1])
		wantText(t, c.Get("/vocabulary/new").Submit(nil).Want(422)) // errors have words too
		wantText(t, c.Get("/vocabulary/new").Submit(month("family", "language", "name", "X")).Want(422))
		wantText(t, c.Get("/vocabulary/new").Submit(month()).Want(422))
	}
}

func parse(t *testing.T, path string) id.Term {
	t.Helper()
	tid, err := id.Parse[id.Term](strings.TrimPrefix(path, "/vocabulary/"))
	if err != nil {
		t.Fatal(err)
	}
	return tid
}

// The screens know every value that the service can hold.
func TestEveryFamilyAndSensitivityHasAPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, f := range policydoc.Families() {
		for _, s := range policydoc.Sensitivities() {
			name := "qaa-" + string(s)
			made, err := d.App.Vocabulary.Create(t.Context(), d.ada.Actor, vocabulary.Input{Family: f, Name: name, About: vocabulary.About{
				LabelEn: "l", LabelFr: "l", LabelAr: "l", Sensitivity: s,
			}})
			if err != nil {
				t.Fatal(err)
			}
			wantText(t, d.max.Get("/vocabulary/"+made.ID.String()).Want(200), name)
		}
	}
}

// Each text is set and read out in its language, whatever the page's is.
func TestTextsOfATermAreInTheirLanguages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.ada.Get("/vocabulary/new").Submit(month("description_fr", "")).Want(200)
	c := d.staff("Lar", "ar", authz.PartnerAdmin)
	shown, form := c.Get(p.Path).Want(200), c.Get(p.Path+"/edit").Want(200)
	for _, l := range i18n.Languages {
		for _, name := range []string{"label_" + l.Code, "description_" + l.Code} {
			in := form.Doc.Find(`main form [name="` + name + `"]`)
			if in.AttrOr("lang", "") != l.Code || in.AttrOr("dir", "") != l.Dir {
				t.Errorf("%s: lang %q, dir %q", name, in.AttrOr("lang", ""), in.AttrOr("dir", ""))
			}
			text := strings.TrimSpace(fmt.Sprint(month("description_fr", "")[name]))
			if got := shown.Doc.Find(`main p[lang="` + l.Code + `"] bdi[dir="` + l.Dir + `"]`).Text(); !strings.Contains(got, text) {
				t.Errorf("%s is not shown in its language: %q", name, got)
			}
		}
	}
	if n := shown.Doc.Find("main p.none").Length(); n != 1 {
		t.Errorf("%d texts are missing, want the French description", n)
	}
}
