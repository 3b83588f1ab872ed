package certdoc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"
)

func version(c *x509.Certificate) Check {
	if c.Version != 3 {
		return fail("version", "certificate.version.old", "certificate.version.remedy", "Version", c.Version)
	}
	return pass("version", "certificate.version.good")
}

// key is security.md UPL-2: RSA 2048–4096 with a usual exponent, the NIST curves
// or Ed25519.
func key(c *x509.Certificate) Check {
	name := keyName(c)
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		switch {
		case bits < minRSA:
			return fail("key", "certificate.key.short", "certificate.key.remedy", "Bits", bits, "Min", minRSA)
		case bits > maxRSA:
			return fail("key", "certificate.key.long", "certificate.key.remedy", "Bits", bits, "Max", maxRSA)
		case k.E < minRSAExponent || k.E%2 == 0:
			return fail("key", "certificate.key.exponent", "certificate.key.remedy", "Exponent", k.E)
		}
		return pass("key", "certificate.key.good", "Key", name)
	case *ecdsa.PublicKey:
		if slices.Contains([]string{"P-256", "P-384", "P-521"}, name) {
			return pass("key", "certificate.key.good", "Key", name)
		}
	case ed25519.PublicKey:
		return pass("key", "certificate.key.good", "Key", name)
	}
	return fail("key", "certificate.key.kind", "certificate.key.remedy", "Key", name)
}

var sha2 = []x509.SignatureAlgorithm{
	x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS,
	x509.SHA512WithRSAPSS, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519,
}

func signature(c *x509.Certificate) Check {
	if !slices.Contains(sha2, c.SignatureAlgorithm) {
		return fail("signature", "certificate.signature.old", "certificate.signature.remedy", "Algorithm", c.SignatureAlgorithm.String())
	}
	return pass("signature", "certificate.signature.good", "Algorithm", c.SignatureAlgorithm.String())
}

// leaf refuses the certificate of a CA where a partner's own is wanted.
func leaf(c *x509.Certificate) Check {
	switch {
	case c.BasicConstraintsValid && c.IsCA, c.KeyUsage&x509.KeyUsageCertSign != 0:
		return fail("purpose", "certificate.purpose.ca", "certificate.purpose.ca_remedy")
	case Root(c):
		return fail("purpose", "certificate.purpose.self_signed", "certificate.purpose.self_signed_remedy")
	}
	return pass("purpose", "certificate.purpose.leaf")
}

// authority wants the certificate of a CA. One whose key usage names no purpose
// at all is not restricted (RFC 5280 §4.2.1.3): roots of real installations are
// of that sort.
func authority(c *x509.Certificate) Check {
	switch {
	case !c.BasicConstraintsValid || !c.IsCA:
		return fail("purpose", "certificate.purpose.no_ca", "certificate.purpose.no_ca_remedy")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return fail("purpose", "certificate.purpose.no_signing", "certificate.purpose.no_signing_remedy")
	}
	return pass("purpose", "certificate.purpose.authority")
}

// form is what no honest issuer gets wrong.
func form(c *x509.Certificate) Check {
	names := len(c.DNSNames) + len(c.EmailAddresses) + len(c.IPAddresses) + len(c.URIs)
	switch {
	case c.SerialNumber.Sign() <= 0 || len(c.SerialNumber.Bytes()) > maxSerialBytes:
		return fail("form", "certificate.form.serial", "certificate.form.remedy")
	case !c.NotAfter.After(c.NotBefore):
		return fail("form", "certificate.form.dates", "certificate.form.remedy")
	case names > maxNames:
		return fail("form", "certificate.form.names", "certificate.form.names_remedy", "Count", names, "Max", maxNames)
	}
	return pass("form", "certificate.form.good")
}

func validity(c *x509.Certificate, now time.Time) Check {
	switch {
	case !now.Before(c.NotAfter):
		return fail("validity", "certificate.validity.expired", "certificate.validity.expired_remedy", "When", c.NotAfter)
	case c.NotBefore.Sub(now) > MaxAhead:
		return fail("validity", "certificate.validity.early", "certificate.validity.early_remedy", "When", c.NotBefore, "Days", int(MaxAhead/day))
	case now.Before(c.NotBefore):
		return pass("validity", "certificate.validity.from", "When", c.NotBefore)
	}
	return pass("validity", "certificate.validity.good")
}

const day = 24 * time.Hour

func remaining(c *x509.Certificate, r Rules, now time.Time) Check {
	if !now.Before(c.NotAfter) {
		return moot("remaining", "certificate.remaining.expired")
	}
	left := int(c.NotAfter.Sub(now) / day)
	args := []any{"Count", left, "Min", r.MinDays, "When", c.NotAfter}
	if left < r.MinDays {
		return fail("remaining", "certificate.remaining.short", "certificate.remaining.remedy", args...)
	}
	return pass("remaining", "certificate.remaining.good", args...)
}

// usage holds the purposes of the key against what the domain does with it:
// every partner signs; for partners of AUTH data is also encrypted, with an RSA
// key to the key itself. A certificate that names no purpose allows all (RFC
// 5280 §4.2.1.3).
func usage(c *x509.Certificate, domain string) Check {
	_, isRSA := c.PublicKey.(*rsa.PublicKey)
	switch {
	case c.KeyUsage == 0:
		return pass("usage", "certificate.usage.any")
	case c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return fail("usage", "certificate.usage.no_signature", "certificate.usage.no_signature_remedy")
	case domain == Auth && isRSA && c.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageDataEncipherment) == 0:
		return fail("usage", "certificate.usage.no_encryption", "certificate.usage.no_encryption_remedy")
	}
	return pass("usage", "certificate.usage.good")
}

func organisation(c *x509.Certificate, f Facts, p Partner) Check {
	switch n := len(c.Subject.Organization); {
	case n == 0:
		return fail("organisation", "certificate.organisation.none", "certificate.organisation.remedy", "Name", p.Organisation)
	case n > 1:
		return fail("organisation", "certificate.organisation.several", "certificate.organisation.remedy", "Name", p.Organisation, "Count", n)
	case !SameName(p.Organisation, f.Organisation):
		return fail("organisation", "certificate.organisation.other", "certificate.organisation.remedy", "Name", p.Organisation, "Found", f.Organisation)
	}
	return pass("organisation", "certificate.organisation.good", "Name", f.Organisation)
}
