//go:build conformance

package certdoc

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Real certificates of installations, read where MOSIP says and never copied. In
// both pairs the leaf has its issuer's name without being self-signed.
func TestConformanceRealCertificates(t *testing.T) {
	dir := os.Getenv("MOSIP")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, pair := range []struct{ name, organisation string }{{"abis", "mpartner-default-abis"}, {"print", "IIITB"}} {
		root := file(t, dir, filepath.Join("certs", pair.name+"-root-ca.pem"))
		all, err := ReadBundle(root)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v", pair.name, err)
		}
		if j := ForStore(all[0], Auth, nil, rules, now); !j.Good() || !Root(all[0]) {
			t.Errorf("%s: the root: %s", pair.name, said(j))
		}
		leaf, err := Read(file(t, dir, filepath.Join("certs", pair.name+"-client.pem")))
		if err != nil || Root(leaf) {
			t.Fatalf("%s: %v, self-signed %v", pair.name, err, Root(leaf))
		}
		store := []Authority{{Cert: all[0], Domain: Auth, Root: true, InUse: true}}
		if j := ForPartner(leaf, Partner{Organisation: pair.organisation, Domain: Auth}, store, rules, now); !j.Good() {
			t.Errorf("%s: %s", pair.name, said(j))
		}
		if j := ForPartner(leaf, Partner{Organisation: pair.organisation, Domain: FTM}, store, rules, now); said(j) != "chain.elsewhere" {
			t.Errorf("%s in another domain: %s", pair.name, said(j))
		}
	}
}
