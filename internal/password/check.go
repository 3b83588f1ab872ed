// Package password decides which passwords are good enough, and makes and
// checks the form in which they are stored.
//
// It refuses to know whose password it is and when one is asked for: it has no
// store and no clock, and its errors are message keys.
package password

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Length of a password in code points after NFC (security.md PWD-1). 128 of
// them are at most 512 bytes.
const (
	MinLength = 15
	MaxLength = 128
)

// maxTyped bounds the bytes that are normalised at all. Decomposed letters may
// need several times the bytes of their composed form, so it is wider than the
// 512 that a normalised password can have.
const maxTyped = 2048

// WeakError says why a password is refused: a message key and its arguments
// (name, value, …). It never holds the password or a part of it.
type WeakError struct {
	Key  string
	Args []any
}

func (e *WeakError) Error() string { return "password refused: " + e.Key }

// Check tells whether pw may become a password; the error is a *WeakError
// (security.md PWD-1, PWD-2). words are what somebody who guesses would know:
// the person's e-mail address and names, the organisation, the partner ID.
//
// There is no rule about kinds of characters, and blanks count. What is refused
// is what guessing programs try first: everything in the lists of this package
// and of the caller, and repeats, runs and dates, however they are combined and
// padded to reach the length. See strength.go.
func Check(pw string, words ...string) error {
	text, ok := normalise(pw)
	length := utf8.RuneCountInString(text)
	switch {
	case !ok && !utf8.ValidString(pw):
		return &WeakError{Key: "password.unreadable"}
	case !ok || length > MaxLength:
		return &WeakError{Key: "password.too_long", Args: []any{"Max", MaxLength}}
	case length < MinLength:
		return &WeakError{Key: "password.too_short", Args: []any{"Min", MinLength}}
	}
	if key := weakness(text, words); key != "" {
		return &WeakError{Key: key}
	}
	return nil
}

// normalise gives the form that is measured and hashed: NFC, because keyboards
// differ in how they send accents. Nothing is trimmed. Not ok are texts that
// are not UTF-8 or so long that they need not be looked at.
func normalise(pw string) (string, bool) {
	if len(pw) > maxTyped || !utf8.ValidString(pw) {
		return "", false
	}
	return norm.NFC.String(pw), true
}
