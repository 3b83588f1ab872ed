package device

import (
	"context"
	"errors"
	"maps"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/sbi"
)

// Input is a device as its form sends it. The form of a new one proposes the ID, so
// that the same form sent twice is one device (security.md CON-3).
type Input struct {
	ID          id.Device
	SBI         id.SBI
	Kind        string // KindValue of a type and a sub-type
	Make, Model string
}

// check is the model that an input means, its texts trimmed; types are those that
// it may be of, and what it is of already. *problem.InvalidError names the inputs
// "device_type", "make" and "model" (domain.md §3.7).
func (in Input) check(types devicetype.Types) (model, error) {
	m := model{ID: in.ID}
	var f problem.Fields
	var ok bool
	if m.Type, m.SubType, ok = parseKind(in.Kind); ok {
		var t devicetype.Type
		var s devicetype.SubType
		if t, s, ok = types.ByID(m.Type, m.SubType); ok {
			m.Kind = kindOf(t.Code, s.Code)
		}
	}
	if !ok {
		f.Add(FieldType, "device.problem.type")
	}
	m.Make = f.Line(FieldMake, in.Make, MaxName, true)
	m.Model = f.Line(FieldModel, in.Model, MaxName, true)
	return m, f.Err()
}

// Register registers a device of the actor's own partner for one of its SBIs, and
// mails every Partner Admin. It needs authz.DeviceSend. Errors:
// *problem.InvalidError by the inputs "device_type", "make", "model" and "sbi" – an SBI
// that does not count is one –; *RegisteredError for a model that is registered and
// has not ended; a *problem.ConflictError at the limit of devices (security.md
// LIM-4). The same form sent twice is no error.
func (s *Service) Register(ctx context.Context, a authz.Actor, in Input) error {
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		if err := holdPartner(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		types, err := devicetype.Load(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		m, err := in.check(types.Usable())
		b, err := s.choose(ctx, tx, a, in.SBI, err)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.vacant(ctx, tx, a, m); err != nil {
			return audit.Event{}, err
		}
		if err := s.roomFor(ctx, tx, a.Partner, 1); err != nil {
			return audit.Event{}, err
		}
		return s.register(ctx, tx, a, b, m)
	})
	return change("register device", err)
}

func (s *Service) register(ctx context.Context, tx *pg.Tx, a authz.Actor, b sbi.SBI, m model) (audit.Event, error) {
	if err := insertRow(ctx, tx, a, b, m); err != nil {
		return audit.Event{}, err
	}
	news := approval.News{Names: []string{m.name()}, Organisation: b.Organisation, Path: "/devices/" + m.ID.String()}
	return registered(b, m), Things.TellStaff(ctx, tx, news)
}

// choose holds the SBI that a device is to be for: one of the actor's own that
// counts. Anything else is said at the input "sbi", behind what is wrong already.
func (s *Service) choose(ctx context.Context, tx *pg.Tx, a authz.Actor, sid id.SBI, before error) (sbi.SBI, error) {
	var f problem.Fields
	if before != nil && !f.AddError(before) {
		return sbi.SBI{}, before
	}
	b, err := sbi.Hold(ctx, tx, own(a), sid, "for share")
	switch {
	case errors.Is(err, problem.ErrNotFound):
		f.Add(FieldSBI, "device.problem.sbi")
	case err != nil:
		return sbi.SBI{}, err
	case !b.Counts(s.dayOf(tx.Now())):
		f.Add(FieldSBI, "device.problem.sbi_counts", "Version", b.SBIVersion)
	}
	return b, f.Err()
}

// vacant makes sure that a model is not registered yet. A form that was sent before
// ends the transaction as a second click.
func (s *Service) vacant(ctx context.Context, tx *pg.Tx, a authz.Actor, m model) error {
	there, err := pg.All[struct {
		ID   id.Device
		Same bool
	}](ctx, tx, `
		select d.id, d.type_id = @type and d.sub_type_id = @sub and lower(d.make) = lower(@make) and lower(d.model) = lower(@model) as same
		from devices d
		where d.partner_id = @partner and (d.id = @id or `+live+` and d.type_id = @type and d.sub_type_id = @sub
			and lower(d.make) = lower(@make) and lower(d.model) = lower(@model))`,
		pg.Args{"partner": a.Partner, "id": m.ID, "type": m.Type, "sub": m.SubType, "make": m.Make, "model": m.Model})
	if err != nil {
		return err
	}
	for _, d := range there {
		if d.ID == m.ID && d.Same {
			return approval.ErrReplayed
		}
	}
	switch {
	case len(there) == 0:
		return nil
	case there[0].ID == m.ID:
		return problem.ErrConflict // the form was sent with another device in it
	}
	return &RegisteredError{ID: there[0].ID}
}

