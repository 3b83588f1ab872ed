package home

import (
	"context"
	"time"

	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// panels is the kind of panel that says how a partner's request stands.
var panels = map[partner.Status]string{
	partner.PendingApproval:  "info",
	partner.ChangesRequested: "warning",
	partner.Rejected:         "danger",
	partner.Active:           "success",
	partner.Deactivated:      "warning",
}

var tagKinds = map[partner.Status]string{
	partner.PendingApproval:  "waiting",
	partner.ChangesRequested: "warn",
	partner.Rejected:         "bad",
	partner.Active:           "good",
	partner.Deactivated:      "neutral",
}

func statusText(ctx context.Context, s partner.Status) string {
	return i18n.T(ctx, "partner.status."+string(s))
}

// standingText is a sentence of the panel: home.partner.<status>.<part>.
func standingText(ctx context.Context, s partner.Standing, part string) string {
	p := s.Partner
	since := p.SubmittedAt
	if s.Last != nil && p.Status != partner.PendingApproval {
		since = s.Last.DecidedAt
	}
	return i18n.T(ctx, "home.partner."+string(p.Status)+"."+part, "Name", p.Organisation, "Email", p.Email,
		"When", i18n.Date(ctx, since), "Ago", i18n.Ago(ctx, since, page.Now(ctx)))
}

// tasks is the way from registering to working, with the state of each step.
func tasks(ctx context.Context, s partner.Standing, own outlook.Own) []ui.Task {
	p := s.Partner
	done := good(ctx)
	all := []ui.Task{
		task(ctx, "address", p.AddressVerifiedAt, done),
		task(ctx, "sent", p.SubmittedAt, done),
	}
	switch p.Status {
	case partner.PendingApproval:
		all = append(all, task(ctx, "review", p.SubmittedAt, ui.Status{Kind: "waiting", Text: i18n.T(ctx, "home.task.waiting_for_us")}))
	case partner.ChangesRequested:
		change := task(ctx, "change", time.Time{}, ui.Status{Kind: "warn", Text: i18n.T(ctx, "home.task.waiting_for_you")})
		change.Href = registrationURL
		all = append(all, change, task(ctx, "again", time.Time{}, cannotStart(ctx)))
	case partner.Rejected:
		return append(all, task(ctx, "rejected", s.Last.At(), ui.Status{Kind: "bad", Text: statusText(ctx, p.Status)}))
	case partner.Active, partner.Deactivated:
		all = append(all, task(ctx, "approved", s.Last.At(), done))
	}
	if p.Status == partner.Deactivated {
		return append(all, task(ctx, "stopped", time.Time{}, cannotStart(ctx)))
	}
	if p.Status == partner.Active {
		return append(all, workTasks(ctx, p, own)...)
	}
	return append(all, task(ctx, "work", time.Time{}, cannotStart(ctx)))
}

func cannotStart(ctx context.Context) ui.Status {
	return ui.Status{Kind: "neutral", Text: i18n.T(ctx, "common.cannot_start")}
}

// task is one line: home.task.<name>, with its date if it has one.
func task(ctx context.Context, name string, at time.Time, status ui.Status) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task."+name), Status: status, Done: status.Kind == "good"}
	if at.IsZero() {
		t.Hint = i18n.T(ctx, "home.task."+name+".hint")
	} else {
		t.Hint = i18n.T(ctx, "home.task."+name+".hint", "When", i18n.Date(ctx, at), "Ago", i18n.Ago(ctx, at, page.Now(ctx)))
	}
	return t
}

// facts are what an admitted partner works with.
func facts(ctx context.Context, p partner.Partner) []ui.Row {
	rows := []ui.Row{
		{Label: label(ctx, "public_id"), Component: ui.Code(p.PublicID)},
		{Label: label(ctx, "type"), Value: i18n.T(ctx, "partner.type."+string(p.Type))},
	}
	if !id.IsZero(p.PolicyGroupID) {
		rows = append(rows, ui.Row{Label: label(ctx, "policy_group"), Value: p.PolicyGroup, Note: i18n.T(ctx, "home.policy_group.help")})
	}
	return rows
}

// history is what happened to the own request and to the access that came of it,
// newest day first. The portal's
// log is for staff; this is what the partner and its admin said to each other,
// without naming who of the staff it was.
func history(ctx context.Context, s partner.Standing, stops []organisation.Deactivation) []ui.HistoryDay {
	var all []ui.Happening
	for _, x := range s.Submissions {
		all = append(all, ui.Happening{At: x.SubmittedAt, Text: i18n.T(ctx, "home.history.sent", "Number", x.Number)})
	}
	for _, d := range s.Decisions {
		all = append(all, ui.Happening{At: d.DecidedAt, Text: i18n.T(ctx, "home.history."+string(d.Verdict), "Number", d.Submission), Note: d.Reason})
	}
	for _, d := range stops {
		all = append(all, ui.Happening{At: d.DeactivatedAt, Text: i18n.T(ctx, "home.history.deactivated"), Note: d.Reason})
		if d.EndedAt != nil {
			all = append(all, ui.Happening{At: *d.EndedAt, Text: i18n.T(ctx, "home.history.reactivated"), Note: d.EndedReason})
		}
	}
	return ui.Days(ctx, all)
}

// label names an answer.
func label(ctx context.Context, field string) string { return i18n.T(ctx, "partner.field."+field) }
