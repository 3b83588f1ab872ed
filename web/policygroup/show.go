package policygroup

import (
	"context"
	"net/http"
	"net/url"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	g, err := h.load(r)
	if err != nil {
		return err
	}
	use, err := h.policies.GroupUse(r.Context(), g.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(g, use, h.trail))
}

// countLinks lead to the policies of a group, one link a kind.
func countLinks(ctx context.Context, g policy.Group, use policy.GroupUse) []ui.Link {
	var links []ui.Link
	for _, k := range []struct {
		kind  policy.Kind
		count int
	}{{policydoc.KindAuth, use.Auth}, {policydoc.KindDataShare, use.DataShare}} {
		links = append(links, ui.Link{
			Href: policywords.ListURL(k.kind) + "?" + url.Values{"group": {g.Name}}.Encode(),
			Text: i18n.T(ctx, "policy_group.count."+string(k.kind), "Count", k.count),
		})
	}
	return links
}

func rows(ctx context.Context, g policy.Group, use policy.GroupUse) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "common.description"), Value: g.Description},
		{Label: i18n.T(ctx, "common.status"), Value: i18n.T(ctx, "policy_group.meaning."+string(g.Status))},
		{Label: i18n.T(ctx, "policy_group.policies"), Component: links(countLinks(ctx, g, use))},
		{Label: i18n.T(ctx, "common.created"), Component: ui.Time(g.CreatedAt)},
		{Label: i18n.T(ctx, "common.updated"), Component: ui.Time(g.UpdatedAt)},
	}
}
