// Package note is where staff write internal notes: the piece that stands beside
// a thing's history, and the pages to change or remove one's own. Who may read
// and write which, internal/note decides.
package note

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/note"
	"portal/internal/problem"
	"portal/internal/thing"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

const listURL = "/notes"

func editURL(n note.Note) string   { return listURL + "/" + n.ID.String() + "/edit" }
func saveURL(n note.Note) string   { return listURL + "/" + n.ID.String() }
func removeURL(n note.Note) string { return listURL + "/" + n.ID.String() + "/remove" }

// home is where the notes about a thing stand.
func home(t thing.Thing) string { return t.Path() + "#notes" }

type handlers struct{ notes *note.Service }

// Routes are the rows of notes; all need note.write, and each note's thing must
// be one that the reader may open.
func Routes(notes *note.Service) []route.Route {
	h := handlers{notes: notes}
	needs := route.Needs(authz.NoteWrite)
	return []route.Route{
		route.Post(listURL, needs, h.add),
		route.Get(listURL+"/{id}/edit", needs, h.editForm),
		route.Post(listURL+"/{id}", needs, h.save),
		route.Get(listURL+"/{id}/remove", needs, h.confirm),
		route.Post(listURL+"/{id}/remove", needs, h.remove),
	}
}

// Beside puts the notes about a thing beside its history, for those who may read
// them; other readers get the history alone. The read happens while the page is
// rendered into its buffer; an error there becomes the error page.
func Beside(notes *note.Service, history func(context.Context, audit.Kind, string) templ.Component) func(context.Context, audit.Kind, string) templ.Component {
	return func(ctx context.Context, kind audit.Kind, of string) templ.Component {
		told := history(ctx, kind, of)
		if !note.Reads(page.Actor(ctx), kind) {
			return told
		}
		found, err := notes.Of(ctx, page.Actor(ctx), kind, of)
		if err != nil {
			return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
		}
		return beside(told, found, draft{ID: id.New[id.Note](), Kind: kind, Of: of})
	}
}

// draft is a note as it is being written.
type draft struct {
	ID      id.Note
	Kind    audit.Kind
	Of      string
	Name    string // of the thing
	Version int    // of the note; 0: a new one
	Text    string
	Errors  form.Errors
	Changed string // what happened since the page was opened
}

func (d draft) title(ctx context.Context) string {
	if d.Version == 0 {
		return i18n.T(ctx, "note.new", "Name", d.Name)
	}
	return i18n.T(ctx, "note.edit.title", "Name", d.Name)
}

func (h handlers) add(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "kind", "of", "internal_note")
	if err != nil {
		return err
	}
	ctx := r.Context()
	d := draft{Kind: audit.Kind(v.Raw("kind")), Of: v.Raw("of"), Text: v.Raw("internal_note")}
	if d.ID, err = id.Parse[id.Note](v.Raw("id")); err != nil {
		return problem.ErrBadRequest
	}
	err = h.notes.Add(ctx, page.Actor(ctx), d.ID, d.Kind, d.Of, d.Text)
	wrong, invalid := form.Translate(ctx, err)
	if err != nil && !invalid {
		return err
	}
	t, findErr := h.notes.About(ctx, page.Actor(ctx), d.Kind, d.Of)
	if findErr != nil {
		return findErr
	}
	if invalid {
		d.Name, d.Errors = t.Name, wrong
		return page.Render(w, r, http.StatusUnprocessableEntity, draftPage(d, home(t)))
	}
	page.Flash(r, "note.added")
	return page.Redirect(w, r, home(t))
}

// load finds the note of the address and what it is about.
func (h handlers) load(r *http.Request) (note.Note, thing.Thing, error) {
	nid, err := id.Parse[id.Note](chi.URLParam(r, "id"))
	if err != nil {
		return note.Note{}, thing.Thing{}, err
	}
	return h.notes.Note(r.Context(), page.Actor(r.Context()), nid)
}

// editForm leads back to the notes where nothing can be changed any more.
func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	n, t, err := h.load(r)
	if err != nil {
		return err
	}
	if !n.Editable(page.Actor(r.Context()), page.Now(r.Context())) {
		return page.Redirect(w, r, home(t))
	}
	return page.Render(w, r, http.StatusOK, draftPage(draftOf(n, t, n.Text), home(t)))
}

func draftOf(n note.Note, t thing.Thing, text string) draft {
	return draft{ID: n.ID, Kind: t.Kind, Of: t.ID, Name: t.Name, Version: n.Version, Text: text}
}

func (h handlers) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "internal_note")
	if err != nil {
		return err
	}
	n, t, err := h.load(r)
	if err != nil {
		return err
	}
	ctx, text := r.Context(), v.Raw("internal_note")
	err = h.notes.Edit(ctx, page.Actor(ctx), n.ID, v.Int("version"), text)
	wrong, invalid := form.Translate(ctx, err)
	d := draftOf(n, t, text)
	switch {
	case err == nil:
		page.Flash(r, "note.saved")
		return page.Redirect(w, r, home(t))
	case invalid:
		d.Errors = wrong
		return page.Render(w, r, http.StatusUnprocessableEntity, draftPage(d, home(t)))
	case errors.Is(err, problem.ErrConflict):
		d.Changed = page.Meanwhile(ctx, err)
		return page.Render(w, r, http.StatusConflict, stalePage(d, n, home(t), n.Editable(page.Actor(ctx), page.Now(ctx))))
	}
	return err
}

func (h handlers) confirm(w http.ResponseWriter, r *http.Request) error {
	n, t, err := h.load(r)
	if err != nil {
		return err
	}
	if !n.Mine(page.Actor(r.Context())) {
		return page.Redirect(w, r, home(t))
	}
	return page.Render(w, r, http.StatusOK, removePage(n, t))
}

func (h handlers) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	n, t, err := h.load(r)
	if err != nil {
		return err
	}
	if err := h.notes.Remove(r.Context(), page.Actor(r.Context()), n.ID); err != nil {
		return err
	}
	page.Flash(r, "note.gone")
	return page.Redirect(w, r, home(t))
}

// action is the address that the form is sent to.
func (d draft) action() string {
	if d.Version == 0 {
		return listURL
	}
	return saveURL(note.Note{ID: d.ID})
}
