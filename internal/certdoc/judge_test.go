package certdoc

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // to be refused
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"portal/internal/certdoc/certmake"
	"portal/internal/id"
)

// said is the outcome of a judgement in short: the reasons of what did not pass.
func said(j Judgement) string {
	var parts []string
	for _, c := range j.Checks {
		switch c.Result {
		case Failed:
			parts = append(parts, strings.TrimPrefix(c.ReasonKey, "certificate."))
		case NotJudged:
			parts = append(parts, "?"+c.Name)
		case Passed:
		}
	}
	return strings.Join(parts, " ")
}

// trust is a store with a root and an intermediate of AUTH.
type trust struct {
	root, middle certmake.Holder
	store        []Authority
}

func newTrust(t testing.TB) trust {
	t.Helper()
	root := made(t)(certmake.Root("Trust", years(-1), years(9)))
	middle := made(t)(root.Intermediate("Trust", years(-1), years(8)))
	return trust{root, middle, []Authority{inUse(root, Auth), inUse(middle, Auth)}}
}

func inUse(h certmake.Holder, domain string) Authority {
	return Authority{ID: id.New[id.CACertificate](), Cert: h.Cert, Domain: domain, Root: Root(h.Cert), InUse: true}
}

var rules = Rules{MinDays: 335}

func (w trust) judge(c *x509.Certificate) Judgement {
	return ForPartner(c, Partner{Organisation: "Acme", Domain: Auth}, w.store, rules, day0)
}

func TestGoodCertificatePassesEveryCheck(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	leaf := made(t)(w.middle.Leaf(" Acme ", day0, years(2)))
	j := w.judge(leaf.Cert)
	if !j.Good() || len(j.Chain) != 2 || j.Chain[0].ID != w.store[1].ID || j.Chain[1].ID != w.store[0].ID {
		t.Errorf("%s %+v", said(j), j.Chain)
	}
	if j.Key != "P-256" || j.Organisation != " Acme " || len(j.Thumbprint) != 32 || !j.Until().Equal(years(8)) {
		t.Errorf("%+v", j.Facts)
	}
}

func TestUPL2WhatACertificateMustBe(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	names := make([]string, 21)
	for i := range names {
		names[i] = fmt.Sprintf("n%d.example", i)
	}
	for name, c := range map[string]struct {
		change certmake.Change
		want   string
	}{
		"CA":                  {func(c *x509.Certificate) { c.IsCA = true }, "purpose.ca"},
		"may sign":            {func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }, "purpose.ca"},
		"21 names":            {func(c *x509.Certificate) { c.DNSNames = names }, "form.names ?chain"},
		"20 names":            {func(c *x509.Certificate) { c.DNSNames = names[:20] }, ""},
		"334 days":            {func(c *x509.Certificate) { c.NotAfter = day0.AddDate(0, 0, 335).Add(-time.Second) }, "remaining.short"},
		"335 days":            {func(c *x509.Certificate) { c.NotAfter = day0.AddDate(0, 0, 335) }, ""},
		"expired":             {func(c *x509.Certificate) { c.NotBefore, c.NotAfter = years(-2), day0 }, "validity.expired ?remaining ?chain"},
		"from next month":     {func(c *x509.Certificate) { c.NotBefore = day0.AddDate(0, 1, 0) }, ""},
		"from next year":      {func(c *x509.Certificate) { c.NotBefore = years(1) }, "validity.early"},
		"ends before it runs": {func(c *x509.Certificate) { c.NotBefore, c.NotAfter = years(3), years(2) }, "form.dates validity.early ?chain"},
		"no organisation":     {func(c *x509.Certificate) { c.Subject.Organization = nil }, "organisation.none"},
		"two organisations":   {func(c *x509.Certificate) { c.Subject.Organization = []string{"Acme", "Other"} }, "organisation.several"},
		"other organisation":  {func(c *x509.Certificate) { c.Subject.Organization = []string{"Acme Ltd"} }, "organisation.other"},
		"other case":          {func(c *x509.Certificate) { c.Subject.Organization = []string{"ACME"} }, "organisation.other"},
		"decomposed":          {func(c *x509.Certificate) { c.Subject.Organization = []string{"Acme "} }, ""},
		"no usage":            {func(c *x509.Certificate) { c.KeyUsage = 0 }, ""},
		"signs only":          {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, ""}, // an EC key agrees on keys
		"cannot sign":         {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, "usage.no_signature"},
		"servers only":        {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, ""},
		"clients only":        {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, ""},
		"serial of 21 bytes": {func(c *x509.Certificate) {
			c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 165)
		}, "form.serial ?chain"},
	} {
		leaf := made(t)(w.middle.Leaf("Acme", day0, years(2), c.change))
		if got := said(w.judge(leaf.Cert)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestUPL2Keys(t *testing.T) {
	t.Parallel()
	number := func(bits uint) *big.Int {
		return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
	}
	for want, all := range map[string][]any{
		"": {
			&rsa.PublicKey{N: number(2048), E: 65537}, &rsa.PublicKey{N: number(4096), E: 65539}, &ecdsa.PublicKey{Curve: elliptic.P256()},
			&ecdsa.PublicKey{Curve: elliptic.P384()}, &ecdsa.PublicKey{Curve: elliptic.P521()},
			ed25519.PublicKey{},
		},
		"key.short":    {&rsa.PublicKey{N: number(2047), E: 65537}, &rsa.PublicKey{N: number(1024), E: 65537}},
		"key.long":     {&rsa.PublicKey{N: number(4097), E: 65537}, &rsa.PublicKey{N: number(32769), E: 65537}},
		"key.exponent": {&rsa.PublicKey{N: number(2048), E: 3}, &rsa.PublicKey{N: number(2048), E: 65538}},
		"key.kind":     {&ecdsa.PublicKey{Curve: elliptic.P224()}, &dsa.PublicKey{}, nil},
	} {
		for _, k := range all {
			c := key(&x509.Certificate{PublicKey: k})
			if got := strings.TrimPrefix(c.ReasonKey, "certificate."); c.Result == Failed && got != want || c.Result == Passed && want != "" {
				t.Errorf("%T: %s, want %q", k, got, want)
			}
		}
	}
	for _, a := range []x509.SignatureAlgorithm{x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA256, x509.UnknownSignatureAlgorithm} {
		if signature(&x509.Certificate{SignatureAlgorithm: a}).Result != Failed {
			t.Errorf("%s is accepted", a)
		}
	}
	if version(&x509.Certificate{Version: 1}).Result != Failed {
		t.Error("version 1 is accepted")
	}
	if usage(&x509.Certificate{PublicKey: &rsa.PublicKey{N: number(2048)}, KeyUsage: x509.KeyUsageDigitalSignature}, Auth).ReasonKey != "certificate.usage.no_encryption" {
		t.Error("nothing can be encrypted to this key")
	}
	if usage(&x509.Certificate{PublicKey: &rsa.PublicKey{N: number(2048)}, KeyUsage: x509.KeyUsageDigitalSignature}, Device).Result != Passed {
		t.Error("a device signs only")
	}
}

// unheld is a key that nobody holds.
type unheld struct{ public crypto.PublicKey }

func (u unheld) Public() crypto.PublicKey { return u.public }

func (unheld) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, io.EOF }

func TestUPL2HugeKeyCostsNothing(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	n := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 100_000), big.NewInt(1))
	leaf := made(t)(certmake.WithKey(&x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Acme"}}, SerialNumber: big.NewInt(7), NotBefore: day0, NotAfter: years(2),
	}, w.middle, unheld{&rsa.PublicKey{N: n, E: 1<<31 - 1}}))
	c, err := Read(leaf.Cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(w.judge(c)); got != "key.long ?chain" {
		t.Error(got)
	}
}

