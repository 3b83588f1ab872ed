package ftmchip

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/decide"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// newView is the form of a new chip with what was typed so far. ID is proposed by
// the form, so that a second click registers nothing twice.
type newView struct {
	ID     string
	Typed  form.Values
	Late   string // why it cannot be registered now
	Errors form.Errors
}

func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, newPage(newView{ID: id.New[id.FTMChip]().String()}))
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", ftmchip.FieldMake, ftmchip.FieldModel)
	if err != nil {
		return err
	}
	cid, err := id.Parse[id.FTMChip](v.Text("id"))
	if err != nil {
		return problem.ErrBadRequest
	}
	ctx := r.Context()
	err = h.chips.Register(ctx, page.Actor(ctx), input(cid, v))
	errs, invalid := form.Translate(ctx, err)
	switch {
	case err == nil:
		page.Flash(r, "ftm_chip.flash.registered")
		return page.Redirect(w, r, doURL(cid, "certificate"))
	case invalid:
		return page.Render(w, r, http.StatusUnprocessableEntity, newPage(newView{ID: cid.String(), Typed: v, Errors: errs}))
	case errors.Is(err, problem.ErrConflict):
		n := newView{ID: id.New[id.FTMChip]().String(), Typed: v, Late: page.Meanwhile(ctx, err)}
		if n.Late == "" {
			n.Late = i18n.T(ctx, "page.conflict.title")
		}
		return page.Render(w, r, http.StatusConflict, newPage(n))
	}
	return err
}

func input(cid id.FTMChip, v form.Values) ftmchip.Input {
	return ftmchip.Input{ID: cid, Make: v.Raw(ftmchip.FieldMake), Model: v.Raw(ftmchip.FieldModel)}
}

// question asks for make or model.
func question(ctx context.Context, name, value, wrong, asked string) ui.Field {
	f := ui.Field{
		Name: name, Label: kind.Label(ctx, name), Hint: i18n.T(ctx, "ftm_chip.field."+name+".hint"), Value: value, Error: wrong,
		MaxLength: ftmchip.MaxName, Autocomplete: "off",
	}
	if asked != "" {
		f.Hint = asked
	}
	return f
}

// editView is an own chip whose make and model are changed, with what was typed.
type editView struct {
	ftmchip.Standing
	Thing  decide.Thing
	Typed  form.Values
	Errors form.Errors
}

// editForm offers make and model as far as they may be changed. Where neither may
// be, the chip's page says how things stand.
func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if !st.MayEdit() {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return page.Render(w, r, http.StatusOK, editPage(editView{Standing: st, Thing: thingOf(st)}))
}

func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", ftmchip.FieldMake, ftmchip.FieldModel)
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	e := editView{Standing: st, Thing: thingOf(st), Typed: v}
	err = h.chips.Edit(ctx, page.Actor(ctx), st.ID, v.Int("version"), ftmchip.Input{Make: e.value(ftmchip.FieldMake), Model: e.value(ftmchip.FieldModel)})
	errs, invalid := form.Translate(ctx, err)
	switch {
	case err == nil:
		return h.edited(w, r, st.ID)
	case invalid:
		e.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(e))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, err, e.kept(ctx))
	}
	return err
}

// edited says what became of a chip that was changed.
func (h handlers) edited(w http.ResponseWriter, r *http.Request, cid id.FTMChip) error {
	now, err := h.load(r)
	if err != nil {
		return err
	}
	page.Flash(r, "ftm_chip.flash.edited."+string(now.Status), "Name", now.Name())
	return page.Redirect(w, r, showURL(cid))
}

// value is what was typed for an answer; of one that did not come, what stands.
func (e editView) value(field string) string {
	switch {
	case e.Typed.Has(field):
		return e.Typed.Raw(field)
	case field == ftmchip.FieldMake:
		return e.Make
	default:
		return e.Model
	}
}

// open are the answers of this form that may be changed.
func (e editView) open() []string {
	return slices.DeleteFunc(slices.Clone(ftmchip.Kind.Open(e.Status, e.Trail)), func(f string) bool { return f == ftmchip.FieldCertificate })
}

// kept is what was typed on a form that came too late, to be copied.
func (e editView) kept(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, field := range []string{ftmchip.FieldMake, ftmchip.FieldModel} {
		if e.Typed.Has(field) {
			rows = append(rows, ui.Row{Label: kind.Label(ctx, field), Value: e.Typed.Text(field)})
		}
	}
	return rows
}

// late says what happened to a chip meanwhile, and gives back what was typed
// (security.md CON-1).
func (h handlers) late(w http.ResponseWriter, r *http.Request, why error, kept []ui.Row) error {
	cid, err := chipOf(r)
	if err != nil {
		return err
	}
	now, err := h.thing(r.Context(), cid)
	if err != nil {
		return err
	}
	return decide.Late(w, r, kind, now, why, kept)
}
