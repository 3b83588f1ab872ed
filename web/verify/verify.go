// Package verify is where anybody who holds the receipt of a decision learns whether it
// is genuine. Nobody needs an account for it.
package verify

import (
	"errors"
	"net/http"

	"portal/internal/problem"
	"portal/internal/receipt"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
)

// verifyURL is fixed: it stands in mails.
const verifyURL = "/verify"

type screens struct{ receipts *receipt.Service }

// Routes are the two rows.
func Routes(s *receipt.Service) []route.Route {
	h := screens{receipts: s}
	return []route.Route{route.Get(verifyURL, route.Anyone, h.show), route.Post(verifyURL, route.Anyone, h.check)}
}

// answer is the form as it stands, and what its code proves.
type answer struct {
	Code   string
	Proof  *receipt.Proof
	Errors form.Errors
}

func (h screens) show(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, verifyPage(answer{}))
}

// check answers on the same page: a code is no address, so that it stands in no log.
func (h screens) check(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "code")
	if err != nil {
		return err
	}
	a := answer{Code: v.Text("code")}
	if a.Code == "" {
		return again(w, r, a, http.StatusUnprocessableEntity, "problem.required")
	}
	proof, err := h.receipts.Check(r.Context(), page.Actor(r.Context()).IP, a.Code)
	var throttled *problem.ThrottledError
	switch {
	case errors.Is(err, receipt.ErrMistyped):
		return again(w, r, a, http.StatusUnprocessableEntity, "verify.problem.mistyped")
	case errors.Is(err, problem.ErrNotFound):
		return again(w, r, a, http.StatusUnprocessableEntity, "verify.problem.unknown")
	case errors.As(err, &throttled):
		page.RetryAfter(w, throttled.RetryAfter)
		return again(w, r, a, http.StatusTooManyRequests, "verify.problem.throttled")
	case err != nil:
		return err
	}
	a.Proof = &proof
	return page.Render(w, r, http.StatusOK, verifyPage(a))
}

func again(w http.ResponseWriter, r *http.Request, a answer, status int, key string) error {
	a.Errors, _ = form.Translate(r.Context(), problem.Invalid("code", key)) // it is a field's error
	return page.Render(w, r, status, verifyPage(a))
}
