package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// errForbidden is a dial to a network that events are not sent to.
var errForbidden = errors.New("the address leads to a network that is not allowed")

// never are addresses that no receiver has, in any installation: a cloud's
// metadata service is what an attacker would have the portal ask.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32", "100::/64", "2001:db8::/32",
	// Clouds ask for metadata and credentials at these as well.
	"168.63.129.16/32", "100.100.100.200/32", "fd20:ce::254/128",
	// What carries another address in it could carry one of these.
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
)

// private are the networks of the installation itself.
var private = prefixes("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		all[i] = netip.MustParsePrefix(t)
	}
	return all
}

// forbidden reports whether events are never sent to an address; own is whether
// this installation's networks are allowed.
func forbidden(ip netip.Addr, own bool) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsLoopback() && within(never, ip) { // ::1 stands in a network that is for nobody else
		return true
	}
	return !ip.IsValid() || !own && within(private, ip)
}

func within(networks []netip.Prefix, ip netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// The limits of one try.
const (
	sendLimit  = 10 * time.Second
	answerRead = 4 << 10 // bytes of the answer that are read at most
	answerKept = 1 << 10 // bytes of it that are kept
)

// NewClient sends to receivers: each address is judged at the moment that it is
// dialled, whatever a name led to before (DNS rebinding); no proxy, no redirect,
// TLS verified. roots are the certificates to trust; nil: the system's.
func NewClient(own bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || forbidden(to.Addr(), own) {
				return errForbidden
			}
			return nil
		},
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, TLSHandshakeTimeout: 5 * time.Second,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       sendLimit,
	}
}

// Outcome is what came of a try.
type Outcome string

// The outcomes. Only delivered ends it well.
const (
	OutcomeDelivered   Outcome = "delivered"    // 2xx
	OutcomeRefused     Outcome = "refused"      // any other answer
	OutcomeRedirected  Outcome = "redirected"   // 3xx: never followed
	OutcomeGone        Outcome = "gone"         // 410: the address is paused
	OutcomeTimeout     Outcome = "timeout"      // no answer in time
	OutcomeUnreachable Outcome = "unreachable"  // nobody listens there
	OutcomeUnknownHost Outcome = "unknown_host" // its name leads nowhere
	OutcomeTLS         Outcome = "tls"          // no certificate to trust
	OutcomeForbidden   Outcome = "forbidden"    // a network that is not allowed
	OutcomeBroken      Outcome = "broken"       // the connection broke off, or the secret cannot be read
)

// Outcomes are all of them; a test checks that each has its words.
var Outcomes = []Outcome{
	OutcomeDelivered, OutcomeRefused, OutcomeRedirected, OutcomeGone, OutcomeTimeout, OutcomeUnreachable,
	OutcomeUnknownHost, OutcomeTLS, OutcomeForbidden, OutcomeBroken,
}

// outcomeOf tells an answer's status apart.
func outcomeOf(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return OutcomeDelivered
	case status >= 300 && status < 400:
		return OutcomeRedirected
	case status == http.StatusGone:
		return OutcomeGone
	}
	return OutcomeRefused
}

// outcomeOfError tells apart why no answer came.
func outcomeOfError(err error) Outcome {
	var (
		dns     *net.DNSError
		network net.Error
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.Is(err, errForbidden):
		return OutcomeForbidden
	case errors.As(err, &dns):
		return OutcomeUnknownHost
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert):
		return OutcomeTLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return OutcomeTimeout
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return OutcomeUnreachable
	}
	return OutcomeBroken
}
