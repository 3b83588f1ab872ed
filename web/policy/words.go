package policy

import (
	"context"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/web/i18n"
	"portal/web/page"
)

// can is what the reader may do with a policy in its present state.
type can struct{ Edit, Activate, Deactivate, Reactivate bool }

// abilities asks the matrix and the state machine. errors are the findings that
// keep the waiting version from being activated.
func abilities(ctx context.Context, s policy.Status, waiting bool, errors int) can {
	decide := page.May(ctx, authz.PolicyActivate)
	return can{
		Edit:       page.May(ctx, authz.PolicyWrite),
		Activate:   decide && waiting && errors == 0,
		Deactivate: decide && policy.Statuses.Can(s, policy.Deactivated),
		Reactivate: decide && s == policy.Deactivated && policy.Statuses.Can(s, policy.Active),
	}
}

// period is a time in which a version was in force.
func period(ctx context.Context, p policy.Period) string {
	if p.To == nil {
		return i18n.T(ctx, "policy.period.open", "From", i18n.Date(ctx, p.From))
	}
	return i18n.T(ctx, "policy.period.closed", "From", i18n.Date(ctx, p.From), "To", i18n.Date(ctx, *p.To))
}
