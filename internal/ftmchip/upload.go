package ftmchip

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"portal/internal/account"
	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Preview is what would become of a certificate that is sent for a chip.
type Preview struct {
	certdoc.Judgement
	Chip    Chip
	Partner certdoc.Partner // what it was held against
	Again   bool            // the chip has this very certificate already
	Live    bool            // the chip is approved: the one in service stays until this one is

	cert *x509.Certificate
	held Held
}

// RejectedError means: a check failed, so nothing was stored.
type RejectedError struct{ Preview Preview }

func (e *RejectedError) Error() string { return "the certificate did not pass every check" }

// Preview judges a file that would be sent for an own chip, check by check, exactly
// as a partner's own certificate is judged, for the domain FTM (domain.md §3.3;
// security.md UPL-1 to UPL-3). It stores nothing. Errors: *certdoc.RefusalError for
// a file that cannot be read; problem.ErrNotFound; *problem.ConflictError for a chip
// that takes no certificate as it stands.
func (s *Service) Preview(ctx context.Context, a authz.Actor, cid id.FTMChip, file []byte) (Preview, error) {
	c, err := certdoc.Read(file)
	if err != nil {
		return Preview{}, err
	}
	chip, err := chipByID(ctx, s.db.Read(), own(a), cid)
	if err != nil {
		return Preview{}, err
	}
	return s.judge(ctx, s.db.Read(), chip, c)
}

// judge holds a certificate against the provider, the trust store and what is
// stored.
func (s *Service) judge(ctx context.Context, q pg.Querier, chip Chip, c *x509.Certificate) (Preview, error) {
	now := s.db.Now()
	v := Preview{
		Chip: chip, Partner: certdoc.Partner{Organisation: chip.Organisation, Domain: certdoc.FTM},
		Live: chip.Status == approval.Approved, cert: c,
	}
	var err error
	if v.Judgement, err = s.certs.Judge(ctx, q, c, v.Partner); err != nil {
		return v, err
	}
	if v.held, err = certificatesOf(ctx, q, chip.ID, now); err != nil {
		return v, err
	}
	sum := sha256.Sum256(c.Raw)
	for _, x := range v.held {
		v.Again = v.Again || bytes.Equal(x.Thumbprint, sum[:]) && (x.Status == Waiting || x.Status == InService)
	}
	switch {
	case v.Again:
	case !chip.TakesCertificate():
		return v, chip.meanwhile()
	case v.Live && v.held.Waiting() != nil:
		return v, &problem.ConflictError{Key: "ftm_chip.conflict.waiting", Args: []any{"When", v.held.Waiting().UploadedAt}}
	}
	if !v.Again && chip.Status == approval.ChangesRequested {
		trail, err := Kind.TrailOf(ctx, q, chip.ID.UUID)
		if err != nil {
			return v, err
		}
		if !slices.Contains(Kind.Open(chip.Status, trail), FieldCertificate) {
			return v, &problem.ConflictError{Key: "ftm_chip.conflict.not_asked"}
		}
	}
	check, err := v.unused(ctx, q, sum[:], now)
	v.Checks = append(v.Checks, check)
	return v, err
}

// unused checks that nobody has sent the certificate before, and that the chip may
// have one more. Whose it is otherwise is not told.
func (v *Preview) unused(ctx context.Context, q pg.Querier, thumbprint []byte, now time.Time) (certdoc.Check, error) {
	if v.Again {
		return certdoc.Check{Name: "unused", Result: certdoc.Passed, ReasonKey: "certificate.unused.yours"}, nil
	}
	taken, err := pg.Value[bool](ctx, q, `select exists (select 1 from ftm_chip_certificates
		where thumbprint = @thumbprint and status not in ('refused', 'withdrawn'))`, pg.Args{"thumbprint": thumbprint})
	if err != nil {
		return certdoc.Check{}, err
	}
	if !taken {
		if taken, err = certificate.PartnerHas(ctx, q, thumbprint); err != nil {
			return certdoc.Check{}, err
		}
	}
	switch {
	case taken:
		return certdoc.Check{Name: "unused", Result: certdoc.Failed, ReasonKey: "ftm_chip.unused.taken", RemedyKey: "certificate.unused.remedy"}, nil
	case v.held.live(now) >= MaxCertificates:
		return certdoc.Check{
			Name: "unused", Result: certdoc.Failed, ReasonKey: "ftm_chip.unused.full", RemedyKey: "ftm_chip.unused.full_remedy",
			Args: []any{"Max", MaxCertificates},
		}, nil
	}
	return certdoc.Check{Name: "unused", Result: certdoc.Passed, ReasonKey: "certificate.unused.good"}, nil
}

