package devicetype

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formPage is the form as it was typed, with what the server says about it.
type formPage struct {
	subject                  // what is stored
	typed   devicetype.Words // what the form holds
	ID      string           // proposed for what is new
	Version int              // of the type when the form was made
	Used    bool             // a device was registered with it: its code stays
	Reason  string           // who was faster; subject is then what they stored
	Made    *subject         // what this form, sent before with other words, made already
	Errors  form.Errors
}

func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	s, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{subject: s, ID: id.New[id.DeviceType]().String()}
	f.typed.Place = len(f.others(r.Context())) + 1
	return page.Render(w, r, http.StatusOK, editPage(f))
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	s, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{subject: s, typed: s.words(), Version: s.Type.Version}
	return h.render(w, r, http.StatusOK, f)
}

// render shows the form of something that is there.
func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, f formPage) error {
	use, err := h.types.UseOf(r.Context(), f.Type.ID)
	if err != nil {
		return err
	}
	f.Used = usage(use).ever(f.subject)
	return page.Render(w, r, status, editPage(f))
}

var fields = []string{"code", "label_en", "label_fr", "label_ar", "place"}

func words(v form.Values) devicetype.Words {
	return devicetype.Words{
		Code: v.Text("code"), Place: v.Int("place"),
		Label: devicetype.Label{En: v.Text("label_en"), Fr: v.Text("label_fr"), Ar: v.Text("label_ar")},
	}
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, append([]string{"id"}, fields...)...)
	if err != nil {
		return err
	}
	s, err := h.load(r)
	if err != nil {
		return err
	}
	proposed, err := id.Parse[id.DeviceType](v.Raw("id"))
	if err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	f := formPage{subject: s, typed: words(v), ID: proposed.String()}
	made, err := h.add(r, s, proposed, f.typed)
	switch {
	case err == nil:
		page.Flash(r, s.key("flash.created"), "Name", i18n.Isolate(f.typed.Label.In(i18n.Lang(r.Context()))))
		return page.Redirect(w, r, showURL(made.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.sentBefore(w, r, f, err)
	}
	return refuse(w, r, f, err)
}

func (h handlers) add(r *http.Request, s subject, proposed id.DeviceType, typed devicetype.Words) (devicetype.Type, error) {
	if s.OfSub {
		return h.types.AddSubType(r.Context(), h.actor(r), s.Type.ID, devicetype.SubInput{ID: id.DeviceSubType(proposed), Words: typed})
	}
	return h.types.Create(r.Context(), h.actor(r), devicetype.Input{ID: proposed, Words: typed})
}

// sentBefore answers a form that made something already and came back with other
// words. Sent once more it makes a second one, now that the person knows.
func (h handlers) sentBefore(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	all, err := h.types.All(r.Context())
	if err != nil {
		return err
	}
	made, ok := madeBy(all, f)
	if !ok {
		return conflict
	}
	f.Made, f.ID = &made, id.New[id.DeviceType]().String()
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

// madeBy is what has the id that the form proposed.
func madeBy(all devicetype.Types, f formPage) (subject, bool) {
	for _, t := range all {
		if !f.OfSub && t.ID.String() == f.ID {
			return subject{all: all, Type: &t}, true
		}
		for _, s := range t.SubTypes {
			if f.OfSub && s.ID.String() == f.ID {
				return subject{all: all, Type: &t, OfSub: true, Sub: &s}, true
			}
		}
	}
	return subject{}, false
}

func (h handlers) update(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, append([]string{"version"}, fields...)...)
	if err != nil {
		return err
	}
	s, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{subject: s, typed: words(v), Version: v.Int("version")}
	if s.OfSub {
		_, err = h.types.EditSubType(r.Context(), h.actor(r), s.Type.ID, s.Sub.ID, f.Version, f.typed)
	} else {
		_, err = h.types.Edit(r.Context(), h.actor(r), s.Type.ID, f.Version, f.typed)
	}
	switch {
	case err == nil:
		return f.edited(w, r)
	case errors.Is(err, problem.ErrConflict):
		return h.stale(w, r, f, err)
	}
	wrong, ok := form.Translate(r.Context(), err)
	if !ok {
		return err
	}
	f.Errors = wrong
	return h.render(w, r, http.StatusUnprocessableEntity, f)
}

// stale answers a form whose subject changed meanwhile. The same form sent twice is
// no conflict. Otherwise both are shown, and saving again, now knowing what is
// there, stores this one on top (security.md CON-1).
func (h handlers) stale(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	now, err := h.load(r)
	if err != nil {
		return err
	}
	if now.words() == f.typed {
		return f.edited(w, r)
	}
	f.subject, f.Version, f.Reason = now, now.Type.Version, reason(r.Context(), conflict)
	return h.render(w, r, http.StatusConflict, f)
}

func (f formPage) edited(w http.ResponseWriter, r *http.Request) error {
	page.Flash(r, f.key("flash.edited"), "Name", i18n.Isolate(f.typed.Label.In(i18n.Lang(r.Context()))))
	return page.Redirect(w, r, f.home())
}

// refuse shows the form of something new again with what is wrong; other errors go
// on.
func refuse(w http.ResponseWriter, r *http.Request, f formPage, err error) error {
	wrong, ok := form.Translate(r.Context(), err)
	if !ok {
		return err
	}
	f.Errors = wrong
	return page.Render(w, r, http.StatusUnprocessableEntity, editPage(f))
}

// reason says who was faster, as far as that is known.
func reason(ctx context.Context, err error) string {
	return cmp.Or(page.Meanwhile(ctx, err), i18n.T(ctx, "page.conflict.title"))
}

func (f formPage) heading(ctx context.Context) string {
	var args []any
	if f.OfSub {
		args = append(args, "Type", f.of(ctx))
	}
	if f.there() {
		return i18n.T(ctx, f.key("edit"), append(args, "Name", f.name(ctx))...)
	}
	return i18n.T(ctx, f.key("new"), args...)
}

// back is where the form was opened from.
func (f formPage) back(ctx context.Context) *ui.Link {
	if f.Type == nil {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "device_type.back")}
	}
	return &ui.Link{Href: f.home(), Text: i18n.T(ctx, "device_type.back_to_one")}
}

