package challenge

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
	"portal/internal/throttle"
)

// atOnce calls fn n times, all behind one barrier.
func atOnce[T any](t testing.TB, n int, fn func(i int) T) []T {
	t.Helper()
	results, start := make([]T, n), make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			results[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return results
}

// replicaConns is the size of each replica's two pools: enough for a race, and
// few enough for the server that all tests share.
const replicaConns = 6

// warm opens every connection of the pools: against a cold pool even a naive
// program looks right (security.md M16).
func warm(t testing.TB, dbs ...*pg.DB) {
	t.Helper()
	for _, db := range dbs {
		for _, err := range atOnce(t, replicaConns, func(int) error {
			if _, err := pg.Value[bool](t.Context(), db.Read(), `select pg_sleep(0.02) is not null`, pg.Args{}); err != nil {
				return err
			}
			return db.Housekeep(t.Context(), "warm", func(tx *pg.Tx) error {
				_, err := tx.Exec(t.Context(), `select pg_sleep(0.02)`, pg.Args{})
				return err
			})
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tryFunc is Try of the engine, or a wrong version of it that the tests must
// catch.
type tryFunc func(context.Context, *Engine, id.Challenge, string) (Result, error)

func real(ctx context.Context, e *Engine, cid id.Challenge, typed string) (Result, error) {
	return e.Try(ctx, cid, Register, typed)
}

// naive reads, compares, then writes: the mistake of security.md (e) 3 and 4.
func naive(ctx context.Context, e *Engine, cid id.Challenge, typed string) (Result, error) {
	r, err := load(ctx, e.db.Read(), cid)
	if err != nil {
		return Result{}, err
	}
	if r.VerifiedAt != nil || r.Attempts >= throttle.Attempts {
		return Result{Outcome: UsedUp}, nil
	}
	right := e.match(cid.UUID, r.Sends, typed)
	err = e.db.Housekeep(ctx, "naive", func(tx *pg.Tx) error {
		sql := `update challenges set attempts = least(5, attempts + 1) where id = @id`
		if right {
			sql = `update challenges set verified_at = now() where id = @id`
		}
		_, err := tx.Exec(ctx, sql, pg.Args{"id": cid})
		return err
	})
	if right {
		return Result{Outcome: OK, Compared: true}, err
	}
	return Result{Outcome: Wrong, Compared: true}, err
}

// race lets n attempts run at once on two replicas, and counts comparisons and
// successes.
func race(t *testing.T, n int, try tryFunc, rightCode bool) (compared, successes int) {
	t.Helper()
	url := pgtest.URL(t)
	codes := code.New(secret.RandomKeys())
	var calls atomic.Int64
	var engines []*Engine
	for range 2 {
		db, err := pg.Open(t.Context(), url, pg.Options{MaxConns: replicaConns})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		e := New(db, codes)
		e.match = func(challenge uuid.UUID, send int, typed string) bool {
			calls.Add(1)
			return codes.Match(challenge, send, typed)
		}
		engines = append(engines, e)
	}
	f := &fixture{T: t, db: engines[0].db, codes: codes, e: engines[0]}
	cid := f.begin(Register, "ann@example.org")
	typed := f.wrong(cid)
	if rightCode {
		typed = codes.Code(cid.UUID, 1)
	}
	warm(t, engines[0].db, engines[1].db)
	for _, r := range atOnce(t, n, func(i int) Result {
		r, err := try(t.Context(), engines[i%2], cid, typed)
		if err != nil {
			t.Error(err)
		}
		return r
	}) {
		if r.Outcome == OK {
			successes++
		}
	}
	return int(calls.Load()), successes
}

func TestREG7ThousandParallelWrongCodesAreComparedFiveTimes(t *testing.T) {
	t.Parallel()
	if compared, successes := race(t, 1000, real, false); compared != 5 || successes != 0 {
		t.Errorf("%d compared, %d successes; want 5 and 0", compared, successes)
	}
}

func TestREG7HundredParallelRightCodesSucceedOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		if compared, successes := race(t, 100, real, true); compared > 5 || successes != 1 {
			t.Errorf("%d compared, %d successes; want at most 5 and 1", compared, successes)
		}
	}
}

// The two tests above would not be worth much if they passed a naive version.
func TestREG7NaiveVersionIsCaught(t *testing.T) {
	t.Parallel()
	if compared, _ := race(t, 1000, naive, false); compared <= 5 {
		t.Errorf("the naive version compared only %d times: the race test is blind", compared)
	}
	for range 20 {
		if _, successes := race(t, 100, naive, true); successes > 1 {
			return
		}
	}
	t.Error("the naive version succeeded once in every run: the race test is blind")
}
