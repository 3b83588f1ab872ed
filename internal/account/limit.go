package account

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// bucket says under what an attempt is counted.
type bucket struct {
	key []byte
	net string // throttle.NetKey; "" where the network does not count
	// account is what is noted beside net, to tell how many accounts one
	// network tries.
	account []byte
}

// reservation is one attempt that was counted before the password was hashed.
type reservation struct {
	bucket
	failures int   // in a row, with this one
	attempt  int64 // its line in the network's count; 0: none
}

// waits are the waits after 1, 2, 3 … failures, up to the longest.
var waits = func() []time.Duration {
	var all []time.Duration
	for n := 1; ; n++ {
		all = append(all, throttle.Wait(n))
		if throttle.Wait(n) == throttle.LongestWait {
			return all
		}
	}
}()

// reserve counts an attempt in a transaction of its own, so that parallel
// guesses share one limit whatever becomes of them (security.md LGN-2, LGN-5).
// It is counted as a failure until clear or release says otherwise.
//
// Errors: *problem.ThrottledError, ErrDisabled. They depend on what was typed
// alone, not on whether there is such an account.
func (s *Service) reserve(ctx context.Context, b bucket) (reservation, error) {
	r := reservation{bucket: b}
	err := s.db.Housekeep(ctx, "reserve sign-in", func(tx *pg.Tx) error {
		err := checkNet(ctx, tx, b)
		if err != nil {
			return err
		}
		if r.failures, err = take(ctx, tx, b.key); err != nil || b.net == "" {
			return err
		}
		r.attempt, err = pg.Value[int64](ctx, tx, `insert into sign_in_attempts (net_key, account_key, at)
			values (@net, @account, @now) returning id`, pg.Args{"net": b.net, "account": b.account, "now": tx.Now()})
		return err
	})
	return r, err
}

// checkNet is security.md LGN-4. Those who count one network wait for each
// other.
func checkNet(ctx context.Context, tx *pg.Tx, b bucket) error {
	if b.net == "" {
		return nil
	}
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(@net, 3))`, pg.Args{"net": b.net}); err != nil {
		return err
	}
	n, err := pg.One[struct{ Failures, Accounts int }](ctx, tx, `
		select count(*) as failures, count(distinct account_key) as accounts from sign_in_attempts
		where net_key = @net and at > @since`, pg.Args{"net": b.net, "since": tx.Now().Add(-throttle.NetWindow)})
	if err == nil && (n.Failures >= throttle.NetFailures || n.Accounts >= throttle.NetAccounts) {
		return &problem.ThrottledError{RetryAfter: throttle.NetWait}
	}
	return err
}

// take is the one statement that lets an attempt through or not.
func take(ctx context.Context, tx *pg.Tx, key []byte) (failures int, err error) {
	args := pg.Args{"key": key, "now": tx.Now(), "waits": waits, "most": throttle.DisabledAfter}
	failures, err = pg.Value[int](ctx, tx, `
		insert into sign_in_buckets as b (key, failures, blocked_until, updated_at)
		values (@key, 1, @now::timestamptz + (@waits::interval[])[1], @now)
		on conflict (key) do update set failures = b.failures + 1, updated_at = @now,
			blocked_until = @now::timestamptz + (@waits::interval[])[least(b.failures + 1, cardinality(@waits::interval[]))]
		where b.blocked_until <= @now and b.failures < @most
		returning b.failures`, args)
	if !errors.Is(err, problem.ErrNotFound) {
		return failures, err
	}
	closed, err := pg.One[struct {
		Failures     int
		BlockedUntil time.Time
	}](ctx, tx, `select failures, blocked_until from sign_in_buckets where key = @key`, pg.Args{"key": key})
	switch {
	case err != nil:
		return 0, err
	case throttle.Disabled(closed.Failures):
		return 0, ErrDisabled
	}
	return 0, &problem.ThrottledError{RetryAfter: max(time.Second, closed.BlockedUntil.Sub(tx.Now()))}
}

// release gives an attempt back that was never compared: the machine was too
// busy, or the browser went away before its turn.
func (s *Service) release(ctx context.Context, r reservation) error {
	return s.db.Housekeep(context.WithoutCancel(ctx), "release sign-in", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update sign_in_buckets set failures = failures - 1, blocked_until = @now
			where key = @key and failures > 0`, pg.Args{"key": r.key, "now": tx.Now()})
		if err != nil {
			return err
		}
		return dropAttempt(ctx, tx, r)
	})
}

// clear forgets the failures of a bucket after a success. The network's other
// failures stay (security.md LGN-4).
func (r reservation) clear(ctx context.Context, tx *pg.Tx) error {
	if err := clearBucket(ctx, tx, r.key); err != nil {
		return err
	}
	return dropAttempt(ctx, tx, r)
}

func clearBucket(ctx context.Context, tx *pg.Tx, key []byte) error {
	_, err := tx.Exec(ctx, `delete from sign_in_buckets where key = @key`, pg.Args{"key": key})
	return err
}

func dropAttempt(ctx context.Context, tx *pg.Tx, r reservation) error {
	_, err := tx.Exec(ctx, `delete from sign_in_attempts where id = @id`, pg.Args{"id": r.attempt})
	return err
}

// changeKey counts the current passwords that are typed to choose a new one:
// whoever holds a stolen session can neither guess on nor lock the owner out.
func (s *Service) changeKey(uid id.User) []byte {
	return s.keys.MAC("throttle-password-change", uid.UUID[:])
}

// nickname names a typed address in the audit log without telling it: what was
// typed may be a password (security.md AUD-2).
func (s *Service) nickname(typed string) string {
	return "#" + hex.EncodeToString(throttle.AccountKey(s.keys, typed)[:4])
}

// keepBuckets is how long failures in a row are remembered. A disabled password
// stays disabled.
const keepBuckets = 30 * 24 * time.Hour

// Purge forgets sign-in failures that count no more; a job calls it.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge sign-in counters", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from sign_in_attempts where at < @before`, pg.Args{"before": tx.Now().Add(-throttle.NetWindow)})
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `delete from pending_sign_ins where expires_at < @now`, pg.Args{"now": tx.Now()}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from second_factors where confirmed_at is null and created_at < @before`, pg.Args{"before": tx.Now().Add(-setupLifetime)})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from sign_in_buckets where updated_at < @before and failures < @most`,
			pg.Args{"before": tx.Now().Add(-keepBuckets), "most": throttle.DisabledAfter})
		return err
	})
}
