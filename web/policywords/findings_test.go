package policywords

import (
	"strings"
	"testing"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// Every finding and every fix of a faulty document has its words in every
// language, and only a form that can apply them gets buttons.
func TestFindingsAreWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"authTokenType":"polcy","allowedAuthTypes":[{"authType":"kycauth","mandatory":true},{"authType":"bio"}],
		"allowedKycAttributes":[{"attributeName":"photo"},{"attributeName":"adressLine1"},{"attributeName":"photo"}],}`)
	r := policydoc.Check(policydoc.KindAuth, doc, policydoc.Around{
		Vocabulary: policydoc.DefaultVocabulary(), Neighbours: policydoc.Neighbours{Policies: 2, MostAttributes: 1},
	})
	if len(r.Findings) < 7 {
		t.Fatalf("only %d findings", len(r.Findings))
	}
	for _, lang := range i18n.Languages {
		ctx := i18n.WithLang(t.Context(), lang.Code)
		plain, fixable := Findings(ctx, r, "/somewhere"), FixableFindings(ctx, r)
		for i, f := range r.Findings {
			p, x := plain[i], fixable[i]
			for _, words := range []string{p.Text, p.LevelText, p.FixText, p.Path} {
				if strings.Contains(words, "[policydoc") || strings.Contains(words, "{{") || strings.Contains(words, "<no value>") {
					t.Errorf("%s: %s: %q", lang.Code, f.ID(), words)
				}
			}
			if p.Text == "" || p.LevelText == "" || (p.FixText != "") != (f.Fix != nil) || p.Href != "/somewhere" || p.Length != f.Length || p.FixName != "" {
				t.Errorf("%s: %+v", lang.Code, p)
			}
			if (x.FixName == f.ID()) != (f.Fix != nil) || x.Href != "" {
				t.Errorf("%s: %+v", lang.Code, x)
			}
		}
	}
}

// A day is written as the reader writes days.
func TestFindingsWriteDatesInWords(t *testing.T) {
	t.Parallel()
	f := policydoc.Finding{Key: "policydoc.finding.deprecated", Args: []any{"Value", "photo", "Date", "2026-03-01"}}
	for lang, want := range map[string]string{"en": "1 March 2026", "fr": "1er mars 2026", "ar": "2026"} {
		if got := FindingText(i18n.WithLang(t.Context(), lang), f); !strings.Contains(got, want) || strings.Contains(got, "2026-03") {
			t.Errorf("%s: %s", lang, got)
		}
	}
	if f.Args[3] != "2026-03-01" {
		t.Error("the finding was changed")
	}
}
