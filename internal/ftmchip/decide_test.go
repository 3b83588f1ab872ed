package ftmchip_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestApprovingPutsTheCertificateIntoService(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.sent()
	if o.counts(st.ID) {
		t.Error("it counts before it is approved")
	}
	before := o.written()
	o.must(o.Decide(t.Context(), o.ada, st.ID, st.Version, approval.Approve()))
	o.must(o.Decide(t.Context(), o.ada, st.ID, st.Version, approval.Approve()))
	o.left("approving twice", before, 1, 1, 1)
	o.want(st.ID, "approved s1: in_service")
	if !o.counts(st.ID) {
		t.Error("it does not count")
	}
	in := o.now(st.ID).Held.InService()
	data, err := pg.Value[string](t.Context(), o.DB.Read(), `select data::text from webhook_events where type = 'ftm_chip.approved'`, nil)
	o.must(err)
	want := fmt.Sprintf(`{"make": "%s", "model": "%s", "partner": "acme", "ftm_chip": "%s", "not_after": "%s", "partner_id": "%s", "thumbprint": "%x"}`,
		st.Make, st.Model, st.ID, in.NotAfter.Format(time.RFC3339), st.PartnerID, in.Thumbprint)
	if data != want {
		t.Errorf("other systems are told %s, want %s", data, want)
	}
	if err := o.Reject(t.Context(), o.bob, st.ID, st.Version, "No."); conflict(err) != "approval.conflict.decided.approved" {
		t.Errorf("a colleague with the old page: %v", err)
	}
}

func TestRejectingFreesModelAndCertificate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.registered(o.acme)
	file := o.leaf()
	o.upload(st, file)
	st = o.now(st.ID)
	o.must(o.Reject(t.Context(), o.ada, st.ID, st.Version, "Not yet."))
	o.want(st.ID, "rejected s1: refused")
	again := ftmchip.Input{ID: id.New[id.FTMChip](), Make: st.Make, Model: st.Model}
	o.must(o.Register(t.Context(), o.acme, again))
	o.upload(o.now(again.ID), file)
	o.want(again.ID, "pending_approval s1: waiting")
}

func TestAUT6NobodyDecidesOnTheirOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	both := o.acme // somebody who would hold both sides
	both.Roles = append([]authz.Role{authz.PartnerAdmin}, both.Roles...)
	st, renewing := o.sent(), o.renewing()
	w := renewing.Held.Waiting()
	for what, c := range map[string]struct {
		who  authz.Actor
		deny bool
	}{"its provider": {o.acme, true}, "who sent it": {both, true}} {
		before, denied := o.written(), o.Count("audit_log where result = 'denied'")
		for _, err := range []error{
			o.Decide(t.Context(), c.who, st.ID, st.Version, approval.Approve()),
			o.Reject(t.Context(), c.who, st.ID, st.Version, "No."),
			o.ApproveCertificate(t.Context(), c.who, renewing.ID, w.ID, w.Version),
			o.RefuseCertificate(t.Context(), c.who, renewing.ID, w.ID, w.Version, "No."),
		} {
			if !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		o.left(what, before, 0, 0, 0)
		if n := o.Count("audit_log where result = 'denied'") - denied; n != 4 {
			t.Errorf("%s: %d refusals are in the log", what, n)
		}
	}
	// The tables refuse it as well.
	for _, sql := range []string{
		`update ftm_chip_certificates set status = 'in_service', decided_by = uploaded_by, decided_at = now() where status = 'waiting'`,
		`update ftm_chip_certificates set status = 'refused', decided_by = uploaded_by, decided_at = now() where status = 'waiting'`,
	} {
		err := o.DB.Housekeep(t.Context(), "past the service", func(tx *pg.Tx) error { _, err := tx.Exec(t.Context(), sql, nil); return err })
		if !pg.Violates(err, "ftm_chip_certificates_four_eyes_check") {
			t.Errorf("the table lets it through: %v", err)
		}
	}
	if err := o.Reject(t.Context(), o.acme, st.ID, st.Version, ""); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a provider learns what is wrong with the words: %v", err)
	}
	if err := o.Reject(t.Context(), o.ada, st.ID, st.Version, " "); wrong(err) != "reason" {
		t.Errorf("no reason: %v", err)
	}
	if err := o.RequestChanges(t.Context(), o.ada, st.ID, st.Version, []approval.Line{{Field: "status", Message: "x"}}, ""); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("no such answer: %v", err)
	}
}

