package policygroup

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formPage is the form as it was typed, with what the server says about it.
type formPage struct {
	policy.GroupInput
	Version int           // of the row when the form was made
	Old     *policy.Group // what is stored; nil for a new group
	Reason  string        // who was faster; Old is then what they stored
	Made    *policy.Group // what this form, sent before with other words, made already
	Errors  form.Errors
}

func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, editPage(formPage{GroupInput: policy.GroupInput{ID: id.New[id.PolicyGroup]()}}))
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	g, err := h.load(r)
	if err != nil {
		return err
	}
	in := policy.GroupInput{Name: g.Name, Description: g.Description}
	return page.Render(w, r, http.StatusOK, editPage(formPage{GroupInput: in, Version: g.Version, Old: &g}))
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "name", "description")
	if err != nil {
		return err
	}
	f := formPage{GroupInput: policy.GroupInput{Name: v.Text("name"), Description: v.Text("description")}}
	if f.ID, err = id.Parse[id.PolicyGroup](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	g, err := h.policies.CreateGroup(r.Context(), h.actor(r), f.GroupInput)
	switch {
	case err == nil:
		page.Flash(r, "policy_group.flash.created", "Name", g.Name)
		return page.Redirect(w, r, showURL(g.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.sentBefore(w, r, f, err)
	default:
		return refuse(w, r, f, err)
	}
}

// sentBefore answers a form that made a group already and came back with other
// words. Sent once more it makes a second group, now that the person knows.
func (h handlers) sentBefore(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	made, err := h.policies.Group(r.Context(), f.ID)
	if err != nil {
		return conflict
	}
	f.Made, f.ID = &made, id.New[id.PolicyGroup]()
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

func (h handlers) update(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "name", "description")
	if err != nil {
		return err
	}
	old, err := h.load(r)
	if err != nil {
		return err
	}
	f := formPage{GroupInput: policy.GroupInput{Name: v.Text("name"), Description: v.Text("description")}, Version: v.Int("version"), Old: &old}
	g, err := h.policies.EditGroup(r.Context(), h.actor(r), old.ID, f.Version, f.GroupInput)
	switch {
	case err == nil:
		page.Flash(r, "policy_group.flash.edited", "Name", g.Name)
		return page.Redirect(w, r, showURL(g.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.stale(w, r, f, err)
	default:
		return refuse(w, r, f, err)
	}
}

// stale answers a form whose group changed meanwhile. The same form sent twice
// is no conflict. Otherwise both texts are shown, and saving again, now knowing
// what is there, stores this one on top (security.md CON-1).
func (h handlers) stale(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	now, err := h.policies.Group(r.Context(), f.Old.ID)
	if err != nil {
		return err
	}
	if now.Name == f.Name && now.Description == f.Description {
		page.Flash(r, "policy_group.flash.edited", "Name", now.Name)
		return page.Redirect(w, r, showURL(now.ID))
	}
	f.Old, f.Version, f.Reason = &now, now.Version, reason(r.Context(), conflict)
	return page.Render(w, r, http.StatusConflict, editPage(f))
}

// refuse shows the form again with what is wrong; other errors go on.
func refuse(w http.ResponseWriter, r *http.Request, f formPage, err error) error {
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

func (f formPage) title(ctx context.Context) string {
	if f.Old == nil {
		return i18n.T(ctx, "policy_group.new")
	}
	return i18n.T(ctx, "policy_group.edit", "Name", f.Old.Name)
}

// action is the address that the form is sent to.
func (f formPage) action() string {
	if f.Old == nil {
		return listURL
	}
	return showURL(f.Old.ID)
}

// back is where the form was opened from.
func (f formPage) back(ctx context.Context) *ui.Link {
	if f.Old == nil {
		return &ui.Link{Href: listURL, Text: i18n.T(ctx, "policy_group.back")}
	}
	return &ui.Link{Href: showURL(f.Old.ID), Text: i18n.T(ctx, "policy_group.back_to_one")}
}
