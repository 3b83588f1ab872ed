package signin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/session"
	"portal/web/confirm"
	"portal/web/form"
	"portal/web/page"
	websession "portal/web/session"
)

// askCode is the page after a right password, for who has a second factor.
func (s *screens) askCode(w http.ResponseWriter, r *http.Request) error {
	if page.Actor(r.Context()).SignedIn() {
		return page.Redirect(w, r, homeURL)
	}
	to := next(r.URL.Query().Get("next"))
	ok, err := s.accounts.Awaited(r.Context(), s.site.Sessions.Read(r, awaited))
	if err != nil {
		return err
	}
	if !ok {
		return s.beginAnew(w, r, to)
	}
	return page.Render(w, r, http.StatusOK, codePage(to, form.Errors{}))
}

func (s *screens) code(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, confirm.Field, "next")
	if err != nil {
		return err
	}
	ctx, to := r.Context(), next(v.Raw("next"))
	actor := page.Actor(ctx)
	if actor.SignedIn() {
		return page.Redirect(w, r, page.Local(to, homeURL)) // a second click
	}
	entry, err := s.accounts.SignInCode(ctx, actor, s.site.Sessions.Read(r, awaited), v.Text(confirm.Field),
		func(until time.Time) (session.New, error) { return websession.Prepare(r, until) })
	if errors.Is(err, account.ErrSignInEnded) {
		return s.beginAnew(w, r, to)
	}
	if status, errs, ok := confirm.Refusal(ctx, w, err); ok {
		return page.Render(w, r, status, codePage(to, errs))
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, s.site.Sessions.Cookie(awaited, "", -time.Second))
	s.enter(w, r, entry)
	if entry.Recovered {
		page.Flash(r, "second_factor.recovered")
		return page.Redirect(w, r, confirm.SetUpURL)
	}
	return page.Redirect(w, r, page.Local(to, homeURL))
}

// beginAnew leads back to the password, and says why.
func (s *screens) beginAnew(w http.ResponseWriter, r *http.Request, to string) error {
	http.SetCookie(w, s.site.Sessions.Cookie(awaited, "", -time.Second))
	return page.Redirect(w, r, signInURL+"?done=code"+strings.Replace(onwardTo("", to), "?", "&", 1))
}

// askConfirmation is the page before one that needs a fresh proof of the second
// factor.
func (s *screens) askConfirmation(w http.ResponseWriter, r *http.Request) error {
	to := page.Local(r.URL.Query().Get("next"), homeURL)
	if confirm.Fresh(r.Context()) {
		return page.Redirect(w, r, to)
	}
	return confirm.Page(w, r, http.StatusOK, to, form.Errors{})
}

func (s *screens) confirm(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, confirm.Field, "next")
	if err != nil {
		return err
	}
	ctx, to := r.Context(), page.Local(v.Raw("next"), homeURL)
	if !confirm.Fresh(ctx) {
		now, err := s.accounts.StepUp(ctx, page.Actor(ctx), v.Text(confirm.Field), func() (session.New, error) { return websession.Replace(r) })
		if status, errs, ok := confirm.Refusal(ctx, w, err); ok {
			return confirm.Page(w, r, status, to, errs)
		}
		if err != nil {
			return err
		}
		websession.Adopt(ctx, now)
	}
	return s.onToFile(w, r, to)
}

// onToFile leads on. A file has no page to stay on, so who wants one gets back to
// its list, with a link to it.
func (s *screens) onToFile(w http.ResponseWriter, r *http.Request, to string) error {
	u, err := url.Parse(to)
	if err != nil || !strings.HasSuffix(u.Path, ".csv") {
		return page.Redirect(w, r, to)
	}
	page.Flash(r, "second_factor.confirmed")
	page.FlashLink(r, to, "second_factor.confirmed.file")
	u.Path = strings.TrimSuffix(u.Path, ".csv")
	return page.Redirect(w, r, u.String())
}
