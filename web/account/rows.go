package account

import (
	"context"

	"portal/internal/account"
	"portal/web/confirm"
	"portal/web/i18n"
	"portal/web/ui"
)

// rows are what is known of the reader, each with the way to change it.
func rows(ctx context.Context, p account.Profile, f account.SecondFactor, choice []account.Preference) []ui.Row {
	edit := func(field string) *ui.Link { return &ui.Link{Href: editURL + "#field-" + field} }
	var roles []string
	for _, r := range p.Roles {
		roles = append(roles, i18n.T(ctx, "common.role."+string(r)))
	}
	out := []ui.Row{
		{Label: i18n.T(ctx, "common.name"), Value: p.FirstName + " " + p.LastName, Change: edit("first_name")},
		{Label: i18n.T(ctx, "common.email"), Component: email(p), Note: i18n.T(ctx, "account.email_note")},
		{Label: i18n.T(ctx, "common.phone"), Component: phone(p), Change: edit("phone")},
		{Label: i18n.T(ctx, "account.language"), Value: languageName(p.Lang), Change: edit("lang")},
		{Label: i18n.T(ctx, "account.shortcut"), Value: shortcut(ctx, p.Shortcuts), Change: edit("shortcuts")},
		{Label: i18n.T(ctx, "notifications.row"), Value: chosen(ctx, choice), Change: &ui.Link{Href: mailsURL}},
		{Label: i18n.T(ctx, "common.password"), Value: i18n.T(ctx, "account.password.set"), Change: &ui.Link{Href: passwordURL}},
		{Label: i18n.T(ctx, "second_factor.title"), Value: confirm.State(ctx, f.On), Change: &ui.Link{Href: factorURL}},
		{Label: i18n.T(ctx, "common.role"), Multi: roles},
	}
	if p.Organisation != "" {
		out = append(out, ui.Row{Label: i18n.T(ctx, "common.organisation"), Component: organisation(p)})
	}
	return append(out, ui.Row{Label: i18n.T(ctx, "account.last_sign_in"), Component: ui.Time(p.LastSignInAt), Note: i18n.T(ctx, "account.last_sign_in_note")})
}

func shortcut(ctx context.Context, on bool) string {
	if on {
		return i18n.T(ctx, "account.shortcut.on")
	}
	return i18n.T(ctx, "account.shortcut.off")
}

// factorRows are what is known of a second factor that there is.
func factorRows(ctx context.Context, f account.SecondFactor) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "second_factor.app"), Component: ui.Time(f.Since), Change: &ui.Link{Href: setUpURL, Text: i18n.T(ctx, "second_factor.replace")}},
		{
			Label: i18n.T(ctx, "second_factor.codes"), Value: i18n.T(ctx, "second_factor.codes_left", "Count", f.CodesLeft),
			Change: &ui.Link{Href: codesURL, Text: i18n.T(ctx, "second_factor.codes.new")},
		},
	}
}

// fewCodes is from how many recovery codes on a new set is advised.
const fewCodes = 3

func languageName(code string) string {
	for _, l := range i18n.Languages {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

func languages(chosen string) []ui.Option {
	var options []ui.Option
	for _, l := range i18n.Languages {
		options = append(options, ui.Option{Value: l.Code, Text: l.Name, Selected: l.Code == chosen})
	}
	return options
}