func TestAUT2AUT3OnesOwnChipsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	st := o.renewing()
	w, scope := st.Held.Waiting().ID, o.other.Scope()
	nobody := id.New[id.FTMChip]()
	for _, cid := range []id.FTMChip{st.ID, nobody} { // what is somebody else's is what is not there
		_, err1 := o.Standing(ctx, scope, cid)
		_, err2 := o.Preview(ctx, o.other, cid, o.leafOf("Other"))
		_, err3 := o.Upload(ctx, o.other, cid, st.Version, o.leafOf("Other"))
		_, err4 := o.Files(ctx, scope, cid, ftmchip.InService)
		_, err5 := o.Review(ctx, scope, cid)
		for i, err := range []error{
			err1, err2, err3, err4, err5,
			o.Edit(ctx, o.other, cid, st.Version, ftmchip.Input{Make: "A", Model: "B"}), o.Withdraw(ctx, o.other, cid, st.Version),
			o.Deactivate(ctx, o.other, cid, st.Version, "Mine now."), o.WithdrawCertificate(ctx, o.other, cid, w, 1),
		} {
			if !errors.Is(err, problem.ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
	}
	if _, err := o.Review(ctx, o.acme.Scope(), st.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a provider reads a review: %v", err)
	}
	elsewhere := o.approved()
	if err := o.ApproveCertificate(ctx, o.ada, elsewhere.ID, w, 1); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a certificate of another chip: %v", err)
	}
	o.want(st.ID, "approved s1: in_service waiting")
	rows := func(a authz.Actor) int {
		p, err := o.Listing(a.Scope(), ftmchip.List.Parse(nil)).Page(ctx)
		o.must(err)
		return len(p.Items)
	}
	if rows(o.acme) != 2 || rows(o.other) != 0 || rows(o.ada) != 2 {
		t.Error("a list reaches too far or not far enough")
	}
	if all, err := o.Rows(ctx, scope, []id.FTMChip{st.ID}); err != nil || len(all) != 0 {
		t.Errorf("%d rows of somebody else's: %v", len(all), err)
	}
}

func TestCON2OneOfManyDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round := range 5 {
		st := o.sent()
		won := 0
		for i, err := range o.atOnce(6, func(i int) error {
			ctx := t.Context()
			switch i % 3 {
			case 0:
				return o.Decide(ctx, o.ada, st.ID, st.Version, approval.Approve())
			case 1:
				return o.Reject(ctx, o.bob, st.ID, st.Version, fmt.Sprint("No. ", i))
			}
			return o.Withdraw(ctx, o.acme, st.ID, st.Version)
		}) {
			if err == nil {
				won++
			} else if !errors.Is(err, problem.ErrConflict) || conflict(err) == "" {
				t.Errorf("round %d, %d: a loser is not told what happened: %v", round, i, err)
			}
		}
		events := o.Count(`audit_log where subject_kind = 'ftm_chip' and result = 'done' and subject_id = '` + st.ID.String() + `'`)
		if won == 0 || won > 2 || events != 3 { // the same decision twice is no error
			t.Fatalf("round %d: %d won, %d events", round, won, events)
		}
	}
}

// CON-4: whoever approves while the authority goes out of use is either first, and
// then the chip is among those that lose it, or told.
func TestCON4ApprovingAgainstTakingTheAuthorityOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round := range 5 {
		root, ca := o.trusted(fmt.Sprint("Root ", round))
		o.root = root
		st := o.sent()
		errs := o.atOnce(2, func(i int) error {
			if i == round%2 {
				return o.Decide(t.Context(), o.ada, st.ID, st.Version, approval.Approve())
			}
			return o.certs.TakeOutCA(t.Context(), o.bob, ca, 1, "Gone")
		})
		o.must(errs[1-round%2])
		told := o.Count("mail_outbox where kind = 'ftm_chip_orphaned' and params->>'Names' = '" + st.Name() + "'")
		switch err := errs[round%2]; {
		case err == nil && told != 1:
			t.Errorf("round %d: approved, and nobody was told that it does not count", round)
		case err != nil && conflict(err) != "ftm_chip.conflict.certificate.orphaned":
			t.Errorf("round %d: %v", round, err)
		}
		if o.counts(st.ID) {
			t.Errorf("round %d: it counts", round)
		}
	}
}

func TestWhatCannotCountIsNotApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st, renewing := o.sent(), o.renewing()
	w := renewing.Held.Waiting()
	try := func(key string) {
		t.Helper()
		if err := o.Decide(t.Context(), o.ada, st.ID, st.Version, approval.Approve()); conflict(err) != key {
			t.Errorf("a chip: %v, want %s", err, key)
		}
		if err := o.ApproveCertificate(t.Context(), o.ada, renewing.ID, w.ID, w.Version); conflict(err) != key {
			t.Errorf("a certificate: %v, want %s", err, key)
		}
	}
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": o.acme.Partner})
	try("approval.conflict.partner")
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": o.acme.Partner})
	o.must(o.certs.TakeOutCA(t.Context(), o.ada, o.rootID, 1, "Gone"))
	try("ftm_chip.conflict.certificate.orphaned")
	o.clock.Advance(3 * 366 * 24 * time.Hour)
	try("ftm_chip.conflict.certificate.expired")
	o.want(st.ID, "pending_approval s1: waiting")
	o.want(renewing.ID, "approved s1: in_service waiting")
	o.must(o.RequestChanges(t.Context(), o.ada, st.ID, st.Version, nil, "Send one from a CA in use."))
	o.must(o.RefuseCertificate(t.Context(), o.ada, renewing.ID, w.ID, w.Version, "Its CA is gone."))
}

