package webtest

import (
	"context"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Statements remembers what was sent to the database, so that a test can say
// how many statements a page may cost.
type Statements struct {
	mu  sync.Mutex
	sql []string
}

// TraceQueryStart is called by pgx for every statement.
func (s *Statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql = append(s.sql, data.SQL)
	return ctx
}

// TraceQueryEnd is called by pgx after every statement.
func (s *Statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Take are the statements since the last call, without the words that begin and
// end transactions.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, sql := range s.sql {
		sql = strings.Join(strings.Fields(sql), " ")
		if word, _, _ := strings.Cut(sql, " "); word != "begin" && word != "commit" && word != "rollback" {
			out = append(out, sql)
		}
	}
	s.sql = nil
	return out
}
