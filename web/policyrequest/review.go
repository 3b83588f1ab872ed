package policyrequest

import (
	"context"
	"slices"

	"portal/internal/authz"
	"portal/internal/policyrequest"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// doable are the decisions that the reader can take now.
func (v reviewView) doable(ctx context.Context) []decision {
	if !page.May(ctx, authz.PolicyRequestDecide) {
		return nil
	}
	x := v.Extension()
	waits := x != nil && x.Waits()
	return slices.DeleteFunc(slices.Clone(decisions), func(d decision) bool {
		return d.from != v.Status || d.extension && !waits || d.verb == approval.verb && len(v.obstacles(ctx)) > 0
	})
}

// obstacles are what keeps a request from being approved now.
func (v reviewView) obstacles(ctx context.Context) []string {
	var all []string
	if v.Number == 0 {
		all = append(all, i18n.T(ctx, "policy_request.obstacle.policy", "Policy", v.PolicyName))
	}
	if v.GroupStatus != "active" {
		all = append(all, i18n.T(ctx, "policy_request.obstacle.group", "Group", v.GroupName))
	}
	if v.PartnerStatus != "active" {
		all = append(all, i18n.T(ctx, "policy_request.obstacle.partner", "Name", v.Organisation))
	}
	return all
}

// partnerRows are who asks.
func (v reviewView) partnerRows(ctx context.Context) []ui.Row {
	rows := []ui.Row{
		{Label: i18n.T(ctx, "policy_request.partner"), Component: ui.LinkTo(ui.Link{Href: "/partners/" + v.PartnerID.String(), Text: v.Organisation}), Note: i18n.T(ctx, "partner.status."+v.PartnerStatus)},
		{Label: i18n.T(ctx, "partner.field.public_id"), Component: ui.Code(v.PublicID)},
		{Label: i18n.T(ctx, "partner.field.type"), Value: i18n.T(ctx, "partner.type."+string(v.PartnerType))},
		{Label: i18n.T(ctx, "partner.field.policy_group"), Component: ui.Text(v.GroupName)},
	}
	return append(rows, ui.Row{Label: i18n.T(ctx, "policy_request.certificate"), Component: certificateState(v.Certificate)}, ui.Row{
		Label: i18n.T(ctx, "policy_request.submitted"), Component: ui.Time(v.SubmittedAt),
		Note: i18n.T(ctx, "policy_request.submission.by", "Number", v.Submission, "Name", v.Submissions[0].SubmittedByName),
	})
}

// decided is a decision in one sentence.
func decided(ctx context.Context, d policyrequest.Decision) string {
	return i18n.T(ctx, "policy_request.decided."+string(d.Verdict), "Name", d.DecidedByName, "When", i18n.DateTime(ctx, d.DecidedAt))
}

// ended says who ended the request, "" for one that nobody did.
func (v reviewView) ended(ctx context.Context) string {
	if v.EndedAt == nil {
		return ""
	}
	return i18n.T(ctx, "policy_request.decided."+string(v.Status), "Name", v.EndedByName, "When", i18n.DateTime(ctx, *v.EndedAt))
}
