package partner

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/partner"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// show is one partner with everything that it said, and what holds for it.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	review, err := h.load(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	rules, err := h.rules(ctx, review.Partner)
	if err != nil {
		return err
	}
	pid := review.Partner.ID.String()
	return page.Render(w, r, http.StatusOK, showPage(review, rules, panels{
		work: h.work(ctx, audit.Partner, pid), admitted: h.admitted(ctx, audit.Partner, pid),
		grants: h.grants(ctx, review.Partner.ID), certs: h.certs(ctx, review.Partner.ID), trail: h.trail(ctx, audit.Partner, pid),
	}))
}

// panels are the parts of a partner's page that other screens bring.
type panels struct{ work, admitted, grants, certs, trail templ.Component }

// toDecide reports whether the reader may decide on the request now.
func toDecide(ctx context.Context, r partner.Review) bool {
	return r.Partner.Status == partner.PendingApproval && page.May(ctx, authz.PartnerDecide)
}

// answers is everything that the partner said, in the order of its pages.
// Changed answers say so, and what stood there before.
func answers(ctx context.Context, r partner.Review) []ui.Row {
	var rows []ui.Row
	for _, field := range asked(r.Partner, partner.Fields) {
		row := ui.Row{Label: label(ctx, field), Value: answer(ctx, r.Partner, field)}
		switch field {
		case "public_id", "email", "phone":
			row.Value, row.Component = "", ui.Code(row.Value)
		}
		rows = append(rows, row)
	}
	return rows
}

// brief is what an approval is about.
func brief(ctx context.Context, p partner.Partner) []ui.Row {
	var rows []ui.Row
	for _, field := range asked(p, []string{"organisation", "type", "public_id", "policy_group", "email"}) {
		rows = append(rows, ui.Row{Label: label(ctx, field), Value: answer(ctx, p, field)})
	}
	return rows
}

// changes is what differs from the submission before.
func changes(ctx context.Context, diffs []partner.Diff) []ui.Row {
	var rows []ui.Row
	for _, d := range diffs {
		rows = append(rows, ui.Row{
			Label:     label(ctx, d.Field),
			Component: fromTo(answerText(ctx, d.Field, d.Before), answerText(ctx, d.Field, d.After)),
		})
	}
	return rows
}

// proofs is what the portal itself knows of the request.
func proofs(ctx context.Context, p partner.Partner) []ui.Row {
	return []ui.Row{
		{
			Label: i18n.T(ctx, "admission.submission"), Value: i18n.T(ctx, "admission.submission.number", "Number", p.Submission),
			Note: i18n.DateTime(ctx, p.SubmittedAt),
		},
		{Label: i18n.T(ctx, "admission.address_verified"), Component: ui.Time(p.AddressVerifiedAt)},
		{
			Label: i18n.T(ctx, "admission.consent"), Value: i18n.T(ctx, "admission.consent.version", "Version", p.TermsVersion),
			Note: i18n.DateTime(ctx, p.ConsentedAt),
		},
	}
}

// why says what a request has in common with another one.
func why(ctx context.Context, r partner.Related) string {
	switch {
	case r.SameOrganisation && r.SameDomain:
		return i18n.T(ctx, "admission.related.both")
	case r.SameOrganisation:
		return i18n.T(ctx, "admission.related.organisation")
	case r.SameDomain:
		return i18n.T(ctx, "admission.related.domain")
	default:
		return i18n.T(ctx, "admission.related.similar")
	}
}

// decided is a decision in one sentence.
func decided(ctx context.Context, d partner.Decision) string {
	return i18n.T(ctx, "admission.decided."+string(d.Verdict), "Name", d.DecidedByName, "When", i18n.DateTime(ctx, d.DecidedAt))
}

// last is the decision that the partner stands by now; nil while it waits.
func last(r partner.Review) *partner.Decision {
	if len(r.Decisions) == 0 || r.Partner.Status == partner.PendingApproval {
		return nil
	}
	return &r.Decisions[0]
}
