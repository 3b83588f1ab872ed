package sbi

import (
	"encoding/hex"
	"strings"
	"unicode"

	"portal/internal/problem"
)

// hashDigits is how many hex digits a SHA-256 has.
const hashDigits = 64

// otherHashes are the lengths in hex digits of what people take for it.
var otherHashes = map[int]string{32: "MD5", 40: "SHA-1", 56: "SHA-224", 96: "SHA-384", 128: "SHA-512"}

// ReadHash reads a SHA-256 as tools print it and people paste it: 64 hex digits, in
// either case, with blanks, colons or hyphens between them, after "sha256:" or
// "SHA256=", or alone in a line with a file's name. Anything else is a *problem.InvalidError for the input "hash" that says
// what is wrong with it (domain.md §3.7, §9 24).
func ReadHash(text string) ([]byte, error) {
	digits, stray := hashText(text)
	n := len([]rune(digits))
	wrong := func(key string, args ...any) ([]byte, error) { return nil, problem.Invalid(FieldHash, key, args...) }
	switch other := otherHashes[n]; {
	case digits == "":
		return wrong("problem.required")
	case stray >= 0:
		return wrong("sbi.problem.hash_character", "Character", shownRune(stray))
	case other != "":
		return wrong("sbi.problem.hash_other", "Other", other, "Length", n)
	case n < hashDigits:
		return wrong("sbi.problem.hash_short", "Count", hashDigits-n)
	case n > hashDigits:
		return wrong("sbi.problem.hash_long", "Count", n-hashDigits)
	}
	return hex.DecodeString(digits)
}

// hashText is the text without what may stand around and between the digits; stray
// is the first character that is no hex digit, -1 if there is none.
func hashText(text string) (digits string, stray rune) {
	text = strings.ToLower(strings.TrimSpace(text))
	if alone := printed(text); alone != "" {
		return alone, -1
	}
	for _, name := range []string{"sha-256", "sha256"} {
		if rest, ok := strings.CutPrefix(text, name); ok {
			text = strings.TrimLeft(rest, " :=")
			break
		}
	}
	digits = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' || r == '-' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, text)
	for _, r := range digits {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return digits, r
		}
	}
	return digits, -1
}

// printed is the hash in a line that a tool printed, with the file's name beside it;
// "" unless there is one and no other.
func printed(text string) string {
	found := ""
	for _, word := range strings.Fields(text) {
		if _, err := hex.DecodeString(word); err != nil || len(word) != hashDigits {
			continue
		}
		if found != "" {
			return ""
		}
		found = word
	}
	return found
}

// shownRune is a character that can be read in a message.
func shownRune(r rune) string {
	if unicode.IsGraphic(r) {
		return string(r)
	}
	return "�"
}
