// Package authz says who may do what, in one table. Routes, the menu and
// pg.DB.Change all ask it; nothing else decides. It knows no thing's content:
// whose row it is, is the business of Scope and the stores.
package authz

import "slices"

// Role is what a person is to the portal (design README, "Words").
type Role string

// The roles. Visitor is anybody without an account, System the portal's own
// background work. A partner's person holds the partner's type as a role while
// the partner is active, else Applicant: so what an admitted partner may do ends
// with its admission. The person who answers for an active partner is also its
// PartnerOwner. ServiceAccount is another system that asks the API.
const (
	Visitor           Role = "VISITOR"
	Applicant         Role = "APPLICANT"
	AuthPartner       Role = "AUTH_PARTNER"
	CredentialPartner Role = "CREDENTIAL_PARTNER" //nolint:gosec // no credential, a partner type
	DeviceProvider    Role = "DEVICE_PROVIDER"
	FTMProvider       Role = "FTM_PROVIDER"
	PartnerOwner      Role = "PARTNER_OWNER"
	PolicyManager     Role = "POLICYMANAGER"
	PartnerAdmin      Role = "PARTNER_ADMIN"
	ServiceAccount    Role = "SERVICE_ACCOUNT"
	System            Role = "SYSTEM"
)

// StaffRoles are the roles that never come by self-registration (AUT-7).
var StaffRoles = []Role{PartnerAdmin, PolicyManager}

// PartnerRoles are the four partner types.
var PartnerRoles = []Role{AuthPartner, CredentialPartner, DeviceProvider, FTMProvider}

// Roles are all of them, in the order of the printed matrix.
var Roles = slices.Concat([]Role{Visitor, Applicant}, PartnerRoles, []Role{PartnerOwner}, StaffRoles, []Role{ServiceAccount, System})

// Permission is one thing that can be allowed, "noun.verb".
type Permission string

// The permissions.
const (
	Register            Permission = "registration.send"      // ask to be admitted
	SignIn              Permission = "session.start"          // sign in, forgot and reset password
	AccountEdit         Permission = "account.edit"           // own profile, password, language
	RegistrationEdit    Permission = "registration.edit"      // own answers while changes are requested
	PartnerRead         Permission = "partner.read"           // every partner, every registration
	PartnerDecide       Permission = "partner.decide"         // approve, ask for changes, reject; changes of name or address
	PartnerDeactivate   Permission = "partner.deactivate"     // end an active partner's access, and give it back
	OrganisationEdit    Permission = "organisation.edit"      // own partner's profile and contacts
	PeopleRead          Permission = "people.read"            // own partner's people and profile
	PeopleManage        Permission = "people.manage"          // own partner's people: invite, remove, hand over
	PolicyGroupRead     Permission = "policy_group.read"      //
	PolicyGroupManage   Permission = "policy_group.manage"    // create, edit, deactivate, re-activate
	PolicyRead          Permission = "policy.read"            // every policy in every state
	PolicyWrite         Permission = "policy.write"           // create and edit; never decides on activation
	PolicyActivate      Permission = "policy.activate"        // put in force, take out of force
	PolicyEmergency     Permission = "policy.emergency"       // put in force alone, with a reason; others review it
	VocabularyManage    Permission = "vocabulary.manage"      // the names that documents may use
	PolicyRequestRead   Permission = "policy_request.read"    // requests and grants; partners: their own
	PolicyRequestSend   Permission = "policy_request.send"    // browse the group's active policies; ask, change, withdraw
	PolicyRequestDecide Permission = "policy_request.decide"  // approve, ask for changes, reject, revoke
	TrustStoreManage    Permission = "trust_store.manage"     // root and intermediate CA certificates
	CertificateRead     Permission = "certificate.read"       // partner certificates; partners: their own
	CertificateUpload   Permission = "certificate.upload"     // own partner's certificate
	APIKeyRead          Permission = "api_key.read"           // what is known of keys; partners: their own
	APIKeyCreate        Permission = "api_key.create"         // make and rotate; never staff
	APIKeyDeactivate    Permission = "api_key.deactivate"     //nolint:gosec // no credential: end one for good
	ServiceManage       Permission = "service_account.manage" // other systems' access to the API
	KeyVerify           Permission = "api_key.verify"         // ask the API whether a key is good
	PolicyServe         Permission = "policy.serve"           // read a partner's policy by the API
	WebhookManage       Permission = "webhook.manage"         // where events are sent
	SBIRead             Permission = "sbi.read"               // device software; providers: their own
	SBISend             Permission = "sbi.send"               // register, change, withdraw the own
	SBIDecide           Permission = "sbi.decide"             // approve, ask for changes, reject, give back
	SBIDeactivate       Permission = "sbi.deactivate"         // end an approved one, with its devices
	DeviceRead          Permission = "device.read"            // devices; providers: their own
	DeviceSend          Permission = "device.send"            // register, change, withdraw, move the own
	DeviceDecide        Permission = "device.decide"          // approve, ask for changes, reject, give back
	DeviceDeactivate    Permission = "device.deactivate"      // end an approved one
	DeviceTypeManage    Permission = "device_type.manage"     // what kinds of devices there are
	FTMChipRead         Permission = "ftm_chip.read"          // FTM chips; providers: their own
	FTMChipSend         Permission = "ftm_chip.send"          // register, change, withdraw the own; certificates
	FTMChipDecide       Permission = "ftm_chip.decide"        // approve, ask for changes, reject, give back
	FTMChipDeactivate   Permission = "ftm_chip.deactivate"    // end an approved one
	HardwareServe       Permission = "hardware.serve"         // read approved SBIs, devices and FTM chips by the API
	NoteWrite           Permission = "note.write"             // internal notes, and whose work something is
	StaffManage         Permission = "staff.manage"           // invite, change roles, deactivate
	AuditRead           Permission = "audit.read"             // the whole audit log
	MailRead            Permission = "mail.read"              // the outbox without the texts
	SystemWork          Permission = "system.work"            // jobs and the command line
)

