// Package throttle holds the rules that slow down guessing: how long to wait
// after failures, how much may be sent, and under which keys it is counted.
//
// It refuses to know where the counters stand and who asks. Counters live in
// PostgreSQL, are committed before the guarded work starts, and are shared by
// all replicas (security.md LGN-5).
package throttle

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"portal/internal/email"
	"portal/internal/secret"
)

// Wrong passwords for one account in a row (security.md LGN-2). Success clears
// the count.
const (
	FreeFailures  = 5                // the fifth one starts the first wait
	FirstWait     = 30 * time.Second // doubled by each further failure
	LongestWait   = 15 * time.Minute
	DisabledAfter = 100 // from here on only a reset by mail helps
)

// Failed sign-ins from one network, see NetKey (security.md LGN-4). A success
// does not clear these counts.
const (
	NetFailures = 20
	NetAccounts = 10 // different accounts tried
	NetWindow   = 10 * time.Minute
	NetWait     = 10 * time.Minute // told in Retry-After
)

// Mail with codes and links (security.md REG-6, REG-7). A resend does not
// reset the attempts.
const (
	ResendAfter       = time.Minute
	SendsPerChallenge = 5
	Attempts          = 5 // per challenge, counted before comparing

	AddressChallenges = 5 // per address and AddressWindow
	AddressMails      = 10
	AddressWindow     = 24 * time.Hour

	NetChallenges       = 20 // per network and NetChallengesWindow
	NetChallengesWindow = time.Hour
)

// Wait tells how long an account stays closed after this many failures in a
// row, counted from the last one.
func Wait(failures int) time.Duration {
	if failures < FreeFailures {
		return 0
	}
	wait := FirstWait
	for range failures - FreeFailures {
		if wait *= 2; wait >= LongestWait {
			return LongestWait
		}
	}
	return wait
}

// Disabled tells whether this many failures in a row disable the password.
func Disabled(failures int) bool { return failures >= DisabledAfter }

// NetKey names the network that a client is counted under: its IPv4 address,
// or the /64 of its IPv6 address, because one subscriber owns all of that. An
// invalid address has the key "unknown": such clients share one bucket rather
// than having none.
func NetKey(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	switch {
	case !ip.IsValid():
		return "unknown"
	case ip.Is4():
		return ip.String()
	}
	return netip.PrefixFrom(ip, 64).Masked().String()
}

// AccountKey names the account that a typed e-mail address is counted under,
// whether or not it exists (security.md LGN-1). It is a MAC, so that the
// counters tell nobody which addresses were tried, mistyped passwords in the
// e-mail field included. All spellings of one mailbox share a key.
func AccountKey(keys secret.Keys, typed string) []byte {
	name := strings.ToLower(strings.TrimSpace(typed))
	if a, err := email.Parse(typed); err == nil {
		name = a.Canonical()
	}
	const most = 1024 // never hash a megabyte for a key
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], string(utf8.RuneError))
	}
	return keys.MAC("throttle-account", []byte(name))
}