// Edit sends a device again with other answers, while nobody has decided finally:
// what waits goes back to the end of the queue, what was given back is sent anew.
// version is the row version that the actor looked at; in.ID is the device.
//
// It needs authz.DeviceSend and reaches the own partner's only. Errors are
// Register's, and problem.ErrNotFound; problem.ErrBadRequest when an answer differs
// that Standing.Open does not name; a *problem.ConflictError when it was decided on
// or changed meanwhile. Sending the same twice is no error.
func (s *Service) Edit(ctx context.Context, a authz.Actor, version int, in Input) error {
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		if _, err := deviceByID(ctx, tx, own(a), in.ID); err != nil {
			return audit.Event{}, err
		}
		if err := holdPartner(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		types, err := devicetype.Load(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		m, err := in.check(types)
		b, err := s.choose(ctx, tx, a, in.SBI, err)
		if err != nil {
			return audit.Event{}, err
		}
		d, err := holdOne(ctx, tx, own(a), in.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if !d.Status.Undecided() || d.Version != version {
			return audit.Event{}, notOpen(d, version, m.answers(b))
		}
		return s.edit(ctx, tx, a, d, b, m, types)
	})
	return change("edit device", err)
}

// edit carries Edit out on a device that is locked and undecided.
func (s *Service) edit(ctx context.Context, tx *pg.Tx, a authz.Actor, d Device, b sbi.SBI, m model, types devicetype.Types) (audit.Event, error) {
	if _, _, usable := types.Usable().ByID(m.Type, m.SubType); !usable && (m.Type != d.TypeID || m.SubType != d.SubTypeID) {
		return audit.Event{}, problem.Invalid(FieldType, "device.problem.type")
	}
	if maps.Equal(d.Answers(), m.answers(b)) && d.Status == approval.PendingApproval {
		return audit.Event{}, approval.ErrReplayed // nothing to send: it keeps its place in the queue
	}
	trail, err := Things.TrailOf(ctx, tx, d.ID.UUID)
	if err != nil {
		return audit.Event{}, err
	}
	if err := Things.Keeps((Standing{d, trail}).Open(s.dayOf(tx.Now())), d.Answers(), m.answers(b)); err != nil {
		return audit.Event{}, err
	}
	if err := updateRow(ctx, tx, d, b, m); err != nil {
		return audit.Event{}, err
	}
	err = Things.Send(ctx, tx, a, approval.Sent{ID: d.ID.UUID, Number: d.Submission + 1, Answers: m.answers(b)})
	if err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(d.Status), string(approval.PendingApproval))
	for _, x := range Things.Differences(d.Answers(), m.answers(b)) {
		detail = audit.Diff(detail, x.Field, x.Before, x.After)
	}
	news := approval.News{Names: []string{m.name()}, Organisation: d.Organisation, Path: d.path()}
	return d.event(audit.DeviceResent, detail), Things.TellStaff(ctx, tx, news)
}

func insertRow(ctx context.Context, tx *pg.Tx, a authz.Actor, b sbi.SBI, m model) error {
	_, err := tx.Exec(ctx, `
		insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, registered_by, created_at, updated_at)
		values (@id, @partner, @sbi, @type, @sub, @make, @model, 'pending_approval', @now, @by, @now, @now)`,
		pg.Args{
			"id": m.ID, "partner": b.PartnerID, "sbi": b.ID, "type": m.Type, "sub": m.SubType, "make": m.Make, "model": m.Model,
			"now": tx.Now(), "by": a.User,
		})
	if pg.Violates(err, "devices_pkey") { // of another provider's device: no form of ours proposes that
		return problem.ErrConflict
	}
	if err != nil {
		return err
	}
	return Things.Send(ctx, tx, a, approval.Sent{ID: m.ID.UUID, Number: 1, Answers: m.answers(b)})
}

// updateRow is the one statement that decides who was first (security.md CON-2).
func updateRow(ctx context.Context, tx *pg.Tx, d Device, b sbi.SBI, m model) error {
	err := pg.Exec1(ctx, tx, `
		update devices set sbi_id = @sbi, type_id = @type, sub_type_id = @sub, make = @make, model = @model,
			status = 'pending_approval', submission = submission + 1, submitted_at = @now, version = version + 1, updated_at = @now
		where id = @id and version = @version and status in ('pending_approval', 'changes_requested')`,
		pg.Args{
			"id": d.ID, "version": d.Version, "sbi": b.ID, "type": m.Type, "sub": m.SubType, "make": m.Make, "model": m.Model, "now": tx.Now(),
		})
	if pg.Violates(err, "devices_model_key") {
		err = problem.Invalid(FieldModel, "device.problem.registered")
	}
	return err
}

// notOpen says why a device cannot be sent again now.
func notOpen(d Device, version int, sent approval.Answers) error {
	switch {
	case d.Status == approval.PendingApproval && d.Version == version+1 && maps.Equal(sent, d.Answers()):
		return approval.ErrReplayed
	case d.Status.Undecided():
		return &problem.ConflictError{Key: "device.conflict.changed", Args: []any{"When", d.UpdatedAt}}
	}
	return closed(d)
}

// closed says that a device was decided on or ended.
func closed(d Device) error {
	return &problem.ConflictError{Key: "approval.conflict." + string(d.Status)}
}

// Withdraw takes back a device that nobody has decided on. It needs
// authz.DeviceSend and reaches the own partner's only. Errors: problem.ErrNotFound;
// *problem.ConflictError when it was decided on or changed meanwhile. A second
// click is no error.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, did id.Device, version int) error {
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		d, err := holdOne(ctx, tx, own(a), did)
		switch {
		case err != nil:
			return audit.Event{}, err
		case d.Status == approval.Withdrawn:
			return audit.Event{}, approval.ErrReplayed
		case !d.Status.Undecided():
			return audit.Event{}, closed(d)
		case d.Version != version:
			return audit.Event{}, &problem.ConflictError{Key: "device.conflict.changed", Args: []any{"When", d.UpdatedAt}}
		}
		return d.event(audit.DeviceWithdrawn, audit.Diff(nil, "status", string(d.Status), string(approval.Withdrawn))),
			Things.End(ctx, tx, a, approval.Withdrawn, "", d.Item())
	})
	return change("withdraw device", err)
}
