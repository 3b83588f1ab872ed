package guess_test

import (
	"testing"

	"portal/internal/guess"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	candidates := []string{"otp", "otp-request", "otp-auth", "demo", "bio", "kyc", "kycauth", "kycexchange", "wla", "keybinding"}
	for word, want := range map[string]string{
		"OTP": "otp", "opt": "otp", "otprequest": "otp-request", "OTP_REQUEST": "otp-request", "kycath": "kycauth",
		"pasword": "", "biometrics": "", "boi": "bio", "": "", "x": "", "wal": "wla", "kyc auth": "kycauth", "key-binding": "keybinding",
	} {
		if got, _ := guess.Nearest(word, candidates, guess.Fold); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
