// Package partner is about the organisations that want to authenticate people,
// receive their data, or supply devices and chips: how they register and how
// they are admitted. It knows accounts only as the persons who act for a
// partner, and policies only as the group that a partner belongs to.
package partner

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"portal/internal/authz"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/state"
)

// Type is what a partner does (design README, "Words"). It is also the role of
// its people.
type Type = authz.Role

// Types are the four of them, in the order of the registration page.
var Types = authz.PartnerRoles

// UsesPolicies reports whether partners of a type work under policies and so
// belong to a policy group (domain.md §2.2).
func UsesPolicies(t Type) bool {
	return t == authz.AuthPartner || t == authz.CredentialPartner
}

// Status is where a partner stands: first its registration's states, then an
// admitted partner's.
type Status string

// The states. An approved partner is Active.
const (
	PendingApproval  Status = "pending_approval"
	ChangesRequested Status = "changes_requested"
	Rejected         Status = "rejected"
	Active           Status = "active"
	Deactivated      Status = "deactivated"
)

// Statuses are the allowed moves (design README, "Words").
var Statuses = state.New(map[Status][]Status{
	PendingApproval:  {ChangesRequested, Active, Rejected},
	ChangesRequested: {PendingApproval},
	Rejected:         {},
	Active:           {Deactivated},
	Deactivated:      {Active},
})

// Partner is an organisation with its registration.
type Partner struct {
	ID                id.Partner
	PublicID          string // the partner ID that the organisation chose
	Type              Type
	Purpose           string
	Organisation      string
	Address           string
	PolicyGroupID     id.PolicyGroup // zero for types without policies
	PolicyGroup       string         // its name
	EmailDomain       string
	Lang              string
	Status            Status
	Submission        int // how often it asked; 1 is the first time
	SubmittedAt       time.Time
	AddressVerifiedAt time.Time
	TermsVersion      string
	ConsentedAt       time.Time
	Version           int
	CreatedAt         time.Time
	UpdatedAt         time.Time

	// The person who registered it.
	OwnerID   id.User
	FirstName string
	LastName  string
	Email     string
	Phone     string
}

// Answers is what a registration asks (design README, decision 3). The names
// of the fields are the names of the form's inputs and of a change request's
// lines.
type Answers struct {
	Type          Type   `json:"type"`
	Purpose       string `json:"purpose"`
	Organisation  string `json:"organisation"`
	PublicID      string `json:"public_id"`
	Address       string `json:"address"`
	FirstName     string `json:"first_name"`
	LastName      string `json:"last_name"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
	PolicyGroupID string `json:"policy_group"` // "" for types without policies
	Lang          string `json:"lang"`
}

// The limits of the answers, in characters.
const (
	MaxPurpose      = 500
	MaxOrganisation = 128
	MaxPublicID     = 36
	MaxAddress      = 2000
	MaxName         = 64
	MaxPhone        = 16
)

var (
	publicIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,36}$`)
	phonePattern    = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{4,14}$`)
	notInPublicID   = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
)

// Fields are the names of the answers, in the order of the pages.
var Fields = []string{
	"type", "purpose", "organisation", "public_id", "address", "first_name", "last_name",
	"email", "phone", "policy_group", "lang",
}

// Check trims the answers named in fields and reports what is wrong with them:
// one step of the registration checks its own, the last one all. Whether a
// partner ID or a group is free or active is the database's to say.
func (a *Answers) Check(fields ...string) error {
	var f problem.Fields
	if len(fields) == 0 {
		fields = Fields
	}
	has := func(name string) bool { return slices.Contains(fields, name) }
	if has("type") && !slices.Contains(Types, a.Type) {
		f.Add("type", "problem.choose")
	}
	line := func(name string, value *string, max int) {
		if has(name) {
			*value = f.Line(name, *value, max, true)
		}
	}
	if has("purpose") {
		a.Purpose = f.Lines("purpose", a.Purpose, MaxPurpose, true)
	}
	line("organisation", &a.Organisation, MaxOrganisation)
	line("public_id", &a.PublicID, MaxPublicID)
	if has("public_id") && !publicIDPattern.MatchString(a.PublicID) {
		f.Add("public_id", "partner.problem.public_id")
	}
	if has("address") {
		a.Address = f.Lines("address", a.Address, MaxAddress, true)
	}
	line("first_name", &a.FirstName, MaxName)
	line("last_name", &a.LastName, MaxName)
	if has("email") {
		a.Email = strings.TrimSpace(a.Email)
		if address := email.Field(&f, "email", a.Email); !address.IsZero() {
			a.Email = address.String()
		}
	}
	if has("phone") {
		a.Phone = Phone(&f, "phone", a.Phone, true)
	}
	if has("policy_group") {
		a.checkGroup(&f)
	}
	if has("lang") && !slices.Contains([]string{"en", "fr", "ar"}, a.Lang) {
		f.Add("lang", "problem.choose")
	}
	return f.Err()
}

// Phone reads a typed phone number for the input called name.
func Phone(f *problem.Fields, name, typed string, required bool) string {
	phone := f.Line(name, typed, MaxPhone, required)
	if phone != "" && !phonePattern.MatchString(phone) {
		f.Add(name, "partner.problem.phone")
	}
	return phone
}

func (a *Answers) checkGroup(f *problem.Fields) {
	if !UsesPolicies(a.Type) {
		a.PolicyGroupID = ""
		return
	}
	if _, err := id.Parse[id.PolicyGroup](a.PolicyGroupID); err != nil {
		f.Add("policy_group", "problem.choose")
	}
}

// ProposePublicID makes a partner ID of an organisation's name; "" where the
// name has no letter of the Latin alphabet.
func ProposePublicID(organisation string) string {
	s := strings.Trim(notInPublicID.ReplaceAllString(organisation, "-"), "-_")
	if len(s) > MaxPublicID {
		s = strings.TrimRight(s[:MaxPublicID], "-_")
	}
	return s
}
