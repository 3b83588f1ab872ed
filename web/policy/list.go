package policy

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := policy.PolicyList.Parse(r.URL.Query())
	rows, err := h.policies.Policies(r.Context(), h.kind, q)
	if err != nil {
		return err
	}
	groups, err := h.groupFilter(r.Context(), q.Filter("group"))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(listing{h.kind, rows, groups, h.policies.Eyes(), h.policies.Today()}))
}

// listing is the list with what its filters and menus need.
type listing struct {
	kind   policy.Kind
	rows   list.Page[policy.Row]
	groups []ui.Option
	eyes   policy.Eyes
	today  time.Time
}

// groupFilter are the groups to choose from: the active ones, and the chosen
// one if it is not.
func (h handlers) groupFilter(ctx context.Context, chosen string) ([]ui.Option, error) {
	groups, err := h.policies.ActiveGroups(ctx)
	if err != nil {
		return nil, err
	}
	options := []ui.Option{}
	for _, g := range groups {
		options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name})
	}
	gid, err := id.Parse[id.PolicyGroup](chosen)
	if err != nil || slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == chosen }) {
		return options, nil
	}
	switch g, err := h.policies.Group(ctx, gid); {
	case err == nil:
		return append(options, ui.Option{Value: chosen, Text: i18n.T(ctx, "policy.group.deactivated", "Name", g.Name)}), nil
	case errors.Is(err, problem.ErrNotFound):
		return options, nil
	default:
		return nil, err
	}
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := policy.PolicyList.Parse(r.URL.Query())
	l := listing{kind: h.kind, rows: list.Page[policy.Row]{Query: q}}
	return export.Send(w, r, export.File[policy.Row]{
		Name: strings.TrimPrefix(policywords.ListURL(h.kind), "/"), Needs: authz.PolicyRead,
		Rows: h.policies.Listing(h.kind, q), Columns: table(r.Context(), l).Columns,
	})
}

func table(ctx context.Context, l listing) ui.TableOf[policy.Row] {
	k := l.kind
	return ui.TableOf[policy.Row]{
		Page: l.rows, Path: policywords.ListURL(k), CSV: true, Caption: i18n.T(ctx, policywords.Word(k, "caption")),
		Empty: emptyList(k),
		Columns: []ui.Column[policy.Row]{
			{Sort: "name", Label: i18n.T(ctx, "common.name"), Cell: func(r policy.Row) templ.Component {
				return ui.LinkTo(ui.Link{Href: policywords.URL(k, r.ID), Text: r.Name})
			}, File: func(r policy.Row) string { return r.Name }},
			{
				Sort: "description", Label: i18n.T(ctx, "common.description"), Cell: func(r policy.Row) templ.Component { return ui.Text(r.Description) },
				File: func(r policy.Row) string { return r.Description },
			},
			{
				Sort: "group", Label: i18n.T(ctx, "policy.group"), Cell: func(r policy.Row) templ.Component { return ui.Text(r.GroupName) },
				File: func(r policy.Row) string { return r.GroupName },
			},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r policy.Row) templ.Component {
				return rowStatus(r, l.today)
			}, File: func(r policy.Row) string { return policywords.StatusText(ctx, r.Status) }},
			{Label: policywords.StatusText(ctx, policy.StatusWaiting), File: func(r policy.Row) string { return export.YesNo(ctx, r.Waiting) }},
			{Label: i18n.T(ctx, "policy_review.review_on"), File: func(r policy.Row) string { return export.Day(r.ReviewOn) }},
			{
				Sort: "created", Label: i18n.T(ctx, "common.created"), Cell: func(r policy.Row) templ.Component { return ui.Date(r.CreatedAt) },
				File: func(r policy.Row) string { return export.Time(r.CreatedAt) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(r policy.Row) string { return r.ID.String() }},
			{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: func(r policy.Row) templ.Component { return rowActions(l, r) }},
		},
	}
}

// rowLinks are the lines of a row's menu. What cannot be done now is absent;
// the policy's own page says why. By risk, only the page that shows the picture
// knows whether one person may go ahead alone.
func rowLinks(ctx context.Context, l listing, r policy.Row) []ui.Link {
	may := abilities(ctx, r.Status, r.Waiting, r.WaitingErrors)
	me, groupOn := page.Actor(ctx).User, r.GroupStatus == policy.GroupActive
	own := l.eyes == policy.EyesAlways && (r.WaitingAuthor == me || r.WaitingEditor == me)
	may.Activate, may.Reactivate = may.Activate && groupOn && !own, may.Reactivate && groupOn
	var links []ui.Link
	for _, a := range []struct {
		may       bool
		verb, key string
	}{
		{may.Edit, "edit", "common.edit"},
		{may.Activate, "activate", "common.activate"},
		{may.Deactivate, "deactivate", "common.deactivate"},
		{may.Reactivate, "reactivate", "common.reactivate"},
		{may.Discard, "discard", "policy_version.discard"},
	} {
		if a.may {
			links = append(links, ui.Link{Href: policywords.DoURL(l.kind, r.ID, a.verb), Text: i18n.T(ctx, a.key)})
		}
	}
	if may.Clone {
		links = append(links, ui.Link{Href: cloneURL(l.kind, r.ID, r.Newest), Text: i18n.T(ctx, "policy_version.clone")})
	}
	return links
}

func filters(ctx context.Context, groups []ui.Option) []ui.FilterField {
	statuses := []ui.Option{}
	for _, s := range []policy.Status{policy.Inactive, policy.Active, policy.Deactivated, policy.StatusWaiting, policy.Discarded} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: policywords.StatusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "name", Label: i18n.T(ctx, "common.name")},
		{Name: "description", Label: i18n.T(ctx, "common.description")},
		{Name: "group", Label: i18n.T(ctx, "policy.group"), Options: groups},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}
