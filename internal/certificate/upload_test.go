package certificate

import (
	"bytes"
	"crypto/x509"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/problem"
)

// failures are the reasons why a preview or a rejection is not good.
func failures(v Preview) string {
	var out []string
	for _, c := range v.Failures() {
		out = append(out, strings.TrimPrefix(c.ReasonKey, "certificate."))
	}
	return strings.Join(out, " ")
}

func rejected(t *testing.T, err error) string {
	t.Helper()
	var r *RejectedError
	if !errors.As(err, &r) {
		t.Fatalf("not rejected: %v", err)
	}
	return failures(r.Preview)
}

func TestUPL5AcceptedBytesAreKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	leaf := o.leaf()
	file := append([]byte("\r\n"), bytes.ReplaceAll(pem(leaf), []byte("\n"), []byte("\r\n"))...)
	before := o.written()
	v, err := o.s.Preview(t.Context(), o.person, file)
	if err != nil || !v.Good() || len(v.Chain) != 2 {
		t.Fatalf("%v %s", err, failures(v))
	}
	o.left(before, 0, 0, 0)
	done, err := o.s.Accept(t.Context(), o.person, file)
	if err != nil || done.Again || !done.From.IsZero() {
		t.Fatalf("%+v %v", done, err)
	}
	o.left(before, 1, 1, 1)
	c, err := o.s.Certificate(t.Context(), o.person.Scope(), done.ID)
	if err != nil || !bytes.Equal(c.Original, file) || !bytes.Equal(c.DER, leaf.Cert.Raw) || c.State != Counts || len(c.Chain) != 2 || c.UploadedName != o.person.Name {
		t.Errorf("%v %+v", err, c)
	}
	if chain, err := o.s.Chain(t.Context(), c); err != nil || len(chain) != 2 || chain[0].Kind != Intermediate || chain[1].Kind != Root {
		t.Errorf("%v %+v", err, chain)
	}
	// The same again, in another form, shows the one that is there.
	again, err := o.s.Accept(t.Context(), o.person, leaf.Cert.Raw)
	if err != nil || !again.Again || again.ID != done.ID {
		t.Errorf("%+v %v", again, err)
	}
	if v, err := o.s.Preview(t.Context(), o.person, file); err != nil || v.Existing != done.ID {
		t.Errorf("%v %s", err, v.Existing)
	}
	o.left(before, 1, 1, 1)
}

func TestNothingThatFailsACheckIsStored(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	short := o.leaf(func(c *x509.Certificate) { c.NotAfter = o.clock.Now().AddDate(0, 0, 300) })
	_, err := o.s.Accept(t.Context(), o.person, pem(short))
	if got := rejected(t, err); got != "remaining.short" {
		t.Error(got)
	}
	var refusal *certdoc.RefusalError
	if _, err := o.s.Accept(t.Context(), o.person, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")); !errors.As(err, &refusal) {
		t.Errorf("a key: %v", err)
	}
	// The shorter rule of another installation takes it.
	lenient := NewService(o.DB, 30, false)
	if _, err := lenient.Accept(t.Context(), o.person, pem(short)); err != nil {
		t.Error(err)
	}
	o.Exec(`update partners set status = 'deactivated'`, nil)
	if _, err := o.s.Accept(t.Context(), o.person, pem(o.leaf())); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a partner that ended meanwhile: %v", err)
	}
	for _, a := range []authz.Actor{o.ada, {}, {Roles: []authz.Role{authz.Applicant}, Partner: o.acme.ID}} {
		if _, err := o.s.Accept(t.Context(), a, pem(o.leaf())); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%v: %v", a.Roles, err)
		}
	}
}

func TestUPL3SomebodyElsesCertificate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	twin := o.partner("Acme 2")
	o.Exec(`update partners set organisation = 'Acme' where id = @id`, pg.Args{"id": twin.ID})
	other := partnertest.Person(twin)
	leaf := o.leaf()
	o.accepted(leaf)
	v, err := o.s.Preview(t.Context(), other, pem(leaf))
	if err != nil || failures(v) != "unused.taken" || !id.IsZero(v.Existing) {
		t.Errorf("%v %s", err, failures(v))
	}
	// Two partners send one certificate at the same moment: one gets it.
	leaf = o.leaf()
	people := []authz.Actor{o.person, other}
	errs := o.atOnce(2, func(i int) error {
		_, err := o.s.Accept(t.Context(), people[i], pem(leaf))
		return err
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatal(errs)
	}
	for _, err := range errs {
		if err != nil && rejected(t, err) != "unused.taken" {
			t.Error(err)
		}
	}
}

