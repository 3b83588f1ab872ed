package route

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
)

// API is how rows for other programs are guarded: nobody is known by a cookie,
// so no other site can borrow one, and there is no form token to ask for.
type API struct {
	Enter func(r *http.Request) (authz.Actor, error) // who asks, by the token that they bring
	Deny  func(ctx context.Context, a authz.Actor, p authz.Permission) error
	Fail  func(w http.ResponseWriter, r *http.Request, err error)
}

// MountAPI puts the API's part of the table into a router. Like Mount it panics
// on a row without access.
func MountAPI(router chi.Router, api API, routes []Route) {
	for _, rt := range routes {
		rt.mustBeWhole()
		handler := api.guarded(rt)
		router.Method(rt.Method, rt.Pattern, handler)
		if rt.Method == http.MethodGet {
			router.Method(http.MethodHead, rt.Pattern, handler)
		}
	}
}

// guarded is a row behind its checks: access, size.
func (api API) guarded(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := api.serve(rt, w, r); err != nil {
			api.Fail(w, r, err)
		}
	})
}

func (api API) serve(rt Route, w http.ResponseWriter, r *http.Request) error {
	if rt.Access.perm != "" {
		actor, err := api.Enter(r)
		if err != nil {
			return err
		}
		if !rt.Access.Allows(actor) {
			return api.Deny(r.Context(), actor, rt.Access.perm)
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, rt.Limit)
	return rt.Handler(w, r)
}
