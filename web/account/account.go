// Package account is the page of one's own account: profile, password,
// language. It decides nothing; package internal/account does.
package account

import (
	"errors"
	"net/http"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/web/confirm"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
	websession "portal/web/session"
)

// The addresses of the screens.
const (
	showURL     = "/account"
	editURL     = "/account/edit"
	passwordURL = "/account/password"
	mailsURL    = "/account/notifications"
)

type screens struct{ accounts *account.Service }

// Routes are the pages of one's own account: everybody with an account has one.
func Routes(accounts *account.Service) []route.Route {
	s := &screens{accounts: accounts}
	needs := route.Needs(authz.AccountEdit)
	return append(s.factorRoutes(),
		route.Get(showURL, needs, s.show),
		route.Get(editURL, needs, s.edit),
		route.Post(editURL, needs, s.save),
		route.Get(passwordURL, needs, s.password),
		route.Post(passwordURL, needs, s.change).WithStepUp(),
		route.Get(mailsURL, needs, s.mails),
		route.Post(mailsURL, needs, s.choose),
	)
}

func (s *screens) show(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accounts.Profile(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	choice, err := s.accounts.Preferences(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	f, err := s.accounts.SecondFactor(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(p, f, choice))
}

// draft is the profile's form as it stands.
type draft struct {
	account.ProfileInput
	Version       int
	PhoneOptional bool
	Changed       bool // by another window since the form was opened
	Errors        form.Errors
}

func draftOf(p account.Profile) draft {
	return draft{
		ProfileInput: account.ProfileInput{FirstName: p.FirstName, LastName: p.LastName, Phone: p.Phone, Lang: p.Lang, Shortcuts: p.Shortcuts},
		Version:      p.Version, PhoneOptional: id.IsZero(p.Partner),
	}
}

func (s *screens) edit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accounts.Profile(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, editPage(draftOf(p)))
}

func (s *screens) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "first_name", "last_name", "phone", "lang", "shortcuts[]", "version")
	if err != nil {
		return err
	}
	ctx := r.Context()
	actor := page.Actor(ctx)
	in := account.ProfileInput{FirstName: v.Text("first_name"), LastName: v.Text("last_name"), Phone: v.Text("phone"), Lang: v.Raw("lang"), Shortcuts: v.Has("shortcuts")}
	err = s.accounts.EditProfile(ctx, actor, v.Int("version"), in)
	if err == nil {
		page.Flash(r, "account.saved")
		return page.Redirect(w, r, showURL)
	}
	d := draft{ProfileInput: in, Version: v.Int("version"), PhoneOptional: id.IsZero(actor.Partner)}
	if errs, ok := form.Translate(ctx, err); ok {
		d.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(d))
	}
	if !errors.Is(err, problem.ErrConflict) {
		return err
	}
	now, reason := s.accounts.Profile(ctx, actor)
	if reason != nil {
		return reason
	}
	d.Version, d.Changed = now.Version, true
	return page.Render(w, r, http.StatusConflict, editPage(d))
}

func (s *screens) password(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, passwordPage(page.Actor(r.Context()).Email, form.Errors{}))
}

// change replaces the password. This browser goes on with a new session that
// ends when the old one would have (security.md SES-2).
func (s *screens) change(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "username", "current", "password")
	if err != nil {
		return err
	}
	ctx := r.Context()
	actor, until := page.Actor(ctx), websession.Until(ctx)
	renewed, err := s.accounts.ChangePassword(ctx, actor, v.Raw("current"), v.Raw("password"),
		func() (session.New, error) { return websession.Prepare(r, until) })
	if err == nil {
		websession.Adopt(ctx, renewed)
		page.Flash(r, "account.password.done")
		return page.Redirect(w, r, showURL)
	}
	status, errs, ok := confirm.PasswordRefusal(r.Context(), w, err)
	if !ok {
		return err
	}
	return page.Render(w, r, status, passwordPage(actor.Email, errs))
}
