package certdoc

import (
	"crypto/x509"
	"time"

	"portal/internal/id"
)

// The domains of trust (domain.md §3.3): each has roots of its own.
const (
	Auth   = "AUTH"
	Device = "DEVICE"
	FTM    = "FTM"
)

// Domains are all of them, in the order in which they are offered.
var Domains = []string{Auth, Device, FTM}

// Authority is a certificate of the trust store as a judgement needs it.
type Authority struct {
	ID      id.CACertificate
	Cert    *x509.Certificate
	Domain  string
	Root    bool
	InUse   bool
	Waiting bool // for a second person; neither: refused or taken out of use
}

// Rules are what an installation may set.
type Rules struct {
	MinDays int // that a certificate must be valid from now on
}

// MaxAhead is how long before its first day a certificate may be sent: early
// enough to renew in peace.
const MaxAhead = 90 * 24 * time.Hour

// Result is how a check ended.
type Result string

// The results. NotJudged: another failure makes the question moot.
const (
	Passed    Result = "passed"
	Failed    Result = "failed"
	NotJudged Result = "not_judged"
)

// Check is one thing that was looked at. Its title is the message
// "certificate.check.<Name>"; ReasonKey says what was found, RemedyKey what to
// do about it, both with Args (times are moments).
type Check struct {
	Name      string
	Result    Result
	ReasonKey string
	RemedyKey string // of a failed one
	Args      []any
}

// Judgement is everything that was found out about a certificate.
type Judgement struct {
	Facts
	Checks []Check
	Chain  []Authority // from the issuer up to the root; of a root itself: empty
	// Of a partner's certificate whose organisation differs: how.
	Difference []Piece
}

// Good reports whether every check passed.
func (j Judgement) Good() bool {
	for _, c := range j.Checks {
		if c.Result != Passed {
			return false
		}
	}
	return true
}

// Failures are the checks that did not pass.
func (j Judgement) Failures() []Check {
	var out []Check
	for _, c := range j.Checks {
		if c.Result == Failed {
			out = append(out, c)
		}
	}
	return out
}

// Until is when the chain of a judgement ends: the first last day in it. Zero
// without a chain.
func (j Judgement) Until() time.Time {
	var first time.Time
	for _, a := range j.Chain {
		if first.IsZero() || a.Cert.NotAfter.Before(first) {
			first = a.Cert.NotAfter.UTC()
		}
	}
	return first
}

// Partner is what a partner's certificate is held against.
type Partner struct {
	Organisation string
	Domain       string
}

// ForPartner judges a partner's certificate (security.md UPL-2, UPL-3;
// domain.md §3.3). store holds at least the certificates in use of the domain;
// any others only make the reasons better. Whether somebody else has the same
// certificate is the caller's to ask.
func ForPartner(c *x509.Certificate, p Partner, store []Authority, rules Rules, now time.Time) Judgement {
	j := Judgement{Facts: Describe(c)}
	chain, chained := chainCheck(c, p.Domain, store, now)
	j.Chain = chain
	if !SameName(p.Organisation, j.Organisation) && j.Organisation != "" {
		j.Difference = Compare(p.Organisation, j.Organisation)
	}
	j.Checks = []Check{
		version(c), key(c), signature(c), leaf(c), form(c), validity(c, now), remaining(c, rules, now),
		usage(c, p.Domain), organisation(c, j.Facts, p), chained,
	}
	return j
}

// ForStore judges a certificate for the trust store of a domain. Where it is a
// root, it bears its own signature and needs no chain.
func ForStore(c *x509.Certificate, domain string, store []Authority, rules Rules, now time.Time) Judgement {
	j := Judgement{Facts: Describe(c)}
	j.Checks = []Check{version(c), key(c), signature(c), authority(c), form(c), validity(c, now), remaining(c, rules, now)}
	if Root(c) {
		j.Checks = append(j.Checks, pass("chain", "certificate.chain.root"))
		return j
	}
	chain, chained := chainCheck(c, domain, store, now)
	j.Chain, j.Checks = chain, append(j.Checks, chained)
	return j
}

func pass(name, reasonKey string, args ...any) Check {
	return Check{Name: name, Result: Passed, ReasonKey: reasonKey, Args: args}
}

func fail(name, reasonKey, remedyKey string, args ...any) Check {
	return Check{Name: name, Result: Failed, ReasonKey: reasonKey, RemedyKey: remedyKey, Args: args}
}

func moot(name, reasonKey string) Check {
	return Check{Name: name, Result: NotJudged, ReasonKey: reasonKey}
}
