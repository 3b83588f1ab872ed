package certificate

import (
	"bytes"
	"context"
	"crypto/x509"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/standing"
	"portal/internal/webhook"
)

// Preview is what would become of a certificate that a partner sends.
type Preview struct {
	certdoc.Judgement
	Partner certdoc.Partner // what it was held against
	// Existing is the partner's own certificate that this one already is; zero where
	// there is none.
	Existing id.Certificate
	// Relinks: the one that is there lost its chain, and this one would bring it a
	// new one.
	Relinks bool

	partner  holder
	cert     *x509.Certificate
	existing *existing
	inChip   bool // it is the certificate of an FTM chip
}

// holder is the partner that sends a certificate.
type holder struct {
	ID           id.Partner
	PublicID     string
	Organisation string
	Type         authz.Role
	Status       string
	Live         int // certificates that are neither withdrawn nor expired
}

// existing is a stored certificate with the same thumbprint.
type existing struct {
	ID        id.Certificate
	PartnerID id.Partner
	Status    string
	EndedAt   *time.Time
	Version   int
	Sound     bool
}

// RejectedError means: a check failed, so nothing was stored.
type RejectedError struct{ Preview Preview }

func (e *RejectedError) Error() string { return "the certificate did not pass every check" }

// Preview judges a file that the actor's partner would send, check by check. It
// stores nothing. Errors: *certdoc.RefusalError for a file that cannot be read;
// problem.ErrNotFound for an actor without a partner.
func (s *Service) Preview(ctx context.Context, a authz.Actor, file []byte) (Preview, error) {
	c, err := certdoc.Read(file)
	if err != nil {
		return Preview{}, err
	}
	return s.judge(ctx, s.db.Read(), a.Partner, c, "", "")
}

// judge holds a certificate against the partner, the trust store and what is
// stored. The locks keep the answer true until a transaction ends.
func (s *Service) judge(ctx context.Context, q pg.Querier, pid id.Partner, c *x509.Certificate, lockPartner, lockStore string) (Preview, error) {
	now := s.db.Now()
	p, err := partnerOf(ctx, q, pid, now, lockPartner)
	if err != nil {
		return Preview{}, err
	}
	v := Preview{Partner: certdoc.Partner{Organisation: p.Organisation, Domain: DomainOf(p.Type)}, partner: p, cert: c}
	if v.Judgement, err = s.judgeLeaf(ctx, q, c, v.Partner, lockStore); err != nil {
		return Preview{}, err
	}
	if v.inChip, err = chipHas(ctx, q, v.Thumbprint); err != nil {
		return Preview{}, err
	}
	same, err := pg.All[existing](ctx, q, `select c.id, c.partner_id, c.status, c.ended_at, c.version, `+standing.SoundChain+` as sound
		from partner_certificates c where c.thumbprint = @thumbprint`, pg.Args{"thumbprint": v.Thumbprint, "now": now})
	if err != nil {
		return Preview{}, err
	}
	if len(same) > 0 {
		v.existing = &same[0]
	}
	v.Checks = append(v.Checks, v.unused())
	v.Relinks = !id.IsZero(v.Existing) && v.Good() && !v.existing.Sound
	return v, nil
}

// partnerOf reads the partner. Where it is locked, it stays as it is, and its
// certificates are counted one upload after the other (security.md LIM-4): the
// count is a statement of its own, which sees what came before the lock.
func partnerOf(ctx context.Context, q pg.Querier, pid id.Partner, now time.Time, lock string) (holder, error) {
	p, err := pg.One[holder](ctx, q, `select id, public_id, organisation, type, status, 0 as live from partners where id = @id`+lock, pg.Args{"id": pid})
	if err != nil {
		return p, err
	}
	p.Live, err = pg.Value[int](ctx, q, `select count(*) from partner_certificates
		where partner_id = @id and status = 'accepted' and not_after > @now`, pg.Args{"id": pid, "now": now})
	return p, err
}

// unused checks that nobody has sent the certificate before, and that the partner
// may have one more. Whose it is otherwise is not told.
func (v *Preview) unused() certdoc.Check {
	old := v.existing
	switch {
	case v.inChip:
		return certdoc.Check{Name: "unused", Result: certdoc.Failed, ReasonKey: "certificate.unused.chip", RemedyKey: "certificate.unused.remedy"}
	case old == nil && v.partner.Live >= MaxCertificates:
		return certdoc.Check{
			Name: "unused", Result: certdoc.Failed, ReasonKey: "certificate.unused.full", RemedyKey: "certificate.unused.full_remedy",
			Args: []any{"Max", MaxCertificates},
		}
	case old == nil:
		return certdoc.Check{Name: "unused", Result: certdoc.Passed, ReasonKey: "certificate.unused.good"}
	case old.PartnerID != v.partner.ID:
		return certdoc.Check{Name: "unused", Result: certdoc.Failed, ReasonKey: "certificate.unused.taken", RemedyKey: "certificate.unused.remedy"}
	case old.Status == withdrawn:
		return certdoc.Check{Name: "unused", Result: certdoc.Failed, ReasonKey: "certificate.unused.withdrawn", RemedyKey: "certificate.unused.remedy"}
	}
	v.Existing = old.ID
	return certdoc.Check{Name: "unused", Result: certdoc.Passed, ReasonKey: "certificate.unused.yours"}
}

