package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/session"
	"portal/internal/throttle"
)

// PendingLifetime is how long a code is awaited after the password was right.
const PendingLifetime = 10 * time.Minute

// guessedAfter is how many wrong codes after a right password the owner hears of:
// somebody has their password (security.md LGN-7).
const guessedAfter = 3

// ErrSignInEnded means: the password has to be given anew. The code came too late,
// too many were wrong, or the account changed meanwhile.
var ErrSignInEnded = errors.New("the sign-in has to begin anew")

// errFactor means: the account has a second factor, so the password is not enough.
var errFactor = errors.New("a second factor is needed")

// pending is a sign-in whose code is awaited.
type pending struct {
	UserID    id.User
	AuthEpoch int
}

// await stores that the password was right, and returns the value with which the
// same browser may bring the code. It is no session.
func (s *Service) await(ctx context.Context, a authz.Actor, found person, hash string, r reservation) (string, error) {
	token := secret.Token()
	err := s.db.Change(ctx, a, authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		now, err := lockByID(ctx, tx, found.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if now.Status != Active || now.Password != found.Password {
			return audit.Event{}, ErrWrong
		}
		if err := pg.Exec1(ctx, tx, `update users set password = @hash where id = @id`, pg.Args{"id": now.ID, "hash": hash}); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `insert into pending_sign_ins (token, user_id, auth_epoch, created_at, expires_at)
			values (@token, @user, @epoch, @now, @until)`, pg.Args{
			"token": secret.Hash(token), "user": now.ID, "epoch": now.AuthEpoch, "now": tx.Now(), "until": tx.Now().Add(PendingLifetime),
		})
		if err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.CodeAsked, nil), r.clear(ctx, tx)
	})
	return token, err
}

// Awaited reports whether a code is awaited from the browser that holds a value of
// Entry.Pending.
func (s *Service) Awaited(ctx context.Context, token string) (bool, error) {
	_, err := s.pending(ctx, token)
	if errors.Is(err, ErrSignInEnded) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) pending(ctx context.Context, token string) (pending, error) {
	w, err := pg.One[pending](ctx, s.db.Read(), `select user_id, auth_epoch from pending_sign_ins
		where token = @token and attempts < @most and expires_at > @now`,
		pg.Args{"token": secret.Hash(token), "most": throttle.Attempts, "now": s.db.Now()})
	if errors.Is(err, problem.ErrNotFound) {
		return w, ErrSignInEnded
	}
	return w, err
}

// SignInCode lets somebody in whose password was right: token is SignIn's
// Entry.Pending, typed a code of the app or a recovery code (permission
// authz.SignIn). The attempt is counted, for this sign-in and for the account,
// before anything is compared (security.md MFA-4), and account and password are
// looked at again in the transaction that uses the code up and stores the session
// (LGN-6, MFA-3).
//
// Errors: *problem.InvalidError at "code", ErrSignInEnded, *problem.ThrottledError,
// ErrDisabled when codes of this kind do not count any more.
func (s *Service) SignInCode(ctx context.Context, a authz.Actor, token, typed string, start StartSession) (Entry, error) {
	w, err := s.pending(ctx, token)
	if err != nil {
		return Entry{}, err
	}
	given, err := readProof(typed)
	if err != nil {
		return Entry{}, err
	}
	p, err := byID(ctx, s.db.Read(), w.UserID)
	if err != nil {
		return Entry{}, err
	}
	r, attempt, err := s.reserveCode(ctx, token, s.proofBucket(p.ID, given))
	if err != nil {
		return Entry{}, err
	}
	if err = s.fit(ctx, p.ID, &given); err == nil {
		var e Entry
		if e, err = s.enterWithCode(ctx, a, w, token, given, r, start); err == nil {
			return e, nil
		}
	}
	if errors.Is(err, errNoFit) {
		return Entry{}, s.refuseCode(ctx, a, p, token, r, attempt)
	}
	return Entry{}, errors.Join(err, s.release(ctx, r))
}

// reserveCode counts an attempt for the sign-in and for the account, in one
// transaction of its own.
func (s *Service) reserveCode(ctx context.Context, token string, b bucket) (r reservation, attempt int, err error) {
	r = reservation{bucket: b}
	err = s.db.Housekeep(ctx, "reserve code", func(tx *pg.Tx) error {
		attempt, err = pg.Value[int](ctx, tx, `update pending_sign_ins set attempts = attempts + 1
			where token = @token and attempts < @most and expires_at > @now returning attempts`,
			pg.Args{"token": secret.Hash(token), "most": throttle.Attempts, "now": tx.Now()})
		if errors.Is(err, problem.ErrNotFound) {
			return ErrSignInEnded
		}
		if err != nil {
			return err
		}
		r.failures, err = take(ctx, tx, b.key)
		return err
	})
	return r, attempt, err
}

// enterWithCode uses the proof up and stores the session, or neither.
func (s *Service) enterWithCode(ctx context.Context, a authz.Actor, w pending, token string, given proof, r reservation, start StartSession) (Entry, error) {
	var now person
	var begun session.New
	err := s.db.Change(ctx, a, authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		var err error
		if now, err = lockByID(ctx, tx, w.UserID); err != nil {
			return audit.Event{}, err
		}
		if now.Status != Active || now.AuthEpoch != w.AuthEpoch {
			return audit.Event{}, ErrSignInEnded
		}
		ended, err := tx.Exec(ctx, `delete from pending_sign_ins where token = @token and expires_at > @now`,
			pg.Args{"token": secret.Hash(token), "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		if ended == 0 {
			return audit.Event{}, ErrSignInEnded
		}
		if err := spend(ctx, tx, now, given); err != nil {
			return audit.Event{}, err
		}
		if begun.Token == "" { // the database may ask for another run
			if begun, err = start(tx.Now().Add(session.Lifetime(now.staff()))); err != nil {
				return audit.Event{}, fmt.Errorf("sign in: %w", err)
			}
			begun.FactorAt = tx.Now()
		}
		if err := session.Start(ctx, tx, begun, now.ID); err != nil {
			return audit.Event{}, err
		}
		if err := pg.Exec1(ctx, tx, `update users set last_sign_in_at = @now where id = @id`, pg.Args{"id": now.ID, "now": tx.Now()}); err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.SignedIn, nil), r.clear(ctx, tx)
	})
	if err != nil {
		return Entry{}, err
	}
	actor := entered(a, now, begun)
	actor.SecondFactor = true
	return Entry{Actor: actor, Device: s.newDevice(now.ID, now.AuthEpoch), Recovered: given.recovery != nil}, nil
}

// refuseCode records a wrong code. The third one is told to the owner, whose
// password somebody knows; the fifth ends the sign-in.
func (s *Service) refuseCode(ctx context.Context, a authz.Actor, p person, token string, r reservation, attempt int) error {
	reason := s.noProof(ctx, a, p, r, errNoFit)
	if !errors.As(reason, new(*problem.InvalidError)) {
		return reason
	}
	if attempt == guessedAfter {
		err := s.db.Housekeep(ctx, "tell of wrong codes", func(tx *pg.Tx) error {
			return tellFactor(ctx, tx, p, mail.SecondFactorGuessed, nil)
		})
		if err != nil {
			return err
		}
	}
	if attempt < throttle.Attempts {
		return reason
	}
	err := s.db.Housekeep(ctx, "end a sign-in", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from pending_sign_ins where token = @token`, pg.Args{"token": secret.Hash(token)})
		return err
	})
	if err != nil {
		return err
	}
	return ErrSignInEnded
}
