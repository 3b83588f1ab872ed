package web

import (
	"net/http"
	"slices"

	"portal/internal/authz"
	"portal/web/route"
)

// decisive are the permissions for whose forms the second factor is asked for anew
// (security.md MFA-6): decisions, what is trusted, who may do what, and what lets
// programs in. A row that comes later with one of them is guarded from the start.
var decisive = []authz.Permission{
	authz.PartnerDecide, authz.PartnerDeactivate, authz.PolicyActivate, authz.PolicyRequestDecide, authz.TrustStoreManage,
	authz.SBIDecide, authz.DeviceDecide, authz.FTMChipDecide,
	authz.StaffManage, authz.PeopleManage, authz.ServiceManage, authz.APIKeyCreate,
}

// also are further rows: what they do is not told by their permission. The pages of
// one's own account say it themselves.
var also = []string{
	"POST /people/{id}/hand-over", // readers may open it, the owner alone gets through
	"POST /organisation/email",    // the address that the owner signs in with
	"GET /audit.csv",
}

// steppedUp marks the rows of the table that need a fresh proof.
func steppedUp(routes []route.Route) []route.Route {
	for i, rt := range routes {
		decides := rt.Method == http.MethodPost && slices.ContainsFunc(decisive, rt.Access.Is)
		if decides || slices.Contains(also, rt.Method+" "+rt.Pattern) {
			routes[i] = rt.WithStepUp()
		}
	}
	return routes
}
