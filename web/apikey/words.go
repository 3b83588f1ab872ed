package apikey

import (
	"context"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"portal/internal/apikey"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/tokens"
	"portal/web/ui"
)

var tagKinds = map[string]string{
	apikey.ShownWorks: "good", apikey.ShownStopped: "warn", apikey.ShownEnded: "neutral", apikey.ShownDeactivated: "bad",
}

func shownText(ctx context.Context, shown string) string { return i18n.T(ctx, "api_key.shown."+shown) }

// standing says in one sentence whether a key works, and if not what stops it.
func standing(ctx context.Context, k apikey.Key) string {
	return i18n.T(ctx, "api_key.standing."+string(k.Standing))
}

func panelKind(k apikey.Key) string {
	switch k.Shown() {
	case apikey.ShownWorks:
		return "success"
	case apikey.ShownStopped:
		return "warning"
	default:
		return "info"
	}
}

func table(ctx context.Context, p list.Page[apikey.Key]) ui.TableOf[apikey.Key] {
	type key = apikey.Key
	t := ui.TableOf[key]{
		Page: p, Path: listURL, CSV: true, Caption: i18n.T(ctx, "api_key.caption"), Empty: emptyList(),
		Columns: []ui.Column[key]{
			{Sort: "label", Label: i18n.T(ctx, "api_key.label"), Cell: func(k key) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(k.ID), Text: k.Label})
			}, File: func(k key) string { return k.Label }},
			{
				Sort: "policy", Label: i18n.T(ctx, "api_key.policy"), Cell: func(k key) templ.Component { return ui.Text(k.PolicyName) },
				File: func(k key) string { return k.PolicyName },
			},
			{
				Sort: "partner", Label: i18n.T(ctx, "api_key.partner"), Cell: func(k key) templ.Component { return ui.Text(k.Organisation) },
				File: func(k key) string { return k.Organisation },
			},
			{
				Label: i18n.T(ctx, "api_key.key"), Cell: func(k key) templ.Component { return ui.Code(tokens.Short(k.Prefix(), k.Last4)) },
				File: func(k key) string { return tokens.Short(k.Prefix(), k.Last4) },
			},
			{
				Label: i18n.T(ctx, "common.status"), Cell: func(k key) templ.Component { return statusTag(k) },
				File: func(k key) string { return shownText(ctx, k.Shown()) },
			},
			{
				Sort: "ends", Label: i18n.T(ctx, "api_key.ends_on"), Cell: func(k key) templ.Component { return ui.Day(k.EndsOn) },
				File: func(k key) string { return export.Day(k.EndsOn) },
			},
			{
				Label: i18n.T(ctx, "tokens.last_used"), Cell: func(k key) templ.Component { return tokens.LastUsed(k.LastUsedAt) },
				File: func(k key) string { return export.Moment(k.LastUsedAt) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(k key) string { return k.ID.String() }},
		},
	}
	if !page.Actor(ctx).Staff() {
		t.Columns = slices.DeleteFunc(t.Columns, func(c ui.Column[key]) bool { return c.Sort == "partner" })
	}
	return t
}

func filters(ctx context.Context) []ui.FilterField {
	var states, within []ui.Option
	for _, s := range apikey.Shown {
		states = append(states, ui.Option{Value: s, Text: shownText(ctx, s)})
	}
	for _, days := range apikey.Expiring {
		within = append(within, ui.Option{Value: strconv.Itoa(days), Text: i18n.T(ctx, "api_key.within", "Count", days)})
	}
	fields := []ui.FilterField{
		{Name: "label", Label: i18n.T(ctx, "api_key.label")},
		{Name: "policy", Label: i18n.T(ctx, "api_key.policy")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: states},
		{Name: "expiring", Label: i18n.T(ctx, "api_key.expiring"), Options: within},
	}
	if page.Actor(ctx).Staff() {
		fields = slices.Insert(fields, 0, ui.FilterField{Name: "partner", Label: i18n.T(ctx, "api_key.partner")})
	}
	return fields
}

func rows(ctx context.Context, k apikey.Full) []ui.Row {
	staff := page.Actor(ctx).Staff()
	policy := ui.Row{Label: i18n.T(ctx, "api_key.policy"), Component: ui.Text(k.PolicyName)}
	if page.May(ctx, authz.PolicyRead) {
		policy.Component = ui.LinkTo(ui.Link{Href: policywords.URL(k.PolicyKind, k.PolicyID), Text: k.PolicyName})
	}
	all := []ui.Row{policy}
	if staff {
		all = append(all, ui.Row{
			Label:     i18n.T(ctx, "api_key.partner"),
			Component: ui.LinkTo(ui.Link{Href: "/partners/" + k.PartnerID.String(), Text: k.Organisation}),
		})
	}
	all = append(all,
		ui.Row{Label: i18n.T(ctx, "api_key.grant"), Component: ui.LinkTo(ui.Link{
			Href: "/policy-requests/" + k.GrantID.String(), Text: i18n.T(ctx, "api_key.grant.until", "Day", i18n.Day(ctx, k.GrantEndsOn)),
		})},
		ui.Row{Label: i18n.T(ctx, "api_key.ends_on"), Component: ui.Day(k.EndsOn)},
		ui.Row{Label: i18n.T(ctx, "api_key.created_by"), Component: ui.Text(k.CreatedByName)},
		ui.Row{Label: i18n.T(ctx, "common.created"), Component: ui.Time(k.CreatedAt)},
		ui.Row{Label: i18n.T(ctx, "tokens.last_used"), Component: tokens.LastUsed(k.LastUsedAt)},
	)
	if k.EndedReason != "" {
		all = append(all, ui.Row{Label: i18n.T(ctx, "api_key.ended_reason"), Value: k.EndedReason})
	}
	return all
}

// may is what the reader may do with a key as it stands.
type may struct{ Rotate, Deactivate bool }

func abilities(ctx context.Context, k apikey.Key) may {
	return may{
		Rotate:     page.May(ctx, authz.APIKeyCreate) && k.Standing == apikey.Works,
		Deactivate: page.May(ctx, authz.APIKeyDeactivate) && k.Status == apikey.Active,
	}
}
