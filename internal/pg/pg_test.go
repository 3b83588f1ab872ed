package pg_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

var event = audit.Event{Action: audit.GroupCreated, Subject: audit.Subject{Kind: audit.PolicyGroup, ID: "x", Name: "Telecom"}}

func admin() authz.Actor {
	return authz.Actor{User: id.New[id.User](), Name: "Aisha", Roles: []authz.Role{authz.PartnerAdmin}}
}

func count(t *testing.T, db *pg.DB, sql string) int {
	t.Helper()
	n, err := pg.Value[int](t.Context(), db.Read(), sql, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReadPoolCannotWrite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := pg.Value[int](t.Context(), db.Read(), `insert into audit_head (seq, hash) values (1, '') returning 1`, nil)
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != "25006" {
		t.Errorf("writing through the read pool: %v, want SQLSTATE 25006", err)
	}
}

func TestAUD1ChangeAndEventStandTogether(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	insert := func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into policy_groups (id, name, description, status, created_at, updated_at)
			values (@id, 'g', 'd', 'active', @now, @now)`, pg.Args{"id": id.New[id.PolicyGroup](), "now": tx.Now()})
		return err
	}
	err := db.Change(t.Context(), admin(), authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		return audit.Event{}, insert(tx)
	})
	if err == nil {
		t.Error("a change without an event was accepted")
	}
	err = db.Change(t.Context(), authz.Actor{Roles: []authz.Role{authz.AuthPartner}}, authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		return event, insert(tx)
	})
	if !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner's change: %v, want ErrDenied", err)
	}
	if n := count(t, db, `select count(*) from policy_groups`); n != 0 {
		t.Errorf("%d rows stand although nothing may", n)
	}
	if n := count(t, db, `select count(*) from audit_log where result = 'denied'`); n != 1 {
		t.Errorf("%d refusals recorded, want 1", n)
	}
	if err := db.Change(t.Context(), admin(), authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) { return event, insert(tx) }); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, `select count(*) from audit_log where result = 'done'`); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// A second click is a success that leaves nothing, whatever it did before it
// found out.
func TestAUD1NothingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	insert := func(tx *pg.Tx) error {
		tx.Also(event)
		_, err := tx.Exec(t.Context(), `insert into policy_groups (id, name, description, status, created_at, updated_at)
			values (@id, 'g', 'd', 'active', @now, @now)`, pg.Args{"id": id.New[id.PolicyGroup](), "now": tx.Now()})
		return errors.Join(err, pg.ErrNothing)
	}
	if err := db.Change(t.Context(), admin(), authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) { return event, insert(tx) }); err != nil {
		t.Error("Change:", err)
	}
	if err := db.Housekeep(t.Context(), "test", insert); err != nil {
		t.Error("Housekeep:", err)
	}
	if rows, events := count(t, db, `select count(*) from policy_groups`), count(t, db, `select count(*) from audit_log`); rows+events > 0 {
		t.Errorf("%d rows and %d events are left", rows, events)
	}
}

// What is wrong with an input is told only to those who may send it.
func TestAUT2DeniedComesBeforeWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	wrong := problem.Invalid("name", "problem.required")
	if err := db.DeniedFirst(t.Context(), admin(), authz.PolicyGroupManage, wrong); !errors.Is(err, wrong) {
		t.Errorf("who may: %v, want what is wrong", err)
	}
	if n := count(t, db, `select count(*) from audit_log`); n != 0 {
		t.Errorf("%d events although nothing was refused", n)
	}
	err := db.DeniedFirst(t.Context(), authz.Actor{Roles: []authz.Role{authz.AuthPartner}}, authz.PolicyGroupManage, wrong)
	if !errors.Is(err, problem.ErrDenied) || errors.Is(err, wrong) {
		t.Errorf("who may not: %v, want ErrDenied alone", err)
	}
	if n := count(t, db, `select count(*) from audit_log where result = 'denied'`); n != 1 {
		t.Errorf("%d refusals recorded, want 1", n)
	}
}

func TestAUD1FailingAuditUndoesTheChange(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	exec(t, url, `alter table audit_log add constraint broken check (action <> 'policy_group.created')`)
	db, err := pg.Open(t.Context(), url, pg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Change(t.Context(), admin(), authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		_, err := tx.Exec(t.Context(), `insert into policy_groups (id, name, description, status, created_at, updated_at)
			values (@id, 'g', 'd', 'active', @now, @now)`, pg.Args{"id": id.New[id.PolicyGroup](), "now": tx.Now()})
		return event, err
	})
	if err == nil {
		t.Fatal("the change succeeded without its event")
	}
	if n := count(t, db, `select count(*) from policy_groups`); n != 0 {
		t.Errorf("%d rows stand without an event", n)
	}
}

func TestAUD2RowHoldsWhoWhatAndWhen(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	a := admin()
	a.RequestID, a.Session = "r1", []byte{1, 2}
	ev := event
	ev.Before, ev.After = 1, 2
	ev.Detail = audit.Diff(nil, "name", "old", "new")
	if err := db.Record(t.Context(), a, ev, audit.Done); err != nil {
		t.Fatal(err)
	}
	type row struct {
		ActorID                                                  id.User
		ActorName, ActorRole, RequestID, Action, Result, Subject string
		VersionBefore, VersionAfter                              int
		Detail                                                   string
	}
	got, err := pg.One[row](t.Context(), db.Read(), `select actor_id, actor_name, actor_role, request_id, action, result,
		subject_kind || ' ' || subject_id || ' ' || subject_name as subject, version_before, version_after, detail from audit_log`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := row{
		a.User, "Aisha", "PARTNER_ADMIN", "r1", "policy_group.created", "done", "policy_group x Telecom", 1, 2,
		`[{"field":"name","before":"old","after":"new"}]`,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAUD3LogIsInsertOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := db.Record(t.Context(), admin(), event, audit.Done); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`update audit_log set action = 'x'`, `delete from audit_log`, `truncate audit_log`} {
		err := db.Housekeep(t.Context(), "tamper", func(tx *pg.Tx) error {
			_, err := tx.Exec(t.Context(), sql, nil)
			return err
		})
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "42501" {
			t.Errorf("%s: %v, want SQLSTATE 42501", sql, err)
		}
	}
}

func TestAUD4ChainHasNoGapUnderManyWriters(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for range 10 {
				if err := db.Record(t.Context(), admin(), event, audit.Done); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, err := db.VerifyAudit(t.Context()); n != 320 || err != nil {
		t.Errorf("verified %d rows: %v, want 320", n, err)
	}
}

func TestAUD4OneChangeOfManyThingsIsOneStretchOfTheChain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const many = 3000
	err := db.Change(t.Context(), admin(), authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		for n := range many {
			tx.Also(audit.Event{Action: audit.GroupEdited, Subject: audit.Subject{Kind: audit.PolicyGroup, ID: strconv.Itoa(n), Name: "Group"}})
		}
		return audit.Event{Action: audit.GroupEdited, Subject: audit.Subject{Kind: audit.PolicyGroup, ID: "last", Name: "Group"}, Before: 1, After: 2}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := db.VerifyAudit(t.Context()); err != nil || rows != many+1 {
		t.Errorf("%d rows are right: %v", rows, err)
	}
	last, err := pg.Value[string](t.Context(), db.Read(), `select subject_id || ' ' || version_after || ' ' || actor_name from audit_log order by seq desc limit 1`, nil)
	if err != nil || last != "last 2 Aisha" {
		t.Errorf("%q %v", last, err)
	}
}

func TestAUD4TamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"content edited":        `update audit_log set subject_name = 'Banking' where seq = 3`,
		"actor edited":          `update audit_log set actor_id = null where seq = 3`,
		"time moved":            `update audit_log set at = at + interval '1 second' where seq = 3`,
		"detail edited":         `update audit_log set detail = '[{}]' where seq = 3`,
		"row in the middle cut": `delete from audit_log where seq = 3`,
		"tail cut":              `delete from audit_log where seq = 5`,
		"rows swapped":          `update audit_log set seq = case seq when 2 then -3 else -2 end where seq in (2, 3); update audit_log set seq = -seq where seq < 0`,
		"row renumbered":        `update audit_log set seq = 6 where seq = 5`,
		"head moved back":       `delete from audit_log where seq = 5; update audit_head set seq = 4`,
		"head removed":          `delete from audit_head`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			db, err := pg.Open(t.Context(), url, pg.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for range 5 {
				if err := db.Record(t.Context(), admin(), event, audit.Done); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := db.VerifyAudit(t.Context()); n != 5 || err != nil {
				t.Fatalf("before: %d rows, %v", n, err)
			}
			exec(t, url, `alter table audit_log disable trigger audit_log_insert_only; `+sql)
			var broken *pg.BrokenChainError
			if _, err := db.VerifyAudit(t.Context()); !errors.As(err, &broken) {
				t.Errorf("not found: %v", err)
			}
		})
	}
}

func TestOPS1MigrationsGoUpDownAndUp(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	for range 2 {
		if names, err := pg.Migrate(t.Context(), url); err != nil || len(names) == 0 {
			t.Fatalf("up: %v %v", names, err)
		}
		if err := pg.MigrateDown(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOPS1ManyProcessesMigrateOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ran := map[string]int{}
	for range 5 {
		wg.Go(func() {
			names, err := pg.Migrate(t.Context(), url)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, n := range names {
				ran[n]++
			}
		})
	}
	wg.Wait()
	for n, times := range ran {
		if times != 1 {
			t.Errorf("%s ran %d times", n, times)
		}
	}
	if len(ran) == 0 {
		t.Error("nothing ran")
	}
}

func TestOpenHidesThePassword(t *testing.T) {
	t.Parallel()
	_, err := pg.Open(t.Context(), "postgres://u:hunter2@[bad/x", pg.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// exec does what only somebody with the owner's rights could do.
func exec(t *testing.T, url, sql string) {
	t.Helper()
	ctx := t.Context()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}

func TestSearchKnowsAllLetters(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	found, err := pg.Value[bool](t.Context(), db.Read(), `select 'ÉCOLE' ilike '%école%' and lower('Ж') = 'ж'`, nil)
	if err != nil || !found {
		t.Errorf("upper and lower case beyond ASCII are strangers: %v", err)
	}
}
