package policygroup

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/policy"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := policy.GroupList.Parse(r.URL.Query())
	rows, err := h.policies.Groups(r.Context(), q)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(rows))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := policy.GroupList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[policy.GroupRow]{
		Name: "policy-groups", Needs: authz.PolicyGroupRead, Rows: h.policies.GroupListing(q),
		Columns: table(r.Context(), list.Page[policy.GroupRow]{Query: q}).Columns,
	})
}

func table(ctx context.Context, rows list.Page[policy.GroupRow]) ui.TableOf[policy.GroupRow] {
	t := ui.TableOf[policy.GroupRow]{
		Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "policy_group.caption"), Empty: emptyList(),
		Columns: []ui.Column[policy.GroupRow]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(g policy.GroupRow) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(g.ID), Text: g.Name})
			}, File: func(g policy.GroupRow) string { return g.Name }},
			{
				Sort: "description", Label: i18n.T(ctx, "common.description"), Cell: func(g policy.GroupRow) templ.Component { return ui.Text(g.Description) },
				File: func(g policy.GroupRow) string { return g.Description },
			},
			{
				Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(g policy.GroupRow) templ.Component { return statusTag(g.Status) },
				File: func(g policy.GroupRow) string { return statusText(ctx, g.Status) },
			},
			{Sort: "policies", Label: i18n.T(ctx, "policy_group.policies"), Numeric: true, Cell: func(g policy.GroupRow) templ.Component {
				return ui.Text(strconv.Itoa(g.Policies))
			}, File: func(g policy.GroupRow) string { return strconv.Itoa(g.Policies) }},
			{
				Sort: "created", Label: i18n.T(ctx, "common.created"), Cell: func(g policy.GroupRow) templ.Component { return ui.Date(g.CreatedAt) },
				File: func(g policy.GroupRow) string { return export.Time(g.CreatedAt) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(g policy.GroupRow) string { return g.ID.String() }},
		},
	}
	if page.May(ctx, authz.PolicyGroupManage) {
		t.Columns = append(t.Columns, ui.Column[policy.GroupRow]{
			Label: i18n.T(ctx, "common.actions"), Class: "end",
			Cell: func(g policy.GroupRow) templ.Component { return rowActions(g.Group) },
		})
	}
	return t
}

func filters(ctx context.Context) []ui.FilterField {
	statuses := []ui.Option{}
	for _, s := range []policy.GroupStatus{policy.GroupActive, policy.GroupDeactivated} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "name", Label: i18n.T(ctx, "common.name")},
		{Name: "description", Label: i18n.T(ctx, "common.description")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}

var tagKinds = map[policy.GroupStatus]string{policy.GroupActive: "good", policy.GroupDeactivated: "bad"}

func statusText(ctx context.Context, s policy.GroupStatus) string {
	return i18n.T(ctx, "policy_group.status."+string(s))
}

// may is what the reader may do with a group in its present state.
type may struct{ Edit, Deactivate, Reactivate bool }

func abilities(ctx context.Context, g policy.Group) may {
	manage := page.May(ctx, authz.PolicyGroupManage)
	return may{
		Edit:       manage,
		Deactivate: manage && policy.GroupStatuses.Can(g.Status, policy.GroupDeactivated),
		Reactivate: manage && policy.GroupStatuses.Can(g.Status, policy.GroupActive),
	}
}
