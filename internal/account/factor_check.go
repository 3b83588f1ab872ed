package account

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/code"
	"portal/internal/factor"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/throttle"
)

// errNoFit means: the code is wrong, too old, or was used before. Which of them is
// nobody's business (security.md MFA-3).
var errNoFit = errors.New("the code does not fit")

// proof is what was typed, as far as it can be told without using it up: exactly
// one of the two is set.
type proof struct {
	typed    string
	recovery []byte // hash of a recovery code

	factor id.SecondFactor // whose code fits
	step   int64
}

// readProof tells six digits from a recovery code; *problem.InvalidError at "code"
// for what is neither. Those cost no attempt: they cannot be right.
func readProof(typed string) (proof, error) {
	if typed == "" {
		return proof{}, problem.Invalid("code", "problem.required")
	}
	if _, ok := code.Typed(typed); ok {
		return proof{typed: typed}, nil
	}
	if hash, ok := factor.RecoveryHash(typed); ok {
		return proof{recovery: hash}, nil
	}
	return proof{}, problem.Invalid("code", "second_factor.problem.form")
}

// factorKey counts codes of the app, recoveryKey those on paper: whoever makes the
// app's codes useless must not take the way out as well.
func (s *Service) factorKey(uid id.User) []byte {
	return s.keys.MAC("throttle-second-factor", uid.UUID[:])
}

func (s *Service) recoveryKey(uid id.User) []byte {
	return s.keys.MAC("throttle-recovery-code", uid.UUID[:])
}

func (s *Service) clearFactorBuckets(ctx context.Context, tx *pg.Tx, uid id.User) error {
	return errors.Join(clearBucket(ctx, tx, s.factorKey(uid)), clearBucket(ctx, tx, s.recoveryKey(uid)))
}

func (s *Service) proofBucket(uid id.User, p proof) bucket {
	if p.recovery != nil {
		return bucket{key: s.recoveryKey(uid)}
	}
	return bucket{key: s.factorKey(uid)}
}

// fit finds the time step of a code of the account's app; recovery codes are
// compared where they are used up. errNoFit also for an account without an app.
func (s *Service) fit(ctx context.Context, uid id.User, p *proof) error {
	if p.recovery != nil {
		return nil
	}
	row, err := pg.One[struct {
		ID     id.SecondFactor
		Secret []byte
	}](ctx, s.db.Read(), `select id, secret from second_factors where user_id = @user and confirmed_at is not null`, pg.Args{"user": uid})
	if errors.Is(err, problem.ErrNotFound) {
		return errNoFit
	}
	if err != nil {
		return err
	}
	f, err := factor.Open(s.keys, uid.UUID, row.Secret)
	if err != nil {
		return err
	}
	step, ok := f.Step(p.typed, s.db.Now())
	if !ok {
		return errNoFit
	}
	p.factor, p.step = row.ID, step
	return nil
}

// spend uses a proof up, in the change that relies on it: a step once and never an
// older one (security.md MFA-3), a recovery code once (MFA-5). Using a recovery code
// is told to the owner, and stands in the log. errNoFit when somebody was faster.
func spend(ctx context.Context, tx *pg.Tx, p person, given proof) error {
	if given.recovery == nil {
		err := pg.Exec1(ctx, tx, `update second_factors set last_step = @step
			where id = @id and user_id = @user and confirmed_at is not null and last_step < @step`,
			pg.Args{"id": given.factor, "user": p.ID, "step": given.step})
		return noFit(err)
	}
	err := pg.Exec1(ctx, tx, `update recovery_codes set used_at = @now where hash = @hash and user_id = @user and used_at is null`,
		pg.Args{"hash": given.recovery, "user": p.ID, "now": tx.Now()})
	if err != nil {
		return noFit(err)
	}
	tx.Also(p.event(audit.RecoveryCodeUsed, nil))
	return tellFactor(ctx, tx, p, mail.RecoveryCodeUsed, nil)
}

func noFit(err error) error {
	if errors.Is(err, problem.ErrConflict) {
		return errNoFit
	}
	return err
}

// StepUp proves the actor's second factor once more, for what needs a fresh proof
// (authz.AccountEdit; security.md MFA-6). Codes are counted as at a sign-in. The
// session gets another token and keeps its end (SES-2); start prepares it, once the
// code is used up.
//
// Errors: *problem.InvalidError at "code", *problem.ThrottledError, ErrDisabled,
// problem.ErrConflict when the session ended at the same moment.
func (s *Service) StepUp(ctx context.Context, a authz.Actor, typed string, start func() (session.New, error)) (authz.Actor, error) {
	given, err := readProof(typed)
	if err != nil {
		return authz.Actor{}, err
	}
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return authz.Actor{}, err
	}
	r, err := s.reserve(ctx, s.proofBucket(p.ID, given))
	if err != nil {
		return authz.Actor{}, err
	}
	if err := s.fit(ctx, p.ID, &given); err != nil {
		return authz.Actor{}, s.noProof(ctx, a, p, r, err)
	}
	var begun session.New
	err = s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		now, err := lockByID(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if err := spend(ctx, tx, now, given); err != nil {
			return audit.Event{}, err
		}
		if begun.Token == "" { // the database may ask for another run
			if begun, err = start(); err != nil {
				return audit.Event{}, err
			}
			begun.FactorAt = tx.Now()
		}
		if err := session.Renew(ctx, tx, sessionToken(a), begun); err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.IdentityConfirmed, nil), r.clear(ctx, tx)
	})
	if err != nil {
		return authz.Actor{}, s.noProof(ctx, a, p, r, err)
	}
	actor := entered(a, p, begun)
	actor.SecondFactor = true
	return actor, nil
}

// noProof is the answer to a code that did not help: a wrong one stays counted and
// stands in the log; anything else gives the attempt back.
func (s *Service) noProof(ctx context.Context, a authz.Actor, p person, r reservation, reason error) error {
	if !errors.Is(reason, errNoFit) {
		return errors.Join(reason, s.release(ctx, r))
	}
	if err := s.db.Record(ctx, a, p.event(audit.FactorRefused, nil), audit.Failed); err != nil {
		return err
	}
	if r.failures == throttle.DisabledAfter {
		if err := s.tellDisabled(ctx, a, p); err != nil {
			return err
		}
	}
	return problem.Invalid("code", "second_factor.problem.wrong")
}

// tellDisabled notes that codes do not count any more after too many failures
// (security.md MFA-4).
func (s *Service) tellDisabled(ctx context.Context, a authz.Actor, p person) error {
	if err := s.db.Record(ctx, a, p.event(audit.FactorDisabled, nil), audit.Done); err != nil {
		return err
	}
	return s.db.Housekeep(ctx, "tell of a disabled second factor", func(tx *pg.Tx) error {
		return tellFactor(ctx, tx, p, mail.SecondFactorDisabled, nil)
	})
}
