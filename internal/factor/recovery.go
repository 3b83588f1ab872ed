package factor

import (
	"crypto/rand"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"portal/internal/secret"
)

// RecoveryCodes is how many codes a set has (security.md MFA-5).
const RecoveryCodes = 10

const (
	recoverySize    = 15 // bytes: 120 bits
	recoveryLetters = 24 // base32
	maxTyped        = 100
)

// NewRecoveryCodes makes a set, as it is shown: once.
func NewRecoveryCodes() []string {
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		b := make([]byte, recoverySize)
		_, _ = rand.Read(b) // never fails
		codes[i] = grouped(unpadded.EncodeToString(b), "-")
	}
	return codes
}

// RecoveryHash is the SHA-256 under which a typed recovery code is stored. Blanks,
// dashes and case do not matter. ok is false for what is no recovery code at all.
// A plain hash is enough for 120 random bits.
func RecoveryHash(typed string) (hash []byte, ok bool) {
	if len(typed) > maxTyped {
		return nil, false
	}
	var letters strings.Builder
	for _, r := range strings.ToUpper(norm.NFKC.String(typed)) {
		switch {
		case 'A' <= r && r <= 'Z', '2' <= r && r <= '7':
			letters.WriteRune(r)
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r):
		default:
			return nil, false
		}
	}
	if letters.Len() != recoveryLetters {
		return nil, false
	}
	return secret.Hash(letters.String()), true
}
