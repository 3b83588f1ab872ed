package signin

import (
	"net/http"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	websession "portal/web/session"
)

func (s *screens) forgot(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, forgotPage("", form.Errors{}))
}

// send asks for a link. The answer is the same for every address (security.md
// REG-1).
func (s *screens) send(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "email")
	if err != nil {
		return err
	}
	ctx := r.Context()
	actor := page.Actor(ctx)
	err = s.accounts.ForgotPassword(ctx, authz.VisitorAt(actor.IP, actor.RequestID), v.Text("email"), i18n.Lang(ctx))
	if errs, ok := form.Translate(ctx, err); ok {
		return page.Render(w, r, http.StatusUnprocessableEntity, forgotPage(v.Text("email"), errs))
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, sentURL)
}

func (s *screens) sent(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, sentPage())
}

// choice is the form for a new password.
type choice struct {
	account.Link
	Token  string
	Errors form.Errors
}

// invited reports whether this is somebody's first password.
func (c choice) invited() bool { return c.Purpose == challenge.Invite }

// key is a message of the form: an invitation has its own words.
func (c choice) key(name string) string {
	if c.invited() {
		return "signin.invite." + name
	}
	return "signin.reset." + name
}

// open looks at the link of a mail. Nothing is used up: programs that check
// mails open links too.
func (s *screens) open(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if token == "" {
		return page.Redirect(w, r, forgotURL)
	}
	link, outcome, err := s.accounts.Link(r.Context(), token)
	if err != nil {
		return err
	}
	if outcome != challenge.OK {
		return dead(w, r, link, outcome)
	}
	return page.Render(w, r, http.StatusOK, resetPage(choice{Link: link, Token: token}))
}

// dead says why a link does not work, and what to do instead.
func dead(w http.ResponseWriter, r *http.Request, link account.Link, outcome challenge.Outcome) error {
	if link.KeptOut != "" {
		return page.Render(w, r, http.StatusForbidden, keptOutPage(link.KeptOut))
	}
	reason := "wrong"
	switch outcome {
	case challenge.Expired:
		reason = "expired"
	case challenge.AlreadyUsed:
		reason = "used"
	case challenge.OK, challenge.Wrong, challenge.UsedUp, challenge.TooSoon, challenge.NoMoreSends:
	}
	return page.Render(w, r, http.StatusGone, deadPage(reason, link.Purpose == challenge.Invite))
}

// reset sets the password. It signs nobody in, and whoever was signed in here
// is not any more (security.md PWD-7).
func (s *screens) reset(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "token", "username", "password")
	if err != nil {
		return err
	}
	ctx, token := r.Context(), v.Raw("token")
	link, outcome, err := s.accounts.Link(ctx, token)
	if err != nil {
		return err
	}
	if outcome == challenge.OK {
		outcome, err = s.accounts.ResetPassword(ctx, page.Actor(ctx), token, v.Raw("password"))
	}
	if errs, ok := form.Translate(ctx, err); ok {
		return page.Render(w, r, http.StatusUnprocessableEntity, resetPage(choice{Link: link, Token: token, Errors: errs}))
	}
	if err != nil {
		return err
	}
	if outcome != challenge.OK {
		return dead(w, r, link, outcome)
	}
	if page.Actor(ctx).SignedIn() {
		if err := websession.End(ctx); err != nil {
			return err
		}
	}
	return page.Redirect(w, r, signInURL+"?done=reset")
}
