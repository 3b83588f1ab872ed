package auditproof_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/app"
	"portal/internal/audit"
	"portal/internal/auditproof"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/demo"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
)

// office is a database with things in every state, sealed at its end; made once and
// copied for every test that damages one.
var office = struct {
	pgtest.Filled
	keys  func() secret.Keys
	heads []auditproof.Head
}{keys: sync.OnceValue(secret.RandomKeys)}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := office.Drop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// whole is a sealed database of its own, and the heads that were carried out.
func whole(t testing.TB) (*pg.DB, string, []auditproof.Head) {
	t.Helper()
	address := office.Copy(t, func(address string) {
		db, clock := pgtest.Open(t, address, nil)
		defer db.Close()
		cfg, _, err := config.Load("test", []string{"--public-url", "http://portal.test", "--webhook-private", "on"}, func(string) string { return "" }, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if err := demo.Load(t.Context(), app.NewWith(cfg, db, office.keys(), password.NewWeakHasher(office.keys()))); err != nil {
			t.Fatal(err)
		}
		office.heads = seal(t, db, office.keys(), func() {
			clock.Advance(2 * time.Minute)
			record(t, db, "after the first head")
		})
	})
	db, _ := pgtest.Open(t, address, nil)
	return db, address, office.heads
}

// seal signs a head, lets more happen and signs another one.
func seal(t testing.TB, db *pg.DB, keys secret.Keys, more func()) []auditproof.Head {
	t.Helper()
	s := &auditproof.Sealer{DB: db, Keys: keys, File: filepath.Join(t.TempDir(), "heads.jsonl"), Zone: time.UTC}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	more()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(s.File)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	heads, err := auditproof.ReadHeads(s.File, f)
	if err != nil || len(heads) != 2 {
		t.Fatalf("%d heads: %v", len(heads), err)
	}
	return heads
}

func record(t testing.TB, db *pg.DB, name string) {
	t.Helper()
	event := audit.Event{Action: audit.SignedIn, Subject: audit.Subject{Kind: audit.User, ID: "x", Name: name}}
	if err := db.Record(t.Context(), authz.SystemActor(), event, audit.Done); err != nil {
		t.Fatal(err)
	}
}

// superuser runs statements past all triggers.
func superuser(t testing.TB, address, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), "set session_replication_role = replica; "+sql); err != nil {
		t.Fatal(err)
	}
}

