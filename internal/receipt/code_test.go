package receipt_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"portal/internal/receipt"
	"portal/internal/secret"
)

func TestAUD5CodesComeBackHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	keys := secret.RandomKeys()
	for range 200 {
		var hash [32]byte
		_, _ = rand.Read(hash[:])
		code := receipt.Code(keys, hash[:])
		text := receipt.Text(code)
		if len(text) != 23 || strings.ContainsAny(text, "ILOU") {
			t.Fatal(text)
		}
		for _, typed := range []string{
			text, strings.ToLower(text), strings.ReplaceAll(text, "-", " "), "  " + strings.ReplaceAll(text, "-", "") + "\n",
			strings.ReplaceAll(strings.ReplaceAll(text, "0", "O"), "1", "l"), "\u2068" + text + "\u2069",
		} {
			got, err := receipt.Parse(typed)
			if err != nil || string(got) != string(code) {
				t.Fatalf("%q: %x, %v", typed, got, err)
			}
		}
	}
}

// TestAUD5EverySlipIsNoticed tries each wrong character and each swap of neighbours.
func TestAUD5EverySlipIsNoticed(t *testing.T) {
	t.Parallel()
	keys := secret.RandomKeys()
	missed, tried := 0, 0
	for n := range 20 {
		text := strings.ReplaceAll(receipt.Text(receipt.Code(keys, []byte{byte(n)})), "-", "")
		slip := func(s string) {
			if s == text {
				return
			}
			tried++
			if _, err := receipt.Parse(s); !errors.Is(err, receipt.ErrMistyped) {
				missed++
			}
		}
		for i := range len(text) {
			for _, c := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
				slip(text[:i] + string(c) + text[i+1:])
			}
			if i > 0 {
				slip(text[:i-1] + text[i:i+1] + text[i-1:i] + text[i+1:])
			}
		}
	}
	if missed > 1 { // one in a million may pass
		t.Errorf("%d of %d slips pass", missed, tried)
	}
	for _, s := range []string{"", "x", strings.Repeat("0", 19), strings.Repeat("0", 21), strings.Repeat("٠", 20), "U0000-00000-00000-00000", strings.Repeat("-", 5000)} {
		if _, err := receipt.Parse(s); !errors.Is(err, receipt.ErrMistyped) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAUD5CodesNeedTheKey(t *testing.T) {
	t.Parallel()
	hash := []byte("the hash of a row")
	a, b := receipt.Code(secret.RandomKeys(), hash), receipt.Code(secret.RandomKeys(), hash)
	if len(a) != receipt.Size || string(a) == string(b) {
		t.Errorf("%x %x", a, b)
	}
}
