// Package mail is the outbox: a mail is a row written in the transaction that
// it tells of, sent later by a worker (security.md OPS-10). It knows neither
// words nor layout; the wiring gives it a renderer.
package mail

import (
	"context"
	"encoding/json"
	"fmt"

	"portal/internal/id"
	"portal/internal/pg"
)

// Kind names the text of a mail: messages "mail.<kind>.subject" and ".body".
type Kind string

// Every kind of mail that the portal sends.
const (
	RegistrationCode     Kind = "registration_code"      // the code itself is derived when rendered
	AlreadyRegistered    Kind = "already_registered"     // somebody registered an address that has an account
	RegistrationReceived Kind = "registration_received"  // to the partner, after the request was sent
	RegistrationWaiting  Kind = "registration_waiting"   // to every Partner Admin
	RegistrationApproved Kind = "registration_approved"  //
	RegistrationRejected Kind = "registration_rejected"  // Params: Reason
	RegistrationReturned Kind = "registration_returned"  // changes requested; Params: Reason
	PasswordReset        Kind = "password_reset"         // the link is derived when rendered
	PasswordResetUnknown Kind = "password_reset_unknown" // somebody asked for an address without an account
	PasswordChanged      Kind = "password_changed"       //
	StaffInvitation      Kind = "staff_invitation"       // the link is derived when rendered
	AccountDeactivated   Kind = "account_deactivated"    //
	PolicyChangedAlone   Kind = "policy_changed_alone"   // to staff: one person put a change of little risk into force; Params: Policy, ID, Version, Actor, and how many changes allow More, Less and Else
	PolicyEmergency      Kind = "policy_emergency"       // to staff: one person put a policy into force alone; Params as before, Reason and Review
	PolicyReviewOverdue  Kind = "policy_review_overdue"  // to staff: nobody reviewed an emergency in time; Params: Policy, Version, Actor, Due (a day), Review
	PolicyReviewDue      Kind = "policy_review_due"      // to staff: review dates come near; Params: Policies, a line of name, tab and day each
	CAWaiting            Kind = "ca_waiting"             // to the other Partner Admins: a root waits for one of them; Params: Certificate, Actor
	CATaken              Kind = "ca_taken"               // to who proposed a CA certificate; Params: Certificate, Actor
	CARefused            Kind = "ca_refused"             // to who proposed it; Params: Certificate, Actor, Reason
	CertificateAccepted  Kind = "certificate_accepted"   // to the partner's people; Params: Certificate, Due (its last day)
	CertificateWithdrawn Kind = "certificate_withdrawn"  // to the partner's people; Params: Certificate, Actor, Reason
	CertificateOrphaned  Kind = "certificate_orphaned"   // to the partner's people: its CA is out of use; Params: Certificate, Reason
	TermLowered          Kind = "term_lowered"           // to staff: a term no longer stands for special data; Params: Term, Actor
)

// Kinds are all of them; a test checks that each has its words.
var Kinds = []Kind{
	RegistrationCode, AlreadyRegistered, RegistrationReceived, RegistrationWaiting, RegistrationApproved,
	RegistrationRejected, RegistrationReturned, PasswordReset, PasswordResetUnknown, PasswordChanged, StaffInvitation,
	CAWaiting, CATaken, CARefused, CertificateAccepted, CertificateWithdrawn, CertificateOrphaned,
	AccountDeactivated, PolicyChangedAlone, PolicyEmergency, PolicyReviewOverdue, PolicyReviewDue, TermLowered,
}

// Message is one mail to one address in one language. Params are the values in
// its text, and as "Path" the page that its link opens; never a code or a link that opens something: those are derived from
// Challenge and Params["Send"] when the mail is rendered (security.md REG-4).
type Message struct {
	Kind      Kind
	To        string // the stored address, never one from a request (REG-3)
	Lang      string
	Params    map[string]string
	Challenge id.Challenge // for codes and links; else zero
}

// Enqueue puts a mail into the outbox, to be sent once tx is committed.
func Enqueue(ctx context.Context, tx *pg.Tx, m Message) error {
	params := m.Params
	if params == nil {
		params = map[string]string{}
	}
	text, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("mail %s: %w", m.Kind, err)
	}
	_, err = tx.Exec(ctx, `
		insert into mail_outbox (id, kind, recipient, lang, params, challenge_id, status, not_before, created_at)
		values (@id, @kind, @recipient, @lang, @params, @challenge, 'queued', @now, @now)`,
		pg.Args{
			"id": id.New[id.Message](), "kind": string(m.Kind), "recipient": m.To, "lang": m.Lang,
			"params": string(text), "challenge": id.OrNull(m.Challenge), "now": tx.Now(),
		})
	if err != nil {
		return fmt.Errorf("mail %s: %w", m.Kind, err)
	}
	return nil
}
