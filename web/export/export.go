// Package export sends what a list shows as a CSV file: the same rows by the
// same filters in the same order, with the headings of the screen. It knows no
// list; each screen gives it its columns and its rows.
package export

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// File is one list as a file.
type File[T any] struct {
	Name    string           // of the list in its address, as in "/partners"; its words are "export.list.<name>"
	Needs   authz.Permission // what reading the list needs
	Columns []ui.Column[T]   // of the screen; those without File are left out
	Rows    pg.Listing[T]    // all of them, limited to what the reader may see
}

// Send answers GET and HEAD for a list's file (security.md INJ-4). The audit
// event stands before the first row leaves. What fails before anything was sent
// becomes an error page; afterwards the connection is cut, so that half a file
// never looks like a whole one.
func Send[T any](w http.ResponseWriter, r *http.Request, f File[T]) error {
	ctx, actor := r.Context(), page.Actor(r.Context())
	columns := slices.DeleteFunc(slices.Clone(f.Columns), func(c ui.Column[T]) bool { return c.File == nil })
	out := newAnswer(w, r, f.Name+"-"+i18n.ISODay(ctx, page.Now(ctx))+".csv")
	if r.Method == http.MethodHead {
		out.begin()
		return nil
	}
	// A reader who takes longer than the request may last is cut off, and with it the
	// transaction that the rows come from. In tests there is no connection to tell.
	if end, ok := ctx.Deadline(); ok {
		if err := http.NewResponseController(w).SetWriteDeadline(end); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	event := func(rows int) audit.Event { return exported(f.Name, actor, f.Rows.Query, rows) }
	err := f.Rows.Export(ctx, actor, f.Needs, event, func(rows iter.Seq2[T, error]) error {
		return write(out, columns, rows)
	})
	if err != nil && out.begun {
		slog.WarnContext(ctx, "a file was cut short", "list", f.Name, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	return err
}

func write[T any](out *answer, columns []ui.Column[T], rows iter.Seq2[T, error]) error {
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.Label
	}
	out.line(line)
	for row, err := range rows {
		if err != nil {
			return err
		}
		for i, c := range columns {
			line[i] = c.File(row)
		}
		out.line(line)
		if out.err != nil {
			return out.err
		}
	}
	return out.end()
}

// exported tells which rows of which list somebody took away.
func exported(name string, a authz.Actor, q list.Query, rows int) audit.Event {
	detail := []audit.Change{{Field: "rows", After: strconv.Itoa(rows)}}
	return audit.Event{
		Action: audit.ListExported, Subject: audit.Subject{Kind: audit.List, ID: name, Name: name},
		Partner: a.Partner, Detail: append(detail, Filters(q)...),
	}
}

// Filters are what somebody looked for, as the audit log tells it. A filter may hold an
// e-mail address; of that only the domain stays (AUD-2).
func Filters(q list.Query) []audit.Change {
	var detail []audit.Change
	filters, err := url.ParseQuery(strings.TrimPrefix(q.Whole().URL(), "?"))
	if err != nil {
		filters = nil // Query wrote it
	}
	for _, field := range slices.Sorted(maps.Keys(filters)) {
		value := filters.Get(field)
		if at := strings.LastIndexByte(value, '@'); at >= 0 {
			value = "…" + value[at:]
		}
		detail = append(detail, audit.Change{Field: field, After: value})
	}
	return detail
}

// Time is a moment in a file: ISO 8601 in UTC, "" for none.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Moment is Time for one that may be missing.
func Moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return Time(*t)
}

// Day is a day in a file: ISO 8601, "" for none.
func Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// YesNo is a yes or no in the reader's words.
func YesNo(ctx context.Context, yes bool) string {
	if yes {
		return i18n.T(ctx, "common.yes")
	}
	return i18n.T(ctx, "common.no")
}
