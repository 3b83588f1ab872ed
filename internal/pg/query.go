package pg

import (
	"context"
	"errors"
	"maps"
	"slices"
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
		w.Let(name, value)
	}
}

// Let gives a value to @name where it stands outside the conditions, in what the
// list reads from.
func (w *Where) Let(name string, value any) {
	if w.args == nil {
		w.args = Args{}
	}
	w.args[name] = value
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
// filters. A page past the end becomes the last one. It takes two statements at
// most, and one when everything fits on the first page.
func List[T any](ctx context.Context, q Querier, lq list.Query, columns, from string, w Where) (list.Page[T], error) {
	p := list.Page[T]{Query: lq}
	var err error
	if lq.Page > 1 {
		if err = countRows(ctx, q, &p, from, w); err != nil {
			return p, err
		}
		p.Query = lq.AtPage(min(lq.Page, max(1, (p.Total+lq.Size-1)/lq.Size)))
	}
	if behind := p.Total - p.Query.Offset() - p.Query.Limit(); lq.Page > 1 && !p.Bounded && behind < p.Query.Offset() {
		p.Items, err = fromTheEnd[T](ctx, q, p.Query, behind, columns, from, w)
		return p, err
	}
	if p.Items, err = pageOf[T](ctx, q, p.Query, p.Query.Limit(), p.Query.Offset(), columns, from, w); err != nil || lq.Page > 1 {
		return p, err
	}
	if p.Total = len(p.Items); p.Total == lq.Limit() {
		err = countRows(ctx, q, &p, from, w)
	}
	return p, err
}

// countRows counts the rows of a list, but not much further than the page that
// is asked for.
func countRows[T any](ctx context.Context, q Querier, p *list.Page[T], from string, w Where) error {
	reach := max(countLimit, p.Query.Offset()+p.Query.Limit())
	args := w.Args()
	args["count_limit"] = reach + 1
	total, err := Value[int](ctx, q, "select count(*) from (select 1 "+from+w.SQL()+" limit @count_limit) as counted", args)
	p.Total, p.Bounded = min(total, reach), total > reach
	return err
}

// fromTheEnd reads a page to whose end it is nearer than to the beginning: behind it
// stand so many rows, less than none where the page is not full. The database
// walks over what stands before a page, and so over less.
func fromTheEnd[T any](ctx context.Context, q Querier, lq list.Query, behind int, columns, from string, w Where) ([]T, error) {
	back := lq
	back.Desc = !back.Desc
	items, err := pageOf[T](ctx, q, back, lq.Limit()+min(behind, 0), max(behind, 0), columns, from, w)
	slices.Reverse(items)
	return items, err
}

func pageOf[T any](ctx context.Context, q Querier, lq list.Query, limit, offset int, columns, from string, w Where) ([]T, error) {
	args := w.Args()
	args["limit"], args["offset"] = limit, offset
	sql := "select " + columns + " " + from + w.SQL() + " order by " + lq.OrderBy() + " limit @limit offset @offset"
	return All[T](ctx, q, sql, args)
}
