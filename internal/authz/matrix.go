// Package authz says who may do what, in one table. Routes, the menu and
// pg.DB.Change all ask it; nothing else decides. It knows no thing's content:
// whose row it is, is the business of Scope and the stores.
package authz

import "slices"

// Role is what a person is to the portal (design README, "Words").
type Role string

// The roles. Visitor is anybody without an account, System the portal's own
// background work.
const (
	Visitor           Role = "VISITOR"
	AuthPartner       Role = "AUTH_PARTNER"
	CredentialPartner Role = "CREDENTIAL_PARTNER" //nolint:gosec // no credential, a partner type
	DeviceProvider    Role = "DEVICE_PROVIDER"
	FTMProvider       Role = "FTM_PROVIDER"
	PolicyManager     Role = "POLICYMANAGER"
	PartnerAdmin      Role = "PARTNER_ADMIN"
	System            Role = "SYSTEM"
)

// StaffRoles are the roles that never come by self-registration (AUT-7).
var StaffRoles = []Role{PartnerAdmin, PolicyManager}

// PartnerRoles are the four partner types.
var PartnerRoles = []Role{AuthPartner, CredentialPartner, DeviceProvider, FTMProvider}

// Roles are all of them, in the order of the printed matrix.
var Roles = slices.Concat([]Role{Visitor}, PartnerRoles, StaffRoles, []Role{System})

// Permission is one thing that can be allowed, "noun.verb".
type Permission string

// The permissions.
const (
	Register          Permission = "registration.send"   // ask to be admitted
	SignIn            Permission = "session.start"       // sign in, forgot and reset password
	AccountEdit       Permission = "account.edit"        // own profile, password, language
	RegistrationEdit  Permission = "registration.edit"   // own answers while changes are requested
	PartnerRead       Permission = "partner.read"        // every partner, every registration
	PartnerDecide     Permission = "partner.decide"      // approve, ask for changes, reject
	PolicyGroupRead   Permission = "policy_group.read"   //
	PolicyGroupManage Permission = "policy_group.manage" // create, edit, deactivate, re-activate
	PolicyRead        Permission = "policy.read"         // every policy in every state
	PolicyWrite       Permission = "policy.write"        // create and edit; never decides on activation
	PolicyActivate    Permission = "policy.activate"     // put in force, take out of force
	PolicyEmergency   Permission = "policy.emergency"    // put in force alone, with a reason; others review it
	VocabularyManage  Permission = "vocabulary.manage"   // the names that documents may use
	StaffManage       Permission = "staff.manage"        // invite, change roles, deactivate
	AuditRead         Permission = "audit.read"          // the whole audit log
	MailRead          Permission = "mail.read"           // the outbox without the texts
	SystemWork        Permission = "system.work"         // jobs and the command line
)

// Matrix is the one table of who may do what. A partner's permissions reach its
// own rows only: see Actor.Scope.
var Matrix = map[Role][]Permission{
	Visitor:           {Register, SignIn},
	AuthPartner:       {AccountEdit, RegistrationEdit},
	CredentialPartner: {AccountEdit, RegistrationEdit},
	DeviceProvider:    {AccountEdit, RegistrationEdit},
	FTMProvider:       {AccountEdit, RegistrationEdit},
	PolicyManager:     {AccountEdit, PolicyGroupRead, PolicyGroupManage, PolicyRead, PolicyWrite, PolicyActivate},
	PartnerAdmin: {
		AccountEdit, PartnerRead, PartnerDecide, PolicyGroupRead, PolicyGroupManage,
		PolicyRead, PolicyWrite, PolicyActivate, PolicyEmergency, VocabularyManage, StaffManage, AuditRead, MailRead,
	},
	System: {SystemWork},
}

// Permissions lists every permission of the matrix once, sorted.
func Permissions() []Permission {
	var all []Permission
	for _, ps := range Matrix {
		all = append(all, ps...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
