package vocabulary_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

type page = list.Page[vocabulary.Term]

// What came with the portal passes the checks of the form: somebody who only
// changes a label does not meet an error at a description. Its Arabic sets names
// apart by marks that other inputs refuse.
func TestSeedCanBeEdited(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	marked := 0
	for _, t := range d.list("size=100").Items {
		change := t.About
		change.LabelEn += " (x)"
		now, err := d.Edit(d.t.Context(), d.ada, t.ID, t.Version, change)
		d.must(err)
		if now.About != change {
			d.t.Errorf("%s: %+v, want %+v", t.Name, now.About, change)
		}
		if strings.Contains(t.DescriptionAr, "\u2066") {
			marked++
		}
	}
	if marked == 0 {
		t.Error("no description has a mark")
	}
}

// The migration and the words that work without a database are one vocabulary.
func TestMigratedTableIsTheSeed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all, err := d.All(t.Context())
	d.must(err)
	if diff := cmp.Diff(policydoc.DefaultVocabulary(), all, cmp.AllowUnexported(policydoc.Vocabulary{})); diff != "" {
		t.Error(diff)
	}
	var listed []policydoc.Term
	for _, t := range d.list("size=100").Items {
		term := policydoc.Term{
			Family: t.Family, Name: t.Name, Labels: map[string]string{"en": t.LabelEn, "fr": t.LabelFr, "ar": t.LabelAr},
			Descriptions: map[string]string{"en": t.DescriptionEn, "fr": t.DescriptionFr, "ar": t.DescriptionAr},
			Sensitivity:  t.Sensitivity, Deprecated: t.DeprecatedSince,
		}
		maps.DeleteFunc(term.Descriptions, func(_, text string) bool { return text == "" })
		listed = append(listed, term)
	}
	if diff := cmp.Diff(policydoc.Seed(), listed); diff != "" {
		t.Errorf("the list is not in the seed's order: %s", diff)
	}
}

// Authors meet the ways of verifying first, and their names say little. What is
// described is so for every reader.
func TestEveryWayOfVerifyingIsDescribed(t *testing.T) {
	t.Parallel()
	for _, term := range policydoc.Seed() {
		if n := len(term.Descriptions); n != 0 && n != 3 {
			t.Errorf("%s %s is described in %d languages", term.Family, term.Name, n)
		}
		if len(term.Descriptions) == 0 && slices.Contains([]policydoc.Family{policydoc.AuthTypes, policydoc.Formats, policydoc.Sources}, term.Family) {
			t.Errorf("%s %s has no description", term.Family, term.Name)
		}
	}
}

func TestCreateATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.logged()
	in := vocabulary.Input{Family: policydoc.Attributes, Name: " bloodGroup ", About: vocabulary.About{
		LabelEn: " Blood group ", LabelFr: "Groupe sanguin", LabelAr: "فصيلة الدم", Sensitivity: policydoc.Special,
	}}
	made, err := d.Create(t.Context(), d.ada, in)
	d.must(err)
	d.onlyEvent(n, "term.created", "done", `{"field":"family","after":"attribute"}`, `"label_en","after":"Blood group"`, `"label_ar","after":"فصيلة الدم"`, `"sensitivity","after":"special"`)
	if es := d.since(n); es[0].Name != "bloodGroup" || strings.Contains(es[0].Detail, "description") {
		t.Errorf("%+v", es)
	}
	want := vocabulary.Term{
		ID: made.ID, Family: policydoc.Attributes, Name: "bloodGroup", About: in.About,
		Version: 1, CreatedAt: d.db.Now(), UpdatedAt: d.db.Now(),
	}
	want.LabelEn = "Blood group"
	if diff := cmp.Diff([]vocabulary.Term{want, want}, []vocabulary.Term{made, d.term(made.ID)}); diff != "" {
		t.Error(diff)
	}
	all, err := d.All(t.Context())
	d.must(err)
	if names := all.Names(policydoc.Attributes); names[len(names)-1] != "bloodGroup" {
		t.Errorf("it does not stand at the end of its family: %v", names)
	}
	if label, _ := all.Label("fr", policydoc.Attributes, "bloodGroup"); label != "Groupe sanguin" || !all.Special(policydoc.Attributes, "bloodGroup") {
		t.Errorf("label %q", label)
	}
}

