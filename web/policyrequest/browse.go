package policyrequest

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// offersShown is how many policies a page tells of, sentences and all, unless its
// address asks for more.
const offersShown = 10

// browse shows the policies that the own partner can ask for, in sentences.
func (h handlers) browse(w http.ResponseWriter, r *http.Request) error {
	q := policyrequest.OfferList.Parse(r.URL.Query())
	if !r.URL.Query().Has("size") {
		q.Size = offersShown
	}
	offers, err := h.requests.Offers(r.Context(), page.Actor(r.Context()).Partner, q)
	if err != nil {
		return err
	}
	words, err := h.words.All(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, browsePage(offers, words))
}

// askForm is a new request as it was typed, with what the server says about it.
type askForm struct {
	ID         id.PolicyRequest
	Offer      policyrequest.Offer
	Words      *policydoc.Vocabulary
	Special    []string // attributes that need a line of why
	Comparable policyrequest.Comparable
	Typed      form.Values
	Errors     form.Errors
	Reason     string // why it could not be sent, if no field is to blame
}

// newForm asks for the policy that the address names. Without one the partner
// chooses first; one that it has asked for has a page already.
func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	pid, err := id.Parse[id.Policy](r.URL.Query().Get("policy"))
	if err != nil {
		return page.Redirect(w, r, browseURL)
	}
	f := askForm{ID: id.New[id.PolicyRequest]()}
	if err := h.fill(r, &f, pid); err != nil {
		return err
	}
	if f.Offer.RequestID != nil {
		return page.Redirect(w, r, showURL(*f.Offer.RequestID))
	}
	return page.Render(w, r, http.StatusOK, askPage(f))
}

// fill reads what the form is about.
func (h handlers) fill(r *http.Request, f *askForm, pid id.Policy) (err error) {
	ctx, partner := r.Context(), page.Actor(r.Context()).Partner
	if f.Offer, err = h.requests.Offer(ctx, partner, pid); err != nil {
		return err
	}
	if f.Words, err = h.words.All(ctx); err != nil {
		return err
	}
	f.Special = policyrequest.Special(f.Words, f.Offer.Kind, f.Offer.Document)
	f.Comparable, err = h.requests.Comparable(ctx, f.Words, f.Offer, partner)
	return err
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "policy", policyrequest.FieldReason, "need_*")
	if err != nil {
		return err
	}
	f := askForm{Typed: v}
	pid, err := id.Parse[id.Policy](v.Raw("policy"))
	if err != nil {
		return problem.ErrBadRequest // the form itself carries it
	}
	if f.ID, err = id.Parse[id.PolicyRequest](v.Raw("id")); err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	if err := h.fill(r, &f, pid); err != nil {
		return err
	}
	err = h.requests.Send(r.Context(), page.Actor(r.Context()), policyrequest.Input{
		ID: f.ID, Policy: pid, Answers: policyrequest.AnswersFor(f.Special, v.Text),
	})
	var already *policyrequest.AlreadyAskedError
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "policy_request.sent", "Policy", f.Offer.Name)
		return page.Redirect(w, r, showURL(f.ID))
	case errors.As(err, &already):
		page.Flash(r, "policy_request.already", "Policy", f.Offer.Name)
		return page.Redirect(w, r, showURL(already.ID))
	case invalid:
		f.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, askPage(f))
	case errors.Is(err, problem.ErrConflict):
		f.Reason = page.Meanwhile(r.Context(), err)
		return page.Render(w, r, http.StatusConflict, askPage(f))
	}
	return err
}

// need is the question what an attribute is needed for; how many comparable
// partners have it stands with it, where that can be said.
func (f askForm) need(ctx context.Context, name string) ui.Field {
	field := policyrequest.NeedField(name)
	q := ui.Field{
		Name: field, Label: label(ctx, f.Words, field), Hint: i18n.T(ctx, "policy_request.need.hint"), MaxLength: policyrequest.MaxReason, Rows: 3,
		Spellcheck: true, Value: f.Typed.Text(field), Error: f.Errors.For(field),
	}
	for _, s := range f.Comparable.Attributes {
		if s.Attribute == name {
			q.Hint = i18n.T(ctx, "policy_request.need.others", "Count", f.Comparable.Partners, "Having", s.Partners)
		}
	}
	return q
}

// offerFilters finds a policy by its words.
func offerFilters(ctx context.Context) []ui.FilterField {
	return []ui.FilterField{{Name: "q", Label: i18n.T(ctx, "policy_request.browse.search")}}
}
