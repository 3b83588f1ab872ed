package staff

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/list"
	"portal/web/confirm"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/ui"
)

var tagKinds = map[account.Status]string{account.Active: "good", account.Invited: "waiting", account.Deactivated: "neutral"}

func statusText(ctx context.Context, s account.Status) string {
	return i18n.T(ctx, "staff.status."+string(s))
}

func roleText(ctx context.Context, role string) string { return i18n.T(ctx, "common.role."+role) }

// roleList is the roles for a cell of a file.
func roleList(ctx context.Context, roles []string) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = roleText(ctx, r)
	}
	return strings.Join(words, "; ")
}

func table(ctx context.Context, p list.Page[account.Member]) ui.TableOf[account.Member] {
	return ui.TableOf[account.Member]{
		Page: p, Path: listURL, CSV: true, Caption: i18n.T(ctx, "staff.title"),
		Columns: []ui.Column[account.Member]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(m account.Member) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(m.ID), Text: m.Name()})
			}, File: func(m account.Member) string { return m.Name() }},
			{
				Sort: "email", Label: i18n.T(ctx, "common.email"), Cell: func(m account.Member) templ.Component { return ui.Code(m.Email) },
				File: func(m account.Member) string { return m.Email },
			},
			{
				Label: i18n.T(ctx, "staff.roles"), Cell: func(m account.Member) templ.Component { return roleLines(m.Roles) },
				File: func(m account.Member) string { return roleList(ctx, m.Roles) },
			},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(m account.Member) templ.Component {
				return ui.Tag(tagKinds[m.Status], statusText(ctx, m.Status))
			}, File: func(m account.Member) string { return statusText(ctx, m.Status) }},
			{
				Sort: "signed_in", Label: i18n.T(ctx, "staff.last_sign_in"), Cell: func(m account.Member) templ.Component { return lastSignIn(m) },
				File: func(m account.Member) string { return export.Time(m.SignedInAt()) },
			},
			{Label: i18n.T(ctx, "common.created"), File: func(m account.Member) string { return export.Time(m.CreatedAt) }},
			{Label: i18n.T(ctx, "export.id"), File: func(m account.Member) string { return m.ID.String() }},
		},
	}
}

func filters(ctx context.Context) []ui.FilterField {
	var roles, statuses []ui.Option
	for _, r := range authz.StaffRoles {
		roles = append(roles, ui.Option{Value: string(r), Text: roleText(ctx, string(r))})
	}
	for _, s := range []account.Status{account.Active, account.Invited, account.Deactivated} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "staff.search")},
		{Name: "role", Label: i18n.T(ctx, "common.role"), Options: roles},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}

// roleOptions are the boxes for what somebody may do, each with a sentence.
func roleOptions(ctx context.Context, chosen []authz.Role) []ui.Option {
	var options []ui.Option
	for _, r := range authz.StaffRoles {
		options = append(options, ui.Option{
			Value: string(r), Text: roleText(ctx, string(r)),
			Hint: i18n.T(ctx, "staff.role_hint."+string(r)), Selected: slices.Contains(chosen, r),
		})
	}
	return options
}

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

func rows(ctx context.Context, m account.Member, own bool) []ui.Row {
	roles := ui.Row{Label: i18n.T(ctx, "staff.roles"), Component: roleLines(m.Roles)}
	if !own && m.Status != account.Deactivated {
		roles.Change = &ui.Link{Href: doURL(m.ID, "edit")}
	}
	return []ui.Row{
		{Label: i18n.T(ctx, "common.email"), Component: ui.Code(m.Email)},
		roles,
		{Label: i18n.T(ctx, "common.language"), Value: languageName(m.Lang)},
		{Label: i18n.T(ctx, "second_factor.title"), Value: confirm.State(ctx, m.SecondFactor)},
		{Label: i18n.T(ctx, "staff.last_sign_in"), Component: lastSignIn(m)},
		{Label: i18n.T(ctx, "common.created"), Component: ui.Time(m.CreatedAt)},
	}
}
