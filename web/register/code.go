package register

import (
	"context"
	"errors"
	"net/http"
	"time"

	"portal/internal/challenge"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// code asks for the code, or says why none can be used now. What it shows
// depends on the challenge alone, never on whether the address has an account
// (security.md REG-1).
func (s *screens) code(w http.ResponseWriter, r *http.Request) error {
	return s.codeState(w, r, http.StatusOK, form.Errors{})
}

func (s *screens) codeState(w http.ResponseWriter, r *http.Request, status int, errs form.Errors) error {
	ctx := r.Context()
	d, st, err := s.regs.Proof(ctx, s.token(r))
	switch {
	case errors.Is(err, problem.ErrNotFound) && d.Begun():
		return page.Redirect(w, r, checkURL) // no code for this address yet
	case errors.Is(err, problem.ErrNotFound):
		return page.Redirect(w, r, startURL)
	case err != nil:
		return err
	case d.Receipt != nil:
		return page.Redirect(w, r, sentURL)
	}
	now := page.Now(ctx)
	switch open := st.Open(now); {
	case open == challenge.OK:
		return page.Render(w, r, status, codePage(codeView{State: st, now: now, errors: errs}))
	case open == challenge.UsedUp:
		return page.Render(w, r, status, spentPage("register.used_up", st.Email))
	case st.Verified(now):
		return page.Render(w, r, status, verifiedPage(st.Email))
	}
	return page.Render(w, r, status, spentPage("register.expired", st.Email))
}

// codeView is the page with the code's input.
type codeView struct {
	challenge.State
	now    time.Time
	errors form.Errors
}

// wait is how many seconds it takes until a new code may be asked for.
func (v codeView) wait() int {
	return int((v.ResendAt.Sub(v.now) + time.Second - 1) / time.Second)
}

// confirm tries a code.
func (s *screens) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := form.Parse(r, "code")
	if err != nil {
		return err
	}
	res, err := s.regs.Confirm(ctx, page.Actor(ctx), s.token(r), v.Raw("code"))
	var invalid *problem.InvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Fields[0].Name == "code":
		errs, _ := translate(ctx, err)
		return s.codeState(w, r, http.StatusUnprocessableEntity, errs)
	case errors.Is(err, problem.ErrNotFound):
		return page.Redirect(w, r, checkURL)
	case err != nil:
		return s.refused(w, r, err)
	case res.Outcome == challenge.OK:
		return page.Redirect(w, r, sentURL)
	case res.Outcome == challenge.Wrong:
		errs, _ := form.Translate(ctx, problem.Invalid("code", "register.code.wrong", "Count", res.Left))
		return s.codeState(w, r, http.StatusUnprocessableEntity, errs)
	}
	return s.codeState(w, r, http.StatusUnprocessableEntity, form.Errors{})
}

// resend mails a new code. The code's page then says how it stands, whatever
// came of this: a second click is no error.
func (s *screens) resend(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	_, err := s.regs.Resend(r.Context(), page.Actor(r.Context()), s.token(r))
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return page.Redirect(w, r, codeURL)
}

// sent says that the request is with us and what comes next.
func (s *screens) sent(w http.ResponseWriter, r *http.Request) error {
	d, err := s.regs.Draft(r.Context(), s.token(r))
	switch {
	case err != nil && !errors.Is(err, problem.ErrNotFound):
		return err
	case err != nil:
		return page.Redirect(w, r, startURL)
	case d.Receipt == nil:
		return page.Redirect(w, r, stepURL(d.Next()))
	}
	return page.Render(w, r, http.StatusOK, sentPage(*d.Receipt))
}

func codeTitle(ctx context.Context) string { return i18n.T(ctx, "register.code.title") }
