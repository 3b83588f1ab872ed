package policydoc

// The ways that the portal's rules know by name (domain.md §8.1).
const (
	wayBio      = "bio"
	wayKyc      = "kyc"
	wayKycAuth  = "kycauth"
	wayExchange = "kycexchange"
	wayOTPSend  = "otp-request"
	wayIssue    = "vciexchange"
	wayBind     = "keybinding"
)

// Proves reports whether a way proves who somebody is, as a code or a
// fingerprint does. Documents list under the same key what else a partner may
// ask for, services such as sending a code: those prove nothing by themselves. A
// way that the rules do not know is taken for a proof, as most are.
func Proves(way string) bool {
	switch way {
	case wayOTPSend, wayKyc, wayKycAuth, wayExchange, wayBind, wayIssue:
		return false
	}
	return true
}

// ReturnsData reports whether personal data comes with a way: attributes are
// those "returned in e-KYC".
func ReturnsData(way string) bool {
	return way == wayKyc || way == wayExchange || way == wayIssue
}
