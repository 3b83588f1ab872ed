package vocabulary

import (
	"context"
	"net/http"

	"portal/internal/vocabulary"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// maxNamed is how many policies a page names that use a term.
const maxNamed = 20

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	t, err := h.load(r)
	if err != nil {
		return err
	}
	use, err := h.terms.UsedBy(r.Context(), t)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(t, use, h.trail))
}

// title tells the term from those with the same label.
func title(ctx context.Context, t vocabulary.Term) string {
	return i18n.T(ctx, "vocabulary.one", "Label", i18n.Isolate(t.Label(i18n.Lang(ctx))), "Name", i18n.Isolate(t.Name))
}

func rows(ctx context.Context, t vocabulary.Term) []ui.Row {
	rs := []ui.Row{
		{Label: i18n.T(ctx, "vocabulary.name"), Component: ui.Copy("term-name", t.Name), Note: i18n.T(ctx, "vocabulary.name.note")},
		{Label: i18n.T(ctx, "vocabulary.family"), Value: familyText(ctx, t.Family), Note: i18n.T(ctx, "vocabulary.family."+string(t.Family))},
	}
	for _, l := range i18n.Languages {
		rs = append(rs, ui.Row{Label: i18n.T(ctx, "vocabulary.label."+l.Code), Component: inLanguage(l, t.Label(l.Code))})
	}
	for _, l := range i18n.Languages {
		rs = append(rs, ui.Row{Label: i18n.T(ctx, "vocabulary.description."+l.Code), Component: inLanguage(l, t.Description(l.Code))})
	}
	return append(rs,
		ui.Row{Label: i18n.T(ctx, "vocabulary.sensitivity"), Component: sensitivityTag(t.Sensitivity), Note: i18n.T(ctx, "vocabulary.meaning."+string(t.Sensitivity))},
		status(ctx, t),
		ui.Row{Label: i18n.T(ctx, "common.updated"), Component: ui.Time(t.UpdatedAt)},
	)
}

func status(ctx context.Context, t vocabulary.Term) ui.Row {
	row := ui.Row{Label: i18n.T(ctx, "common.status"), Value: i18n.T(ctx, "vocabulary.status.in_use")}
	if t.DeprecatedSince != nil {
		row.Value = i18n.T(ctx, "vocabulary.status.deprecated", "Date", i18n.Date(ctx, *t.DeprecatedSince))
	}
	return row
}

// useText says how many policies use a term.
func useText(ctx context.Context, u vocabulary.Usage) string {
	switch n := len(u.Policies); {
	case u.AtLeast:
		return i18n.T(ctx, "vocabulary.use.at_least", "Count", n)
	case n == 0:
		return i18n.T(ctx, "vocabulary.use.none")
	default:
		return i18n.T(ctx, "vocabulary.use.count", "Count", n)
	}
}

// standing says by which version a policy uses the term.
func standing(ctx context.Context, u vocabulary.Use) string {
	switch {
	case u.InForce && u.Waiting:
		return i18n.T(ctx, "vocabulary.use.both")
	case u.InForce:
		return i18n.T(ctx, "vocabulary.use.in_force")
	default:
		return i18n.T(ctx, "vocabulary.use.waiting")
	}
}

func kindText(ctx context.Context, u vocabulary.Use) string {
	return i18n.T(ctx, "vocabulary.kind."+string(u.Kind))
}
