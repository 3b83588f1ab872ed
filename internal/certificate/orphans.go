package certificate

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"portal/internal/audit"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// Orphan is a certificate that hangs on an authority: a partner's own, or that of an
// FTM chip, whose Chip says of which.
type Orphan struct {
	ID           id.Certificate
	Chip         id.FTMChip
	ChipName     string
	PartnerID    id.Partner
	Organisation string
	PublicID     string
	Domain       string
	Subject      string
	NotAfter     time.Time
	Version      int
	DER          []byte `db:"der"`
	Spare        bool   // another certificate of the partner counts, and does not hang on the authority
	Counted      bool   // of a chip: it is in service on an approved one

	chain []id.CACertificate // that does without the authority; empty where there is none
}

// Orphans are the partners' and chips' certificates that would stop counting, or
// never begin to, if an authority were taken out of use: the first few by name, and
// how many there are. others is how many go on with another chain.
func (s *Service) Orphans(ctx context.Context, ca id.CACertificate, most int) (shown []Orphan, total, others int, err error) {
	lost, kept, err := s.orphans(ctx, s.db.Read(), ca, s.db.Now(), "")
	lost = slices.DeleteFunc(lost, Orphan.idle)
	return lost[:min(len(lost), most)], len(lost), len(kept), err
}

// idle reports whether a certificate is of a chip that does not count by it anyway:
// it waits, or its chip is deactivated. Such a one gets another chain like the
// others, but nobody is told that it lost its last.
func (o Orphan) idle() bool { return o.OfChip() && !o.Counted }

// OfChip reports whether the certificate is an FTM chip's.
func (o Orphan) OfChip() bool { return !id.IsZero(o.Chip) }

// orphansOf reads what hangs on the authority @ca at @now.
var orphansOf = `
	select c.id, null::uuid as chip, '' as chip_name, c.partner_id, p.organisation, p.public_id, c.domain, c.subject, c.not_after, c.version, c.der,
		exists (select 1 from partner_certificates n where n.partner_id = c.partner_id
			and ` + newer + ` and not n.chain @> array[@ca]::uuid[]) as spare, true as counted
	from partner_certificates c join partners p on p.id = c.partner_id
	where c.status = 'accepted' and c.not_after > @now and c.chain @> array[@ca]::uuid[] and ` + standing.SoundChain + `
	union all
	select c.id, f.id, f.make || ' ' || f.model, c.partner_id, p.organisation, p.public_id, 'FTM', c.subject, c.not_after, c.version, c.der,
		false, f.status = 'approved' and c.status = 'in_service'
	from ftm_chip_certificates c join ftm_chips f on f.id = c.chip_id join partners p on p.id = c.partner_id
	where c.status in ('waiting', 'in_service') and c.not_after > @now and c.chain @> array[@ca]::uuid[] and ` + standing.SoundChain + `
	order by organisation, id`

// orphans reads all certificates that hang on an authority – an installation has
// one or two a partner, and a few a provider of chips – and parts those that lose with it what makes them count
// from those for which the trust store has another chain: its authority was
// renewed, or another one vouches for the same key.
func (s *Service) orphans(ctx context.Context, q pg.Querier, ca id.CACertificate, now time.Time, lock string) (lost, kept []Orphan, err error) {
	all, err := pg.All[Orphan](ctx, q, orphansOf, pg.Args{"ca": ca, "now": now})
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	store, err := loadStore(ctx, q, lock)
	if err != nil {
		return nil, nil, err
	}
	twins := hasTwins(store)
	store = slices.DeleteFunc(store, func(a certdoc.Authority) bool { return a.ID == ca })
	if !twins {
		return all, nil, nil
	}
	err = s.verifying(ctx, func() {
		for _, o := range all {
			if c, err := x509.ParseCertificate(o.DER); err == nil {
				o.chain = idsOf(certdoc.Chain(c, o.Domain, store, now))
			}
			if len(o.chain) == 0 {
				lost = append(lost, o)
			} else {
				kept = append(kept, o)
			}
		}
	})
	return lost, kept, err
}

// hasTwins reports whether two authorities in use of a domain have one name.
// Without that no certificate has two chains, and none need be looked for.
func hasTwins(store []certdoc.Authority) bool {
	for i, a := range store {
		for _, b := range store[:i] {
			if a.InUse && b.InUse && a.Domain == b.Domain && bytes.Equal(a.Cert.RawSubject, b.Cert.RawSubject) {
				return true
			}
		}
	}
	return false
}

// rehang gives certificates the chain that does without an authority, in the
// change that takes it out of use.
func rehang(ctx context.Context, tx *pg.Tx, kept []Orphan) error {
	for _, o := range kept {
		table, live := "partner_certificates", "status = 'accepted'"
		if o.OfChip() {
			table, live = "ftm_chip_certificates", "status in ('waiting', 'in_service')"
		}
		n, err := tx.Exec(ctx, `update `+table+` set chain = @chain, version = version + 1
			where id = @id and `+live+` and version = @version`, pg.Args{"id": o.ID, "chain": o.chain, "version": o.Version})
		if err != nil {
			return err
		}
		if n == 1 { // else its partner withdrew it a moment ago
			tx.Also(o.rechained())
		}
	}
	return nil
}

// rechained tells that a certificate got another chain.
func (o Orphan) rechained() audit.Event {
	e := event(audit.CertificateRechained, o.ID, o.PartnerID, o.Subject, o.Version, nil)
	if o.OfChip() {
		e.Action, e.Before, e.After = audit.FTMChipCertificateRechained, 0, 0
		e.Subject = audit.Subject{Kind: audit.FTMChip, ID: o.Chip.String(), Name: o.ChipName}
		e.Detail = audit.Diff(nil, "certificate", "", o.Subject)
	}
	return e
}
