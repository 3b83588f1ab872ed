package policyreview

import (
	"context"

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
	closed := e.Review // the page has a typed outcome of its own
	return []ui.Row{
		{Label: i18n.T(ctx, "policy_review.closed_by"), Component: ui.Text(e.ClosedByName), Note: i18n.DateTime(ctx, *e.ClosedAt)},
		{Label: i18n.T(ctx, "policy_review.outcome"), Value: i18n.T(ctx, "policy_review.outcome."+string(closed.Outcome)), Component: quote(closed.Note)},
	}
}
