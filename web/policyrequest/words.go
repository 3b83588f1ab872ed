package policyrequest

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

var tagKinds = map[policyrequest.Status]string{
	policyrequest.PendingApproval:  "waiting",
	policyrequest.ChangesRequested: "warn",
	policyrequest.Approved:         "good",
	policyrequest.Rejected:         "bad",
	policyrequest.Withdrawn:        "neutral",
	policyrequest.Revoked:          "bad",
}

func statusText(ctx context.Context, s policyrequest.Status) string {
	return i18n.T(ctx, "policy_request.status."+string(s))
}

// rowStatus is the state of a request; of a grant that hands out nothing, why.
func rowStatus(ctx context.Context, r policyrequest.Row, today time.Time) ui.Status {
	if r.Status == policyrequest.Approved {
		switch {
		case r.PausedAt != nil:
			return ui.Status{Kind: "warn", Text: i18n.T(ctx, "policy_request.halted.paused")}
		case r.EndsOn.Before(today):
			return ui.Status{Kind: "bad", Text: i18n.T(ctx, "policy_request.halted.ended")}
		case r.PolicyStatus != policy.Active:
			return ui.Status{Kind: "warn", Text: i18n.T(ctx, "policy_request.halted.policy")}
		}
	}
	return ui.Status{Kind: tagKinds[r.Status], Text: statusText(ctx, r.Status)}
}

func kindText(ctx context.Context, k policy.Kind) string {
	if k == policydoc.KindDataShare {
		return i18n.T(ctx, "policy_request.kind.datashare")
	}
	return i18n.T(ctx, "policy_request.kind.auth")
}

// label names an answer: the reason, or what an attribute is needed for.
func label(ctx context.Context, words *policydoc.Vocabulary, field string) string {
	if name := policyrequest.AttributeOf(field); name != "" {
		return i18n.T(ctx, "policy_request.need", "Attribute", policywords.Label(ctx, words, policydoc.Attributes, name))
	}
	if page.May(ctx, authz.PolicyRequestDecide) {
		return i18n.T(ctx, "policy_request.reason.theirs")
	}
	return i18n.T(ctx, "policy_request.reason")
}

// answers are what a partner said, field by field.
func answers(ctx context.Context, words *policydoc.Vocabulary, a policyrequest.Answers, keep func(field string) bool) []ui.Row {
	var rows []ui.Row
	for _, field := range a.Fields() {
		if keep(field) {
			rows = append(rows, ui.Row{Label: label(ctx, words, field), Value: a.Value(field)})
		}
	}
	return rows
}

func everything(string) bool { return true }

// durationText is about how long something takes, in the largest unit that fits.
func durationText(ctx context.Context, d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Hour:
		return i18n.T(ctx, "policy_request.time.less")
	case d < 2*day:
		return i18n.T(ctx, "policy_request.time.hours", "Count", int(d.Round(time.Hour)/time.Hour))
	default:
		return i18n.T(ctx, "policy_request.time.days", "Count", int(d.Round(day)/day))
	}
}

// handsOut is what a document hands out, in one sentence; special tells whether
// some of it needs special care.
func handsOut(ctx context.Context, words *policydoc.Vocabulary, kind policy.Kind, document string) (sentence string, special bool) {
	m, ok := policydoc.Understand(kind, []byte(document))
	if !ok {
		return i18n.T(ctx, "policy_request.hands_out.unknown"), false
	}
	var names []string
	for _, name := range policyrequest.Received(m) {
		names = append(names, policywords.Label(ctx, words, policydoc.Attributes, name))
	}
	special = len(policyrequest.Special(words, kind, document)) > 0
	const most = 12
	switch n := len(names); {
	case n == 0:
		return i18n.T(ctx, "policy_request.hands_out.nothing"), special
	case n > most:
		return i18n.T(ctx, "policy_request.hands_out.more", "Count", n-most, "Names", policywords.Join(ctx, names[:most], policydoc.All)), special
	}
	return i18n.T(ctx, "policy_request.hands_out", "Names", policywords.Join(ctx, names, policydoc.All)), special
}

// haltText says why a grant hands out nothing.
func haltText(ctx context.Context, r policyrequest.Request, halt policyrequest.Halt) string {
	return i18n.T(ctx, "policy_request.halt."+string(halt), "Day", day(ctx, r.EndsOn), "Group", r.GroupName, "Policy", r.PolicyName)
}

// day is a day that may be missing.
func day(ctx context.Context, t *time.Time) string {
	if t == nil {
		return ""
	}
	return i18n.Day(ctx, *t)
}

// back leads from a page about a request to the request.
func back(ctx context.Context, r policyrequest.Request) *ui.Link {
	return &ui.Link{Href: showURL(r.ID), Text: i18n.T(ctx, "policy_request.back_to_one")}
}
