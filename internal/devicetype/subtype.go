package devicetype

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// AddSubType adds a sub-type to a type, as Create adds a type; the limit is
// MaxSubTypes. What is added stands beside what others did meanwhile, so no
// version is asked for. The returned type holds it. Permission:
// authz.DeviceTypeManage.
func (s *Service) AddSubType(ctx context.Context, a authz.Actor, tid id.DeviceType, in SubInput) (Type, error) {
	if id.IsZero(in.ID) {
		in.ID = id.New[id.DeviceSubType]()
	}
	var t Type
	err := s.db.Change(ctx, a, authz.DeviceTypeManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := in.check()
		if err != nil {
			return audit.Event{}, err
		}
		ts, err := hold(ctx, tx)
		if err == nil {
			t, err = ts.One(tid)
		}
		if err != nil {
			return audit.Event{}, err
		}
		if made, err := t.Sub(in.ID); err == nil {
			if made.Code == w.Code && made.Label == w.Label {
				return audit.Event{}, errReplayed
			}
			return audit.Event{}, &problem.ConflictError{Key: "policy_rule.already_sent"}
		}
		if len(t.SubTypes) >= MaxSubTypes {
			return audit.Event{}, problem.Invalid("code", "device_type.problem.too_many_sub", "Max", MaxSubTypes)
		}
		sub := SubType{ID: in.ID, Code: w.Code, Label: w.Label}
		before := t.Version
		t.SubTypes = placed(t.SubTypes, func(SubType) bool { return false }, sub, w.Place)
		if err = insertSub(ctx, tx, t, sub); err == nil {
			err = t.save(ctx, tx)
		}
		return t.event(audit.DeviceTypeEdited, before, changes(about(sub), sub.Code, sub.Code, Label{}, sub.Label)...), err
	})
	if errors.Is(err, errReplayed) {
		return t, nil
	}
	return t, wrap("add device sub-type", taken(err))
}

func insertSub(ctx context.Context, tx *pg.Tx, t Type, s SubType) error {
	n, err := tx.Exec(ctx, `
		insert into device_sub_types (id, type_id, code, label_en, label_fr, label_ar, position, created_at)
		values (@id, @type, @code, @en, @fr, @ar, 0, @now) on conflict (id) do nothing`, pg.Args{
		"id": s.ID, "type": t.ID, "code": s.Code, "en": s.Label.En, "fr": s.Label.Fr, "ar": s.Label.Ar, "now": tx.Now(),
	})
	if err == nil && n == 0 {
		return problem.ErrBadRequest // of another type: no form of ours sends it
	}
	return err
}

// save stores a type and the order of its sub-types.
func (t *Type) save(ctx context.Context, tx *pg.Tx) error {
	if err := update(ctx, tx, t); err != nil {
		return err
	}
	return arrange(ctx, tx, "device_sub_types", t.SubTypes, func(s SubType) uuid.UUID { return s.ID.UUID })
}

// EditSubType is Edit for a sub-type; version is the type's.
func (s *Service) EditSubType(ctx context.Context, a authz.Actor, tid id.DeviceType, sid id.DeviceSubType, version int, w Words) (Type, error) {
	t, err := s.changeSub(ctx, a, tid, sid, version, func(tx *pg.Tx, t *Type, sub *SubType) ([]audit.Change, error) {
		w, err := w.check()
		if err != nil {
			return nil, err
		}
		before, old := *t, *sub
		sub.Code, sub.Label = w.Code, w.Label
		t.SubTypes = placed(t.SubTypes, func(o SubType) bool { return o.ID == sid }, *sub, w.Place)
		detail := changes(nil, old.Code, sub.Code, old.Label, sub.Label)
		if before.Place(sid) != t.Place(sid) {
			detail = audit.Diff(detail, "order", before.order(), t.order())
		}
		if len(detail) == 0 {
			return nil, errUnchanged
		}
		return append(about(old), detail...), free(ctx, tx, old.Code, sub.Code, "device_sub_types", "sub_type_id", sid.UUID)
	})
	if errors.Is(err, errUnchanged) {
		return t, nil
	}
	return t, wrap("edit device sub-type", taken(err))
}

// RetireSubType is Retire for a sub-type; version is the type's.
func (s *Service) RetireSubType(ctx context.Context, a authz.Actor, tid id.DeviceType, sid id.DeviceSubType, version int) error {
	return wrap("retire device sub-type", s.moveSub(ctx, a, tid, sid, version, true))
}

// RestoreSubType is Restore for a sub-type; version is the type's.
func (s *Service) RestoreSubType(ctx context.Context, a authz.Actor, tid id.DeviceType, sid id.DeviceSubType, version int) error {
	return wrap("restore device sub-type", s.moveSub(ctx, a, tid, sid, version, false))
}

func (s *Service) moveSub(ctx context.Context, a authz.Actor, tid id.DeviceType, sid id.DeviceSubType, version int, retire bool) error {
	_, err := s.changeSub(ctx, a, tid, sid, version, func(tx *pg.Tx, t *Type, sub *SubType) ([]audit.Change, error) {
		before := sub.RetiredSince
		if (before != nil) == retire {
			return nil, problem.ErrConflict
		}
		sub.RetiredSince = nil
		if retire {
			now := tx.Now()
			sub.RetiredSince = &now
		}
		t.SubTypes[t.at(sid)] = *sub
		return audit.Diff(about(*sub), "retired_since", retirement(before), retirement(sub.RetiredSince)), nil
	})
	return err
}

// changeSub changes one sub-type and tells of it as a change of its type.
func (s *Service) changeSub(ctx context.Context, a authz.Actor, tid id.DeviceType, sid id.DeviceSubType, version int,
	change func(*pg.Tx, *Type, *SubType) ([]audit.Change, error),
) (Type, error) {
	var t Type
	err := s.db.Change(ctx, a, authz.DeviceTypeManage, func(tx *pg.Tx) (audit.Event, error) {
		ts, err := hold(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		if t, err = ts.One(tid); err != nil {
			return audit.Event{}, err
		}
		sub, err := t.Sub(sid)
		if err != nil {
			return audit.Event{}, err
		}
		if t, err = fresh(ctx, tx, a, ts, tid, version); err != nil {
			return audit.Event{}, err
		}
		detail, err := change(tx, &t, &sub)
		if err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `
			update device_sub_types set code = @code, label_en = @en, label_fr = @fr, label_ar = @ar, retired_since = @since
			where id = @id`, pg.Args{
			"id": sub.ID, "code": sub.Code, "en": sub.Label.En, "fr": sub.Label.Fr, "ar": sub.Label.Ar, "since": sub.RetiredSince,
		})
		if err == nil {
			err = t.save(ctx, tx)
		}
		return t.event(audit.DeviceTypeEdited, version, detail...), err
	})
	return t, err
}
