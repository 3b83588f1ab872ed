package device

import (
	"context"

	"github.com/google/uuid"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/sbi"
	"portal/internal/webhook"
)

// ReachOf is how many devices stand on an SBI: those that are approved, and those
// that nobody has decided on. What ends with it, its page says before.
func ReachOf(ctx context.Context, q pg.Querier, sid id.SBI) (approved, pending int, err error) {
	n, err := pg.One[struct{ Approved, Pending int }](ctx, q, `
		select count(*) filter (where status = 'approved')::integer as approved,
			count(*) filter (where status <> 'approved')::integer as pending
		from devices where sbi_id = @sbi and status in ('approved', 'pending_approval', 'changes_requested')`, pg.Args{"sbi": sid})
	return n.Approved, n.Pending, err
}

// ReachOf is ReachOf for screens.
func (s *Service) ReachOf(ctx context.Context, sid id.SBI) (approved, pending int, err error) {
	return ReachOf(ctx, s.db.Read(), sid)
}

// Returning is how many devices come back with an SBI that is given back, and how
// many stay where they are, because their model is registered anew.
type Returning struct{ Back, Stay int }

// replaced says that a model of devices d is registered anew.
const replaced = `exists (select 1 from devices n where n.partner_id = d.partner_id and n.type_id = d.type_id and n.sub_type_id = d.sub_type_id
	and lower(n.make) = lower(d.make) and lower(n.model) = lower(d.model) and n.status not in ('rejected', 'withdrawn', 'deactivated'))`

// ReturningOf reads it for an SBI that is deactivated.
func (s *Service) ReturningOf(ctx context.Context, sid id.SBI) (Returning, error) {
	return pg.One[Returning](ctx, s.db.Read(), `
		select count(*) filter (where not taken)::integer as back, count(*) filter (where taken)::integer as stay
		from (select `+replaced+` as taken from devices d where d.sbi_id = @sbi and d.ended_with_sbi) as ended`, pg.Args{"sbi": sid})
}

// DeactivateSBI ends an approved SBI, for a reason of 1 to approval.MaxWords
// characters, with its devices: approved ones are deactivated, those that nobody
// has decided on are withdrawn. version is the row version that the actor looked
// at. It needs authz.SBIDeactivate and reaches the actor's scope. Errors:
// problem.ErrNotFound; the input "reason"; a *problem.ConflictError when it is not
// approved any more. The same sent twice is no error.
func (s *Service) DeactivateSBI(ctx context.Context, a authz.Actor, sid id.SBI, version int, reason string) error {
	reason, wrong := approval.Reason(reason)
	err := s.db.Change(ctx, a, authz.SBIDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		b, err := sbi.Hold(ctx, tx, a.Scope(), sid, "for update")
		switch {
		case err != nil:
			return audit.Event{}, err
		case wrong != nil:
			return audit.Event{}, wrong
		}
		if err := b.Ready(version, approval.Deactivated); err != nil {
			return audit.Event{}, err
		}
		if err := s.endDevices(ctx, tx, a, sid, reason); err != nil {
			return audit.Event{}, err
		}
		return sbi.End(ctx, tx, a, b, reason)
	})
	return change("deactivate SBI", err)
}

// endDevices ends what stands on an SBI that is locked.
func (s *Service) endDevices(ctx context.Context, tx *pg.Tx, a authz.Actor, sid id.SBI, reason string) error {
	ids, err := pg.Values[uuid.UUID](ctx, tx, `
		select id from devices where sbi_id = @sbi and status in ('approved', 'pending_approval', 'changes_requested') order by id for update`,
		pg.Args{"sbi": sid})
	if err != nil || len(ids) == 0 {
		return err
	}
	all, err := devicesByID(ctx, tx, a.Scope(), ids)
	if err != nil {
		return err
	}
	var ended, open []Device
	for _, d := range all {
		if d.Status == approval.Approved {
			ended = append(ended, d)
		} else {
			open = append(open, d)
		}
	}
	if err := end(ctx, tx, a, approval.Withdrawn, audit.DeviceWithdrawn, reason, open); err != nil {
		return err
	}
	if err := end(ctx, tx, a, approval.Deactivated, audit.DeviceDeactivated, reason, ended); err != nil || len(ended) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `update devices set ended_with_sbi = true where id = any(@ids)`, pg.Args{"ids": idsOf(ended)}); err != nil {
		return err
	}
	return publish(ctx, tx, webhook.DeviceDeactivated, ended)
}