func TestTermInput(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.logged()
	good := vocabulary.Input{Family: policydoc.Attributes, Name: "x", About: about("l")}
	all := []string{
		"family: vocabulary.problem.family", "name: vocabulary.problem.name", "label_en: vocabulary.problem.label_en", "label_fr: vocabulary.problem.label_fr",
		"label_ar: vocabulary.problem.label_ar", "sensitivity: vocabulary.problem.sensitivity",
	}
	for name, c := range map[string]struct {
		change func(in *vocabulary.Input)
		want   []string
	}{
		"empty":           {func(in *vocabulary.Input) { *in = vocabulary.Input{} }, all},
		"unknown family":  {func(in *vocabulary.Input) { in.Family = "token_type" }, all[:1]},
		"unknown care":    {func(in *vocabulary.Input) { in.Sensitivity = "secret" }, all[5:]},
		"long name":       {func(in *vocabulary.Input) { in.Name = strings.Repeat("é", 129) }, []string{"name: problem.too_long"}},
		"two lines":       {func(in *vocabulary.Input) { in.Name = "a\nb" }, []string{"name: problem.bad_characters"}},
		"no-break space":  {func(in *vocabulary.Input) { in.Name = "a\u00a0b" }, []string{"name: problem.bad_characters"}},
		"no width":        {func(in *vocabulary.Input) { in.Name = "full\u200bName" }, []string{"name: problem.bad_characters"}},
		"byte order mark": {func(in *vocabulary.Input) { in.Name = "\ufefffullName" }, []string{"name: problem.bad_characters"}},
		"long labels":     {func(in *vocabulary.Input) { in.LabelEn, in.LabelAr = strings.Repeat("x", 65), strings.Repeat("ع", 65) }, []string{"label_en: problem.too_long", "label_ar: problem.too_long"}},
		"long descriptions": {
			func(in *vocabulary.Input) {
				in.DescriptionEn, in.DescriptionFr, in.DescriptionAr = strings.Repeat("x", 257), strings.Repeat("é", 257), strings.Repeat("ع", 255)+"\u2066\u2069"
			},
			[]string{"description_en: problem.too_long", "description_fr: problem.too_long", "description_ar: problem.too_long"},
		},
		"open mark":     {func(in *vocabulary.Input) { in.DescriptionAr = "ع \u2066otp" }, []string{"description_ar: problem.bad_characters"}},
		"stray mark":    {func(in *vocabulary.Input) { in.DescriptionAr = "ع \u2069otp\u2066" }, []string{"description_ar: problem.bad_characters"}},
		"mark of lines": {func(in *vocabulary.Input) { in.DescriptionAr = "\u2067ع\notp\u2069" }, []string{"description_ar: problem.bad_characters"}},
		"override":      {func(in *vocabulary.Input) { in.DescriptionFr = "\u2066a\u2069 \u202eb" }, []string{"description_fr: problem.bad_characters"}},
		"not utf-8":     {func(in *vocabulary.Input) { in.DescriptionEn = "\xff" }, []string{"description_en: problem.bad_characters"}},
		"no language":   {func(in *vocabulary.Input) { in.Family, in.Name = policydoc.Languages, "English" }, []string{"name: vocabulary.problem.language"}},
		"nothing as a language": {
			func(in *vocabulary.Input) { in.Family, in.Name = policydoc.Languages, "" },
			[]string{"name: vocabulary.problem.name"},
		},
		"taken": {func(in *vocabulary.Input) { in.Name = "fullName" }, []string{"name: vocabulary.problem.name_taken"}},
	} {
		in := good
		c.change(&in)
		if _, err := d.Create(t.Context(), d.ada, in); !cmp.Equal(fields(err), c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	d.noEvent(n)
	// At the limits, which are in characters; and a name that another family has.
	for f, name := range map[policydoc.Family]string{
		policydoc.Attributes: strings.Repeat("é", 128), policydoc.FilterTypes: "FACE", policydoc.Languages: "zh-Hant",
	} {
		in := good
		in.Family, in.Name = f, name
		in.LabelEn, in.DescriptionFr, in.DescriptionAr = strings.Repeat("ع", 64), strings.Repeat("é", 256), strings.Repeat("ع", 254)+"\u2068\u2069"
		if _, err := d.Create(t.Context(), d.ada, in); err != nil {
			t.Errorf("%s %s: %v", f, name, err)
		}
	}
}

// A name that the vocabulary takes is one that documents may use.
func TestNamesFitTheSchemas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, name := range []string{`a"b\c`, "a b", "ñandú", "العمر", strings.Repeat("x", 128), "-", "{{.Name}}", "<b>"} {
		term := d.create(policydoc.Attributes, name)
		quoted, err := json.Marshal(term.Name)
		d.must(err)
		doc := `{"authTokenType":"random","allowedAuthTypes":[{"authType":"otp","mandatory":false}],"allowedKycAttributes":[{"attributeName":` + string(quoted) + `}]}`
		if m, ok := policydoc.Understand(policydoc.KindAuth, []byte(doc)); !ok || m.Auth.Attributes[0].Name != term.Name {
			t.Errorf("%q: %+v", name, m)
		}
	}
}

func TestCON3TermFormSentAgainMakesOneTerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := vocabulary.Input{ID: id.New[id.Term](), Family: policydoc.Formats, Name: "MM", About: about("Month")}
	first, err := d.Create(t.Context(), d.ada, in)
	d.must(err)
	n := d.logged()
	again, err := d.Create(t.Context(), d.ada, in)
	d.must(err)
	if again != first {
		t.Errorf("%+v, want %+v", again, first)
	}
	other := in
	other.LabelFr = "Mois"
	for what, do := range map[string]func() error{
		"other words":     func() error { _, err := d.Create(t.Context(), d.ada, other); return err },
		"somebody else's": func() error { _, err := d.Create(t.Context(), d.bea, in); return err },
	} {
		if err := do(); !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%s: %v, want a conflict", what, err)
		}
	}
	d.noEvent(n)
}

