package pgtest

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Filled is a database that is filled once, by the first test that wants it, and
// then copied for each test: for what takes much longer to load than to copy.
//
// It belongs to one test process and is never found by another. So it cannot be
// of older code or of another day, and what fills it may use keys that only this
// process knows. Drop takes it away.
type Filled struct {
	once    sync.Once
	address string // "" before, and after a failure
}

// Copy is the address of a copy of what fill loads into a fresh, migrated
// database. fill runs once; it closes the database when it is done, since a
// database that is in use cannot be copied.
func (f *Filled) Copy(t testing.TB, fill func(address string)) string {
	t.Helper()
	f.once.Do(func() {
		address, from := withDatabase(server(t), newName()), template(t)
		admin(t, func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.Exec(ctx, "create database "+databaseOf(address)+" template "+from+" strategy file_copy")
			return err
		})
		fill(address)
		f.address = address
	})
	if f.address == "" {
		t.Fatal("the database to copy could not be filled: see the test that was first")
	}
	return copyOf(t, databaseOf(f.address))
}

// Drop takes the database away, if there is one: call it in TestMain, after the
// tests.
func (f *Filled) Drop(ctx context.Context) error {
	if f.address == "" {
		return nil
	}
	c, err := pgx.Connect(ctx, withDatabase(f.address, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, "drop database if exists "+databaseOf(f.address)+" with (force)")
	return err
}

// databaseOf is the name of the database at an address.
func databaseOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}
