package account

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/web/confirm"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
	websession "portal/web/session"
)

// The addresses of the second factor's screens.
const (
	factorURL = confirm.SetUpURL
	setUpURL  = factorURL + "/new"
	codesURL  = factorURL + "/codes"
	removeURL = factorURL + "/remove"
)

// factorRoutes are the pages of the own second factor. Changing it needs a fresh
// proof of the one that there is (security.md MFA-6); who needs one and has none
// gets in here and nowhere else (MFA-1).
func (s *screens) factorRoutes() []route.Route {
	needs := route.Needs(authz.AccountEdit)
	return []route.Route{
		route.Get(factorURL, needs, s.factor).WithSetUp(),
		route.Get(setUpURL, needs, s.askSetUp).WithSetUp(),
		route.Post(setUpURL, needs, s.setUp).WithSetUp().WithStepUp(),
		route.Get(codesURL, needs, s.askCodes),
		route.Post(codesURL, needs, s.codes).WithStepUp(),
		route.Get(removeURL, needs, s.askRemove),
		route.Post(removeURL, needs, s.remove).WithStepUp(),
	}
}

func (s *screens) factor(w http.ResponseWriter, r *http.Request) error {
	f, err := s.accounts.SecondFactor(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, factorPage(f))
}

func (s *screens) askSetUp(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, startPage(page.Actor(r.Context()), form.Errors{}))
}

// setUp takes the password first, and then the app's first code. The secret stands
// in the answers to these and nowhere else.
func (s *screens) setUp(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "username", "current", confirm.Field)
	if err != nil {
		return err
	}
	if v.Has(confirm.Field) {
		return s.confirmSetUp(w, r, v.Text(confirm.Field))
	}
	ctx := r.Context()
	setup, err := s.accounts.SetUpFactor(ctx, page.Actor(ctx), v.Raw("current"))
	if status, errs, ok := confirm.PasswordRefusal(ctx, w, err); ok {
		return page.Render(w, r, status, startPage(page.Actor(ctx), errs))
	}
	if err != nil {
		return err
	}
	return show(w, r, http.StatusOK, setup, form.Errors{})
}

func show(w http.ResponseWriter, r *http.Request, status int, setup account.Setup, errs form.Errors) error {
	code, err := qrCode(setup.URI)
	if err != nil {
		return err
	}
	return page.Render(w, r, status, setupPage(setup, code, errs))
}

func (s *screens) confirmSetUp(w http.ResponseWriter, r *http.Request, typed string) error {
	ctx := r.Context()
	actor := page.Actor(ctx)
	now, codes, err := s.accounts.ConfirmFactor(ctx, actor, typed, goOn(r))
	if errs, ok := form.Translate(ctx, err); ok {
		setup, err := s.accounts.Setup(ctx, actor)
		if err != nil {
			return err
		}
		return show(w, r, http.StatusUnprocessableEntity, setup, errs)
	}
	if errors.Is(err, problem.ErrNotFound) { // too late, or a second click
		page.Flash(r, "second_factor.setup.late")
		return page.Redirect(w, r, factorURL)
	}
	if err != nil {
		return err
	}
	websession.Adopt(ctx, now)
	return page.Render(w, r, http.StatusOK, codesPage(codes))
}

// goOn prepares the session with which this browser goes on: another token, the
// same end (security.md SES-2).
func goOn(r *http.Request) func() (session.New, error) {
	return func() (session.New, error) { return websession.Replace(r) }
}

func (s *screens) askCodes(w http.ResponseWriter, r *http.Request) error {
	return s.askAbout(w, r, newCodesPage)
}

// codes shows new recovery codes in its own answer, and never again.
func (s *screens) codes(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	ctx := r.Context()
	now, codes, err := s.accounts.RenewRecoveryCodes(ctx, page.Actor(ctx), goOn(r))
	if err != nil {
		return err
	}
	websession.Adopt(ctx, now)
	return page.Render(w, r, http.StatusOK, codesPage(codes))
}

func (s *screens) askRemove(w http.ResponseWriter, r *http.Request) error {
	return s.askAbout(w, r, removePage)
}

func (s *screens) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	ctx := r.Context()
	now, err := s.accounts.RemoveFactor(ctx, page.Actor(ctx), goOn(r))
	if err != nil {
		return err
	}
	websession.Adopt(ctx, now)
	page.Flash(r, "second_factor.removed")
	return page.Redirect(w, r, factorURL)
}

// askAbout is a question about a second factor that there is; without one it leads
// to where one can be set up.
func (s *screens) askAbout(w http.ResponseWriter, r *http.Request, question func(account.SecondFactor) templ.Component) error {
	f, err := s.accounts.SecondFactor(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	if !f.On {
		return page.Redirect(w, r, factorURL)
	}
	return page.Render(w, r, http.StatusOK, question(f))
}