// Two people add the same name at one moment: one does, the other learns it at
// the field.
func TestCON2RaceOfTwoCreates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.logged()
	errs := d.atOnce(8, func(i int) error {
		a := d.ada
		if i%2 == 1 {
			a = d.bea
		}
		_, err := d.Create(t.Context(), a, vocabulary.Input{Family: policydoc.Formats, Name: "MM", About: about("Month")})
		return err
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if want := []string{"name: vocabulary.problem.name_taken"}; !cmp.Equal(fields(err), want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if es := d.since(n); won != 1 || len(es) != 1 {
		t.Errorf("%d won, %d events", won, len(es))
	}
	// The same form eight times: everybody sees the one term.
	in := vocabulary.Input{ID: id.New[id.Term](), Family: policydoc.Formats, Name: "DD", About: about("Day")}
	for _, err := range d.atOnce(8, func(int) error { _, err := d.Create(t.Context(), d.ada, in); return err }) {
		d.must(err)
	}
	if p := d.list("q=DD&family=format"); p.Total != 1 {
		t.Errorf("%d terms", p.Total)
	}
}

func TestAUT1VocabularyIsForPartnerAdmins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	term := d.create(policydoc.Formats, "MM")
	for _, role := range append([]authz.Role{authz.Visitor, authz.PolicyManager}, authz.PartnerRoles...) {
		a := authz.Actor{User: id.New[id.User](), Name: "P", Roles: []authz.Role{role}}
		for what, do := range map[string]func() error{
			"create":    func() error { _, err := d.Create(t.Context(), a, vocabulary.Input{}); return err },
			"edit":      func() error { _, err := d.Edit(t.Context(), a, term.ID, 1, about("x")); return err },
			"deprecate": func() error { return d.Deprecate(t.Context(), a, term.ID, 1) },
			"restore":   func() error { return d.Restore(t.Context(), a, term.ID, 1) },
		} {
			n := d.logged()
			if err := do(); !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%s %s: %v, want denied", role, what, err)
			}
			d.onlyEvent(n, "access.refused", "denied")
		}
	}
	if now := d.term(term.ID); now != term {
		t.Errorf("%+v", now)
	}
}

func TestEditATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := d.seeded(policydoc.Attributes, "city")
	d.clock.Advance(time.Hour)
	n := d.logged()
	change := old.About
	change.LabelEn, change.DescriptionFr, change.Sensitivity = "Town or city", "Commune", policydoc.Ordinary
	now, err := d.Edit(t.Context(), d.ada, old.ID, 1, change)
	d.must(err)
	d.onlyEvent(n, "term.edited", "done", `{"field":"label_en","before":"City","after":"Town or city"}`, `{"field":"description_fr","after":"Commune"}`, `{"field":"sensitivity","before":"personal","after":"ordinary"}`)
	want := old
	want.About, want.Version, want.UpdatedAt = change, 2, d.db.Now()
	if diff := cmp.Diff([]vocabulary.Term{want, want}, []vocabulary.Term{now, d.term(old.ID)}); diff != "" {
		t.Error(diff)
	}
	n = d.logged()
	same, err := d.Edit(t.Context(), d.ada, old.ID, 2, change)
	d.must(err)
	if same.Version != 2 {
		t.Errorf("nothing changed, yet the version is %d", same.Version)
	}
	_, err = d.Edit(t.Context(), d.ada, old.ID, 2, vocabulary.About{LabelFr: "x", LabelAr: "y"})
	if want := []string{"label_en: vocabulary.problem.label_en", "sensitivity: vocabulary.problem.sensitivity"}; !cmp.Equal(fields(err), want) {
		t.Errorf("%v, want %v", err, want)
	}
	if _, err = d.Edit(t.Context(), d.ada, id.New[id.Term](), 1, change); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("%v, want not found", err)
	}
	d.noEvent(n)
}

func TestCON1StaleEditOfATermSaysWhoWasFaster(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	term := d.seeded(policydoc.Attributes, "city")
	if _, err := d.Edit(t.Context(), d.bea, term.ID, 7, about("x")); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a version that never was: %v, want a conflict", err)
	}
	_, err := d.Edit(t.Context(), d.ada, term.ID, 1, about("Ada's"))
	d.must(err)
	n := d.logged()
	for a, key := range map[*authz.Actor]string{&d.bea: "problem.changed_by", &d.ada: "problem.changed_by_you"} {
		for what, do := range map[string]func() error{
			"edit":      func() error { _, err := d.Edit(t.Context(), *a, term.ID, 1, about("x")); return err },
			"deprecate": func() error { return d.Deprecate(t.Context(), *a, term.ID, 1) },
		} {
			var conflict *problem.ConflictError
			if err := do(); !errors.As(err, &conflict) || conflict.Key != key {
				t.Errorf("%s by %s: %v, want %s", what, a.Name, err, key)
			}
		}
	}
	if now := d.term(term.ID); now.LabelEn != "Ada's" || now.DeprecatedSince != nil {
		t.Errorf("a stale change was stored: %+v", now)
	}
	d.noEvent(n)
}

func TestDeprecateAndRestoreATerm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	term := d.seeded(policydoc.AuthTypes, "pin")
	d.clock.Advance(time.Hour)
	n, at := d.logged(), d.db.Now()
	d.must(d.Deprecate(t.Context(), d.ada, term.ID, 1))
	d.onlyEvent(n, "term.deprecated", "done", `{"field":"deprecated_since","after":"`+at.Format(time.DateOnly)+`"}`)
	all, err := d.All(t.Context())
	d.must(err)
	known, ok := all.Term(policydoc.AuthTypes, "pin")
	if !ok || known.Deprecated == nil || !known.Deprecated.Equal(at) || slices.Contains(all.Names(policydoc.AuthTypes), "pin") {
		t.Errorf("%+v", known)
	}
	n = d.logged()
	for _, version := range []int{1, 2} { // a second click, and a page that knows it
		if err := d.Deprecate(t.Context(), d.ada, term.ID, version); !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%d: %v, want a conflict", version, err)
		}
	}
	d.noEvent(n)
	_, err = d.Edit(t.Context(), d.bea, term.ID, 2, about("PIN"))
	d.must(err) // a deprecated term can be described better
	if d.term(term.ID).DeprecatedSince == nil {
		t.Error("an edit put it back into use")
	}
	n = d.logged()
	d.must(d.Restore(t.Context(), d.bea, term.ID, 3))
	d.onlyEvent(n, "term.restored", "done", `"before":"`+at.Format(time.DateOnly)+`"`)
	if err := d.Restore(t.Context(), d.bea, term.ID, 4); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
	if d.term(term.ID).DeprecatedSince != nil {
		t.Error("it is still deprecated")
	}
}

