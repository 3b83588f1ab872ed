package mail

// Topic is what a person may choose not to hear of. A mail without a topic is
// Essential: it protects an account, answers what its reader asked for, or is
// the last word before something ends or goes wrong.
type Topic string

// The topics; a stored choice spells them so (mail_optouts_topic_check).
const (
	Essential     Topic = ""
	NewRequests   Topic = "new_requests"   // staff: somebody asks for a decision
	PolicyChanges Topic = "policy_changes" // another version is in force of a policy that somebody uses or wrote
	PolicyReviews Topic = "policy_reviews" // staff: review dates come near
	EndingsEarly  Topic = "endings_early"  // something ends in 30 or 15 days
	EndingsDaily  Topic = "endings_daily"  // something ends in 10 to 4 days
	WeeklySummary Topic = "weekly_summary" // staff: the week in one mail
	AuditHeads    Topic = "audit_heads"    // staff: once a day a signed head of the audit log, to keep
)

// Topics are all that can be chosen, in the order in which they are offered.
var Topics = []Topic{NewRequests, PolicyChanges, PolicyReviews, EndingsEarly, EndingsDaily, WeeklySummary, AuditHeads}

// topics is the one table of which mail belongs to which topic. Every kind stands
// here, so that nobody forgets to decide; a test looks.
var topics = map[Kind]Topic{
	RegistrationCode:     Essential,
	AlreadyRegistered:    Essential,
	RegistrationReceived: Essential,
	RegistrationWaiting:  NewRequests,
	RegistrationApproved: Essential,
	RegistrationRejected: Essential,
	RegistrationReturned: Essential,
	PasswordReset:        Essential,
	PasswordResetUnknown: Essential,
	PasswordChanged:      Essential,
	StaffInvitation:      Essential,
	SecondFactorOn:       Essential,
	SecondFactorOff:      Essential,
	SecondFactorReset:    Essential,
	SecondFactorGuessed:  Essential,
	SecondFactorDisabled: Essential,
	RecoveryCodesRenewed: Essential,
	RecoveryCodeUsed:     Essential,
	AccountDeactivated:   Essential,
	AccountReactivated:   Essential,
	RolesChanged:         Essential,
	WorkAssigned:         Essential, // a colleague counts on this one person
	// These stand in for a second pair of eyes, so nobody can close theirs.
	PolicyChangedAlone:  Essential,
	PolicyEmergency:     Essential,
	PolicyReviewOverdue: Essential,
	PolicyReviewClosed:  Essential,
	TermLowered:         Essential,
	PolicyReviewDue:     PolicyReviews,
	PolicyInForce:       PolicyChanges,
	PolicyOutOfForce:    Essential, // keys stop with it
	PolicyWrittenIn:     PolicyChanges,
	PolicyWrittenOut:    PolicyChanges,
	// Requests: that one waits is told to many, what became of it to who asked.
	PolicyRequestWaiting:          NewRequests,
	PolicyRequestExtensionWaiting: NewRequests,
	PolicyRequestReturned:         Essential,
	PolicyRequestApproved:         Essential,
	PolicyRequestRejected:         Essential,
	PolicyRequestRevoked:          Essential,
	PolicyRequestExtended:         Essential,
	PolicyRequestExtensionRefused: Essential,
	// SBIs, devices and FTM chips: the same.
	ApprovalWaiting:            NewRequests,
	ApprovalApproved:           Essential,
	ApprovalReturned:           Essential,
	ApprovalRejected:           Essential,
	ApprovalDeactivated:        Essential,
	ApprovalReactivated:        Essential,
	FTMChipCertificateWaiting:  NewRequests,
	FTMChipCertificateApproved: Essential,
	FTMChipCertificateRefused:  Essential,
	FTMChipOrphaned:            Essential, // devices with it may stop
	// What is trusted, and whether a partner can work, is everybody's to know.
	CAWaiting:            Essential,
	CATaken:              Essential,
	CARefused:            Essential,
	CertificateAccepted:  Essential,
	CertificateWithdrawn: Essential,
	CertificateOrphaned:  Essential,
	// People and organisations: who belongs to whom, and who may come in.
	ColleagueInvitation: Essential,
	ColleagueRemoved:    Essential,
	OwnershipChanged:    Essential,
	NewAddressCode:      Essential,
	ChangeWaiting:       NewRequests,
	AddressChangeAsked:  Essential,
	AddressChanged:      Essential,
	NameChanged:         Essential,
	ChangeRejected:      Essential,
	PartnerDeactivated:  Essential,
	PartnerReactivated:  Essential,
	// What lets programs in: a partner must see a key that nobody of it made.
	APIKeyCreated:      Essential,
	APIKeyRotated:      Essential,
	APIKeyDeactivated:  Essential,
	ServiceCreated:     Essential,
	ServiceRotated:     Essential,
	ServiceEdited:      Essential,
	ServiceDeactivated: Essential,
	// Other systems do not learn what was decided: somebody has to act.
	WebhookFailing: Essential,
	WebhookGone:    Essential,
	EndsEarly:      EndingsEarly,
	EndsDaily:      EndingsDaily,
	EndsLast:       Essential,
	StaffWeekly:    WeeklySummary,
	AuditHead:      AuditHeads,
}

// Topic is what a mail of this kind belongs to. One that nobody has put into the
// table is Essential: better read too often than missed.
func (k Kind) Topic() Topic { return topics[k] }
