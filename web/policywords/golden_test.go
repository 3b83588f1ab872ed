package policywords

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

var update = flag.Bool("update", false, "write the golden files anew")

// deployment is the vocabulary that every installation starts with, with what a
// deployment may have made of it: a term of its own, one that is not to be used
// any more, and no labels for some of the names of the documents.
func deployment() *policydoc.Vocabulary {
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return policydoc.NewVocabulary(append(policydoc.Seed()[:len(policydoc.Seed()):len(policydoc.Seed())],
		policydoc.Term{
			Family: policydoc.Attributes, Name: "taxNumber", Sensitivity: policydoc.Personal,
			Labels: map[string]string{"en": "Kestrel tax number", "fr": "Numéro fiscal Kestrel", "ar": "الرقم الضريبي"},
		},
		policydoc.Term{
			Family: policydoc.Attributes, Name: "tribe", Sensitivity: policydoc.Special, Deprecated: &since,
			Labels: map[string]string{"en": "Tribe", "fr": "Tribu", "ar": "القبيلة"},
		},
	))
}

// documents are the policies of testdata by name, understood.
func documents(t testing.TB) map[string]policydoc.Meaning {
	t.Helper()
	files, err := filepath.Glob("testdata/policies/*.json")
	if err != nil || len(files) < 12 {
		t.Fatal(len(files), err)
	}
	out := make(map[string]policydoc.Meaning)
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		kind := policydoc.KindAuth
		if strings.HasPrefix(name, "share_") {
			kind = policydoc.KindDataShare
		}
		m, ok := policydoc.Understand(kind, doc)
		if !ok {
			t.Fatalf("%s is faulty", name)
		}
		out[name] = m
	}
	return out
}

// golden compares a text with the file that people have read over.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata/golden", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +now; go test ./web/policywords -update writes it anew)\n%s", name, diff)
	}
}

// visible shows the marks that set names apart, so that a reader of the file
// sees them.
var visible = strings.NewReplacer("\u2066", "⟦", "\u2068", "⟦", "\u2069", "⟧")

func TestSentencesAreAsReadOver(t *testing.T) {
	t.Parallel()
	v := deployment()
	for name, m := range documents(t) {
		for _, l := range i18n.Languages {
			golden(t, name+"."+l.Code, visible.Replace(Plain(i18n.WithLang(t.Context(), l.Code), v, m)))
		}
	}
}

// pairs are changes of one policy to another, and the beginning and end of one.
var pairs = [][2]string{
	{"", "auth_03_bank_two_factors"},
	{"auth_04_login_service", ""},
	{"auth_03_bank_two_factors", "auth_05_any_biometrics_and_more"},
	{"auth_05_any_biometrics_and_more", "auth_04_login_service"},
	{"auth_06_all_there_is", "auth_07_wallet"},
	{"", "share_02_card_printer"},
	{"share_04_everything_open", ""},
	{"share_01_age_check", "share_06_said_twice"},
	{"share_05_two_languages", "share_03_duplicate_search"},
	{"share_03_duplicate_search", "share_02_card_printer"},
	{"share_06_said_twice", "share_07_many_items"},
	{"share_05_two_languages", "share_06_said_twice"},
}

func TestChangesAreAsReadOver(t *testing.T) {
	t.Parallel()
	v, docs := deployment(), documents(t)
	for i, pair := range pairs {
		kind := max(docs[pair[0]].Kind, docs[pair[1]].Kind)
		a, b := docs[pair[0]], docs[pair[1]]
		a.Kind, b.Kind = kind, kind
		d := policydoc.Compare(a, b, v)
		for _, l := range i18n.Languages {
			ctx := i18n.WithLang(t.Context(), l.Code)
			text := pair[0] + " → " + pair[1] + "\n" + Summary(ctx, d) + "\n"
			for _, c := range Changes(ctx, v, d) {
				mark := ""
				if c.Special {
					mark = " *"
				}
				text += string(c.Class) + mark + ": " + c.Text + "\n"
			}
			golden(t, "changes_"+string(rune('a'+i))+"."+l.Code, visible.Replace(text))
		}
	}
}
