// Package certmake issues certificates that look real and are worth nothing: for
// the demonstration and for tests. No key of it is ever written down.
package certmake

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"
)

// Holder is a certificate with the key that belongs to it.
type Holder struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// Change alters what is about to be signed.
type Change func(*x509.Certificate)

// Root is a new root that is valid from one moment to another.
func Root(name string, from, to time.Time, changes ...Change) (Holder, error) {
	t := template(pkix.Name{Organization: []string{name}, CommonName: name + " Root"}, from, to)
	t.BasicConstraintsValid, t.IsCA, t.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	return sign(t, Holder{}, changes)
}

// Intermediate is an authority below h.
func (h Holder) Intermediate(name string, from, to time.Time, changes ...Change) (Holder, error) {
	t := template(pkix.Name{Organization: []string{name}, CommonName: name + " Issuing"}, from, to)
	t.BasicConstraintsValid, t.IsCA, t.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	return sign(t, h, changes)
}

// Leaf is an organisation's own certificate, issued by h.
func (h Holder) Leaf(organisation string, from, to time.Time, changes ...Change) (Holder, error) {
	t := template(pkix.Name{Organization: []string{organisation}, CommonName: "partner"}, from, to)
	t.BasicConstraintsValid, t.KeyUsage = true, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment
	return sign(t, h, changes)
}

func template(subject pkix.Name, from, to time.Time) *x509.Certificate {
	var serial [16]byte
	_, _ = rand.Read(serial[:]) // never fails
	serial[0] = serial[0]&0x7f | 1
	return &x509.Certificate{Subject: subject, NotBefore: from, NotAfter: to, SerialNumber: new(big.Int).SetBytes(serial[:])}
}

// sign signs a template with the issuer's key, or with its own where there is no
// issuer.
func sign(t *x509.Certificate, issuer Holder, changes []Change) (Holder, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Holder{}, err
	}
	return WithKey(t, issuer, key, changes...)
}

// WithKey certifies a given key: another kind than the usual P-256, or one that
// stands in several certificates.
func WithKey(t *x509.Certificate, issuer Holder, key crypto.Signer, changes ...Change) (Holder, error) {
	for _, change := range changes {
		change(t)
	}
	if issuer.Cert == nil {
		issuer = Holder{Cert: t, Key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer.Cert, key.Public(), issuer.Key)
	if err != nil {
		return Holder{}, err
	}
	c, err := x509.ParseCertificate(der)
	return Holder{Cert: c, Key: key}, err
}
