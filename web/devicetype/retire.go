package devicetype

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// confirm says what retiring will do and how many devices are of the kind. Where
// there is nothing to decide the type's page says how things stand.
func (h handlers) confirm(w http.ResponseWriter, r *http.Request) error {
	s, err := h.load(r)
	if err != nil {
		return err
	}
	if s.retired() {
		return page.Redirect(w, r, s.home())
	}
	return h.ask(w, r, http.StatusOK, s, "")
}

func (h handlers) ask(w http.ResponseWriter, r *http.Request, status int, s subject, reason string) error {
	use, err := h.types.UseOf(r.Context(), s.Type.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, status, confirmPage(s, usage(use).live(s), reason))
}

func (h handlers) retire(w http.ResponseWriter, r *http.Request) error { return h.move(w, r, true) }

func (h handlers) restore(w http.ResponseWriter, r *http.Request) error { return h.move(w, r, false) }

func (h handlers) move(w http.ResponseWriter, r *http.Request, retire bool) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	s, err := h.load(r)
	if err != nil {
		return err
	}
	switch err = h.do(r, s, v.Int("version"), retire); {
	case err == nil:
		return moved(w, r, s, retire)
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, retire, err)
	}
	return err
}

func (h handlers) do(r *http.Request, s subject, version int, retire bool) error {
	ctx, a := r.Context(), h.actor(r)
	switch {
	case s.OfSub && retire:
		return h.types.RetireSubType(ctx, a, s.Type.ID, s.Sub.ID, version)
	case s.OfSub:
		return h.types.RestoreSubType(ctx, a, s.Type.ID, s.Sub.ID, version)
	case retire:
		return h.types.Retire(ctx, a, s.Type.ID, version)
	}
	return h.types.Restore(ctx, a, s.Type.ID, version)
}

// late answers who came second. If all is as wanted (a second click, a colleague),
// that is no error: both see the same page (security.md CON-2).
func (h handlers) late(w http.ResponseWriter, r *http.Request, retire bool, conflict error) error {
	now, err := h.load(r)
	if err != nil {
		return err
	}
	switch {
	case now.retired() == retire:
		return moved(w, r, now, retire)
	case retire:
		return h.ask(w, r, http.StatusConflict, now, reason(r.Context(), conflict))
	}
	return conflict
}

func moved(w http.ResponseWriter, r *http.Request, s subject, retire bool) error {
	key := "flash.restored"
	if retire {
		key = "flash.retired"
	}
	page.Flash(r, s.key(key), "Name", s.name(r.Context()))
	return page.Redirect(w, r, s.home())
}

// retireTitle asks whether to retire the subject.
func (s subject) retireTitle(ctx context.Context) string {
	args := []any{"Name", s.name(ctx)}
	if s.OfSub {
		args = append(args, "Type", s.of(ctx))
	}
	return i18n.T(ctx, s.key("retire.title"), args...)
}
