// Package auditlog shows the audit log in sentences: the whole of it at /audit,
// and a thing's history on the thing's own page.
package auditlog

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portal/internal/audit"
	"portal/internal/auditlog"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/receipt"
	"portal/internal/thing"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
	"portal/web/ui"
)

type handlers struct {
	db   *pg.DB
	zone *time.Location
}

// Routes are the rows of the audit log's pages.
func Routes(db *pg.DB, zone *time.Location) []route.Route {
	h := handlers{db: db, zone: zone}
	needs := route.Needs(authz.AuditRead)
	return []route.Route{route.Get("/audit", needs, h.list), route.Get("/audit.csv", needs, h.file)}
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := auditlog.Spec.Parse(r.URL.Query())
	p, err := auditlog.Search(r.Context(), h.db, q, auditlog.Before(r.URL.Query()), h.zone)
	if err != nil {
		return err
	}
	// Reading the trail of others is itself told of (security.md AUD-6), before a word of
	// it leaves. A HEAD shows nothing. The history on a thing's page is no such reading:
	// it belongs to the thing, and whoever may open that may know what happened to it.
	if r.Method == http.MethodGet {
		event := audit.Event{
			Action: audit.LogRead, Subject: audit.Subject{Kind: audit.List, ID: "audit", Name: "audit"}, Detail: export.Filters(q),
		}
		if err := h.db.Record(r.Context(), page.Actor(r.Context()), event, audit.Done); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, logPage(p))
}

// historyLength is how much of a thing's history its page shows.
const historyLength = 100

// historyOpen is how much of it is seen before the rest is folded away.
const historyOpen = 5

// History is the part of a thing's page that tells what happened to it. The
// read happens while the page is rendered into its buffer; an error there
// becomes the error page.
func History(db *pg.DB) func(ctx context.Context, kind audit.Kind, id string) templ.Component {
	return func(ctx context.Context, kind audit.Kind, id string) templ.Component {
		entries, err := auditlog.Of(ctx, db, kind, id, historyLength)
		if err != nil {
			return failed(err)
		}
		if !page.Actor(ctx).Staff() {
			entries = outside(entries)
		}
		open := min(len(entries), historyOpen)
		return history(days(ctx, entries[:open], false), days(ctx, entries[open:], false), len(entries)-open)
	}
}

// internal is what staff arrange among themselves.
var internal = []audit.Action{audit.WorkTaken, audit.WorkAssigned, audit.WorkGivenBack, audit.ListExported}

// outside is a history as a partner may read it: what its own people did by name,
// what staff did without, and nothing of what they arrange among themselves.
func outside(entries []auditlog.Entry) []auditlog.Entry {
	entries = slices.DeleteFunc(entries, func(e auditlog.Entry) bool { return slices.Contains(internal, e.Action) })
	for i, e := range entries {
		if slices.ContainsFunc(authz.StaffRoles, func(r authz.Role) bool { return string(r) == e.ActorRole }) {
			entries[i].ActorName, entries[i].ActorRole = "", office
		}
	}
	return entries
}

// office stands in for the names of staff where partners read.
const office = "office"

// days groups entries for the eye: one heading a day, newest first.
func days(ctx context.Context, entries []auditlog.Entry, links bool) []ui.HistoryDay {
	var out []ui.HistoryDay
	for _, e := range entries {
		day := i18n.Date(ctx, e.At)
		if len(out) == 0 || out[len(out)-1].Date != day {
			out = append(out, ui.HistoryDay{Date: day})
		}
		item := ui.HistoryItem{Time: i18n.Clock(ctx, e.At), Text: sentence(ctx, e), Note: note(ctx, e), Receipt: receipt.Text(e.Receipt)}
		if links {
			item.Href = address(e)
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, item)
	}
	return out
}

// sentence tells who did what. Names are isolated, so that an Arabic name in an
// English sentence does not turn it around.
func sentence(ctx context.Context, e auditlog.Entry) string {
	key := "audit." + string(e.Action)
	switch e.Result {
	case audit.Denied:
		key = "audit.denied"
	case audit.Done, audit.Failed:
	}
	if e.Action == audit.AccessRefused {
		key = "audit.access.refused"
	}
	return i18n.T(ctx, key, "Actor", i18n.Isolate(actor(ctx, e)), "Subject", i18n.Isolate(subject(ctx, e)),
		"What", i18n.Isolate(i18n.T(ctx, "audit.action."+string(e.Action))))
}

