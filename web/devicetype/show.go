package devicetype

import (
	"context"
	"net/http"

	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// usage is how far the sub-types of a type are used.
type usage map[id.DeviceSubType]devicetype.Use

// live is how many devices of the subject wait or are approved.
func (u usage) live(s subject) int {
	if s.Sub != nil {
		return u[s.Sub.ID].Live
	}
	n := 0
	for _, one := range u {
		n += one.Live
	}
	return n
}

// ever reports whether a device was ever registered as the subject.
func (u usage) ever(s subject) bool {
	if s.Sub != nil {
		return u[s.Sub.ID].Ever
	}
	return len(u) > 0
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, err := h.load(r)
	if err != nil {
		return err
	}
	use, err := h.types.UseOf(r.Context(), s.Type.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(s, use, h.trail))
}

// title tells the type from those with the same label.
func (s subject) title(ctx context.Context) string {
	return i18n.T(ctx, "device_type.one", "Label", s.name(ctx), "Code", i18n.Isolate(s.Type.Code))
}

// rows say what is stored of a subject that is there.
func (s subject) rows(ctx context.Context) []ui.Row {
	w := s.words()
	rows := []ui.Row{{Label: i18n.T(ctx, "device_type.code"), Component: ui.Copy("type-code", w.Code), Note: i18n.T(ctx, "device_type.code.note")}}
	for _, l := range i18n.Languages {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "device_type.label."+l.Code), Component: inLanguage(l, w.Label.In(l.Code))})
	}
	status := i18n.T(ctx, "device_type.status.in_use")
	since := s.Type.RetiredSince
	if s.Sub != nil {
		since = s.Sub.RetiredSince
	}
	if since != nil {
		status = i18n.T(ctx, "device_type.status.retired", "Date", i18n.Date(ctx, *since))
	}
	return append(rows, ui.Row{Label: i18n.T(ctx, "common.status"), Value: status}, ui.Row{Label: i18n.T(ctx, "common.updated"), Component: ui.Time(s.Type.UpdatedAt)})
}

// subs are the sub-types of a type, each as a subject of its own.
func (s subject) subs() []subject {
	all := make([]subject, len(s.Type.SubTypes))
	for i := range s.Type.SubTypes {
		all[i] = subject{all: s.all, Type: s.Type, OfSub: true, Sub: &s.Type.SubTypes[i]}
	}
	return all
}
