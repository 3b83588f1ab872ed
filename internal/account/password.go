package account

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/throttle"
)

// ChangePassword replaces the actor's password (authz.AccountEdit). It needs
// the current one, which is throttled like a sign-in, ends every session and
// known browser of the account, and tells the owner (security.md PWD-5). start
// prepares the session with which this browser goes on; it is called once, when
// nothing but the database can fail any more.
//
// Errors: *problem.InvalidError at "current" or "password",
// *problem.ThrottledError, ErrDisabled, *problem.BusyError, problem.ErrConflict
// when the account changed at the same moment.
func (s *Service) ChangePassword(ctx context.Context, a authz.Actor, current, chosen string, start func() (session.New, error)) (authz.Actor, error) {
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return authz.Actor{}, err
	}
	if current == "" {
		return authz.Actor{}, problem.Invalid("current", "problem.required")
	}
	if err := p.checkPassword("password", chosen); err != nil {
		return authz.Actor{}, err
	}
	if current == chosen {
		return authz.Actor{}, problem.Invalid("password", "account.problem.same_password")
	}
	r, err := s.checkCurrent(ctx, a, p, current, audit.PasswordChanged)
	if err != nil {
		return authz.Actor{}, err
	}
	hash, err := s.hasher.Hash(ctx, chosen)
	if err != nil {
		return authz.Actor{}, errors.Join(err, s.release(ctx, r))
	}
	begun, err := start()
	if err != nil {
		return authz.Actor{}, err
	}
	begun.FactorAt = a.ProvedAt
	err = s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		now, err := lockByID(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if now.Status != Active || now.Password != p.Password || now.AuthEpoch != p.AuthEpoch {
			return audit.Event{}, problem.ErrConflict
		}
		if err := s.setPassword(ctx, tx, now, hash); err != nil {
			return audit.Event{}, err
		}
		if err := session.Start(ctx, tx, begun, now.ID); err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.PasswordChanged, nil), r.clear(ctx, tx)
	})
	if err != nil {
		return authz.Actor{}, err
	}
	actor := entered(a, p, begun)
	actor.SecondFactor = a.SecondFactor
	return actor, nil
}

// checkCurrent compares the current password, counted before it is compared. A
// wrong one is recorded as a failure of what it was asked for.
func (s *Service) checkCurrent(ctx context.Context, a authz.Actor, p person, current string, to audit.Action) (reservation, error) {
	r, err := s.reserve(ctx, bucket{key: s.changeKey(p.ID), net: throttle.NetKey(a.IP), account: s.changeKey(p.ID)})
	if err != nil {
		return reservation{}, err
	}
	right, err := s.verify(ctx, current, p.Password)
	if err != nil {
		return reservation{}, errors.Join(err, s.release(ctx, r))
	}
	if right {
		return r, nil
	}
	if err := s.db.Record(ctx, a, p.event(to, nil), audit.Failed); err != nil {
		return reservation{}, err
	}
	return reservation{}, problem.Invalid("current", "account.problem.current_wrong")
}
