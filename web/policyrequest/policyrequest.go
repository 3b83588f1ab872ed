// Package policyrequest is the screens of policy requests and grants. A partner
// browses the policies of its group, asks for one, follows, changes and withdraws
// its requests, and asks for a later last day of a grant. A Partner Admin has the
// queue, one request with everything that a decision weighs, and the decisions, one
// by one or several at once. It decides nothing: internal/policyrequest does.
package policyrequest

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/policyrequest"
	"portal/internal/vocabulary"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	requests *policyrequest.Service
	partners *partner.Service
	words    *vocabulary.Service
	trail    page.Trail
	work     page.Trail // whose work the request is
	others   page.Trail // that it is a colleague's
}

// manyFields is how many fields a form may have that has some for each attribute,
// or for each of the requests of a list page.
const manyFields = 1000

// Routes are the rows of these pages. Reading needs policy_request.read, what a
// partner does policy_request.send, what an admin decides policy_request.decide.
// work says on a request's page whose work it is, others on a decision's page that
// it is a colleague's.
func Routes(requests *policyrequest.Service, partners *partner.Service, words *vocabulary.Service, trail, work, others page.Trail) []route.Route {
	h := handlers{requests, partners, words, trail, work, others}
	read, send := route.Needs(authz.PolicyRequestRead), route.Needs(authz.PolicyRequestSend)
	rows := []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(browseURL, send, h.browse),
		route.Get(newURL, send, h.newForm),
		route.Post(listURL, send, h.create).WithFields(manyFields),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", send, h.editForm),
		route.Post(listURL+"/{id}", send, h.resend).WithFields(manyFields),
		route.Get(listURL+"/{id}/withdraw", send, h.askWithdraw),
		route.Post(listURL+"/{id}/withdraw", send, h.withdraw),
		route.Get(listURL+"/{id}/extension", send, h.extensionForm),
		route.Post(listURL+"/{id}/extension", send, h.askExtension),
	}
	decide := route.Needs(authz.PolicyRequestDecide)
	for _, d := range decisions {
		rows = append(rows,
			route.Get(listURL+"/{id}/"+d.verb, decide, h.ask(d)),
			route.Post(listURL+"/{id}/"+d.verb, decide, h.decide(d)).WithFields(manyFields))
	}
	for _, b := range bulks {
		rows = append(rows,
			route.Get(listURL+"/"+b.verb, decide, h.askAll(b)),
			route.Post(listURL+"/"+b.verb, decide, h.decideAll(b)).WithFields(manyFields))
	}
	return rows
}

// The addresses (design README, "Addresses").
const (
	listURL   = "/policy-requests"
	browseURL = listURL + "/browse"
	newURL    = listURL + "/new"
	queueURL  = listURL + "?sort=waiting&status=" + string(policyrequest.PendingApproval)
)

func showURL(rid id.PolicyRequest) string { return listURL + "/" + rid.String() }

func doURL(rid id.PolicyRequest, verb string) string { return showURL(rid) + "/" + verb }

func askURL(pid id.Policy) string { return newURL + "?policy=" + pid.String() }

// load finds the request of the address, if the reader may see it.
func (h handlers) load(r *http.Request) (policyrequest.Standing, error) {
	rid, err := id.Parse[id.PolicyRequest](chi.URLParam(r, "id"))
	if err != nil {
		return policyrequest.Standing{}, err
	}
	return h.requests.Standing(r.Context(), page.Actor(r.Context()).Scope(), rid)
}
