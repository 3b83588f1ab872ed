package authz_test

import (
	"slices"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
)

func TestAUT1RolesThatHoldNothingExtra(t *testing.T) {
	t.Parallel()
	// What no partner and no visitor may ever hold.
	staffOnly := []authz.Permission{
		authz.PartnerRead, authz.PartnerDecide, authz.PolicyGroupManage, authz.PolicyWrite,
		authz.PolicyActivate, authz.StaffManage, authz.AuditRead, authz.MailRead, authz.SystemWork,
	}
	for _, role := range slices.Concat([]authz.Role{authz.Visitor}, authz.PartnerRoles) {
		a := authz.Actor{Roles: []authz.Role{role}}
		for _, p := range staffOnly {
			if a.May(p) {
				t.Errorf("%s may %s", role, p)
			}
		}
	}
	for _, role := range authz.Roles {
		if _, ok := authz.Matrix[role]; !ok {
			t.Errorf("%s is not in the matrix", role)
		}
	}
	if len(authz.Matrix) != len(authz.Roles) {
		t.Error("the matrix has a role that is not listed")
	}
}

func TestAUT2ScopeOfNobodyIsNothing(t *testing.T) {
	t.Parallel()
	own := id.New[id.Partner]()
	for _, c := range []struct {
		actor authz.Actor
		want  authz.Scope
	}{
		{authz.Actor{}, authz.Scope{}},
		{authz.VisitorAt(authz.Actor{}.IP, ""), authz.Scope{}},
		{authz.Actor{Roles: []authz.Role{authz.PolicyManager}}, authz.Scope{}},
		{authz.Actor{Roles: []authz.Role{authz.PartnerAdmin}}, authz.Scope{All: true}},
		{authz.Actor{Roles: []authz.Role{authz.FTMProvider}, Partner: own}, authz.Scope{Partner: own}},
	} {
		if got := c.actor.Scope(); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.actor.Roles, got, c.want)
		}
	}
}
