package pg_test

import (
	"errors"
	"iter"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

type number struct{ N int }

func numbers(db *pg.DB, from string) pg.Listing[number] {
	spec := &list.Spec{Sorts: map[string]string{"n": "n"}, Default: "-n", TieBreak: "n"}
	var w pg.Where
	w.And("n <> @but", "but", 3)
	return pg.Listing[number]{DB: db, Query: spec.Parse(nil), Columns: "n", From: from, Where: w}
}

// told is the event of an export, and remembers how many rows it told of.
func told(n *int) func(int) audit.Event {
	return func(rows int) audit.Event { *n = rows; return event }
}

func collect(to *[]int) func(iter.Seq2[number, error]) error {
	return func(rows iter.Seq2[number, error]) error {
		for r, err := range rows {
			if err != nil {
				return err
			}
			*to = append(*to, r.N)
		}
		return nil
	}
}

func TestINJ4ExportIsWholeInOrderAndTold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var rows int
	var got []int
	l := numbers(db, "from generate_series(1, 6) as rows (n)")
	if err := l.Export(t.Context(), admin(), authz.PartnerRead, told(&rows), collect(&got)); err != nil {
		t.Fatal(err)
	}
	if rows != 5 || len(got) != 5 || got[0] != 6 || got[4] != 1 {
		t.Errorf("%d rows told, got %v", rows, got)
	}
	if n := count(t, db, `select count(*) from audit_log where result = 'done'`); n != 1 {
		t.Errorf("%d events", n)
	}
	got = nil
	l = numbers(db, "from generate_series(1, 20000) as rows (n)")
	if err := l.Export(t.Context(), admin(), authz.PartnerRead, told(&rows), collect(&got)); err != nil {
		t.Fatal(err)
	}
	if rows != pg.ExportLimit || len(got) != pg.ExportLimit || got[0] != 20000 {
		t.Errorf("%d rows told, %d sent, from %d", rows, len(got), got[0])
	}
}

// TestINJ4NothingLeavesUntold: the event stands before the first row, whatever
// happens to the file afterwards, and without it no row is read.
func TestINJ4NothingLeavesUntold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := numbers(db, "from generate_series(1, 9) as rows (n)")
	stop := errors.New("the reader went away")
	var rows, before int
	err := l.Export(t.Context(), admin(), authz.PartnerRead, told(&rows), func(iter.Seq2[number, error]) error {
		before = count(t, db, `select count(*) from audit_log`)
		return stop
	})
	if !errors.Is(err, stop) || before != 1 || count(t, db, `select count(*) from audit_log where result = 'done'`) != 1 {
		t.Errorf("%v; %d events before the first row", err, before)
	}
	called := false
	use := func(iter.Seq2[number, error]) error { called = true; return nil }
	nothing := func(int) audit.Event { return audit.Event{} }
	if err := l.Export(t.Context(), admin(), authz.PartnerRead, nothing, use); err == nil || called {
		t.Errorf("without an event: %v, rows handed out %v", err, called)
	}
	partner := authz.Actor{Roles: []authz.Role{authz.AuthPartner}}
	if err := l.Export(t.Context(), partner, authz.PartnerRead, told(&rows), use); !errors.Is(err, problem.ErrDenied) || called {
		t.Errorf("denied: %v, rows handed out %v", err, called)
	}
	if n := count(t, db, `select count(*) from audit_log where result = 'denied'`); n != 1 {
		t.Errorf("%d refusals recorded", n)
	}
}

// TestLIM2ExportsLeaveConnections: files that wait for slow readers never take
// all connections.
func TestLIM2ExportsLeaveConnections(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := numbers(db, "from generate_series(1, 9) as rows (n)")
	var rows, open int
	var deeper func() error
	deeper = func() error {
		return l.Export(t.Context(), admin(), authz.PartnerRead, told(&rows), func(iter.Seq2[number, error]) error {
			open++
			if open > 100 {
				return errors.New("there is no end to it")
			}
			return deeper()
		})
	}
	var busy *problem.BusyError
	if err := deeper(); !errors.As(err, &busy) {
		t.Fatalf("%d files at once: %v", open, err)
	}
	var got []int
	if err := l.Export(t.Context(), admin(), authz.PartnerRead, told(&rows), collect(&got)); err != nil || len(got) != 8 {
		t.Errorf("afterwards: %v, %v", got, err)
	}
}
