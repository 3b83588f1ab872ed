package partner

import (
	"slices"
	"time"

	"portal/internal/id"
	"portal/internal/list"
)

// Row is a partner as lists show it.
type Row struct {
	ID           id.Partner
	PublicID     string
	Organisation string
	Type         Type
	PolicyGroup  string // name; "" for types without policies
	Status       Status
	SubmittedAt  time.Time
	TakenBy      string // whose work the request is; "" for nobody's
}

// PartnerList is what /partners can be sorted and filtered by (design README,
// "Addresses"). name is the organisation, group a policy group's id; q searches
// organisation, partner ID and e-mail address, and finds an exact id. assigned is
// "me" or "nobody": whose work a request is that waits.
var PartnerList = list.Spec{
	Sorts: map[string]string{
		"organisation": "lower(p.organisation)",
		"public_id":    "lower(p.public_id)",
		"type":         "p.type",
		"group":        "lower(g.name)",
		"status":       "p.status",
		"submitted":    "p.submitted_at",
	},
	Default:  "-submitted",
	Filters:  []string{"q", "name", "type", "status", "group", "email", "assigned"},
	TieBreak: "p.id",
}

// Group is a policy group as far as partners are concerned.
type Group struct {
	ID     id.PolicyGroup
	Name   string
	Active bool
}

// Counts is how many requests stand where.
type Counts struct {
	Pending          int // wait for a Partner Admin
	ChangesRequested int // wait for the partner
}

// Submission is what a partner said one of the times it asked.
type Submission struct {
	Number      int
	Answers     Answers
	SubmittedAt time.Time
}

// Verdict is how a Partner Admin decided on a submission.
type Verdict string

// The verdicts. They equal partner_reviews_decision_check.
const (
	VerdictApproved Verdict = "approved"
	VerdictReturned Verdict = "changes_requested"
	VerdictRejected Verdict = "rejected"
)

// Decision is what a Partner Admin said to one submission.
type Decision struct {
	ID            id.Review
	Submission    int
	Verdict       Verdict
	Reason        string // to reject: why; to ask for changes: what no field fits
	DecidedByID   id.User
	DecidedByName string
	DecidedAt     time.Time
	Lines         []FieldLine `db:"-"` // in the order of the form
}

// FieldLine asks to change one answer: Field is one of Askable, Message says
// what about it.
type FieldLine struct{ Field, Message string }

// Diff is one answer that changed between two submissions. Before and After are
// as stored, except policy groups, which are names.
type Diff struct{ Field, Before, After string }

// Related is another request that may be of the same people.
type Related struct {
	Row
	SameOrganisation bool
	SameDomain       bool // of the e-mail address; false for public mailboxes
	Similar          bool // the organisation is spelled alike
	DecidedAt        *time.Time
	Reason           string
}

// Review is everything that a Partner Admin weighs before deciding.
type Review struct {
	Partner     Partner
	GroupActive bool         // false: the policy group was deactivated since; true without a group
	Submissions []Submission // newest first
	Changes     []Diff       // between the last two submissions
	Decisions   []Decision   // newest first
	Related     []Related    // newest first, at most maxRelated
}

// Standing is how a partner's own request stands.
type Standing struct {
	Partner     Partner
	Submissions []Submission // newest first
	Decisions   []Decision   // newest first
	Last        *Decision    // the newest; nil before the first one
	Groups      []Group      // to choose from; only while the policy group is open
}

// Open are the answers that the partner may change now, in the order of
// Fields; see Standing.May.
func (s Standing) Open() []string {
	if s.Partner.Status != ChangesRequested || s.Last == nil {
		return nil
	}
	return s.Last.opens()
}

// May reports whether the partner may change an answer now.
func (s Standing) May(field string) bool { return slices.Contains(s.Open(), field) }

// Askable are the answers that a Partner Admin may ask to change. The e-mail
// address is proven and the language is the account's own, so neither is.
var Askable = []string{
	"type", "purpose", "organisation", "public_id", "address", "first_name", "last_name",
	"phone", "policy_group",
}

// opens are the answers that a decision lets the partner change: those asked
// for; all once something was asked that no field fits (product.md (c) 8).
// Another type needs or loses a policy group, so it opens that too.
func (d Decision) opens() []string {
	if d.Verdict != VerdictReturned {
		return nil
	}
	if d.Reason != "" {
		return slices.Clone(Askable)
	}
	asked := func(field string) bool {
		return slices.ContainsFunc(d.Lines, func(l FieldLine) bool { return l.Field == field })
	}
	var open []string
	for _, field := range Askable {
		if asked(field) || field == "policy_group" && asked("type") {
			open = append(open, field)
		}
	}
	return open
}

// At is when it was decided; the zero time if there is no decision.
func (d *Decision) At() time.Time {
	if d == nil {
		return time.Time{}
	}
	return d.DecidedAt
}

// Line is what was asked about a field, "" if nothing was.
func (d Decision) Line(field string) string {
	for _, l := range d.Lines {
		if l.Field == field {
			return l.Message
		}
	}
	return ""
}

// Answers is what the partner says now.
func (p Partner) Answers() Answers {
	a := Answers{
		Type: p.Type, Purpose: p.Purpose, Organisation: p.Organisation, PublicID: p.PublicID, Address: p.Address,
		FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone, Lang: p.Lang,
	}
	if !id.IsZero(p.PolicyGroupID) {
		a.PolicyGroupID = p.PolicyGroupID.String()
	}
	return a
}

// Value is the answer to the field of that name, as stored; "" for a name that
// is not one of Fields.
func (a Answers) Value(field string) string { return *a.at(field) }

// Set changes the answer to the field of that name; other names are ignored.
func (a *Answers) Set(field, value string) { *a.at(field) = value }

func (a *Answers) at(field string) *string {
	switch field {
	case "type":
		return (*string)(&a.Type)
	case "purpose":
		return &a.Purpose
	case "organisation":
		return &a.Organisation
	case "public_id":
		return &a.PublicID
	case "address":
		return &a.Address
	case "first_name":
		return &a.FirstName
	case "last_name":
		return &a.LastName
	case "email":
		return &a.Email
	case "phone":
		return &a.Phone
	case "policy_group":
		return &a.PolicyGroupID
	case "lang":
		return &a.Lang
	default:
		return new(string)
	}
}

// differences are the answers that are not the same, policy groups by name.
func differences(before, after Answers, group func(id string) string) []Diff {
	var diffs []Diff
	for _, field := range Fields {
		old, now := before.Value(field), after.Value(field)
		if old == now {
			continue
		}
		if field == "policy_group" {
			old, now = group(old), group(now)
		}
		diffs = append(diffs, Diff{Field: field, Before: old, After: now})
	}
	return diffs
}
