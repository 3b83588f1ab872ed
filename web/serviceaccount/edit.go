package serviceaccount

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/serviceaccount"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// draft is the form as it was typed, with what the server says about it.
type draft struct {
	serviceaccount.Input
	Version int                  // of the row when the form was made
	Old     *serviceaccount.Full // what is stored; nil for a new account
	Reason  string               // who was faster; Old is then what they stored
	Errors  form.Errors
}

func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	in := serviceaccount.Input{
		ID: id.New[id.ServiceAccount](), EndsOn: h.accounts.Today().AddDate(0, 0, serviceaccount.MaxDays).Format(time.DateOnly),
	}
	return page.Render(w, r, http.StatusOK, editPage(draft{Input: in}))
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	a, err := h.account(r)
	if err != nil {
		return err
	}
	if a.Status != serviceaccount.Active { // its page says that this is final
		return page.Redirect(w, r, showURL(a.ID))
	}
	return page.Render(w, r, http.StatusOK, editPage(draft{Input: inputOf(a), Version: a.Version, Old: &a}))
}

// inputOf is what a form would have to say to leave the account as it is.
func inputOf(a serviceaccount.Full) serviceaccount.Input {
	return serviceaccount.Input{Name: a.Name, Description: a.Description, Rights: a.Rights, EndsOn: a.EndsOn.Format(time.DateOnly)}
}

func posted(v form.Values) serviceaccount.Input {
	return serviceaccount.Input{Name: v.Text("name"), Description: v.Text("description"), Rights: v.All("rights"), EndsOn: v.Text("ends_on")}
}

// create shows the new account's token in its own answer, and never again
// (security.md KEY-1).
func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "name", "description", "rights[]", "ends_on")
	if err != nil {
		return err
	}
	f := draft{Input: posted(v)}
	if f.ID, err = id.Parse[id.ServiceAccount](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	made, err := h.accounts.Create(r.Context(), page.Actor(r.Context()), f.Input)
	switch {
	case err == nil:
		return page.Render(w, r, http.StatusOK, madePage(serviceaccount.Full{Account: made.Account}, made.Token))
	case errors.Is(err, serviceaccount.ErrShown):
		return shownBefore(w, r, f.ID)
	}
	return refuse(w, r, f, err)
}

// shownBefore answers a form that was sent before: its token was in the answer.
func shownBefore(w http.ResponseWriter, r *http.Request, said id.ServiceAccount) error {
	page.Flash(r, "service_account.shown_once")
	return page.Redirect(w, r, showURL(said))
}

func (h handlers) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "name", "description", "rights[]", "ends_on")
	if err != nil {
		return err
	}
	old, err := h.account(r)
	if err != nil {
		return err
	}
	f := draft{Input: posted(v), Version: v.Int("version"), Old: &old}
	err = h.accounts.Edit(r.Context(), page.Actor(r.Context()), old.ID, f.Version, f.Input)
	switch {
	case err == nil:
		return saved(w, r, old.ID, f.Name)
	case errors.Is(err, problem.ErrConflict):
		return h.stale(w, r, f, err)
	}
	return refuse(w, r, f, err)
}

func saved(w http.ResponseWriter, r *http.Request, said id.ServiceAccount, name string) error {
	page.Flash(r, "service_account.flash.edited", "Name", name)
	return page.Redirect(w, r, showURL(said))
}

// stale answers a form whose account changed meanwhile. The same form sent twice
// is no conflict. Otherwise both are shown, and saving again, now knowing what is
// there, stores this one on top (security.md CON-1).
func (h handlers) stale(w http.ResponseWriter, r *http.Request, f draft, conflict error) error {
	now, err := h.accounts.Account(r.Context(), f.Old.ID)
	if err != nil {
		return err
	}
	if now.Status != serviceaccount.Active {
		return conflict
	}
	if same(inputOf(now), f.Input) {
		return saved(w, r, now.ID, now.Name)
	}
	f.Old, f.Version, f.Reason = &now, now.Version, reason(r.Context(), conflict)
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

// same compares two answers; the rights of both are in the order of the form.
func same(a, b serviceaccount.Input) bool {
	return a.Name == b.Name && a.Description == b.Description && a.EndsOn == b.EndsOn && slices.Equal(a.Rights, b.Rights)
}

// refuse shows the form again with what is wrong; other errors go on.
func refuse(w http.ResponseWriter, r *http.Request, f draft, err error) error {
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

func (f draft) title(ctx context.Context) string {
	if f.Old == nil {
		return i18n.T(ctx, "service_account.new.title")
	}
	return i18n.T(ctx, "service_account.edit.title", "Name", f.Old.Name)
}

// action is the address that the form is sent to, back where it was opened from.
func (f draft) action() string {
	if f.Old == nil {
		return listURL
	}
	return showURL(f.Old.ID)
}

func (f draft) back(ctx context.Context) *ui.Link {
	if f.Old == nil {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "service_account.back")}
	}
	return &ui.Link{Href: showURL(f.Old.ID), Text: i18n.T(ctx, "service_account.back_to_one")}
}
