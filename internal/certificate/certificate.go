// Package certificate is about X.509 certificates: what one says, whether it may
// be trusted, the trust store, and partners' certificates with the one that
// counts. It knows partners by their table only, and no keys or policies.
package certificate

import (
	"context"
	"time"

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

// Counting is the certificate that counts for a partner at a moment: the newest
// accepted one that is valid then and whose whole chain is in use and valid.
// problem.ErrNotFound where there is none. Everything that hangs on a
// certificate asks here.
func Counting(ctx context.Context, q pg.Querier, partner id.Partner, at time.Time) (Certificate, error) {
	return pg.One[Certificate](ctx, q, `
		select `+certificateColumns+` from partner_certificates c
		where c.partner_id = @partner and `+CountingIs+` order by `+CountingFirst+` limit 1`, pg.Args{"partner": partner, "now": at})
}
