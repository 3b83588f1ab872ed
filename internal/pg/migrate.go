package pg

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"portal/migrations"
)

// Migrate brings the schema at url to this binary's version, under a lock that
// several processes may ask for at once (security.md OPS-1). It returns the
// names of the migrations that it ran.
func Migrate(ctx context.Context, url string) ([]string, error) {
	provider, closeDB, err := migrator(url, true)
	if err != nil {
		return nil, err
	}
	defer closeDB()
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var names []string
	for _, r := range results {
		names = append(names, r.Source.Path)
	}
	return names, nil
}

// MigrateDown takes every migration back, last first. For tests and for
// developers; it destroys all data.
func MigrateDown(ctx context.Context, url string) error {
	provider, closeDB, err := migrator(url, true)
	if err != nil {
		return err
	}
	defer closeDB()
	_, err = provider.DownTo(ctx, 0)
	return err
}

// Migrated reports whether the schema is the one that this binary needs.
func (db *DB) Migrated(ctx context.Context) (bool, error) {
	provider, closeDB, err := migrator(db.url, false)
	if err != nil {
		return false, err
	}
	defer closeDB()
	current, target, err := provider.GetVersions(ctx)
	return err == nil && current >= target, err
}

func migrator(url string, locked bool) (*goose.Provider, func(), error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, fmt.Errorf("the database address cannot be read: %s", redact(err, url))
	}
	cfg.RuntimeParams["lock_timeout"] = "5000"
	cfg.RuntimeParams["timezone"] = "UTC"
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(2)
	db.SetConnMaxLifetime(10 * time.Minute)
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if locked {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, opts...)
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return p, func() { closeQuietly(db) }, nil
}

// closeQuietly: a connection that cannot be closed any more is closed.
func closeQuietly(db *sql.DB) { _ = db.Close() }
