package audit

// Every action that the portal writes. A test checks that each has a sentence
// in every language.
const (
	RegistrationSent       Action = "registration.sent"
	RegistrationResent     Action = "registration.resent"
	RegistrationApproved   Action = "registration.approved"
	RegistrationRejected   Action = "registration.rejected"
	RegistrationReturned   Action = "registration.changes_requested"
	AddressVerified        Action = "registration.address_verified"
	CodeRefused            Action = "registration.code_refused"
	SignedIn               Action = "session.started"
	SignInFailed           Action = "session.refused"
	SignedOut              Action = "session.ended"
	PasswordChanged        Action = "user.password_changed"
	PasswordReset          Action = "user.password_reset"
	PasswordResetRequested Action = "user.password_reset_requested"
	PasswordDisabled       Action = "user.password_disabled"
	ProfileChanged         Action = "user.profile_changed"
	StaffInvited           Action = "user.invited"
	StaffInvitedAgain      Action = "user.invited_again"
	StaffRolesChanged      Action = "user.roles_changed"
	StaffDeactivated       Action = "user.deactivated"
	StaffReactivated       Action = "user.reactivated"
	GroupCreated           Action = "policy_group.created"
	GroupEdited            Action = "policy_group.edited"
	GroupDeactivated       Action = "policy_group.deactivated"
	GroupReactivated       Action = "policy_group.reactivated"
	PolicyCreated          Action = "policy.created"
	PolicyEdited           Action = "policy.edited"
	PolicyVersionCreated   Action = "policy.version_created"
	PolicyActivated        Action = "policy.activated"
	PolicyDeactivated      Action = "policy.deactivated"
	PolicyReactivated      Action = "policy.reactivated"
	PolicyActivatedAlone   Action = "policy.activated_emergency" // by one person, to be reviewed
	PolicyVersionRestored  Action = "policy.version_restored"
	PolicyVersionDiscarded Action = "policy.version_discarded"
	PolicyDiscarded        Action = "policy.discarded"
	PolicyReviewed         Action = "policy.reviewed"
	PolicyImported         Action = "policy.imported"
	TermCreated            Action = "term.created"
	TermEdited             Action = "term.edited"
	TermDeprecated         Action = "term.deprecated"
	TermRestored           Action = "term.restored"
	CAProposed             Action = "ca_certificate.proposed"
	CATaken                Action = "ca_certificate.taken"
	CARefused              Action = "ca_certificate.refused"
	CATakenOut             Action = "ca_certificate.taken_out"
	CertificateAccepted    Action = "certificate.accepted"
	CertificateWithdrawn   Action = "certificate.withdrawn"
	CertificateRechained   Action = "certificate.rechained"
	MailRetried            Action = "mail.retried"
	AccessRefused          Action = "access.refused"
)

// Actions are all of them.
var Actions = []Action{
	RegistrationSent, RegistrationResent, RegistrationApproved, RegistrationRejected, RegistrationReturned,
	AddressVerified, CodeRefused, SignedIn, SignInFailed, SignedOut, PasswordChanged, PasswordReset,
	PasswordResetRequested, PasswordDisabled, ProfileChanged, StaffInvited, StaffInvitedAgain, StaffRolesChanged,
	StaffDeactivated, StaffReactivated, GroupCreated, GroupEdited, GroupDeactivated, GroupReactivated,
	PolicyCreated, PolicyEdited, PolicyVersionCreated, PolicyActivated, PolicyDeactivated, PolicyReactivated,
	PolicyActivatedAlone, PolicyVersionRestored, PolicyVersionDiscarded, PolicyDiscarded, PolicyReviewed, PolicyImported,
	TermCreated, TermEdited, TermDeprecated, TermRestored,
	CAProposed, CATaken, CARefused, CATakenOut, CertificateAccepted, CertificateWithdrawn, CertificateRechained,
	MailRetried, AccessRefused,
}
