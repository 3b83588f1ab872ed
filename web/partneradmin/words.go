package partneradmin

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/account"
	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/organisation"
	"portal/internal/partner"
	"portal/internal/problem"
	"portal/internal/textdiff"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/ui"
)

// errNobody is the error of a form in which no new owner is chosen.
var errNobody = problem.Invalid("to", "problem.choose")

// label names an answer.
func label(ctx context.Context, field string) string { return i18n.T(ctx, "partner.field."+field) }

var tagKinds = map[organisation.ChangeStatus]string{
	organisation.Pending: "waiting", organisation.Approved: "good", organisation.Rejected: "bad", organisation.Withdrawn: "neutral",
	organisation.Unproved: "warn",
}

func statusText(ctx context.Context, s organisation.ChangeStatus) string {
	return i18n.T(ctx, "organisation.status."+string(s))
}

func changesTable(ctx context.Context, p list.Page[organisation.Change]) ui.TableOf[organisation.Change] {
	return ui.TableOf[organisation.Change]{
		Page: p, Path: changesURL, CSV: true, Caption: i18n.T(ctx, "partneradmin.changes.title"),
		Empty: ui.Empty(i18n.T(ctx, "partneradmin.changes.empty"), i18n.T(ctx, "partneradmin.changes.empty_text"), nil),
		Columns: []ui.Column[organisation.Change]{
			{Sort: "organisation", Label: label(ctx, "organisation"), Cell: func(c organisation.Change) templ.Component {
				return changeLink(c)
			}, File: func(c organisation.Change) string { return c.Organisation }},
			{Sort: "field", Label: i18n.T(ctx, "partneradmin.changes.of"), Cell: func(c organisation.Change) templ.Component {
				return ui.Text(label(ctx, string(c.Field)))
			}, File: func(c organisation.Change) string { return label(ctx, string(c.Field)) }},
			{Label: i18n.T(ctx, "partneradmin.change.before"), File: func(c organisation.Change) string { return c.Before }},
			{Label: i18n.T(ctx, "partneradmin.changes.to"), Cell: func(c organisation.Change) templ.Component { return ui.Text(c.After) }, File: func(c organisation.Change) string { return c.After }},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(c organisation.Change) templ.Component {
				return ui.Tag(tagKinds[c.Status], statusText(ctx, c.Status))
			}, File: func(c organisation.Change) string { return statusText(ctx, c.Status) }},
			{Sort: "submitted", Label: i18n.T(ctx, "partneradmin.changes.since"), Cell: func(c organisation.Change) templ.Component {
				return ui.Date(c.SubmittedAt)
			}, File: func(c organisation.Change) string { return export.Time(c.SubmittedAt) }},
			{Label: i18n.T(ctx, "assignment.column"), File: func(c organisation.Change) string { return c.TakenBy }},
		},
	}
}

func changeFilters(ctx context.Context) []ui.FilterField {
	var fields, statuses []ui.Option
	for _, f := range []organisation.Field{organisation.Name, organisation.Address} {
		fields = append(fields, ui.Option{Value: string(f), Text: label(ctx, string(f))})
	}
	for _, s := range []organisation.ChangeStatus{organisation.Pending, organisation.Approved, organisation.Rejected, organisation.Withdrawn} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "partneradmin.changes.search")},
		{Name: "field", Label: i18n.T(ctx, "partneradmin.changes.of"), Options: fields},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}},
	}
}

// piece is a stretch of two texts side by side: in both, in the first, or in the
// second only.
type piece struct {
	Kind textdiff.Kind
	Text string
}

// pieces compares two texts character by character.
func pieces(before, after string) []piece {
	var out []piece
	for _, l := range textdiff.Lines(spread(before), spread(after)) {
		if n := len(out); n > 0 && out[n-1].Kind == l.Kind {
			out[n-1].Text += l.Text
		} else {
			out = append(out, piece{l.Kind, l.Text})
		}
	}
	return out
}

// spread sets each character of a text on a line of its own.
func spread(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		b.WriteByte('\n')
	}
	return b.String()
}

// title names a change with its partner.
func (v changeView) title(ctx context.Context) string {
	if v.Field == organisation.Address {
		return i18n.T(ctx, "partneradmin.change.email", "Name", v.Organisation)
	}
	return i18n.T(ctx, "partneradmin.change.name", "Name", v.Organisation)
}

