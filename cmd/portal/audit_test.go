package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/auditproof"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

const auditSecret = "q0Jz6mVh1uYw8eRk3sXn5bTd7fGp9cAa2LvNxQyZoKI="

// TestAUD5TheCommands: key, verify, export and verify of the export, by who has the
// database and by who has only the file and the public key.
func TestAUD5TheCommands(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	db, _ := pgtest.Open(t, address, nil)
	event := audit.Event{Action: audit.SignedIn, Subject: audit.Subject{Kind: audit.User, ID: "x", Name: "Ana"}}
	if err := db.Record(t.Context(), authz.SystemActor(), event, audit.Done); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"PORTAL_DATABASE_URL": address, "PORTAL_SECRET_KEY": auditSecret}
	cfg, _, err := config.Load("test", nil, func(name string) string { return env[name] }, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := cfg.Keys()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	heads, file := filepath.Join(dir, "heads.jsonl"), filepath.Join(dir, "audit.jsonl")
	if err := (&auditproof.Sealer{DB: db, Keys: keys, File: heads, Zone: time.UTC}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	status, key, log := portalRuns(t, map[string]string{"PORTAL_SECRET_KEY": auditSecret}, "audit", "key")
	if status != 0 || log != "" {
		t.Fatal(status, key, log)
	}
	key, _, _ = strings.Cut(key, " ")
	wants := func(want int, words string, env map[string]string, args ...string) {
		t.Helper()
		status, out, log := portalRuns(t, env, args...)
		if status != want || !strings.Contains(out+log, words) {
			t.Errorf("%v: %d, want %d and %q\n%s%s", args, status, want, words, out, log)
		}
	}
	wants(0, "no signed heads were given", env, "audit", "verify")
	wants(0, "1 signed heads match; they vouch for the rows up to 1", env, "audit", "verify", "--heads", heads)
	wants(0, "2 rows are exported", env, "audit", "export", file)
	wants(1, "exists", env, "audit", "export", file) // nothing is written over
	wants(1, "FILE", env, "audit", "export")
	wants(0, "2 rows in", nil, "audit", "verify", "--export", file)
	wants(0, "1 signed heads match", nil, "audit", "verify", "--export", file, "--heads="+heads, "--key", key)
	wants(1, "give --key, or --secret-key", nil, "audit", "verify", "--export", file, "--heads", heads)
	wants(1, "base64 of 32 bytes", nil, "audit", "verify", "--export", file, "--heads", heads, "--key", "x")
	wants(1, "no head is in it", nil, "audit", "verify", "--export", file, "--heads", os.DevNull, "--key", key)
	told, err := pg.Value[string](t.Context(), db.Read(), `select actor_role || ' ' || action || ' ' || subject_id from audit_log where seq = 2`, nil)
	if err != nil || told != "SYSTEM list.exported audit" {
		t.Errorf("the export is told as %q: %v", told, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("Ana"), []byte("Eva"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	wants(1, "broken at row 1", nil, "audit", "verify", "--export", file)
}