func TestUPL3ChainToARootInUseOfTheDomain(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	leaf := made(t)(w.middle.Leaf("Acme", day0, years(2)))
	self := made(t)(certmake.Holder{}.Leaf("Acme", day0, years(2)))
	// The same names as the true ones, another key.
	impostor := made(t)(made(t)(certmake.Root("Trust", years(-1), years(9))).Intermediate("Trust", years(-1), years(8)))
	forged := made(t)(impostor.Leaf("Acme", day0, years(2)))
	stranger := made(t)(made(t)(certmake.Root("Elsewhere", years(-1), years(9))).Leaf("Acme", day0, years(2)))
	direct := made(t)(w.root.Leaf("Acme", day0, years(2), func(c *x509.Certificate) {
		c.Subject = w.root.Cert.Subject // as real ones are: its issuer's name, not its key
		c.Subject.Organization = []string{"Acme"}
	}))
	change := func(i int, fn func(*Authority)) []Authority {
		store := append([]Authority(nil), w.store...)
		fn(&store[i])
		return store
	}
	short := made(t)(w.root.Intermediate("Trust", years(-1), years(8), func(c *x509.Certificate) { c.NotAfter = day0.Add(-time.Hour) }))
	shortLeaf := made(t)(short.Leaf("Acme", years(-1), years(2)))
	for name, c := range map[string]struct {
		leaf  certmake.Holder
		store []Authority
		want  string
	}{
		"in use":                   {leaf, w.store, ""},
		"directly below the root":  {direct, w.store, ""},
		"empty store":              {leaf, nil, "chain.unknown"},
		"another domain":           {leaf, []Authority{inUse(w.root, FTM), inUse(w.middle, FTM)}, "chain.elsewhere"},
		"root of another domain":   {leaf, change(0, func(a *Authority) { a.Domain = Device }), "chain.above"},
		"intermediate elsewhere":   {leaf, change(1, func(a *Authority) { a.Domain = Device }), "chain.elsewhere"},
		"root waits":               {leaf, change(0, func(a *Authority) { a.InUse, a.Waiting = false, true }), "chain.above"},
		"root taken out of use":    {leaf, change(0, func(a *Authority) { a.InUse = false }), "chain.above"},
		"issuer waits":             {leaf, change(1, func(a *Authority) { a.InUse, a.Waiting = false, true }), "chain.waiting"},
		"issuer out of use":        {leaf, change(1, func(a *Authority) { a.InUse = false }), "chain.ended"},
		"issuer missing":           {leaf, w.store[:1], "chain.unknown"},
		"issuer expired":           {shortLeaf, []Authority{inUse(w.root, Auth), inUse(short, Auth)}, "chain.issuer_expired"},
		"look-alike":               {forged, w.store, "chain.look_alike"},
		"issued elsewhere":         {stranger, w.store, "chain.unknown"},
		"self-signed":              {self, w.store, "purpose.self_signed chain.self_signed"},
		"self-signed, in the pool": {self, append([]Authority{inUse(self, Auth)}, w.store...), "purpose.self_signed chain.self_signed"},
	} {
		j := ForPartner(c.leaf.Cert, Partner{Organisation: "Acme", Domain: Auth}, c.store, rules, day0)
		if got := said(j); got != c.want || (len(j.Chain) > 0) != (c.want == "") {
			t.Errorf("%s: %q, want %q (%d in the chain)", name, got, c.want, len(j.Chain))
		}
	}
}

