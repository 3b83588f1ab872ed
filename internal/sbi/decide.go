package sbi

import (
	"context"
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

// outcomes are what the log and the mail call each ruling.
var outcomes = map[approval.Status]struct {
	action audit.Action
	mail   mail.Kind
}{
	approval.Approved:         {audit.SBIApproved, mail.ApprovalApproved},
	approval.ChangesRequested: {audit.SBIReturned, mail.ApprovalReturned},
	approval.Rejected:         {audit.SBIRejected, mail.ApprovalRejected},
}

// Approve lets devices be registered for an SBI that waits. version is the row
// version that the actor looked at. It mails the provider's people and tells other
// systems.
//
// It needs authz.SBIDecide. Errors: problem.ErrNotFound; a *problem.ConflictError
// when somebody decided meanwhile, the provider sent something newer, is not active,
// or the SBI's last day is over (security.md CON-2, CON-4); problem.ErrDenied for
// what the actor sent (AUT-6). Sending the same decision twice is no error.
func (s *Service) Approve(ctx context.Context, a authz.Actor, sid id.SBI, version int) error {
	return s.decide(ctx, a, sid, version, approval.Approve())
}

// RequestChanges gives an SBI back to its provider: lines say which answers to
// change, note what fits none. Permission and errors are Approve's, but for those of
// what counts; and those of approval.Kind.RequestChanges.
func (s *Service) RequestChanges(ctx context.Context, a authz.Actor, sid id.SBI, version int, lines []approval.Line, note string) error {
	r, err := Things.RequestChanges(lines, note)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.SBIDecide, err)
	}
	return s.decide(ctx, a, sid, version, r)
}

// Reject turns an SBI down for good; the reason (1 to approval.MaxWords characters)
// is shown to the provider and mailed to it. The version can be registered anew.
// Permission and errors are RequestChanges'; *problem.InvalidError names "reason".
func (s *Service) Reject(ctx context.Context, a authz.Actor, sid id.SBI, version int, reason string) error {
	r, err := approval.Reject(reason)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.SBIDecide, err)
	}
	return s.decide(ctx, a, sid, version, r)
}

// decide moves the SBI, writes the decision and tells of it, all or nothing.
func (s *Service) decide(ctx context.Context, a authz.Actor, sid id.SBI, version int, r approval.Ruling) error {
	err := s.db.Change(ctx, a, authz.SBIDecide, func(tx *pg.Tx) (audit.Event, error) {
		x, err := Hold(ctx, tx, a.Scope(), sid, "for update")
		if err != nil {
			return audit.Event{}, err
		}
		if x.Status != approval.PendingApproval || x.Version != version {
			return audit.Event{}, Things.Late(ctx, tx, a, x.Item(), version, r)
		}
		if r.To == approval.Approved {
			if err := x.Approvable(s.dayOf(tx.Now())); err != nil {
				return audit.Event{}, err
			}
		}
		if err := Things.Rule(ctx, tx, a, r, x.Item()); err != nil {
			return audit.Event{}, err
		}
		if r.To == approval.Approved {
			if err := x.publish(ctx, tx, webhook.SBIApproved); err != nil {
				return audit.Event{}, err
			}
		}
		o := outcomes[r.To]
		return x.event(o.action, r.Detail()), Things.TellProvider(ctx, tx, a, x.PartnerID, o.mail, x.news(r.Words()))
	})
	if errors.Is(err, approval.ErrOwn) {
		return s.db.Deny(ctx, a, authz.SBIDecide)
	}
	return s.change("decide on SBI", err)
}

// Approvable is why an SBI cannot be approved, or given its approval back, on a day:
// a *problem.ConflictError; nil if it can.
func (x SBI) Approvable(today time.Time) error {
	if err := x.active(); err != nil {
		return err
	}
	if x.Expired(today) {
		return &problem.ConflictError{Key: "sbi.conflict.expired"}
	}
	return nil
}

// Ready is nil if an approved SBI can be ended, or a deactivated one given back, as
// the actor's page showed it; approval.ErrReplayed for a second click, else a
// *problem.ConflictError. version is the row version that it showed.
func (x SBI) Ready(version int, to approval.Status) error {
	switch {
	case x.Version == version && Statuses.Can(x.Status, to) && (to == approval.Deactivated || x.Status == approval.Deactivated):
		return nil
	case x.Status == to && x.Version == version+1:
		return approval.ErrReplayed
	}
	return &problem.ConflictError{Key: "sbi.conflict.moved." + string(x.Status), Args: []any{"When", x.UpdatedAt}}
}

// End deactivates an approved SBI that Hold has locked for update, mails its
// provider and tells other systems. The reason was checked (approval.Reason). Its
// devices the caller ends in the same transaction, and returns the event that tells
// of the SBI or adds it.
func End(ctx context.Context, tx *pg.Tx, a authz.Actor, x SBI, reason string) (audit.Event, error) {
	if err := Things.End(ctx, tx, a, approval.Deactivated, reason, x.Item()); err != nil {
		return audit.Event{}, err
	}
	if err := x.publish(ctx, tx, webhook.SBIDeactivated); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(x.Status), string(approval.Deactivated))
	return x.event(audit.SBIDeactivated, audit.Diff(detail, "reason", "", reason)),
		Things.TellProvider(ctx, tx, a, x.PartnerID, mail.ApprovalDeactivated, x.news(reason))
}

// Return gives a deactivated SBI its approval back; whether it counts its last day
// says, as before. The rest is End's.
func Return(ctx context.Context, tx *pg.Tx, a authz.Actor, x SBI, reason string) (audit.Event, error) {
	if err := Things.Return(ctx, tx, x.Item()); err != nil {
		return audit.Event{}, err
	}
	if err := x.publish(ctx, tx, webhook.SBIReactivated); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(x.Status), string(approval.Approved))
	return x.event(audit.SBIReactivated, audit.Diff(detail, "reason", "", reason)),
		Things.TellProvider(ctx, tx, a, x.PartnerID, mail.ApprovalReactivated, x.news(reason))
}

// publish tells other systems of an SBI, by the names that they know.
func (x SBI) publish(ctx context.Context, tx *pg.Tx, t webhook.Type) error {
	a := x.Answers()
	return webhook.Publish(ctx, tx, webhook.Event{Type: t, Partner: x.PartnerID, Data: map[string]any{
		"sbi": x.ID.String(), "sbi_version": x.SBIVersion, "partner": x.PublicID, "hash": a[FieldHash], "expires_on": a[FieldExpiresOn],
	}})
}
