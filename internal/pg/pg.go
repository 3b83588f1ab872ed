// Package pg is the one door to the database. Reading goes through a pool that
// cannot write; writing is possible only inside Change, which authorises,
// opens the transaction and stores the audit event that the callback returns,
// or inside Housekeep, for the few writes that no person asks for. It knows no
// table but the audit log's.
package pg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
)

// DB is the database. The zero value is not usable; see Open.
type DB struct {
	write   *pgxpool.Pool
	read    *pgxpool.Pool
	exports chan struct{} // a place for each file that may be on its way; see Listing.Export
	now     func() time.Time
	url     string
	receipt func(hash []byte) []byte // the code of a decision's receipt; see GiveReceipts
}

// Querier reads: the read-only pool and a transaction are both one.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Options of Open.
type Options struct {
	MaxConns int32            // of each pool; 0 means 8
	Now      func() time.Time // the application's clock; nil means time.Now
	Tracer   pgx.QueryTracer  // sees every statement; nil: nobody does
}

// Open connects to the database at url, a libpq address that may name several
// hosts. It fails only on an address that cannot be understood: a database that
// is away now may come later, and /readyz says so meanwhile.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	write, err := open(ctx, url, o, nil)
	if err != nil {
		return nil, err
	}
	read, err := open(ctx, url, o, map[string]string{"default_transaction_read_only": "on"})
	if err != nil {
		write.Close()
		return nil, err
	}
	now := func() time.Time { return o.Now().UTC().Truncate(time.Microsecond) }
	return &DB{write: write, read: read, exports: make(chan struct{}, max(1, o.MaxConns/2)), now: now, url: url}, nil
}

func open(ctx context.Context, url string, o Options, params map[string]string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database address cannot be read: " + redact(err, url))
	}
	cfg.MaxConns = o.MaxConns
	cfg.MinConns = 0
	if cfg.ConnConfig.ConnectTimeout == 0 || cfg.ConnConfig.ConnectTimeout > time.Minute { // pgx's own, when the address has no connect_timeout
		cfg.ConnConfig.ConnectTimeout = 2 * time.Second
	}
	if o.Tracer != nil {
		cfg.ConnConfig.Tracer = o.Tracer
	}
	run := cfg.ConnConfig.RuntimeParams
	setDefault(run, "application_name", "portal")
	setDefault(run, "statement_timeout", "5000") // security.md OPS-3
	setDefault(run, "lock_timeout", "2000")
	setDefault(run, "idle_in_transaction_session_timeout", "10000")
	run["timezone"] = "UTC"
	for k, v := range params {
		run[k] = v
	}
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

func setDefault(m map[string]string, k, v string) {
	if _, ok := m[k]; !ok {
		m[k] = v
	}
}

// redact keeps a password out of an error message.
func redact(err error, url string) string {
	if strings.Contains(url, "@") || strings.Contains(url, "password") {
		return "check its form: postgres://user:password@host:5432/name"
	}
	return err.Error()
}

// Close ends all connections, after the queries that run now.
func (db *DB) Close() {
	db.read.Close()
	db.write.Close()
}

// GiveReceipts lets every decision leave a receipt from now on: code makes it of the
// hash of the decision's row. The key behind it is not the database's to know. It is
// called before anything is written; without it there are no receipts.
func (db *DB) GiveReceipts(code func(hash []byte) []byte) { db.receipt = code }

// Read is the read-only pool: an INSERT through it fails with SQLSTATE 25006.
func (db *DB) Read() Querier { return db.read }

// Now is the application's clock in UTC, cut to microseconds as the database
// keeps them, so that values compare equal after a round trip.
func (db *DB) Now() time.Time { return db.now() }

// Day is the day of a moment in the moment's own zone as the database keeps days:
// midnight in UTC. No moment stays none.
func Day(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Ping asks both pools whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.Ping(ctx); err != nil {
		return err
	}
	return db.read.Ping(ctx)
}

// Stat is what the metrics show of the write and the read pool.
func (db *DB) Stat() (write, read *pgxpool.Stat) { return db.write.Stat(), db.read.Stat() }

// Tx is a transaction that may write.
type Tx struct {
	tx      pgx.Tx
	now     time.Time
	also    []audit.Event
	change  id.Change
	receipt func(hash []byte) []byte
}

// Change names this transaction to what it stores: a mail finds the receipts of the
// decision that it tells of by it, although it was written before them.
func (t *Tx) Change() id.Change { return t.change }

// Now is the moment of this transaction: one for all its rows and its audit
// event.
func (t *Tx) Now() time.Time { return t.now }

// Also adds an event of the same change, for one that reaches several things:
// each keeps a history of its own. It stands in the log before the event that
// the callback returns.
func (t *Tx) Also(event audit.Event) { t.also = append(t.also, event) }

// Query reads inside the transaction; see One, All, Value and Values.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.tx.Query(ctx, sql, args...)
}

// Exec writes, and tells how many rows it changed.
func (t *Tx) Exec(ctx context.Context, sql string, args Args) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, args)
	return tag.RowsAffected(), err
}

