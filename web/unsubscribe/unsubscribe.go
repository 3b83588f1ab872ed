// Package unsubscribe is where the link of a mail leads that switches mails like it
// off: a page that asks people, and an answer to the one click of mail programs
// (RFC 8058). The link is all that is needed; who has signed in in this browser does
// not matter.
package unsubscribe

import (
	"net/http"
	"net/url"

	"portal/internal/account"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
)

const (
	showURL   = "/unsubscribe"
	chooseURL = "/account/notifications"
)

type screens struct{ accounts *account.Service }

// Routes are the two rows.
func Routes(accounts *account.Service) []route.Route {
	s := &screens{accounts: accounts}
	return []route.Route{
		route.Get(showURL, route.Anyone, s.show),
		route.Post(showURL, route.Anyone, s.post).WithOneClick(),
	}
}

// show changes nothing: programs that check mails open links too.
func (s *screens) show(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if token == "" {
		return page.Redirect(w, r, chooseURL)
	}
	sub, ok, err := s.accounts.Subscription(r.Context(), token)
	switch {
	case err != nil:
		return err
	case !ok:
		return dead(w, r)
	case !sub.On:
		return page.Render(w, r, http.StatusOK, donePage(sub.Topic))
	}
	return page.Render(w, r, http.StatusOK, askPage(sub.Topic, token))
}

// post takes the page's form, whose token is a field, and the click of a mail
// program, whose token stands in the address as the mail gave it.
func (s *screens) post(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "token", "List-Unsubscribe")
	if err != nil {
		return err
	}
	ctx, token, program := r.Context(), v.Raw("token"), v.Has("List-Unsubscribe")
	if program {
		token = r.URL.Query().Get("token")
	}
	sub, ok, err := s.accounts.Subscription(ctx, token)
	if err != nil {
		return err
	}
	if !ok {
		return dead(w, r)
	}
	if err := s.accounts.Unsubscribe(ctx, page.Actor(ctx), sub); err != nil {
		return err
	}
	if program { // it expects an answer, not another address
		return page.Render(w, r, http.StatusOK, donePage(sub.Topic))
	}
	return page.Redirect(w, r, showURL+"?token="+url.QueryEscape(token))
}

// dead is the one answer to every link that the portal never made: it says nothing
// of accounts.
func dead(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusGone, deadPage())
}
