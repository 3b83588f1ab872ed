package vocabulary

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	q := vocabulary.ListIn(i18n.Lang(r.Context())).Parse(r.URL.Query())
	rows, err := h.terms.Terms(r.Context(), q)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(rows))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := vocabulary.ListIn(i18n.Lang(r.Context())).Parse(r.URL.Query())
	return export.Send(w, r, export.File[vocabulary.Term]{
		Name: "vocabulary", Needs: authz.PolicyRead, Rows: h.terms.Listing(q),
		Columns: table(r.Context(), list.Page[vocabulary.Term]{Query: q}).Columns,
	})
}

// table has no column for the family where all rows are of one.
func table(ctx context.Context, rows list.Page[vocabulary.Term]) ui.TableOf[vocabulary.Term] {
	t := ui.TableOf[vocabulary.Term]{
		Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "vocabulary.caption"), Empty: emptyList(),
		Columns: []ui.Column[vocabulary.Term]{
			{Sort: "name", Label: i18n.T(ctx, "vocabulary.name"), Cell: nameLink, File: func(t vocabulary.Term) string { return t.Name }},
			{Sort: "label", Label: i18n.T(ctx, "vocabulary.label"), Cell: label, File: func(t vocabulary.Term) string { return t.Label(i18n.Lang(ctx)) }},
			{
				Sort: "sensitivity", Label: i18n.T(ctx, "vocabulary.sensitivity"), Cell: func(t vocabulary.Term) templ.Component { return sensitivityTag(t.Sensitivity) },
				File: func(t vocabulary.Term) string { return sensitivityText(ctx, t.Sensitivity) },
			},
			{Label: i18n.T(ctx, "vocabulary.deprecated"), File: func(t vocabulary.Term) string { return export.YesNo(ctx, t.DeprecatedSince != nil) }},
			{
				Sort: "updated", Label: i18n.T(ctx, "common.updated"), Cell: func(t vocabulary.Term) templ.Component { return ui.Date(t.UpdatedAt) },
				File: func(t vocabulary.Term) string { return export.Time(t.UpdatedAt) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(t vocabulary.Term) string { return t.ID.String() }},
		},
	}
	if !slices.Contains(policydoc.Families(), policydoc.Family(rows.Query.Filter("family"))) {
		t.Columns = slices.Insert(t.Columns, 2, ui.Column[vocabulary.Term]{
			Sort: "family", Label: i18n.T(ctx, "vocabulary.family"), Cell: func(t vocabulary.Term) templ.Component { return family(t.Family) },
			File: func(t vocabulary.Term) string { return familyText(ctx, t.Family) },
		})
	}
	if page.May(ctx, authz.VocabularyManage) {
		t.Columns = append(t.Columns, ui.Column[vocabulary.Term]{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: rowActions})
	}
	return t
}

func filters(ctx context.Context) []ui.FilterField {
	sensitivities := []ui.Option{}
	for _, s := range policydoc.Sensitivities() {
		sensitivities = append(sensitivities, ui.Option{Value: string(s), Text: sensitivityText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "vocabulary.name_or_label")},
		{Name: "family", Label: i18n.T(ctx, "vocabulary.family"), Options: familyOptions(ctx, "")},
		{Name: "sensitivity", Label: i18n.T(ctx, "vocabulary.sensitivity"), Options: sensitivities},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: []ui.Option{
			{Value: vocabulary.StatusInUse, Text: i18n.T(ctx, "vocabulary.in_use")},
			{Value: vocabulary.StatusDeprecated, Text: i18n.T(ctx, "vocabulary.deprecated")},
		}},
	}
}

func familyOptions(ctx context.Context, chosen policydoc.Family) []ui.Option {
	options := []ui.Option{}
	for _, f := range policydoc.Families() {
		options = append(options, ui.Option{Value: string(f), Text: familyText(ctx, f), Selected: f == chosen})
	}
	return options
}

type familyLink struct {
	Href, Text string
	Current    bool
}

// familyLinks are the list of every family and of each, with the other filters
// as they are.
func familyLinks(ctx context.Context, q list.Query) []familyLink {
	all := q.Without("family")
	chosen := policydoc.Family(q.Filter("family"))
	links := []familyLink{{Href: listURL + all.URL(), Text: i18n.T(ctx, "vocabulary.families.all"), Current: !slices.Contains(policydoc.Families(), chosen)}}
	for _, f := range policydoc.Families() {
		v, err := url.ParseQuery(strings.TrimPrefix(all.URL(), "?"))
		if err != nil {
			continue // Query wrote it
		}
		v.Set("family", string(f))
		links = append(links, familyLink{Href: listURL + "?" + v.Encode(), Text: familyText(ctx, f), Current: f == chosen})
	}
	return links
}

// createURL is the form for a new term, of the family that the list shows.
func createURL(q list.Query) string {
	if f := q.Filter("family"); f != "" {
		return newURL + "?" + url.Values{"family": {f}}.Encode()
	}
	return newURL
}
