package policydoc

import (
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// step is one change of a form with what it does to the meaning of the document.
type step struct {
	name   string
	answer func(f *Form)
	means  func(m *Meaning)
}

// stepsOf are all single changes of a form whose outcome is a good document.
func stepsOf(f Form, m Meaning) []step {
	if f.Kind == KindAuth {
		return append(append(waySteps(f, m), pickSteps(f, m)...), step{
			"token type", func(f *Form) { f.Auth.TokenType.Value = "random" },
			func(m *Meaning) { m.Auth.TokenType.Name = "random" },
		})
	}
	return append(ruleSteps(), rowSteps(f)...)
}

func waySteps(f Form, m Meaning) []step {
	var out []step
	for i, w := range f.Auth.Ways {
		is := func(x Way) bool { return x.Type == w.Type && x.SubType == w.SubType }
		for _, state := range []string{WayNo, WayOptional, WayRequired} {
			if state == WayNo && len(m.Auth.Ways) == 1 {
				continue // the last one may not go
			}
			out = append(out, step{
				w.Field() + " " + state, func(f *Form) { f.Auth.Ways[i].State = state },
				func(m *Meaning) {
					switch at := slices.IndexFunc(m.Auth.Ways, is); {
					case state == WayNo:
						m.Auth.Ways = slices.DeleteFunc(m.Auth.Ways, is)
					case at < 0:
						m.Auth.Ways = append(m.Auth.Ways, Way{Type: w.Type, SubType: w.SubType, Mandatory: state == WayRequired})
					default:
						m.Auth.Ways[at].Mandatory = state == WayRequired
					}
				},
			})
		}
	}
	return out
}

func pickSteps(f Form, _ Meaning) []step {
	var out []step
	toggle := func(names []Said, name string, on bool) []Said {
		if on {
			return append(names, Said{Name: name})
		}
		return slices.DeleteFunc(names, func(s Said) bool { return s.Name == name })
	}
	for i, p := range f.Auth.Attributes {
		out = append(out, step{
			"attribute " + p.Name, func(f *Form) { f.Auth.Attributes[i].On = !p.On },
			func(m *Meaning) { m.Auth.Attributes = toggle(m.Auth.Attributes, p.Name, !p.On) },
		})
	}
	for i, p := range f.Auth.Languages {
		out = append(out, step{
			"language " + p.Name, func(f *Form) { f.Auth.Languages[i].On = !p.On },
			func(m *Meaning) { m.Auth.Languages = toggle(m.Auth.Languages, p.Name, !p.On) },
		})
	}
	return out
}

func ruleSteps() []step {
	return []step{
		{"direct", func(f *Form) { f.Share.TypeOfShare.Value = "direct" }, func(m *Meaning) { m.Share.TypeOfShare.Name = "direct" }},
		{"minutes", func(f *Form) { f.Share.Minutes.Value = "77" }, func(m *Meaning) { m.Share.ValidMinutes = 77 }},
		{"times", func(f *Form) { f.Share.Transactions.Value = "78" }, func(m *Meaning) { m.Share.Transactions = 78 }},
		{"encryption", func(f *Form) { f.Share.Encryption.Value = "none" }, func(m *Meaning) { m.Share.Encryption.Name = "none" }},
		{"domain", func(f *Form) { f.Share.Domain.Value = "x.example" }, func(m *Meaning) { m.Share.Domain.Name = "x.example" }},
		{"source", func(f *Form) { f.Share.Source.Value = "Print" }, func(m *Meaning) { m.Share.Source.Name = "Print" }},
		{"http", func(f *Form) { f.Share.Protocol.Value = "http" }, func(m *Meaning) { m.Share.Protocol.Name = "http" }},
		{"no protocol", func(f *Form) { f.Share.Protocol.Value = "" }, func(m *Meaning) { m.Share.Protocol.Name = "" }},
		{
			"one attribute more", func(f *Form) {
				*f, _ = f.AddRow("")
				row := &f.Share.Attributes[len(f.Share.Attributes)-1]
				row.Name.Value, row.Sources[0].Attribute.Value = "new name", "recorded"
			},
			func(m *Meaning) {
				m.Share.Attributes = append(m.Share.Attributes, SharedAttribute{Name: "new name", Encrypted: true, Sources: []Source{{Attribute: "recorded"}}})
			},
		},
	}
}

func rowSteps(f Form) []step {
	var out []step
	for i, a := range f.Share.Attributes {
		id := strconv.Itoa(i)
		row := func(f *Form) *AttributeRow { return &f.Share.Attributes[i] }
		shared := func(m *Meaning) *SharedAttribute { return &m.Share.Attributes[i] }
		if len(f.Share.Attributes) > 1 {
			out = append(out, step{"remove " + id, func(f *Form) { *f, _ = f.RemoveRow(id) }, func(m *Meaning) { m.Share.Attributes = slices.Delete(m.Share.Attributes, i, i+1) }})
		}
		out = append(
			out,
			step{id + " name", func(f *Form) { row(f).Name.Value = "x" }, func(m *Meaning) { shared(m).Name = "x" }},
			step{id + " group", func(f *Form) { row(f).Group.Value = "x" }, func(m *Meaning) { shared(m).Group = "x" }},
			step{id + " no group", func(f *Form) { row(f).Group.Value = "" }, func(m *Meaning) { shared(m).Group = "" }},
			step{id + " format", func(f *Form) { row(f).Format.Value = "x" }, func(m *Meaning) { shared(m).Format = "x" }},
			step{id + " no format", func(f *Form) { row(f).Format.Value = "" }, func(m *Meaning) { shared(m).Format = "" }},
			step{id + " open", func(f *Form) { row(f).Encrypted.Value = "false" }, func(m *Meaning) { shared(m).Encrypted = false }},
			step{id + " one source more", func(f *Form) {
				*f, _ = f.AddRow(id)
				row(f).Sources[len(row(f).Sources)-1].Attribute.Value = "y"
			}, func(m *Meaning) { shared(m).Sources = append(shared(m).Sources, Source{Attribute: "y"}) }},
		)
		for j := range a.Sources {
			out = append(out, sourceSteps(i, j)...)
		}
	}
	return out
}

func sourceSteps(i, j int) []step {
	id := strconv.Itoa(i) + ":source:" + strconv.Itoa(j)
	row := func(f *Form) *SourceRow { return &f.Share.Attributes[i].Sources[j] }
	source := func(m *Meaning) *Source { return &m.Share.Attributes[i].Sources[j] }
	return []step{
		{id + " name", func(f *Form) { row(f).Attribute.Value = "x" }, func(m *Meaning) { source(m).Attribute = "x" }},
		{id + " no filter", func(f *Form) { row(f).Filters = nil }, func(m *Meaning) { source(m).Filters = nil }},
		{id + " one filter more", func(f *Form) {
			*f, _ = f.AddRow(id)
			filter := &row(f).Filters[len(row(f).Filters)-1]
			filter.Type.Value, filter.SubTypes.Value, filter.Language.Value = "Finger", "a, b", "eng"
		}, func(m *Meaning) {
			source(m).Filters = append(source(m).Filters, Filter{Type: "Finger", SubTypes: []string{"a", "b"}, Language: "eng"})
		}},
		{id + " sub-types", func(f *Form) {
			for k := range row(f).Filters {
				row(f).Filters[k].Type.Value, row(f).Filters[k].SubTypes.Value = "T", "a, Right Thumb, b"
			}
		}, func(m *Meaning) {
			for k := range source(m).Filters {
				source(m).Filters[k].Type, source(m).Filters[k].SubTypes = "T", []string{"a", "Right Thumb", "b"}
			}
		}},
	}
}

// changesMean makes every single change of a good document and holds the new
// meaning against the one that was asked for.
func changesMean(t *testing.T, kind Kind, doc string) {
	t.Helper()
	before, ok := Understand(kind, []byte(doc))
	if !ok {
		t.Fatalf("not good: %s", doc)
	}
	for _, s := range stepsOf(formOf(t, kind, doc), before) {
		f := formOf(t, kind, doc)
		s.answer(&f)
		want, _ := Understand(kind, []byte(doc))
		s.means(&want)
		out := applied(t, f, doc)
		got, ok := Understand(kind, []byte(out))
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty(), withoutLines); diff != "" || !ok {
			t.Errorf("%s: %s\n%s", s.name, diff, out)
		}
		if same := gocmp.Equal(want, before, cmpopts.EquateEmpty(), withoutLines); same != (out == doc) {
			t.Errorf("%s: the text changed where the meaning did not, or the other way round\n%s", s.name, out)
		}
	}
}

var withoutLines = gocmp.FilterPath(func(p gocmp.Path) bool {
	name := p.Last().String()
	return name == ".Line" || name == ".MinutesLine" || name == ".TimesLine"
}, gocmp.Ignore())

func TestOneAnswerChangesOneThing(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			for _, doc := range layouts(string(s.Document)) {
				changesMean(t, k, doc)
			}
		}
	}
}
