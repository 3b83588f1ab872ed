package challenge

import (
	"context"
	"errors"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Link is what the link of a mail stands for.
type Link struct {
	State
	User id.User
}

// TryLink looks at the link of a mail without using it up: mail programs and
// virus scanners open links too. The outcome is OK, Wrong (nobody sent such a
// link for this purpose, or it was replaced by a newer one), Expired or
// AlreadyUsed; Link is filled for all but Wrong.
func (e *Engine) TryLink(ctx context.Context, p Purpose, token string) (Link, Outcome, error) {
	return e.tryLink(ctx, e.db.Read(), p, token)
}

func (e *Engine) tryLink(ctx context.Context, q pg.Querier, p Purpose, token string) (Link, Outcome, error) {
	u, ok := code.LinkChallenge(token)
	if !ok {
		return Link{}, Wrong, nil
	}
	r, err := load(ctx, q, id.Challenge{UUID: u})
	if errors.Is(err, problem.ErrNotFound) {
		return Link{}, Wrong, nil
	}
	if err != nil {
		return Link{}, 0, err
	}
	if Purpose(r.Purpose) != p || r.Silent || !e.codes.MatchLink(string(p), token, r.Sends) {
		return Link{}, Wrong, nil
	}
	l := Link{State: r.state(), User: r.UserID}
	switch {
	case r.ConsumedAt != nil:
		return l, AlreadyUsed, nil
	case !e.db.Now().Before(l.ExpiresAt):
		return l, Expired, nil
	}
	return l, OK, nil
}

// ConsumeLink uses a link up in the transaction of what it opens. Of parallel
// uses exactly one succeeds; the others, and links that do not work, are
// problem.ErrConflict: TryLink tells why.
func (e *Engine) ConsumeLink(ctx context.Context, tx *pg.Tx, p Purpose, token string) (Link, error) {
	l, outcome, err := e.tryLink(ctx, tx, p, token)
	if err != nil {
		return Link{}, err
	}
	if outcome != OK {
		return Link{}, problem.ErrConflict
	}
	err = pg.Exec1(ctx, tx, `update challenges set consumed_at = @now, verified_at = coalesce(verified_at, @now)
		where id = @id and purpose = @purpose and sends = @sends and not silent and consumed_at is null`,
		pg.Args{"id": l.ID, "purpose": string(p), "sends": l.Sends, "now": tx.Now()})
	return l, err
}

// EndAll makes every open link of a user useless: the password was changed, or
// the account deactivated (security.md PWD-7).
func EndAll(ctx context.Context, tx *pg.Tx, user id.User) error {
	_, err := tx.Exec(ctx, `update challenges set consumed_at = @now where user_id = @user and consumed_at is null`,
		pg.Args{"user": user, "now": tx.Now()})
	return err
}
