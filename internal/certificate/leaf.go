package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"

	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/pg"
)

// Judge holds a certificate that a partner sends for a thing of its own against the
// rules of partners' certificates, under the same semaphore (security.md UPL-2,
// UPL-3). It does not ask whether it was sent before. Where tx is the transaction
// of a change, the trust store stays as it is until its end, and so does whether
// somebody else sends the same certificate (CON-4).
func (s *Service) Judge(ctx context.Context, q pg.Querier, c *x509.Certificate, p certdoc.Partner) (certdoc.Judgement, error) {
	lock := ""
	if _, changing := q.(*pg.Tx); changing {
		lock = forShare
	}
	return s.judgeLeaf(ctx, q, c, p, lock)
}

// judgeLeaf is Judge; with a lock nobody else sends the certificate meanwhile.
func (s *Service) judgeLeaf(ctx context.Context, q pg.Querier, c *x509.Certificate, p certdoc.Partner, lock string) (j certdoc.Judgement, err error) {
	if lock != "" {
		if err := oneAtATime(ctx, q, c); err != nil {
			return j, err
		}
	}
	store, err := loadStore(ctx, q, lock)
	if err != nil {
		return j, err
	}
	err = s.verifying(ctx, func() { j = certdoc.ForPartner(c, p, store, s.rules, s.db.Now()) })
	return j, err
}

// oneAtATime lets one transaction at a time send a certificate: partners' and
// chips' stand in two tables, so no key of one table keeps them apart (security.md
// UPL-3).
func oneAtATime(ctx context.Context, q pg.Querier, c *x509.Certificate) error {
	sum := sha256.Sum256(c.Raw)
	_, err := pg.Value[bool](ctx, q, `select pg_advisory_xact_lock(hashtextextended('certificate ' || @thumbprint::text, 0)) is null`,
		pg.Args{"thumbprint": hex.EncodeToString(sum[:])})
	return err
}

// chipHas reports whether a certificate is an FTM chip's.
func chipHas(ctx context.Context, q pg.Querier, thumbprint []byte) (bool, error) {
	return pg.Value[bool](ctx, q, `select exists (select 1 from ftm_chip_certificates
		where thumbprint = @thumbprint and status not in ('refused', 'withdrawn'))`, pg.Args{"thumbprint": thumbprint})
}

// PartnerHas reports whether a certificate is, or was, one of a partner's own.
func PartnerHas(ctx context.Context, q pg.Querier, thumbprint []byte) (bool, error) {
	return pg.Value[bool](ctx, q, `select exists (select 1 from partner_certificates where thumbprint = @thumbprint)`, pg.Args{"thumbprint": thumbprint})
}

// Authorities are certificates of the trust store in the order of ids: the chain of
// a certificate that another area keeps.
func (s *Service) Authorities(ctx context.Context, ids []id.CACertificate) ([]FullCA, error) {
	return casByID(ctx, s.db.Read(), ids)
}