// Args are the named arguments of a statement; a missing or an extra one is an
// error instead of a silent NULL.
type Args = pgx.StrictNamedArgs

// Change lets actor a do what p permits: fn changes rows and returns the event
// that tells of it. Event and change are stored together or not at all
// (security.md AUD-1).
//
// A refusal is itself recorded and returned as problem.ErrDenied. ErrNothing from
// fn is a success without a trace. fn may run up to three times when the database asks to retry (CON-4), so it must not
// keep state between runs.
func (db *DB) Change(ctx context.Context, a authz.Actor, p authz.Permission, fn func(*Tx) (audit.Event, error)) error {
	if !a.May(p) {
		return db.Deny(ctx, a, p)
	}
	return happened(db.transact(ctx, func(tx *Tx) error {
		event, err := fn(tx)
		if err != nil {
			return err
		}
		events := append(tx.also, event)
		for _, e := range events {
			if e.Action == "" || e.Subject.Kind == "" {
				return fmt.Errorf("a change under %q returned no audit event", p)
			}
		}
		return appendEvents(ctx, tx, a, audit.Done, events...)
	}))
}

// ErrNothing ends a transaction that would change nothing: a second click, a form
// that came back as it was, a round that another replica has made. Nothing of it
// is kept, and to whoever asked it is a success.
var ErrNothing = errors.New("nothing to change")

// happened makes ErrNothing the success that it is.
func happened(err error) error {
	if errors.Is(err, ErrNothing) {
		return nil
	}
	return err
}

// Housekeep writes what no person asks for: counters, outbox states, purges,
// sessions. why says what for, in errors. ErrNothing from fn is a success.
func (db *DB) Housekeep(ctx context.Context, why string, fn func(*Tx) error) error {
	if err := happened(db.transact(ctx, fn)); err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	return nil
}

// Record stores an event of its own: something was refused or failed, so there
// is no change that could carry it.
func (db *DB) Record(ctx context.Context, a authz.Actor, event audit.Event, result audit.Result) error {
	return db.transact(ctx, func(tx *Tx) error { return appendEvents(ctx, tx, a, result, event) })
}

// Deny records that a was refused p and returns problem.ErrDenied. Change and
// the route table both come here, so a refusal reaches the log whichever met
// it first.
func (db *DB) Deny(ctx context.Context, a authz.Actor, p authz.Permission) error {
	event := audit.Event{Action: audit.AccessRefused, Subject: audit.Subject{Kind: audit.Route, ID: string(p), Name: string(p)}, Partner: a.Partner}
	if err := db.Record(ctx, a, event, audit.Denied); err != nil {
		return err
	}
	return problem.ErrDenied
}

// DeniedFirst keeps what is wrong with an input from those who may not send it
// anyway: they are refused, and the refusal is recorded. Anybody else gets err.
// It is for what a service finds before its Change, which refuses by itself.
func (db *DB) DeniedFirst(ctx context.Context, a authz.Actor, p authz.Permission, err error) error {
	if !a.May(p) {
		return db.Deny(ctx, a, p)
	}
	return err
}

func (db *DB) transact(ctx context.Context, fn func(*Tx) error) error {
	var err error
	for try := range 3 {
		if try > 0 {
			var chance [1]byte
			_, _ = rand.Read(chance[:]) // never fails
			if err := pause(ctx, time.Duration(try)*time.Duration(chance[0])*100*time.Microsecond); err != nil {
				return err
			}
		}
		err = pgx.BeginFunc(ctx, db.write, func(tx pgx.Tx) error {
			return fn(&Tx{tx: tx, now: db.now(), change: id.New[id.Change](), receipt: db.receipt})
		})
		if !hasCode(err, "40001", "40P01") {
			return err
		}
		slog.DebugContext(ctx, "transaction retried", "try", try+1)
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Violates reports whether err is a violation of the named constraint.
func Violates(err error, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.ConstraintName == constraint
}

func hasCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if strings.HasPrefix(e.Code, c) {
			return true
		}
	}
	return false
}

// Unavailable reports whether err says that the database cannot be used now,
// rather than that the question was wrong: no connection, one of the two shutting
// down, out of resources, a lock or statement timeout.
func Unavailable(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, puddle.ErrClosedPool) ||
		hasCode(err, "08", "53", "57", "55P03", "25006", "40001", "40P01") || pgconn.SafeToRetry(err)
}

// Ahead is how far this process's clock is ahead of the database's; negative: behind
// (security.md OPS-4, OPS-12).
func (db *DB) Ahead(ctx context.Context) (time.Duration, error) {
	there, err := Value[time.Time](ctx, db.read, `select clock_timestamp()`, nil)
	return db.now().Sub(there), err
}

// NotDurable lists the settings without which the database may forget what it
// has acknowledged and that are off (security.md OPS-3).
func (db *DB) NotDurable(ctx context.Context) ([]string, error) {
	return Values[string](ctx, db.read, `select name from pg_settings
		where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`, nil)
}
