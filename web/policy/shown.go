package policy

import (
	"context"
	"fmt"

	"portal/internal/policy"
	"portal/web/i18n"
)

// shown is what a page told of a picture, in numbers. It travels with the form
// only to say afterwards what is different; what counts is the fingerprint that
// the service compares.
type shown struct {
	Number, Against            int
	Document                   string // beginning of the fingerprint of the text
	Changes, Partners, Pending int
}

const shownFormat = "%d.%d.%d.%d.%d.%8s"

func shownOf(p policy.Picture) shown {
	return shown{
		Number: p.Number, Against: p.Against, Document: (p.Document + "--------")[:8],
		Changes: len(p.Changes), Partners: p.PartnersTotal, Pending: p.PendingTotal,
	}
}

func (s shown) String() string {
	return fmt.Sprintf(shownFormat, s.Number, s.Against, s.Changes, s.Partners, s.Pending, s.Document)
}

// readShown reads what String wrote; anything else is a page that told nothing.
func readShown(text string) shown {
	var s shown
	if n, err := fmt.Sscanf(text, shownFormat, &s.Number, &s.Against, &s.Changes, &s.Partners, &s.Pending, &s.Document); err != nil || n != 6 {
		return shown{}
	}
	return s
}

// news says in what two pages differ; nil if in nothing that they count.
func (s shown) news(ctx context.Context, now shown) []string {
	if s == (shown{}) {
		return nil
	}
	var out []string
	switch {
	case s.Number != now.Number:
		out = append(out, i18n.T(ctx, "policy_decision.news.number", "Before", s.Number, "Number", now.Number))
	case s.Document != now.Document:
		out = append(out, i18n.T(ctx, "policy_decision.news.document", "Number", now.Number))
	}
	if s.Against != now.Against {
		out = append(out, i18n.T(ctx, "policy_decision.news.against"))
	}
	if s.Partners != now.Partners {
		out = append(out, i18n.T(ctx, "policy_decision.news.partners", "Before", s.Partners, "Count", now.Partners))
	}
	if s.Pending != now.Pending {
		out = append(out, i18n.T(ctx, "policy_decision.news.pending", "Before", s.Pending, "Count", now.Pending))
	}
	return out
}
