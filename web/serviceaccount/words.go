package serviceaccount

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/internal/serviceaccount"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/tokens"
	"portal/web/ui"
)

var tagKinds = map[string]string{"works": "good", "ended": "neutral", "deactivated": "bad"}

func shownText(ctx context.Context, shown string) string {
	return i18n.T(ctx, "service_account.shown."+shown)
}

func rightText(ctx context.Context, right string) string {
	return i18n.T(ctx, "service_account.right."+right)
}

func rightTexts(ctx context.Context, a serviceaccount.Account) []string {
	texts := make([]string, len(a.Rights))
	for i, r := range a.Rights {
		texts[i] = rightText(ctx, r)
	}
	return texts
}

// rightOptions are the boxes for what an account may do, each with a sentence.
func rightOptions(ctx context.Context, chosen []string) []ui.Option {
	var options []ui.Option
	for _, r := range serviceaccount.Rights {
		right := string(r)
		options = append(options, ui.Option{
			Value: right, Text: rightText(ctx, right),
			Hint: i18n.T(ctx, "service_account.right."+right+".hint"), Selected: slices.Contains(chosen, right),
		})
	}
	return options
}

func table(ctx context.Context, p list.Page[serviceaccount.Account]) ui.TableOf[serviceaccount.Account] {
	type account = serviceaccount.Account
	return ui.TableOf[account]{
		Page: p, Path: listURL, CSV: true, Caption: i18n.T(ctx, "service_account.caption"),
		Empty: ui.Empty(i18n.T(ctx, "service_account.empty"), i18n.T(ctx, "service_account.empty_text"),
			&ui.Link{Href: listURL + "/new", Text: i18n.T(ctx, "service_account.create")}),
		Columns: []ui.Column[account]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(a account) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(a.ID), Text: a.Name})
			}, File: func(a account) string { return a.Name }},
			{
				Label: i18n.T(ctx, "service_account.rights"), Cell: func(a account) templ.Component { return lines(rightTexts(ctx, a)) },
				File: func(a account) string { return strings.Join(rightTexts(ctx, a), "\n") },
			},
			{
				Label: i18n.T(ctx, "service_account.token"), Cell: func(a account) templ.Component { return ui.Code(tokens.Short(a.Prefix(), a.Last4)) },
				File: func(a account) string { return tokens.Short(a.Prefix(), a.Last4) },
			},
			{
				Label: i18n.T(ctx, "common.status"), Cell: func(a account) templ.Component { return statusTag(a) },
				File: func(a account) string { return shownText(ctx, a.Shown()) },
			},
			{
				Sort: "ends", Label: i18n.T(ctx, "service_account.ends_on"), Cell: func(a account) templ.Component { return ui.Day(a.EndsOn) },
				File: func(a account) string { return export.Day(a.EndsOn) },
			},
			{
				Label: i18n.T(ctx, "tokens.last_used"), Cell: func(a account) templ.Component { return tokens.LastUsed(a.LastUsedAt) },
				File: func(a account) string { return export.Moment(a.LastUsedAt) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(a account) string { return a.ID.String() }},
		},
	}
}

func filters(ctx context.Context) []ui.FilterField {
	var states []ui.Option
	for _, s := range serviceaccount.Shown {
		states = append(states, ui.Option{Value: s, Text: shownText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "name", Label: i18n.T(ctx, "common.name")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: states},
	}
}

func rows(ctx context.Context, a serviceaccount.Full) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "common.description"), Value: a.Description},
		{Label: i18n.T(ctx, "service_account.rights"), Multi: rightTexts(ctx, a.Account)},
		{Label: i18n.T(ctx, "service_account.ends_on"), Component: ui.Day(a.EndsOn)},
		{Label: i18n.T(ctx, "service_account.created_by"), Value: a.CreatedByName},
		{Label: i18n.T(ctx, "common.created"), Component: ui.Time(a.CreatedAt)},
		{Label: i18n.T(ctx, "tokens.last_used"), Component: tokens.LastUsed(a.LastUsedAt)},
	}
}
