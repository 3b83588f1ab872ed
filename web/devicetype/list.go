package devicetype

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/devicetype"
	"portal/internal/list"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	rows, err := h.types.Page(ctx, devicetype.ListIn(i18n.Lang(ctx)).Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	all, err := h.types.All(ctx)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(rows, all))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := devicetype.ListIn(i18n.Lang(r.Context())).Parse(r.URL.Query())
	return export.Send(w, r, export.File[devicetype.Entry]{
		Name: "device-types", Needs: authz.DeviceTypeManage, Rows: h.types.Listing(q),
		Columns: table(r.Context(), list.Page[devicetype.Entry]{Query: q}).Columns,
	})
}

func table(ctx context.Context, rows list.Page[devicetype.Entry]) ui.TableOf[devicetype.Entry] {
	lang := i18n.Lang(ctx)
	return ui.TableOf[devicetype.Entry]{
		Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "device_type.caption"), Empty: emptyList(),
		Columns: []ui.Column[devicetype.Entry]{
			{
				Sort: "type", Label: i18n.T(ctx, "device_type.type"), Cell: typeLink,
				File: func(e devicetype.Entry) string { return e.Label().In(lang) },
			},
			{Label: i18n.T(ctx, "device_type.type_code"), File: func(e devicetype.Entry) string { return e.Code }},
			{
				Sort: "sub_type", Label: i18n.T(ctx, "device_type.sub_type"), Cell: subTypeCell,
				File: func(e devicetype.Entry) string { return e.SubLabel().In(lang) },
			},
			{Label: i18n.T(ctx, "device_type.sub_type_code"), Cell: subTypeCode, File: func(e devicetype.Entry) string { return e.SubCode }},
			{
				Sort: "devices", Label: i18n.T(ctx, "device_type.devices"), Numeric: true, Cell: func(e devicetype.Entry) templ.Component { return number(e.Devices) },
				File: func(e devicetype.Entry) string { return strconv.Itoa(e.Devices) },
			},
			{
				Label: i18n.T(ctx, "common.status"), Cell: func(e devicetype.Entry) templ.Component { return statusTag(e.Usable(), e.SubTypeID == nil) },
				File: func(e devicetype.Entry) string { return statusText(ctx, e.Usable(), e.SubTypeID == nil) },
			},
			{Label: i18n.T(ctx, "export.id"), File: subTypeID},
			{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions},
		},
	}
}

// subTypeID is the identifier of a line's sub-type, "" if it has none.
func subTypeID(e devicetype.Entry) string {
	if e.SubTypeID == nil {
		return ""
	}
	return e.SubTypeID.String()
}

// statusText says whether new devices may be of a kind.
func statusText(ctx context.Context, usable, empty bool) string {
	switch {
	case empty:
		return i18n.T(ctx, "device_type.no_sub_types")
	case usable:
		return i18n.T(ctx, "device_type.in_use")
	}
	return i18n.T(ctx, "device_type.retired")
}

func filters(ctx context.Context, all devicetype.Types) []ui.FilterField {
	types := []ui.Option{}
	for _, t := range all {
		types = append(types, ui.Option{Value: t.Code, Text: t.Label.In(i18n.Lang(ctx))})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "device_type.code_or_label")},
		{Name: "type", Label: i18n.T(ctx, "device_type.type"), Options: types},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: []ui.Option{
			{Value: devicetype.StatusUsable, Text: i18n.T(ctx, "device_type.in_use")},
			{Value: devicetype.StatusRetired, Text: i18n.T(ctx, "device_type.retired")},
		}},
	}
}

// subOf is a line's sub-type, for the links that lead to it; of a type without
// any, the type.
func subOf(e devicetype.Entry) subject {
	t := devicetype.Type{ID: e.TypeID, Code: e.Code, Label: e.Label(), RetiredSince: e.RetiredSince, Version: e.Version}
	s := subject{Type: &t}
	if e.SubTypeID != nil {
		s.OfSub, s.Sub = true, &devicetype.SubType{ID: *e.SubTypeID, Code: e.SubCode, Label: e.SubLabel(), RetiredSince: e.SubRetiredSince}
	}
	return s
}
