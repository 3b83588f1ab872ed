package devicetype

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

var (
	// errUnchanged ends a Change that has nothing to change, without an event.
	errUnchanged = errors.New("unchanged")
	// errReplayed ends a Change whose form was sent before.
	errReplayed = errors.New("replayed")
)

// wrap names the work at the border of the package.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// hold keeps all others from changing types until the end of the transaction,
// and reads them. They change a few times a year, and their order is one thing.
func hold(ctx context.Context, tx *pg.Tx) (Types, error) {
	if _, err := tx.Exec(ctx, `lock table device_types in share row exclusive mode`, nil); err != nil {
		return nil, err
	}
	return Load(ctx, tx)
}

// fresh is the type of a page that shows this version of it; for an older page
// a problem.ErrConflict that says who was faster (security.md CON-1).
func fresh(ctx context.Context, tx *pg.Tx, a authz.Actor, ts Types, tid id.DeviceType, version int) (Type, error) {
	t, err := ts.One(tid)
	if err == nil && t.Version != version {
		err = pg.Stale(ctx, tx, a, audit.DeviceType, tid.String())
	}
	return t, err
}

// Create adds a type without sub-types. Permission: authz.DeviceTypeManage. A code
// that another type has, in whatever capitals, is an error of the field "code", and
// so is one more than MaxTypes. The same form sent again returns the type that it
// made (security.md CON-3); with other words in it, it is a conflict.
func (s *Service) Create(ctx context.Context, a authz.Actor, in Input) (Type, error) {
	var t Type
	if id.IsZero(in.ID) {
		in.ID = id.New[id.DeviceType]()
	}
	err := s.db.Change(ctx, a, authz.DeviceTypeManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := in.check()
		if err != nil {
			return audit.Event{}, err
		}
		ts, err := hold(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		if made, err := ts.One(in.ID); err == nil {
			t = made
			return audit.Event{}, s.replayed(ctx, tx, a, made, w)
		}
		if len(ts) >= MaxTypes {
			return audit.Event{}, problem.Invalid("code", "device_type.problem.too_many", "Max", MaxTypes)
		}
		t = Type{ID: in.ID, Code: w.Code, Label: w.Label, Version: 1, UpdatedAt: tx.Now()}
		after := placed(ts, func(Type) bool { return false }, t, w.Place)
		if err = insert(ctx, tx, t, a.User); err == nil {
			err = arrange(ctx, tx, "device_types", after, func(t Type) uuid.UUID { return t.ID.UUID })
		}
		return t.event(audit.DeviceTypeCreated, 0, changes(nil, "", t.Code, Label{}, t.Label)...), err
	})
	if errors.Is(err, errReplayed) {
		return t, nil
	}
	return t, wrap("create device type", taken(err))
}

// replayed is what a form that was sent before means, by what it made.
func (s *Service) replayed(ctx context.Context, tx *pg.Tx, a authz.Actor, made Type, sent Words) error {
	mine, err := pg.Value[bool](ctx, tx, `select created_by is not distinct from @by from device_types where id = @id`,
		pg.Args{"id": made.ID, "by": id.OrNull(a.User)})
	if err != nil {
		return err
	}
	if mine && made.Code == sent.Code && made.Label == sent.Label {
		return errReplayed
	}
	return &problem.ConflictError{Key: "policy_rule.already_sent"}
}

func insert(ctx context.Context, tx *pg.Tx, t Type, by id.User) error {
	_, err := tx.Exec(ctx, `
		insert into device_types (id, code, label_en, label_fr, label_ar, position, version, created_by, created_at, updated_at)
		values (@id, @code, @en, @fr, @ar, 0, @version, @by, @now, @now)`, pg.Args{
		"id": t.ID, "code": t.Code, "en": t.Label.En, "fr": t.Label.Fr, "ar": t.Label.Ar,
		"version": t.Version, "by": id.OrNull(by), "now": t.UpdatedAt,
	})
	return err
}

