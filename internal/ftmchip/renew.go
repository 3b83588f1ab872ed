package ftmchip

import (
	"context"
	"errors"

	"portal/internal/account"
	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// ApproveCertificate puts the new certificate of an approved chip into service; the
// one that was there is replaced. version is that of the certificate's row which the
// actor looked at. It mails the provider's people and tells other systems.
//
// It needs authz.FTMChipDecide. Errors: problem.ErrNotFound; *problem.ConflictError
// when somebody was faster, the chip or its provider is out of use, the certificate
// no longer good, or not valid yet while the old one is; problem.ErrDenied for one that the actor uploaded
// (security.md AUT-6). A second click is no error.
func (s *Service) ApproveCertificate(ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int) error {
	return s.renew(ctx, a, authz.FTMChipDecide, cid, cert, version, InService, "", func(tx *pg.Tx, c Chip, held Held, w Certificate) (audit.Event, error) {
		if err := fit(ctx, tx, c, w); err != nil {
			return audit.Event{}, err
		}
		if held.TooEarly() {
			return audit.Event{}, &problem.ConflictError{Key: "ftm_chip.conflict.certificate.upcoming", Args: []any{"When", w.NotBefore}}
		}
		detail := audit.Diff(nil, FieldCertificate, "", w.Subject)
		if old := held.InService(); old != nil {
			detail = audit.Diff(nil, FieldCertificate, old.Subject, w.Subject)
			detail = audit.Diff(detail, "not_after", old.NotAfter.Format("2006-01-02"), w.NotAfter.Format("2006-01-02"))
			err := pg.Exec1(ctx, tx, `update ftm_chip_certificates set status = 'replaced', version = version + 1 where id = @id and status = 'in_service'`,
				pg.Args{"id": old.ID})
			if err != nil {
				return audit.Event{}, err
			}
		}
		if err := settle(ctx, tx, a, w, InService, ""); err != nil {
			return audit.Event{}, ownCertificate(err)
		}
		if err := c.publish(ctx, tx, webhook.FTMChipCertified, &w); err != nil {
			return audit.Event{}, err
		}
		return c.told(audit.FTMChipCertificateApproved, detail),
			account.TellPartner(ctx, tx, c.PartnerID, mail.FTMChipCertificateApproved, c.certificateParams(w.Subject, "", w.NotAfter))
	})
}

// RefuseCertificate turns the new certificate of an approved chip down for a reason
// (1 to approval.MaxWords characters); the one in service stays. Permission and
// errors are ApproveCertificate's; *problem.InvalidError names "reason".
func (s *Service) RefuseCertificate(ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int, reason string) error {
	if !a.May(authz.FTMChipDecide) {
		return s.db.Deny(ctx, a, authz.FTMChipDecide)
	}
	reason, err := approval.Reason(reason)
	if err != nil {
		return err
	}
	return s.renew(ctx, a, authz.FTMChipDecide, cid, cert, version, Refused, reason, func(tx *pg.Tx, c Chip, _ Held, w Certificate) (audit.Event, error) {
		if err := settle(ctx, tx, a, w, Refused, reason); err != nil {
			return audit.Event{}, ownCertificate(err)
		}
		detail := audit.Diff(audit.Diff(nil, FieldCertificate, "", w.Subject), "reason", "", reason)
		return c.told(audit.FTMChipCertificateRefused, detail),
			account.TellPartner(ctx, tx, c.PartnerID, mail.FTMChipCertificateRefused, c.certificateParams(w.Subject, reason, w.NotAfter))
	})
}

// WithdrawCertificate takes back the new certificate of an own approved chip, so
// that another one can be sent. It needs authz.FTMChipSend. Errors as
// ApproveCertificate's, but for the two about what it would put into service.
func (s *Service) WithdrawCertificate(ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int) error {
	return s.renew(ctx, a, authz.FTMChipSend, cid, cert, version, Withdrawn, "", func(tx *pg.Tx, c Chip, _ Held, w Certificate) (audit.Event, error) {
		return c.told(audit.FTMChipCertificateWithdrawn, audit.Diff(nil, FieldCertificate, w.Subject, "")), settle(ctx, tx, a, w, Withdrawn, "")
	})
}

// renew locks a chip, sees that its new certificate waits as the actor's page said,
// and lets fn settle it.
func (s *Service) renew(ctx context.Context, a authz.Actor, p authz.Permission, cid id.FTMChip, cert id.FTMChipCertificate, version int,
	to CertStatus, reason string, fn func(*pg.Tx, Chip, Held, Certificate) (audit.Event, error),
) error {
	scope := a.Scope()
	if p == authz.FTMChipSend {
		scope = own(a)
	}
	err := s.db.Change(ctx, a, p, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, scope, cid)
		if err != nil {
			return audit.Event{}, err
		}
		held, err := certificatesOf(ctx, tx, cid, tx.Now())
		if err != nil {
			return audit.Event{}, err
		}
		w := held.find(cert)
		switch {
		case w == nil:
			return audit.Event{}, problem.ErrNotFound
		case w.Status != Waiting || w.Version != version:
			return audit.Event{}, w.meanwhile(a, to, version, reason)
		case c.Status == approval.Deactivated && to == Withdrawn: // nothing of it is in use
		case c.Status != approval.Approved:
			return audit.Event{}, c.meanwhile()
		}
		return fn(tx, c, held, *w)
	})
	if errors.Is(err, approval.ErrOwn) {
		return s.db.Deny(ctx, a, p)
	}
	return done("new certificate of FTM chip", err)
}

// find is a certificate by its id; nil for none.
func (h Held) find(cert id.FTMChipCertificate) *Certificate {
	for i := range h {
		if h[i].ID == cert {
			return &h[i]
		}
	}
	return nil
}

// meanwhile says what happened to a certificate since the actor looked at it; a
// second click of the same person on the same button is no conflict.
func (c Certificate) meanwhile(a authz.Actor, to CertStatus, version int, reason string) error {
	if c.DecidedBy == nil || c.DecidedAt == nil {
		return problem.ErrConflict
	}
	if c.Status == to && *c.DecidedBy == a.User && c.Version == version+1 && c.Reason == reason {
		return approval.ErrReplayed
	}
	key := "ftm_chip.conflict.certificate." + string(c.Status)
	if !a.Staff() {
		return &problem.ConflictError{Key: key + ".own", Args: []any{"When", *c.DecidedAt}}
	}
	return &problem.ConflictError{Key: key, Args: []any{"Name", c.DecidedByName, "When", *c.DecidedAt}}
}