// others are those that the subject stands among, in their order.
func (f formPage) others(ctx context.Context) []string {
	lang, names := i18n.Lang(ctx), []string{}
	if f.OfSub {
		for _, s := range f.Type.SubTypes {
			if f.Sub == nil || s.ID != f.Sub.ID {
				names = append(names, s.Label.In(lang))
			}
		}
		return names
	}
	for _, t := range f.all {
		if f.Type == nil || t.ID != f.Type.ID {
			names = append(names, t.Label.In(lang))
		}
	}
	return names
}

// places are where the subject can stand.
func (f formPage) places(ctx context.Context) []ui.Option {
	options := []ui.Option{{Value: "1", Text: i18n.T(ctx, "device_type.place.first")}}
	for i, name := range f.others(ctx) {
		options = append(options, ui.Option{Value: strconv.Itoa(i + 2), Text: i18n.T(ctx, "device_type.place.after", "Name", i18n.Isolate(name))})
	}
	for i := range options {
		options[i].Selected = options[i].Value == strconv.Itoa(f.typed.Place)
	}
	return options
}

// labelField asks what people call it in a language.
func (f formPage) labelField(ctx context.Context, l i18n.Language) ui.Field {
	name := "label_" + l.Code
	return ui.Field{
		Name: name, Label: i18n.T(ctx, "device_type.label."+l.Code), Hint: i18n.T(ctx, "device_type.label.hint", "Max", devicetype.MaxLabel),
		Value: f.typed.Label.In(l.Code), Error: f.Errors.For(name), Autocomplete: "off", Lang: l.Code, Dir: l.Dir,
	}
}
