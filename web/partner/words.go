package partner

import (
	"context"

	"portal/internal/id"
	"portal/internal/partner"
	"portal/web/i18n"
)

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

func typeText(ctx context.Context, t partner.Type) string {
	return i18n.T(ctx, "partner.type."+string(t))
}

// label names an answer.
func label(ctx context.Context, field string) string { return i18n.T(ctx, "partner.field."+field) }

// answerText is an answer as people read it. value is as stored.
func answerText(ctx context.Context, field, value string) string {
	switch field {
	case "type":
		return typeText(ctx, partner.Type(value))
	case "lang":
		for _, l := range i18n.Languages {
			if l.Code == value {
				return l.Name
			}
		}
	}
	return value
}

// answer is one of a partner's answers as people read it.
func answer(ctx context.Context, p partner.Partner, field string) string {
	if field == "policy_group" {
		return p.PolicyGroup
	}
	return answerText(ctx, field, p.Answers().Value(field))
}

// asked are the fields that a partner has: not all have a policy group.
func asked(p partner.Partner, fields []string) []string {
	var has []string
	for _, field := range fields {
		if field != "policy_group" || !id.IsZero(p.PolicyGroupID) {
			has = append(has, field)
		}
	}
	return has
}
