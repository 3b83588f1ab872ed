package device

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/internal/webhook"
)

// Move puts an approved device of the actor's own partner under another of its SBIs
// that counts; it stays approved. version is the row version that the actor looked
// at. It needs authz.DeviceSend. Errors: problem.ErrNotFound; the input "sbi"; a
// *problem.ConflictError when the device is not approved any more. Sending the same
// twice is no error.
func (s *Service) Move(ctx context.Context, a authz.Actor, did id.Device, version int, to id.SBI) error {
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		d, err := deviceByID(ctx, tx, own(a), did)
		if err != nil {
			return audit.Event{}, err
		}
		b, err := s.holdBoth(ctx, tx, a, d.SBIID, to)
		if err != nil {
			return audit.Event{}, err
		}
		d, err = holdOne(ctx, tx, own(a), did)
		switch {
		case err != nil:
			return audit.Event{}, err
		case d.SBIID == to: // it is there
			return audit.Event{}, approval.ErrReplayed
		case d.Status != approval.Approved || d.Version != version:
			return audit.Event{}, closed(d)
		}
		return move(ctx, tx, b, []Device{d})
	})
	return change("move device", err)
}

// TakeOver puts all approved devices of one SBI of the actor's own partner under
// another one that counts, at most MaxMany at once, and says how many. It needs
// authz.DeviceSend. Errors: problem.ErrNotFound; the input "sbi". Where there are
// none (any more) it is no error.
func (s *Service) TakeOver(ctx context.Context, a authz.Actor, from, to id.SBI) (int, error) {
	n := 0
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		n = 0
		if from == to {
			return audit.Event{}, problem.ErrBadRequest
		}
		b, err := s.holdBoth(ctx, tx, a, from, to)
		if err != nil {
			return audit.Event{}, err
		}
		ids, err := pg.Values[uuid.UUID](ctx, tx, `
			select id from devices where sbi_id = @sbi and status = 'approved' order by id limit @max for update`, pg.Args{"sbi": from, "max": MaxMany})
		if err != nil {
			return audit.Event{}, err
		}
		all, err := devicesByID(ctx, tx, own(a), ids)
		if err != nil {
			return audit.Event{}, err
		}
		if n = len(all); n == 0 {
			return audit.Event{}, approval.ErrReplayed
		}
		return move(ctx, tx, b, all)
	})
	return n, change("take devices over", err)
}

// holdBoth holds two SBIs of the actor's partner, in the order of the house, and
// gives the one that devices are to stand on.
func (s *Service) holdBoth(ctx context.Context, tx *pg.Tx, a authz.Actor, from, to id.SBI) (sbi.SBI, error) {
	if bytes.Compare(from.UUID[:], to.UUID[:]) < 0 {
		if _, err := sbi.Hold(ctx, tx, own(a), from, "for share"); err != nil {
			return sbi.SBI{}, err
		}
		return s.choose(ctx, tx, a, to, nil)
	}
	b, err := s.choose(ctx, tx, a, to, nil)
	if err != nil {
		return sbi.SBI{}, err
	}
	_, err = sbi.Hold(ctx, tx, own(a), from, "for share")
	return b, err
}

// move carries a move out on devices that are locked and approved.
func move(ctx context.Context, tx *pg.Tx, to sbi.SBI, all []Device) (audit.Event, error) {
	n, err := tx.Exec(ctx, `update devices set sbi_id = @to, version = version + 1, updated_at = @now where id = any(@ids) and status = 'approved'`,
		pg.Args{"to": to.ID, "ids": idsOf(all), "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	if n != int64(len(all)) {
		return audit.Event{}, problem.ErrConflict
	}
	moved := make([]Device, len(all))
	for i, d := range all {
		moved[i] = d
		moved[i].SBIID, moved[i].SBIVersion = to.ID, to.SBIVersion
	}
	if err := publish(ctx, tx, webhook.DeviceMoved, moved); err != nil {
		return audit.Event{}, err
	}
	return log(tx, all, audit.DeviceMoved, func(d Device) []audit.Change {
		return audit.Diff(nil, FieldSBI, d.SBIVersion, to.SBIVersion)
	}), nil
}

// Source is an SBI with approved devices that can be moved away.
type Source struct {
	ID         id.SBI
	SBIVersion string
	Devices    int
}

// Sources are those of the actor's own partner, newest first.
func (s *Service) Sources(ctx context.Context, a authz.Actor) ([]Source, error) {
	return pg.All[Source](ctx, s.db.Read(), `
		select b.id, b.sbi_version, x.devices from sbis b join (
			select sbi_id, count(*)::integer as devices from devices where partner_id = @partner and status = 'approved' group by sbi_id) x on x.sbi_id = b.id
		order by b.created_at desc, b.id desc`, pg.Args{"partner": a.Partner})
}