func TestLIM4TwentyCertificates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	first := o.accepted(o.leaf())
	for range MaxCertificates - 2 {
		o.accepted(o.leaf())
	}
	leaves := make([]certmake.Holder, 6)
	for i := range leaves {
		leaves[i] = o.leaf()
	}
	full := 0
	for _, err := range o.atOnce(len(leaves), func(i int) error {
		_, err := o.s.Accept(t.Context(), o.person, pem(leaves[i]))
		return err
	}) {
		if err != nil {
			if got := rejected(t, err); got != "unused.full" {
				t.Error(got)
			}
			full++
		}
	}
	if full != len(leaves)-1 {
		t.Errorf("%d were too many", full)
	}
	if err := o.s.Withdraw(t.Context(), o.person, first, 1, "Old"); err != nil {
		t.Fatal(err)
	}
	o.accepted(o.leaf())
}

// A renewal: the old one counts until the new one does, and again when the new one
// is withdrawn.
func TestRenewalLeavesNoGap(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	old := o.accepted(o.leaf())
	start := o.clock.Now().AddDate(0, 0, 30)
	next := o.leaf(func(c *x509.Certificate) { c.NotBefore = start })
	done, err := o.s.Accept(t.Context(), o.person, pem(next))
	if err != nil || !done.From.Equal(next.Cert.NotBefore) {
		t.Fatalf("%+v %v", done, err)
	}
	if got := o.states(); got != "upcoming counts" || o.counting() != old {
		t.Errorf("before its first day: %s", got)
	}
	o.clock.Advance(31 * 24 * time.Hour)
	if got := o.states(); got != "counts replaced" || o.counting() != done.ID {
		t.Errorf("from its first day on: %s", got)
	}
	before := o.written()
	for range 2 {
		if err := o.s.Withdraw(t.Context(), o.person, done.ID, 1, "Wrong key"); err != nil {
			t.Fatal(err)
		}
	}
	o.left(before, 1, 1, 1)
	if got := o.states(); got != "withdrawn counts" || o.counting() != old {
		t.Errorf("after it was withdrawn: %s", got)
	}
	_, err = o.s.Accept(t.Context(), o.person, pem(next))
	if got := rejected(t, err); got != "unused.withdrawn" {
		t.Error(got)
	}
	o.clock.Advance(3 * 365 * 24 * time.Hour)
	if got := o.states(); got != "withdrawn expired" || !id.IsZero(o.counting()) {
		t.Errorf("years later: %s", got)
	}
}

// An authority is renewed: the same certificate sent again gets the chain that is
// in use now.
func TestCertificateFindsAnotherChain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	root, _ := o.trusted()
	leaf := o.leaf()
	cid := o.accepted(leaf)
	if err := o.s.TakeOutCA(t.Context(), o.ada, root, 2, "Renewed"); err != nil {
		t.Fatal(err)
	}
	if v, err := o.s.Preview(t.Context(), o.person, pem(leaf)); err != nil || failures(v) != "chain.above" || v.Existing != cid {
		t.Errorf("%v %s", err, failures(v))
	}
	renewed := o.made(certmake.WithKey(&x509.Certificate{
		Subject: o.root.Cert.Subject, SerialNumber: o.middle.Cert.SerialNumber, NotBefore: o.years(-1), NotAfter: o.years(15),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, certmake.Holder{}, o.root.Key))
	all := o.propose(o.ada, certdoc.Auth, renewed)
	if err := o.s.ConfirmCA(t.Context(), o.eva, all[0].ID, 1); err != nil {
		t.Fatal(err)
	}
	before := o.written()
	done, err := o.s.Accept(t.Context(), o.person, pem(leaf))
	if err != nil || !done.Again || done.ID != cid {
		t.Fatalf("%+v %v", done, err)
	}
	o.left(before, 1, 0, 1)
	if got := o.states(); got != "counts" {
		t.Error(got)
	}
}

