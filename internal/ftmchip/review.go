package ftmchip

import (
	"context"
	"crypto/sha256"
	"crypto/x509"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Signs are what to look at before a chip is approved, counted.
type Signs struct {
	SameModel int  // chips of the same make and model with other providers
	SameKey   int  // other chips with a certificate for the same key
	Certified bool // a certificate of the provider's own counts
}

// Elsewhere is another chip that has something in common with one.
type Elsewhere struct {
	ID           id.FTMChip
	Organisation string
	PublicID     string
	Make         string
	Model        string
	Status       approval.Status
}

// Name is what people call the chip.
func (e Elsewhere) Name() string { return e.Make + " " + e.Model }

// Review is a chip with everything that an approver weighs.
type Review struct {
	Standing
	Signs
	Provider certificate.Held  // the provider's own certificate
	Found    certdoc.Judgement // on the certificate that waits, as it would be judged now; no checks where none does
	Models   []Elsewhere       // same make and model with another provider, the first few
	Keys     []Elsewhere       // chips with another certificate for the same key, the first few
	OwnKey   int               // how many FTM Providers' own certificates are for the same key
}

// maxElsewhere is how many other chips a review names.
const maxElsewhere = 20

// Review is a chip as an admin decides on it. It needs a scope over all providers;
// problem.ErrNotFound for any other.
func (s *Service) Review(ctx context.Context, scope authz.Scope, cid id.FTMChip) (v Review, err error) {
	if !scope.All {
		return v, problem.ErrNotFound
	}
	if v.Standing, err = s.Standing(ctx, scope, cid); err != nil {
		return v, err
	}
	q := s.db.Read()
	signs, err := s.signs(ctx, q, []string{cid.String()})
	if err != nil {
		return v, err
	}
	v.Signs = signs[cid]
	if v.Provider, err = certificate.Standing(ctx, q, v.PartnerID, s.db.Now()); err != nil {
		return v, err
	}
	v.Models, err = pg.All[Elsewhere](ctx, q, `select o.id, p.organisation, p.public_id, o.make, o.model, o.status
		from ftm_chips f join ftm_chips o on `+sameModel+` join partners p on p.id = o.partner_id
		where f.id = @id order by lower(p.organisation), o.id limit @max`, pg.Args{"id": cid, "max": maxElsewhere})
	if err != nil {
		return v, err
	}
	return v, s.lookInto(ctx, q, &v)
}

// sameModel joins other providers' chips o of the make and model of f.
const sameModel = `lower(o.make) = lower(f.make) and lower(o.model) = lower(f.model) and o.partner_id <> f.partner_id and o.status <> 'withdrawn'`

// signs counts what to look at of several chips, in one statement. The key is that
// of the certificate that waits, else of the one in service.
func (s *Service) signs(ctx context.Context, q pg.Querier, ids []string) (map[id.FTMChip]Signs, error) {
	rows, err := pg.All[struct {
		ID id.FTMChip
		Signs
	}](ctx, q, `
		select f.id, (select count(*) from ftm_chips o where `+sameModel+`)::integer as same_model,
			(select count(distinct k.chip_id) from ftm_chip_certificates k where k.chip_id <> f.id and k.key_hash = (
				select key_hash from ftm_chip_certificates w where w.chip_id = f.id and w.status in ('waiting', 'in_service')
				order by w.status desc limit 1))::integer as same_key,
			exists (select 1 from partner_certificates c where c.partner_id = f.partner_id and `+certificate.CountingIs+`) as certified
		from ftm_chips f where f.id = any(@ids::uuid[])`, pg.Args{"ids": ids, "now": s.db.Now()})
	all := map[id.FTMChip]Signs{}
	for _, r := range rows {
		all[r.ID] = r.Signs
	}
	return all, err
}

// lookInto judges the certificate that waits, and looks for the key of it, or of
// the one in service, elsewhere.
func (s *Service) lookInto(ctx context.Context, q pg.Querier, v *Review) error {
	c := v.Held.Waiting()
	if c == nil {
		if c = v.Held.InService(); c == nil {
			return nil
		}
	}
	b, err := bytesOf(ctx, q, c.ID)
	if err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(b.DER)
	if err != nil {
		return err
	}
	if c.Status == Waiting {
		if v.Found, err = s.certs.Judge(ctx, q, cert, certdoc.Partner{Organisation: v.Organisation, Domain: certdoc.FTM}); err != nil {
			return err
		}
	}
	key := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	v.Keys, err = pg.All[Elsewhere](ctx, q, `select distinct f.id, p.organisation, p.public_id, f.make, f.model, f.status
		from ftm_chip_certificates c join ftm_chips f on f.id = c.chip_id join partners p on p.id = f.partner_id
		where c.key_hash = @key and c.chip_id <> @chip order by f.id limit @max`,
		pg.Args{"key": key[:], "chip": v.ID, "max": maxElsewhere})
	if err != nil {
		return err
	}
	// The key stands in the DER form as it is.
	v.OwnKey, err = pg.Value[int](ctx, q, `select count(*) from partner_certificates where domain = 'FTM' and position(@key::bytea in der) > 0`,
		pg.Args{"key": cert.RawSubjectPublicKeyInfo})
	return err
}

// Glance is chips with the certificate that waits and what to look at, in two
// statements however many there are: for a page that decides on several at once. The
// rest of each Review is empty.
func (s *Service) Glance(ctx context.Context, chips []Chip) ([]Review, error) {
	ids := make([]string, len(chips))
	for i, c := range chips {
		ids[i] = c.ID.String()
	}
	q := s.db.Read()
	signs, err := s.signs(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	waiting, err := pg.All[Certificate](ctx, q, `select `+certificateColumns+certificateFrom+`
		where c.chip_id = any(@ids::uuid[]) and c.status = 'waiting'`, pg.Args{"ids": ids, "now": s.db.Now()})
	if err != nil {
		return nil, err
	}
	all := make([]Review, len(chips))
	for i, c := range chips {
		all[i] = Review{Standing: Standing{Chip: c}, Signs: signs[c.ID]}
		for _, w := range waiting {
			if w.ChipID == c.ID {
				all[i].Held = Held{w}
			}
		}
	}
	return all, nil
}
