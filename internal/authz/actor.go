package authz

import (
	"net/netip"
	"slices"
	"time"

	"portal/internal/id"
)

// Actor is who does something, as the database knew them when the request
// began. It is an explicit argument everywhere below web/.
type Actor struct {
	User      id.User
	Name      string // first and last name, for greeting and for sentences
	Email     string
	Lang      string
	Shortcuts bool // keys of the keyboard act at once
	Roles     []Role
	Partner   id.Partner // zero for staff and visitors
	Session   []byte     // hash of the session's token; nil for visitors
	// SecondFactor is whether the account has a second factor that counts, ProvedAt
	// when this session last proved it; zero: never.
	SecondFactor bool
	ProvedAt     time.Time
	// Rights are what a service account was given of what its role may; other roles
	// hold all of theirs.
	Rights    []Permission
	IP        netip.Addr
	RequestID string
}

// VisitorAt is somebody without an account.
func VisitorAt(ip netip.Addr, requestID string) Actor {
	return Actor{Roles: []Role{Visitor}, IP: ip, RequestID: requestID}
}

// SystemActor is the portal itself: jobs and the command line.
func SystemActor() Actor { return Actor{Name: "system", Roles: []Role{System}} }

// SignedIn reports whether the actor has an account.
func (a Actor) SignedIn() bool { return !id.IsZero(a.User) }

// Is reports whether the actor holds a role.
func (a Actor) Is(r Role) bool { return slices.Contains(a.Roles, r) }

// Staff reports whether the actor works for the portal's operator.
func (a Actor) Staff() bool { return slices.ContainsFunc(StaffRoles, a.Is) }

// ServiceActor is another system, by name, with the rights that it was given.
func ServiceActor(name string, rights []Permission) Actor {
	return Actor{Name: name, Roles: []Role{ServiceAccount}, Rights: rights}
}

// StepUpAfter is how long the proof of a second factor lasts for what needs a
// fresh one (security.md MFA-6).
const StepUpAfter = 10 * time.Minute

// Proved reports whether the actor proved the second factor within StepUpAfter.
func (a Actor) Proved(now time.Time) bool {
	return !a.ProvedAt.IsZero() && now.Sub(a.ProvedAt) <= StepUpAfter
}

// May reports whether one of the actor's roles holds the permission.
func (a Actor) May(p Permission) bool {
	for _, r := range a.Roles {
		if slices.Contains(Matrix[r], p) && (r != ServiceAccount || slices.Contains(a.Rights, p)) {
			return true
		}
	}
	return false
}

// Role is the role that stands in the audit log for this actor: the first.
func (a Actor) Role() Role {
	if len(a.Roles) == 0 {
		return Visitor
	}
	return a.Roles[0]
}

// Scope says whose rows an actor may see: a mandatory argument of every store
// function on partner-owned data (security.md AUT-2).
type Scope struct {
	All     bool
	Partner id.Partner
	User    id.User // who asks: for "my own work" in lists
}

// Scope is everything for Partner Admins, the own partner for partners, and
// nothing for anybody else.
func (a Actor) Scope() Scope {
	return Scope{All: a.May(PartnerRead), Partner: a.Partner, User: a.User}
}
