package policyrequest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/partner"
	"portal/internal/policyrequest"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// listView is the list as its reader sees it: a partner its own requests, an admin
// all of them.
type listView struct {
	Page   list.Page[policyrequest.Row]
	Groups []partner.Group // to filter by; admins only
	Today  time.Time
	Admin  bool
}

// list shows the requests. The exact id of one leads straight to its page.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := policyrequest.RequestList.Parse(r.URL.Query())
	v := listView{Today: h.requests.Today(), Admin: page.Actor(ctx).Scope().All}
	var err error
	if v.Page, err = h.requests.Requests(ctx, page.Actor(ctx).Scope(), q); err != nil {
		return err
	}
	if rid, err := id.Parse[id.PolicyRequest](q.Filter("q")); err == nil && len(v.Page.Items) == 1 {
		return page.Redirect(w, r, showURL(rid))
	}
	if v.Admin {
		if v.Groups, err = h.partners.Groups(ctx); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, listPage(v))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := policyrequest.RequestList.Parse(r.URL.Query())
	v := listView{Page: list.Page[policyrequest.Row]{Query: q}, Today: h.requests.Today(), Admin: page.Actor(ctx).Scope().All}
	return export.Send(w, r, export.File[policyrequest.Row]{
		Name: "policy-requests", Needs: authz.PolicyRequestRead, Rows: h.requests.Listing(page.Actor(ctx).Scope(), q), Columns: v.table(ctx).Columns,
	})
}

type (
	row    = policyrequest.Row
	column = ui.Column[row]
)

func (v listView) table(ctx context.Context) ui.TableOf[row] {
	t := ui.TableOf[row]{Page: v.Page, Path: listURL, CSV: true, Caption: i18n.T(ctx, "policy_request.caption")}
	if v.Admin {
		t.Empty = ui.Empty(i18n.T(ctx, "policy_request.queue.empty.title"), i18n.T(ctx, "policy_request.queue.empty.text"), nil)
		t.Columns = append(v.partnerColumns(ctx), v.policyColumn(ctx, nil), column{
			Sort: "group", Label: i18n.T(ctx, "partner.field.policy_group"), Cell: func(r row) templ.Component { return ui.Text(r.GroupName) },
			File: func(r row) string { return r.GroupName },
		})
	} else {
		browse := &ui.Link{Href: browseURL, Text: i18n.T(ctx, "policy_request.browse.link")}
		t.Empty = ui.Empty(i18n.T(ctx, "policy_request.own.empty.title"), i18n.T(ctx, "policy_request.own.empty.text"), browse)
		t.Columns = []column{v.policyColumn(ctx, func(r row) string { return showURL(r.ID) })}
	}
	t.Columns = append(t.Columns, v.commonColumns(ctx)...)
	if v.Admin {
		t.Columns = append(t.Columns, column{Label: i18n.T(ctx, "assignment.column"), File: func(r row) string { return r.TakenBy }},
			column{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions})
	}
	return t
}

// partnerColumns are for those who see more than one partner. The first names the
// row and lets an admin choose it.
func (v listView) partnerColumns(ctx context.Context) []column {
	return []column{
		{
			Sort: "partner", Label: i18n.T(ctx, "policy_request.partner"), Cell: chosenRow,
			File: func(r row) string { return r.Organisation },
		},
		{Label: i18n.T(ctx, "partner.field.public_id"), File: func(r row) string { return r.PublicID }},
	}
}

func (v listView) policyColumn(ctx context.Context, href func(row) string) column {
	return column{
		Sort: "policy", Label: i18n.T(ctx, "policy_request.policy"), File: func(r row) string { return r.PolicyName },
		Cell: func(r row) templ.Component {
			if href == nil {
				return ui.Text(r.PolicyName)
			}
			return ui.LinkTo(ui.Link{Href: href(r), Text: r.PolicyName})
		},
	}
}

func (v listView) commonColumns(ctx context.Context) []column {
	return []column{
		{
			Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r row) templ.Component { return rowTags(r, v) },
			File: func(r row) string { return rowStatus(ctx, r, v.Today).Text },
		},
		{
			Sort: "submitted", Label: i18n.T(ctx, "policy_request.submitted"), Cell: func(r row) templ.Component { return ui.Date(r.SubmittedAt) },
			File: func(r row) string { return export.Time(r.SubmittedAt) },
		},
		v.endsColumn(ctx),
		{Label: i18n.T(ctx, "export.id"), File: func(r row) string { return r.ID.String() }},
	}
}

// endsColumn is the last day of grants. An admin's screen shows it with the state.
func (v listView) endsColumn(ctx context.Context) column {
	c := column{Label: i18n.T(ctx, "policy_request.ends_on"), File: func(r row) string {
		if r.EndsOn == nil {
			return ""
		}
		return export.Day(*r.EndsOn)
	}}
	if !v.Admin {
		c.Sort, c.Cell = "ends", func(r row) templ.Component { return lastDay(r.EndsOn) }
	}
	return c
}

// rowLinks are the lines of a row's menu; what cannot be done now is absent.
func rowLinks(ctx context.Context, r row) []ui.Link {
	links := []ui.Link{{Href: showURL(r.ID), Text: i18n.T(ctx, "common.view")}}
	if !page.May(ctx, authz.PolicyRequestDecide) {
		return links
	}
	for _, d := range decisions {
		if d.from == r.Status && (!d.extension || r.Extension) {
			links = append(links, ui.Link{Href: doURL(r.ID, d.verb), Text: i18n.T(ctx, d.key("action"))})
		}
	}
	return links
}

// choosable reports whether a row can be decided on together with others.
func choosable(ctx context.Context, r row) bool {
	return r.Status == policyrequest.PendingApproval && page.May(ctx, authz.PolicyRequestDecide)
}

// anyChoosable reports whether the page has something to decide on.
func (v listView) anyChoosable(ctx context.Context) bool {
	for _, r := range v.Page.Items {
		if choosable(ctx, r) {
			return true
		}
	}
	return false
}

func (v listView) filters(ctx context.Context) []ui.FilterField {
	var statuses, groups, within []ui.Option
	for _, n := range []int{7, 30, 90} {
		within = append(within, ui.Option{Value: strconv.Itoa(n), Text: i18n.T(ctx, "policy_request.within.days", "Count", n)})
	}
	for _, s := range []policyrequest.Status{
		policyrequest.PendingApproval, policyrequest.ChangesRequested, policyrequest.Approved, policyrequest.Rejected, policyrequest.Withdrawn, policyrequest.Revoked,
	} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	statuses = append(statuses, ui.Option{Value: policyrequest.StatusExtension, Text: i18n.T(ctx, "policy_request.extension.tag")})
	fields := []ui.FilterField{
		{Name: "policy", Label: i18n.T(ctx, "policy_request.policy")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "within", Label: i18n.T(ctx, "policy_request.within"), Options: within},
	}
	if !v.Admin {
		return fields
	}
	for _, g := range v.Groups {
		groups = append(groups, ui.Option{Value: g.ID.String(), Text: g.Name})
	}
	return append([]ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "policy_request.search")},
		{Name: "partner", Label: i18n.T(ctx, "policy_request.partner.filter")},
		{Name: "group", Label: i18n.T(ctx, "partner.field.policy_group"), Options: groups},
		{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}},
	}, fields...)
}
