package factor

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"portal/internal/secret"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// The first 20 bytes and the times are those of RFC 6238, appendix B; six digits are
// the last six of its eight.
func TestMFA2CodesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	s := of([]byte("12345678901234567890"))
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := s.Code(time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestMFA2OneStepAroundFits(t *testing.T) {
	t.Parallel()
	s := New()
	for name, c := range map[string]struct {
		shown time.Duration
		fits  bool
	}{
		"two steps before": {-60 * time.Second, false}, "one before": {-30 * time.Second, true}, "now": {0, true},
		"the end of this step": {29 * time.Second, true}, "one after": {30 * time.Second, true}, "two after": {60 * time.Second, false},
	} {
		at, ok := s.Step(s.Code(noon.Add(c.shown)), noon)
		if ok != c.fits || ok && at != noon.Add(c.shown).Unix()/30 {
			t.Errorf("%s: step %d, %v", name, at, ok)
		}
	}
	code := s.Code(noon)
	for _, typed := range []string{code[:3] + " " + code[3:], " " + code + "\n", code[:3] + "-" + code[3:]} {
		if _, ok := s.Step(typed, noon); !ok {
			t.Errorf("%q is refused", typed)
		}
	}
	for _, typed := range []string{"", code[:5], code + "0", "abcdef", strings.Repeat("1", 1000)} {
		if _, ok := s.Step(typed, noon); ok {
			t.Errorf("%q is taken", typed)
		}
	}
}

func TestMFA2SecretBelongsToItsUser(t *testing.T) {
	t.Parallel()
	keys, s := secret.RandomKeys(), New()
	owner, other := uuid.New(), uuid.New()
	sealed := s.Seal(keys, owner)
	if got, err := Open(keys, owner, sealed); err != nil || got.Text() != s.Text() {
		t.Errorf("its owner's does not open: %v", err)
	}
	if _, err := Open(keys, other, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("moved to another user: %v", err)
	}
	if _, err := Open(secret.RandomKeys(), owner, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("under another key: %v", err)
	}
	if strings.Contains(string(sealed), string(s.bytes())) {
		t.Error("it is not encrypted")
	}
}

func TestMFA2SecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	s := New()
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, s)
		fmt.Fprintf(&out, verb, struct{ S Secret }{s})
		fmt.Fprintf(&out, verb, struct{ s Secret }{s})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	plain := s.base32()
	for _, leak := range []string{plain, string(s.bytes()), fmt.Sprintf("%x", s.bytes()), strings.Trim(fmt.Sprint(s.bytes()), "[]")} { //nolint:staticcheck // what must not appear
		if strings.Contains(out.String(), leak) {
			t.Errorf("printed: %s", out.String())
		}
	}
}

func TestMFA2TextAndAddressForApps(t *testing.T) {
	t.Parallel()
	s := New()
	if text := s.Text(); len(text) != 32+7 || strings.Count(text, " ") != 7 {
		t.Errorf("%q is not eight groups of four", text)
	}
	uri, err := s.URI("Partner Portal: example.org", "ann@example.org")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || q.Get("secret") != strings.ReplaceAll(s.Text(), " ", "") ||
		q.Get("digits") != "6" || q.Get("period") != "30" || q.Get("algorithm") != "SHA1" || q.Get("issuer") == "" {
		t.Errorf("the address is wrong in %v", q.Has("issuer"))
	}
}

func TestMFA5RecoveryCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		codes := NewRecoveryCodes()
		if len(codes) != 10 {
			t.Fatalf("%d codes", len(codes))
		}
		for _, c := range codes {
			if len(c) != 24+5 || seen[c] {
				t.Fatalf("%q", c)
			}
			seen[c] = true
			hash, ok := RecoveryHash(c)
			for _, typed := range []string{strings.ToLower(c), strings.ReplaceAll(c, "-", ""), strings.ReplaceAll(c, "-", " "), " " + c + "\n"} {
				if again, fine := RecoveryHash(typed); !ok || !fine || string(again) != string(hash) || len(hash) != 32 {
					t.Errorf("%q is another code than %q", typed, c)
				}
			}
		}
	}
	for _, typed := range []string{"", "123456", strings.Repeat("A", 23), strings.Repeat("A", 25), strings.Repeat("1", 24), strings.Repeat("é", 24), strings.Repeat("A", 100000)} {
		if _, ok := RecoveryHash(typed); ok {
			t.Errorf("%.30q passes for a recovery code", typed)
		}
	}
}

// FuzzProofs: whatever is typed, nothing panics.
func FuzzProofs(f *testing.F) {
	s := New()
	f.Add("123456")
	f.Add("ABCD-EFGH-IJKL-MNOP-QRST-UVWX")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, typed string) {
		s.Step(typed, noon)
		if hash, ok := RecoveryHash(typed); ok && len(hash) != 32 {
			t.Error("no hash")
		}
	})
}
