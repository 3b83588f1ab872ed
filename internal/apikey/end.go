package apikey

import (
	"context"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Deactivate ends a key for good (authz.APIKeyDeactivate): its partner may, and
// a Partner Admin with a reason. The partner's people get a mail. A key that is
// deactivated already is no error: whoever comes second wanted the same.
//
// Errors: problem.ErrNotFound; *problem.InvalidError at "reason"; a
// *problem.ConflictError when the key was rotated since the person looked.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, kid id.APIKey, version int, reason string) error {
	var f problem.Fields
	reason = f.Lines("reason", reason, MaxReason, a.Staff())
	return s.db.Change(ctx, a, authz.APIKeyDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		k, err := s.forUpdate(ctx, tx, a.Scope(), kid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case k.Status == Deactivated:
			return audit.Event{}, pg.ErrNothing
		case k.Version != version:
			return audit.Event{}, pg.Stale(ctx, tx, a, audit.APIKey, kid.String())
		case f.Err() != nil:
			return audit.Event{}, f.Err()
		}
		if err := Statuses.Check(k.Status, Deactivated); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `
			update api_keys set status = 'deactivated', deactivated_by = @by, deactivated_at = @now, ended_reason = @reason,
				version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": kid, "by": a.User, "reason": reason, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		k.Version++
		err = s.tell(ctx, tx, a, k, mail.APIKeyDeactivated, webhook.APIKeyDeactivated, map[string]string{"Reason": reason})
		return k.ended(reason), err
	})
}

// ended is the event of a key that was deactivated in this change.
func (k Key) ended(reason string) audit.Event {
	detail := audit.Diff(nil, "status", string(Active), string(Deactivated))
	return k.event(audit.APIKeyDeactivated, k.Version-1, audit.Diff(detail, "reason", "", reason))
}

// touched are the keys that a change of their partner or grant reaches.
type touched struct {
	ID        id.APIKey
	PartnerID id.Partner
	Label     string
	Version   int
}

func (t touched) key() Key {
	return Key{ID: t.ID, PartnerID: t.PartnerID, Label: t.Label, Version: t.Version}
}

// Pause marks a partner's keys as stopped with it, in the change that
// deactivates the partner; each keeps that in its history. Resume takes the mark
// away. It tells how many keys it reached. The caller holds the partner.
func Pause(ctx context.Context, tx *pg.Tx, partner id.Partner) (int, error) {
	return mark(ctx, tx, audit.APIKeyPaused, `
		update api_keys set paused_at = @now, version = version + 1, updated_at = @now
		where partner_id = @partner and status = 'active' and paused_at is null
		returning id, partner_id, label, version`, pg.Args{"partner": partner, "now": tx.Now()})
}

// Resume brings back what Pause stopped, and nothing that was ended.
func Resume(ctx context.Context, tx *pg.Tx, partner id.Partner) (int, error) {
	return mark(ctx, tx, audit.APIKeyResumed, `
		update api_keys set paused_at = null, version = version + 1, updated_at = @now
		where partner_id = @partner and status = 'active' and paused_at is not null
		returning id, partner_id, label, version`, pg.Args{"partner": partner, "now": tx.Now()})
}

func mark(ctx context.Context, tx *pg.Tx, action audit.Action, sql string, args pg.Args) (int, error) {
	keys, err := pg.All[touched](ctx, tx, sql, args)
	for _, t := range keys {
		tx.Also(t.key().event(action, t.Version-1, nil))
	}
	return len(keys), err
}

// EndOfGrant deactivates the keys of a grant that ended for good, in the change
// that revokes it; reason is what was said about the grant. Other systems are
// told of each key; the partner's people are told of the grant by who calls. It
// tells how many keys it reached. The caller holds the grant.
func EndOfGrant(ctx context.Context, tx *pg.Tx, a authz.Actor, grant id.PolicyRequest, reason string) (int, error) {
	_, err := pg.Values[string](ctx, tx, `select id::text from api_keys where request_id = @grant order by id for update`, pg.Args{"grant": grant})
	if err != nil {
		return 0, err
	}
	keys, err := pg.All[Key](ctx, tx, `select `+keyColumns+keyFrom+` where k.request_id = @grant and k.status = 'active' order by k.id`,
		pg.Args{"grant": grant, "today": tx.Now()})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	_, err = tx.Exec(ctx, `
		update api_keys set status = 'deactivated', deactivated_by = @by, deactivated_at = @now, ended_reason = @reason,
			version = version + 1, updated_at = @now where request_id = @grant and status = 'active'`,
		pg.Args{"grant": grant, "by": a.User, "reason": reason, "now": tx.Now()})
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		k.Version++
		tx.Also(k.ended(reason))
		if err := k.publish(ctx, tx, webhook.APIKeyDeactivated); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}
