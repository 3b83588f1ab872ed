package apikey_test

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// tracer counts what is sent to the database.
type tracer struct {
	mu  sync.Mutex
	sql []string
}

func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sql = append(t.sql, data.SQL)
	return ctx
}

func (t *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take is everything since the last call.
func (t *tracer) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	sql := t.sql
	t.sql = nil
	return sql
}
