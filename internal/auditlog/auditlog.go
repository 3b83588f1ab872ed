// Package auditlog reads the audit log: the whole of it for Partner Admins, and
// one thing's history for the page of that thing. It writes nothing.
package auditlog

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

// Entry is one row, ready to be told in a sentence.
type Entry struct {
	Seq         int64
	At          time.Time
	ActorID     id.User
	ActorName   string
	ActorRole   string
	Action      audit.Action
	Result      audit.Result
	SubjectKind audit.Kind
	SubjectID   string
	SubjectName string
	IP          string `db:"ip"`
	Detail      string
	Receipt     []byte // that proves it, where it is a decision; see package receipt
}

// Changes are the fields before and after.
func (e Entry) Changes() []audit.Change {
	var c []audit.Change
	_ = json.Unmarshal([]byte(e.Detail), &c) // the portal itself wrote it
	return c
}

const columns = `seq, at, actor_id, actor_name, actor_role, action, result, subject_kind, subject_id, subject_name, ip, detail,
	(select code from receipts where receipts.seq = audit_log.seq) as receipt`

// Spec is how the log can be filtered. from and to are days (2026-11-24).
var Spec = list.Spec{
	Sorts: map[string]string{"seq": "seq"}, Default: "-seq", TieBreak: "seq",
	Filters: []string{"person", "object", "action", "from", "to"},
}

// Size is how many entries a page shows.
const Size = 50

// Page is a stretch of the log, newest first. The log grows for ever, so pages
// are found by number of the row, not by counting (architecture.md B9).
type Page struct {
	Entries []Entry
	Query   list.Query
	Older   int64 // show what came before this row; 0 if there is nothing
	Newest  bool  // the page begins with the newest row
}

// Before reads from an address where a page begins; 0 is the newest row.
func Before(v url.Values) int64 {
	n, err := strconv.ParseInt(v.Get("before"), 10, 64)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// Search is one page of the log (authz.AuditRead). zone is the one in which the
// filter's days begin and end.
func Search(ctx context.Context, db *pg.DB, q list.Query, before int64, zone *time.Location) (Page, error) {
	w := where(q, zone)
	if before > 0 {
		w.And("seq < @before", "before", before)
	}
	args := w.Args()
	args["limit"] = Size + 1
	entries, err := pg.All[Entry](ctx, db.Read(), "select "+columns+" from audit_log"+w.SQL()+" order by seq desc limit @limit", args)
	p := Page{Entries: entries, Query: q, Newest: before == 0}
	if len(entries) > Size {
		p.Entries = entries[:Size]
		p.Older = p.Entries[Size-1].Seq
	}
	return p, err
}

// Listing is the log from its newest row on, to be exported (authz.AuditRead).
func Listing(db *pg.DB, q list.Query, zone *time.Location) pg.Listing[Entry] {
	return pg.Listing[Entry]{DB: db, Query: q, Columns: columns, From: "from audit_log", Where: where(q, zone)}
}

// where are the filters of Spec.
func where(q list.Query, zone *time.Location) pg.Where {
	var w pg.Where
	if s := q.Filter("person"); s != "" {
		w.And("actor_name ilike @person", "person", list.Contains(s))
	}
	if s := q.Filter("object"); s != "" {
		w.And("subject_name ilike @object", "object", list.Contains(s))
	}
	if s := q.Filter("action"); slices.Contains(audit.Actions, audit.Action(s)) {
		w.And("action = @action", "action", s)
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Filter("from"), zone); err == nil {
		w.And("at >= @from", "from", day)
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Filter("to"), zone); err == nil {
		w.And("at < @to", "to", day.AddDate(0, 0, 1))
	}
	return w
}

// Of is the history of one thing, newest first, at most limit entries.
func Of(ctx context.Context, db *pg.DB, kind audit.Kind, subject string, limit int) ([]Entry, error) {
	return pg.All[Entry](ctx, db.Read(), "select "+columns+` from audit_log
		where subject_kind = @kind and subject_id = @subject and result = 'done' order by seq desc limit @limit`,
		pg.Args{"kind": string(kind), "subject": subject, "limit": limit})
}
