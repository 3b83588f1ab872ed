package policywords

import (
	"testing"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// A description in another language than the page's must not turn the page
// around it.
func TestDescriptionOfAnotherLanguageStandsApart(t *testing.T) {
	t.Parallel()
	v := policydoc.NewVocabulary([]policydoc.Term{
		{Family: policydoc.Formats, Name: "english", Descriptions: map[string]string{"en": "e"}},
		{Family: policydoc.Formats, Name: "both", Descriptions: map[string]string{"en": "e", "ar": "a"}},
		{Family: policydoc.Formats, Name: "none"},
	})
	ctx := i18n.WithLang(t.Context(), "ar")
	for name, want := range map[string]string{"english": "\u2068e\u2069", "both": "a", "none": "", "unknown": ""} {
		if got := Description(ctx, v, policydoc.Formats, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
