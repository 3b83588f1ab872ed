// Package route is the table of addresses. Every row names who may come; a row
// that does not stops the start (security.md AUT-1). It guards the rows against
// other sites and oversized bodies. It knows no screen.
package route

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/web/confirm"
	"portal/web/page"
)

// defaultLimit is how large a body may be (security.md LIM-1).
const defaultLimit = 64 << 10

// Access says who may use a route. The zero value is nobody's: Mount refuses it.
type Access struct {
	name string
	may  func(authz.Actor) bool
	perm authz.Permission
}

// Anyone lets visitors in too; SignedIn everybody with an account.
var (
	Anyone   = Access{name: "anyone", may: func(authz.Actor) bool { return true }}
	SignedIn = Access{name: "signed-in", may: authz.Actor.SignedIn}
)

// Needs lets in who holds the permission.
func Needs(p authz.Permission) Access {
	return Access{name: string(p), perm: p, may: func(a authz.Actor) bool { return a.May(p) }}
}

// Is reports whether it is a permission that an actor needs.
func (a Access) Is(p authz.Permission) bool { return a.perm == p }

// String is the access as the printed table shows it.
func (a Access) String() string { return a.name }

// Allows reports whether an actor may use a route with this access.
func (a Access) Allows(actor authz.Actor) bool { return a.may(actor) }

// Route is one row of the table.
type Route struct {
	Method  string
	Pattern string
	Access  Access
	Handler page.Handler
	Limit   int64 // bytes of the body
	Fields  int   // names and parts of the form; 0: the common limits
	// OneClick lets mail programs in; see WithOneClick.
	OneClick bool
	// StepUp asks for a fresh proof of the second factor, from who has one (security.md MFA-6).
	StepUp bool
	// SetUp is open to staff who have to set up a second factor first (security.md MFA-1).
	SetUp bool
}

// Rule is who may use the row, and with which proof, as the printed table shows it.
func (r Route) Rule() string {
	if r.StepUp {
		return r.Access.String() + ", stepped-up"
	}
	return r.Access.String()
}

// Get is a row for reading; it changes nothing (security.md WEB-2).
func Get(pattern string, a Access, h page.Handler) Route {
	return Route{Method: http.MethodGet, Pattern: pattern, Access: a, Handler: h, Limit: defaultLimit}
}

// Post is a row for a form.
func Post(pattern string, a Access, h page.Handler) Route {
	return Route{Method: http.MethodPost, Pattern: pattern, Access: a, Handler: h, Limit: defaultLimit}
}

// WithLimit is the row with another limit for its body, in bytes.
func (r Route) WithLimit(n int64) Route { r.Limit = n; return r }

// WithFields is the row with room for n fields: for a form whose rows people add
// themselves.
func (r Route) WithFields(n int) Route { r.Fields = n; return r }

// WithOneClick is the row open to mail programs that unsubscribe (RFC 8058): they
// have no page of ours, so no form token. What the token guards against is a
// browser that lends its cookie to somebody else's form. So the row does without
// only where there is nothing to lend: no cookie, no sign of a browser, and a body
// that says this one thing. The address must carry a secret that alone permits what
// the row does; the handler acts as a visitor.
func (r Route) WithOneClick() Route { r.OneClick = true; return r }

// WithStepUp is the row for whose use the second factor is asked for anew.
func (r Route) WithStepUp() Route { r.StepUp = true; return r }

// WithSetUp is the row open to staff who have no second factor yet and need one.
func (r Route) WithSetUp() Route { r.SetUp = true; return r }

// Mount puts the table into a router. It panics on a row without access: a
// programmer's mistake that must not start.
func Mount(router chi.Router, site *page.Site, gate *confirm.Gate, routes []Route) {
	g := newGuard(site, gate)
	for _, rt := range routes {
		rt.mustBeWhole()
		router.Method(rt.Method, rt.Pattern, g.guarded(rt))
		if rt.Method == http.MethodGet {
			router.Method(http.MethodHead, rt.Pattern, g.guarded(rt))
		}
	}
}

// mustBeWhole panics on a row without access, handler or address.
func (r Route) mustBeWhole() {
	if r.Access.may == nil || r.Handler == nil || !strings.HasPrefix(r.Pattern, "/") {
		panic(fmt.Sprintf("route %s %s declares no access or handler", r.Method, r.Pattern))
	}
}
