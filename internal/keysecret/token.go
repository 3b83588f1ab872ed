// Package keysecret makes and judges what proves a key: the token that is shown
// once, and what is kept of it (security.md KEY-1). It knows its own table and
// who owns a secret by name only; what a key opens, and until when, is its
// owner's business.
package keysecret

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/big"
	"strings"

	"portal/internal/secret"
)

// Kind is what a token is for; its text stands before every token, so that a
// leaked one is recognised by people and by scanners of repositories.
type Kind string

// The kinds of tokens.
const (
	Live    Kind = "pms_live_" // a partner's API key
	Service Kind = "pms_svc_"  // another system's access to the API
)

// The parts behind the kind: a public id, "_", the secret, a checksum. All in
// base62, so that a double click takes a token whole; 43 characters of it are
// 256 bits.
const (
	idLength     = 10
	secretLength = 43
	sumLength    = 6
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Token is one token in the clear. It prints as REDACTED (security.md OPS-9);
// only Reveal gives it away, for the one page that shows it.
type Token struct {
	kind   Kind
	id     string
	secret func() string // a function: printers that look into unexported fields show an address at most
}

// New makes a token of 256 random bits.
func New(k Kind) Token {
	s := random(secretLength)
	return Token{kind: k, id: random(idLength), secret: func() string { return s }}
}

// random is n characters of the alphabet, each as likely as any other.
func random(n int) string {
	out := make([]byte, 0, n)
	for buf := make([]byte, 2*n); len(out) < n; {
		_, _ = rand.Read(buf) // never fails
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: what is above would favour
			// the first letters.
			if b < 248 && len(out) < n {
				out = append(out, alphabet[b%62])
			}
		}
	}
	return string(out)
}

// Parse reads a token of a kind. ok is false for anything else, a mistyped or
// cut token included: the checksum tells without asking the database (KEY-2).
func Parse(k Kind, text string) (t Token, ok bool) {
	rest, ok := strings.CutPrefix(text, string(k))
	if !ok || len(rest) != idLength+1+secretLength+sumLength || rest[idLength] != '_' {
		return Token{}, false
	}
	public, body := rest[:idLength], rest[idLength+1:]
	for _, c := range []byte(public + body) {
		if strings.IndexByte(alphabet, c) < 0 {
			return Token{}, false
		}
	}
	s := body[:secretLength]
	t = Token{kind: k, id: public, secret: func() string { return s }}
	return t, t.sum() == body[secretLength:]
}

// sum is the CRC-32 of everything before it in six characters of base62. It
// finds slips of the hand, it proves nothing.
func (t Token) sum() string {
	n := crc32.ChecksumIEEE([]byte(string(t.kind) + t.id + "_" + t.secret()))
	text := big.NewInt(int64(n)).Text(62)
	// math/big writes lower case before upper case; any fixed order will do.
	return strings.Repeat("0", sumLength-len(text)) + text
}

// ID is the public part: what the token is found by.
func (t Token) ID() string { return t.id }

// Prefix is how a token with a public id begins: what people recognise it by.
func Prefix(k Kind, public string) string { return string(k) + public }

// Reveal is the whole token. Call it for the page that shows it once.
func (t Token) Reveal() string { return string(t.kind) + t.id + "_" + t.secret() + t.sum() }

// Last4 are its last characters: of the checksum, so that they give nothing of
// the secret away.
func (t Token) Last4() string { return t.sum()[sumLength-4:] }

const purpose = "key-secret"

// hash is what is stored: keyed, so that a copy of the database proves nothing
// to anybody (KEY-1).
func (t Token) hash(keys secret.Keys) []byte {
	return keys.MAC(purpose, []byte(t.kind), []byte(t.id), []byte(t.secret()))
}

// dummy is compared with where there is no such token: an unknown id takes the
// same path as a wrong secret (KEY-2).
var dummy = make([]byte, 32)

// Proves tells in constant time whether the token is the one that stored was
// made of. stored is empty where no secret has its id.
func (t Token) Proves(keys secret.Keys, stored []byte) bool {
	known := len(stored) == len(dummy)
	if !known {
		stored = dummy
	}
	return keys.ValidMAC(stored, purpose, []byte(t.kind), []byte(t.id), []byte(t.secret())) && known
}

// String returns REDACTED.
func (t Token) String() string { return secret.Redacted }

// Format writes REDACTED for every verb and flag.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Redacted) }

// LogValue returns REDACTED.
func (t Token) LogValue() slog.Value { return slog.StringValue(secret.Redacted) }

// MarshalText returns REDACTED.
func (t Token) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }
