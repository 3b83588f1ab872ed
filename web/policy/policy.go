// Package policy is the screens of Auth policies and Data share policies: the
// list, one policy with its versions, what was in force on a day, two versions
// beside each other, and the pages of the decisions on a policy, before they are
// taken and after. Both kinds share everything but their addresses and a few
// words. It decides nothing: who may activate, what a document must hold, what a
// change means and what stands in the way are told by internal/policy and
// internal/policydoc. Writing a policy is package policystudio's.
package policy

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

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

// Users draws which partners use a policy; the screens of policy requests bring it.
type Users func(ctx context.Context, pid id.Policy) templ.Component

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
	trail    page.Trail
	users    Users
	zone     *time.Location // in which a day begins and ends
	kind     policy.Kind
}

// Routes are the rows of both kinds. Reading needs policy.read, what is in force
// policy.activate, what waits (restoring, discarding) policy.write; that a writer
// does not activate is the service's rule (design README, decision 1).
func Routes(p *policy.Service, words *vocabulary.Service, trail page.Trail, users Users, zone *time.Location) []route.Route {
	var rows []route.Route
	for _, kind := range policydoc.Kinds() {
		rows = append(rows, handlers{policies: p, words: words, trail: trail, users: users, zone: zone, kind: kind}.routes()...)
	}
	return append(rows, route.Get("/policies/{id}", route.Needs(authz.PolicyRead), find(p)))
}

// find leads from a policy's id alone, all that the audit log knows, to its page.
func find(p *policy.Service) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		kind, err := p.KindOf(r.Context(), pid)
		if err != nil {
			return err
		}
		return page.Redirect(w, r, policywords.URL(kind, pid))
	}
}

func (h handlers) routes() []route.Route {
	one := policywords.ListURL(h.kind) + "/{id}"
	read, decide, write := route.Needs(authz.PolicyRead), route.Needs(authz.PolicyActivate), route.Needs(authz.PolicyWrite)
	return []route.Route{
		route.Get(policywords.ListURL(h.kind), read, h.list),
		route.Get(policywords.ListURL(h.kind)+".csv", read, h.file),
		route.Get(one, read, h.show),
		route.Get(one+"/compare", read, h.compare),
		route.Get(one+"/versions", read, h.olderVersions),
		route.Get(one+"/versions/{number}", read, h.version),
		route.Get(one+"/versions/{number}.json", read, h.download),
		route.Get(one+"/decisions/{decision}", read, h.decided),
		route.Get(one+"/activate", decide, h.confirm(activation)),
		route.Post(one+"/activate", decide, h.decide(activation)),
		route.Get(one+"/deactivate", decide, h.confirm(deactivation)),
		route.Post(one+"/deactivate", decide, h.decide(deactivation)),
		route.Get(one+"/reactivate", decide, h.confirm(reactivation)),
		route.Post(one+"/reactivate", decide, h.decide(reactivation)),
		route.Get(one+"/versions/{number}/restore", write, h.confirm(restoration)),
		route.Post(one+"/versions/{number}/restore", write, h.decide(restoration)),
		route.Get(one+"/discard", write, h.askDiscard),
		route.Post(one+"/discard", write, h.discard),
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

// numberOf is the version number in the address; only its plain decimal form is
// one, so that a version has one address.
func numberOf(r *http.Request) (int, error) {
	return parseNumber(chi.URLParam(r, "number"))
}

func parseNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s || n < 1 || n > math.MaxInt32 {
		return 0, problem.ErrNotFound
	}
	return n, nil
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }

// versionURL is the address of a version, or of something that can be done with it.
func versionURL(p policy.Policy, number int, rest string) string {
	return policywords.DoURL(p.Kind, p.ID, "versions/"+strconv.Itoa(number)+rest)
}

// olderURL lists the versions before a number.
func olderURL(p policy.Policy, before int) string {
	return policywords.DoURL(p.Kind, p.ID, "versions?before="+strconv.Itoa(before))
}

func groupURL(p policy.Policy) string { return "/policy-groups/" + p.GroupID.String() }
