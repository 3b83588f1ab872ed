package certificate

import (
	"context"
	"encoding/hex"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Withdraw takes a partner's own certificate back for good, with a reason (1 to
// MaxReason characters). Where an older one is still good, that one counts again.
// version is the row version that the actor looked at.
//
// It needs authz.CertificateUpload. Errors: problem.ErrNotFound, also for a
// certificate of somebody else; *problem.InvalidError "reason";
// *problem.ConflictError where a colleague withdrew it.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, cid id.Certificate, version int, reason string) error {
	reason, err := s.reason(ctx, a, authz.CertificateUpload, reason)
	if err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.CertificateUpload, func(tx *pg.Tx) (audit.Event, error) {
		c, err := s.locked(ctx, tx, a, cid)
		if err != nil {
			return audit.Event{}, err
		}
		if c.Status != accepted || c.Version != version {
			return audit.Event{}, c.meanwhile(a, reason)
		}
		err = pg.Exec1(ctx, tx, `update partner_certificates set status = 'withdrawn', ended_by = @actor, ended_at = @now, reason = @reason,
			version = version + 1 where id = @id`, pg.Args{"id": cid, "actor": a.User, "now": tx.Now(), "reason": reason})
		if err != nil {
			return audit.Event{}, err
		}
		err = account.TellPartner(ctx, tx, c.PartnerID, mail.CertificateWithdrawn, map[string]string{
			"Certificate": c.Subject, "Actor": a.Name, "Reason": reason, "Path": "/certificates/" + cid.String(),
		})
		if err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(audit.Diff(nil, "status", accepted, withdrawn), "reason", "", reason)
		return event(audit.CertificateWithdrawn, cid, c.PartnerID, c.Subject, c.Version, detail),
			publish(ctx, tx, webhook.CertificateWithdrawn, c.Certificate, c.PublicID)
	})
}

// locked reads a certificate that the actor may change, and keeps others from it.
func (s *Service) locked(ctx context.Context, tx *pg.Tx, a authz.Actor, cid id.Certificate) (Full, error) {
	n, err := tx.Exec(ctx, `select 1 from partner_certificates where id = @id and partner_id = @partner for update`,
		pg.Args{"id": cid, "partner": a.Partner})
	if err != nil {
		return Full{}, err
	}
	if n == 0 {
		return Full{}, problem.ErrNotFound
	}
	return full(ctx, tx, a.Scope(), cid, tx.Now())
}

// meanwhile says what happened to a certificate since the actor looked at it.
func (c Full) meanwhile(a authz.Actor, reason string) error {
	switch {
	case c.EndedBy == nil || c.EndedAt == nil:
		return problem.ErrConflict
	case *c.EndedBy == a.User && c.Reason == reason:
		return pg.ErrNothing
	}
	return &problem.ConflictError{Key: "certificate.conflict.withdrawn", Args: []any{"Name", c.EndedName, "When", *c.EndedAt}}
}

// publish tells other systems of a partner's certificate, under the partner ID
// that they know.
func publish(ctx context.Context, tx *pg.Tx, kind webhook.Type, c Certificate, publicID string) error {
	return webhook.Publish(ctx, tx, webhook.Event{Type: kind, Partner: c.PartnerID, Data: map[string]any{
		"certificate": c.ID.String(), "partner": publicID, "domain": c.Domain,
		"thumbprint": hex.EncodeToString(c.Thumbprint), "not_after": c.NotAfter.Format(time.RFC3339),
	}})
}
