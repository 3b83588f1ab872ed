// Package signin is the way into the portal and out of it: sign in and out, the
// link for a forgotten password, and the language of the pages. It decides
// nothing; package account does.
package signin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"portal/internal/account"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/web/confirm"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
	websession "portal/web/session"
)

// The addresses of the screens.
const (
	signInURL   = "/signin"
	signOutURL  = "/signout"
	forgotURL   = "/forgot"
	sentURL     = "/forgot/sent"
	resetURL    = "/reset"
	languageURL = "/language"
	codeURL     = "/signin/code"
	homeURL     = "/home"
)

// device is the cookie of a browser that somebody signed in with (security.md
// LGN-3). It opens nothing.
const device = "device"

type screens struct {
	accounts *account.Service
	site     *page.Site
}

// awaited is the cookie of a sign-in that awaits its code. It is no session.
const awaited = "code"

// Routes is the way in and out. Whoever is signed in may come too: the pages
// lead them home.
func Routes(accounts *account.Service, site *page.Site) []route.Route {
	s := &screens{accounts: accounts, site: site}
	return []route.Route{
		route.Get(signInURL, route.Anyone, s.show),
		route.Post(signInURL, route.Anyone, s.signIn),
		route.Get(codeURL, route.Anyone, s.askCode),
		route.Post(codeURL, route.Anyone, s.code),
		route.Get(confirm.URL, route.SignedIn, s.askConfirmation),
		route.Post(confirm.URL, route.SignedIn, s.confirm),
		route.Post(signOutURL, route.Anyone, s.signOut).WithSetUp(),
		route.Get(forgotURL, route.Anyone, s.forgot),
		route.Post(forgotURL, route.Anyone, s.send),
		route.Get(sentURL, route.Anyone, s.sent),
		route.Get(resetURL, route.Anyone, s.open),
		route.Post(resetURL, route.Anyone, s.reset),
		route.Post(languageURL, route.Anyone, s.language).WithSetUp(),
	}
}

// entrance is the sign-in form as it stands.
type entrance struct {
	Email  string
	Next   string // where to go afterwards; "" for home
	Done   string // what brought the visitor here: a message "signin.done.<Done>"
	Errors form.Errors
}

// arrivals are what may stand in ?done=.
var arrivals = map[string]bool{"signed_out": true, "reset": true, "expired": true, "code": true}

func (s *screens) show(w http.ResponseWriter, r *http.Request) error {
	if page.Actor(r.Context()).SignedIn() {
		return page.Redirect(w, r, homeURL)
	}
	e := entrance{Next: next(r.URL.Query().Get("next"))}
	if done := r.URL.Query().Get("done"); arrivals[done] {
		e.Done = done
	}
	return page.Render(w, r, http.StatusOK, signInPage(e))
}

// next is a local address to go on to; "" where there is none.
func next(to string) string { return page.Local(to, "") }

func (s *screens) signIn(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "email", "password", "next")
	if err != nil {
		return err
	}
	e := entrance{Email: v.Text("email"), Next: next(v.Raw("next"))}
	onward := page.Local(e.Next, homeURL)
	actor := page.Actor(r.Context())
	if actor.SignedIn() {
		return page.Redirect(w, r, onward) // a second click
	}
	if err := complete(e.Email, v.Raw("password")); err != nil {
		return s.again(w, r, e, http.StatusUnprocessableEntity, err)
	}
	entry, err := s.accounts.SignIn(r.Context(), actor, account.Credentials{
		Email: e.Email, Password: v.Raw("password"),
		Device: s.site.Sessions.Read(r, device),
	}, func(until time.Time) (session.New, error) { return websession.Prepare(r, until) })
	var throttled *problem.ThrottledError
	switch {
	case errors.Is(err, account.ErrWrong):
		return s.again(w, r, e, http.StatusUnauthorized, problem.Invalid("email", "signin.problem.wrong"))
	case errors.Is(err, account.ErrDisabled):
		return s.again(w, r, e, http.StatusTooManyRequests, problem.Invalid("email", "signin.problem.disabled"))
	case errors.As(err, &throttled):
		page.RetryAfter(w, throttled.RetryAfter)
		return s.again(w, r, e, http.StatusTooManyRequests,
			problem.Invalid("email", "signin.problem.throttled", "Count", page.Minutes(throttled.RetryAfter)))
	case err != nil:
		return err
	}
	if entry.Pending != "" {
		http.SetCookie(w, s.site.Sessions.Cookie(awaited, entry.Pending, account.PendingLifetime))
		return page.Redirect(w, r, onwardTo(codeURL, e.Next))
	}
	s.enter(w, r, entry)
	return page.Redirect(w, r, onward)
}

// enter makes the rest of the request, and this browser, somebody's who has signed in.
func (s *screens) enter(w http.ResponseWriter, r *http.Request, entry account.Entry) {
	websession.Adopt(r.Context(), entry.Actor)
	http.SetCookie(w, s.site.Sessions.Cookie(device, entry.Device, account.DeviceLifetime))
	s.site.SetLang(w, entry.Actor.Lang)
}

// onwardTo is an address that leads on to next, if there is one.
func onwardTo(address, next string) string {
	if next == "" {
		return address
	}
	return address + "?next=" + url.QueryEscape(next)
}

func complete(email, password string) error {
	var f problem.Fields
	if email == "" {
		f.Add("email", "problem.required")
	}
	if password == "" {
		f.Add("password", "problem.required")
	}
	return f.Err()
}

// again shows the form with what is wrong. The address stays, the password
// never comes back.
func (s *screens) again(w http.ResponseWriter, r *http.Request, e entrance, status int, reason error) error {
	errs, ok := form.Translate(r.Context(), reason)
	if !ok {
		return reason
	}
	e.Errors = errs
	return page.Render(w, r, status, signInPage(e))
}

// signOut ends the session and takes what the browser stored of it away
// (security.md SES-8). The session's cookie goes by name: clearing all cookies
// would also take the one that says that this browser is known, and with it the
// protection from strangers who lock its owner out (LGN-3).
func (s *screens) signOut(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	if actor := page.Actor(r.Context()); actor.SignedIn() {
		s.site.SetLang(w, actor.Lang)
		if err := s.accounts.SignOut(r.Context(), actor); err != nil {
			return err
		}
		if err := websession.End(r.Context()); err != nil {
			return err
		}
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return page.Redirect(w, r, signInURL+"?done=signed_out")
}

// language remembers a language: for the account of whoever is signed in, and
// in this browser for the pages before.
func (s *screens) language(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "lang", "to")
	if err != nil {
		return err
	}
	lang := v.Raw("lang")
	if !i18n.Known(lang) {
		return problem.ErrBadRequest
	}
	if actor := page.Actor(r.Context()); actor.SignedIn() {
		if err := s.accounts.SetLanguage(r.Context(), actor, lang); err != nil {
			return err
		}
	}
	s.site.SetLang(w, lang)
	return page.Redirect(w, r, page.Local(v.Raw("to"), "/"))
}
