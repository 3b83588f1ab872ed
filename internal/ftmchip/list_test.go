package ftmchip_test

import (
	"crypto/x509"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/ftmchip"
	"portal/internal/id"
)

var bigSeven = big.NewInt(7)

// found are the models that a list shows an admin, in its order.
func (o *office) found(a authz.Actor, address string) string {
	o.T.Helper()
	v, err := url.ParseQuery(address)
	o.must(err)
	p, err := o.Listing(a.Scope(), ftmchip.List.Parse(v)).Page(o.T.Context())
	o.must(err)
	var names []string
	for _, r := range p.Items {
		names = append(names, r.Model)
	}
	return strings.Join(names, " ")
}

func TestListsFindAndSort(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s1, s2, s3 := o.registered(o.acme), o.sent(), o.renewing() // models S1, S2, S3
	s4 := o.approved()
	o.upload(s1, o.leaf(func(c *x509.Certificate) { c.NotAfter = o.clock.Now().AddDate(1, 0, 0) }))
	s1 = o.now(s1.ID)
	o.must(o.Decide(t.Context(), o.ada, s1.ID, s1.Version, approval.Approve()))
	o.must(o.Deactivate(t.Context(), o.acme, s4.ID, s4.Version, "Old."))
	o.must(o.Register(t.Context(), o.other, ftmchip.Input{ID: id.New[id.FTMChip](), Make: "Zeta", Model: "Z9"}))
	thumb := certdoc.Fingerprint(s3.Held.InService().Thumbprint)
	for address, want := range map[string]string{
		"sort=model": "S1 S2 S3 S4 Z9", "sort=-model": "Z9 S4 S3 S2 S1", "sort=provider": "S1 S2 S3 S4 Z9",
		"status=pending_approval": "S2", "status=new_certificate": "S3", "status=deactivated&q=secura": "S4", "status=nonsense&sort=model": "S1 S2 S3 S4 Z9",
		"make=zet": "Z9", "model=s2": "S2", "q=secura+s3": "S3", "q=other": "Z9", "q=acme+s2": "S2", "q=nothing": "",
		"q=" + s2.ID.String(): "S2", "q=" + url.QueryEscape(thumb): "S3", "q=" + strings.ToLower(strings.ReplaceAll(thumb, ":", "")): "S3",
		"sort=name": "S1 S2 S3 S4 Z9", "provider=other": "Z9", "provider=" + o.acme.Partner.String() + "&sort=model": "S1 S2 S3 S4",
		"within=400": "S1", "within=364": "", "within=1000&sort=ends": "S1 S3", "within=99999&sort=model": "S1 S2 S3 S4 Z9", "expired=yes": "",
		"assigned=nobody&sort=waiting": "S2 S3",
	} {
		if got := o.found(o.ada, address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	if got := o.found(o.acme, "provider=other&assigned=nobody&sort=model"); got != "S1 S2 S3 S4" {
		t.Errorf("a provider's list: %q", got)
	}
	o.clock.Advance(366 * 24 * time.Hour)
	if got := o.found(o.acme, "expired=yes"); got != "S1" {
		t.Errorf("expired: %q", got)
	}
}

func TestReviewsShowWhatAnApproverWeighs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	first := o.approved()
	h, err := o.root.Leaf("Other", o.clock.Now().Add(-time.Hour), o.years(2))
	o.must(err)
	again := ftmchip.Input{ID: id.New[id.FTMChip](), Make: strings.ToUpper(first.Make), Model: first.Model}
	o.must(o.Register(ctx, o.other, again))
	_, err = o.Upload(ctx, o.other, again.ID, 1, certdoc.PEM(h.Cert.Raw))
	o.must(err)
	v, err := o.Review(ctx, o.ada.Scope(), again.ID)
	o.must(err)
	if v.SameModel != 1 || len(v.Models) != 1 || v.Models[0].ID != first.ID || v.SameKey != 0 || v.Certified || !v.Found.Good() || v.OwnKey != 0 {
		t.Errorf("%+v %+v", v.Signs, v.Models)
	}
	// The same key for another chip, and for the provider itself.
	twin := o.registered(o.other)
	copyOf := *h.Cert
	copyOf.SerialNumber = bigSeven
	second, err := certmake.WithKey(&copyOf, o.root, h.Key)
	o.must(err)
	_, err = o.Upload(ctx, o.other, twin.ID, 1, certdoc.PEM(second.Cert.Raw))
	o.must(err)
	copyOf.SerialNumber = big.NewInt(8)
	third, err := certmake.WithKey(&copyOf, o.root, h.Key)
	o.must(err)
	_, err = o.certs.Accept(ctx, o.other, certdoc.PEM(third.Cert.Raw))
	o.must(err)
	v, err = o.Review(ctx, o.ada.Scope(), again.ID)
	o.must(err)
	if v.SameKey != 1 || len(v.Keys) != 1 || v.Keys[0].ID != twin.ID || v.OwnKey != 1 || !v.Certified {
		t.Errorf("%+v %+v %d", v.Signs, v.Keys, v.OwnKey)
	}
	all, err := o.Glance(ctx, []ftmchip.Chip{v.Chip, first.Chip})
	o.must(err)
	if all[0].Signs != v.Signs || all[0].Held.Waiting() == nil || all[1].SameModel != 1 || all[1].Held.Waiting() != nil {
		t.Errorf("%+v", all)
	}
	if v, err = o.Review(ctx, o.ada.Scope(), o.registered(o.acme).ID); err != nil || len(v.Found.Checks) != 0 || !slices.Equal(v.Models, nil) {
		t.Errorf("a chip without a certificate: %v", err)
	}
}
