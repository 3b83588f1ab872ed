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
	SecondFactorOn       Kind = "second_factor_on"       // an authenticator app counts, perhaps in the place of another
	SecondFactorOff      Kind = "second_factor_off"      // the password alone is enough again
	SecondFactorReset    Kind = "second_factor_reset"    // a Partner Admin took it away; Params: Actor
	SecondFactorGuessed  Kind = "second_factor_guessed"  // right password, three wrong codes
	SecondFactorDisabled Kind = "second_factor_disabled" // too many wrong codes
	RecoveryCodesRenewed Kind = "recovery_codes_renewed" // earlier ones are void
	RecoveryCodeUsed     Kind = "recovery_code_used"     // somebody came in with one
	AccountDeactivated   Kind = "account_deactivated"    //
	AccountReactivated   Kind = "account_reactivated"    //
	RolesChanged         Kind = "roles_changed"          // to whose they are: other roles, and signed out; Params: Actor
	ColleagueInvitation  Kind = "colleague_invitation"   // to whom a partner's owner invites; the link is derived when rendered; Params: Organisation, Actor
	ColleagueRemoved     Kind = "colleague_removed"      // to whom it was; Params: Organisation
	OwnershipChanged     Kind = "ownership_changed"      // to a partner's people; Params: Organisation, Person, Actor, Reason
	NewAddressCode       Kind = "new_address_code"       // the code itself is derived when rendered
	ChangeWaiting        Kind = "change_waiting"         // to staff: a partner asks for another name or address; Params: Organisation, Path
	AddressChangeAsked   Kind = "address_change_asked"   // to the address that is to be replaced
	AddressChanged       Kind = "address_changed"        // to the old and the new address
	NameChanged          Kind = "name_changed"           // to a partner's people; Params: Organisation, Before
	ChangeRejected       Kind = "change_rejected"        // to a partner's people; Params: Organisation, Reason
	PartnerDeactivated   Kind = "partner_deactivated"    // to a partner's people; Params: Organisation, Reason
	PartnerReactivated   Kind = "partner_reactivated"    // to a partner's people; Params: Organisation, Reason
	PolicyChangedAlone   Kind = "policy_changed_alone"   // to staff: one person put a change of little risk into force; Params: Policy, ID, Version, Actor, and how many changes allow More, Less and Else
	PolicyEmergency      Kind = "policy_emergency"       // to staff: one person put a policy into force alone; Params as before, Reason and Review
	PolicyReviewOverdue  Kind = "policy_review_overdue"  // to staff: nobody reviewed an emergency in time; Params: Policy, Version, Actor, Due (a day), Review
	PolicyReviewClosed   Kind = "policy_review_closed"   // to who acted in an emergency; Params: Policy, Version, Actor, Reason (the note)
	PolicyReviewDue      Kind = "policy_review_due"      // to staff: review dates come near; Params: Policies, a line of name, tab and day each
	CAWaiting            Kind = "ca_waiting"             // to the other Partner Admins: a root waits for one of them; Params: Certificate, Actor
	CATaken              Kind = "ca_taken"               // to who proposed a CA certificate; Params: Certificate, Actor
	CARefused            Kind = "ca_refused"             // to who proposed it; Params: Certificate, Actor, Reason
	CertificateAccepted  Kind = "certificate_accepted"   // to the partner's people; Params: Certificate, Due (its last day)
	CertificateWithdrawn Kind = "certificate_withdrawn"  // to the partner's people; Params: Certificate, Actor, Reason
	CertificateOrphaned  Kind = "certificate_orphaned"   // to the partner's people: its CA is out of use; Params: Certificate, Reason
	APIKeyCreated        Kind = "api_key_created"        //nolint:gosec // no credential: to the partner's people; Params: Key (its label), Policy, Actor, Path
	APIKeyRotated        Kind = "api_key_rotated"        // as before, and Due: the last day of the old secret, or nothing
	APIKeyDeactivated    Kind = "api_key_deactivated"    //nolint:gosec // no credential: as before, and Reason
	ServiceCreated       Kind = "service_created"        // to Partner Admins: another system may ask the API; Params: Service, Actor, Path
	ServiceRotated       Kind = "service_rotated"        // to Partner Admins: somebody was shown a new token; Params as before
	ServiceEdited        Kind = "service_edited"         // to Partner Admins: rights or last day changed; Params as before
	ServiceDeactivated   Kind = "service_deactivated"    // to Partner Admins; Params as before
	WorkAssigned         Kind = "work_assigned"          // to staff: a colleague made something that waits their work; Params: Organisation (the thing's name), Actor
	WebhookFailing       Kind = "webhook_failing"        // to staff: an address has accepted nothing for a day; Params: Webhook
	WebhookGone          Kind = "webhook_gone"           // to staff: a receiver says it is gone, so it is paused; Params: Webhook
	TermLowered          Kind = "term_lowered"           // to staff: a term no longer stands for special data; Params: Term, Actor
	PolicyInForce        Kind = "policy_in_force"        // to a partner with a grant: another version is in force; Params: Policy, Version, More, Less, Else
	PolicyOutOfForce     Kind = "policy_out_of_force"    // to a partner with a grant: the policy is deactivated; Params: Policy
	PolicyWrittenIn      Kind = "policy_written_in"      // to who wrote the version that came into force; Params: Policy, Version, Actor
	PolicyWrittenOut     Kind = "policy_written_out"     // the same, when it goes
	EndsEarly            Kind = "ends_early"             // something ends in 30 or 15 days; Params: Endings, a line of kind, name, policy, day and days left each
	EndsDaily            Kind = "ends_daily"             // the same for 10 to 4 days
	EndsLast             Kind = "ends_last"              // the same for 3 days to none
	AuditHead            Kind = "audit_head"             // to who keeps it outside the database: a signed head of the audit log; Params: Head, as one line
	StaffWeekly          Kind = "staff_weekly"           // to staff: the week in one mail; Params: Summary, a line of what, how many and the rest each

	PolicyRequestWaiting          Kind = "policy_request_waiting"           // to staff: somebody asks for a policy, or asks again; Params: Organisation, Policy, Reason
	PolicyRequestReturned         Kind = "policy_request_returned"          // to the partner; Params: Policy, Reason
	PolicyRequestApproved         Kind = "policy_request_approved"          // to the partner; Params: Policy, Due (the last day)
	PolicyRequestRejected         Kind = "policy_request_rejected"          // to the partner; Params: Policy, Reason
	PolicyRequestRevoked          Kind = "policy_request_revoked"           // to the partner; Params: Policy, Reason
	PolicyRequestExtensionWaiting Kind = "policy_request_extension_waiting" // to staff; Params: Organisation, Policy, Reason
	PolicyRequestExtended         Kind = "policy_request_extended"          // to the partner; Params: Policy, Due (the new last day)
	PolicyRequestExtensionRefused Kind = "policy_request_extension_refused" // to the partner; Params: Policy, Reason

	// Of SBIs, devices and FTM chips, one or many. Params: What (their kind), Names (a
	// line each), Count, Organisation, Path.
	ApprovalWaiting     Kind = "approval_waiting"     // to staff
	ApprovalApproved    Kind = "approval_approved"    // to the provider, as are the next
	ApprovalReturned    Kind = "approval_returned"    // changes requested; and Reason
	ApprovalRejected    Kind = "approval_rejected"    // and Reason
	ApprovalDeactivated Kind = "approval_deactivated" // and Reason
	ApprovalReactivated Kind = "approval_reactivated" // and Reason

	// Of the new certificate of an approved FTM chip. Params: Chip (its name), Organisation,
	// Certificate, Due (its last day), Path.
	FTMChipCertificateWaiting  Kind = "ftm_chip_certificate_waiting"  // to staff
	FTMChipCertificateApproved Kind = "ftm_chip_certificate_approved" // to the provider, as are the next
	FTMChipCertificateRefused  Kind = "ftm_chip_certificate_refused"  // and Reason
	FTMChipOrphaned            Kind = "ftm_chip_orphaned"             // a CA of its certificates is out of use; Params: Names (a line each), Count, Reason, Path
)

// Kinds are all of them; tests check that each has its words, and its topic in topic.go.
var Kinds = []Kind{
	RegistrationCode, AlreadyRegistered, RegistrationReceived, RegistrationWaiting, RegistrationApproved,
	RegistrationRejected, RegistrationReturned, PasswordReset, PasswordResetUnknown, PasswordChanged, StaffInvitation,
	SecondFactorOn, SecondFactorOff, SecondFactorReset, SecondFactorGuessed, SecondFactorDisabled, RecoveryCodesRenewed, RecoveryCodeUsed,
	CAWaiting, CATaken, CARefused, CertificateAccepted, CertificateWithdrawn, CertificateOrphaned,
	APIKeyCreated, APIKeyRotated, APIKeyDeactivated, ServiceCreated, ServiceRotated, ServiceEdited, ServiceDeactivated,
	PolicyInForce, PolicyOutOfForce, PolicyWrittenIn, PolicyWrittenOut,
	AccountDeactivated,
	ColleagueInvitation, ColleagueRemoved, OwnershipChanged, NewAddressCode, ChangeWaiting, AddressChangeAsked, AddressChanged,
	NameChanged, ChangeRejected, PartnerDeactivated, PartnerReactivated,
	PolicyChangedAlone, PolicyEmergency, PolicyReviewOverdue, PolicyReviewDue, TermLowered,
	EndsEarly, EndsDaily, EndsLast, StaffWeekly, AccountReactivated, RolesChanged, PolicyReviewClosed,
	WorkAssigned,
	WebhookFailing, WebhookGone,
	PolicyRequestWaiting, PolicyRequestReturned, PolicyRequestApproved, PolicyRequestRejected, PolicyRequestRevoked,
	PolicyRequestExtensionWaiting, PolicyRequestExtended, PolicyRequestExtensionRefused,
	ApprovalWaiting, ApprovalApproved, ApprovalReturned, ApprovalRejected, ApprovalDeactivated, ApprovalReactivated,
	FTMChipCertificateWaiting, FTMChipCertificateApproved, FTMChipCertificateRefused, FTMChipOrphaned,
	AuditHead,
}

