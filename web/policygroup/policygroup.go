// Package policygroup is the screens of policy groups: the list, the form, one
// group with what stands under it, and the page before a group is deactivated.
// It decides nothing: what keeps a group in use is internal/policy's to say.
package policygroup

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	policies *policy.Service
	trail    page.Trail
}

// Routes are the rows of policy groups. Reading needs policy_group.read,
// everything else policy_group.manage (issue J4).
func Routes(p *policy.Service, trail page.Trail) []route.Route {
	h := handlers{policies: p, trail: trail}
	read, manage := route.Needs(authz.PolicyGroupRead), route.Needs(authz.PolicyGroupManage)
	return []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(listURL+"/new", manage, h.newForm),
		route.Post(listURL, manage, h.create),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", manage, h.editForm),
		route.Post(listURL+"/{id}", manage, h.update),
		route.Get(listURL+"/{id}/deactivate", manage, h.confirm),
		route.Post(listURL+"/{id}/deactivate", manage, h.deactivate),
		route.Post(listURL+"/{id}/reactivate", manage, h.reactivate),
	}
}

// load finds the group of the address.
func (h handlers) load(r *http.Request) (policy.Group, error) {
	gid, err := id.Parse[id.PolicyGroup](chi.URLParam(r, "id"))
	if err != nil {
		return policy.Group{}, err
	}
	return h.policies.Group(r.Context(), gid)
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }

// listURL is the address of all groups (design README, "Addresses").
const listURL = "/policy-groups"

func showURL(gid id.PolicyGroup) string { return listURL + "/" + gid.String() }

// doURL is the address of something that can be done with a group.
func doURL(gid id.PolicyGroup, verb string) string { return showURL(gid) + "/" + verb }
