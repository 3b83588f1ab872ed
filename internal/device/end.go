package device

import (
	"context"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Deactivate ends an approved device, for a reason of 1 to approval.MaxWords
// characters, and mails its provider's people. version is the row version that the
// actor looked at. It needs authz.DeviceDeactivate and reaches the actor's scope.
// Errors: problem.ErrNotFound; the input "reason"; a *problem.ConflictError when it
// is not approved any more. The same sent twice is no error.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, did id.Device, version int, reason string) error {
	reason, wrong := approval.Reason(reason)
	err := s.db.Change(ctx, a, authz.DeviceDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		d, err := holdOne(ctx, tx, a.Scope(), did)
		switch {
		case err != nil:
			return audit.Event{}, err
		case wrong != nil:
			return audit.Event{}, wrong
		case d.Status == approval.Deactivated && d.Version == version+1 && d.EndedReason == reason:
			return audit.Event{}, approval.ErrReplayed
		case d.Status != approval.Approved || d.Version != version:
			return audit.Event{}, closed(d)
		}
		if err := Things.End(ctx, tx, a, approval.Deactivated, reason, d.Item()); err != nil {
			return audit.Event{}, err
		}
		if err := publish(ctx, tx, webhook.DeviceDeactivated, []Device{d}); err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "status", string(d.Status), string(approval.Deactivated))
		return d.event(audit.DeviceDeactivated, audit.Diff(detail, "reason", "", reason)),
			tellProviders(ctx, tx, a, mail.ApprovalDeactivated, reason, []Device{d})
	})
	return change("deactivate device", err)
}

// Reactivate gives a deactivated device its approval back, for a reason of 1 to
// approval.MaxWords characters, and mails its provider's people. It needs
// authz.DeviceDecide. Errors: problem.ErrNotFound; the input "reason"; a
// *problem.ConflictError when it is not deactivated any more, the provider is not
// active, its SBI does not count, the provider has no room for it, or the model is
// registered anew. The same sent twice is no error.
func (s *Service) Reactivate(ctx context.Context, a authz.Actor, did id.Device, version int, reason string) error {
	reason, wrong := approval.Reason(reason)
	err := s.db.Change(ctx, a, authz.DeviceDecide, func(tx *pg.Tx) (audit.Event, error) {
		d, err := deviceByID(ctx, tx, a.Scope(), did)
		if err != nil {
			return audit.Event{}, err
		}
		if err := holdPartner(ctx, tx, d.PartnerID); err != nil {
			return audit.Event{}, err
		}
		d, err = holdOne(ctx, tx, a.Scope(), did)
		switch {
		case err != nil:
			return audit.Event{}, err
		case wrong != nil:
			return audit.Event{}, wrong
		case d.Status == approval.Approved && d.Version == version+1:
			return audit.Event{}, approval.ErrReplayed
		case d.Status != approval.Deactivated || d.Version != version:
			return audit.Event{}, closed(d)
		}
		if err := d.Halt(s.dayOf(tx.Now())); err != nil {
			return audit.Event{}, err
		}
		if err := s.roomFor(ctx, tx, d.PartnerID, 1); err != nil {
			return audit.Event{}, err
		}
		return giveBack(ctx, tx, a, d, reason)
	})
	if pg.Violates(err, "devices_model_key") {
		err = &problem.ConflictError{Key: "device.conflict.registered"}
	}
	return change("reactivate device", err)
}

func giveBack(ctx context.Context, tx *pg.Tx, a authz.Actor, d Device, reason string) (audit.Event, error) {
	// The flag goes first: a device that is not deactivated cannot have it.
	_, err := tx.Exec(ctx, `update devices set ended_with_sbi = false where id = @id`, pg.Args{"id": d.ID})
	if err != nil {
		return audit.Event{}, err
	}
	if err := Things.Return(ctx, tx, d.Item()); err != nil {
		return audit.Event{}, err
	}
	if err := publish(ctx, tx, webhook.DeviceReactivated, []Device{d}); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(d.Status), string(approval.Approved))
	return d.event(audit.DeviceReactivated, audit.Diff(detail, "reason", "", reason)),
		tellProviders(ctx, tx, a, mail.ApprovalReactivated, reason, []Device{d})
}
