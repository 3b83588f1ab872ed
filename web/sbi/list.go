package sbi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// listView is the list as its reader sees it: a provider its own SBIs, an admin all
// that were sent.
type listView struct {
	Page  list.Page[sbi.Row]
	Today time.Time
	Admin bool
}

// list shows the SBIs. The exact id of one leads straight to its page.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := sbi.List.Parse(r.URL.Query())
	v := listView{Today: h.sbis.Today(), Admin: page.Actor(ctx).Scope().All}
	var err error
	if v.Page, err = h.sbis.SBIs(ctx, page.Actor(ctx).Scope(), q); err != nil {
		return err
	}
	if sid, err := id.Parse[id.SBI](q.Filter("q")); err == nil && len(v.Page.Items) == 1 {
		return page.Redirect(w, r, showURL(sid))
	}
	return page.Render(w, r, http.StatusOK, listPage(v))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := sbi.List.Parse(r.URL.Query())
	v := listView{Page: list.Page[sbi.Row]{Query: q}, Today: h.sbis.Today(), Admin: page.Actor(ctx).Scope().All}
	return export.Send(w, r, export.File[sbi.Row]{
		Name: "sbis", Needs: authz.SBIRead, Rows: h.sbis.Listing(page.Actor(ctx).Scope(), q), Columns: v.table(ctx).Columns,
	})
}

type (
	row    = sbi.Row
	column = ui.Column[row]
)

func (v listView) table(ctx context.Context) ui.TableOf[row] {
	t := ui.TableOf[row]{Page: v.Page, Path: listURL, CSV: true, Caption: i18n.T(ctx, "sbi.caption")}
	version := column{
		Sort: "version", Label: i18n.T(ctx, "sbi.field.sbi_version"), File: func(r row) string { return r.SBIVersion },
		Cell: func(r row) templ.Component { return ui.Text(r.SBIVersion) },
	}
	if v.Admin {
		t.Empty = ui.Empty(i18n.T(ctx, "sbi.list.empty.title"), i18n.T(ctx, "sbi.list.empty.text"), nil)
		t.Columns = append(v.providerColumns(ctx), version)
	} else {
		t.Empty = ui.Empty(i18n.T(ctx, "sbi.own.empty.title"), i18n.T(ctx, "sbi.own.empty.text"), &ui.Link{Href: listURL + "/new", Text: i18n.T(ctx, "sbi.new.link")})
		version.Cell = func(r row) templ.Component { return ui.LinkTo(ui.Link{Href: showURL(r.ID), Text: r.SBIVersion}) }
		t.Columns = []column{version}
	}
	t.Columns = append(t.Columns, v.commonColumns(ctx)...)
	if v.Admin {
		t.Columns = append(t.Columns, column{Label: i18n.T(ctx, "assignment.column"), File: func(r row) string { return r.TakenBy }},
			column{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions})
	}
	return t
}

// providerColumns are for those who see more than one provider. The first names the
// row.
func (v listView) providerColumns(ctx context.Context) []column {
	return []column{
		{
			Sort: "provider", Label: i18n.T(ctx, "sbi.provider"), File: func(r row) string { return r.Organisation },
			Cell: func(r row) templ.Component { return ui.LinkTo(ui.Link{Href: showURL(r.ID), Text: r.Organisation}) },
		},
		{Label: i18n.T(ctx, "partner.field.public_id"), File: func(r row) string { return r.PublicID }},
	}
}

func (v listView) commonColumns(ctx context.Context) []column {
	return []column{
		{
			Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r row) templ.Component { return rowTags(r, v) },
			File: func(r row) string { return decide.Tag(ctx, r.Status).Text },
		},
		{Label: i18n.T(ctx, "sbi.field.hash"), File: func(r row) string { return hexOf(r.Hash) }},
		{Label: i18n.T(ctx, "sbi.field.created_on"), File: func(r row) string { return export.Day(r.CreatedOn) }},
		{Sort: "expires", Label: i18n.T(ctx, "sbi.field.expires_on"), File: func(r row) string { return export.Day(r.ExpiresOn) }, Cell: func(r row) templ.Component { return expiry(r, v.Today) }},
		{
			Sort: "submitted", Label: i18n.T(ctx, "sbi.submitted"), Cell: func(r row) templ.Component { return sentOn(r.SubmittedAt) },
			File: func(r row) string {
				if r.SubmittedAt == nil {
					return ""
				}
				return export.Time(*r.SubmittedAt)
			},
		},
		{Label: i18n.T(ctx, "sbi.devices"), Cell: func(r row) templ.Component { return ui.Text(devicesText(ctx, r)) }},
		{Label: i18n.T(ctx, "sbi.devices.approved"), File: func(r row) string { return countText(r.DevicesApproved) }},
		{Label: i18n.T(ctx, "sbi.devices.pending"), File: func(r row) string { return countText(r.DevicesPending) }},
		{Label: i18n.T(ctx, "export.id"), File: func(r row) string { return r.ID.String() }},
	}
}

// countText is a number of devices, "1000+" beyond what is counted.
func countText(n int) string {
	if n > sbi.MaxCount {
		return strconv.Itoa(sbi.MaxCount) + "+"
	}
	return strconv.Itoa(n)
}

func devicesText(ctx context.Context, r row) string {
	return i18n.T(ctx, "sbi.devices.cell", "Approved", countText(r.DevicesApproved), "Pending", countText(r.DevicesPending))
}

func (v listView) filters(ctx context.Context) []ui.FilterField {
	var statuses, within []ui.Option
	for _, n := range []int{7, 30, 90} {
		within = append(within, ui.Option{Value: strconv.Itoa(n), Text: i18n.T(ctx, "sbi.within.days", "Count", n)})
	}
	for _, s := range []approval.Status{
		approval.Draft, approval.PendingApproval, approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn, approval.Deactivated,
	} {
		if s != approval.Draft || !v.Admin {
			statuses = append(statuses, ui.Option{Value: string(s), Text: decide.Tag(ctx, s).Text})
		}
	}
	fields := []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "sbi.search")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "within", Label: i18n.T(ctx, "sbi.within"), Options: within},
		{Name: "expired", Label: i18n.T(ctx, "sbi.expired.filter"), Options: []ui.Option{
			{Value: "no", Text: i18n.T(ctx, "sbi.expired.no")}, {Value: "yes", Text: i18n.T(ctx, "sbi.expired.yes")},
		}},
	}
	if !v.Admin {
		return fields
	}
	return append(fields, ui.FilterField{Name: "provider", Label: i18n.T(ctx, "sbi.provider")}, ui.FilterField{
		Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		},
	})
}
