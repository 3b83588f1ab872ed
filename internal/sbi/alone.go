package sbi

import (
	"context"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
)

// Deactivate ends an approved SBI, for a reason of 1 to approval.MaxWords characters.
// It needs authz.SBIDeactivate. Errors: problem.ErrNotFound; the input "reason";
// *problem.ConflictError as Ready's. A second click is no error.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, sid id.SBI, version int, reason string) error {
	return s.alone(ctx, a, authz.SBIDeactivate, sid, version, approval.Deactivated, reason, End)
}

// Reactivate gives a deactivated SBI its approval back. It needs authz.SBIDecide.
// Errors are Deactivate's.
func (s *Service) Reactivate(ctx context.Context, a authz.Actor, sid id.SBI, version int, reason string) error {
	return s.alone(ctx, a, authz.SBIDecide, sid, version, approval.Approved, reason, Return)
}

func (s *Service) alone(ctx context.Context, a authz.Actor, p authz.Permission, sid id.SBI, version int, to approval.Status, reason string,
	do func(context.Context, *pg.Tx, authz.Actor, SBI, string) (audit.Event, error),
) error {
	reason, wrong := approval.Reason(reason)
	err := s.db.Change(ctx, a, p, func(tx *pg.Tx) (audit.Event, error) {
		x, err := Hold(ctx, tx, a.Scope(), sid, "for update")
		if err == nil {
			err = wrong
		}
		if err == nil {
			err = x.Ready(version, to)
		}
		if err != nil {
			return audit.Event{}, err
		}
		return do(ctx, tx, a, x, reason)
	})
	return s.change("end SBI", err)
}
