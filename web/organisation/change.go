package organisation

import (
	"errors"
	"net/http"
	"time"

	"portal/internal/challenge"
	"portal/internal/organisation"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
)

// changeForm asks for a change that a Partner Admin decides.
type changeForm struct {
	organisation.Profile
	Field  organisation.Field
	Value  string // as typed
	Why    string
	Late   string // what stands in the way by now
	Errors form.Errors
}

// name asks for another name, or says that a change waits.
func (h handlers) name(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r.Context())
	if err != nil {
		return err
	}
	if p.Open(organisation.Name) != nil { // the page says so
		return page.Redirect(w, r, showURL)
	}
	return page.Render(w, r, http.StatusOK, changePage(changeForm{Profile: p, Field: organisation.Name, Value: p.Organisation}))
}

func (h handlers) askName(w http.ResponseWriter, r *http.Request) error {
	return h.ask(w, r, organisation.Name, func(value, why string) error {
		return h.organisations.AskName(r.Context(), page.Actor(r.Context()), value, why)
	}, "organisation.name.asked", showURL)
}

func (h handlers) askEmail(w http.ResponseWriter, r *http.Request) error {
	return h.ask(w, r, organisation.Address, func(value, why string) error {
		return h.organisations.AskAddress(r.Context(), page.Actor(r.Context()), value, why)
	}, "", emailURL)
}

// ask sends a change that was typed; done is the message and to the page of
// success.
func (h handlers) ask(w http.ResponseWriter, r *http.Request, field organisation.Field, do func(value, why string) error, done, to string) error {
	v, err := form.Parse(r, string(field), "reason")
	if err != nil {
		return err
	}
	f := changeForm{Field: field, Value: v.Text(string(field)), Why: v.Text("reason")}
	err = do(f.Value, f.Why)
	if err == nil {
		if done != "" {
			page.Flash(r, done)
		}
		return page.Redirect(w, r, to)
	}
	status := http.StatusUnprocessableEntity
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case invalid:
		f.Errors = errs
	case errors.Is(err, problem.ErrConflict):
		status, f.Late = http.StatusConflict, page.Meanwhile(r.Context(), err)
	default:
		return err
	}
	if f.Profile, err = h.own(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, status, changePage(f))
}

// email asks for another address, for the code that went to it, or leads to the
// page that says that the change waits for a decision.
func (h handlers) email(w http.ResponseWriter, r *http.Request) error {
	return h.emailState(w, r, http.StatusOK, form.Errors{})
}

func (h handlers) emailState(w http.ResponseWriter, r *http.Request, status int, errs form.Errors) error {
	ctx := r.Context()
	c, st, err := h.organisations.Proof(ctx, page.Actor(ctx))
	now := page.Now(ctx)
	switch {
	case err == nil && st.Open(now) == challenge.OK:
		return page.Render(w, r, status, codePage(codeView{Change: c, State: st, now: now, Errors: errs}))
	case err != nil && !errors.Is(err, problem.ErrNotFound):
		return err
	}
	p, failed := h.own(ctx)
	if failed != nil {
		return failed
	}
	if open := p.Open(organisation.Address); open != nil && open.Status == organisation.Pending {
		return page.Redirect(w, r, showURL)
	}
	f := changeForm{Profile: p, Field: organisation.Address}
	if err == nil { // a code that cannot be used any more: asking again sends a new one
		f.Value, f.Why, f.Late = c.After, c.Reason, spent(ctx, st.Open(now))
	}
	return page.Render(w, r, status, changePage(f))
}

// codeView is the page with the code's input.
type codeView struct {
	organisation.Change
	State  challenge.State
	now    time.Time
	Errors form.Errors
}

// wait is how many seconds it takes until a new code may be asked for.
func (v codeView) wait() int {
	return int((v.State.ResendAt.Sub(v.now) + time.Second - 1) / time.Second)
}

// prove tries the code.
func (h handlers) prove(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "code")
	if err != nil {
		return err
	}
	ctx := r.Context()
	res, err := h.organisations.ProveAddress(ctx, page.Actor(ctx), v.Text("code"))
	errs, invalid := form.Translate(ctx, err)
	switch {
	case invalid:
		return h.emailState(w, r, http.StatusUnprocessableEntity, errs)
	case errors.Is(err, problem.ErrNotFound):
		return page.Redirect(w, r, emailURL) // a second click, or taken back in another tab
	case err != nil:
		return err
	case res.Outcome == challenge.OK:
		page.Flash(r, "organisation.email.proved")
		return page.Redirect(w, r, showURL)
	case res.Outcome == challenge.Wrong:
		errs, _ = form.Translate(ctx, problem.Invalid("code", "register.code.wrong", "Count", res.Left))
	}
	return h.emailState(w, r, http.StatusUnprocessableEntity, errs)
}

// resend mails a new code; the page then says how it stands, whatever came of
// this: a second click is no error.
func (h handlers) resend(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	err := h.organisations.ResendCode(r.Context(), page.Actor(r.Context()))
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return page.Redirect(w, r, emailURL)
}
