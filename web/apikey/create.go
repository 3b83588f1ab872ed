package apikey

import (
	"errors"
	"net/http"
	"time"

	"portal/internal/apikey"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
)

// draft is the form for a new key as it was typed.
type draft struct {
	apikey.Input
	Grant  apikey.Grant
	Errors form.Errors
}

// newForm asks for a key of the grant in the address; without one, or with one
// that does not work, it offers those that do. Where something is missing for a
// key it says what, and where to get it.
func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	if h.keys.NeedsFactor(page.Actor(r.Context())) {
		return page.Render(w, r, http.StatusOK, needsFactorPage())
	}
	desk, err := h.keys.Desk(r.Context(), page.Actor(r.Context()).Partner)
	if err != nil {
		return err
	}
	if !ready(desk) {
		return page.Render(w, r, http.StatusOK, missingPage(desk))
	}
	g, ok := chosen(desk, r.URL.Query().Get("grant"))
	if !ok {
		return page.Render(w, r, http.StatusOK, choosePage(desk.Grants))
	}
	in := apikey.Input{ID: id.New[id.APIKey](), EndsOn: apikey.LastDay(desk.Today, g.EndsOn).Format(time.DateOnly)}
	return page.Render(w, r, http.StatusOK, newPage(draft{Input: in, Grant: g}))
}

// ready reports whether there is anything to make a key for, and nothing in the
// way of it.
func ready(d apikey.Desk) bool {
	return len(d.Grants) > 0 && d.Certificate && d.Live < apikey.MaxLive
}

// chosen is the grant that somebody chose, or the only one there is.
func chosen(d apikey.Desk, grant string) (apikey.Grant, bool) {
	for _, g := range d.Grants {
		if g.ID.String() == grant {
			return g, true
		}
	}
	if len(d.Grants) == 1 {
		return d.Grants[0], true
	}
	return apikey.Grant{}, false
}

// create shows the new key in its own answer, and never again (security.md
// KEY-1).
func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "grant", "label", "ends_on")
	if err != nil {
		return err
	}
	in := apikey.Input{Label: v.Text("label"), EndsOn: v.Text("ends_on")}
	if in.ID, err = id.Parse[id.APIKey](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	if in.Grant, err = id.Parse[id.PolicyRequest](v.Raw("grant")); err != nil {
		return problem.ErrBadRequest
	}
	made, err := h.keys.Create(r.Context(), page.Actor(r.Context()), in)
	switch {
	case err == nil:
		return page.Render(w, r, http.StatusOK, madePage(apikey.Full{Key: made.Key}, made.Token))
	case errors.Is(err, apikey.ErrShown):
		return shownBefore(w, r, in.ID)
	case errors.Is(err, apikey.ErrNeedsFactor):
		return page.Render(w, r, http.StatusForbidden, needsFactorPage())
	}
	errs, ok := form.Translate(r.Context(), err)
	if !ok {
		return err
	}
	return h.refuse(w, r, draft{Input: in, Errors: errs})
}

// refuse shows the form again with what is wrong. A grant that is not the
// partner's is no grant.
func (h handlers) refuse(w http.ResponseWriter, r *http.Request, d draft) error {
	g, err := h.keys.Grant(r.Context(), page.Actor(r.Context()).Partner, d.Input.Grant)
	if err != nil {
		return err
	}
	d.Grant = g
	return page.Render(w, r, http.StatusUnprocessableEntity, newPage(d))
}

// shownBefore answers a form that was sent before: its key was in the answer.
func shownBefore(w http.ResponseWriter, r *http.Request, kid id.APIKey) error {
	page.Flash(r, "api_key.shown_once")
	return page.Redirect(w, r, showURL(kid))
}
