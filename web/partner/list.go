package partner

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/partner"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// list shows the partners. The exact id of one leads straight to its page.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := partner.PartnerList.Parse(r.URL.Query())
	rows, err := h.partners.Partners(r.Context(), page.Actor(r.Context()).Scope(), q)
	if err != nil {
		return err
	}
	if pid, err := id.Parse[id.Partner](q.Filter("q")); err == nil && len(rows.Items) == 1 {
		return page.Redirect(w, r, showURL(pid))
	}
	groups, err := h.partners.Groups(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(rows, groups))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := partner.PartnerList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[partner.Row]{
		Name: "partners", Needs: authz.PartnerRead, Rows: h.partners.Listing(page.Actor(r.Context()).Scope(), q),
		Columns: table(r.Context(), list.Page[partner.Row]{Query: q}).Columns,
	})
}

func table(ctx context.Context, rows list.Page[partner.Row]) ui.TableOf[partner.Row] {
	return ui.TableOf[partner.Row]{
		Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "admission.caption"),
		Empty: ui.Empty(i18n.T(ctx, "admission.empty.title"), i18n.T(ctx, "admission.empty.text"), nil),
		Columns: []ui.Column[partner.Row]{
			{Sort: "organisation", Label: label(ctx, "organisation"), Cell: func(r partner.Row) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(r.ID), Text: r.Organisation})
			}, File: func(r partner.Row) string { return r.Organisation }},
			{
				Sort: "public_id", Label: label(ctx, "public_id"), Cell: func(r partner.Row) templ.Component { return ui.Code(r.PublicID) },
				File: func(r partner.Row) string { return r.PublicID },
			},
			{
				Sort: "type", Label: label(ctx, "type"), Cell: func(r partner.Row) templ.Component { return ui.Text(typeText(ctx, r.Type)) },
				File: func(r partner.Row) string { return typeText(ctx, r.Type) },
			},
			{
				Sort: "group", Label: label(ctx, "policy_group"), Cell: func(r partner.Row) templ.Component { return ui.Text(r.PolicyGroup) },
				File: func(r partner.Row) string { return r.PolicyGroup },
			},
			{
				Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: rowStatus,
				File: func(r partner.Row) string { return statusText(ctx, r.Status) },
			},
			{
				Sort: "submitted", Label: i18n.T(ctx, "admission.submitted"), Cell: func(r partner.Row) templ.Component { return ui.Date(r.SubmittedAt) },
				File: func(r partner.Row) string { return export.Time(r.SubmittedAt) },
			},
			{Label: i18n.T(ctx, "assignment.column"), File: func(r partner.Row) string { return r.TakenBy }},
			{Label: i18n.T(ctx, "export.id"), File: func(r partner.Row) string { return r.ID.String() }},
			{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions},
		},
	}
}

// rowLinks are the lines of a row's menu; what cannot be done now is absent.
func rowLinks(ctx context.Context, r partner.Row) []ui.Link {
	links := []ui.Link{{Href: showURL(r.ID), Text: i18n.T(ctx, "common.view")}}
	if page.May(ctx, authz.PartnerDeactivate) {
		switch r.Status {
		case partner.Active:
			links = append(links, ui.Link{Href: decideURL(r.ID, "deactivate"), Text: i18n.T(ctx, "common.deactivate")})
		case partner.Deactivated:
			links = append(links, ui.Link{Href: decideURL(r.ID, "reactivate"), Text: i18n.T(ctx, "common.reactivate")})
		case partner.PendingApproval, partner.ChangesRequested, partner.Rejected:
		}
	}
	if !page.May(ctx, authz.PartnerDecide) {
		return links
	}
	for _, d := range decisions {
		if partner.Statuses.Can(r.Status, d.to) && r.Status == partner.PendingApproval {
			links = append(links, ui.Link{Href: decideURL(r.ID, d.verb), Text: i18n.T(ctx, d.key("action"))})
		}
	}
	return links
}

func filters(ctx context.Context, groups []partner.Group) []ui.FilterField {
	types, statuses, inGroup := []ui.Option{}, []ui.Option{}, []ui.Option{}
	for _, t := range partner.Types {
		types = append(types, ui.Option{Value: string(t), Text: typeText(ctx, t)})
	}
	for _, s := range []partner.Status{partner.PendingApproval, partner.ChangesRequested, partner.Active, partner.Rejected, partner.Deactivated} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	for _, g := range groups {
		inGroup = append(inGroup, ui.Option{Value: g.ID.String(), Text: g.Name})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "admission.search")},
		{Name: "name", Label: label(ctx, "organisation")},
		{Name: "email", Label: label(ctx, "email")},
		{Name: "type", Label: label(ctx, "type"), Options: types},
		{Name: "group", Label: label(ctx, "policy_group"), Options: inGroup},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}},
	}
}