// A CA is taken out while a certificate below it is accepted: whichever comes
// first, no certificate counts afterwards.
func TestCON4TakingOutAndAcceptingAtTheSameMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	root, _ := o.trusted()
	o.accepted(o.leaf())
	leaf := o.leaf()
	errs := o.atOnce(2, func(i int) error {
		if i == 0 {
			return o.s.TakeOutCA(t.Context(), o.ada, root, 2, "Stolen")
		}
		_, err := o.s.Accept(t.Context(), o.person, pem(leaf))
		return err
	})
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	if errs[1] != nil && rejected(t, errs[1]) != "chain.above" {
		t.Error(errs[1])
	}
	if !id.IsZero(o.counting()) || strings.Contains(o.states(), "counts") {
		t.Errorf("%s", o.states())
	}
}

func TestAUT2CertificatesOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	cid := o.accepted(o.leaf())
	other := partnertest.Person(o.partner("Other"))
	for _, a := range []authz.Actor{other, {Roles: []authz.Role{authz.PolicyManager}}} {
		if _, err := o.s.Certificate(t.Context(), a.Scope(), cid); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%v: %v", a.Roles, err)
		}
		if p, err := o.s.Certificates(a.Scope(), List.Parse(nil)).Page(t.Context()); err != nil || p.Total != 0 {
			t.Errorf("%v: %d %v", a.Roles, p.Total, err)
		}
		if h, err := o.s.Standing(t.Context(), a.Scope(), o.acme.ID); err != nil || h.State != None {
			t.Errorf("%v: %+v %v", a.Roles, h, err)
		}
	}
	if err := o.s.Withdraw(t.Context(), other, cid, 1, "Mine"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("withdrawn by others: %v", err)
	}
	if err := o.s.Withdraw(t.Context(), o.ada, cid, 1, "Staff"); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("withdrawn by staff: %v", err)
	}
	colleague := o.person
	colleague.User = other.User
	if err := o.s.Withdraw(t.Context(), o.person, cid, 1, "Lost"); err != nil {
		t.Fatal(err)
	}
	if got := conflict(o.s.Withdraw(t.Context(), colleague, cid, 1, "Lost")); got != "certificate.conflict.withdrawn" {
		t.Errorf("a colleague, later: %s", got)
	}
	if _, err := o.s.Preview(t.Context(), o.ada, pem(o.leaf())); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("staff have no certificate to send: %v", err)
	}
}

func TestStandingSaysWhyNothingCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	stands := func() State {
		t.Helper()
		h, err := Standing(t.Context(), o.DB.Read(), o.acme.ID, o.DB.Now())
		if err != nil {
			t.Fatal(err)
		}
		return h.State
	}
	if got := stands(); got != None {
		t.Error(got)
	}
	first := o.accepted(o.leaf())
	o.accepted(o.leaf(func(c *x509.Certificate) { c.NotBefore = o.clock.Now().AddDate(0, 0, 10) }))
	if got := stands(); got != Counts {
		t.Error(got)
	}
	if err := o.s.Withdraw(t.Context(), o.person, first, 1, "Old"); err != nil {
		t.Fatal(err)
	}
	if got := stands(); got != Upcoming {
		t.Error(got)
	}
	o.clock.Advance(4 * 365 * 24 * time.Hour)
	if got := stands(); got != Expired {
		t.Error(got)
	}
}

func TestCertificatesAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	o.accepted(o.leaf(func(c *x509.Certificate) { c.NotAfter = o.clock.Now().AddDate(0, 0, 340) }))
	o.accepted(o.leaf(func(c *x509.Certificate) { c.NotBefore = o.clock.Now().AddDate(0, 0, 10) }))
	for query, want := range map[string]string{
		"":                        "upcoming counts",
		"state=counts":            "counts",
		"state=nope":              "",
		"within=350":              "counts",
		"within=30":               "",
		"partner=ACM":             "upcoming counts",
		"partner=x":               "",
		"domain=AUTH&sort=ends":   "counts upcoming",
		"domain=FTM":              "",
		"sort=uploaded&size=10":   "counts upcoming",
		"sort=partner&page=7":     "counts upcoming",
		"state=upcoming&within=5": "",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		p, err := o.s.Certificates(o.ada.Scope(), List.Parse(v)).Page(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range p.Items {
			got = append(got, string(r.State))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if name, domain, err := o.s.Organisation(t.Context(), o.acme.ID); err != nil || name != "Acme" || domain != certdoc.Auth {
		t.Errorf("%s %s %v", name, domain, err)
	}
	if roots, err := o.s.Roots(t.Context(), certdoc.Auth); err != nil || len(roots) != 1 {
		t.Errorf("%d %v", len(roots), err)
	}
}
