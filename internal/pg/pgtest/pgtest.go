// Package pgtest gives every test a database of its own on a real PostgreSQL.
// A template is migrated once per state of the migrations; each test gets a
// copy, which takes milliseconds. There is no skipping: without PostgreSQL a
// test fails and says what to install.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/devpg"
	"portal/migrations"
)

// Clock is a clock that a test moves by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// New is a fresh, migrated database. Failed tests keep theirs and print how to
// open it.
func New(t testing.TB) *pg.DB {
	db, _ := NewWithClock(t)
	return db
}

// NewWithClock is New with a clock that starts at the real time.
func NewWithClock(t testing.TB) (*pg.DB, *Clock) {
	t.Helper()
	return NewTraced(t, nil)
}

// NewTraced is NewWithClock with somebody who sees every statement.
func NewTraced(t testing.TB, tracer pgx.QueryTracer) (*pg.DB, *Clock) {
	t.Helper()
	return Open(t, URL(t), tracer)
}

// Open is the database at an address of URL or Filled.Copy, with a clock that
// starts at the real time. A test plans a statement once on a connection, not each
// time: on tables of some rows planning costs more than everything else. It waits
// longer than production does, since every package's tests share two cores.
func Open(t testing.TB, address string, tracer pgx.QueryTracer) (*pg.DB, *Clock) {
	t.Helper()
	clock := &Clock{now: time.Now()}
	if _, test := t.(*testing.T); test { // a benchmark measures what production does
		for name, value := range map[string]string{"plan_cache_mode": "force_generic_plan", "statement_timeout": "30000", "lock_timeout": "20000"} {
			address = withSetting(address, name, value)
		}
	}
	db, err := pg.Open(t.Context(), address, pg.Options{MaxConns: 20, Now: clock.Now, Tracer: tracer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, clock
}

// URL is the address of a fresh, migrated database that the test may damage.
func URL(t testing.TB) string {
	t.Helper()
	return copyOf(t, template(t))
}

func copyOf(t testing.TB, template string) string {
	t.Helper()
	return create(t, " template "+template+" strategy file_copy")
}

// EmptyURL is the address of a fresh database without any table.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "")
}

func create(t testing.TB, how string) string {
	t.Helper()
	name := newName()
	admin(t, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "create database "+name+how)
		return err
	})
	address := withSetting(withDatabase(server(t), name), "connect_timeout", "30") // every package's tests start at once
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the database is kept: psql '%s'", address)
			return
		}
		admin(t, func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.Exec(ctx, "drop database if exists "+name+" with (force)")
			return err
		})
	})
	return address
}

func newName() string { return "t_" + strings.ReplaceAll(id.New[id.Message]().String(), "-", "") }

var start = sync.OnceValues(func() (string, error) { return devpg.Shared(context.Background()) })

func server(t testing.TB) string {
	t.Helper()
	address, err := start()
	if err != nil {
		t.Fatalf("these tests need PostgreSQL: %v", err)
	}
	return address
}

func withDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

func withSetting(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// One connection of each test process makes and drops its databases: a new one for
// each costs as much as the copying itself.
var (
	administering sync.Mutex
	administrator *pgx.Conn
)

// admin lends fn that connection; fn may not ask for it again.
func admin(t testing.TB, fn func(context.Context, *pgx.Conn) error) {
	t.Helper()
	administering.Lock()
	defer administering.Unlock()
	ctx := context.Background() // also used by clean-ups, after the test's own has ended
	if administrator == nil || administrator.IsClosed() {
		c, err := pgx.Connect(ctx, withDatabase(server(t), "postgres"))
		if err != nil {
			t.Fatalf("connect to the test server: %v", err)
		}
		administrator = c
	}
	if err := fn(ctx, administrator); err != nil {
		t.Fatal(err)
	}
}

var (
	templateOnce sync.Once
	templateName string
	errTemplate  error
)

// template makes the migrated template once, however many test processes ask
// for it at the same time.
func template(t testing.TB) string {
	t.Helper()
	templateOnce.Do(func() {
		admin(t, func(ctx context.Context, c *pgx.Conn) error {
			templateName, errTemplate = makeTemplate(ctx, c, server(t))
			return errTemplate
		})
	})
	if errTemplate != nil || templateName == "" {
		t.Fatalf("the test template could not be made: %v", errTemplate)
	}
	return templateName
}

func makeTemplate(ctx context.Context, c *pgx.Conn, address string) (string, error) {
	sum := sha256.New()
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", err
	}
	for _, n := range names {
		b, err := fs.ReadFile(migrations.FS, n)
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", n, len(b), b)
	}
	name := "template_" + hex.EncodeToString(sum.Sum(nil)[:8])
	const key = 7_301_961 // any number that nobody else locks
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", key); err != nil {
		return "", err
	}
	defer func() { _, _ = c.Exec(ctx, "select pg_advisory_unlock($1)", key) }()
	var ready bool
	if err := c.QueryRow(ctx, "select exists (select 1 from pg_database where datname = $1)", name).Scan(&ready); err != nil || ready {
		return name, err
	}
	building := name + "_new"
	for _, sql := range []string{"drop database if exists " + building, "create database " + building} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	if _, err := pg.Migrate(ctx, withDatabase(address, building)); err != nil {
		return "", err
	}
	_, err = c.Exec(ctx, "alter database "+building+" rename to "+name)
	return name, err
}
