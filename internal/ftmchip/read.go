package ftmchip

import (
	"context"
	"slices"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/standing"
)

// Standing is how a chip stands, for both sides.
type Standing struct {
	Chip
	Held  Held
	Trail approval.Trail
}

// Halts are the reasons why an approved chip does not count now; none for one that
// counts.
func (s Standing) Halts() []Halt {
	in := s.Held.InService()
	if in == nil {
		return nil
	}
	return halts(s.Status == approval.Approved, s.PartnerStatus == "active", in.Soundness)
}

// NewWaits reports whether a new certificate waits to take the place of the one in
// service.
func (s Standing) NewWaits() bool { return s.Status == approval.Approved && s.Held.Waiting() != nil }

// MayEdit reports whether the provider may change make or model as the chip stands.
func (s Standing) MayEdit() bool {
	open := Kind.Open(s.Status, s.Trail)
	return slices.Contains(open, FieldMake) || slices.Contains(open, FieldModel)
}

// MayCertify reports whether the provider may send a certificate for it now.
func (s Standing) MayCertify() bool {
	return slices.Contains(Kind.Open(s.Status, s.Trail), FieldCertificate) || s.Status == approval.Approved && s.Held.Waiting() == nil
}

// Shown is the certificate that matters most on the chip's page: the one that waits
// with its chip, else the one in service, else the newest; nil for none.
func (s Standing) Shown() *Certificate {
	switch in := s.Held.InService(); {
	case in != nil:
		return in
	case s.Held.Waiting() != nil:
		return s.Held.Waiting()
	case len(s.Held) > 0:
		return &s.Held[0]
	}
	return nil
}

// Chip is one chip in scope; problem.ErrNotFound for any other.
func (s *Service) Chip(ctx context.Context, scope authz.Scope, cid id.FTMChip) (Chip, error) {
	return chipByID(ctx, s.db.Read(), scope, cid)
}

// Standing is one chip in scope with its certificates and everything that was sent
// and decided; problem.ErrNotFound for any other.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, cid id.FTMChip) (st Standing, err error) {
	q := s.db.Read()
	if st.Chip, err = chipByID(ctx, q, scope, cid); err != nil {
		return st, err
	}
	if st.Held, err = certificatesOf(ctx, q, cid, s.db.Now()); err != nil {
		return st, err
	}
	st.Trail, err = Kind.TrailOf(ctx, q, cid.UUID)
	return st, err
}

// Files is a certificate of a chip with its bytes, and the authorities that it hangs
// on, from its issuer up to the root.
type Files struct {
	Certificate
	Bytes
	Chain []certificate.FullCA
}

// Files is the certificate of a chip in scope that is in service or waits;
// problem.ErrNotFound where there is none.
func (s *Service) Files(ctx context.Context, scope authz.Scope, cid id.FTMChip, which CertStatus) (f Files, err error) {
	q := s.db.Read()
	if _, err = chipByID(ctx, q, scope, cid); err != nil {
		return f, err
	}
	held, err := certificatesOf(ctx, q, cid, s.db.Now())
	if err != nil {
		return f, err
	}
	c := held.In(which)
	if c == nil {
		return f, problem.ErrNotFound
	}
	f.Certificate = *c
	if f.Bytes, err = bytesOf(ctx, q, c.ID); err != nil {
		return f, err
	}
	f.Chain, err = s.certs.Authorities(ctx, c.Chain)
	return f, err
}

// Chain are the authorities that a chip's certificate hangs on, from its issuer up
// to the root; none for nil.
func (s *Service) Chain(ctx context.Context, c *Certificate) ([]certificate.FullCA, error) {
	if c == nil {
		return nil, nil
	}
	return s.certs.Authorities(ctx, c.Chain)
}

// MinDays is how long a certificate must be valid from the day it is sent.
func (s *Service) MinDays() int { return s.certs.MinDays() }

// Counting reports whether a chip counts at a moment: approved, its provider active,
// its certificate in service valid and its whole chain in use. problem.ErrNotFound
// for none.
func Counting(ctx context.Context, q pg.Querier, cid id.FTMChip, at time.Time) (bool, error) {
	return pg.Value[bool](ctx, q, `select coalesce(`+standing.FTMChipCounts+`, false) from ftm_chips f join partners p on p.id = f.partner_id
		left join ftm_chip_certificates c on c.chip_id = f.id and c.status = 'in_service' where f.id = @id`, pg.Args{"id": cid, "now": at})
}
