package pg

import (
	"context"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/problem"
)

// ExportLimit is how many rows of a list go into one file (security.md INJ-4).
const ExportLimit = 10_000

// exportWait is when to ask again while too many files are on their way.
const exportWait = 5 * time.Second

// Listing is the one statement behind a list: a page of it stands on the
// screen, and the same rows in the same order go into a file. Columns and From
// are constant SQL, Where the filters. A store function makes it, with whatever
// limits what its reader may see; so page and file cannot differ.
type Listing[T any] struct {
	DB            *DB
	Query         list.Query
	Columns, From string
	Where         Where
}

// Page is the page of the list that its address asks for; see List.
func (l Listing[T]) Page(ctx context.Context) (list.Page[T], error) {
	return List[T](ctx, l.DB.Read(), l.Query, l.Columns, l.From, l.Where)
}

// Export hands the whole list to use, row by row as the database sends them, at
// most ExportLimit. Before the first one it stores the event that event makes of
// their number: nothing leaves the portal that the audit log does not tell of
// (security.md INJ-4). It refuses who does not hold p, as Change does.
//
// Number and rows are of one moment: they are read in one transaction that
// cannot write. It lasts as long as use does, so ctx must end, and use must not
// wait for a slow reader for ever.
func (l Listing[T]) Export(ctx context.Context, a authz.Actor, p authz.Permission, event func(rows int) audit.Event,
	use func(iter.Seq2[T, error]) error,
) error {
	if !a.May(p) {
		return l.DB.Deny(ctx, a, p)
	}
	// Files use half of the connections at most, so that slow readers of theirs
	// leave the pages alone.
	select {
	case l.DB.exports <- struct{}{}:
		defer func() { <-l.DB.exports }()
	default:
		return &problem.BusyError{RetryAfter: exportWait}
	}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, l.DB.read, snapshot, func(tx pgx.Tx) error {
		args := l.Where.Args()
		args["limit"] = ExportLimit
		some := " " + l.From + l.Where.SQL()
		total, err := Value[int](ctx, tx, "select count(*) from (select 1"+some+" limit @limit) as counted", args)
		if err != nil {
			return err
		}
		err = l.DB.Change(ctx, a, p, func(*Tx) (audit.Event, error) { return event(total), nil })
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select "+l.Columns+some+" order by "+l.Query.OrderBy()+" limit @limit", args)
		if err != nil {
			return err
		}
		return use(each[T](rows))
	})
}

// each reads rows into structs one by one, columns by name, and closes them.
func each[T any](rows pgx.Rows) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		defer rows.Close()
		for rows.Next() {
			item, err := pgx.RowToStructByName[T](rows)
			if !yield(item, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			var none T
			yield(none, err)
		}
	}
}
