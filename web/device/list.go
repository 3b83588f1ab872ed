package device

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/list"
	"portal/web/decide"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// listView is the list as its reader sees it: a provider its own devices, an admin
// all of them.
type listView struct {
	Page  list.Page[device.Row]
	Types devicetype.Types
	Today time.Time
	Admin bool
}

func (h handlers) listView(ctx context.Context, q list.Query) (v listView, err error) {
	v = listView{Page: list.Page[device.Row]{Query: q}, Today: h.devices.Today(), Admin: page.Actor(ctx).Scope().All}
	v.Types, err = h.types.All(ctx)
	return v, err
}

// list shows the devices. The exact id of one leads straight to its page.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := device.List.Parse(r.URL.Query())
	v, err := h.listView(ctx, q)
	if err != nil {
		return err
	}
	if v.Page, err = h.devices.Rows(ctx, page.Actor(ctx).Scope(), q); err != nil {
		return err
	}
	if did, err := id.Parse[id.Device](q.Filter("q")); err == nil && len(v.Page.Items) == 1 {
		return page.Redirect(w, r, showURL(did))
	}
	return page.Render(w, r, http.StatusOK, listPage(v))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := device.List.Parse(r.URL.Query())
	v, err := h.listView(ctx, q)
	if err != nil {
		return err
	}
	return export.Send(w, r, export.File[device.Row]{
		Name: "devices", Needs: authz.DeviceRead, Rows: h.devices.Listing(page.Actor(ctx).Scope(), q), Columns: v.table(ctx).Columns,
	})
}

type (
	row    = device.Row
	column = ui.Column[row]
)

func (v listView) table(ctx context.Context) ui.TableOf[row] {
	t := ui.TableOf[row]{Page: v.Page, Path: listURL, CSV: true, Caption: i18n.T(ctx, "device.caption")}
	t.Columns = v.modelColumns(ctx)
	if v.Admin {
		t.Empty = ui.Empty(i18n.T(ctx, "device.queue.empty.title"), i18n.T(ctx, "device.queue.empty.text"), nil)
		t.Columns = append(t.Columns, providerColumns(ctx)...)
	} else {
		t.Empty = ui.Empty(i18n.T(ctx, "device.own.empty.title"), i18n.T(ctx, "device.own.empty.text"), &ui.Link{Href: newURL, Text: i18n.T(ctx, "device.new.link")})
	}
	t.Columns = append(t.Columns, v.commonColumns(ctx)...)
	if v.Admin {
		t.Columns = append(t.Columns, column{Label: i18n.T(ctx, "assignment.column"), File: func(r row) string { return r.TakenBy }},
			column{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions})
	}
	return t
}

// modelColumns name a row: make and model together on the screen, each for itself in
// the file, with the codes that a file of devices has.
func (v listView) modelColumns(ctx context.Context) []column {
	code := func(r row) (string, string) {
		t, s, _ := v.Types.ByID(r.TypeID, r.SubTypeID)
		return t.Code, s.Code
	}
	return []column{
		{Sort: "model", Label: i18n.T(ctx, "device.model"), Cell: func(r row) templ.Component { return modelCell(v, r) }},
		{Label: i18n.T(ctx, "device.file.type"), File: func(r row) string { t, _ := code(r); return t }},
		{Label: i18n.T(ctx, "device.file.sub_type"), File: func(r row) string { _, s := code(r); return s }},
		{Label: i18n.T(ctx, "device.field.make"), File: func(r row) string { return r.Make }},
		{Label: i18n.T(ctx, "device.field.model"), File: func(r row) string { return r.Model }},
		{
			Label: i18n.T(ctx, "device.field.device_type"), Cell: func(r row) templ.Component { return ui.Text(typeText(ctx, v.Types, r.TypeID, r.SubTypeID)) },
		},
	}
}

// providerColumns are for those who see more than one provider.
func providerColumns(ctx context.Context) []column {
	return []column{
		{
			Sort: "provider", Label: i18n.T(ctx, "device.provider"), Cell: func(r row) templ.Component { return ui.Text(r.Organisation) },
			File: func(r row) string { return r.Organisation },
		},
		{Label: i18n.T(ctx, "partner.field.public_id"), File: func(r row) string { return r.PublicID }},
	}
}

