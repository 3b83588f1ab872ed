package policy

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/internal/policy"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := policy.PolicyList.Parse(r.URL.Query())
	rows, err := h.policies.Policies(r.Context(), h.kind, q)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(h.kind, rows))
}

func table(ctx context.Context, k policy.Kind, rows list.Page[policy.Row]) ui.TableOf[policy.Row] {
	return ui.TableOf[policy.Row]{
		Page: rows, Path: listURL(k), Caption: i18n.T(ctx, word(k, "caption")),
		Empty: emptyList(k),
		Columns: []ui.Column[policy.Row]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(r policy.Row) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(k, r.ID), Text: r.Name})
			}},
			{Sort: "description", Label: i18n.T(ctx, "common.description"), Cell: func(r policy.Row) templ.Component { return ui.Text(r.Description) }},
			{Sort: "group", Label: i18n.T(ctx, "policy.group"), Cell: func(r policy.Row) templ.Component { return ui.Text(r.GroupName) }},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r policy.Row) templ.Component {
				return statusTags(r.Status, r.Waiting)
			}},
			{Sort: "created", Label: i18n.T(ctx, "common.created"), Cell: func(r policy.Row) templ.Component { return ui.Date(r.CreatedAt) }},
			{Label: i18n.T(ctx, "common.actions"), Cell: func(r policy.Row) templ.Component { return rowActions(k, r) }},
		},
	}
}

// rowLinks are the lines of a row's menu. What cannot be done now is absent;
// the policy's own page says why.
func rowLinks(ctx context.Context, k policy.Kind, r policy.Row) []ui.Link {
	may := abilities(ctx, r.Status, r.Waiting, r.WaitingErrors)
	var links []ui.Link
	for _, l := range []struct {
		may  bool
		verb string
	}{{may.Edit, "edit"}, {may.Activate, "activate"}, {may.Deactivate, "deactivate"}, {may.Reactivate, "reactivate"}} {
		if l.may {
			links = append(links, ui.Link{Href: doURL(k, r.ID, l.verb), Text: i18n.T(ctx, "common."+l.verb)})
		}
	}
	return links
}

// waitingFilter is the status that selects policies with a version to activate.
const waitingFilter = "waiting"

func filters(ctx context.Context) []ui.FilterField {
	statuses := []ui.Option{}
	for _, s := range []policy.Status{policy.Inactive, policy.Active, policy.Deactivated, waitingFilter} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "name", Label: i18n.T(ctx, "common.name")},
		{Name: "description", Label: i18n.T(ctx, "common.description")},
		{Name: "group", Label: i18n.T(ctx, "policy.group")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}
