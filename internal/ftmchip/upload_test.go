package ftmchip_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/certificate"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestRegisteringNeedsMakeAndModelOfOnesOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	long := string(bytes.Repeat([]byte("é"), ftmchip.MaxName+1))
	for what, in := range map[string]ftmchip.Input{
		"make": {Model: "S1"}, "model": {Make: "Secura", Model: " "},
	} {
		in.ID = id.New[id.FTMChip]()
		if err := o.Register(ctx, o.acme, in); wrong(err) != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := o.Register(ctx, o.acme, ftmchip.Input{ID: id.New[id.FTMChip](), Make: long, Model: "S1"}); wrong(err) != "make" {
		t.Errorf("one character too many: %v", err)
	}
	before := o.written()
	in := ftmchip.Input{ID: id.New[id.FTMChip](), Make: long[:2*ftmchip.MaxName], Model: " S1 "}
	o.must(o.Register(ctx, o.acme, in))
	o.must(o.Register(ctx, o.acme, in)) // CON-3: a second click
	o.left("registering twice", before, 1, 0, 0)
	o.want(in.ID, "pending_certificate s0: ")
	if c := o.now(in.ID); c.Model != "S1" || c.PartnerID != o.acme.Partner {
		t.Errorf("%+v", c.Chip)
	}
	in.ID = id.New[id.FTMChip]()
	in.Model = "s1"
	if err := o.Register(ctx, o.acme, in); wrong(err) != "model" {
		t.Errorf("the same model again: %v", err)
	}
	if err := o.Register(ctx, o.other, in); err != nil {
		t.Errorf("the same model of another provider: %v", err)
	}
	in.Make = "Different"
	if err := o.Register(ctx, o.other, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another chip under an id that is there: %v", err)
	}
}

func TestLIM4UndecidedChipsAndCertificates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range ftmchip.MaxUndecided - 2 {
		o.registered(o.acme)
	}
	st := o.sent() // one that waits counts as well
	errs := o.atOnce(6, func(i int) error {
		return o.Register(t.Context(), o.acme, ftmchip.Input{ID: id.New[id.FTMChip](), Make: "Limit", Model: fmt.Sprint(i)})
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if conflict(err) != "ftm_chip.conflict.too_many" {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d got the last place", won)
	}
	o.must(o.Decide(t.Context(), o.ada, st.ID, st.Version, approval.Approve()))
	st = o.now(st.ID)
	for range ftmchip.MaxCertificates - 1 {
		o.upload(st, o.leaf())
		w := o.now(st.ID).Held.Waiting()
		o.must(o.ApproveCertificate(t.Context(), o.ada, st.ID, w.ID, w.Version))
	}
	if _, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, o.leaf()); failed(err) != "ftm_chip.unused.full" {
		t.Errorf("one certificate too many: %v", failed(err))
	}
	o.Exec(`update ftm_chip_certificates set not_after = @now where status = 'replaced' and id = (select min(id::text)::uuid from ftm_chip_certificates where status = 'replaced')`,
		pg.Args{"now": o.DB.Now()})
	o.upload(st, o.leaf()) // an expired one makes room
}

// UPL-1, UPL-3: what comes in is read as strictly as a partner's own certificate, and
// kept as it came.
func TestUPL1BytesAreReadStrictlyAndKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.registered(o.acme)
	good := o.leaf()
	for what, file := range map[string][]byte{
		"nothing": nil, "words": []byte("hello"), "a key": []byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"),
		"two": append(bytes.Clone(good), good...), "too large": bytes.Repeat([]byte("x"), certdoc.MaxBytes+1),
	} {
		var refused *certdoc.RefusalError
		if _, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, file); !errors.As(err, &refused) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := o.Preview(t.Context(), o.acme, st.ID, file); !errors.As(err, &refused) {
			t.Errorf("preview of %s: %v", what, err)
		}
	}
	o.want(st.ID, "pending_certificate s0: ")
	block, _ := pem.Decode(good)
	before := o.written()
	o.upload(st, block.Bytes)
	o.left("a certificate", before, 1, 2, 0)
	o.want(st.ID, "pending_approval s1: waiting")
	f, err := o.Files(t.Context(), o.acme.Scope(), st.ID, ftmchip.Waiting)
	o.must(err)
	if !bytes.Equal(f.Original, block.Bytes) || !bytes.Equal(f.DER, block.Bytes) || len(f.Chain) != 1 {
		t.Errorf("%d bytes, chain %d", len(f.Original), len(f.Chain))
	}
	if got := o.now(st.ID).Trail.Answers()[ftmchip.FieldCertificate]; got != certdoc.Fingerprint(f.Thumbprint) {
		t.Errorf("the submission says %q", got)
	}
}