// end moves devices to one of the states in which they have ended, and tells of
// each.
func end(ctx context.Context, tx *pg.Tx, a authz.Actor, to approval.Status, action audit.Action, reason string, all []Device) error {
	if len(all) == 0 {
		return nil
	}
	if err := Things.End(ctx, tx, a, to, reason, items(all)...); err != nil {
		return err
	}
	for _, d := range all {
		detail := audit.Diff(nil, "status", string(d.Status), string(to))
		detail = audit.Diff(detail, "sbi", "", d.SBIVersion)
		tx.Also(d.event(action, audit.Diff(detail, "reason", "", reason)))
	}
	return nil
}

// ReactivateSBI gives a deactivated SBI its approval back, for a reason of 1 to
// approval.MaxWords characters, and with it those of its devices that were approved
// until then. One whose model is registered anew stays
// deactivated (see ReturningOf). It needs authz.SBIDecide. Errors:
// problem.ErrNotFound; the input "reason"; a *problem.ConflictError when it is not deactivated any
// more, cannot count again, or its devices have no room. The same sent twice is no
// error.
func (s *Service) ReactivateSBI(ctx context.Context, a authz.Actor, sid id.SBI, version int, reason string) error {
	reason, wrong := approval.Reason(reason)
	err := s.db.Change(ctx, a, authz.SBIDecide, func(tx *pg.Tx) (audit.Event, error) {
		pid, err := pg.Value[id.Partner](ctx, tx, `select partner_id from sbis where id = @id and (@all or partner_id = @scope)`,
			pg.Args{"id": sid, "all": a.Scope().All, "scope": a.Partner})
		if err != nil {
			return audit.Event{}, err
		}
		if err := holdPartner(ctx, tx, pid); err != nil {
			return audit.Event{}, err
		}
		b, err := sbi.Hold(ctx, tx, a.Scope(), sid, "for update")
		switch {
		case err != nil:
			return audit.Event{}, err
		case wrong != nil:
			return audit.Event{}, wrong
		}
		if err := b.Ready(version, approval.Approved); err != nil {
			return audit.Event{}, err
		}
		if err := b.Approvable(s.dayOf(tx.Now())); err != nil {
			return audit.Event{}, err
		}
		back, err := s.returnDevices(ctx, tx, a, b)
		if err != nil {
			return audit.Event{}, err
		}
		event, err := sbi.Return(ctx, tx, a, b, reason)
		if err != nil || len(back) == 0 {
			return event, err
		}
		return event, publish(ctx, tx, webhook.DeviceReactivated, back)
	})
	return change("reactivate SBI", err)
}

// returnDevices gives the devices back that ended with an SBI; the partner is
// locked, so that nobody registers one of the models meanwhile.
func (s *Service) returnDevices(ctx context.Context, tx *pg.Tx, a authz.Actor, b sbi.SBI) ([]Device, error) {
	ids, err := pg.Values[uuid.UUID](ctx, tx, `
		select d.id from devices d where d.sbi_id = @sbi and d.ended_with_sbi and not `+replaced+` order by d.id for update`, pg.Args{"sbi": b.ID})
	if err != nil {
		return nil, err
	}
	// The flag goes first: a device that is not deactivated cannot have it, and one
	// that stays behind must not come back another time.
	if _, err := tx.Exec(ctx, `update devices set ended_with_sbi = false where sbi_id = @sbi and ended_with_sbi`, pg.Args{"sbi": b.ID}); err != nil || len(ids) == 0 {
		return nil, err
	}
	if err := s.roomFor(ctx, tx, b.PartnerID, len(ids)); err != nil {
		return nil, err
	}
	all, err := devicesByID(ctx, tx, a.Scope(), ids)
	if err != nil {
		return nil, err
	}
	if err := Things.Return(ctx, tx, items(all)...); err != nil {
		return nil, err
	}
	for _, d := range all {
		detail := audit.Diff(nil, "status", string(d.Status), string(approval.Approved))
		tx.Also(d.event(audit.DeviceReactivated, audit.Diff(detail, "sbi", "", d.SBIVersion)))
	}
	return all, nil
}

func idsOf(all []Device) []uuid.UUID {
	ids := make([]uuid.UUID, len(all))
	for i, d := range all {
		ids[i] = d.ID.UUID
	}
	return ids
}