// everyPartner is what people of an active partner of any type may do.
var everyPartner = []Permission{AccountEdit, RegistrationEdit, PeopleRead, CertificateRead, CertificateUpload}

// policyPartner is what those who work under policies may do as well.
var policyPartner = []Permission{PolicyRequestRead, PolicyRequestSend, APIKeyRead, APIKeyCreate, APIKeyDeactivate}

// Matrix is the one table of who may do what. A partner's permissions reach its
// own rows only: see Actor.Scope.
var Matrix = map[Role][]Permission{
	Visitor:           {Register, SignIn},
	Applicant:         {AccountEdit, RegistrationEdit},
	AuthPartner:       slices.Concat(everyPartner, policyPartner),
	CredentialPartner: slices.Concat(everyPartner, policyPartner),
	DeviceProvider: slices.Concat(everyPartner, []Permission{
		SBIRead, SBISend, SBIDeactivate, DeviceRead, DeviceSend, DeviceDeactivate,
	}),
	FTMProvider:  slices.Concat(everyPartner, []Permission{FTMChipRead, FTMChipSend, FTMChipDeactivate}),
	PartnerOwner: {OrganisationEdit, PeopleManage},
	PolicyManager: {
		AccountEdit, PolicyGroupRead, PolicyGroupManage, PolicyRead, PolicyWrite, PolicyActivate, NoteWrite,
	},
	PartnerAdmin: {
		AccountEdit, PartnerRead, PartnerDecide, PartnerDeactivate, PolicyGroupRead, PolicyGroupManage,
		PolicyRead, PolicyWrite, PolicyActivate, PolicyEmergency, VocabularyManage,
		PolicyRequestRead, PolicyRequestDecide, TrustStoreManage, CertificateRead, APIKeyRead, APIKeyDeactivate,
		SBIRead, SBIDecide, SBIDeactivate, DeviceRead, DeviceDecide, DeviceDeactivate, DeviceTypeManage,
		FTMChipRead, FTMChipDecide, FTMChipDeactivate,
		ServiceManage, WebhookManage, NoteWrite, StaffManage, AuditRead, MailRead,
	},
	ServiceAccount: {KeyVerify, PolicyServe, HardwareServe},
	System:         {SystemWork},
}

// StaffWith are the names of the staff roles that hold a permission.
func StaffWith(p Permission) []string {
	var roles []string
	for _, r := range StaffRoles {
		if slices.Contains(Matrix[r], p) {
			roles = append(roles, string(r))
		}
	}
	return roles
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