func TestUPL2UPL3EveryCheckIsMade(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.registered(o.acme)
	auth, err := certmake.Root("Auth", o.years(-1), o.years(9))
	o.must(err)
	_, err = o.certs.ProposeCAs(t.Context(), o.ada, certdoc.Auth, certdoc.PEM(auth.Cert.Raw))
	o.must(err)
	foreign, err := auth.Leaf("Acme", o.clock.Now().Add(-time.Hour), o.years(2))
	o.must(err)
	alike, err := certmake.Root("Trust", o.years(-1), o.years(9))
	o.must(err)
	forged, err := alike.Leaf("Acme", o.clock.Now().Add(-time.Hour), o.years(2))
	o.must(err)
	for key, file := range map[string][]byte{
		"certificate.chain.elsewhere":    certdoc.PEM(foreign.Cert.Raw),
		"certificate.chain.look_alike":   certdoc.PEM(forged.Cert.Raw),
		"certificate.organisation.other": o.leafOf("Acmé"),
		"certificate.remaining.short":    o.leaf(func(c *x509.Certificate) { c.NotAfter = o.clock.Now().AddDate(0, 6, 0) }),
		"certificate.purpose.ca":         o.leaf(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }),
	} {
		v, err := o.Preview(t.Context(), o.acme, st.ID, file)
		o.must(err)
		if v.Good() {
			t.Errorf("%s: the preview likes it", key)
		}
		if _, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, file); failed(err) != key {
			t.Errorf("%s: %v", key, failed(err))
		}
	}
	o.want(st.ID, "pending_certificate s0: ")
}

// UPL-3: one certificate is one thing's, whosever it is, and in both directions.
func TestUPL3ACertificateIsUsedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st, second := o.registered(o.acme), o.registered(o.acme)
	file := o.leaf()
	o.upload(st, file)
	if _, err := o.Upload(t.Context(), o.acme, second.ID, second.Version, file); failed(err) != "ftm_chip.unused.taken" {
		t.Errorf("for another chip: %v", failed(err))
	}
	var refused *certificate.RejectedError
	if _, err := o.certs.Accept(t.Context(), o.acme, file); !errors.As(err, &refused) || refused.Preview.Failures()[0].ReasonKey != "certificate.unused.chip" {
		t.Errorf("as the partner's own: %v", err)
	}
	own := o.leaf()
	_, err := o.certs.Accept(t.Context(), o.acme, own)
	o.must(err)
	if _, err := o.Upload(t.Context(), o.acme, second.ID, second.Version, own); failed(err) != "ftm_chip.unused.taken" {
		t.Errorf("the partner's own for a chip: %v", failed(err))
	}
	st = o.now(st.ID)
	o.must(o.Withdraw(t.Context(), o.acme, st.ID, st.Version))
	o.upload(second, file) // a withdrawn one is free again
	o.want(second.ID, "pending_approval s1: waiting")
	for round := range 5 {
		file, chip := o.leaf(), o.registered(o.acme)
		errs := o.atOnce(2, func(i int) error {
			if i == round%2 {
				_, err := o.Upload(t.Context(), o.acme, chip.ID, chip.Version, file)
				return err
			}
			_, err := o.certs.Accept(t.Context(), o.acme, file)
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v", round, errs)
		}
	}
}

func TestSendingTheSameTwiceIsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.registered(o.acme)
	file := o.leaf()
	before := o.written()
	errs := o.atOnce(4, func(int) error {
		_, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, file)
		return err
	})
	for _, err := range errs {
		o.must(err)
	}
	o.left("four clicks", before, 1, 2, 0)
	again, err := o.Upload(t.Context(), o.acme, st.ID, 1, file)
	if err != nil || !again {
		t.Errorf("again %v: %v", again, err)
	}
	// CON-1: a page that is older than what a colleague sent.
	if _, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, o.leaf()); conflict(err) != "ftm_chip.conflict.now.pending_approval" {
		t.Errorf("an old page: %v", err)
	}
	o.want(st.ID, "pending_approval s1: waiting")
}

func TestChangesThatWereAskedForAreMade(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ask := func(fields ...string) ftmchip.Standing {
		st := o.sent()
		var lines []approval.Line
		for _, f := range fields {
			lines = append(lines, approval.Line{Field: f, Message: "Please look at it."})
		}
		o.must(o.RequestChanges(ctx, o.ada, st.ID, st.Version, lines, ""))
		return o.now(st.ID)
	}
	input := func(st ftmchip.Standing, model string) ftmchip.Input {
		return ftmchip.Input{Make: st.Make, Model: model}
	}
	st := ask("model")
	if st.MayCertify() || !st.MayEdit() {
		t.Error("more, or less, is open than was asked for")
	}
	if _, err := o.Upload(ctx, o.acme, st.ID, st.Version, o.leaf()); conflict(err) != "ftm_chip.conflict.not_asked" {
		t.Errorf("AUT-5: a certificate that nobody asked for: %v", err)
	}
	if err := o.Edit(ctx, o.acme, st.ID, st.Version, ftmchip.Input{Make: "Else", Model: st.Model}); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("AUT-5: a make that nobody asked for: %v", err)
	}
	before := o.written()
	o.must(o.Edit(ctx, o.acme, st.ID, st.Version, input(st, "New one")))
	o.must(o.Edit(ctx, o.acme, st.ID, st.Version, input(st, "New one"))) // CON-2
	o.left("sent again", before, 1, 2, 0)
	o.want(st.ID, "pending_approval s2: waiting")

	st = ask("model", "certificate") // both: it goes out with the certificate
	before = o.written()
	o.must(o.Edit(ctx, o.acme, st.ID, st.Version, input(st, "Newer one")))
	o.left("saved", before, 1, 0, 0)
	o.want(st.ID, "changes_requested s1: waiting")
	o.upload(o.now(st.ID), o.leaf())
	o.want(st.ID, "pending_approval s2: withdrawn waiting")
	if changes := ftmchip.Kind.Changes(o.now(st.ID).Trail); len(changes) != 2 {
		t.Errorf("%v", changes)
	}
	st = o.now(st.ID)
	if err := o.Decide(ctx, o.ada, st.ID, st.Version-1, approval.Approve()); conflict(err) != "approval.conflict.newer" {
		t.Errorf("an admin with the old page: %v", err)
	}
	first := o.registered(o.acme)
	if err := o.Edit(ctx, o.acme, st.ID, st.Version, ftmchip.Input{Make: first.Make, Model: first.Model}); wrong(err) != "model" {
		t.Errorf("a model that is there: %v", err)
	}
}

func TestOnlyActiveProvidersSend(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.registered(o.acme)
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": o.acme.Partner})
	if _, err := o.Upload(t.Context(), o.acme, st.ID, st.Version, o.leaf()); conflict(err) != "approval.conflict.partner" {
		t.Errorf("a certificate: %v", err)
	}
	in := ftmchip.Input{ID: id.New[id.FTMChip](), Make: "A", Model: "B"}
	if err := o.Register(t.Context(), o.acme, in); conflict(err) != "approval.conflict.partner" {
		t.Errorf("a chip: %v", err)
	}
	for what, who := range map[string]authz.Actor{"an admin": o.ada, "nobody": {Roles: []authz.Role{authz.Visitor}}} {
		if err := o.Register(t.Context(), who, in); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := o.Upload(t.Context(), who, st.ID, st.Version, nil); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
