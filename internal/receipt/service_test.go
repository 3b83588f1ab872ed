package receipt_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/receipt"
	"portal/internal/secret"
)

var here = netip.MustParseAddr("192.0.2.7")

func record(t testing.TB, db *pg.DB, action audit.Action, result audit.Result) {
	t.Helper()
	event := audit.Event{Action: action, Subject: audit.Subject{Kind: audit.Policy, ID: "x", Name: "Border"}}
	if err := db.Record(t.Context(), authz.SystemActor(), event, result); err != nil {
		t.Fatal(err)
	}
}

func codes(t testing.TB, db *pg.DB) [][]byte {
	t.Helper()
	all, err := pg.Values[[]byte](t.Context(), db.Read(), `select code from receipts order by seq`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAUD5OnlyDecisionsLeaveReceipts, and only those that came about.
func TestAUD5OnlyDecisionsLeaveReceipts(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.GiveReceipts(receipt.Maker(secret.RandomKeys()))
	record(t, db, audit.PolicyActivated, audit.Denied)
	record(t, db, audit.PolicyEdited, audit.Done)
	record(t, db, audit.PolicyActivated, audit.Done)
	if n := len(codes(t, db)); n != 1 {
		t.Errorf("%d receipts", n)
	}
	for _, sql := range []string{`update receipts set seq = 9`, `delete from receipts`, `truncate receipts`} {
		if err := db.Housekeep(t.Context(), "tamper", func(tx *pg.Tx) error {
			_, err := tx.Exec(t.Context(), sql, nil)
			return err
		}); err == nil {
			t.Errorf("%s is possible", sql)
		}
	}
}

func TestAUD5AReceiptTellsTheLeastThatIsUseful(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	db, clock := pgtest.Open(t, address, nil)
	keys := secret.RandomKeys()
	db.GiveReceipts(receipt.Maker(keys))
	s := receipt.NewService(db, keys)
	record(t, db, audit.PolicyActivated, audit.Done)
	record(t, db, audit.PolicyDeactivated, audit.Done)
	all := codes(t, db)
	p, err := s.Check(t.Context(), here, receipt.Text(all[0]))
	want := receipt.Proof{Action: audit.PolicyActivated, At: p.At, Kind: audit.Policy, Name: "Border"}
	if err != nil || p != want || clock.Now().Sub(p.At) > time.Minute {
		t.Errorf("%+v, %v", p, err)
	}
	for name, typed := range map[string]string{"never given": receipt.Text(receipt.Code(keys, []byte("x"))), "of another portal": receipt.Text(receipt.Code(secret.RandomKeys(), []byte("x")))} {
		if _, err := s.Check(t.Context(), here, typed); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Somebody who owns the database but not the key: a receipt of their own, a
	// receipt on another row, a row that says something else.
	own := receipt.Code(secret.RandomKeys(), []byte("x"))
	c, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), `set session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), `update receipts set code = $1 where seq = 1`, own); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), `update receipts set seq = 3 - seq`); err != nil {
		if _, err = c.Exec(t.Context(), `update receipts set seq = -seq; update receipts set seq = 3 + seq`); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range [][]byte{own, all[1]} {
		if _, err := s.Check(t.Context(), here, receipt.Text(code)); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("a receipt that was put there is genuine: %v", err)
		}
	}
}

// TestAUD5NobodyTriesReceiptsForLong counts by network, on all replicas together.
func TestAUD5NobodyTriesReceiptsForLong(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	keys := secret.RandomKeys()
	s := receipt.NewService(db, keys)
	typed := receipt.Text(receipt.Code(keys, []byte("x")))
	var throttled *problem.ThrottledError
	n := 0
	for ; n < 100; n++ {
		if _, err := s.Check(t.Context(), here, typed); errors.As(err, &throttled) {
			break
		}
	}
	if n != 30 || throttled == nil || throttled.RetryAfter <= 0 || throttled.RetryAfter > 10*time.Minute {
		t.Fatalf("stopped after %d: %v", n, throttled)
	}
	if _, err := s.Check(t.Context(), here, "mistyped"); !errors.Is(err, receipt.ErrMistyped) {
		t.Errorf("a slip of the finger is counted: %v", err)
	}
	if _, err := s.Check(t.Context(), netip.MustParseAddr("192.0.2.8"), typed); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a neighbour waits: %v", err)
	}
	clock.Advance(11 * time.Minute)
	if _, err := s.Check(t.Context(), here, typed); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("after the wait: %v", err)
	}
	clock.Advance(11 * time.Minute)
	if err := receipt.Purge(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if left, err := pg.Value[int](t.Context(), db.Read(), `select count(*) from receipt_checks`, nil); left != 0 || err != nil {
		t.Errorf("%d networks are remembered: %v", left, err)
	}
}

// BenchmarkEvent is what an event costs, with and without a receipt.
func BenchmarkEvent(b *testing.B) {
	for name, action := range map[string]audit.Action{"decision": audit.PolicyActivated, "other": audit.PolicyEdited} {
		b.Run(name, func(b *testing.B) {
			db := pgtest.New(b)
			db.GiveReceipts(receipt.Maker(secret.RandomKeys()))
			for b.Loop() {
				record(b, db, action, audit.Done)
			}
		})
	}
}
