package certificate

import (
	"math/big"
	"slices"
	"testing"

	"portal/internal/certdoc/certmake"
)

// A CA renews its certificate with the same name and key; the old one goes. What
// the new one vouches for goes on counting, and nobody gets a mail.
func TestWhatHasAnotherChainIsNoOrphan(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, middle := o.trusted()
	leaf := o.accepted(o.leaf())
	renewal := *o.middle.Cert
	renewal.SerialNumber, renewal.NotAfter = big.NewInt(7), o.years(7)
	renewed := o.made(certmake.WithKey(&renewal, o.root, o.middle.Key))
	next := o.propose(o.ada, "AUTH", renewed)[0].ID
	if _, lost, others, err := o.s.Orphans(t.Context(), middle, 10); err != nil || lost != 0 || others != 1 {
		t.Errorf("%d would be lost, %d go on: %v", lost, others, err)
	}
	before := o.written()
	if err := o.s.TakeOutCA(t.Context(), o.ada, middle, o.ca(middle).Version, "Renewed"); err != nil {
		t.Fatal(err)
	}
	o.left(before, 2, 0, 1)
	if o.states() != "counts" || o.counting() != leaf {
		t.Errorf("%s, counting %s", o.states(), o.counting())
	}
	c, err := o.s.Certificate(t.Context(), o.person.Scope(), leaf)
	if err != nil || !slices.Contains(c.Chain, next) || slices.Contains(c.Chain, middle) {
		t.Errorf("it hangs on %v: %v", c.Chain, err)
	}
	if _, lost, others, err := o.s.Orphans(t.Context(), next, 10); err != nil || lost != 1 || others != 0 {
		t.Errorf("without the last one %d would be lost, %d go on: %v", lost, others, err)
	}
}
