package mailtpl

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/bidi"

	"portal/web/i18n"
)

// written is what a person wrote, in a sentence of another language perhaps: short,
// on one line, and apart in its direction.
func written(lang, s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxParam {
		s = string(r[:maxParam]) + "…"
	}
	return isolated(lang, s)
}

// isolated keeps a text that runs the other way than its language from reordering
// the words around it.
func isolated(lang, s string) string {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		right := p.Class() == bidi.R || p.Class() == bidi.AL
		if lang == "ar" && !right && !unicode.IsSpace(r) || lang != "ar" && (right || p.Class() == bidi.AN) {
			return i18n.Isolate(s)
		}
	}
	return s
}

// dated makes lines of a name, a tab and a day (ISO 8601) readable, a dash before
// each.
func dated(lang, lines string) string {
	var out []string
	for line := range strings.Lines(lines) {
		name, date, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		text := "– " + written(lang, name)
		if day := dateIn(lang, date); day != "" {
			text += ": " + day
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// dateIn is a day (ISO 8601) as people write it; "" for anything else.
func dateIn(lang, date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return i18n.DateIn(lang, day)
}
