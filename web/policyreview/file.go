package policyreview

import (
	"net/http"
	"strconv"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/ui"
)

// file is what is due for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	column := func(label string, value func(policy.Due) string) ui.Column[policy.Due] {
		return ui.Column[policy.Due]{Label: label, File: value}
	}
	return export.Send(w, r, export.File[policy.Due]{
		Name: "policy-reviews", Needs: authz.PolicyActivate, Rows: h.policies.DueListing(),
		Columns: []ui.Column[policy.Due]{
			column(i18n.T(ctx, "common.name"), func(d policy.Due) string { return d.Name }),
			column(i18n.T(ctx, "export.kind"), func(d policy.Due) string { return i18n.T(ctx, policywords.Word(d.Kind, "title")) }),
			column(i18n.T(ctx, "policy.group"), func(d policy.Due) string { return d.GroupName }),
			column(i18n.T(ctx, "policy_review.review_on"), func(d policy.Due) string { return export.Day(d.ReviewOn) }),
			column(i18n.T(ctx, "policy_review.since"), func(d policy.Due) string { return export.Time(d.Since) }),
			column(i18n.T(ctx, "policy_review.partners"), func(d policy.Due) string { return strconv.Itoa(d.Partners) }),
			column(i18n.T(ctx, "export.id"), func(d policy.Due) string { return d.ID.String() }),
		},
	})
}
