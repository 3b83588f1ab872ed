// Package register is the registration as a visitor sees it: one page per
// question, a page to check the answers, one for the code, and one that says
// what comes next. It decides nothing; package partner does.
package register

import (
	"net/http"

	"portal/internal/authz"
	"portal/internal/partner"
	"portal/web/page"
	"portal/web/route"
	"portal/web/ui"
)

// cookie holds the token that opens this browser's draft (security.md REG-2).
const cookie = "registration"

// The addresses of the screens.
const (
	startURL   = "/register"
	restartURL = "/register/restart"
	checkURL   = "/register/check"
	sendURL    = "/register/send"
	codeURL    = "/register/code"
	resendURL  = "/register/resend"
	sentURL    = "/register/sent"
)

// stepURL is the page of a step; no step is the page of all answers.
func stepURL(s partner.Step) string {
	if s == "" {
		return checkURL
	}
	return "/register/" + string(s)
}

func change(field string) *ui.Link { return &ui.Link{Href: stepURL(partner.StepOf(field))} }

type screens struct {
	regs *partner.Registrations
	site *page.Site
}

// Routes is the table of the registration. Nobody but visitors may use it:
// whoever is signed in has an account already.
func Routes(regs *partner.Registrations, site *page.Site) []route.Route {
	s := &screens{regs: regs, site: site}
	needs := route.Needs(authz.Register)
	routes := []route.Route{
		route.Get(startURL, needs, s.start),
		route.Post(restartURL, needs, s.restart),
		route.Get(checkURL, needs, s.check),
		route.Post(sendURL, needs, s.send),
		route.Get(codeURL, needs, s.code),
		route.Post(codeURL, needs, s.confirm),
		route.Post(resendURL, needs, s.resend),
		route.Get(sentURL, needs, s.sent),
		// A reloaded answer to a form asks for these by GET.
		route.Get(restartURL, needs, to(startURL)),
		route.Get(sendURL, needs, to(checkURL)),
		route.Get(resendURL, needs, to(codeURL)),
	}
	for _, step := range partner.Steps {
		routes = append(routes,
			route.Get(stepURL(step), needs, s.show(step)),
			route.Post(stepURL(step), needs, s.save(step)))
	}
	return routes
}

func to(url string) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error { return page.Redirect(w, r, url) }
}

func (s *screens) token(r *http.Request) string { return s.site.Sessions.Read(r, cookie) }

// remember keeps the draft's token in the browser; "" forgets it.
func (s *screens) remember(w http.ResponseWriter, token string) {
	age := partner.DraftLifetime
	if token == "" {
		age = -1
	}
	http.SetCookie(w, s.site.Sessions.Cookie(cookie, token, age))
}
