// Package audit is the vocabulary of the audit log: what happened to what. It
// writes nothing; package pg stores an event in the transaction of the change
// it tells of.
package audit

import "portal/internal/id"

// Action is what happened, "noun.pasttense". Its sentence is the message
// "audit.<action>".
type Action string

// Kind is what it happened to.
type Kind string

// The kinds of subjects.
const (
	Partner      Kind = "partner"
	Registration Kind = "registration"
	User         Kind = "user"
	PolicyGroup  Kind = "policy_group"
	Policy       Kind = "policy"
	Term         Kind = "term" // of the vocabulary
	Mail         Kind = "mail"
	Session      Kind = "session"
	Database     Kind = "database"
	Route        Kind = "route"
	Webhook      Kind = "webhook"
	Note         Kind = "note" // an internal one; its ID is "<kind>/<id>" of what it is about
	List         Kind = "list" // what is on a list page, as a whole
	APIKey       Kind = "api_key"
	Service      Kind = "service_account"

	PartnerChange Kind = "partner_change" // of its name or address; what is done with it is told of the partner

	PolicyRequest Kind = "policy_request" // and the grant that comes of it

	CACertificate Kind = "ca_certificate"
	Certificate   Kind = "certificate" // a partner's

	SBI        Kind = "sbi"
	Device     Kind = "device"
	DeviceType Kind = "device_type"
	FTMChip    Kind = "ftm_chip" // and its certificates
)

// Result is how it ended.
type Result string

// The results. Refusals are events too (architecture.md A6).
const (
	Done   Result = "done"
	Denied Result = "denied"
	Failed Result = "failed"
)

// Subject is the thing that an event tells of. Name is what it was called at
// that moment, so that the sentence stays true after a renaming.
type Subject struct {
	Kind Kind
	ID   string
	Name string
}

// Change is one field before and after. Never a password, code, token or full
// address (security.md AUD-2).
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Event is one row of the audit log, without what the actor and the
// transaction bring.
type Event struct {
	Action  Action
	Subject Subject
	Partner id.Partner // whose trail it belongs to; zero if nobody's
	Before  int        // row version before
	After   int        // row version after
	Detail  []Change
}

// Diff appends a change if the two values differ.
func Diff(to []Change, field, before, after string) []Change {
	if before == after {
		return to
	}
	return append(to, Change{Field: field, Before: before, After: after})
}