// Message is one mail to one address in one language. Params are the values in
// its text, and as "Path" the page that its link opens; never a code or a link that opens something: those are derived from
// Challenge and Params["Send"] when the mail is rendered (security.md REG-4).
type Message struct {
	Kind      Kind
	To        string  // the stored address, never one from a request (REG-3)
	User      id.User // whose address it is; zero where there is no account
	Lang      string
	Params    map[string]string
	Challenge id.Challenge // for codes and links; else zero
	// Receipts are those of the decision that the mail tells a partner of: the worker
	// finds them, since they are written after the mail.
	Receipts []Receipt
}

// Receipt is what proves a decision, and what it was on.
type Receipt struct {
	Code []byte
	Name string
}

// MaxReceipts is how many receipts one mail names; it may have one more, to tell that
// there are others.
const MaxReceipts = 20

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
		insert into mail_outbox (id, kind, recipient, user_id, lang, params, challenge_id, change_id, status, not_before, created_at)
		values (@id, @kind, @recipient, @user, @lang, @params, @challenge, @change, 'queued', @now, @now)`,
		pg.Args{
			"id": id.New[id.Message](), "kind": string(m.Kind), "recipient": m.To, "user": id.OrNull(m.User), "lang": m.Lang,
			"params": string(text), "challenge": id.OrNull(m.Challenge), "change": tx.Change(), "now": tx.Now(),
		})
	if err != nil {
		return fmt.Errorf("mail %s: %w", m.Kind, err)
	}
	return nil
}