// facts is what is known of a change besides its two values.
func (v changeView) facts(ctx context.Context) []ui.Row {
	rows := []ui.Row{
		{Label: i18n.T(ctx, "organisation.why"), Value: v.Change.Reason},
		{Label: i18n.T(ctx, "partneradmin.change.by"), Value: v.RequesterName, Note: i18n.DateTime(ctx, v.RequestedAt)},
		{Label: i18n.T(ctx, "partneradmin.partner"), Component: ui.LinkTo(ui.Link{Href: partnerURL(v.PartnerID), Text: v.Organisation})},
	}
	if v.Field == organisation.Address && v.Status != organisation.Unproved {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "partneradmin.change.proved"), Component: ui.Time(v.SubmittedAt)})
	}
	return rows
}

// effect says what approving does to the certificate of a partner.
func (v changeView) effect(ctx context.Context) (kind, text string) {
	switch {
	case v.Field == organisation.Address:
		return "info", i18n.T(ctx, "partneradmin.change.email.effect")
	case v.Certificate == nil:
		return "info", i18n.T(ctx, "partneradmin.change.no_certificate")
	case certdoc.SameName(v.After, v.Certificate.Organisation):
		return "success", i18n.T(ctx, "partneradmin.change.fits", "Name", v.Certificate.Organisation)
	}
	return "warning", i18n.T(ctx, "partneradmin.change.no_longer_fits", "Name", v.Certificate.Organisation, "When", i18n.Date(ctx, v.Certificate.NotAfter))
}

// effects are what a move does, counted; what there is none of is left out.
func (f movePage) effects(ctx context.Context) []string {
	var out []string
	add := func(key string, n int) {
		if n > 0 {
			out = append(out, i18n.T(ctx, key, "Count", n))
		}
	}
	if f.verb == reactivation.verb {
		add("partneradmin.reactivate.grants", f.Return.Grants)
		add("partneradmin.reactivate.keys", f.Return.Keys)
		add("partneradmin.reactivate.sbis", f.Return.SBIs)
		add("partneradmin.reactivate.devices", f.Return.Devices)
		add("partneradmin.reactivate.chips", f.Return.Chips)
		add("partneradmin.reactivate.idle_grants", f.Return.IdleGrants)
		add("partneradmin.reactivate.ended_grants", f.Return.EndedGrants)
		add("partneradmin.reactivate.ended_keys", f.Return.EndedKeys)
	} else {
		add("partneradmin.deactivate.sessions", f.Impact.Sessions)
		add("partneradmin.deactivate.keys", f.Impact.Keys)
		add("partneradmin.deactivate.grants", f.Impact.Grants)
		add("partneradmin.deactivate.sbis", f.Impact.SBIs)
		add("partneradmin.deactivate.devices", f.Impact.Devices)
		add("partneradmin.deactivate.chips", f.Impact.Chips)
		add("partneradmin.deactivate.requests", f.Impact.Requests)
		add("partneradmin.deactivate.changes", f.Impact.Changes)
		add("partneradmin.deactivate.invited", f.Impact.Invited)
	}
	add("partneradmin.mails", f.Impact.People)
	add("partneradmin.webhooks", f.Webhooks)
	return out
}

// options are the people who could become the owner.
func (f appointment) options() []ui.Option {
	var options []ui.Option
	for _, c := range candidates(f.People) {
		options = append(options, ui.Option{Value: c.ID.String(), Text: c.Name(), Hint: c.Email, Selected: c.ID.String() == f.To})
	}
	return options
}

var personTags = map[account.Status]string{account.Active: "good", account.Invited: "waiting", account.Deactivated: "neutral"}

// personLine says what somebody is among a partner's people.
func personLine(ctx context.Context, c account.Colleague) string {
	if c.Owner {
		return i18n.T(ctx, "people.owner")
	}
	return i18n.T(ctx, "people.member")
}

// Section is the part of a partner's page that tells of its access, people and
// contacts; nothing before it was admitted. It reads while the page is rendered
// into its buffer; an error there becomes the error page.
func (d Deps) Section(ctx context.Context, _ audit.Kind, partnerID string) templ.Component {
	pid, err := id.Parse[id.Partner](partnerID)
	if err != nil {
		return failed(err)
	}
	s, err := d.standing(ctx, pid)
	if err != nil {
		return failed(err)
	}
	return section(s)
}

func failed(err error) templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
}

// admitted reports whether a partner is or was active.
func admitted(s partner.Status) bool { return s == partner.Active || s == partner.Deactivated }
