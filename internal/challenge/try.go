package challenge

import (
	"context"
	"errors"
	"fmt"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// Result is how an attempt ended.
type Result struct {
	Outcome  Outcome
	Left     int  // attempts that remain after a wrong code
	Compared bool // the attempt was counted and compared
}

// Try compares a typed code with that of the challenge. The attempt is counted
// and committed before anything is compared, so parallel guesses share the five
// attempts (security.md REG-7); of parallel right codes exactly one is OK.
//
// The outcome is OK, Wrong, Expired, UsedUp (also after the fifth wrong code)
// or AlreadyUsed. No challenge of this id and purpose is problem.ErrNotFound.
func (e *Engine) Try(ctx context.Context, cid id.Challenge, p Purpose, typed string) (Result, error) {
	r, reserved, err := e.reserve(ctx, cid, p)
	if err != nil {
		return Result{}, fmt.Errorf("try code: %w", err)
	}
	if !reserved {
		// The row was still open a moment ago if the last attempt was taken
		// between the two statements: then it is used up.
		outcome := r.state().Open(e.db.Now())
		if outcome == OK {
			outcome = UsedUp
		}
		return Result{Outcome: outcome}, nil
	}
	right := e.match(cid.UUID, r.Sends, typed)
	if !right || r.Silent {
		left := throttle.Attempts - r.Attempts
		if left == 0 {
			return Result{Outcome: UsedUp, Compared: true}, nil
		}
		return Result{Outcome: Wrong, Left: left, Compared: true}, nil
	}
	outcome, err := e.verify(ctx, r)
	return Result{Outcome: outcome, Compared: true}, err
}

// reserve takes one of the attempts in a transaction of its own. Without one to
// take it returns the row as it is.
func (e *Engine) reserve(ctx context.Context, cid id.Challenge, p Purpose) (r row, reserved bool, err error) {
	life := lifetimes[p]
	err = e.db.Housekeep(ctx, "reserve attempt", func(tx *pg.Tx) error {
		r, err = pg.One[row](ctx, tx, `
			update challenges set attempts = attempts + 1
			where id = @id and purpose = @purpose and attempts < @limit and verified_at is null and consumed_at is null
				and created_at > @oldest and (handed_at is null or handed_at > @handed)
			returning `+columns, pg.Args{
			"id": cid, "purpose": string(p), "limit": throttle.Attempts,
			"oldest": tx.Now().Add(-life.atMost), "handed": tx.Now().Add(-life.fromHandOff),
		})
		reserved = err == nil
		if !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		r, err = pg.One[row](ctx, tx, `select `+columns+` from challenges where id = @id and purpose = @purpose`,
			pg.Args{"id": cid, "purpose": string(p)})
		return err
	})
	return r, reserved, err
}

// verify marks the address as proved: one conditional statement, one winner. A
// code that was replaced by a newer one in this moment is wrong.
func (e *Engine) verify(ctx context.Context, r row) (Outcome, error) {
	var outcome Outcome
	err := e.db.Housekeep(ctx, "verify address", func(tx *pg.Tx) error {
		outcome = OK
		n, err := tx.Exec(ctx, `update challenges set verified_at = @now
			where id = @id and sends = @sends and not silent and verified_at is null and consumed_at is null`,
			pg.Args{"id": r.ID, "sends": r.Sends, "now": tx.Now()})
		if err != nil || n == 1 {
			return err
		}
		now, err := load(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		outcome = AlreadyUsed
		if now.VerifiedAt == nil && now.ConsumedAt == nil {
			outcome = Wrong
		}
		return nil
	})
	return outcome, err
}

// Consume acts upon a proof: in the transaction of the act, by one conditional
// statement that re-reads purpose, proof and address of this very challenge
// (security.md REG-7, REG-8). emailKey is the canonical address that the act is
// about. problem.ErrConflict means that there is no such proof (any more).
func (e *Engine) Consume(ctx context.Context, tx *pg.Tx, p Purpose, cid id.Challenge, emailKey string) (State, error) {
	r, err := pg.One[row](ctx, tx, `
		update challenges set consumed_at = @now
		where id = @id and purpose = @purpose and email_key = @email and not silent
			and verified_at is not null and consumed_at is null and created_at > @oldest
		returning `+columns, pg.Args{
		"id": cid, "purpose": string(p), "email": emailKey, "now": tx.Now(),
		"oldest": tx.Now().Add(-lifetimes[p].atMost),
	})
	if errors.Is(err, problem.ErrNotFound) {
		return State{}, problem.ErrConflict
	}
	return r.state(), err
}
