package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"portal/internal/id"
	"portal/internal/secret"
)

// secretPrefix and secretBytes are what Standard Webhooks asks of a secret.
const (
	secretPrefix = "whsec_"
	secretBytes  = 32
	sealPurpose  = "webhook secret"
)

// Secret is what an address and the portal share. It prints as REDACTED; Text is
// for the one page that shows it.
type Secret struct{ text secret.Text }

// newSecret makes one.
func newSecret() Secret {
	key := make([]byte, secretBytes)
	rand.Read(key) // never fails
	return Secret{secret.NewText(secretPrefix + base64.StdEncoding.EncodeToString(key))}
}

// Text is the secret as its receiver gets it.
func (s Secret) Text() string { return s.text.Reveal() }

// IsZero tells whether nothing is held.
func (s Secret) IsZero() bool { return s.text.IsZero() }

// Sign is the signature of one message: HMAC-SHA-256 over id, time and body.
func (s Secret) Sign(messageID string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Text(), secretPrefix))
	if err != nil || len(key) == 0 {
		return "", errors.New("a webhook's secret cannot be read")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(messageID + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// seal makes a secret ready to be stored with the address that it belongs to, and
// with no other.
func seal(keys secret.Keys, s Secret, wid id.Webhook) []byte {
	return keys.Seal(sealPurpose, wid.UUID[:], []byte(s.Text()))
}

func open(keys secret.Keys, sealed []byte, wid id.Webhook) (Secret, error) {
	text, err := keys.Open(sealPurpose, wid.UUID[:], sealed)
	return Secret{secret.NewText(string(text))}, err
}
