package certdoc

import (
	"bytes"
	"crypto/x509"
	"time"
)

// chainCheck looks for a chain up to a root in use of the domain, by signature,
// and says what is missing where there is none. Of several it takes the one that
// lasts longest.
func chainCheck(c *x509.Certificate, domain string, store []Authority, now time.Time) ([]Authority, Check) {
	switch {
	case key(c).Result == Failed || form(c).Result == Failed:
		return nil, moot("chain", "certificate.chain.malformed")
	case !now.Before(c.NotAfter):
		return nil, moot("chain", "certificate.chain.expired")
	}
	chain := Chain(c, domain, store, now)
	if chain == nil {
		return nil, brokenChain(c, domain, store, begins(c, now))
	}
	j := Judgement{Chain: chain}
	args := []any{"Issuer", clean(c.Issuer.String()), "When", j.Until()}
	if j.Until().Before(c.NotAfter) {
		return chain, pass("chain", "certificate.chain.sooner", args...)
	}
	return chain, pass("chain", "certificate.chain.good", args...)
}

// Chain is the chain of a certificate up to a root in use of the domain, from its
// issuer on, of several the one that lasts longest; nil where there is none. The
// caller has seen that its key and form are good.
func Chain(c *x509.Certificate, domain string, store []Authority, now time.Time) []Authority {
	return findChain(c, domain, store, begins(c, now))
}

// begins is the moment for which a certificate is judged: now, or its first one.
func begins(c *x509.Certificate, now time.Time) time.Time {
	if now.Before(c.NotBefore) {
		return c.NotBefore
	}
	return now
}

// findChain is security.md UPL-3: roots and intermediates from the trust store
// alone, never the system's; any extended key usage (the default would be
// servers' only); at most maxChain certificates.
func findChain(c *x509.Certificate, domain string, store []Authority, at time.Time) []Authority {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for _, a := range store {
		switch {
		case !a.InUse || a.Domain != domain:
		case a.Root:
			roots.AddCert(a.Cert)
		default:
			intermediates.AddCert(a.Cert)
		}
	}
	chains, err := c.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil
	}
	var best []Authority
	for _, found := range chains {
		if len(found) < 2 || len(found) > maxChain {
			continue
		}
		chain := known(found[1:], domain, store)
		if best == nil || (Judgement{Chain: chain}).Until().After((Judgement{Chain: best}).Until()) {
			best = chain
		}
	}
	return best
}

// known finds the entries of the store that a chain goes by.
func known(chain []*x509.Certificate, domain string, store []Authority) []Authority {
	var out []Authority
	for _, c := range chain {
		for _, a := range store {
			if a.Domain == domain && a.InUse && a.Cert.Equal(c) {
				out = append(out, a)
				break
			}
		}
	}
	return out
}

// brokenChain names the first thing that stands in a chain's way.
func brokenChain(c *x509.Certificate, domain string, store []Authority, at time.Time) Check {
	args := []any{"Issuer", clean(c.Issuer.String()), "Domain", domain}
	if Root(c) {
		return fail("chain", "certificate.chain.self_signed", "certificate.chain.self_signed_remedy", args...)
	}
	var elsewhere, waiting, ended *Authority
	for _, a := range store {
		if !Signed(c, a.Cert) {
			continue
		}
		switch {
		case a.Domain != domain:
			elsewhere = &a
		case a.Waiting:
			waiting = &a
		case !a.InUse:
			ended = &a
		case at.Before(a.Cert.NotBefore) || !at.Before(a.Cert.NotAfter):
			return fail("chain", "certificate.chain.issuer_expired", "certificate.chain.issuer_expired_remedy", append(args, "When", a.Cert.NotAfter)...)
		default:
			return fail("chain", "certificate.chain.above", "certificate.chain.above_remedy", args...)
		}
	}
	switch {
	case waiting != nil:
		return fail("chain", "certificate.chain.waiting", "certificate.chain.waiting_remedy", args...)
	case ended != nil:
		return fail("chain", "certificate.chain.ended", "certificate.chain.ended_remedy", args...)
	case elsewhere != nil:
		return fail("chain", "certificate.chain.elsewhere", "certificate.chain.elsewhere_remedy", append(args, "Other", elsewhere.Domain)...)
	case lookAlike(c, store):
		return fail("chain", "certificate.chain.look_alike", "certificate.chain.look_alike_remedy", args...)
	}
	return fail("chain", "certificate.chain.unknown", "certificate.chain.unknown_remedy", args...)
}

// lookAlike reports whether the store has an authority with the issuer's name
// but another key.
func lookAlike(c *x509.Certificate, store []Authority) bool {
	for _, a := range store {
		if bytes.Equal(a.Cert.RawSubject, c.RawIssuer) {
			return true
		}
	}
	return false
}

// Above walks from a certificate up to its root by signature, whatever the state
// of what it meets: to show and hand out a chain. It ends where the store knows
// nothing more.
func Above(c *x509.Certificate, domain string, store []Authority) []Authority {
	var chain []Authority
	for len(chain) < maxChain && !Root(c) {
		var next *Authority
		for _, a := range store {
			if a.Domain == domain && bytes.Equal(a.Cert.RawSubject, c.RawIssuer) && Signed(c, a.Cert) && (next == nil || a.InUse && !next.InUse) {
				next = &a
			}
		}
		if next == nil || next.Cert.Equal(c) {
			break
		}
		chain = append(chain, *next)
		c = next.Cert
	}
	return chain
}