// rechain gives all rows from a number on the hashes that follow from their content, and
// the head and the seal that fit: what somebody does who has the database and this source.
func rechain(t testing.TB, db *pg.DB, address string, from int64) {
	t.Helper()
	c := pg.Chain{}
	var sql strings.Builder
	err := pg.EachLink(t.Context(), db.Read(), 0, func(l *pg.Link) error {
		if l.Seq >= from {
			l.Hash = pg.HashAfter(l, c.Hash)
			fmt.Fprintf(&sql, "update audit_log set hash = '\\x%x' where seq = %d;\n", l.Hash, l.Seq)
		}
		return c.Next(l)
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&sql, `update audit_head set seq = %d, hash = '\x%x'; update audit_seal set seq = %d, hash = '\x%x';`, c.Rows, c.Hash, c.Rows, c.Hash)
	superuser(t, address, sql.String())
}

// tampering is one way to damage a log. headsOnly are those that leave a chain without
// fault: only what stands outside the database tells of them.
type tampering struct {
	sql       string
	rechain   int64 // from this row on; 0: not
	seq       int64 // that is named; 0: any
	headsOnly bool
	forged    bool // a head by somebody else's key
}

var tamperings = map[string]tampering{
	"a field edited":              {sql: `update audit_log set actor_name = 'Nobody' where seq = 20`, seq: 20},
	"a row in the middle deleted": {sql: `delete from audit_log where seq = 20`, seq: 20},
	"the tail deleted": {
		sql: `delete from audit_log where seq = (select max(seq) from audit_log);
			update audit_head set (seq, hash) = (select seq, hash from audit_log order by seq desc limit 1)`, headsOnly: true,
	},
	"a row inserted": {
		sql: `update audit_log set seq = -seq where seq > 20; update audit_log set seq = 1 - seq where seq < 0;
			insert into audit_log select 21, at, actor_id, actor_name, actor_role, session, ip, request_id, action, result, subject_kind, subject_id,
				subject_name, partner_id, version_before, version_after, detail, format, sha256('x') from audit_log where seq = 20`, seq: 21,
	},
	"two rows swapped": {
		sql: `update audit_log set seq = case seq when 20 then -21 else -20 end where seq in (20, 21); update audit_log set seq = -seq where seq < 0`, seq: 20,
	},
	"an edit and the chain made new behind it": {
		sql: `update audit_log set actor_name = 'Nobody' where seq = 20`, rechain: 20, headsOnly: true,
	},
	"the whole log written anew": {sql: `update audit_log set ip = '192.0.2.9'`, rechain: 1, headsOnly: true},
	"a time moved":               {sql: `update audit_log set at = at - interval '1 day' where seq = 20`, seq: 20},
	"the head row changed":       {sql: `update audit_head set hash = sha256('x')`},
	"a state edited without a row": {
		sql: `update policy_groups set status = 'active' where status = 'deactivated'`,
	},
	"an object without a birth row": {
		sql: `insert into policy_groups (id, name, description, status, created_at, updated_at)
			values ('0190a6c8-0000-7000-8000-000000000001', 'Smuggled', 'x', 'active', now(), now())`,
	},
	"a head by another key": {forged: true},
}

func TestAUD5EveryTamperingIsFoundAndNoneOnACleanCopy(t *testing.T) {
	t.Parallel()
	if len(tamperings) != 12 {
		t.Fatalf("%d tamperings", len(tamperings))
	}
	keys := auditproof.Publics(office.keys())
	db, _, heads := whole(t)
	clean, err := auditproof.Verify(t.Context(), db, heads, keys)
	if err != nil || clean.Heads != 2 || clean.Signed != clean.Rows || clean.Rows < 150 || clean.Things < 50 {
		t.Fatalf("a clean copy: %+v, %v", clean, err)
	}
	for name, tc := range tamperings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, address, heads := whole(t)
			if tc.sql != "" {
				superuser(t, address, tc.sql)
			}
			if tc.rechain > 0 {
				rechain(t, db, address, tc.rechain)
			}
			if tc.headsOnly {
				if r, err := auditproof.Verify(t.Context(), db, nil, nil); err != nil {
					t.Errorf("this leaves no trace in the database, or the test does not do what it says: %+v, %v", r, err)
				}
			}
			if tc.forged {
				heads = append(heads, forged(t))
			}
			found(t, db, heads, keys, tc.seq)
		})
	}
}

