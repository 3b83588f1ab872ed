package register

import (
	"context"
	"strings"

	"portal/internal/partner"
	"portal/web/i18n"
	"portal/web/ui"
)

// clauses are the terms, in their order. A changed text needs a new version in
// the configuration, so that everybody is asked again.
var clauses = []string{
	"register.consent.terms.1", "register.consent.terms.2", "register.consent.terms.3",
	"register.consent.terms.4", "register.consent.terms.5",
}

// hidden is a field whose heading asks the question already.
func hidden(f ui.Field) ui.Field { f.HideLabel = true; return f }

// limited is a field for a longer text of at most max characters.
func limited(f ui.Field, max, rows int) ui.Field {
	f.MaxLength, f.Rows, f.Spellcheck = max, rows, true
	return f
}

// filled is a field that the browser may know the answer to.
func filled(f ui.Field, kind, autocomplete string) ui.Field {
	f.Type, f.Autocomplete = kind, autocomplete
	return f
}

// short is a field for an identifier.
func short(f ui.Field) ui.Field {
	f.Width, f.Dir, f.Autocomplete, f.Optional = "medium", "ltr", "off", true
	return f
}

// rows are all answers, each with a link to change it.
func rows(ctx context.Context, d partner.Draft, group string) []ui.Row {
	a := d.Answers
	label := func(field string) string { return i18n.T(ctx, "partner.field."+field) }
	list := []ui.Row{
		{Label: label("type"), Value: i18n.T(ctx, "partner.type."+string(a.Type)), Change: change("type")},
		{Label: label("purpose"), Value: a.Purpose, Change: change("purpose")},
		{Label: label("organisation"), Value: a.Organisation, Change: change("organisation")},
		{Label: label("public_id"), Component: ui.Code(a.PublicID), Change: change("public_id")},
		{Label: label("address"), Value: a.Address, Change: change("address")},
		{Label: i18n.T(ctx, "register.check.name"), Value: strings.TrimSpace(a.FirstName + " " + a.LastName), Change: change("first_name")},
		{Label: label("email"), Component: ui.Code(a.Email), Change: change("email")},
		{Label: label("phone"), Component: ui.Code(a.Phone), Change: change("phone")},
	}
	if partner.UsesPolicies(a.Type) {
		list = append(list, ui.Row{Label: label("policy_group"), Value: group, Change: change("policy_group")})
	}
	return append(list,
		ui.Row{Label: label("lang"), Value: languageName(a.Lang), Change: change("lang")},
		ui.Row{Label: label("password"), Value: i18n.T(ctx, "register.check.password"), Change: change("password")},
		ui.Row{
			Label: label("consent"), Change: change("consent"),
			Value: i18n.T(ctx, "register.consent.agreed_on", "Date", i18n.Date(ctx, d.ConsentedAt), "Version", d.Terms),
		})
}

func receiptRows(ctx context.Context, r partner.Receipt) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "partner.field.organisation"), Value: r.Organisation},
		{Label: i18n.T(ctx, "partner.field.public_id"), Component: ui.Code(r.PublicID)},
		{Label: i18n.T(ctx, "partner.field.email"), Component: ui.Code(r.Email)},
		{Label: i18n.T(ctx, "register.sent.when"), Component: ui.Time(r.SentAt)},
	}
}