// Edit changes what a type is called and where it stands. Permission:
// authz.DeviceTypeManage. version is the one that the person saw; a stale one is a
// problem.ErrConflict (security.md CON-1). Other systems know a type by its code:
// once a device was registered with it, another code is an error of the field
// "code". An edit that changes nothing leaves no trace.
func (s *Service) Edit(ctx context.Context, a authz.Actor, tid id.DeviceType, version int, w Words) (Type, error) {
	var t Type
	err := s.db.Change(ctx, a, authz.DeviceTypeManage, func(tx *pg.Tx) (audit.Event, error) {
		ts, err := hold(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		if t, err = fresh(ctx, tx, a, ts, tid, version); err != nil {
			return audit.Event{}, err
		}
		w, err := w.check()
		if err != nil {
			return audit.Event{}, err
		}
		old := t
		t.Code, t.Label = w.Code, w.Label
		after := Types(placed(ts, func(o Type) bool { return o.ID == tid }, t, w.Place))
		detail := changes(nil, old.Code, t.Code, old.Label, t.Label)
		if ts.Place(tid) != after.Place(tid) {
			detail = audit.Diff(detail, "order", ts.order(), after.order())
		}
		if len(detail) == 0 {
			return audit.Event{}, errUnchanged
		}
		if err = free(ctx, tx, old.Code, t.Code, "device_types", "type_id", tid.UUID); err == nil {
			err = update(ctx, tx, &t)
		}
		if err == nil {
			err = arrange(ctx, tx, "device_types", after, func(t Type) uuid.UUID { return t.ID.UUID })
		}
		return t.event(audit.DeviceTypeEdited, old.Version, detail...), err
	})
	if errors.Is(err, errUnchanged) {
		return t, nil
	}
	return t, wrap("edit device type", taken(err))
}

// free refuses to change a code that a device was registered with. The lock makes
// devices that are on their way count.
func free(ctx context.Context, tx *pg.Tx, before, after, table, column string, of uuid.UUID) error {
	if before == after {
		return nil
	}
	if _, err := tx.Exec(ctx, `select 1 from `+table+` where id = @id for update`, pg.Args{"id": of}); err != nil {
		return err
	}
	used, err := pg.Value[bool](ctx, tx, `select exists (select 1 from devices where `+column+` = @id)`, pg.Args{"id": of})
	if err == nil && used {
		return problem.Invalid("code", "device_type.problem.code_used", "Code", before)
	}
	return err
}

// arrange stores the order.
func arrange[T any](ctx context.Context, tx *pg.Tx, table string, all []T, of func(T) uuid.UUID) error {
	ids, positions := make([]uuid.UUID, len(all)), make([]int, len(all))
	for i, e := range all {
		ids[i], positions[i] = of(e), i+1
	}
	_, err := tx.Exec(ctx, `
		update `+table+` t set position = n.position from unnest(@ids::uuid[], @positions::integer[]) as n (id, position)
		where t.id = n.id and t.position <> n.position`, pg.Args{"ids": ids, "positions": positions})
	return err
}

// Retire says that from now on no new device is of a type. Devices that are there
// stay as they are. A type that is retired already is a problem.ErrConflict.
// Permission: authz.DeviceTypeManage.
func (s *Service) Retire(ctx context.Context, a authz.Actor, tid id.DeviceType, version int) error {
	return wrap("retire device type", s.move(ctx, a, tid, version, true))
}

// Restore puts a retired type back into use; one in use is a problem.ErrConflict.
// Permission: authz.DeviceTypeManage.
func (s *Service) Restore(ctx context.Context, a authz.Actor, tid id.DeviceType, version int) error {
	return wrap("restore device type", s.move(ctx, a, tid, version, false))
}

func (s *Service) move(ctx context.Context, a authz.Actor, tid id.DeviceType, version int, retire bool) error {
	return s.db.Change(ctx, a, authz.DeviceTypeManage, func(tx *pg.Tx) (audit.Event, error) {
		ts, err := hold(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		t, err := fresh(ctx, tx, a, ts, tid, version)
		if err != nil {
			return audit.Event{}, err
		}
		before := t.RetiredSince
		if (before != nil) == retire {
			return audit.Event{}, problem.ErrConflict
		}
		action := audit.DeviceTypeRestored
		t.RetiredSince = nil
		if retire {
			now := tx.Now()
			action, t.RetiredSince = audit.DeviceTypeRetired, &now
		}
		err = update(ctx, tx, &t)
		return t.event(action, version, audit.Diff(nil, "retired_since", retirement(before), retirement(t.RetiredSince))...), err
	})
}

// update stores a type and raises its version.
func update(ctx context.Context, tx *pg.Tx, t *Type) error {
	seen := t.Version
	t.Version, t.UpdatedAt = seen+1, tx.Now()
	return pg.Exec1(ctx, tx, `
		update device_types set code = @code, label_en = @en, label_fr = @fr, label_ar = @ar, retired_since = @since,
			version = @version, updated_at = @now
		where id = @id and version = @seen`, pg.Args{
		"id": t.ID, "code": t.Code, "en": t.Label.En, "fr": t.Label.Fr, "ar": t.Label.Ar, "since": t.RetiredSince,
		"version": t.Version, "seen": seen, "now": t.UpdatedAt,
	})
}

// taken turns the constraints into words at the field.
func taken(err error) error {
	switch {
	case pg.Violates(err, "device_types_code_key"):
		return problem.Invalid("code", "device_type.problem.code_taken")
	case pg.Violates(err, "device_sub_types_code_key"):
		return problem.Invalid("code", "device_type.problem.sub_code_taken")
	}
	return err
}