func TestWhatStopsCountingSaysWhy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.approved()
	halts := func(want ...ftmchip.Halt) {
		t.Helper()
		now := o.now(st.ID)
		if !slices.Equal(now.Halts(), want) || o.counts(st.ID) != (len(want) == 0) {
			t.Errorf("halts %v, counts %v, want %v", now.Halts(), o.counts(st.ID), want)
		}
		p, err := o.Listing(o.ada.Scope(), ftmchip.List.Parse(nil)).Page(t.Context())
		o.must(err)
		if !slices.Equal(p.Items[0].Halts(), want) {
			t.Errorf("the list says %v, want %v", p.Items[0].Halts(), want)
		}
	}
	halts()
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": o.acme.Partner})
	halts(ftmchip.HaltPartner)
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": o.acme.Partner})
	o.must(o.certs.TakeOutCA(t.Context(), o.ada, o.rootID, 1, "Gone"))
	halts(ftmchip.HaltOrphaned)
	o.must(o.certs.RestoreCA(t.Context(), o.ada, o.rootID, 2))
	halts()
	o.clock.Advance(3 * 366 * 24 * time.Hour)
	halts(ftmchip.HaltExpired)
	st = o.now(st.ID)
	o.must(o.Deactivate(t.Context(), o.acme, st.ID, st.Version, "Old."))
	if now := o.now(st.ID); len(now.Halts()) > 0 || o.counts(st.ID) {
		t.Errorf("of a deactivated chip the state says enough: %v", now.Halts())
	}
}

func TestEndingAndReturning(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.renewing()
	before := o.written()
	o.must(o.Deactivate(t.Context(), o.acme, st.ID, st.Version, "No longer made."))
	o.must(o.Deactivate(t.Context(), o.acme, st.ID, st.Version, "No longer made."))
	o.left("deactivating twice", before, 1, 1, 1)
	if o.counts(st.ID) {
		t.Error("it counts")
	}
	if err := o.Deactivate(t.Context(), o.ada, st.ID, st.Version, "Mine."); conflict(err) != "ftm_chip.conflict.now.deactivated" {
		t.Errorf("an admin with the old page: %v", err)
	}
	if err := o.Reactivate(t.Context(), o.acme, st.ID, st.Version+1, "Please."); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("its provider brings it back: %v", err)
	}
	w := st.Held.Waiting()
	if err := o.ApproveCertificate(t.Context(), o.ada, st.ID, w.ID, w.Version); conflict(err) != "ftm_chip.conflict.now.deactivated" {
		t.Errorf("a new certificate of a deactivated chip: %v", err)
	}
	again := ftmchip.Input{ID: id.New[id.FTMChip](), Make: st.Make, Model: st.Model}
	o.must(o.Register(t.Context(), o.acme, again))
	if err := o.Reactivate(t.Context(), o.ada, st.ID, st.Version+1, "Back."); conflict(err) != "ftm_chip.conflict.model_taken" {
		t.Errorf("the model is there again: %v", err)
	}
	o.must(o.Withdraw(t.Context(), o.acme, again.ID, 1))
	before = o.written()
	o.must(o.Reactivate(t.Context(), o.ada, st.ID, st.Version+1, "Back."))
	o.must(o.Reactivate(t.Context(), o.ada, st.ID, st.Version+1, "Back."))
	o.left("re-activating twice", before, 1, 1, 1)
	o.want(st.ID, "approved s1: in_service waiting") // as it was
	if !o.counts(st.ID) {
		t.Error("it does not count")
	}
}

// A certificate of tomorrow does not take the place of one that counts today.
func TestANewCertificateIsNotPutIntoServiceTooEarly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st := o.approved()
	leaf, err := o.root.Leaf("Acme", o.clock.Now().AddDate(0, 0, 10), o.years(2))
	o.must(err)
	o.upload(st, certdoc.PEM(leaf.Cert.Raw))
	st = o.now(st.ID)
	w := st.Held.Waiting()
	if !st.Held.TooEarly() {
		t.Error("the page does not know")
	}
	if err := o.ApproveCertificate(t.Context(), o.ada, st.ID, w.ID, w.Version); conflict(err) != "ftm_chip.conflict.certificate.upcoming" {
		t.Errorf("ten days before: %v", err)
	}
	o.want(st.ID, "approved s1: in_service waiting")
	o.clock.Advance(10 * 24 * time.Hour)
	o.must(o.ApproveCertificate(t.Context(), o.ada, st.ID, w.ID, w.Version))
	o.want(st.ID, "approved s1: replaced in_service")
	if !o.counts(st.ID) {
		t.Error("the chip stopped")
	}
}

