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
	FactorBegun            Action = "second_factor.begun" // an app is being set up; it does not count yet
	FactorOn               Action = "second_factor.set_up"
	FactorReplaced         Action = "second_factor.replaced"
	FactorOff              Action = "second_factor.removed"
	FactorReset            Action = "second_factor.reset"    // by somebody else
	FactorRefused          Action = "second_factor.refused"  // a wrong code
	FactorDisabled         Action = "second_factor.disabled" // by too many of them
	RecoveryCodesRenewed   Action = "second_factor.codes_renewed"
	RecoveryCodeUsed       Action = "second_factor.recovery_code_used"
	CodeAsked              Action = "session.code_asked" // the password was right
	IdentityConfirmed      Action = "session.confirmed"  // the second factor was proved once more
	ProfileChanged         Action = "user.profile_changed"
	NotificationsChanged   Action = "user.notifications_changed"
	MailsSwitchedOff       Action = "user.mails_switched_off" // by the link of a mail
	StaffInvited           Action = "user.invited"
	StaffInvitedAgain      Action = "user.invited_again"
	StaffRolesChanged      Action = "user.roles_changed"
	StaffDeactivated       Action = "user.deactivated"
	StaffReactivated       Action = "user.reactivated"
	ColleagueRemoved       Action = "user.removed" // from a partner's people
	AddressChanged         Action = "user.address_changed"
	OwnershipHandedOver    Action = "partner.ownership_handed_over"
	OrganisationEdited     Action = "partner.edited"
	ContactsEdited         Action = "partner.contacts_edited"
	ChangeRequested        Action = "partner.change_requested"
	ChangeSubmitted        Action = "partner.change_submitted" // its new address was proved
	ChangeApproved         Action = "partner.change_approved"
	ChangeRejected         Action = "partner.change_rejected"
	ChangeWithdrawn        Action = "partner.change_withdrawn"
	PartnerDeactivated     Action = "partner.deactivated"
	PartnerReactivated     Action = "partner.reactivated"
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
	DeviceTypeCreated      Action = "device_type.created"
	DeviceTypeEdited       Action = "device_type.edited" // or its sub-types
	DeviceTypeRetired      Action = "device_type.retired"
	DeviceTypeRestored     Action = "device_type.restored"
	CAProposed             Action = "ca_certificate.proposed"
	CATaken                Action = "ca_certificate.taken"
	CARefused              Action = "ca_certificate.refused"
	CATakenOut             Action = "ca_certificate.taken_out"
	CertificateAccepted    Action = "certificate.accepted"
	CertificateWithdrawn   Action = "certificate.withdrawn"
	CertificateRechained   Action = "certificate.rechained"
	APIKeyCreated          Action = "api_key.created"
	APIKeyRotated          Action = "api_key.rotated"     //nolint:gosec // no credential, what happened to one
	APIKeyDeactivated      Action = "api_key.deactivated" //nolint:gosec // no credential, what happened to one
	APIKeyPaused           Action = "api_key.paused"      //nolint:gosec // no credential, what happened to one
	APIKeyResumed          Action = "api_key.resumed"     //nolint:gosec // no credential, what happened to one
	ServiceCreated         Action = "service_account.created"
	ServiceEdited          Action = "service_account.edited"
	ServiceRotated         Action = "service_account.rotated"
	ServiceDeactivated     Action = "service_account.deactivated"
	ServiceRefused         Action = "service_account.refused" // a token that the API did not take
	WebhookCreated         Action = "webhook.created"
	WebhookEdited          Action = "webhook.edited"
	WebhookPaused          Action = "webhook.paused"
	WebhookGone            Action = "webhook.gone" // paused by the portal: the receiver answered 410
	WebhookResumed         Action = "webhook.resumed"
	WebhookDeactivated     Action = "webhook.deactivated"
	WebhookRotated         Action = "webhook.secret_rotated"
	WebhookTested          Action = "webhook.tested"
	WebhookResent          Action = "webhook.resent"
	MailRetried            Action = "mail.retried"
	NoteAdded              Action = "note.added"
	NoteEdited             Action = "note.edited"
	NoteRemoved            Action = "note.removed"
	WorkTaken              Action = "work.taken"
	WorkAssigned           Action = "work.assigned"
	WorkGivenBack          Action = "work.given_back"
	ListExported           Action = "list.exported" // somebody took a list away as a file
	LogRead                Action = "list.read"     // a member of staff read the audit log
	AccessRefused          Action = "access.refused"

	PolicyRequestSent             Action = "policy_request.sent"
	PolicyRequestResent           Action = "policy_request.resent"
	PolicyRequestReturned         Action = "policy_request.changes_requested"
	PolicyRequestApproved         Action = "policy_request.approved"
	PolicyRequestRejected         Action = "policy_request.rejected"
	PolicyRequestWithdrawn        Action = "policy_request.withdrawn"
	PolicyRequestRevoked          Action = "policy_request.revoked"
	PolicyRequestPaused           Action = "policy_request.paused"
	PolicyRequestResumed          Action = "policy_request.resumed"
	PolicyRequestExtensionAsked   Action = "policy_request.extension_asked"
	PolicyRequestExtended         Action = "policy_request.extended"
	PolicyRequestExtensionRefused Action = "policy_request.extension_refused"

	SBIRegistered  Action = "sbi.registered"
	SBISent        Action = "sbi.sent"
	SBIEdited      Action = "sbi.edited"
	SBIResent      Action = "sbi.resent"
	SBIReturned    Action = "sbi.changes_requested"
	SBIApproved    Action = "sbi.approved"
	SBIRejected    Action = "sbi.rejected"
	SBIWithdrawn   Action = "sbi.withdrawn"
	SBIDeactivated Action = "sbi.deactivated"
	SBIReactivated Action = "sbi.reactivated"

	DeviceRegistered  Action = "device.registered"
	DeviceResent      Action = "device.resent"
	DeviceReturned    Action = "device.changes_requested"
	DeviceApproved    Action = "device.approved"
	DeviceRejected    Action = "device.rejected"
	DeviceWithdrawn   Action = "device.withdrawn"
	DeviceDeactivated Action = "device.deactivated"
	DeviceReactivated Action = "device.reactivated"
	DeviceMoved       Action = "device.moved"     // to another SBI of its provider
	DevicesChecked    Action = "devices.checked"  // a file of them, told of the SBI that it is for
	DevicesImported   Action = "devices.imported" // the file was taken

	FTMChipRegistered           Action = "ftm_chip.registered"
	FTMChipEdited               Action = "ftm_chip.edited"
	FTMChipCertificateSent      Action = "ftm_chip.certificate_sent" // the first sends the chip for approval
	FTMChipResent               Action = "ftm_chip.resent"
	FTMChipReturned             Action = "ftm_chip.changes_requested"
	FTMChipApproved             Action = "ftm_chip.approved"
	FTMChipRejected             Action = "ftm_chip.rejected"
	FTMChipWithdrawn            Action = "ftm_chip.withdrawn" //nolint:gosec // no credential, what happened to a chip
	FTMChipDeactivated          Action = "ftm_chip.deactivated"
	FTMChipReactivated          Action = "ftm_chip.reactivated"
	FTMChipCertificateApproved  Action = "ftm_chip.certificate_approved"
	FTMChipCertificateRefused   Action = "ftm_chip.certificate_refused"
	FTMChipCertificateWithdrawn Action = "ftm_chip.certificate_withdrawn"
	FTMChipCertificateRechained Action = "ftm_chip.certificate_rechained" // another chain of the trust store vouches for it
)

