package vocabulary

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portal/internal/problem"
)

// The marks that set words of another direction apart. Texts in Arabic need them
// around the names of documents, and those that come with the portal have them.
const (
	openings = "\u2066\u2067\u2068"
	closing  = "\u2069"
)

// describe reads a description, like problem.Fields.Lines. That refuses the
// marks of direction, because an open one turns what stands behind it; here they
// may stand where each is closed in its line.
func describe(f *problem.Fields, name, value string) string {
	if !utf8.ValidString(value) || !closed(value) {
		return f.Lines(name, value, MaxDescription, false)
	}
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(openings+closing, r) {
			return -1
		}
		return r
	}, value)
	f.Lines(name, bare, len(bare), false)
	value = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")))
	if n := utf8.RuneCountInString(value); n > MaxDescription {
		f.Add(name, "problem.too_long", "Max", MaxDescription, "Length", n)
	}
	return value
}

// closed tells whether every mark of direction in a text has its other half in
// the same line.
func closed(text string) bool {
	for line := range strings.Lines(text) {
		open := 0
		for _, r := range line {
			switch {
			case strings.ContainsRune(openings, r):
				open++
			case strings.ContainsRune(closing, r):
				open--
			}
			if open < 0 {
				return false
			}
		}
		if open != 0 {
			return false
		}
	}
	return true
}