func actor(ctx context.Context, e auditlog.Entry) string {
	switch {
	case e.ActorRole == office:
		return i18n.T(ctx, "audit.office")
	case e.ActorName == "" || e.ActorRole == string(authz.Visitor):
		return i18n.T(ctx, "audit.somebody")
	case e.ActorRole == string(authz.System):
		return i18n.T(ctx, "audit.portal")
	}
	return e.ActorName
}

func subject(ctx context.Context, e auditlog.Entry) string {
	key := ""
	switch e.SubjectKind {
	case audit.Mail:
		key = "mail." + e.SubjectName + ".name"
	case audit.List:
		key = "export.list." + e.SubjectName
	default:
	}
	if key != "" && i18n.Has(i18n.Lang(ctx), key) {
		return i18n.T(ctx, key)
	}
	return e.SubjectName
}

// note lists what changed, field by field.
func note(ctx context.Context, e auditlog.Entry) string {
	var lines []string
	for _, c := range e.Changes() {
		field := c.Field
		if key := "audit.field." + c.Field; i18n.Has(i18n.Lang(ctx), key) {
			field = i18n.T(ctx, key)
		}
		before, after := word(ctx, c.Before), word(ctx, c.After)
		switch {
		case c.Before == "":
			lines = append(lines, i18n.T(ctx, "audit.set", "Field", field, "After", after))
		case c.After == "":
			lines = append(lines, i18n.T(ctx, "audit.cleared", "Field", field, "Before", before))
		default:
			lines = append(lines, i18n.T(ctx, "audit.changed", "Field", field, "Before", before, "After", after))
		}
	}
	return strings.Join(lines, "\n")
}

// word translates the values that are the portal's own words.
func word(ctx context.Context, s string) string {
	if key := "audit.value." + s; i18n.Has(i18n.Lang(ctx), key) {
		return i18n.T(ctx, key)
	}
	if hash, rest, ok := strings.Cut(s, ","); ok && strings.HasPrefix(hash, "sha256:") && len(hash) > 19 {
		s = hash[:19] + "…," + rest // enough to tell two texts apart; the log keeps it whole
	}
	return i18n.Isolate(s)
}

// address is the page of the thing that an entry tells of, "" if it has none. A
// note's is that of what it is about.
func address(e auditlog.Entry) string {
	kind, of := e.SubjectKind, e.SubjectID
	if kind == audit.Note {
		about, id, _ := strings.Cut(of, "/")
		kind, of = audit.Kind(about), id
	}
	if of == "" || kind == audit.User { // nothing that exists; staff and partners' people have pages of different kinds
		return ""
	}
	return thing.Path(kind, url.PathEscape(of))
}

func filters(ctx context.Context) []ui.FilterField {
	actions := []ui.Option{}
	for _, a := range audit.Actions {
		actions = append(actions, ui.Option{Value: string(a), Text: i18n.T(ctx, "audit.action."+string(a))})
	}
	slices.SortFunc(actions, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	return []ui.FilterField{
		{Name: "person", Label: i18n.T(ctx, "audit.person")},
		{Name: "object", Label: i18n.T(ctx, "audit.object")},
		{Name: "action", Label: i18n.T(ctx, "audit.what"), Options: actions},
		{Name: "from", Label: i18n.T(ctx, "audit.from"), Type: "date"},
		{Name: "to", Label: i18n.T(ctx, "audit.to"), Type: "date"},
	}
}

// older is the address of the page before p.
func older(p auditlog.Page) string {
	u := "/audit" + p.Query.URL()
	if strings.Contains(u, "?") {
		u += "&"
	} else {
		u += "?"
	}
	return u + "before=" + strconv.FormatInt(p.Older, 10)
}

// failed makes the page fail, before its first byte went out.
func failed(err error) templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
}
