package vocabulary

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formPage is the form as it was typed, with what the server says about it.
type formPage struct {
	vocabulary.Input
	Version int              // of the row when the form was made
	Old     *vocabulary.Term // what is stored; nil for a new term
	Reason  string           // who was faster; Old is then what they stored
	Made    *vocabulary.Term // what this form, sent before with other words, made already
	Errors  form.Errors
}

// newForm may be opened for a family, by ?family=.
func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	in := vocabulary.Input{ID: id.New[id.Term](), Family: policydoc.Family(r.URL.Query().Get("family"))}
	return page.Render(w, r, http.StatusOK, editPage(formPage{Input: in}))
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	t, err := h.load(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, editPage(formPage{Input: vocabulary.Input{About: t.About}, Version: t.Version, Old: &t}))
}

// aboutFields are the inputs that both forms have.
var aboutFields = []string{"label_en", "label_fr", "label_ar", "description_en", "description_fr", "description_ar", "sensitivity"}

func about(v form.Values) vocabulary.About {
	return vocabulary.About{
		LabelEn: v.Text("label_en"), LabelFr: v.Text("label_fr"), LabelAr: v.Text("label_ar"),
		DescriptionEn: v.Text("description_en"), DescriptionFr: v.Text("description_fr"), DescriptionAr: v.Text("description_ar"),
		Sensitivity: policydoc.Sensitivity(v.Text("sensitivity")),
	}
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, append([]string{"id", "family", "name"}, aboutFields...)...)
	if err != nil {
		return err
	}
	f := formPage{Input: vocabulary.Input{Family: policydoc.Family(v.Text("family")), Name: v.Text("name"), About: about(v)}}
	if f.ID, err = id.Parse[id.Term](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	t, err := h.terms.Create(r.Context(), h.actor(r), f.Input)
	switch {
	case err == nil:
		page.Flash(r, "vocabulary.flash.created", "Name", i18n.Isolate(t.Name))
		return page.Redirect(w, r, showURL(t.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.sentBefore(w, r, f, err)
	default:
		return refuse(w, r, f, err)
	}
}

// sentBefore answers a form that made a term already and came back with other
// words. Sent once more it makes a second term, now that the person knows.
func (h handlers) sentBefore(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	made, err := h.terms.Term(r.Context(), f.ID)
	if err != nil {
		return conflict
	}
	f.Made, f.ID = &made, id.New[id.Term]()
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

func (h handlers) update(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, append([]string{"version", "lower"}, aboutFields...)...)
	if err != nil {
		return err
	}
	old, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{Input: vocabulary.Input{About: about(v)}, Version: v.Int("version"), Old: &old}
	save := h.terms.Edit
	if v.Text("lower") != "" { // the page below was seen
		save = h.terms.Lower
	}
	t, err := save(r.Context(), h.actor(r), old.ID, f.Version, f.About)
	switch {
	case err == nil:
		return edited(w, r, t)
	case errors.Is(err, vocabulary.ErrLowers):
		return h.askLower(w, r, f)
	case errors.Is(err, problem.ErrConflict):
		return h.stale(w, r, f, err)
	default:
		return refuse(w, r, f, err)
	}
}

// askLower shows, before special data is called less than that, what it means and
// which policies use the term. The page holds the form as it was typed.
func (h handlers) askLower(w http.ResponseWriter, r *http.Request, f formPage) error {
	use, err := h.terms.UsedBy(r.Context(), *f.Old)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, lowerPage(f, use))
}

// hidden are the values of the form, in the order of aboutFields.
func (f formPage) hidden() []string {
	return []string{
		f.LabelEn, f.LabelFr, f.LabelAr, f.DescriptionEn, f.DescriptionFr, f.DescriptionAr, string(f.Sensitivity),
	}
}

// stale answers a form whose term changed meanwhile. The same form sent twice is
// no conflict. Otherwise both texts are shown, and saving again, now knowing what
// is there, stores this one on top (security.md CON-1).
func (h handlers) stale(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	now, err := h.terms.Term(r.Context(), f.Old.ID)
	if err != nil {
		return err
	}
	if now.About == f.About {
		return edited(w, r, now)
	}
	f.Old, f.Version, f.Reason = &now, now.Version, reason(r.Context(), conflict)
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

func edited(w http.ResponseWriter, r *http.Request, t vocabulary.Term) error {
	page.Flash(r, "vocabulary.flash.edited", "Name", i18n.Isolate(t.Name))
	return page.Redirect(w, r, showURL(t.ID))
}

// refuse shows the form again with what is wrong; other errors go on.
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

func (f formPage) title(ctx context.Context) string {
	if f.Old == nil {
		return i18n.T(ctx, "vocabulary.new")
	}
	return i18n.T(ctx, "vocabulary.edit", "Name", i18n.Isolate(f.Old.Name))
}

// action is the address that the form is sent to.
func (f formPage) action() string {
	if f.Old == nil {
		return listURL
	}
	return showURL(f.Old.ID)
}

// back is where the form was opened from.
func (f formPage) back(ctx context.Context) *ui.Link {
	if f.Old == nil {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "vocabulary.back")}
	}
	return &ui.Link{Href: showURL(f.Old.ID), Text: i18n.T(ctx, "vocabulary.back_to_one")}
}

// sensitivityOptions are the sensitivities with what each means.
func (f formPage) sensitivityOptions(ctx context.Context) []ui.Option {
	options := []ui.Option{}
	for _, s := range policydoc.Sensitivities() {
		options = append(options, ui.Option{
			Value: string(s), Text: sensitivityText(ctx, s), Hint: i18n.T(ctx, "vocabulary.meaning."+string(s)), Selected: s == f.Sensitivity,
		})
	}
	return options
}

// labelField asks what people call the term in a language.
func (f formPage) labelField(ctx context.Context, l i18n.Language) ui.Field {
	name := "label_" + l.Code
	return ui.Field{
		Name: name, Label: i18n.T(ctx, "vocabulary.label."+l.Code), Hint: i18n.T(ctx, "vocabulary.label.hint", "Max", vocabulary.MaxLabel),
		Value: f.Label(l.Code), Error: f.Errors.For(name), Autocomplete: "off", Lang: l.Code, Dir: l.Dir,
	}
}

// descriptionField asks for the description in a language. The first of them says
// what it is for.
func (f formPage) descriptionField(ctx context.Context, l i18n.Language) ui.Field {
	name := "description_" + l.Code
	field := ui.Field{
		Name: name, Label: i18n.T(ctx, "vocabulary.description."+l.Code), Value: f.Description(l.Code), Error: f.Errors.For(name),
		Optional: true, MaxLength: vocabulary.MaxDescription, Rows: 3, Spellcheck: true, Lang: l.Code, Dir: l.Dir,
	}
	if l == i18n.Languages[0] {
		field.Hint = i18n.T(ctx, "vocabulary.description.hint")
	}
	return field
}
