package people

import (
	"context"

	"github.com/a-h/templ"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

var tagKinds = map[account.Status]string{account.Active: "good", account.Invited: "waiting", account.Deactivated: "neutral"}

func statusText(ctx context.Context, s account.Status) string {
	return i18n.T(ctx, "staff.status."+string(s))
}

// part is what somebody is among a partner's people.
func part(ctx context.Context, c account.Colleague) string {
	if c.Owner {
		return i18n.T(ctx, "people.owner")
	}
	return i18n.T(ctx, "people.member")
}

func table(ctx context.Context, p list.Page[account.Colleague]) ui.TableOf[account.Colleague] {
	return ui.TableOf[account.Colleague]{
		Page: p, Path: listURL, CSV: true, Caption: i18n.T(ctx, "people.title"),
		Columns: []ui.Column[account.Colleague]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(c account.Colleague) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(c.ID), Text: c.Name()})
			}, File: account.Colleague.Name},
			{
				Sort: "email", Label: i18n.T(ctx, "common.email"), Cell: func(c account.Colleague) templ.Component { return ui.Code(c.Email) },
				File: func(c account.Colleague) string { return c.Email },
			},
			{
				Label: i18n.T(ctx, "people.part"), Cell: func(c account.Colleague) templ.Component { return ui.Text(part(ctx, c)) },
				File: func(c account.Colleague) string { return part(ctx, c) },
			},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(c account.Colleague) templ.Component {
				return ui.Tag(tagKinds[c.Status], statusText(ctx, c.Status))
			}, File: func(c account.Colleague) string { return statusText(ctx, c.Status) }},
			{
				Sort: "signed_in", Label: i18n.T(ctx, "staff.last_sign_in"), Cell: lastSignIn,
				File: func(c account.Colleague) string { return export.Time(c.SignedInAt()) },
			},
		},
	}
}

func filters(ctx context.Context) []ui.FilterField {
	var statuses []ui.Option
	for _, s := range []account.Status{account.Active, account.Invited} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "people.search")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}

// full reports whether nobody else can be invited, as far as the page shows it.
func full(p list.Page[account.Colleague]) bool { return p.Total >= account.MaxPeople }

func languages(chosen string) []ui.Option {
	var options []ui.Option
	for _, l := range i18n.Languages {
		options = append(options, ui.Option{Value: l.Code, Text: l.Name, Selected: l.Code == chosen})
	}
	return options
}

func languageName(code string) string {
	for _, l := range i18n.Languages {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

func rows(ctx context.Context, c account.Colleague) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "common.email"), Component: ui.Code(c.Email)},
		{Label: i18n.T(ctx, "people.part"), Value: part(ctx, c), Note: partHelp(ctx, c)},
		{Label: i18n.T(ctx, "common.language"), Value: languageName(c.Lang)},
		{Label: i18n.T(ctx, "staff.last_sign_in"), Component: lastSignIn(c)},
		{Label: i18n.T(ctx, "common.created"), Component: ui.Time(c.CreatedAt)},
	}
}

func partHelp(ctx context.Context, c account.Colleague) string {
	if c.Owner {
		return i18n.T(ctx, "people.owner.help")
	}
	return i18n.T(ctx, "people.member.help")
}

// manages reports whether the reader may change something about somebody else.
func manages(ctx context.Context, c account.Colleague) bool {
	return page.May(ctx, authz.PeopleManage) && !c.Owner
}

func removeTitle(ctx context.Context, c removal) string {
	if c.Status == account.Invited {
		return i18n.T(ctx, "people.cancel.title", "Name", c.Name())
	}
	return i18n.T(ctx, "people.remove.title", "Name", c.Name())
}