// Accepted is what Accept did.
type Accepted struct {
	ID    id.Certificate
	Again bool      // it was there already
	From  time.Time // the moment from which it counts, where that is to come; else zero
}

// Accept judges a file again and stores it as a certificate of the actor's
// partner, with its exact bytes (security.md UPL-5). It counts from its first day
// on; the one before keeps counting until then. One that the partner has already
// is no error; where its authorities changed, it gets a chain that is in use.
//
// It needs authz.CertificateUpload. Errors: those of Preview; *RejectedError;
// problem.ErrConflict for a partner that is not active any more.
func (s *Service) Accept(ctx context.Context, a authz.Actor, file []byte) (Accepted, error) {
	if !a.May(authz.CertificateUpload) {
		return Accepted{}, s.db.Deny(ctx, a, authz.CertificateUpload)
	}
	c, err := certdoc.Read(file)
	if err != nil {
		return Accepted{}, err
	}
	var done Accepted
	err = s.db.Change(ctx, a, authz.CertificateUpload, func(tx *pg.Tx) (audit.Event, error) {
		v, err := s.judge(ctx, tx, a.Partner, c, " for update", forShare)
		if err != nil {
			return audit.Event{}, err
		}
		return s.accept(ctx, tx, a, v, file, &done)
	})
	if pg.Violates(err, "partner_certificates_thumbprint_key") {
		// Another partner was faster: the check says so now.
		v, err := s.Preview(ctx, a, file)
		if err != nil {
			return Accepted{}, err
		}
		return Accepted{}, &RejectedError{Preview: v}
	}
	return done, err
}

func (s *Service) accept(ctx context.Context, tx *pg.Tx, a authz.Actor, v Preview, file []byte, done *Accepted) (audit.Event, error) {
	switch {
	case v.partner.Status != "active":
		return audit.Event{}, problem.ErrConflict
	case !id.IsZero(v.Existing):
		*done = Accepted{ID: v.Existing, Again: true}
		if v.Relinks {
			return v.rechain(ctx, tx)
		}
		return audit.Event{}, pg.ErrNothing
	case !v.Good():
		return audit.Event{}, &RejectedError{Preview: v}
	}
	*done = Accepted{ID: id.New[id.Certificate]()}
	if v.NotBefore.After(tx.Now()) {
		done.From = v.NotBefore
	}
	_, err := tx.Exec(ctx, `
		insert into partner_certificates (id, partner_id, domain, subject, issuer, organisation, serial, key, not_before, not_after,
			thumbprint, der, original, chain, status, uploaded_by, uploaded_at)
		values (@id, @partner, @domain, @subject, @issuer, @organisation, @serial, @key, @not_before, @not_after,
			@thumbprint, @der, @original, @chain, 'accepted', @actor, @now)`,
		pg.Args{
			"id": done.ID, "partner": v.partner.ID, "domain": v.Partner.Domain, "subject": v.Subject, "issuer": v.Issuer,
			"organisation": v.Organisation, "serial": v.Serial, "key": v.Key, "not_before": v.NotBefore, "not_after": v.NotAfter,
			"thumbprint": v.Thumbprint, "der": v.cert.Raw, "original": bytes.Clone(file), "chain": idsOf(v.Chain), "actor": a.User, "now": tx.Now(),
		})
	if err != nil {
		return audit.Event{}, err
	}
	if err := v.tell(ctx, tx, *done); err != nil {
		return audit.Event{}, err
	}
	e := event(audit.CertificateAccepted, done.ID, v.partner.ID, v.Subject, 0, nil)
	e.Detail = audit.Diff(e.Detail, "not_after", "", v.NotAfter.Format(time.DateOnly))
	return e, nil
}

// tell mails the partner and tells other systems.
func (v Preview) tell(ctx context.Context, tx *pg.Tx, done Accepted) error {
	err := account.TellPartner(ctx, tx, v.partner.ID, mail.CertificateAccepted, map[string]string{
		"Certificate": v.Subject, "Due": v.NotAfter.Format(time.DateOnly), "Path": "/certificates/" + done.ID.String(),
	})
	if err != nil {
		return err
	}
	return publish(ctx, tx, webhook.CertificateAccepted, v.certificate(done.ID), v.partner.PublicID)
}

// certificate is the one of this preview, as far as other systems are told.
func (v Preview) certificate(cid id.Certificate) Certificate {
	return Certificate{ID: cid, PartnerID: v.partner.ID, Domain: v.Partner.Domain, NotAfter: v.NotAfter, Thumbprint: v.Thumbprint}
}

// rechain gives a certificate that lost its chain the one that was found now: its
// authority was renewed, or another one vouches for the same key.
func (v Preview) rechain(ctx context.Context, tx *pg.Tx) (audit.Event, error) {
	err := pg.Exec1(ctx, tx, `update partner_certificates set chain = @chain, version = version + 1 where id = @id and status = 'accepted'`,
		pg.Args{"id": v.Existing, "chain": idsOf(v.Chain)})
	if err != nil {
		return audit.Event{}, err
	}
	err = publish(ctx, tx, webhook.CertificateAccepted, v.certificate(v.Existing), v.partner.PublicID)
	return event(audit.CertificateRechained, v.Existing, v.partner.ID, v.Subject, v.existing.Version, nil), err
}

func event(action audit.Action, cid id.Certificate, pid id.Partner, subject string, before int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: pid, Before: before, After: before + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.Certificate, ID: cid.String(), Name: subject},
	}
}
