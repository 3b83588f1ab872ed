package ftmchip

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// rulings is what follows a decision: what is logged, who is told, and what becomes
// of the certificate that waits.
var rulings = map[approval.Status]struct {
	action audit.Action
	mail   mail.Kind
	cert   CertStatus // "": it goes on waiting
}{
	approval.Approved:         {audit.FTMChipApproved, mail.ApprovalApproved, InService},
	approval.ChangesRequested: {audit.FTMChipReturned, mail.ApprovalReturned, ""},
	approval.Rejected:         {audit.FTMChipRejected, mail.ApprovalRejected, Refused},
}

// Decide takes a decision on a chip that waits (approval.Approve, Reject and
// Kind.RequestChanges make it). An approval puts the certificate that waits into
// service; a rejection refuses it. version is the row version that the actor looked
// at. It mails the provider's people and tells other systems of an approval.
//
// It needs authz.FTMChipDecide. Errors: problem.ErrNotFound; *problem.ConflictError
// when somebody decided meanwhile or the provider sent something newer, and of an
// approval when the provider is not active or the certificate no longer good
// (security.md CON-2, CON-4); problem.ErrDenied for what the actor sent (AUT-6).
// Sending the same decision twice is no error.
func (s *Service) Decide(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, r approval.Ruling) error {
	err := s.db.Change(ctx, a, authz.FTMChipDecide, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, a.Scope(), cid)
		if err != nil {
			return audit.Event{}, err
		}
		if c.Status != approval.PendingApproval || c.Version != version {
			return audit.Event{}, Kind.Late(ctx, tx, a, c.Item(), version, r)
		}
		return rule(ctx, tx, a, c, r)
	})
	if errors.Is(err, approval.ErrOwn) {
		return s.db.Deny(ctx, a, authz.FTMChipDecide)
	}
	return done("decide on FTM chip", err)
}

// RequestChanges gives a chip back to its provider (approval.Kind.RequestChanges).
// Permission and errors are Decide's, and those of the words.
func (s *Service) RequestChanges(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, lines []approval.Line, note string) error {
	r, err := Kind.RequestChanges(lines, note)
	return s.decideWith(ctx, a, cid, version, r, err)
}

// Reject turns a chip down for good, and refuses its certificate; reason (1 to
// approval.MaxWords characters) is mailed to the provider, who may register the
// model anew. Permission and errors are Decide's, and *problem.InvalidError "reason".
func (s *Service) Reject(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, reason string) error {
	r, err := approval.Reject(reason)
	return s.decideWith(ctx, a, cid, version, r, err)
}

// decideWith keeps what is wrong with the words from those who may not decide anyway.
func (s *Service) decideWith(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, r approval.Ruling, wrong error) error {
	if wrong != nil && a.May(authz.FTMChipDecide) {
		return wrong
	}
	return s.Decide(ctx, a, cid, version, r)
}

// rule carries a decision out on a chip that is locked and waits.
func rule(ctx context.Context, tx *pg.Tx, a authz.Actor, c Chip, r approval.Ruling) (audit.Event, error) {
	held, err := certificatesOf(ctx, tx, c.ID, tx.Now())
	if err != nil {
		return audit.Event{}, err
	}
	w := held.Waiting()
	if w == nil {
		return audit.Event{}, problem.ErrConflict
	}
	if r.To == approval.Approved {
		if err := fit(ctx, tx, c, *w); err != nil {
			return audit.Event{}, err
		}
	}
	if err := Kind.Rule(ctx, tx, a, r, c.Item()); err != nil {
		return audit.Event{}, err
	}
	follows := rulings[r.To]
	if follows.cert != "" {
		if err := settle(ctx, tx, a, *w, follows.cert, r.Reason); err != nil {
			return audit.Event{}, ownCertificate(err)
		}
	}
	if r.To == approval.Approved {
		if err := c.publish(ctx, tx, webhook.FTMChipApproved, w); err != nil {
			return audit.Event{}, err
		}
	}
	return c.event(follows.action, r.Detail()), Kind.TellProvider(ctx, tx, a, c.PartnerID, follows.mail, c.news(r.Words()))
}

// fit refuses to put a certificate into service that would not count: the provider
// is not active, or the certificate has expired or lost its chain since it was sent.
// Its authorities stay as they are until the end of the transaction.
func fit(ctx context.Context, tx *pg.Tx, c Chip, w Certificate) error {
	if err := c.blocked(); err != nil {
		return err
	}
	if _, err := pg.Values[bool](ctx, tx, `select true from ca_certificates where id = any(@chain) order by id for share`, pg.Args{"chain": w.Chain}); err != nil {
		return err
	}
	now, err := pg.Value[Soundness](ctx, tx, `select `+soundness+` from ftm_chip_certificates c where c.id = @id`, pg.Args{"id": w.ID, "now": tx.Now()})
	if err == nil && (now == Expired || now == Orphaned) {
		err = &problem.ConflictError{Key: "ftm_chip.conflict.certificate." + string(now), Args: []any{"When", w.NotAfter}}
	}
	return err
}

