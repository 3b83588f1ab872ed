// Package policy is the screens of Auth policies and Data share policies: the
// list, one policy with its versions, and the pages that put a policy into force
// or take it out. Both kinds share everything but
// their addresses and a few words. It decides nothing: who may activate, what a
// document must hold and what stands in the way are told by internal/policy and
// internal/policydoc.
package policy

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/route"
)

// Trail draws an object's history; the audit screens bring it.
type Trail func(ctx context.Context, kind audit.Kind, objectID string) templ.Component

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
	trail    Trail
	kind     policy.Kind
}

// Routes are the rows of both kinds. Reading needs policy.read, the decisions
// policy.activate; that a writer does not activate
// is the service's rule (design README, decision 1).
func Routes(p *policy.Service, words *vocabulary.Service, trail Trail) []route.Route {
	var rows []route.Route
	for _, kind := range policydoc.Kinds() {
		rows = append(rows, handlers{policies: p, words: words, trail: trail, kind: kind}.routes()...)
	}
	return append(rows, route.Get("/policies/{id}", route.Needs(authz.PolicyRead), find(p)))
}

// find leads from a policy's id alone, all that the audit log knows, to its page.
func find(p *policy.Service) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		for _, kind := range policydoc.Kinds() {
			found, err := handlers{policies: p, kind: kind}.load(r)
			if errors.Is(err, problem.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			return page.Redirect(w, r, policywords.URL(kind, found.ID))
		}
		return problem.ErrNotFound
	}
}

func (h handlers) routes() []route.Route {
	at := policywords.ListURL(h.kind)
	read, decide := route.Needs(authz.PolicyRead), route.Needs(authz.PolicyActivate)
	return []route.Route{
		route.Get(at, read, h.list),
		route.Get(at+"/{id}", read, h.show),
		route.Get(at+"/{id}/versions/{number}.json", read, h.download),
		route.Get(at+"/{id}/activate", decide, h.confirm(activation)),
		route.Post(at+"/{id}/activate", decide, h.decide(activation)),
		route.Get(at+"/{id}/deactivate", decide, h.confirm(deactivation)),
		route.Post(at+"/{id}/deactivate", decide, h.decide(deactivation)),
		route.Get(at+"/{id}/reactivate", decide, h.confirm(reactivation)),
		route.Post(at+"/{id}/reactivate", decide, h.decide(reactivation)),
	}
}

// load finds the policy of the address. One of the other kind does not exist here.
func (h handlers) load(r *http.Request) (policy.Full, error) {
	pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
	if err != nil {
		return policy.Full{}, err
	}
	return h.policies.Policy(r.Context(), pid, h.kind)
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }

func groupURL(p policy.Policy) string { return "/policy-groups/" + p.GroupID.String() }
