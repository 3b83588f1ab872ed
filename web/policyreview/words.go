package policyreview

import (
	"context"
	"time"

	"portal/internal/policy"
	"portal/web/i18n"
	"portal/web/ui"
)

// nowText says what has become of the version that was activated.
func nowText(ctx context.Context, e emergencyPage) string {
	switch e.InForce {
	case 0:
		return i18n.T(ctx, "policy_review.now.none")
	case e.Number:
		return i18n.T(ctx, "policy_review.now.same")
	default:
		return i18n.T(ctx, "policy_review.now.other", "Number", e.InForce)
	}
}

// closedRows tell how a review ended.
func closedRows(ctx context.Context, e emergencyPage) []ui.Row {
	if e.Open() {
		return nil
	}
	return []ui.Row{
		{Label: i18n.T(ctx, "policy_review.closed_by"), Component: ui.Text(e.ClosedByName), Note: i18n.DateTime(ctx, *e.ClosedAt)},
		{Label: i18n.T(ctx, "policy_review.outcome"), Value: i18n.T(ctx, "policy_review.outcome."+string(e.Outcome)), Component: quote(e.Note)},
	}
}

// outcomes are those of an emergency review. Only the one that is true now can be
// chosen; the others say what would have to happen first.
func outcomes(ctx context.Context, holds policy.Outcome) []ui.Option {
	var options []ui.Option
	for _, o := range policy.Outcomes() {
		key := "policy_review.outcome." + string(o)
		option := ui.Option{Value: string(o), Text: i18n.T(ctx, key), Hint: i18n.T(ctx, key+".hint"), Selected: true}
		if o != holds {
			option.Hint, option.Selected, option.Disabled = i18n.T(ctx, key+".first"), false, true
		}
		options = append(options, option)
	}
	return options
}

// pastRows tell how earlier reviews of a policy ended.
func pastRows(ctx context.Context, all []policy.Past) []ui.Row {
	var rows []ui.Row
	for _, p := range all {
		rows = append(rows, ui.Row{Label: i18n.Date(ctx, p.ClosedAt), Component: past(p)})
	}
	return rows
}

// pastKey is the message of an outcome: an emergency is judged, a date only ends.
func pastKey(p policy.Past) string {
	if p.Emergency {
		return "policy_review.outcome." + string(p.Outcome)
	}
	return "policy_review.past." + string(p.Outcome)
}

// daysText says how far a review date is away from a day.
func daysText(ctx context.Context, on, today time.Time) string {
	switch days := int(on.Sub(today) / (24 * time.Hour)); {
	case days < 0:
		return i18n.T(ctx, "policy_review.overdue", "Count", -days)
	case days == 0:
		return i18n.T(ctx, "policy_review.today")
	default:
		return i18n.T(ctx, "policy_review.days", "Count", days)
	}
}
