package vocabulary

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// confirm says what deprecating will do and names the policies that use the
// term. Where there is nothing to decide the term's page says how things stand.
func (h handlers) confirm(w http.ResponseWriter, r *http.Request) error {
	t, err := h.load(r)
	if err != nil {
		return err
	}
	if t.DeprecatedSince != nil {
		return page.Redirect(w, r, showURL(t.ID))
	}
	return h.ask(w, r, http.StatusOK, t, "")
}

func (h handlers) ask(w http.ResponseWriter, r *http.Request, status int, t vocabulary.Term, reason string) error {
	use, err := h.terms.UsedBy(r.Context(), t)
	if err != nil {
		return err
	}
	return page.Render(w, r, status, confirmPage(t, use, reason))
}

func (h handlers) deprecate(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, true, h.terms.Deprecate)
}

func (h handlers) restore(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, false, h.terms.Restore)
}

type moveFunc func(ctx context.Context, a authz.Actor, tid id.Term, version int) error

func (h handlers) move(w http.ResponseWriter, r *http.Request, deprecate bool, do moveFunc) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	t, err := h.load(r)
	if err != nil {
		return err
	}
	switch err = do(r.Context(), h.actor(r), t.ID, v.Int("version")); {
	case err == nil:
		return moved(w, r, t, deprecate)
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, t, deprecate, err)
	}
	return err
}

// late answers who came second. If the term is as wanted (a second click, a
// colleague), that is no error: both see the same page (security.md CON-2).
func (h handlers) late(w http.ResponseWriter, r *http.Request, t vocabulary.Term, deprecate bool, conflict error) error {
	now, err := h.terms.Term(r.Context(), t.ID)
	if err != nil {
		return err
	}
	switch {
	case (now.DeprecatedSince != nil) == deprecate:
		return moved(w, r, now, deprecate)
	case deprecate:
		return h.ask(w, r, http.StatusConflict, now, reason(r.Context(), conflict))
	}
	return conflict
}

func moved(w http.ResponseWriter, r *http.Request, t vocabulary.Term, deprecate bool) error {
	key := "vocabulary.flash.restored"
	if deprecate {
		key = "vocabulary.flash.deprecated"
	}
	page.Flash(r, key, "Name", i18n.Isolate(t.Name))
	return page.Redirect(w, r, showURL(t.ID))
}
