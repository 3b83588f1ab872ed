package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/auditproof"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/pg"
)

// texts collects a flag that may be given several times.
type texts []string

func (t *texts) String() string     { return fmt.Sprint(*t) }
func (t *texts) Set(s string) error { *t = append(*t, s); return nil }

// verifying is what `portal audit verify` was told.
type verifying struct {
	heads, keys texts
	export      string
}

// auditVerify recomputes the audit log and says the first thing that is wrong with it.
func auditVerify(ctx context.Context, c call) error {
	var v verifying
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.log)
	flags.Var(&v.heads, "heads", "file with signed heads: the one of --audit-heads, a log, or a mail saved as text; may be given several times")
	flags.Var(&v.keys, "key", "public key that the heads are signed with, as portal audit key prints it; may be given several times; without, that of --secret-key")
	flags.StringVar(&v.export, "export", "", "verify this exported audit log, or - for standard input, instead of a database")
	own, settings := split(flags, c.args)
	if err := flags.Parse(own); err != nil {
		return err
	}
	c.args = settings
	cfg, err := load(c)
	if err != nil {
		return err
	}
	heads, keys, err := v.read(cfg)
	if err != nil {
		return err
	}
	began := time.Now()
	r, err := v.verify(ctx, cfg, heads, keys)
	if err != nil {
		return err
	}
	took := time.Since(began)
	_, err = fmt.Fprintf(c.out, "the audit log is whole: %d rows in %s\n", r.Rows, took.Round(time.Millisecond))
	switch {
	case err != nil:
	case r.Heads == 0:
		_, err = fmt.Fprintln(c.out, "no signed heads were given: a log that was cut at its end, or written anew as a whole, would look the same (--heads FILE)")
	default:
		_, err = fmt.Fprintf(c.out, "%d signed heads match; they vouch for the rows up to %d\n", r.Heads, r.Signed)
	}
	if err == nil && v.export == "" {
		_, err = fmt.Fprintf(c.out, "the state of %d things is what the log says\n", r.Things)
	}
	return err
}

// read reads the heads, and the keys that may have signed them.
func (v verifying) read(cfg config.Config) (heads []auditproof.Head, keys []ed25519.PublicKey, err error) {
	for _, name := range v.heads {
		f, err := os.Open(name) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, nil, err
		}
		some, err := auditproof.ReadHeads(name, f)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, nil, err
		}
		heads = append(heads, some...)
	}
	for _, text := range v.keys {
		k, err := auditproof.ParseKey(text)
		if err != nil {
			return nil, nil, fmt.Errorf("--key: %w", err)
		}
		keys = append(keys, k)
	}
	if len(heads) == 0 || len(keys) > 0 {
		return heads, keys, nil
	}
	own, err := cfg.Keys()
	if err != nil {
		return nil, nil, fmt.Errorf("heads are checked by their public key: give --key, or --secret-key: %w", err)
	}
	return heads, auditproof.Publics(own), nil
}

func (v verifying) verify(ctx context.Context, cfg config.Config, heads []auditproof.Head, keys []ed25519.PublicKey) (auditproof.Result, error) {
	if v.export == "-" {
		return auditproof.VerifyExport(os.Stdin, heads, keys)
	}
	if v.export != "" {
		f, err := os.Open(v.export)
		if err != nil {
			return auditproof.Result{}, err
		}
		defer func() { _ = f.Close() }() // it was only read
		return auditproof.VerifyExport(f, heads, keys)
	}
	db, err := database(ctx, cfg)
	if err != nil {
		return auditproof.Result{}, err
	}
	defer db.Close()
	return auditproof.Verify(ctx, db, heads, keys)
}

// database is the one that the settings name.
func database(ctx context.Context, cfg config.Config) (*pg.DB, error) {
	if err := cfg.Require("database-url"); err != nil {
		return nil, err
	}
	return pg.Open(ctx, cfg.DatabaseURL.Reveal(), pg.Options{MaxConns: 2})
}

// auditExport writes the whole log to a file. The row that tells of it stands before the
// first line is written, and so in the file itself (security.md AUD-6).
func auditExport(ctx context.Context, c call) error {
	cfg, rest, err := config.Load(c.name, c.args, c.getenv, c.log)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("give one FILE behind the settings, or - for standard output")
	}
	db, err := database(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	to, done, err := destination(rest[0], c.out)
	if err != nil {
		return err
	}
	end, err := pg.Value[int64](ctx, db.Read(), `select seq from audit_head`, nil)
	if err == nil {
		err = db.Record(ctx, authz.SystemActor(), audit.Event{
			Action: audit.ListExported, Subject: audit.Subject{Kind: audit.List, ID: "audit", Name: "audit"},
			Detail: []audit.Change{{Field: "rows", After: strconv.FormatInt(end, 10)}},
		}, audit.Done)
	}
	if err != nil {
		return errors.Join(err, done())
	}
	rows, err := auditproof.Export(ctx, db, to)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.log, "%d rows are exported\n", rows)
	return err
}

// destination is a new file that only its owner reads, or standard output.
func destination(name string, out io.Writer) (io.Writer, func() error, error) {
	if name == "-" {
		return out, func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, nil, err
	}
	return f, func() error { return errors.Join(f.Sync(), f.Close()) }, nil
}

// auditKey prints what others check the heads with. It is no secret.
func auditKey(_ context.Context, c call) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	keys, err := cfg.Keys()
	if err != nil {
		return fmt.Errorf("--secret-key: %w", err)
	}
	public := auditproof.Public(keys)
	_, err = fmt.Fprintf(c.out, "%s  %s\n", base64.StdEncoding.EncodeToString(public), auditproof.KeyID(public))
	return err
}
