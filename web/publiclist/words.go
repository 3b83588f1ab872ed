package publiclist

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/internal/publiclist"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/ui"
)

func text(s string) templ.Component { return ui.Text(s) }

func typeText(ctx context.Context, d publiclist.Device) string {
	return i18n.T(ctx, "public_list.kind", "Type", d.TypeLabel().In(i18n.Lang(ctx)), "SubType", d.SubTypeLabel().In(i18n.Lang(ctx)))
}

func deviceColumns(ctx context.Context) []ui.Column[publiclist.Device] {
	type device = publiclist.Device
	return []ui.Column[device]{
		{Label: i18n.T(ctx, "public_list.model"), Cell: func(d device) templ.Component { return text(d.Make + " " + d.Model) }},
		{Label: i18n.T(ctx, "public_list.make"), File: func(d device) string { return d.Make }},
		{Label: i18n.T(ctx, "public_list.model_only"), File: func(d device) string { return d.Model }},
		{
			Label: i18n.T(ctx, "public_list.type"), Cell: func(d device) templ.Component { return plain(typeText(ctx, d)) },
			File: func(d device) string { return d.TypeLabel().In(i18n.Lang(ctx)) },
		},
		{Label: i18n.T(ctx, "public_list.sub_type"), File: func(d device) string { return d.SubTypeLabel().In(i18n.Lang(ctx)) }},
		{
			Label: i18n.T(ctx, "public_list.provider"), Cell: func(d device) templ.Component { return text(d.Organisation) },
			File: func(d device) string { return d.Organisation },
		},
		{
			Label: i18n.T(ctx, "public_list.sbi"), Cell: func(d device) templ.Component { return ui.Code(d.SBIVersion) },
			File: func(d device) string { return d.SBIVersion },
		},
		{
			Label: i18n.T(ctx, "public_list.until"), Cell: func(d device) templ.Component { return ui.Day(d.ExpiresOn) },
			File: func(d device) string { return export.Day(d.ExpiresOn) },
		},
	}
}

func chipColumns(ctx context.Context) []ui.Column[publiclist.FTMChip] {
	type chip = publiclist.FTMChip
	return []ui.Column[chip]{
		{Label: i18n.T(ctx, "public_list.model"), Cell: func(c chip) templ.Component { return text(c.Make + " " + c.Model) }},
		{Label: i18n.T(ctx, "public_list.make"), File: func(c chip) string { return c.Make }},
		{Label: i18n.T(ctx, "public_list.model_only"), File: func(c chip) string { return c.Model }},
		{
			Label: i18n.T(ctx, "public_list.provider"), Cell: func(c chip) templ.Component { return text(c.Organisation) },
			File: func(c chip) string { return c.Organisation },
		},
		{
			Label: i18n.T(ctx, "public_list.certificate_until"), Cell: func(c chip) templ.Component { return ui.Date(c.NotAfter) },
			File: func(c chip) string { return export.Time(c.NotAfter) },
		},
	}
}

// lines are a list as a file: the headings, then a line for each thing.
func lines[T any](columns []ui.Column[T], items []T) [][]string {
	line := func(of func(ui.Column[T]) string) []string {
		var cells []string
		for _, c := range columns {
			if c.File != nil {
				cells = append(cells, of(c))
			}
		}
		return cells
	}
	all := [][]string{line(func(c ui.Column[T]) string { return c.Label })}
	for _, item := range items {
		all = append(all, line(func(c ui.Column[T]) string { return c.File(item) }))
	}
	return all
}

// filters are the fields of the form. A type's own sub-types are offered once it is
// chosen.
func deviceFilters(ctx context.Context, q list.Query, kinds []publiclist.Kind) []ui.FilterField {
	types, subTypes := []ui.Option{}, []ui.Option{}
	for _, k := range kinds {
		o := ui.Option{Value: k.TypeCode, Text: k.Label().In(i18n.Lang(ctx))}
		if k.Code == "" {
			types = append(types, o)
		} else if strings.EqualFold(k.TypeCode, q.Filter("type")) {
			o.Value = k.Code
			subTypes = append(subTypes, o)
		}
	}
	fields := []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "public_list.search")},
		{Name: "type", Label: i18n.T(ctx, "public_list.type"), Options: types},
	}
	if len(subTypes) > 0 {
		fields = append(fields, ui.FilterField{Name: "sub_type", Label: i18n.T(ctx, "public_list.sub_type"), Options: subTypes})
	}
	return fields
}

func chipFilters(ctx context.Context) []ui.FilterField {
	return []ui.FilterField{{Name: "q", Label: i18n.T(ctx, "public_list.search")}}
}

// asJSON is the address of the list for programs, with its filters.
func asJSON(path string, q list.Query) string {
	v := url.Values{}
	for _, name := range []string{"q", "type", "sub_type"} {
		if q.Filter(name) != "" {
			v.Set(name, q.Filter(name))
		}
	}
	if len(v) == 0 {
		return path + ".json"
	}
	return path + ".json?" + v.Encode()
}

// Links lead to the lists, from the first page and from the foot of pages for
// visitors. The language goes along, since the lists remember nothing.
func Links(ctx context.Context) []ui.Link {
	lang := "?lang=" + i18n.Lang(ctx)
	return []ui.Link{
		{Href: DevicesURL + lang, Text: i18n.T(ctx, "public_list.devices")},
		{Href: ChipsURL + lang, Text: i18n.T(ctx, "public_list.chips")},
	}
}
