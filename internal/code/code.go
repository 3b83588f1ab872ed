// Package code makes and checks what proves control of a mailbox: six-digit
// codes to type and links to follow. Both are derived from the server's key,
// the challenge and the number of the send, so nothing secret is ever stored
// and a mail that is sent again after a failure carries the same code.
//
// It refuses to know how long a code lives, how often it may be tried and what
// it opens: those rules read the challenge's row (security.md REG-5 … REG-8).
package code

import (
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"golang.org/x/text/unicode/norm"

	"portal/internal/secret"
)

// Digits is the length of a code (decision 4 of the design).
const Digits = 6

const maxTyped = 64 // bytes; six digits with blanks and marks between them need fewer

// Codes derives codes and links from the server's key.
type Codes struct{ keys secret.Keys }

// New makes Codes.
func New(keys secret.Keys) Codes { return Codes{keys: keys} }

// Code is the code of a challenge's send number send, counted from 1: an HOTP
// value with HMAC-SHA-256, a key derived per challenge, and the send as counter
// (security.md REG-4). Each send has a code of its own.
func (c Codes) Code(challenge uuid.UUID, send int) string {
	return generate(c.keys, challenge, send)
}

// Match tells whether typed is the code of this send. Blanks, dashes and
// invisible marks in it are ignored, and digits may be Arabic-Indic, Persian
// or full-width. Anything else than six digits is wrong. While the master key
// is being rotated, codes mailed before stay right.
//
// The comparison takes the same time for every wrong code. The caller counts
// the attempt before asking (security.md REG-7).
func (c Codes) Match(challenge uuid.UUID, send int, typed string) bool {
	digits, ok := normalise(typed)
	if !ok || send < 1 {
		return false
	}
	match := 0
	for _, keys := range c.keys.Each() {
		match |= subtle.ConstantTimeCompare([]byte(digits), []byte(generate(keys, challenge, send)))
	}
	return match == 1
}

// LinkToken is the secret of the link in send number send of a challenge:
// "<challenge>.<43 characters>", safe in a URL. A token is good for one purpose
// only ("reset", "invite" …): a link of one kind never opens another.
func (c Codes) LinkToken(purpose string, challenge uuid.UUID, send int) string {
	return link(c.keys, purpose, challenge, send)
}

// LinkChallenge reads from a token which challenge it claims to belong to. It
// proves nothing: load that challenge, then ask MatchLink with its send.
func LinkChallenge(token string) (uuid.UUID, bool) {
	const idLen, tokenLen = 36, 36 + 1 + 43
	if len(token) != tokenLen || token[idLen] != '.' {
		return uuid.Nil, false
	}
	challenge, err := uuid.Parse(token[:idLen])
	if err != nil || challenge.String() != token[:idLen] {
		return uuid.Nil, false
	}
	return challenge, true
}

// MatchLink tells, in constant time, whether token is the one of this purpose
// and send, for the challenge that LinkChallenge reads from it.
func (c Codes) MatchLink(purpose, token string, send int) bool {
	challenge, ok := LinkChallenge(token)
	if !ok || send < 1 {
		return false
	}
	match := 0
	for _, keys := range c.keys.Each() {
		match |= subtle.ConstantTimeCompare([]byte(token), []byte(link(keys, purpose, challenge, send)))
	}
	return match == 1
}

// Typed are the six digits of a code as somebody typed or pasted it: blanks, dashes
// and invisible marks between them do not matter, and digits may be Arabic-Indic,
// Persian or full-width. ok is false for anything else.
func Typed(typed string) (digits string, ok bool) { return normalise(typed) }

func generate(keys secret.Keys, challenge uuid.UUID, send int) string {
	mustBeSent(send)
	key := keys.Derive("email-code", challenge[:], 32)
	code, err := hotp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(key), uint64(send),
		hotp.ValidateOpts{Digits: otp.Digits(Digits), Algorithm: otp.AlgorithmSHA256})
	if err != nil {
		panic(err) // impossible: the key was encoded a line ago
	}
	return code
}

func link(keys secret.Keys, purpose string, challenge uuid.UUID, send int) string {
	mustBeSent(send)
	counter := binary.BigEndian.AppendUint64(nil, uint64(send))
	mac := keys.MAC("email-link", []byte(purpose), challenge[:], counter)
	return challenge.String() + "." + base64.RawURLEncoding.EncodeToString(mac)
}

func mustBeSent(send int) {
	if send < 1 {
		panic("code: sends are counted from 1")
	}
}

// normalise turns what people type and paste into ASCII digits.
func normalise(typed string) (string, bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	digits := make([]byte, 0, Digits)
	for _, r := range norm.NFKC.String(typed) {
		switch {
		case '0' <= r && r <= '9':
			digits = append(digits, byte(r))
		case '٠' <= r && r <= '٩': // Arabic-Indic
			digits = append(digits, byte('0'+r-'٠'))
		case '۰' <= r && r <= '۹': // Persian and Urdu
			digits = append(digits, byte('0'+r-'۰'))
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), strings.ContainsRune("\u2212\u200b\u200e\u200f\u061c\ufeff", r):
			// minus sign, and invisible marks that mail programs add around digits
		default:
			return "", false
		}
	}
	return string(digits), len(digits) == Digits
}
