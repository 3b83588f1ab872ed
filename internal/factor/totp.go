// Package factor makes and checks what proves a second factor: the secret that
// an authenticator app shares with the portal, and the recovery codes for those
// who lost it. It keeps nothing and knows no account: what was used up, and how
// often somebody may try, is the business of package account.
package factor

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"portal/internal/code"
	"portal/internal/secret"
)

// What every authenticator app understands (RFC 6238; security.md MFA-2).
const (
	secretSize = 20
	period     = 30 // seconds
	skew       = 1  // steps before and after the present one
)

// purpose names the key that seals secrets.
const purpose = "totp"

// Secret is what an authenticator app and the portal share. It prints as
// REDACTED; Text and URI alone give it away, to its owner while they set it up.
type Secret struct{ bytes func() []byte } // a function: printers show an address at most

// New makes a secret of 160 random bits.
func New() Secret {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // never fails
	return of(b)
}

func of(b []byte) Secret { return Secret{bytes: func() []byte { return b }} }

// Seal encrypts the secret for one user: moved to another one's row it does not
// open.
func (s Secret) Seal(keys secret.Keys, user uuid.UUID) []byte {
	return keys.Seal(purpose, user[:], s.bytes())
}

// Open reverses Seal. The error is secret.ErrSealed.
func Open(keys secret.Keys, user uuid.UUID, sealed []byte) (Secret, error) {
	b, err := keys.Open(purpose, user[:], sealed)
	if err != nil {
		return Secret{}, fmt.Errorf("second factor of %s: %w", user, err)
	}
	return of(b), nil
}

// Text is the secret for typing into an app: base32 in groups of four.
func (s Secret) Text() string { return grouped(s.base32(), " ") }

func (s Secret) base32() string { return unpadded.EncodeToString(s.bytes()) }

// URI is the secret for an app's camera. issuer names the portal, account the
// person, as the app will show them.
func (s Secret) URI(issuer, account string) (string, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: strings.ReplaceAll(issuer, ":", " "), AccountName: account, Secret: s.bytes(),
		Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return "", errors.New("second factor: the app's address cannot be made") // never the key itself
	}
	return key.URL(), nil
}

// Code is what an app shows at a moment: for tests, and for a demonstration.
func (s Secret) Code(at time.Time) string {
	text, err := hotp.GenerateCodeCustom(s.base32(), step(at), options)
	if err != nil {
		panic(err) // impossible: the secret was encoded a line ago
	}
	return text
}

var options = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

func step(at time.Time) uint64 { return uint64(at.Unix()) / period }

// Step finds the time step whose code was typed: the present one or a neighbour
// (security.md MFA-2). ok is false where none fits. Whoever relies on it must
// use the step up, once: the library tells right from wrong, not old from new
// (security.md M6).
func (s Secret) Step(typed string, now time.Time) (at int64, ok bool) {
	digits, ok := code.Typed(typed)
	if !ok {
		return 0, false
	}
	present := step(now)
	for _, candidate := range []uint64{present, present - skew, present + skew} {
		fits, err := hotp.ValidateCustom(digits, candidate, s.base32(), options)
		if err == nil && fits {
			return int64(candidate), true
		}
	}
	return 0, false
}

// String returns REDACTED.
func (s Secret) String() string { return secret.Redacted }

// Format writes REDACTED for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Redacted) }

// LogValue returns REDACTED.
func (s Secret) LogValue() slog.Value { return slog.StringValue(secret.Redacted) }

// MarshalJSON returns "REDACTED".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + secret.Redacted + `"`), nil }

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// grouped sets blanks, or what stands for them, between groups of four.
func grouped(text, between string) string {
	var groups []string
	for ; len(text) > 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(append(groups, text), between)
}
