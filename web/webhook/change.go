package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/webhook"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formPage is the form for an address as it stands.
type formPage struct {
	webhook.Input
	Version int
	Old     *webhook.Webhook // nil for a new one
	Reason  string           // who was faster; Old is then what they stored
	Errors  form.Errors
}

func (h handlers) blank(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, editPage(formPage{Input: webhook.Input{ID: id.New[id.Webhook](), All: true}}))
}

func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	if hook.Status == webhook.Deactivated { // its page says that this is over
		return page.Redirect(w, r, showURL(hook.ID))
	}
	in := webhook.Input{ID: hook.ID, URL: hook.URL, Description: hook.Description, All: len(hook.Types) == 0}
	for _, t := range hook.Types {
		in.Types = append(in.Types, webhook.Type(t))
	}
	return page.Render(w, r, http.StatusOK, editPage(formPage{Input: in, Version: hook.Version, Old: &hook}))
}

// typed reads the form's fields. Types are kept while "all" is chosen, so that
// nobody has to tick them again.
func typed(v form.Values) webhook.Input {
	in := webhook.Input{URL: v.Text("url"), Description: v.Text("description"), All: v.Raw("which") == "all"}
	for _, t := range v.All("types") {
		in.Types = append(in.Types, webhook.Type(t))
	}
	return in
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "url", "description", "which", "types[]")
	if err != nil {
		return err
	}
	f := formPage{Input: typed(v)}
	if f.ID, err = id.Parse[id.Webhook](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	secret, err := h.hooks.Create(r.Context(), page.Actor(r.Context()), f.Input)
	if errs, ok := form.Translate(r.Context(), err); ok {
		f.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(f))
	}
	if err != nil {
		return err
	}
	return h.reveal(w, r, f.ID, secret)
}

// reveal shows a secret in the answer to the form that made it. The form sent
// again made nothing, so there is nothing to show: the address's page says what to
// do.
func (h handlers) reveal(w http.ResponseWriter, r *http.Request, wid id.Webhook, secret webhook.Secret) error {
	if secret.IsZero() {
		page.Flash(r, "webhook.flash.shown_before")
		return page.Redirect(w, r, showURL(wid))
	}
	hook, err := h.hooks.Webhook(r.Context(), wid)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, secretPage(hook, secret))
}

func (h handlers) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "url", "description", "which", "types[]")
	if err != nil {
		return err
	}
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{Input: typed(v), Version: v.Int("version"), Old: &hook}
	f.ID = hook.ID
	err = h.hooks.Edit(r.Context(), page.Actor(r.Context()), hook.ID, f.Version, f.Input)
	if errs, ok := form.Translate(r.Context(), err); ok {
		f.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(f))
	}
	switch {
	case err == nil, errors.Is(err, problem.ErrConflict) && f.same(hook):
		page.Flash(r, "webhook.flash.edited", "Name", f.Description)
		return page.Redirect(w, r, showURL(hook.ID))
	case errors.Is(err, problem.ErrConflict) && hook.Status != webhook.Deactivated:
		f.Version, f.Reason = hook.Version, page.Meanwhile(r.Context(), err)
		return page.Render(w, r, http.StatusConflict, editPage(f))
	}
	return err
}

// same reports whether an address already is what the form says: it was sent
// twice.
func (f formPage) same(w webhook.Webhook) bool {
	return w.URL == f.URL && w.Description == f.Description && f.All == (len(w.Types) == 0) &&
		(f.All || len(f.Types) == len(w.Types) && !slices.ContainsFunc(f.Types, func(t webhook.Type) bool { return !slices.Contains(w.Types, string(t)) }))
}

func (f formPage) title(ctx context.Context) string {
	if f.Old == nil {
		return i18n.T(ctx, "webhook.new.title")
	}
	return i18n.T(ctx, "webhook.edit.title", "Name", f.Old.Description)
}

func (f formPage) action() string {
	if f.Old == nil {
		return listURL
	}
	return showURL(f.Old.ID)
}

func (f formPage) back(ctx context.Context) *ui.Link {
	if f.Old == nil {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "webhook.title")}
	}
	return &ui.Link{Href: showURL(f.Old.ID), Text: f.Old.Description}
}

func (h handlers) pause(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, webhook.Paused, h.hooks.Pause)
}

func (h handlers) resume(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, webhook.Active, h.hooks.Resume)
}

func (h handlers) deactivate(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, webhook.Deactivated, h.hooks.Deactivate)
}

type moveFunc func(ctx context.Context, a authz.Actor, wid id.Webhook, version int) error

// move carries out what a button says. If the address is as wanted already (a
// second click, a colleague), that is no error (security.md CON-2).
func (h handlers) move(w http.ResponseWriter, r *http.Request, to webhook.Status, do moveFunc) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	err = do(r.Context(), page.Actor(r.Context()), hook.ID, v.Int("version"))
	if errors.Is(err, problem.ErrConflict) {
		now, loadErr := h.hooks.Webhook(r.Context(), hook.ID)
		if loadErr != nil {
			return loadErr
		}
		if now.Status == to {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	page.Flash(r, "webhook.flash."+string(to), "Name", hook.Description)
	return page.Redirect(w, r, showURL(hook.ID))
}

func (h handlers) askDeactivate(w http.ResponseWriter, r *http.Request) error {
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	if hook.Status == webhook.Deactivated {
		return page.Redirect(w, r, showURL(hook.ID))
	}
	return page.Render(w, r, http.StatusOK, deactivatePage(hook))
}

func (h handlers) askRotate(w http.ResponseWriter, r *http.Request) error {
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	if hook.Status == webhook.Deactivated {
		return page.Redirect(w, r, showURL(hook.ID))
	}
	return page.Render(w, r, http.StatusOK, rotatePage(hook, "day", form.Errors{}))
}

func (h handlers) rotate(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "overlap")
	if err != nil {
		return err
	}
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	secret, err := h.hooks.Rotate(r.Context(), page.Actor(r.Context()), hook.ID, v.Int("version"), v.Raw("overlap"))
	if errs, ok := form.Translate(r.Context(), err); ok {
		return page.Render(w, r, http.StatusUnprocessableEntity, rotatePage(hook, v.Raw("overlap"), errs))
	}
	if byOneself(err) { // a second click: the first one made a secret
		return h.reveal(w, r, hook.ID, webhook.Secret{})
	}
	if err != nil {
		return err
	}
	return h.reveal(w, r, hook.ID, secret)
}

// byOneself tells whether a page is stale only because of its own reader.
func byOneself(err error) bool {
	var stale *problem.ConflictError
	return errors.As(err, &stale) && stale.Key == "problem.changed_by_you"
}

func (h handlers) test(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	if err := h.hooks.SendTest(r.Context(), page.Actor(r.Context()), hook.ID, v.Int("version")); err != nil && !byOneself(err) {
		return err
	}
	page.Flash(r, "webhook.flash.tested")
	return page.Redirect(w, r, showURL(hook.ID))
}

func (h handlers) resend(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "resends")
	if err != nil {
		return err
	}
	d, err := h.loadDelivery(r)
	if err != nil {
		return err
	}
	if err := h.hooks.Resend(r.Context(), page.Actor(r.Context()), d.ID, v.Int("resends")); err != nil {
		return err
	}
	page.Flash(r, "webhook.flash.resent")
	return page.Redirect(w, r, deliveryURL(d.ID))
}