func TestTermsList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.create(policydoc.Attributes, "50%_x")
	old := d.seeded(policydoc.SubTypes, "IRIS")
	d.must(d.Deprecate(t.Context(), d.ada, old.ID, 1))
	for address, want := range map[string]string{
		"":                               "fullName … demo, 66",
		"size=100":                       "fullName … por, 66",
		"size=100&sort=-family":          "por … fullName, 66",
		"size=100&sort=-label":           "zone … addressLine1, 66",
		"size=100&sort=name":             "50%_x … zone, 66",
		"family=attribute":               "fullName … 50%_x, 22",
		"family=token_type":              "fullName … demo, 66",
		"family=sub_type&status=in_use":  "FINGER … FACE, 2",
		"status=deprecated":              "IRIS … IRIS, 1",
		"status=x&size=7":                "fullName … demo, 66",
		"sensitivity=special&size=100":   "photo … Right, 23",
		"q=visage":                       "face … Face, 3",
		"q=القزحية&family=filter_type":   "Iris … Iris, 1",
		"q=%25":                          "50%_x … 50%_x, 1",
		"q=nothing+of+it":                ", 0",
		"q=%00":                          "fullName … demo, 66",
		"size=10&page=999999999":         "ara … por, 66",
		"sort=nonsense&sensitivity=none": "fullName … demo, 66",
	} {
		p := d.list(address)
		got := fmt.Sprintf(", %d", p.Total)
		if len(p.Items) > 0 {
			got = p.Items[0].Name + " … " + p.Items[len(p.Items)-1].Name + got
		}
		if got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
	for _, lang := range []string{"en", "fr", "ar", "xx"} {
		spec := vocabulary.ListIn(lang)
		for name := range spec.Sorts { // each is SQL that runs
			for _, sign := range []string{"", "-"} {
				if _, err := d.Terms(t.Context(), spec.Parse(url.Values{"sort": {sign + name}})); err != nil {
					t.Errorf("%s%s: %v", sign, name, err)
				}
			}
		}
	}
	p, err := d.Terms(t.Context(), vocabulary.ListIn("fr").Parse(url.Values{"sort": {"label"}, "family": {"language"}}))
	d.must(err)
	if first := p.Items[0].Label("fr"); first != "anglais" {
		t.Errorf("sorted by French labels: %s first", first)
	}
}

// Lowering special data decides over who must look at policies: it is refused to
// those who have not seen what it does, and the others are told.
func TestLoweringIsConfirmedAndTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, a := range []authz.Actor{d.ada, d.bea, d.max} {
		d.exec(`insert into user_roles (user_id, role, granted_at) values (@id, @role, @now)`, pg.Args{"id": a.User, "now": d.db.Now(), "role": string(a.Roles[0])})
	}
	told := func() (names []string) {
		rows, err := pg.All[struct{ Params map[string]string }](t.Context(), d.db.Read(), `select params from mail_outbox where kind = 'term_lowered' order by id`, nil)
		d.must(err)
		for _, r := range rows {
			names = append(names, r.Params["Name"]+" "+r.Params["Actor"]+" "+r.Params["Term"])
		}
		slices.Sort(names)
		return names
	}
	photo := d.seeded(policydoc.Attributes, "photo")
	n, lower := d.logged(), photo.About
	lower.Sensitivity = policydoc.Personal
	if _, err := d.Edit(t.Context(), d.ada, photo.ID, photo.Version, lower); !errors.Is(err, vocabulary.ErrLowers) {
		t.Errorf("unconfirmed: %v", err)
	}
	if now := d.term(photo.ID); now.Sensitivity != policydoc.Special || d.logged() != n || told() != nil {
		t.Errorf("unconfirmed, but %+v, %v", now, told())
	}
	now, err := d.Lower(t.Context(), d.ada, photo.ID, photo.Version, lower)
	d.must(err)
	d.onlyEvent(n, "term.edited", "done", `"before":"special","after":"personal"`)
	if diff := cmp.Diff([]string{"Bea Ada photo", "Max Ada photo"}, told()); now.Sensitivity != policydoc.Personal || diff != "" {
		t.Errorf("%+v %s", now, diff)
	}
	lower.Sensitivity = policydoc.Ordinary // hardly anything goes by it
	if _, err = d.Edit(t.Context(), d.ada, photo.ID, now.Version, lower); err != nil || len(told()) != 2 {
		t.Errorf("%v %v", err, told())
	}
	if _, err = d.Lower(t.Context(), d.max, photo.ID, now.Version+1, lower); !errors.Is(err, problem.ErrDenied) {
		t.Error(err)
	}
}