// forged is a head of the very log, signed by somebody who has it but not the key.
func forged(t *testing.T) auditproof.Head {
	t.Helper()
	db, address, _ := whole(t)
	superuser(t, address, `update audit_seal set seq = 0, hash = '', signed_at = 'epoch'`)
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	s := &auditproof.Sealer{DB: db, Keys: secret.RandomKeys(), File: file, Zone: time.UTC}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	heads, err := auditproof.ReadHeads(file, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return heads[0]
}

func found(t *testing.T, db *pg.DB, heads []auditproof.Head, keys []ed25519.PublicKey, seq int64) {
	t.Helper()
	_, err := auditproof.Verify(t.Context(), db, heads, keys)
	var broken *pg.BrokenChainError
	if !errors.As(err, &broken) || seq != 0 && broken.Seq != seq {
		t.Errorf("row %d is wrong; found: %v", seq, err)
	}
	t.Log(err)
}

// TestAUD5NothingOfAnyKindGoesUnnoticed takes one thing away, gives one to another
// partner, and puts one back to where it began.
func TestAUD5NothingOfAnyKindGoesUnnoticed(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		`delete from partners where id = (select id from partners limit 1)`,
		`delete from policy_groups where id = (select id from policy_groups limit 1)`,
		`delete from policies where id = (select id from policies limit 1)`,
		`delete from policy_requests where id = (select id from policy_requests limit 1)`,
		`delete from sbis where id = (select id from sbis limit 1)`,
		`delete from devices where id = (select id from devices limit 1)`,
		`delete from ftm_chips where id = (select id from ftm_chips limit 1)`,
		`delete from partner_certificates where id = (select id from partner_certificates limit 1)`,
		`delete from ca_certificates where id = (select id from ca_certificates limit 1)`,
		`delete from api_keys where id = (select id from api_keys limit 1)`,
		`delete from service_accounts where id = (select id from service_accounts limit 1)`,
		`update sbis set partner_id = (select id from partners p where p.id <> sbis.partner_id limit 1)`,
		`update partners set status = 'active' where status = 'deactivated'`,
		`insert into receipts (code, seq, change_id) select '\x00112233445566778899', seq, '0190a6c8-0000-7000-8000-000000000001'
			from audit_log where action = 'device.registered' limit 1`,
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			db, address, heads := whole(t)
			superuser(t, address, sql)
			found(t, db, heads, auditproof.Publics(office.keys()), 0)
		})
	}
}

// TestAUD5AnExportTellsTheSame damages an exported log, without any database.
func TestAUD5AnExportTellsTheSame(t *testing.T) {
	t.Parallel()
	keys := auditproof.Publics(office.keys())
	db, address, heads := whole(t)
	var file bytes.Buffer
	rows, err := auditproof.Export(t.Context(), db, &file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(file.String(), "\n")
	lines = lines[:len(lines)-1]
	if r, err := auditproof.VerifyExport(&file, heads, keys); err != nil || r.Rows != rows || r.Heads != 2 || int64(len(lines)) != rows {
		t.Fatalf("a clean file of %d lines: %+v, %v", len(lines), r, err)
	}
	join := func(all ...[]string) string {
		var b strings.Builder
		for _, part := range all {
			for _, l := range part {
				b.WriteString(l)
			}
		}
		return b.String()
	}
	superuser(t, address, `update audit_log set ip = '192.0.2.9'`)
	rechain(t, db, address, 1)
	var anew bytes.Buffer
	if _, err := auditproof.Export(t.Context(), db, &anew); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text string
		seq  int64
	}{
		"edited":       {join(lines[:19], []string{strings.Replace(lines[19], `"actor_role":"`, `"actor_role":"X`, 1)}, lines[20:]), 20},
		"deleted":      {join(lines[:19], lines[20:]), 20},
		"tail cut":     {join(lines[:99]), 100},
		"twice":        {join(lines[:20], lines[19:]), 21},
		"swapped":      {join(lines[:19], lines[20:21], lines[19:20], lines[21:]), 20},
		"no line":      {join(lines[:19], []string{"]\n"}, lines[19:]), 20},
		"empty":        {"", 1},
		"written anew": {anew.String(), heads[0].Seq},
	} {
		_, err := auditproof.VerifyExport(strings.NewReader(tc.text), heads, keys)
		var broken *pg.BrokenChainError
		if !errors.As(err, &broken) || broken.Seq != tc.seq {
			t.Errorf("%s: row %d is wrong; found: %v", name, tc.seq, err)
		}
	}
}

