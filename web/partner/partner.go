// Package partner is a Partner Admin's screens of the partners: the list, one
// partner with everything it said and with what its policies let it do, and the
// three ways to decide on a request.
// It decides nothing: who may, and whether the request still waits, is told by
// internal/partner.
package partner

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/policy"
	"portal/internal/vocabulary"
	"portal/web/page"
	"portal/web/route"
)

// Grants draws what a partner may use; the screens of policy requests bring it.
type Grants func(ctx context.Context, partner id.Partner) templ.Component

type handlers struct {
	partners *partner.Service
	policies *policy.Service
	words    *vocabulary.Service
	trail    page.Trail
	work     page.Trail // whose work a request is
	others   page.Trail // that it is a colleague's
	admitted page.Trail // its access, people and contacts, once it was admitted
	grants   Grants
	certs    Grants
}

// Routes are the rows of the partners' pages. Reading needs partner.read, each
// decision partner.decide. work says on a partner's page whose work its request
// is, others on a decision's page that it is a colleague's; admitted what became
// of an admitted partner, grants lists what it may use, certs how it stands with its
// certificates.
func Routes(p *partner.Service, policies *policy.Service, words *vocabulary.Service, trail, work, others, admitted page.Trail, grants, certs Grants) []route.Route {
	h := handlers{partners: p, policies: policies, words: words, trail: trail, work: work, others: others, admitted: admitted, grants: grants, certs: certs}
	read := route.Needs(authz.PartnerRead)
	rows := []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(listURL+"/{id}", read, h.show),
	}
	for _, d := range decisions {
		rows = append(rows, h.routes(d)...)
	}
	return rows
}

func (h handlers) routes(d decision) []route.Route {
	decide := route.Needs(authz.PartnerDecide)
	return []route.Route{
		route.Get(listURL+"/{id}/"+d.verb, decide, h.ask(d)),
		route.Post(listURL+"/{id}/"+d.verb, decide, h.decide(d)),
	}
}

// The addresses (design README, "Addresses").
const (
	listURL    = "/partners"
	pendingURL = listURL + "?status=" + string(partner.PendingApproval)
)

func showURL(pid id.Partner) string { return listURL + "/" + pid.String() }

func decideURL(pid id.Partner, verb string) string { return showURL(pid) + "/" + verb }

// load finds the partner of the address with all that a decision weighs.
func (h handlers) load(r *http.Request) (partner.Review, error) {
	pid, err := id.Parse[id.Partner](chi.URLParam(r, "id"))
	if err != nil {
		return partner.Review{}, err
	}
	return h.partners.Review(r.Context(), page.Actor(r.Context()).Scope(), pid)
}
