// Package assignment draws whose work something is that waits for a decision,
// and lets it be taken, given back or assigned. It decides nothing; package
// assignment in internal does.
package assignment

import (
	"context"
	"io"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/thing"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
	"portal/web/ui"
)

const (
	takeURL     = "/assignments/take"
	assignURL   = "/assignments/assign"
	giveBackURL = "/assignments/give-back"
)

type handlers struct{ work *assignment.Service }

// Routes are the rows of assignments; all need note.write, and what waits must
// be something that the reader may decide on.
func Routes(work *assignment.Service) []route.Route {
	h := handlers{work: work}
	needs := route.Needs(authz.NoteWrite)
	return []route.Route{
		route.Post(takeURL, needs, h.take),
		route.Post(assignURL, needs, h.assign),
		route.Post(giveBackURL, needs, h.giveBack),
	}
}

// sent is what each form says.
type sent struct {
	kind     audit.Kind
	of       string
	seen, to id.User
	typed    string
}

func parse(r *http.Request, more ...string) (sent, error) {
	v, err := form.Parse(r, append(more, "kind", "of", "seen")...)
	if err != nil {
		return sent{}, err
	}
	s := sent{kind: audit.Kind(v.Raw("kind")), of: v.Raw("of"), typed: v.Raw("to")}
	if seen := v.Raw("seen"); seen != "" {
		if s.seen, err = id.Parse[id.User](seen); err != nil {
			return sent{}, problem.ErrBadRequest
		}
	}
	if to, err := id.Parse[id.User](s.typed); err == nil {
		s.to = to
	}
	return s, nil
}

func (h handlers) take(w http.ResponseWriter, r *http.Request) error {
	s, err := parse(r)
	if err != nil {
		return err
	}
	a := page.Actor(r.Context())
	return h.done(w, r, s, "assignment.taken", h.work.Assign(r.Context(), a, s.kind, s.of, a.User, s.seen))
}

func (h handlers) assign(w http.ResponseWriter, r *http.Request) error {
	s, err := parse(r, "to")
	if err != nil {
		return err
	}
	err = h.work.Assign(r.Context(), page.Actor(r.Context()), s.kind, s.of, s.to, s.seen)
	wrong, invalid := form.Translate(r.Context(), err)
	if !invalid {
		return h.done(w, r, s, "assignment.assigned", err)
	}
	now, err := h.work.Of(r.Context(), page.Actor(r.Context()), s.kind, s.of)
	if err != nil {
		return err
	}
	people, err := h.work.Colleagues(r.Context(), s.kind)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, assignPage(panel{Work: now, Colleagues: people, Errors: wrong}))
}

func (h handlers) giveBack(w http.ResponseWriter, r *http.Request) error {
	s, err := parse(r)
	if err != nil {
		return err
	}
	return h.done(w, r, s, "assignment.given_back", h.work.GiveBack(r.Context(), page.Actor(r.Context()), s.kind, s.of, s.seen))
}

// done leads back to the thing and says what came of it.
func (h handlers) done(w http.ResponseWriter, r *http.Request, s sent, told string, err error) error {
	if err != nil {
		return err
	}
	now, err := h.work.Of(r.Context(), page.Actor(r.Context()), s.kind, s.of)
	if err != nil {
		return err
	}
	page.Flash(r, told, "Name", now.Name)
	return page.Redirect(w, r, now.Path())
}

// panel is what the piece on a thing's page shows.
type panel struct {
	assignment.Work
	Colleagues []assignment.Person // who may decide, but for its holder
	Errors     form.Errors
}

// Panel says on the page of a thing that waits whose work it is, to those who may
// decide on it; to others, and where nothing waits, it draws nothing.
func Panel(work *assignment.Service) func(ctx context.Context, kind audit.Kind, of string) templ.Component {
	return func(ctx context.Context, kind audit.Kind, of string) templ.Component {
		a := page.Actor(ctx)
		if may := thing.Decides(kind); may == "" || !a.May(may) {
			return templ.NopComponent
		}
		now, err := work.Of(ctx, a, kind, of)
		if err != nil {
			return failed(err)
		}
		if !now.Waits() {
			return templ.NopComponent
		}
		people, err := work.Colleagues(ctx, kind)
		if err != nil {
			return failed(err)
		}
		return workPanel(panel{Work: now, Colleagues: people})
	}
}

// Warning says on the page of a decision that the thing is a colleague's work.
func Warning(work *assignment.Service) func(ctx context.Context, kind audit.Kind, of string) templ.Component {
	return func(ctx context.Context, kind audit.Kind, of string) templ.Component {
		now, err := work.Of(ctx, page.Actor(ctx), kind, of)
		switch {
		case err != nil:
			return failed(err)
		case now.Holder.Name == "" || now.Holder.ID == page.Actor(ctx).User:
			return templ.NopComponent
		}
		return warning(now)
	}
}

// Mine is what the reader took on and what still waits, for a home page; nothing
// for who decides on nothing, or took nothing on.
func Mine(work *assignment.Service) func(ctx context.Context) templ.Component {
	return func(ctx context.Context) templ.Component {
		a := page.Actor(ctx)
		if !a.May(authz.NoteWrite) {
			return templ.NopComponent
		}
		items, err := work.Mine(ctx, a)
		switch {
		case err != nil:
			return failed(err)
		case len(items) == 0:
			return templ.NopComponent
		}
		return minePanel(items)
	}
}

// failed makes the page fail, before its first byte went out.
func failed(err error) templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
}

func (p panel) mine(ctx context.Context) bool { return p.Holder.ID == page.Actor(ctx).User }

// seen is the holder as the forms send it back.
func (p panel) seen() string {
	if id.IsZero(p.Holder.ID) {
		return ""
	}
	return p.Holder.ID.String()
}

// sentence says whose work it is.
func (p panel) sentence(ctx context.Context) string {
	ago := i18n.Ago(ctx, p.Since, page.Now(ctx))
	switch {
	case p.Holder.Name == "":
		return i18n.T(ctx, "assignment.nobody")
	case p.mine(ctx):
		return i18n.T(ctx, "assignment.mine", "Ago", ago)
	}
	return i18n.T(ctx, "assignment.theirs", "Name", i18n.Isolate(p.Holder.Name), "Ago", ago)
}

// others are the colleagues whom it can be assigned to.
func (p panel) others(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, c := range p.Colleagues {
		if c.ID != p.Holder.ID && c.ID != page.Actor(ctx).User {
			options = append(options, ui.Option{Value: c.ID.String(), Text: c.Name})
		}
	}
	return options
}