// Upload judges a file again and stores it with its exact bytes (security.md UPL-5)
// as the certificate of an own chip. The first one sends the chip for approval; on a
// chip that waits, or of which changes were requested, it takes the place of the one
// that was sent. On an approved chip it waits beside the one in service (domain.md
// §2.3 differs). version is the row version of the chip that the actor looked at.
//
// It needs authz.FTMChipSend. It writes a submission where the chip is sent, and
// mails every Partner Admin. Errors: those of Preview; *RejectedError. A
// certificate that the chip has already is no error: again tells of it.
func (s *Service) Upload(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, file []byte) (again bool, err error) {
	if !a.May(authz.FTMChipSend) {
		return false, s.db.Deny(ctx, a, authz.FTMChipSend)
	}
	cert, err := certdoc.Read(file)
	if err != nil {
		return false, err
	}
	err = s.db.Change(ctx, a, authz.FTMChipSend, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, own(a), cid)
		if err != nil {
			return audit.Event{}, err
		}
		v, err := s.judge(ctx, tx, c, cert)
		switch {
		case err != nil:
			return audit.Event{}, err
		case v.Again:
			return audit.Event{}, approval.ErrReplayed
		case c.Version != version:
			return audit.Event{}, c.meanwhile()
		case !v.Good():
			return audit.Event{}, &RejectedError{Preview: v}
		}
		if err := c.blocked(); err != nil {
			return audit.Event{}, err
		}
		return v.take(ctx, tx, a, file)
	})
	return errors.Is(err, approval.ErrReplayed), done("certificate of FTM chip", err)
}

// take stores the certificate, and moves the chip where it is sent with it.
func (v Preview) take(ctx context.Context, tx *pg.Tx, a authz.Actor, file []byte) (audit.Event, error) {
	c, before := v.Chip, v.held.Waiting()
	if before != nil {
		if err := settle(ctx, tx, a, *before, Withdrawn, ""); err != nil {
			return audit.Event{}, err
		}
	}
	if err := v.insert(ctx, tx, a, file); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(audit.Diff(nil, FieldCertificate, "", v.Subject), "not_after", "", v.NotAfter.Format(time.DateOnly))
	if v.Live {
		err := account.TellStaff(ctx, tx, authz.FTMChipDecide, mail.FTMChipCertificateWaiting, id.User{}, c.certificateParams(v.Subject, "", v.NotAfter))
		return c.told(audit.FTMChipCertificateSent, detail), err
	}
	err := pg.Exec1(ctx, tx, `update ftm_chips set status = 'pending_approval', submission = submission + 1, submitted_at = @now,
		version = version + 1, updated_at = @now where id = @id and version = @version`,
		pg.Args{"id": c.ID, "now": tx.Now(), "version": c.Version})
	if err != nil {
		return audit.Event{}, err
	}
	if err := c.send(ctx, tx, a, v.Thumbprint); err != nil {
		return audit.Event{}, err
	}
	if c.Status != approval.PendingApproval { // else they know that it waits
		if err := Kind.TellStaff(ctx, tx, c.news("")); err != nil {
			return audit.Event{}, err
		}
	}
	action := audit.FTMChipCertificateSent
	if c.Status == approval.ChangesRequested {
		action = audit.FTMChipResent
	}
	return c.event(action, append(detail, moved(c.Status, approval.PendingApproval, "")...)), nil
}

func (v Preview) insert(ctx context.Context, tx *pg.Tx, a authz.Actor, file []byte) error {
	chain := make([]id.CACertificate, len(v.Chain))
	for i, ca := range v.Chain {
		chain[i] = ca.ID
	}
	key := sha256.Sum256(v.cert.RawSubjectPublicKeyInfo)
	_, err := tx.Exec(ctx, `
		insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, key_hash, not_before, not_after,
			thumbprint, der, original, chain, status, uploaded_by, uploaded_at)
		values (@id, @chip, @partner, @subject, @issuer, @organisation, @serial, @key, @key_hash, @not_before, @not_after,
			@thumbprint, @der, @original, @chain, 'waiting', @actor, @now)`,
		pg.Args{
			"id": id.New[id.FTMChipCertificate](), "chip": v.Chip.ID, "partner": v.Chip.PartnerID, "subject": v.Subject, "issuer": v.Issuer,
			"organisation": v.Organisation, "serial": v.Serial, "key": v.Key, "key_hash": key[:], "not_before": v.NotBefore, "not_after": v.NotAfter,
			"thumbprint": v.Thumbprint, "der": v.cert.Raw, "original": bytes.Clone(file), "chain": chain, "actor": a.User, "now": tx.Now(),
		})
	return err
}

// certificateParams are what mails tell of a certificate of an approved chip.
func (c Chip) certificateParams(subject, reason string, until time.Time) map[string]string {
	return map[string]string{
		"Chip": c.Name(), "Organisation": c.Organisation, "Certificate": subject, "Reason": reason, "Due": until.Format(time.DateOnly), "Path": c.path(),
	}
}