func (v listView) commonColumns(ctx context.Context) []column {
	return []column{
		{
			Label: i18n.T(ctx, "device.field.sbi"), Cell: func(r row) templ.Component { return ui.LinkTo(ui.Link{Href: sbiURL(r.SBIID), Text: r.SBIVersion}) },
			File: func(r row) string { return r.SBIVersion },
		},
		{
			Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(r row) templ.Component { return rowTags(r, v) },
			File: func(r row) string { return decide.Tag(ctx, r.Status).Text },
		},
		{Label: i18n.T(ctx, "device.counts"), File: func(r row) string { return export.YesNo(ctx, r.Counts(v.Today)) }},
		{
			Sort: "submitted", Label: i18n.T(ctx, "device.submitted"), Cell: func(r row) templ.Component { return ui.Date(r.SubmittedAt) },
			File: func(r row) string { return export.Time(r.SubmittedAt) },
		},
		{Label: i18n.T(ctx, "device.approved_on"), File: func(r row) string { return export.Moment(r.ApprovedAt) }},
		{Label: i18n.T(ctx, "export.id"), File: func(r row) string { return r.ID.String() }},
	}
}

// typeText is a type with its sub-type in the reader's language.
func typeText(ctx context.Context, types devicetype.Types, tid id.DeviceType, sid id.DeviceSubType) string {
	t, s, ok := types.ByID(tid, sid)
	if !ok {
		return ""
	}
	return kindText(ctx, t, s)
}

func kindText(ctx context.Context, t devicetype.Type, s devicetype.SubType) string {
	return i18n.T(ctx, "device.type_of", "Type", t.Label.In(i18n.Lang(ctx)), "SubType", s.Label.In(i18n.Lang(ctx)))
}

// rowLinks are the lines of a row's menu; what cannot be done now is absent.
func rowLinks(ctx context.Context, r row) []ui.Link {
	return kind.Actions(ctx, approval.Item{ID: r.ID.UUID, Status: r.Status})
}

// choosable reports whether a row can be decided on together with others.
func choosable(ctx context.Context, r row) bool {
	return r.Status == approval.PendingApproval && page.May(ctx, authz.DeviceDecide)
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

// oneSBI is the SBI that all rows of the page are for, when the list is of one SBI
// alone and something waits: all that waits of it can be decided on at once.
func (v listView) oneSBI(ctx context.Context) (sid id.SBI, version string, ok bool) {
	sid, err := id.Parse[id.SBI](v.Page.Query.Filter("sbi"))
	if err != nil || !v.anyChoosable(ctx) {
		return sid, "", false
	}
	return sid, v.Page.Items[0].SBIVersion, true
}

func (v listView) filters(ctx context.Context) []ui.FilterField {
	var statuses, kinds, subs []ui.Option
	for _, s := range []approval.Status{
		approval.PendingApproval, approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn, approval.Deactivated,
	} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: decide.Tag(ctx, s).Text})
	}
	for _, t := range v.Types {
		kinds = append(kinds, ui.Option{Value: t.Code, Text: t.Label.In(i18n.Lang(ctx))})
		for _, s := range t.SubTypes {
			subs = append(subs, ui.Option{Value: t.Code + "/" + s.Code, Text: kindText(ctx, t, s)})
		}
	}
	fields := []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "device.model")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "type", Label: i18n.T(ctx, "device.filter.type"), Options: kinds},
		{Name: "sub_type", Label: i18n.T(ctx, "device.filter.sub_type"), Options: subs},
		{Name: "make", Label: i18n.T(ctx, "device.field.make")},
		{Name: "model", Label: i18n.T(ctx, "device.field.model")},
		{Name: "sbi", Label: i18n.T(ctx, "device.filter.sbi")},
	}
	if !v.Admin {
		return fields
	}
	return append(fields, ui.FilterField{Name: "provider", Label: i18n.T(ctx, "device.filter.provider")},
		ui.FilterField{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}})
}
