package partner

import (
	"context"
	"net/url"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/page"
	"portal/web/policywords"
)

// rules are the active policies that hold for a partner, or would if it were
// admitted: those of its group, of the kind that its type uses. Without a kind
// there is nothing to tell.
type rules struct {
	Kind  policy.Kind
	Group id.PolicyGroup
	Words *policydoc.Vocabulary
	Shown []policy.Rule // by name, the first of them
	Total int
}

// shownRules is the size of the list that rules are the first page of.
const shownRules = 10

// rules reads them; none for a partner whose type uses no policies, and for a
// reader who may not read any.
func (h handlers) rules(ctx context.Context, p partner.Partner) (rules, error) {
	if !partner.UsesPolicies(p.Type) || id.IsZero(p.PolicyGroupID) || !page.May(ctx, authz.PolicyRead) {
		return rules{}, nil
	}
	r := rules{Kind: kindOf(p.Type), Group: p.PolicyGroupID}
	var err error
	if r.Words, err = h.words.All(ctx); err != nil {
		return rules{}, err
	}
	r.Shown, r.Total, err = h.policies.RulesOf(ctx, r.Kind, r.Group, shownRules)
	return r, err
}

func (r rules) filter() url.Values {
	return url.Values{"group": {r.Group.String()}, "status": {string(policy.Active)}}
}

// listURL is where all of them are listed.
func (r rules) listURL() string { return policywords.ListURL(r.Kind) + "?" + r.filter().Encode() }

// kindOf is the kind of policy that a type of partner uses (domain.md §3.4).
func kindOf(t partner.Type) policy.Kind {
	if t == authz.CredentialPartner {
		return policydoc.KindDataShare
	}
	return policydoc.KindAuth
}
