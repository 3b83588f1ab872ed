package apikey

import (
	"context"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Rotate gives a key a new secret; the one before goes on for overlap days
// (keysecret.Overlaps), any older one ends now. The key keeps its label, grant
// and last day. version is the row version that the person saw. Permission:
// authz.APIKeyCreate, for the partner's own keys that work.
//
// Errors: problem.ErrNotFound; *problem.InvalidError at "overlap"; a
// *problem.ConflictError that says who was faster or what stops the key;
// ErrShown when the form was sent before.
func (s *Service) Rotate(ctx context.Context, a authz.Actor, kid id.APIKey, version, overlap int) (Made, error) {
	invalid := keysecret.CheckOverlap(overlap)
	var made Made
	err := s.db.Change(ctx, a, authz.APIKeyCreate, func(tx *pg.Tx) (audit.Event, error) {
		k, err := s.lockChain(ctx, tx, a, kid)
		if err != nil {
			return audit.Event{}, err
		}
		if k.Version != version {
			return audit.Event{}, s.late(ctx, tx, a, k, version)
		}
		if k.Standing != Works {
			return audit.Event{}, &problem.ConflictError{Key: "api_key.standing." + string(k.Standing)}
		}
		if invalid != nil {
			return audit.Event{}, invalid
		}
		owner := keysecret.OfAPIKey(kid)
		if made.Token, err = keysecret.Issue(ctx, tx, s.keys, owner, a.User, time.Duration(overlap)*24*time.Hour); err != nil {
			return audit.Event{}, err
		}
		if err := bump(ctx, tx, kid, version); err != nil {
			return audit.Event{}, err
		}
		if made.Key, err = s.byID(ctx, tx, a.Scope(), kid); err != nil {
			return audit.Event{}, err
		}
		event := made.Key.event(audit.APIKeyRotated, version, audit.Diff(nil, "overlap", "", strconv.Itoa(overlap)))
		return event, s.tell(ctx, tx, a, made.Key, mail.APIKeyRotated, webhook.APIKeyRotated, s.oldEnds(tx, k, overlap))
	})
	if err != nil {
		return Made{}, err
	}
	return made, nil
}

// oldEnds tells the mail the last day of the old secret, where it has one left.
func (s *Service) oldEnds(tx *pg.Tx, k Key, overlap int) map[string]string {
	if overlap == 0 {
		return nil
	}
	day := s.dayOf(tx.Now().AddDate(0, 0, overlap))
	if k.EndsOn.Before(day) {
		day = k.EndsOn
	}
	return map[string]string{"Due": day.Format(time.DateOnly)}
}

// lockChain holds a key and everything that it hangs on.
func (s *Service) lockChain(ctx context.Context, tx *pg.Tx, a authz.Actor, kid id.APIKey) (Key, error) {
	k, err := s.byID(ctx, tx, a.Scope(), kid)
	if err != nil {
		return Key{}, err
	}
	if _, err := s.lockGrant(ctx, tx, k.PartnerID, k.GrantID); err != nil {
		return Key{}, err
	}
	return s.forUpdate(ctx, tx, a.Scope(), kid)
}

// late is the answer to a form that is older than the key: the person's own
// rotation, sent a second time, or somebody who was faster.
func (s *Service) late(ctx context.Context, tx *pg.Tx, a authz.Actor, k Key, version int) error {
	own, err := keysecret.IssuedBy(ctx, tx, keysecret.OfAPIKey(k.ID), a.User, k.UpdatedAt)
	switch {
	case err != nil:
		return err
	case own && k.Version == version+1:
		return ErrShown
	}
	return pg.Stale(ctx, tx, a, audit.APIKey, k.ID.String())
}

func bump(ctx context.Context, tx *pg.Tx, kid id.APIKey, version int) error {
	return pg.Exec1(ctx, tx, `update api_keys set version = version + 1, updated_at = @now where id = @id and version = @version`,
		pg.Args{"id": kid, "version": version, "now": tx.Now()})
}
