package apikey

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"portal/internal/apikey"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/tokens"
)

// question is a page that asks before something is done, as it was answered.
type question struct {
	apikey.Full
	Overlap string
	Why     string // the reason that was typed
	Reason  string // who changed the key since the page was opened
	Errors  form.Errors
}

func (h handlers) askRotate(w http.ResponseWriter, r *http.Request) error {
	k, err := h.key(r)
	if err != nil {
		return err
	}
	if k.Standing != apikey.Works { // its page says what stops it
		return page.Redirect(w, r, showURL(k.ID))
	}
	return page.Render(w, r, http.StatusOK, rotatePage(question{Full: k}))
}

// rotate shows the new secret in its own answer, and never again (security.md
// KEY-1).
func (h handlers) rotate(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "overlap")
	if err != nil {
		return err
	}
	k, err := h.key(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	q := question{Full: k, Overlap: v.Raw("overlap")}
	made, err := h.keys.Rotate(ctx, page.Actor(ctx), k.ID, v.Int("version"), tokens.Overlap(q.Overlap))
	if err == nil {
		now, err := h.keys.Key(ctx, page.Actor(ctx).Scope(), k.ID)
		if err != nil {
			return err
		}
		return page.Render(w, r, http.StatusOK, madePage(now, made.Token))
	}
	if errs, ok := form.Translate(ctx, err); ok {
		q.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, rotatePage(q))
	}
	switch {
	case errors.Is(err, apikey.ErrShown):
		return shownBefore(w, r, k.ID)
	case errors.Is(err, problem.ErrConflict) && k.Standing == apikey.Works:
		q.Reason = reason(ctx, err)
		return page.Render(w, r, http.StatusConflict, rotatePage(q))
	}
	return err
}

// reason says what happened meanwhile, as far as that is known.
func reason(ctx context.Context, err error) string {
	return cmp.Or(page.Meanwhile(ctx, err), i18n.T(ctx, "page.conflict.title"))
}

func (h handlers) askDeactivate(w http.ResponseWriter, r *http.Request) error {
	k, err := h.key(r)
	if err != nil {
		return err
	}
	if k.Status != apikey.Active {
		return page.Redirect(w, r, showURL(k.ID))
	}
	return page.Render(w, r, http.StatusOK, deactivatePage(question{Full: k}))
}

// deactivate carries it out for the key that the page showed. Who comes second
// wanted the same and sees the same page (security.md CON-2).
func (h handlers) deactivate(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "reason")
	if err != nil {
		return err
	}
	k, err := h.key(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	q := question{Full: k, Why: v.Text("reason")}
	err = h.keys.Deactivate(ctx, page.Actor(ctx), k.ID, v.Int("version"), q.Why)
	if errs, ok := form.Translate(ctx, err); ok {
		q.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, deactivatePage(q))
	}
	if errors.Is(err, problem.ErrConflict) {
		q.Reason = reason(ctx, err)
		return page.Render(w, r, http.StatusConflict, deactivatePage(q))
	}
	if err != nil {
		return err
	}
	page.Flash(r, "api_key.flash.deactivated", "Label", k.Label)
	return page.Redirect(w, r, showURL(k.ID))
}
