package mailtpl

import (
	"slices"
	"strings"
	"testing"

	"portal/internal/id"
	"portal/internal/mail"
	"portal/web/i18n"
)

// TestMailsSayTheSameInEveryLanguage fills every param with its own name and looks
// which of them each language shows: none is forgotten in a translation. A mail has
// one link at most, and the words of a person stand apart from the direction of the
// sentence.
func TestMailsSayTheSameInEveryLanguage(t *testing.T) {
	t.Parallel()
	// Nobody can do anything about these.
	noLink := []mail.Kind{mail.AccountDeactivated, mail.ColleagueRemoved}
	for _, kind := range mail.Kinds {
		m := mail.Message{Kind: kind, Challenge: id.New[id.Challenge](), Params: map[string]string{"Due": "2027-06-09", "Send": "1", "Path": "/one-page"}}
		for _, name := range params {
			m.Params[name] = "x" + strings.ToLower(name) + "x"
		}
		var first []string
		for _, l := range i18n.Languages {
			m.Lang = l.Code
			text := rendered(t, m).Text
			var shown []string
			for _, name := range params {
				if strings.Contains(text, m.Params[name]) {
					shown = append(shown, name)
				}
				if l.Code == "ar" && (name != "Reason" || slices.Contains(asking, kind)) && strings.Count(text, m.Params[name]) != strings.Count(text, "\u2068"+m.Params[name]+"\u2069") {
					t.Errorf("%s: %q may turn the sentence around:\n%s", kind, m.Params[name], text)
				}
			}
			if l.Code == "en" {
				first = shown
			}
			if !slices.Equal(first, shown) {
				t.Errorf("%s %s shows %v, in English %v", l.Code, kind, shown, first)
			}
			want := 1
			if slices.Contains(noLink, kind) {
				want = 0
			}
			if n := strings.Count(text, "https://p.example/"); n != want {
				t.Errorf("%s %s has %d links, want %d:\n%s", l.Code, kind, n, want, text)
			}
		}
	}
}
