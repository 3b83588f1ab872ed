package decide

import (
	"context"
	"slices"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// Tag is a thing's state as lists and headings show it.
func Tag(ctx context.Context, s approval.Status) ui.Status {
	return ui.Status{Kind: tagKinds[s], Text: i18n.T(ctx, "approval.status."+string(s))}
}

var tagKinds = map[approval.Status]string{
	approval.Draft:              "neutral",
	approval.PendingCertificate: "warn",
	approval.PendingApproval:    "waiting",
	approval.ChangesRequested:   "warn",
	approval.Approved:           "good",
	approval.Rejected:           "bad",
	approval.Withdrawn:          "neutral",
	approval.Deactivated:        "bad",
}

var panelKinds = map[approval.Status]string{
	approval.Draft:              "info",
	approval.PendingCertificate: "warning",
	approval.PendingApproval:    "info",
	approval.ChangesRequested:   "warning",
	approval.Approved:           "success",
	approval.Rejected:           "danger",
	approval.Withdrawn:          "info",
	approval.Deactivated:        "danger",
}

// Label names an answer.
func (k Kind) Label(ctx context.Context, field string) string {
	return i18n.T(ctx, k.word("field."+field))
}

// shown is an answer as people read it.
func (k Kind) shown(ctx context.Context, field, value string) string {
	if k.Value == nil || value == "" {
		return value
	}
	return k.Value(ctx, field, value)
}

// Answers are what a provider says of a thing, field by field.
func (k Kind) Answers(ctx context.Context, a approval.Answers) []ui.Row {
	return k.rows(ctx, a, func(string) bool { return true })
}

func (k Kind) rows(ctx context.Context, a approval.Answers, keep func(field string) bool) []ui.Row {
	var rows []ui.Row
	for _, field := range k.Fields {
		if keep(field) {
			row := ui.Row{Label: k.Label(ctx, field)}
			if value := k.shown(ctx, field, a[field]); value != "" {
				row.Component = ui.Text(value) // what somebody typed, in its own direction
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Locked are the answers that cannot be changed now.
func (k Kind) Locked(ctx context.Context, t Thing) []ui.Row {
	open := k.Open(t.Status, t.Trail)
	return k.rows(ctx, t.Answers(), func(field string) bool { return !slices.Contains(open, field) })
}

// Asked is what the provider was asked about an answer, for the question's hint; ""
// if nothing was.
func (k Kind) Asked(ctx context.Context, t Thing, field string) string {
	last := t.Last()
	if t.Status != approval.ChangesRequested || last == nil || last.Line(field) == "" {
		return ""
	}
	return i18n.T(ctx, "approval.asked", "Value", last.Line(field))
}

// Differences are answers before and after, each under its name.
func (k Kind) Differences(ctx context.Context, before, after approval.Answers) []ui.Row {
	var rows []ui.Row
	for _, x := range k.Kind.Differences(before, after) {
		rows = append(rows, ui.Row{Label: k.Label(ctx, x.Field), Component: fromTo(k.shown(ctx, x.Field, x.Before), k.shown(ctx, x.Field, x.After))})
	}
	return rows
}

// changes are the answers that the last submission changed, kept those it did not.
func (k Kind) changes(ctx context.Context, t Thing) (changed, kept []ui.Row) {
	before, after := t.Submissions[1].Answers, t.Submissions[0].Answers
	return k.Differences(ctx, before, after), k.rows(ctx, after, func(field string) bool { return before[field] == after[field] })
}

// since is when the thing came to where it stands.
func (t Thing) since() time.Time {
	switch last := t.Last(); {
	case t.EndedAt != nil:
		return *t.EndedAt
	case last != nil && t.Status != approval.PendingApproval:
		return last.DecidedAt
	case t.SubmittedAt != nil:
		return *t.SubmittedAt
	}
	return time.Time{}
}

// standing is a sentence of the provider's panel: "sbi.standing.approved.title".
func (k Kind) standing(ctx context.Context, t Thing, part string) string {
	return i18n.T(ctx, k.word("standing."+string(t.Status)+"."+part), "Name", t.Name, "When", i18n.Date(ctx, t.since()))
}

// decided says in a sentence who of the staff decided, or who ended the thing.
func decided(ctx context.Context, d approval.Decision) string {
	return i18n.T(ctx, "approval.decided."+string(d.Verdict), "Name", d.DecidedByName, "When", i18n.DateTime(ctx, d.DecidedAt))
}

func (t Thing) ended(ctx context.Context) string {
	return i18n.T(ctx, "approval.decided."+string(t.Status), "Name", t.EndedByName, "When", i18n.DateTime(ctx, *t.EndedAt))
}

// doable are the acts that the reader can carry out now.
func (k Kind) doable(ctx context.Context, t Thing) []act {
	return slices.DeleteFunc(slices.Clone(acts), func(v act) bool {
		return !k.possible(v, t.Status) || !page.May(ctx, k.needs(v)) || v == approve && len(t.Obstacles) > 0
	})
}

// Actions are the lines of a row's menu in a list: what the reader can do with a
// thing in a state. What cannot be done now is absent.
func (k Kind) Actions(ctx context.Context, item approval.Item) []ui.Link {
	t := Thing{Item: item}
	links := []ui.Link{{Href: k.PathOf(t), Text: i18n.T(ctx, "common.view")}}
	for _, v := range k.doable(ctx, t) {
		links = append(links, ui.Link{Href: k.actPath(t, v), Text: k.button(ctx, v, t)})
	}
	return links
}

// editStep leads to the page to change a thing at; none without one.
func (k Kind) editStep(ctx context.Context, t Thing, edit string) []ui.Link {
	switch {
	case edit == "" || !page.May(ctx, k.MaySend):
		return nil
	case t.Status == approval.ChangesRequested:
		return []ui.Link{{Href: edit, Text: i18n.T(ctx, "approval.edit_again")}}
	}
	return []ui.Link{{Href: edit, Text: i18n.T(ctx, "approval.edit")}}
}

// history is what the provider and the admins said to each other, newest day first,
// without naming who of the staff it was: the portal's log is for staff.
func (k Kind) history(ctx context.Context, t Thing) []ui.HistoryDay {
	var all []ui.Happening // of one moment, the last first
	if t.EndedAt != nil {
		all = append(all, ui.Happening{At: *t.EndedAt, Text: i18n.T(ctx, "approval.history."+string(t.Status)), Note: t.EndedReason})
	}
	for _, d := range t.Decisions {
		all = append(all, ui.Happening{At: d.DecidedAt, Text: i18n.T(ctx, "approval.history."+string(d.Verdict), "Number", d.Submission), Note: k.quoted(ctx, d)})
	}
	for _, s := range t.Submissions {
		all = append(all, ui.Happening{At: s.SubmittedAt, Text: i18n.T(ctx, "approval.history.sent", "Number", s.Number, "Name", s.SubmittedByName)})
	}
	return ui.Days(ctx, all)
}

// quoted are a decision's words to the provider, a line each: they stay readable
// when the answers were sent again.
func (k Kind) quoted(ctx context.Context, d approval.Decision) string {
	var lines []string
	for _, l := range d.Lines {
		lines = append(lines, i18n.T(ctx, "approval.history.line", "Field", k.Label(ctx, l.Field), "Value", l.Message))
	}
	if d.Reason != "" {
		lines = append(lines, d.Reason)
	}
	return strings.Join(lines, "\n")
}