// Actions are all of them.
var Actions = []Action{
	RegistrationSent, RegistrationResent, RegistrationApproved, RegistrationRejected, RegistrationReturned,
	AddressVerified, CodeRefused, SignedIn, SignInFailed, SignedOut, PasswordChanged, PasswordReset,
	NotificationsChanged, MailsSwitchedOff,
	FactorBegun, FactorOn, FactorReplaced, FactorOff, FactorReset, FactorRefused, FactorDisabled,
	RecoveryCodesRenewed, RecoveryCodeUsed, CodeAsked, IdentityConfirmed,
	PasswordResetRequested, PasswordDisabled, ProfileChanged, StaffInvited, StaffInvitedAgain, StaffRolesChanged,
	StaffDeactivated, StaffReactivated,
	ColleagueRemoved, AddressChanged, OwnershipHandedOver, OrganisationEdited, ContactsEdited, ChangeRequested, ChangeSubmitted,
	ChangeApproved, ChangeRejected, ChangeWithdrawn, PartnerDeactivated, PartnerReactivated,
	GroupCreated, GroupEdited, GroupDeactivated, GroupReactivated,
	PolicyCreated, PolicyEdited, PolicyVersionCreated, PolicyActivated, PolicyDeactivated, PolicyReactivated,
	PolicyActivatedAlone, PolicyVersionRestored, PolicyVersionDiscarded, PolicyDiscarded, PolicyReviewed, PolicyImported,
	TermCreated, TermEdited, TermDeprecated, TermRestored,
	DeviceTypeCreated, DeviceTypeEdited, DeviceTypeRetired, DeviceTypeRestored,
	CAProposed, CATaken, CARefused, CATakenOut, CertificateAccepted, CertificateWithdrawn, CertificateRechained,
	APIKeyCreated, APIKeyRotated, APIKeyDeactivated, APIKeyPaused, APIKeyResumed,
	ServiceCreated, ServiceEdited, ServiceRotated, ServiceDeactivated, ServiceRefused,
	WebhookCreated, WebhookEdited, WebhookPaused, WebhookGone, WebhookResumed, WebhookDeactivated, WebhookRotated, WebhookTested, WebhookResent,
	MailRetried, AccessRefused,
	NoteAdded, NoteEdited, NoteRemoved, WorkTaken, WorkAssigned, WorkGivenBack, ListExported, LogRead,
	PolicyRequestSent, PolicyRequestResent, PolicyRequestReturned, PolicyRequestApproved, PolicyRequestRejected, PolicyRequestWithdrawn,
	PolicyRequestRevoked, PolicyRequestPaused, PolicyRequestResumed, PolicyRequestExtensionAsked, PolicyRequestExtended, PolicyRequestExtensionRefused,
	SBIRegistered, SBISent, SBIEdited, SBIResent, SBIReturned, SBIApproved, SBIRejected, SBIWithdrawn, SBIDeactivated, SBIReactivated,
	DeviceRegistered, DeviceResent, DeviceReturned, DeviceApproved, DeviceRejected, DeviceWithdrawn, DeviceDeactivated, DeviceReactivated,
	DeviceMoved, DevicesChecked, DevicesImported,
	FTMChipRegistered, FTMChipEdited, FTMChipCertificateSent, FTMChipResent, FTMChipReturned, FTMChipApproved, FTMChipRejected, FTMChipWithdrawn,
	FTMChipDeactivated, FTMChipReactivated, FTMChipCertificateApproved, FTMChipCertificateRefused, FTMChipCertificateWithdrawn,
	FTMChipCertificateRechained,
}
