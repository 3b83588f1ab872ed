package sbi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formView is the form of an SBI: of a new one, or of one that is there. Values are
// what stands in it.
type formView struct {
	Values   sbi.Input
	From     *sbi.SBI     // a new one follows it; nil for none
	Standing sbi.Standing // of one that is there
	Version  string       // of its row, as the form carries it; "" for a new one
	Open     []string     // fields that can be changed
	Oldest   string       // the earliest created date, in words
	Latest   string       // the last expiry date
	Notice   string       // why nothing was carried out
	Errors   form.Errors
}

// inputs are the fields of the form.
var inputs = []string{"id", "from", "version", "next", sbi.FieldVersion, sbi.FieldHash, sbi.FieldCreatedOn, sbi.FieldExpiresOn}

// typed is the form as it came.
func typed(v form.Values) sbi.Input {
	return sbi.Input{
		Version: v.Text(sbi.FieldVersion), Hash: v.Text(sbi.FieldHash),
		CreatedOn: v.Text(sbi.FieldCreatedOn), ExpiresOn: v.Text(sbi.FieldExpiresOn),
	}
}

// newForm asks for a new SBI; with ?from= one that follows another of the own.
func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	v := formView{Values: sbi.Input{ID: id.New[id.SBI]()}}
	if from, err := id.Parse[id.SBI](r.URL.Query().Get("from")); err == nil {
		x, err := h.sbis.SBI(r.Context(), authz.Scope{Partner: page.Actor(r.Context()).Partner}, from)
		if err != nil && !missing(err) {
			return err
		}
		if err == nil {
			v.From, v.Values.MadeFrom, v.Values.Version = &x, x.ID, x.SBIVersion
		}
	}
	return h.drawForm(w, r, http.StatusOK, v)
}

// create keeps a new SBI as a draft, and goes on to the check of it unless it is to
// stay one.
func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, inputs...)
	if err != nil {
		return err
	}
	in := typed(v)
	if in.ID, err = id.Parse[id.SBI](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself carries it
	}
	f := formView{Values: in}
	if v.Raw("from") != "" {
		if in.MadeFrom, err = id.Parse[id.SBI](v.Raw("from")); err != nil {
			return problem.ErrBadRequest
		}
		x, err := h.sbis.SBI(r.Context(), authz.Scope{Partner: page.Actor(r.Context()).Partner}, in.MadeFrom)
		if err != nil {
			return err
		}
		f.From, f.Values.MadeFrom = &x, x.ID
	}
	err = h.sbis.Register(r.Context(), page.Actor(r.Context()), in)
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		return h.saved(w, r, in.ID, v)
	case invalid:
		f.Errors = errs
		return h.drawForm(w, r, http.StatusUnprocessableEntity, f)
	case errors.Is(err, problem.ErrConflict):
		if f.Notice = page.Meanwhile(r.Context(), err); f.Notice == "" {
			f.Notice = i18n.T(r.Context(), "approval.late.text")
		}
		return h.drawForm(w, r, http.StatusConflict, f)
	}
	return err
}

// saved leads on from a draft: to the check, or to its page.
func (h handlers) saved(w http.ResponseWriter, r *http.Request, sid id.SBI, v form.Values) error {
	if v.Raw("next") == "draft" {
		page.Flash(r, "sbi.saved", "Name", v.Text(sbi.FieldVersion))
		return page.Redirect(w, r, showURL(sid))
	}
	return page.Redirect(w, r, showURL(sid)+"/send")
}

// editForm offers what can be changed now. Where nothing can, the SBI's page says
// how things stand.
func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if len(st.Open(h.sbis.Today())) == 0 {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return h.drawForm(w, r, http.StatusOK, formView{Values: st.Input(), Standing: st, Version: strconv.Itoa(st.Version)})
}

// edit stores what was changed; of a field that did not come, what stands.
func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, inputs...)
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	in := over(st.Input(), v)
	err = h.sbis.Edit(r.Context(), page.Actor(r.Context()), st.ID, v.Int("version"), in)
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil && st.Status == approval.Draft:
		return h.saved(w, r, st.ID, v)
	case err == nil:
		page.Flash(r, done(st.Status), "Name", in.Version)
		return page.Redirect(w, r, showURL(st.ID))
	case invalid:
		return h.drawForm(w, r, http.StatusUnprocessableEntity, formView{Values: in, Standing: st, Version: v.Raw("version"), Errors: errs})
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st.ID, err, v)
	}
	return err
}

// done says what became of a change.
func done(s approval.Status) string {
	if s == approval.ChangesRequested {
		return "sbi.resent"
	}
	return "sbi.changed"
}

// over puts what was typed over what stands.
func over(in sbi.Input, v form.Values) sbi.Input {
	for name, to := range map[string]*string{
		sbi.FieldVersion: &in.Version, sbi.FieldHash: &in.Hash, sbi.FieldCreatedOn: &in.CreatedOn, sbi.FieldExpiresOn: &in.ExpiresOn,
	} {
		if v.Has(name) {
			*to = v.Text(name)
		}
	}
	return in
}

