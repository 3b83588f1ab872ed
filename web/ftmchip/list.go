package ftmchip

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/list"
	"portal/web/certwords"
	"portal/web/decide"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

type (
	row    = ftmchip.Row
	column = ui.Column[row]
)

// listView is the list as its reader sees it: a provider its own chips, an admin all
// of them.
type listView struct {
	Page  list.Page[row]
	Admin bool
}

// list shows the chips. The exact id of one leads straight to its page.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := ftmchip.List.Parse(r.URL.Query())
	rows, err := h.chips.Listing(page.Actor(ctx).Scope(), q).Page(ctx)
	if err != nil {
		return err
	}
	if cid, err := id.Parse[id.FTMChip](q.Filter("q")); err == nil && len(rows.Items) == 1 {
		return page.Redirect(w, r, showURL(cid))
	}
	return page.Render(w, r, http.StatusOK, listPage(listView{Page: rows, Admin: page.Actor(ctx).Scope().All}))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := ftmchip.List.Parse(r.URL.Query())
	v := listView{Page: list.Page[row]{Query: q}, Admin: page.Actor(ctx).Scope().All}
	return export.Send(w, r, export.File[row]{
		Name: "ftm-chips", Needs: authz.FTMChipRead, Rows: h.chips.Listing(page.Actor(ctx).Scope(), q), Columns: v.table(ctx).Columns,
	})
}

func (v listView) table(ctx context.Context) ui.TableOf[row] {
	t := ui.TableOf[row]{Page: v.Page, Path: listURL, CSV: true, Caption: i18n.T(ctx, "ftm_chip.caption")}
	if v.Admin {
		t.Empty = ui.Empty(i18n.T(ctx, "ftm_chip.queue.empty.title"), i18n.T(ctx, "ftm_chip.queue.empty.text"), nil)
	} else {
		t.Empty = ui.Empty(i18n.T(ctx, "ftm_chip.own.empty.title"), i18n.T(ctx, "ftm_chip.own.empty.text"),
			&ui.Link{Href: newURL, Text: i18n.T(ctx, "ftm_chip.register")})
	}
	t.Columns = append(v.nameColumns(ctx), v.commonColumns(ctx)...)
	if v.Admin {
		t.Columns = append(t.Columns, column{Label: i18n.T(ctx, "assignment.column"), File: func(r row) string { return r.TakenBy }})
	}
	t.Columns = append(t.Columns, column{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions})
	return t
}

// nameColumns say which chip a row is; the first leads to its page and lets an admin
// choose the row. In a file make and model stand apart.
func (v listView) nameColumns(ctx context.Context) []column {
	columns := []column{
		{Sort: "name", Label: i18n.T(ctx, "ftm_chip.name"), Cell: chosenRow},
		{Label: i18n.T(ctx, "ftm_chip.field.make"), File: func(r row) string { return r.Make }},
		{Label: i18n.T(ctx, "ftm_chip.field.model"), File: func(r row) string { return r.Model }},
	}
	if v.Admin {
		columns = append(columns, column{
			Sort: "provider", Label: i18n.T(ctx, "ftm_chip.provider"), Cell: func(r row) templ.Component { return ui.Text(r.Organisation) },
			File: func(r row) string { return r.Organisation },
		}, column{Label: i18n.T(ctx, "partner.field.public_id"), File: func(r row) string { return r.PublicID }})
	}
	return columns
}

func (v listView) commonColumns(ctx context.Context) []column {
	uploaded := column{Label: i18n.T(ctx, "ftm_chip.uploaded"), File: func(r row) string { return moment(r.UploadedAt) }}
	if !v.Admin { // whose screen has the provider in its place
		uploaded.Sort, uploaded.Cell = "uploaded", func(r row) templ.Component { return date(r.UploadedAt) }
	}
	return []column{
		{
			Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r row) templ.Component { return rowTags(r, v) },
			File: func(r row) string { return rowStatus(ctx, r).Text },
		},
		{
			Sort: "ends", Label: i18n.T(ctx, "ftm_chip.ends"), Cell: func(r row) templ.Component { return ends(r.NotAfter) },
			File: func(r row) string { return moment(r.NotAfter) },
		},
		uploaded,
		{Label: i18n.T(ctx, "ftm_chip.submitted"), File: func(r row) string { return moment(r.SubmittedAt) }},
		{Label: i18n.T(ctx, "export.id"), File: func(r row) string { return r.ID.String() }},
	}
}

// moment is one that may be missing, for a file.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return export.Time(*t)
}

// rowLinks are the lines of a row's menu; what cannot be done now is absent.
func rowLinks(ctx context.Context, r row) []ui.Link {
	links := kind.Actions(ctx, approval.Item{ID: r.ID.UUID, Status: r.Status})
	if r.New && page.May(ctx, authz.FTMChipDecide) {
		for _, d := range renewals {
			if d.needs == authz.FTMChipDecide {
				links = append(links, ui.Link{Href: doURL(r.ID, d.verb), Text: i18n.T(ctx, d.key("action"))})
			}
		}
	}
	return links
}

// choosable reports whether a row can be decided on together with others.
func choosable(ctx context.Context, r row) bool {
	return r.Status == approval.PendingApproval && page.May(ctx, authz.FTMChipDecide)
}

// anyChoosable reports whether the page has something to decide on.
func (v listView) anyChoosable(ctx context.Context) bool {
	return slices.ContainsFunc(v.Page.Items, func(r row) bool { return choosable(ctx, r) })
}

func (v listView) filters(ctx context.Context) []ui.FilterField {
	var statuses []ui.Option
	for _, s := range []approval.Status{
		approval.PendingCertificate, approval.PendingApproval, approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn, approval.Deactivated,
	} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: decide.Tag(ctx, s).Text})
	}
	statuses = append(statuses, ui.Option{Value: ftmchip.StatusNewCertificate, Text: i18n.T(ctx, "ftm_chip.new_certificate")})
	fields := []ui.FilterField{
		{Name: "make", Label: i18n.T(ctx, "ftm_chip.field.make")},
		{Name: "model", Label: i18n.T(ctx, "ftm_chip.field.model")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "within", Label: i18n.T(ctx, "ftm_chip.ends_within"), Options: certwords.WithinOptions(ctx)},
		{Name: "expired", Label: i18n.T(ctx, "ftm_chip.expired"), Options: []ui.Option{{Value: ftmchip.Yes, Text: i18n.T(ctx, "ftm_chip.expired.yes")}}},
	}
	if !v.Admin {
		return fields
	}
	return append([]ui.FilterField{
		{Name: "provider", Label: i18n.T(ctx, "ftm_chip.provider.filter")},
		{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}},
	}, fields...)
}