func TestAUD5HeadsAreReadOutOfFilesLogsAndMails(t *testing.T) {
	t.Parallel()
	_, _, heads := whole(t)
	logged, err := json.Marshal(map[string]string{"msg": "audit head", "head": heads[1].Line()})
	if err != nil {
		t.Fatal(err)
	}
	text := "Hello Amina,\n\n  " + heads[0].Line() + "\r\n\n-- \nPartner Portal\n{\"msg\":\"other\"}\n" + string(logged) + "\n"
	got, err := auditproof.ReadHeads("mail", strings.NewReader(text))
	if err != nil || len(got) != 2 || got[0] != heads[0] || got[1] != heads[1] {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "nothing here\n", `{"v":1,"seq":` + "\n"} {
		if _, err := auditproof.ReadHeads("file", strings.NewReader(bad)); err == nil {
			t.Errorf("%q is taken for heads", bad)
		}
	}
}

// TestAUD5WhatIsWrongIsNotSigned: no head vouches for rows that do not follow from the
// last one, and none is signed where nothing was written.
func TestAUD5WhatIsWrongIsNotSigned(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	db, clock := pgtest.Open(t, address, nil)
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	s := &auditproof.Sealer{DB: db, Keys: office.keys(), File: file, Zone: time.UTC}
	lines := func() int {
		b, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return bytes.Count(b, []byte("\n"))
	}
	run := func(want int) {
		t.Helper()
		if err := s.Run(t.Context()); err != nil || lines() != want {
			t.Fatalf("%d heads, want %d: %v", lines(), want, err)
		}
	}
	run(0)
	record(t, db, "one")
	run(1)
	record(t, db, "two")
	run(1) // too soon
	clock.Advance(61 * time.Second)
	run(2)
	clock.Advance(time.Hour)
	run(2) // nothing was written
	record(t, db, "three")
	record(t, db, "four")
	superuser(t, address, `update audit_log set subject_name = 'x' where seq = 3`)
	var broken *pg.BrokenChainError
	if err := s.Run(t.Context()); !errors.As(err, &broken) || broken.Seq != 3 || lines() != 2 {
		t.Errorf("a wrong row was signed: %v", err)
	}
	superuser(t, address, `delete from audit_log where seq > 1; update audit_head set seq = 1, hash = (select hash from audit_log)`)
	if err := s.Run(t.Context()); !errors.As(err, &broken) || broken.Seq != 2 || lines() != 2 {
		t.Errorf("a cut log was signed: %v", err)
	}
}

// TestAUD5OneReplicaSigns: many at once make one head.
func TestAUD5OneReplicaSigns(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	record(t, db, "one")
	file := filepath.Join(t.TempDir(), "heads.jsonl")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s := &auditproof.Sealer{DB: db, Keys: office.keys(), File: file, Zone: time.UTC}
			if err := s.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b, err := os.ReadFile(file); err != nil || bytes.Count(b, []byte("\n")) != 1 {
		t.Errorf("%s %v", b, err)
	}
}

// TestAUD5AHeadGoesOutByMailOnceADay, to who reads the log or to one address.
func TestAUD5AHeadGoesOutByMailOnceADay(t *testing.T) {
	t.Parallel()
	_, address, _ := whole(t)
	db, clock := pgtest.Open(t, address, nil)
	clock.Advance(pg.Day(clock.Now()).Add(33 * time.Hour).Sub(clock.Now())) // nine o'clock tomorrow
	s := &auditproof.Sealer{DB: db, Keys: office.keys(), Zone: time.UTC, Mail: "archive@example.org"}
	day := func() []string {
		t.Helper()
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		to, err := pg.Values[string](t.Context(), db.Read(), `select recipient from mail_outbox where kind = 'audit_head' order by recipient`, nil)
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	again := func() {
		superuser(t, address, `delete from mail_outbox where kind = 'audit_head'; update audit_seal set mailed_on = null`)
	}
	again()
	if to := day(); len(to) != 1 || to[0] != s.Mail {
		t.Errorf("%v", to)
	}
	if to := day(); len(to) != 1 {
		t.Errorf("twice a day: %v", to)
	}
	again()
	s.Mail = ""
	if to := day(); len(to) != 2 || to[0] != "admin@demo.test" || to[1] != "second@demo.test" {
		t.Errorf("%v", to)
	}
}
