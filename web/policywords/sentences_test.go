package policywords

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

func draw(t *testing.T, lang string, c templ.Component) *goquery.Document {
	t.Helper()
	var b strings.Builder
	if err := c.Render(i18n.WithLang(t.Context(), lang), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// names is what a document of this name says where a name may stand.
func withName(name string) string {
	return fmt.Sprintf(`{"authTokenType":"random","allowedAuthTypes":[{"authType":%q,"mandatory":false}],"allowedKycAttributes":[{"attributeName":%q}]}`, name, name)
}

func TestOUT1NamesOfADocumentStayText(t *testing.T) {
	t.Parallel()
	doc := draw(t, "en", Says(deployment(), policydoc.KindAuth, withName("<b>no</b>")))
	if doc.Find("b").Length() != 0 || !strings.Contains(doc.Text(), "\u2068<b>no</b>\u2069") {
		t.Error(doc.Text())
	}
}

func TestHalfAPolicySaysNothing(t *testing.T) {
	t.Parallel()
	if got := draw(t, "en", Says(deployment(), policydoc.KindAuth, withName("")+"x")).Text(); got != "" {
		t.Error(got)
	}
}

// A sentence and its pieces are the same words, and the special pieces are the
// names of special data.
func TestPiecesAreTheText(t *testing.T) {
	t.Parallel()
	var special []string
	for _, l := range Sentences(t.Context(), deployment(), documents(t)["auth_03_bank_two_factors"]) {
		text := ""
		for _, p := range l.Pieces() {
			text += p.Text
			if p.Special {
				special = append(special, p.Text)
			}
		}
		if text != l.Text {
			t.Errorf("%q in pieces is %q", l.Text, text)
		}
	}
	want := []string{"biometrics (iris and fingerprint)", "biometrics (face)", "photo", "photo", "face image", "biometrics", "biometrics of the person"}
	if !slices.Equal(special, want) {
		t.Errorf("%q", special)
	}
}

// What a comparison shows before is what the first version says, and after what
// the second one says; nothing is told twice.
func TestAComparisonHoldsBothVersions(t *testing.T) {
	t.Parallel()
	v, docs := deployment(), documents(t)
	for nameA, a := range docs {
		for nameB, b := range docs {
			if a.Kind != b.Kind {
				continue
			}
			var before, after []string
			for _, l := range SentenceDiff(t.Context(), v, a, b) {
				if l.Before != nil {
					before = append(before, l.Before.Text)
				}
				if l.After != nil {
					after = append(after, l.After.Text)
				}
				if same := l.Before != nil && l.After != nil && l.Before.Text == l.After.Text; same != (l.Kind == Kept) {
					t.Errorf("%s, %s: %+v", nameA, nameB, l)
				}
			}
			for _, side := range []struct {
				got []string
				m   policydoc.Meaning
			}{{before, a}, {after, b}} {
				var want []string
				for _, l := range Sentences(t.Context(), v, side.m) {
					want = append(want, l.Text)
				}
				slices.Sort(want)
				slices.Sort(side.got)
				if !slices.Equal(want, side.got) {
					t.Errorf("%s, %s: %q, want %q", nameA, nameB, side.got, want)
				}
			}
		}
	}
}

func TestComparisonIsMarkedForEars(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	doc := draw(t, "en", SentenceCompare(deployment(), docs["auth_03_bank_two_factors"], docs["auth_04_login_service"]))
	if n := doc.Find("del").Length(); n == 0 || n != doc.Find("del > .vh").Length() {
		t.Error(n, "lost")
	}
	if n := doc.Find("ins").Length(); n == 0 || n != doc.Find("ins > .vh").Length() {
		t.Error(n, "gained")
	}
	if doc.Find("li.kept").Length() == 0 {
		t.Error("nothing is kept")
	}
}

// What widens comes first, whatever it is about.
func TestChangesAreGroupedByClass(t *testing.T) {
	t.Parallel()
	v, docs := deployment(), documents(t)
	doc := draw(t, "en", DeltaList(v, policydoc.Compare(docs["share_06_said_twice"], docs["share_07_many_items"], v)))
	var classes []string
	doc.Find(".says > div").Each(func(_ int, s *goquery.Selection) { classes = append(classes, s.AttrOr("class", "")) })
	if !slices.Equal(classes, []string{"says-widens", "says-narrows"}) || doc.Find("dt").Length() != 2 {
		t.Error(classes)
	}
	same := docs["share_06_said_twice"]
	if got := draw(t, "en", DeltaList(v, policydoc.Compare(same, same, v))); !strings.HasPrefix(got.Text(), "Both say the same") {
		t.Error(got.Text())
	}
}

// Whatever changes, there are words for it in every language: no key shows, and
// no argument is left empty.
func TestEveryChangeHasWords(t *testing.T) {
	t.Parallel()
	v, docs := deployment(), documents(t)
	docs["auth_none"], docs["share_none"] = policydoc.Meaning{Kind: policydoc.KindAuth}, policydoc.Meaning{Kind: policydoc.KindDataShare}
	seen := make(map[string]bool)
	for nameA, a := range docs {
		for nameB, b := range docs {
			if a.Kind != b.Kind {
				continue
			}
			d := policydoc.Compare(a, b, v)
			for _, l := range i18n.Languages {
				for i, c := range Changes(i18n.WithLang(t.Context(), l.Code), v, d) {
					seen[d[i].Aspect] = true
					if strings.Contains(c.Text, "[") || strings.Contains(c.Text, ": .") || strings.Contains(c.Text, "()") || strings.Contains(c.Text, "  ") || c.ClassText == "" {
						t.Errorf("%s, %s: %s: %q of %+v", nameA, nameB, l.Code, c.Text, d[i])
					}
				}
			}
		}
	}
	if len(seen) < 16 {
		t.Errorf("only %d aspects changed: %v", len(seen), seen)
	}
}

// A change that was kept with a decision is still told when its kind is gone.
func TestAChangeOfOldIsStillTold(t *testing.T) {
	t.Parallel()
	for _, c := range []policydoc.Change{
		{Aspect: "colour", From: "red", To: "blue", Class: policydoc.Neutral},
		{Aspect: policydoc.AspectPart, Subject: "", From: "Face", To: "", Class: policydoc.Narrows},
		{Aspect: policydoc.AspectFormat, Subject: "a", From: "x", To: "format", Class: policydoc.Widens},
		{Aspect: policydoc.AspectMinutes, From: "many", To: "30", Class: policydoc.Widens},
		{Aspect: policydoc.AspectEntry, Subject: "a", To: "odd", Class: policydoc.Widens},
	} {
		lines := Changes(t.Context(), deployment(), policydoc.Delta{c})
		if len(lines) != 1 || lines[0].Text == "" || strings.HasPrefix(lines[0].Text, "[") {
			t.Errorf("%+v: %v", c, lines)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang   string
		joined policydoc.Joined
		words  []string
		want   string
	}{
		{"en", policydoc.All, nil, ""},
		{"en", policydoc.All, []string{"a"}, "a"},
		{"en", policydoc.All, []string{"a, b"}, "a, b"},
		{"en", policydoc.All, []string{"a", "b"}, "a and b"},
		{"en", policydoc.Either, []string{"a", "b", "c"}, "a, b or c"},
		{"en", policydoc.Row, []string{"a", "b", "c"}, "a, b, c"},
		{"en", policydoc.All, []string{"a, x", "b", "c"}, "a, x; b; and c"},
		{"fr", policydoc.All, []string{"a", "b", "c"}, "a, b et c"},
		{"fr", policydoc.Either, []string{"a, x", "b"}, "a, x\u00a0; ou b"},
		{"ar", policydoc.All, []string{"أ", "ب", "ج"}, "أ، ب وج"},
		{"ar", policydoc.All, []string{"أ، س", "ب"}, "أ، س؛ وب"},
	} {
		if got := Join(i18n.WithLang(t.Context(), c.lang), c.words, c.joined); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.lang, c.words, got, c.want)
		}
	}
}

func BenchmarkSays(b *testing.B) {
	v := policydoc.DefaultVocabulary()
	for _, kind := range policydoc.Kinds() {
		for _, times := range []int{1, 10, 100} {
			m := policydoc.Meaning{Kind: kind}
			for i := range 20 * times {
				name := fmt.Sprintf("name%d", i)
				m.Auth.Attributes = append(m.Auth.Attributes, policydoc.Said{Name: name})
				m.Share.Attributes = append(m.Share.Attributes, policydoc.SharedAttribute{
					Name: name, Format: "YYYY", Encrypted: true, Sources: []policydoc.Source{{Attribute: "fullName"}},
				})
			}
			b.Run(fmt.Sprintf("%s/%dx", kind, times), func(b *testing.B) {
				for b.Loop() {
					if err := SaysMeaning(v, m).Render(b.Context(), discard{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// One new name among many is marked in both sentences, for ears too; where
// nothing is common nothing is.
func TestComparisonMarksTheNamesThatDiffer(t *testing.T) {
	t.Parallel()
	with := func(names ...string) policydoc.Meaning {
		m := policydoc.Meaning{Kind: policydoc.KindAuth, Auth: policydoc.AuthMeaning{Ways: []policydoc.Way{{Type: "kyc"}}}}
		for _, n := range names {
			m.Auth.Attributes = append(m.Auth.Attributes, policydoc.Said{Name: n})
		}
		return m
	}
	marked := func(a, b policydoc.Meaning, where string) []string {
		return draw(t, "en", SentenceCompare(deployment(), a, b)).Find(where + " mark").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	}
	a, b := with("fullName", "age", "city"), with("fullName", "age", "photo", "city")
	if got := marked(a, b, "ins"); !slices.Equal(got, []string{"new: photo"}) {
		t.Errorf("gained: %q", got)
	}
	if got := marked(a, b, "del"); !slices.Equal(got, []string{"gone: photo"}) { // of what is not received
		t.Errorf("lost: %q", got)
	}
	if got := marked(a, a, ""); len(got) > 0 {
		t.Errorf("nothing changes: %q", got)
	}
	if got := marked(with("fullName"), with("age"), ".compare div:nth-child(2)"); len(got) > 0 {
		t.Errorf("nothing in common: %q", got)
	}
}