func TestANewCertificateWaitsBesideTheOld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	st := o.approved()
	old := st.Held.InService()
	before := o.written()
	o.upload(st, o.leaf())
	o.left("a new certificate", before, 1, 2, 0)
	o.want(st.ID, "approved s1: in_service waiting")
	if !o.counts(st.ID) {
		t.Error("the chip stopped")
	}
	if _, err := o.Upload(ctx, o.acme, st.ID, st.Version, o.leaf()); conflict(err) != "ftm_chip.conflict.waiting" {
		t.Errorf("two that wait: %v", err)
	}
	w := o.now(st.ID).Held.Waiting()
	before = o.written()
	o.must(o.RefuseCertificate(ctx, o.ada, st.ID, w.ID, w.Version, "Weak."))
	o.must(o.RefuseCertificate(ctx, o.ada, st.ID, w.ID, w.Version, "Weak."))
	o.left("refusing twice", before, 1, 1, 0)
	o.want(st.ID, "approved s1: in_service refused")
	if err := o.ApproveCertificate(ctx, o.bob, st.ID, w.ID, w.Version); conflict(err) != "ftm_chip.conflict.certificate.refused" {
		t.Errorf("a colleague with the old page: %v", err)
	}
	if err := o.WithdrawCertificate(ctx, o.acme, st.ID, w.ID, w.Version); conflict(err) != "ftm_chip.conflict.certificate.refused.own" {
		t.Errorf("its provider with the old page: %v", err)
	}
	o.upload(st, o.leaf())
	w = o.now(st.ID).Held.Waiting()
	o.must(o.WithdrawCertificate(ctx, o.acme, st.ID, w.ID, w.Version))
	o.want(st.ID, "approved s1: in_service refused withdrawn")
	o.upload(st, o.leaf())
	w = o.now(st.ID).Held.Waiting()
	before = o.written()
	o.must(o.ApproveCertificate(ctx, o.ada, st.ID, w.ID, w.Version))
	o.must(o.ApproveCertificate(ctx, o.ada, st.ID, w.ID, w.Version))
	o.left("approving twice", before, 1, 1, 1)
	o.want(st.ID, "approved s1: replaced refused withdrawn in_service")
	if in := o.now(st.ID).Held.InService(); in.ID != w.ID || in.ID == old.ID || !o.counts(st.ID) {
		t.Error("the new one does not serve")
	}
	if n := o.Count("webhook_events where type = 'ftm_chip.certificate_replaced'"); n != 1 {
		t.Errorf("%d events", n)
	}
}

// A CA renews its certificate with the same key; the old one goes. Chips go on
// counting, and their providers get no mail.
func TestChipsWithAnotherChainGoOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	middle, err := o.root.Intermediate("Trust", o.years(-1), o.years(8))
	o.must(err)
	renewal := *middle.Cert
	renewal.SerialNumber, renewal.NotAfter = bigSeven, o.years(7)
	renewed, err := certmake.WithKey(&renewal, o.root, middle.Key)
	o.must(err)
	done, err := o.certs.ProposeCAs(t.Context(), o.ada, certdoc.FTM, append(certdoc.PEM(middle.Cert.Raw), certdoc.PEM(renewed.Cert.Raw)...))
	o.must(err)
	o.root = middle
	st := o.renewing()
	before := o.written()
	o.must(o.certs.TakeOutCA(t.Context(), o.ada, done[0].ID, 1, "Renewed"))
	o.left("renewed", before, 3, 0, 1) // two certificates hang on another chain
	if !o.counts(st.ID) || slices.Contains(o.now(st.ID).Held.InService().Chain, done[0].ID) {
		t.Error("it stopped")
	}
	if n := o.Count("audit_log where action = 'ftm_chip.certificate_rechained' and subject_id = '" + st.ID.String() + "'"); n != 2 {
		t.Errorf("%d events of the chip", n)
	}
	shown, lost, _, err := o.certs.Orphans(t.Context(), done[1].ID, 10)
	if err != nil || lost != 1 || shown[0].Chip != st.ID || shown[0].ChipName != st.Name() {
		t.Errorf("%d would be lost: %v %v", lost, shown, err)
	}
	before = o.written()
	o.must(o.certs.TakeOutCA(t.Context(), o.ada, done[1].ID, 1, "Gone"))
	o.left("gone", before, 1, 1, 1)
	if o.counts(st.ID) || o.Count("mail_outbox where kind = 'ftm_chip_orphaned'") != 1 {
		t.Error("nobody was told")
	}
}
