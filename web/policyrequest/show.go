package policyrequest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/policyrequest"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// ownView is a request as its partner sees it.
type ownView struct {
	policyrequest.Standing
	Clock policyrequest.Clock
	Today time.Time
}

// reviewView is a request as an admin sees it.
type reviewView struct {
	policyrequest.Review
	Today time.Time
}

// show is one request: how it stands for its partner, and what there is to weigh
// for an admin.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	st, err := h.load(r)
	if err != nil {
		return err
	}
	scope := page.Actor(ctx).Scope()
	if scope.All {
		review, err := h.requests.Review(ctx, scope, st.ID)
		if err != nil {
			return err
		}
		v, of := reviewView{review, h.requests.Today()}, st.ID.String()
		return page.Render(w, r, http.StatusOK, reviewPage(v, h.work(ctx, audit.PolicyRequest, of), h.trail(ctx, audit.PolicyRequest, of)))
	}
	v := ownView{Standing: st, Today: h.requests.Today()}
	if st.Undecided() {
		if v.Clock, err = h.requests.Clock(ctx, st.Request); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, ownPage(v))
}

// panelKinds is the kind of panel that says how a request stands.
var panelKinds = map[policyrequest.Status]string{
	policyrequest.PendingApproval:  "info",
	policyrequest.ChangesRequested: "warning",
	policyrequest.Approved:         "success",
	policyrequest.Rejected:         "danger",
	policyrequest.Withdrawn:        "info",
	policyrequest.Revoked:          "danger",
}

// panelKind is a warning for a grant that hands out nothing.
func (v ownView) panelKind() string {
	if len(v.Halts(v.Today)) > 0 {
		return "warning"
	}
	return panelKinds[v.Status]
}

// since is when the request came to where it stands.
func since(st policyrequest.Standing) time.Time {
	switch last := st.Last(); {
	case st.EndedAt != nil:
		return *st.EndedAt
	case st.Status == policyrequest.PendingApproval || last == nil:
		return st.SubmittedAt
	default:
		return last.DecidedAt
	}
}

// standingText is a sentence of the panel: policy_request.standing.<status>.<part>.
func (v ownView) standingText(ctx context.Context, part string) string {
	return i18n.T(ctx, "policy_request.standing."+string(v.Status)+"."+part, "Policy", v.PolicyName, "When", i18n.Date(ctx, since(v.Standing)), "Day", day(ctx, v.EndsOn))
}

// clock is what the partner is told of the time that a decision takes.
func (v ownView) clock(ctx context.Context) []ui.Row {
	rows := []ui.Row{{Label: i18n.T(ctx, "policy_request.clock.waited"), Value: durationText(ctx, v.Clock.Waited), Note: i18n.T(ctx, "policy_request.clock.waited.note")}}
	if v.Clock.Place > 0 {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_request.clock.place"), Value: i18n.T(ctx, "policy_request.clock.place.value", "Number", v.Clock.Place)})
	}
	usual := ui.Row{Label: i18n.T(ctx, "policy_request.clock.usual"), Value: i18n.T(ctx, "policy_request.clock.too_few")}
	if v.Clock.Known() {
		usual.Value = i18n.T(ctx, "policy_request.clock.pace", "Median", durationText(ctx, v.Clock.Median), "Slow", durationText(ctx, v.Clock.Slow))
		usual.Note = i18n.T(ctx, "policy_request.clock.basis", "Count", v.Clock.Decided, "Group", v.GroupName)
	}
	return append(rows, usual)
}

// history is what the partner and the admins said to each other, newest day first,
// without naming who of the staff it was: the portal's log is for staff.
func (v ownView) history(ctx context.Context) []ui.HistoryDay {
	var all []ui.Happening
	for _, s := range v.Submissions {
		all = append(all, ui.Happening{At: s.SubmittedAt, Text: i18n.T(ctx, "policy_request.history.sent", "Number", s.Number, "Name", s.SubmittedByName)})
	}
	for _, d := range v.Decisions {
		all = append(all, ui.Happening{At: d.DecidedAt, Text: i18n.T(ctx, "policy_request.history."+string(d.Verdict), "Number", d.Submission), Note: v.asked(ctx, d)})
	}
	for _, x := range v.Extensions {
		all = append(all, ui.Happening{At: x.RequestedAt, Text: i18n.T(ctx, "policy_request.history.extension_asked", "Name", x.RequestedByName), Note: x.Reason})
		if !x.Waits() {
			all = append(all, ui.Happening{At: *x.DecidedAt, Text: i18n.T(ctx, "policy_request.history.extension_"+x.Decision, "Day", day(ctx, x.EndsOn)), Note: x.DecisionReason})
		}
	}
	if v.EndedAt != nil {
		all = append(all, ui.Happening{At: *v.EndedAt, Text: i18n.T(ctx, "policy_request.history."+string(v.Status)), Note: v.EndedReason})
	}
	return ui.Days(ctx, all)
}

// asked are a decision's words to the partner, a line each: they stay readable when
// the answers were sent again.
func (v ownView) asked(ctx context.Context, d policyrequest.Decision) string {
	var lines []string
	for _, l := range d.Lines {
		lines = append(lines, i18n.T(ctx, "policy_request.history.line", "Field", label(ctx, v.Words, l.Field), "Value", l.Message))
	}
	if d.Reason != "" {
		lines = append(lines, d.Reason)
	}
	return strings.Join(lines, "\n")
}

// grantRows are the facts of a grant.
func grantRows(ctx context.Context, st policyrequest.Standing) []ui.Row {
	if st.ApprovedAt == nil {
		return nil
	}
	rows := []ui.Row{
		{Label: i18n.T(ctx, "policy_request.ends_on"), Component: ui.Day(*st.EndsOn)},
		{
			Label: i18n.T(ctx, "policy_request.approved_on"), Component: ui.Date(*st.ApprovedAt),
			Note: i18n.T(ctx, "policy_request.approved_version", "Number", st.ApprovedNumber),
		},
	}
	if st.Number > 0 && st.Number != st.ApprovedNumber {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_request.in_force"), Value: i18n.T(ctx, "policy_request.version", "Number", st.Number)})
	}
	return rows
}

// diffs are answers before and after.
func diffs(ctx context.Context, st policyrequest.Standing) []ui.Row {
	var rows []ui.Row
	for _, d := range st.Changes() {
		rows = append(rows, ui.Row{Label: label(ctx, st.Words, d.Field), Component: fromTo(d.Before, d.After)})
	}
	return rows
}

// unchanged are the answers that stayed as they were.
func unchanged(ctx context.Context, st policyrequest.Standing) []ui.Row {
	return answers(ctx, st.Words, st.Answers, func(field string) bool {
		return !slices.ContainsFunc(st.Changes(), func(d policyrequest.Diff) bool { return d.Field == field })
	})
}
