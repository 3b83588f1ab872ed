// Package confirm asks people to prove who they are: the field for the code, what is
// said of a code or a current password that is not taken, and the page that stands before what needs a fresh
// proof. It decides nothing: what a code is worth, package internal/account knows.
package confirm

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/session"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	websession "portal/web/session"
)

// The addresses that people are led to.
const (
	SetUpURL = "/account/second-factor" // where staff without a second factor set one up
	URL      = "/confirm"               // before a page, such as a file, that needs a fresh proof
)

// Field is the name of the code's field.
const Field = "code"

// Gate stands before the rows of the route table.
type Gate struct {
	Keys     secret.Keys // seal forms that wait for a code
	Required bool        // staff reach nothing without a second factor (security.md MFA-1)
	// StepUp is account.Service's.
	StepUp func(ctx context.Context, a authz.Actor, typed string, start func() (session.New, error)) (authz.Actor, error)
}

// MustSetUp reports whether an actor has to set up a second factor before anything
// else.
func (g *Gate) MustSetUp(a authz.Actor) bool { return g.Required && a.Staff() && !a.SecondFactor }

// Stand lets a request through whose sender has proved the second factor lately, or
// has none. Else it asks for the code: before a page it leads to URL; a form waits,
// sealed, in the page that asks, and comes back with the code, so that nothing is
// typed twice (security.md MFA-6). answered is whether the request is dealt with.
// limit is what the row takes: what waits must fit into it.
func (g *Gate) Stand(w http.ResponseWriter, r *http.Request, limit int64) (answered bool, err error) {
	ctx := r.Context()
	actor := page.Actor(ctx)
	fresh := Fresh(ctx)
	if r.Method != http.MethodPost {
		if fresh {
			return false, nil
		}
		return true, page.Redirect(w, r, URL+"?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	waiting, typed := r.PostForm.Get(held), r.PostForm.Get(Field)
	back := waiting != ""
	if back {
		if r.PostForm, err = g.open(r, waiting); err != nil {
			return true, err
		}
	}
	if fresh {
		return false, nil
	}
	a := asking{Action: r.URL.Path, Held: waiting}
	if !back {
		a.Held, a.Lost = g.seal(r, limit)
		return true, page.Render(w, r, http.StatusForbidden, askPage(a))
	}
	now, err := g.StepUp(ctx, actor, typed, func() (session.New, error) { return websession.Replace(r) })
	if err == nil {
		websession.Adopt(ctx, now)
		return false, nil
	}
	var status int
	var ok bool
	if status, a.Errors, ok = Refusal(ctx, w, err); !ok {
		return true, err
	}
	return true, page.Render(w, r, status, askPage(a))
}

// asking is the page that asks for a code.
type asking struct {
	Action string
	Held   string // the form that waits; "" before a page
	Next   string // the page that waits; "" for a form
	Lost   bool   // a part of the form was too large to wait
	Errors form.Errors
}

// Page asks for a code before the page at next.
func Page(w http.ResponseWriter, r *http.Request, status int, next string, errs form.Errors) error {
	return page.Render(w, r, status, askPage(asking{Action: URL, Next: next, Errors: errs}))
}

// Refusal is what to say of a code that did not help, at its field; ok is false for
// any other error.
func Refusal(ctx context.Context, w http.ResponseWriter, reason error) (status int, errs form.Errors, ok bool) {
	return refusal(ctx, w, reason, Field, "second_factor.problem")
}

// PasswordRefusal is Refusal for the current password, at the field "current".
func PasswordRefusal(ctx context.Context, w http.ResponseWriter, reason error) (status int, errs form.Errors, ok bool) {
	return refusal(ctx, w, reason, "current", "account.problem")
}

func refusal(ctx context.Context, w http.ResponseWriter, reason error, field, words string) (status int, errs form.Errors, ok bool) {
	status = http.StatusUnprocessableEntity
	var throttled *problem.ThrottledError
	switch {
	case errors.As(reason, &throttled):
		status = http.StatusTooManyRequests
		page.RetryAfter(w, throttled.RetryAfter)
		reason = problem.Invalid(field, words+".throttled", "Count", page.Minutes(throttled.RetryAfter))
	case errors.Is(reason, account.ErrDisabled):
		status = http.StatusTooManyRequests
		reason = problem.Invalid(field, words+".disabled")
	}
	errs, ok = form.Translate(ctx, reason)
	return status, errs, ok
}

// Fresh reports whether the actor has nothing to prove now.
func Fresh(ctx context.Context) bool {
	a := page.Actor(ctx)
	return !a.SecondFactor || a.Proved(page.Now(ctx))
}

// State says whether somebody has a second factor.
func State(ctx context.Context, on bool) string {
	if on {
		return i18n.T(ctx, "second_factor.on")
	}
	return i18n.T(ctx, "second_factor.off")
}