// late says what happened to an SBI meanwhile, and gives back what was typed
// (security.md CON-1).
func (h handlers) late(w http.ResponseWriter, r *http.Request, sid id.SBI, why error, v form.Values) error {
	t, err := h.thing(r.Context(), sid)
	if err != nil {
		return err
	}
	var kept []ui.Row
	for _, field := range sbi.Things.Fields {
		if v.Has(field) {
			kept = append(kept, ui.Row{Label: kind.Label(r.Context(), field), Value: v.Text(field)})
		}
	}
	return decide.Late(w, r, kind, t, why, kept)
}

// check shows a draft once more before it is sent.
func (h handlers) check(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if st.Status != approval.Draft {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return page.Render(w, r, http.StatusOK, checkPage(st))
}

// send sends a draft. Where a day has passed since it was written, the form says
// what to change.
func (h handlers) send(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	err = h.sbis.Send(r.Context(), page.Actor(r.Context()), st.ID, v.Int("version"))
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "sbi.sent", "Name", st.SBIVersion)
		return page.Redirect(w, r, showURL(st.ID))
	case invalid:
		return h.drawForm(w, r, http.StatusUnprocessableEntity, formView{Values: st.Input(), Standing: st, Version: v.Raw("version"), Errors: errs})
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st.ID, err, v)
	}
	return err
}

func (h handlers) drawForm(w http.ResponseWriter, r *http.Request, status int, v formView) error {
	today := h.sbis.Today()
	oldest, latest := sbi.Days(today)
	v.Oldest, v.Latest = i18n.Day(r.Context(), oldest), i18n.Day(r.Context(), latest)
	if v.Open = sbi.Things.Fields; v.Version != "" {
		v.Open = v.Standing.Open(today)
	}
	return page.Render(w, r, status, formPage(v))
}

// isNew reports whether the form is of an SBI that is not there yet.
func (v formView) isNew() bool { return v.Version == "" }

// drafts reports whether what is sent stays a draft.
func (v formView) drafts() bool { return v.isNew() || v.Standing.Status == approval.Draft }

func (v formView) open(field string) bool { return slices.Contains(v.Open, field) }

// title names the form.
func (v formView) title(ctx context.Context) string {
	if v.isNew() {
		return i18n.T(ctx, "sbi.new.title")
	}
	return i18n.T(ctx, "sbi.edit.title", "Name", v.Standing.SBIVersion)
}

func (v formView) lead(ctx context.Context) string {
	switch {
	case v.From != nil:
		return i18n.T(ctx, "sbi.new.from", "Name", v.From.SBIVersion)
	case v.isNew():
		return i18n.T(ctx, "sbi.new.lead")
	default:
		return i18n.T(ctx, "sbi.edit.lead."+string(v.Standing.Status))
	}
}

func (v formView) action() string {
	if v.isNew() {
		return listURL
	}
	return showURL(v.Standing.ID)
}

func (v formView) back(ctx context.Context) *ui.Link {
	if v.isNew() {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "sbi.back")}
	}
	return &ui.Link{Href: showURL(v.Standing.ID), Text: i18n.T(ctx, "approval.back")}
}

// field is the question for one answer, with what was asked about it.
func (v formView) field(ctx context.Context, name, value, hint string) ui.Field {
	f := ui.Field{Name: name, Label: kind.Label(ctx, name), Value: value, Hint: hint, Error: v.Errors.For(name), Dir: "ltr", Autocomplete: "off"}
	if asked := kind.Asked(ctx, plain(v.Standing), name); asked != "" {
		f.Hint = asked
	}
	if name == sbi.FieldCreatedOn || name == sbi.FieldExpiresOn {
		f.Type, f.Width = "date", "medium"
	}
	return f
}

// fields are the questions that are open, in the order of the form.
func (v formView) fields(ctx context.Context) []ui.Field {
	all := []ui.Field{
		v.field(ctx, sbi.FieldVersion, v.Values.Version, i18n.T(ctx, "sbi.hint.version")),
		v.field(ctx, sbi.FieldHash, v.Values.Hash, i18n.T(ctx, "sbi.hint.hash")),
		v.field(ctx, sbi.FieldCreatedOn, v.Values.CreatedOn, i18n.T(ctx, "sbi.hint.created_on", "Day", v.Oldest)),
		v.field(ctx, sbi.FieldExpiresOn, v.Values.ExpiresOn, i18n.T(ctx, "sbi.hint.expires_on", "Day", v.Latest)),
	}
	return slices.DeleteFunc(all, func(f ui.Field) bool { return !v.open(f.Name) })
}

// commands compute a SHA-256 with what each system has.
var commands = []struct{ System, Command string }{
	{"Linux", "sha256sum FILE"},
	{"macOS", "shasum -a 256 FILE"},
	{"Windows", "certutil -hashfile FILE SHA256"},
}