func TestUPL3ChainsAreShortAndTheLongestLastingIsTaken(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	// The issuer's key certified twice: once until sooner.
	cross := made(t)(certmake.WithKey(&x509.Certificate{
		Subject: w.middle.Cert.Subject, SerialNumber: big.NewInt(7), NotBefore: years(-1), NotAfter: years(3),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, w.root, w.middle.Key))
	leaf := made(t)(w.middle.Leaf("Acme", day0, years(2)))
	for _, store := range [][]Authority{append([]Authority{inUse(cross, Auth)}, w.store...), append(append([]Authority(nil), w.store...), inUse(cross, Auth))} {
		j := ForPartner(leaf.Cert, Partner{Organisation: "Acme", Domain: Auth}, store, rules, day0)
		if !j.Good() || !j.Until().Equal(years(8)) {
			t.Errorf("%s until %s", said(j), j.Until())
		}
	}
	// Each authority below the one before: four certificates are a chain, five
	// are not.
	store, last := []Authority{inUse(w.root, Auth)}, w.root
	for n, want := range []string{"", "", "", "chain.above"} {
		leaf := made(t)(last.Leaf("Acme", day0, years(2)))
		if got := said(ForPartner(leaf.Cert, Partner{Organisation: "Acme", Domain: Auth}, store, rules, day0)); got != want {
			t.Errorf("%d authorities: %q, want %q", n+1, got, want)
		}
		last = made(t)(last.Intermediate(fmt.Sprint("Level ", n), years(-1), years(8)))
		store = append(store, inUse(last, Auth))
	}
}

func TestWhatTheTrustStoreTakes(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	root := func(changes ...certmake.Change) certmake.Holder {
		return made(t)(certmake.Root("New", years(-1), years(9), changes...))
	}
	below := made(t)(root().Intermediate("New", years(-1), years(8)))
	for name, c := range map[string]struct {
		holder certmake.Holder
		want   string
	}{
		"root":                      {root(), ""},
		"root that names no usage":  {root(func(c *x509.Certificate) { c.KeyUsage = 0 }), ""},
		"root that may not sign":    {root(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }), "purpose.no_signing"},
		"root that is none":         {root(func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, 0 }), "purpose.no_ca"},
		"expired root":              {root(func(c *x509.Certificate) { c.NotAfter = day0 }), "validity.expired ?remaining"},
		"root that ends too soon":   {root(func(c *x509.Certificate) { c.NotAfter = day0.AddDate(0, 6, 0) }), "remaining.short"},
		"intermediate":              {made(t)(w.root.Intermediate("New", years(-1), years(8))), ""},
		"intermediate without root": {below, "chain.unknown"},
	} {
		if got := said(ForStore(c.holder.Cert, Auth, w.store, rules, day0)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAboveWalksWhateverTheState(t *testing.T) {
	t.Parallel()
	w := newTrust(t)
	leaf := made(t)(w.middle.Leaf("Acme", day0, years(2)))
	store := []Authority{{Cert: w.root.Cert, Domain: Auth, Root: true}, {Cert: w.middle.Cert, Domain: Auth}}
	if got := Above(leaf.Cert, Auth, store); len(got) != 2 || !got[1].Root {
		t.Errorf("%d above", len(got))
	}
	if got := Above(leaf.Cert, FTM, store); len(got) != 0 {
		t.Errorf("%d above in another domain", len(got))
	}
	if got := Above(w.root.Cert, Auth, store); len(got) != 0 {
		t.Errorf("%d above a root", len(got))
	}
}

func TestFactsCanBeStored(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h := made(t)(certmake.WithKey(&x509.Certificate{
		Subject: pkix.Name{Organization: []string{"A\x00cme"}}, SerialNumber: big.NewInt(255), NotBefore: day0, NotAfter: years(1),
	}, certmake.Holder{}, key))
	f := Describe(h.Cert)
	if strings.ContainsRune(f.Organisation+f.Subject, 0) || f.Serial != "ff" || Fingerprint([]byte{0xab, 1}) != "AB:01" {
		t.Errorf("%+q", f)
	}
}
