// Package certdoc reads X.509 certificates: out of the files that people send,
// strictly and within bounds, and judges what one says against the rules for
// partners' certificates and for those of the trust store. It is pure: it knows
// no partner, no database and no clock, and asks nobody on the network.
package certdoc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// The bounds of what is read (security.md UPL-1).
const (
	MaxBytes       = 16 << 10 // of one certificate
	MaxBundleBytes = 64 << 10
	MaxBundle      = 10 // certificates of one upload to the trust store
	maxNames       = 20
	maxSerialBytes = 20
	maxChain       = 4
	minRSA, maxRSA = 2048, 4096
	minRSAExponent = 65537
)

// Facts are what a certificate says of itself, in the form in which they are
// stored and shown.
type Facts struct {
	Subject      string // RFC 2253, as is the issuer
	Issuer       string
	Organisation string // "" unless there is exactly one
	Serial       string // hexadecimal
	Key          string // "RSA 2048", "P-256", "Ed25519"
	Signature    string // "SHA256-RSA"
	NotBefore    time.Time
	NotAfter     time.Time
	Thumbprint   []byte // SHA-256 of the DER form
}

// Describe reads the facts off a certificate.
func Describe(c *x509.Certificate) Facts {
	sum := sha256.Sum256(c.Raw)
	f := Facts{
		Subject: clean(c.Subject.String()), Issuer: clean(c.Issuer.String()),
		Serial: hex.EncodeToString(c.SerialNumber.Bytes()), Key: keyName(c), Signature: c.SignatureAlgorithm.String(),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Thumbprint: sum[:],
	}
	if len(c.Subject.Organization) == 1 {
		f.Organisation = clean(c.Subject.Organization[0])
	}
	return f
}

// clean makes a text storable: valid, and without the NUL that PostgreSQL takes
// in no text. Everything else stays as the certificate has it.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func keyName(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}

// Root reports whether a certificate is signed with its own key. Names do not
// tell: a leaf may have its issuer's name without being one (domain.md §3.3). A
// key that is refused anyway is not reckoned with: its size may be anything
// (security.md UPL-2).
func Root(c *x509.Certificate) bool {
	return key(c).Result == Passed && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// Signed reports whether child bears parent's signature and parent may sign
// certificates.
func Signed(child, parent *x509.Certificate) bool { return child.CheckSignatureFrom(parent) == nil }

// Fingerprint is a thumbprint as people compare it: pairs of upper-case digits.
func Fingerprint(thumbprint []byte) string {
	pairs := make([]string, len(thumbprint))
	for i, b := range thumbprint {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}
