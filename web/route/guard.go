package route

import (
	"net/http"
	"net/netip"
	"slices"

	"portal/internal/authz"
	"portal/internal/problem"
	"portal/web/confirm"
	"portal/web/form"
	"portal/web/page"
	"portal/web/session"
)

// guard holds what all rows are checked with.
type guard struct {
	site   *page.Site
	gate   *confirm.Gate
	origin *http.CrossOriginProtection
}

func newGuard(site *page.Site, gate *confirm.Gate) *guard {
	return &guard{site: site, gate: gate, origin: http.NewCrossOriginProtection()}
}

// guarded is a row behind its checks: other sites, access, size, form token, second
// factor.
func (g *guard) guarded(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.serve(rt, w, r); err != nil {
			page.Fail(w, r, err)
		}
	})
}

func (g *guard) serve(rt Route, w http.ResponseWriter, r *http.Request) error {
	unsafe := r.Method != http.MethodGet && r.Method != http.MethodHead
	if unsafe && !g.sameOrigin(r) {
		return problem.ErrDenied
	}
	r.Body = http.MaxBytesReader(w, r.Body, rt.Limit)
	if rt.Fields > 0 {
		r = form.WithFields(r, rt.Fields)
	}
	if unsafe {
		token, err := form.PostedToken(r)
		if err != nil {
			return err
		}
		ours := session.ValidFormToken(r.Context(), token) || rt.OneClick && oneClick(r)
		if !ours {
			return page.Outdated(w, r)
		}
	}
	actor := page.Actor(r.Context())
	if g.gate.MustSetUp(actor) && !rt.SetUp {
		return page.Redirect(w, r, confirm.SetUpURL)
	}
	if !rt.Access.Allows(actor) {
		switch {
		case !actor.SignedIn():
			return page.SignInFirst(w, r)
		case !unsafe && visitorsOnly(rt.Access):
			return page.Redirect(w, r, "/home") // has an account already
		case unsafe:
			return g.site.DB.Deny(r.Context(), actor, rt.Access.perm)
		default:
			return problem.ErrDenied
		}
	}
	if rt.StepUp {
		if answered, err := g.gate.Stand(w, r, rt.Limit); answered || err != nil {
			return err
		}
	}
	return rt.Handler(w, r)
}

// sameOrigin is security.md WEB-1 without the form token: the standard
// library's check, the exact origin with its scheme, and with a cookie at least
// one of the two headers that tell.
func (g *guard) sameOrigin(r *http.Request) bool {
	if g.origin.Check(r) != nil {
		return false
	}
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" && origin != g.site.Origin {
		return false
	}
	return origin != "" || site != "" || !session.HasCookie(r.Context())
}

// oneClick reports whether a mail program unsubscribes: see Route.WithOneClick. The
// form has been read.
func oneClick(r *http.Request) bool {
	h := r.Header
	return len(h.Values("Cookie")) == 0 && len(h.Values("Origin")) == 0 && len(h.Values("Sec-Fetch-Site")) == 0 &&
		len(r.PostForm) == 1 && slices.Equal(r.PostForm["List-Unsubscribe"], []string{"One-Click"})
}

// visitorsOnly are the pages for people without an account.
func visitorsOnly(a Access) bool { return a.Allows(authz.VisitorAt(netip.Addr{}, "")) }