// ownCertificate is a decision on a certificate that the actor uploaded (security.md
// AUT-6), which the table refuses as well.
func ownCertificate(err error) error {
	if pg.Violates(err, "ftm_chip_certificates_four_eyes_check") {
		return approval.ErrOwn
	}
	return err
}

// publish tells other systems of a chip with its certificate in service.
func (c Chip) publish(ctx context.Context, tx *pg.Tx, t webhook.Type, cert *Certificate) error {
	if cert == nil {
		return problem.ErrConflict // approved chips have one
	}
	return webhook.Publish(ctx, tx, webhook.Event{Type: t, Partner: c.PartnerID, Data: map[string]any{
		"ftm_chip": c.ID.String(), "partner": c.PublicID, "make": c.Make, "model": c.Model,
		"thumbprint": hex.EncodeToString(cert.Thumbprint), "not_after": cert.NotAfter.Format(time.RFC3339),
	}})
}

// Deactivate ends an approved chip for a reason (1 to approval.MaxWords
// characters): it does not count any more. A certificate that waits goes on
// waiting, for a return. version is the row version that the actor looked at.
//
// It needs authz.FTMChipDeactivate, and reaches a provider's own only. Errors:
// problem.ErrNotFound; *problem.InvalidError "reason"; *problem.ConflictError when
// somebody was faster. A second click is no error.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, reason string) error {
	if !a.May(authz.FTMChipDeactivate) {
		return s.db.Deny(ctx, a, authz.FTMChipDeactivate)
	}
	reason, err := approval.Reason(reason)
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, a, authz.FTMChipDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, a.Scope(), cid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Status == approval.Deactivated && c.Version == version+1 && *c.EndedBy == a.User && c.EndedReason == reason:
			return audit.Event{}, approval.ErrReplayed
		case c.Status != approval.Approved || c.Version != version:
			return audit.Event{}, c.meanwhile()
		}
		if err := Kind.End(ctx, tx, a, approval.Deactivated, reason, c.Item()); err != nil {
			return audit.Event{}, err
		}
		return c.moved(ctx, tx, a, audit.FTMChipDeactivated, mail.ApprovalDeactivated, webhook.FTMChipDeactivated, moved(c.Status, approval.Deactivated, reason), reason)
	})
	return done("deactivate FTM chip", err)
}

// Reactivate gives a deactivated chip its approval back, for a reason (1 to
// approval.MaxWords characters). It needs authz.FTMChipDecide. Errors:
// problem.ErrNotFound; *problem.InvalidError "reason"; *problem.ConflictError when
// somebody was faster, the provider is not active, or has registered the model anew
// meanwhile. A second click is no error.
func (s *Service) Reactivate(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, reason string) error {
	if !a.May(authz.FTMChipDecide) {
		return s.db.Deny(ctx, a, authz.FTMChipDecide)
	}
	reason, err := approval.Reason(reason)
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, a, authz.FTMChipDecide, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, a.Scope(), cid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Status == approval.Approved && c.Version == version+1:
			return audit.Event{}, approval.ErrReplayed
		case c.Status != approval.Deactivated || c.Version != version:
			return audit.Event{}, c.meanwhile()
		}
		if err := c.blocked(); err != nil {
			return audit.Event{}, err
		}
		if err := Kind.Return(ctx, tx, c.Item()); err != nil {
			return audit.Event{}, err
		}
		return c.moved(ctx, tx, a, audit.FTMChipReactivated, mail.ApprovalReactivated, webhook.FTMChipReactivated, moved(c.Status, approval.Approved, reason), reason)
	})
	if pg.Violates(err, "ftm_chips_model_key") {
		err = &problem.ConflictError{Key: "ftm_chip.conflict.model_taken"}
	}
	return done("re-activate FTM chip", err)
}

// moved tells of an end or a return.
func (c Chip) moved(ctx context.Context, tx *pg.Tx, a authz.Actor, action audit.Action, what mail.Kind, t webhook.Type,
	detail []audit.Change, reason string,
) (audit.Event, error) {
	held, err := certificatesOf(ctx, tx, c.ID, tx.Now())
	if err != nil {
		return audit.Event{}, err
	}
	if err := c.publish(ctx, tx, t, held.InService()); err != nil {
		return audit.Event{}, err
	}
	return c.event(action, detail), Kind.TellProvider(ctx, tx, a, c.PartnerID, what, c.news(reason))
}
