package pg

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"portal/internal/list"
	"portal/internal/problem"
)

// One reads the single row of a query into a struct, column by name. No row is
// problem.ErrNotFound.
func One[T any](ctx context.Context, q Querier, sql string, args Args) (T, error) {
	return one(ctx, q, sql, args, pgx.RowToStructByName[T])
}

// All reads every row of a query into structs, columns by name.
func All[T any](ctx context.Context, q Querier, sql string, args Args) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// Value reads the single column of a single row. No row is problem.ErrNotFound.
func Value[T any](ctx context.Context, q Querier, sql string, args Args) (T, error) {
	return one(ctx, q, sql, args, pgx.RowTo[T])
}

// Values reads the single column of every row.
func Values[T any](ctx context.Context, q Querier, sql string, args Args) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

func one[T any](ctx context.Context, q Querier, sql string, args Args, to pgx.RowToFunc[T]) (T, error) {
	var zero T
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return zero, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, to)
	if errors.Is(err, pgx.ErrNoRows) {
		return zero, problem.ErrNotFound
	}
	return v, err
}

// Exec1 writes exactly one row. None means that somebody else was faster:
// problem.ErrConflict.
func Exec1(ctx context.Context, tx *Tx, sql string, args Args) error {
	n, err := tx.Exec(ctx, sql, args)
	if err == nil && n == 0 {
		return problem.ErrConflict
	}
	return err
}

// Where collects the conditions of a list query. Conditions are constant texts
// with @named values: only those that are used stand in the statement, so that
// PostgreSQL plans for them.
type Where struct {
	conditions []string
	args       Args
}

// And adds a condition that uses the value @name; name "" adds one without.
func (w *Where) And(condition, name string, value any) {
	w.conditions = append(w.conditions, condition)
	if name != "" {
		if w.args == nil {
			w.args = Args{}
		}
		w.args[name] = value
	}
}

// SQL is " where …", or "" without conditions.
func (w *Where) SQL() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " where " + strings.Join(w.conditions, " and ")
}

// Args are the values of the conditions.
func (w *Where) Args() Args {
	args := Args{}
	maps.Copy(args, w.args)
	return args
}

// countLimit is how far a list counts: beyond it costs more than the page
// (measured.md §6), so the page says "1,000+".
const countLimit = 1000

// List reads one page of a list: columns and from are constant SQL, w the
// filters. A page past the end becomes the last one. It takes one statement
// when everything fits on the first page, else two, three past the end.
func List[T any](ctx context.Context, q Querier, lq list.Query, columns, from string, w Where) (list.Page[T], error) {
	items, err := pageOf[T](ctx, q, lq, columns, from, w)
	if err != nil {
		return list.Page[T]{}, err
	}
	p := list.Page[T]{Items: items, Query: lq, Total: lq.Offset() + len(items)}
	if len(items) < lq.Limit() && (len(items) > 0 || lq.Page == 1) {
		return p, nil
	}
	limit := countLimit + 1
	if len(items) == 0 {
		limit = 1 << 30 // to find the last page the exact number is needed
	}
	args := w.Args()
	args["count_limit"] = limit
	count := "select count(*) from (select 1 " + from + w.SQL() + " limit @count_limit) as counted"
	total, err := Value[int](ctx, q, count, args)
	if err != nil {
		return list.Page[T]{}, err
	}
	p.Total, p.Bounded = total, total == limit
	if p.Bounded {
		p.Total = max(countLimit, lq.Offset()+len(items))
	}
	if len(items) == 0 && total > 0 {
		p.Query = lq.AtPage(p.Last())
		p.Items, err = pageOf[T](ctx, q, p.Query, columns, from, w)
	}
	return p, err
}

func pageOf[T any](ctx context.Context, q Querier, lq list.Query, columns, from string, w Where) ([]T, error) {
	args := w.Args()
	args["limit"], args["offset"] = lq.Limit(), lq.Offset()
	sql := "select " + columns + " " + from + w.SQL() + " order by " + lq.OrderBy() + " limit @limit offset @offset"
	return All[T](ctx, q, sql, args)
}
