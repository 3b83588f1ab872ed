package organisation

import (
	"context"

	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// label names an answer.
func label(ctx context.Context, field string) string { return i18n.T(ctx, "partner.field."+field) }

var tagKinds = map[organisation.ChangeStatus]string{
	organisation.Unproved: "warn", organisation.Pending: "waiting", organisation.Approved: "good",
	organisation.Rejected: "bad", organisation.Withdrawn: "neutral",
}

func statusText(ctx context.Context, s organisation.ChangeStatus) string {
	return i18n.T(ctx, "organisation.status."+string(s))
}

func kindText(ctx context.Context, k organisation.Kind) string {
	return i18n.T(ctx, "organisation.kind."+string(k))
}

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

// kinds are what a contact can be for; a blank row has none chosen.
func kinds(ctx context.Context, chosen organisation.Kind) []ui.Option {
	options := []ui.Option{{Text: i18n.T(ctx, "organisation.contact.choose"), Selected: chosen == ""}}
	for _, k := range organisation.Kinds {
		options = append(options, ui.Option{Value: string(k), Text: kindText(ctx, k), Selected: k == chosen})
	}
	return options
}

// link leads the owner to where a fact is changed.
func link(ctx context.Context, href string) *ui.Link {
	if !page.May(ctx, authz.OrganisationEdit) {
		return nil
	}
	return &ui.Link{Href: href}
}

// decidedOn is the link to ask for a change that a Partner Admin decides; none
// while one waits.
func decidedOn(ctx context.Context, p organisation.Profile, field organisation.Field, href string) *ui.Link {
	l := link(ctx, href)
	if l == nil || p.Open(field) != nil {
		return nil
	}
	l.Text = i18n.T(ctx, "organisation.ask")
	return l
}

// rows is what the organisation says of itself.
func rows(ctx context.Context, p organisation.Profile) []ui.Row {
	out := []ui.Row{
		{Label: label(ctx, "organisation"), Value: p.Organisation, Change: decidedOn(ctx, p, organisation.Name, nameURL)},
		{Label: label(ctx, "public_id"), Component: ui.Code(p.PublicID)},
		{Label: label(ctx, "type"), Value: i18n.T(ctx, "partner.type."+string(p.Type))},
	}
	if !id.IsZero(p.PolicyGroupID) {
		out = append(out, ui.Row{Label: label(ctx, "policy_group"), Value: p.PolicyGroup})
	}
	return append(out,
		ui.Row{Label: label(ctx, "purpose"), Value: p.Purpose, Note: i18n.T(ctx, "organisation.purpose.help")},
		ui.Row{Label: label(ctx, "address"), Value: p.Address, Change: link(ctx, editURL)},
		ui.Row{Label: label(ctx, "lang"), Value: languageName(p.Lang), Change: link(ctx, editURL)},
		ui.Row{Label: i18n.T(ctx, "people.owner"), Value: p.FirstName + " " + p.LastName},
		ui.Row{Label: label(ctx, "email"), Component: ui.Code(p.Email), Change: decidedOn(ctx, p, organisation.Address, emailURL)},
		ui.Row{Label: label(ctx, "phone"), Component: ui.Code(p.Phone), Change: link(ctx, editURL)},
	)
}

// former are the changes that were decided or taken back.
func former(p organisation.Profile) []organisation.Change {
	var out []organisation.Change
	for _, c := range p.Changes {
		if !c.Open() {
			out = append(out, c)
		}
	}
	return out
}

func changeTitle(ctx context.Context, field organisation.Field) string {
	if field == organisation.Address {
		return i18n.T(ctx, "organisation.email.title")
	}
	return i18n.T(ctx, "organisation.name.title")
}

// lead says what asking for a change leads to.
func lead(ctx context.Context, field organisation.Field) string {
	if field == organisation.Address {
		return i18n.T(ctx, "organisation.email.lead")
	}
	return i18n.T(ctx, "organisation.name.lead")
}

// input is the question for the new value.
func (f changeForm) input(ctx context.Context) ui.Field {
	q := ui.Field{Name: string(f.Field), Value: f.Value, Error: f.Errors.For(string(f.Field))}
	if f.Field == organisation.Address {
		q.Label, q.Hint = i18n.T(ctx, "organisation.email.new"), i18n.T(ctx, "organisation.email.hint", "Email", f.Email)
		q.Type, q.InputMode, q.Autocomplete = "email", "email", "email"
		return q
	}
	q.Label, q.Hint = i18n.T(ctx, "organisation.name.new"), i18n.T(ctx, "organisation.name.hint", "Name", f.Organisation)
	q.Autocomplete, q.Spellcheck = "organization", true
	return q
}

// action is where the form is sent.
func (f changeForm) action() string {
	if f.Field == organisation.Address {
		return emailURL
	}
	return nameURL
}

// spent says why a code cannot be used any more.
func spent(ctx context.Context, o challenge.Outcome) string {
	if o == challenge.UsedUp {
		return i18n.T(ctx, "organisation.email.used_up")
	}
	return i18n.T(ctx, "organisation.email.expired")
}

// contactField is one input of the row number i.
func (f contactsForm) contactField(ctx context.Context, i int, part, value string) ui.Field {
	name := organisation.ContactField(i, part)
	q := ui.Field{Name: name, Label: i18n.T(ctx, "organisation.contact."+part), Value: value, Error: f.Errors.For(name), Autocomplete: "off"}
	switch part {
	case "email":
		q.Type, q.InputMode = "email", "email"
	case "phone":
		q.Type, q.Optional, q.Width = "tel", true, "medium"
	}
	return q
}
