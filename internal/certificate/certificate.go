// Package certificate is the trust store, and partners' certificates with the one
// that counts. What a certificate says and whether it is good is judged by
// certdoc; here stand the decisions, who may take them, and what follows. It knows
// partners by their table only, and no keys or policies.
package certificate

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/pg"
)

// Certificate is one that a partner sent and that was accepted.
type Certificate struct {
	ID           id.Certificate
	PartnerID    id.Partner
	Domain       string // AUTH, DEVICE, FTM
	Subject      string // RFC 2253
	Issuer       string
	Organisation string // as the certificate spells it
	Serial       string // hexadecimal
	Key          string // "RSA 2048", "P-256"
	NotBefore    time.Time
	NotAfter     time.Time
	Thumbprint   []byte // SHA-256 of the DER form
	Status       string
	UploadedAt   time.Time
	Version      int
}

const certificateColumns = `c.id, c.partner_id, c.domain, c.subject, c.issuer, c.organisation, c.serial, c.key,
	c.not_before, c.not_after, c.thumbprint, c.status, c.uploaded_at, c.version`

// The stored states of a partner's certificate; all that changes by itself with
// time is a State.
const (
	accepted  = "accepted"
	withdrawn = "withdrawn"
)

// DomainOf is the domain of trust that a type of partner works in (domain.md
// §3.3); "" for who is no partner.
func DomainOf(t authz.Role) string {
	switch t { //nolint:exhaustive // the four partner types; nobody else has a domain
	case authz.AuthPartner, authz.CredentialPartner:
		return certdoc.Auth
	case authz.DeviceProvider:
		return certdoc.Device
	case authz.FTMProvider:
		return certdoc.FTM
	}
	return ""
}

// Limits of what is stored.
const (
	MaxReason = 2000
	// MaxCertificates is how many a partner may have that are neither withdrawn nor
	// expired (security.md LIM-4).
	MaxCertificates = 20
)

// verifiers is how many certificates are judged at the same time in one process
// (security.md UPL-3).
const verifiers = 4

// Service is the trust store and the partners' certificates of one installation.
type Service struct {
	db    *pg.DB
	rules certdoc.Rules
	alone bool // four eyes are off: one admin may trust a root
	gate  chan struct{}
}

// NewService works over db. minDays is how long a certificate must be valid from
// the day it is sent; alone lets one admin trust a root, for an installation
// that has one only.
func NewService(db *pg.DB, minDays int, alone bool) *Service {
	return &Service{db: db, rules: certdoc.Rules{MinDays: minDays}, alone: alone, gate: make(chan struct{}, verifiers)}
}

// MinDays is how long a certificate must be valid from the day it is sent.
func (s *Service) MinDays() int { return s.rules.MinDays }

// Alone reports whether one admin may trust a root.
func (s *Service) Alone() bool { return s.alone }

// verifying runs fn when its turn comes.
func (s *Service) verifying(ctx context.Context, fn func()) error {
	select {
	case s.gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.gate }()
	fn()
	return nil
}
