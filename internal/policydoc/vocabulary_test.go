package policydoc

import (
	"strings"
	"testing"
	"unicode"
)

// Whoever reads another language than the description was written in sees one
// all the same.
func TestDescriptionsInEveryLanguage(t *testing.T) {
	t.Parallel()
	v := NewVocabulary([]Term{
		{Family: Formats, Name: "all", Descriptions: map[string]string{"en": "e", "fr": "f", "ar": "a"}},
		{Family: Formats, Name: "french", Descriptions: map[string]string{"fr": "f", "ar": "a"}},
		{Family: Formats, Name: "arabic", Descriptions: map[string]string{"en": "", "ar": "a"}},
		{Family: Formats, Name: "none"},
	})
	for name, want := range map[string]string{"all": "efae", "french": "ffaf", "arabic": "aaaa", "none": "", "unknown": ""} {
		got := ""
		for _, lang := range []string{"en", "fr", "ar", "xx"} {
			got += v.Description(lang, Formats, name)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if (*Vocabulary)(nil).Description("en", Formats, "all") != "" {
		t.Error("an empty vocabulary describes a name")
	}
}

// Latin words stand apart in the Arabic of the seed, and quotes are those of the
// language.
func TestSeedIsSetInItsLanguages(t *testing.T) {
	t.Parallel()
	for _, term := range Seed() {
		if text := term.Descriptions["fr"]; strings.ContainsAny(text, `"'“”`) || strings.Contains(text, "« ") || strings.Contains(text, " :") {
			t.Errorf("%s: %q", term.Name, text)
		}
		apart := false
		for _, r := range term.Descriptions["ar"] {
			switch {
			case r == '\u2066':
				apart = true
			case r == '\u2069':
				apart = false
			case unicode.Is(unicode.Latin, r) != apart && unicode.IsLetter(r):
				t.Errorf("%s: %q stands wrong in %q", term.Name, r, term.Descriptions["ar"])
			}
		}
	}
}
