// Package receipt knows the codes that prove decisions: what a code is made of, how
// people write it, and what a stranger who holds one may learn. It writes no decision
// down; package pg stores a code with the row that it stands for.
package receipt

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"

	"portal/internal/secret"
)

// Size is how many bytes a code has: 80 bits, which nobody guesses over a network.
const Size = 10

// purpose keeps the key of receipts apart from all others.
const purpose = "receipt"

// The written form: 16 characters for the code and 4 that check them.
const (
	data  = 16
	check = 4
	group = 5
)

// alphabet is Crockford's: no I, L, O and U, so that what is read aloud or copied from
// paper comes out right.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// forgive reads what people write for what was meant.
var forgive = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", " ", "", "\u00a0", "", "\u2010", "", "\u2011", "", "\u2013", "",
	"\u2066", "", "\u2068", "", "\u2069", "", "\u200e", "", "\u200f", "", "\t", "", "\n", "", "\r", "")

// ErrMistyped means that a text is no code: too short, too long, or its check
// characters do not fit the rest. It says nothing of which codes there are.
var ErrMistyped = errors.New("mistyped receipt")

// Code makes the code of the decision whose row of the audit log has this hash. Nobody
// can without the key, and the row cannot become another one under the same code.
func Code(keys secret.Keys, hash []byte) []byte { return keys.MAC(purpose, hash)[:Size] }

// genuine reports whether a code was made of a hash, under the current key or an
// earlier one. Every key is tried, whatever the answer.
func genuine(keys secret.Keys, code, hash []byte) bool {
	ok := false
	for _, one := range keys.Each() {
		ok = equal(code, Code(one, hash)) || ok
	}
	return ok
}

// Text is a code as people get it: four groups of five characters.
func Text(code []byte) string {
	if len(code) != Size {
		return ""
	}
	s := alphabet.EncodeToString(code)
	s += checks(s)
	var groups []string
	for ; s != ""; s = s[group:] {
		groups = append(groups, s[:group])
	}
	return strings.Join(groups, "-")
}

// Parse reads what somebody typed, however they set spaces, hyphens and capitals.
// Anything else than a code is ErrMistyped.
func Parse(typed string) ([]byte, error) {
	const longest = 200 // of what is looked at
	if len(typed) > longest {
		return nil, ErrMistyped
	}
	s := forgive.Replace(strings.ToUpper(typed))
	if len(s) != data+check || checks(s[:data]) != s[data:] {
		return nil, ErrMistyped
	}
	code, err := alphabet.DecodeString(s[:data])
	if err != nil {
		return nil, ErrMistyped
	}
	return code, nil
}

// checks are the check characters: 20 bits of a hash, so that one mistyped code in a
// million looks like one that is unknown. They keep no secret.
func checks(s string) string {
	sum := sha256.Sum256([]byte(s))
	return alphabet.EncodeToString(sum[:])[:check]
}
