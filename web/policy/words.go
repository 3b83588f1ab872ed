package policy

import (
	"context"
	"strconv"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
)

// can is what the reader may do with a policy in its present state.
type can struct{ Edit, Clone, Activate, Deactivate, Reactivate, Discard bool }

// abilities asks the matrix and the state machine. errors are the findings that
// keep the waiting version from being activated.
func abilities(ctx context.Context, s policy.Status, waiting bool, errors int) can {
	decide, write := page.May(ctx, authz.PolicyActivate), page.May(ctx, authz.PolicyWrite)
	return can{
		Edit:       write && s != policy.Discarded,
		Clone:      write,
		Activate:   decide && waiting && errors == 0,
		Deactivate: decide && policy.Statuses.Can(s, policy.Deactivated),
		Reactivate: decide && s == policy.Deactivated && policy.Statuses.Can(s, policy.Active),
		Discard:    write && waiting,
	}
}

// period is a time in which a version was in force: in days, and by the clock
// where it began and ended on one.
func period(ctx context.Context, p policy.Period) string {
	if p.To == nil {
		return i18n.T(ctx, "policy.period.open", "From", i18n.Date(ctx, p.From))
	}
	from, to := i18n.Date(ctx, p.From), i18n.Date(ctx, *p.To)
	if from == to {
		return i18n.T(ctx, "policy_version.period.day", "Date", from, "From", i18n.Clock(ctx, p.From), "To", i18n.Clock(ctx, *p.To))
	}
	return i18n.T(ctx, "policy.period.closed", "From", from, "To", to)
}

// exactPeriod is a period to the minute, for the pages that have room for it.
func exactPeriod(ctx context.Context, p policy.Period) string {
	if p.To == nil {
		return i18n.T(ctx, "policy.period.open", "From", i18n.DateTime(ctx, p.From))
	}
	if i18n.Date(ctx, p.From) == i18n.Date(ctx, *p.To) {
		return period(ctx, p)
	}
	return i18n.T(ctx, "policy.period.closed", "From", i18n.DateTime(ctx, p.From), "To", i18n.DateTime(ctx, *p.To))
}

func versionTag(s policy.VersionStatus) string {
	if s == policy.VersionInactive {
		return "waiting"
	}
	return policywords.TagKind(s)
}

// classTag is the kind of a ui.Tag for what a change does: a wider one asks for
// attention, a narrower one does not.
func classTag(c policydoc.Class) string {
	switch c {
	case policydoc.Widens:
		return "warn"
	case policydoc.Narrows:
		return "good"
	case policydoc.Neutral:
	}
	return "neutral"
}

// wholeKey is the message over what a version says where it is compared with
// nothing: all of it comes, or all of it goes.
func wholeKey(p policy.Picture) string {
	switch p.Action {
	case policy.Deactivate:
		return "policy_decision.whole.ends"
	case policy.Restore:
		return "policy_decision.whole.waits"
	case policy.Activate, policy.Reactivate:
	}
	return "policy_decision.whole.begins"
}

// cloneURL is where a new policy starts from a version of another.
func cloneURL(k policy.Kind, pid id.Policy, number int) string {
	return policywords.ListURL(k) + "/new?from=" + pid.String() + "&version=" + strconv.Itoa(number)
}

// linesID is what the ids of the lines of a version's text begin with.
func linesID(number int) string { return "v" + strconv.Itoa(number) }
