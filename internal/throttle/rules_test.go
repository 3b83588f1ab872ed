package throttle

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"portal/internal/secret"
)

func TestLGN2WaitDoublesToItsLimit(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 0, 4: 0,
		5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 8: 4 * time.Minute, 9: 8 * time.Minute,
		10: 15 * time.Minute, 11: 15 * time.Minute, 99: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		if got := Wait(failures); got != want {
			t.Errorf("Wait(%d) = %s, want %s", failures, got, want)
		}
	}
	if Disabled(99) || !Disabled(100) || !Disabled(101) {
		t.Error("the password is not disabled at exactly 100")
	}
}

func TestLGN4NetKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.7":                  "192.0.2.7",
		"::ffff:192.0.2.7":           "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":       "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":       "2001:db8:1:2::/64",
		"2001:db8:1:3::1":            "2001:db8:1:3::/64",
		"fe80::1%eth0":               "fe80::/64",
		"::1":                        "::/64",
		"2001:DB8:0001:0002:0:0:0:1": "2001:db8:1:2::/64",
	} {
		if got := NetKey(netip.MustParseAddr(in)); got != want {
			t.Errorf("NetKey(%s) = %s, want %s", in, got, want)
		}
	}
	if got := NetKey(netip.Addr{}); got != "unknown" {
		t.Errorf("NetKey of no address = %s", got)
	}
}

func TestLGN1AccountKeyIsOnePerMailbox(t *testing.T) {
	t.Parallel()
	keys := secret.RandomKeys()
	same := AccountKey(keys, "ann@bücher.example")
	for _, typed := range []string{" Ann@Bücher.Example ", "ANN@xn--bcher-kva.example"} {
		if !bytes.Equal(AccountKey(keys, typed), same) {
			t.Errorf("%q has a bucket of its own", typed)
		}
	}
	if !bytes.Equal(AccountKey(keys, "no address"), AccountKey(keys, " NO address")) {
		t.Error("spellings of what is no address are counted apart")
	}
	for _, typed := range []string{"", "bob@bücher.example", "\xff", strings.Repeat("é", 1<<20)} {
		if key := AccountKey(keys, typed); len(key) != 32 || bytes.Equal(key, same) {
			t.Errorf("%.20q shares the bucket", typed)
		}
	}
	if bytes.Equal(AccountKey(secret.RandomKeys(), "ann@bücher.example"), same) {
		t.Error("the key can be computed without the server's secret")
	}
}
