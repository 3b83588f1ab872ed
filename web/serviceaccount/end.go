package serviceaccount

import (
	"errors"
	"net/http"

	"portal/internal/problem"
	"portal/internal/serviceaccount"
	"portal/web/form"
	"portal/web/page"
	"portal/web/tokens"
)

// question is a page that asks before something is done, as it was answered.
type question struct {
	serviceaccount.Full
	Overlap string
	Reason  string // who changed the account since the page was opened
	Errors  form.Errors
}

func (h handlers) askRotate(w http.ResponseWriter, r *http.Request) error {
	a, err := h.account(r)
	if err != nil {
		return err
	}
	if !a.Works() { // its page says why
		return page.Redirect(w, r, showURL(a.ID))
	}
	return page.Render(w, r, http.StatusOK, rotatePage(question{Full: a}))
}

// rotate shows the new token in its own answer, and never again (security.md
// KEY-1).
func (h handlers) rotate(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "overlap")
	if err != nil {
		return err
	}
	a, err := h.account(r)
	if err != nil {
		return err
	}
	q := question{Full: a, Overlap: v.Raw("overlap")}
	made, err := h.accounts.Rotate(r.Context(), page.Actor(r.Context()), a.ID, v.Int("version"), tokens.Overlap(q.Overlap))
	if err == nil {
		now, err := h.accounts.Account(r.Context(), a.ID)
		if err != nil {
			return err
		}
		return page.Render(w, r, http.StatusOK, madePage(now, made.Token))
	}
	if errs, ok := form.Translate(r.Context(), err); ok {
		q.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, rotatePage(q))
	}
	switch {
	case errors.Is(err, serviceaccount.ErrShown):
		return shownBefore(w, r, a.ID)
	case errors.Is(err, problem.ErrConflict) && a.Works():
		q.Reason = reason(r.Context(), err)
		return page.Render(w, r, http.StatusConflict, rotatePage(q))
	}
	return err
}

func (h handlers) askDeactivate(w http.ResponseWriter, r *http.Request) error {
	a, err := h.account(r)
	if err != nil {
		return err
	}
	if a.Status != serviceaccount.Active {
		return page.Redirect(w, r, showURL(a.ID))
	}
	return page.Render(w, r, http.StatusOK, deactivatePage(question{Full: a}))
}

// deactivate carries it out for the account that the page showed. Who comes
// second wanted the same and sees the same page (security.md CON-2).
func (h handlers) deactivate(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	a, err := h.account(r)
	if err != nil {
		return err
	}
	err = h.accounts.Deactivate(r.Context(), page.Actor(r.Context()), a.ID, v.Int("version"))
	if errors.Is(err, problem.ErrConflict) {
		return page.Render(w, r, http.StatusConflict, deactivatePage(question{Full: a, Reason: reason(r.Context(), err)}))
	}
	if err != nil {
		return err
	}
	page.Flash(r, "service_account.flash.deactivated", "Name", a.Name)
	return page.Redirect(w, r, showURL(a.ID))
}
