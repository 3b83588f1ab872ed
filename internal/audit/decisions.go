package audit

import "slices"

// Decisions are the actions by which somebody decides on something, so that whoever it
// concerns may have to prove it later: each leaves a receipt. What people do with what
// is their own – send, edit, withdraw, make a key – is none, nor is what staff arrange
// among themselves.
var Decisions = []Action{
	RegistrationApproved, RegistrationRejected, RegistrationReturned,
	ChangeApproved, ChangeRejected, PartnerDeactivated, PartnerReactivated,
	GroupDeactivated, GroupReactivated,
	PolicyActivated, PolicyDeactivated, PolicyReactivated, PolicyActivatedAlone, PolicyReviewed,
	CATaken, CARefused, CATakenOut, CertificateAccepted, CertificateWithdrawn,
	APIKeyDeactivated,
	PolicyRequestReturned, PolicyRequestApproved, PolicyRequestRejected, PolicyRequestRevoked,
	PolicyRequestExtended, PolicyRequestExtensionRefused,
	SBIReturned, SBIApproved, SBIRejected, SBIDeactivated, SBIReactivated,
	DeviceReturned, DeviceApproved, DeviceRejected, DeviceDeactivated, DeviceReactivated,
	FTMChipReturned, FTMChipApproved, FTMChipRejected, FTMChipDeactivated, FTMChipReactivated,
	FTMChipCertificateApproved, FTMChipCertificateRefused,
}

// Decides reports whether the action is somebody's decision.
func (a Action) Decides() bool { return slices.Contains(Decisions, a) }
