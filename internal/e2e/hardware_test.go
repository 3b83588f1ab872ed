//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/sbi"
	"portal/web/i18n"
	"portal/web/webtest"
)

// trusted is the authority after two admins have put it into the trust store.
func (a authority) trusted(domain string) authority {
	t, app := a.p.t, a.p.App
	t.Helper()
	if _, err := app.Certificates.ProposeCAs(t.Context(), a.p.Admin(), domain, certdoc.PEM(a.root.Cert.Raw)); err != nil {
		t.Fatal(err)
	}
	cid, err := pg.Value[id.CACertificate](t.Context(), app.DB.Read(), `select id from ca_certificates where status = 'waiting'`, nil)
	if err == nil {
		err = app.Certificates.ConfirmCA(t.Context(), a.p.Colleague(authz.PartnerAdmin), cid, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// organisation is what a partner's person works for.
func (p *portal) organisation(c *webtest.Client) string {
	p.t.Helper()
	one, err := p.App.Partners.Partner(p.t.Context(), c.Actor.Scope(), c.Actor.Partner)
	if err != nil {
		p.t.Fatal(err)
	}
	return one.Organisation
}

// hashed is a binary and its SHA-256 as people paste it.
func hashed(binary string) string {
	sum := sha256.Sum256([]byte(binary))
	return hex.EncodeToString(sum[:])
}

// kind is what forms call a type and a sub-type of devices.
func (p *portal) kind(b *Browser, code, sub string) string {
	p.t.Helper()
	types, err := p.App.DeviceTypes.All(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	t, s, ok := types.Find(code, sub)
	if !ok {
		p.t.Fatalf("no type of devices %s %s", code, sub)
	}
	return b.T("device.type_of", "Type", t.Label.In(b.lang), "SubType", s.Label.In(b.lang))
}

// software is an approved SBI of a provider.
func (p *portal) software(c *webtest.Client, version, binary string) id.SBI {
	p.t.Helper()
	ctx, sbis := p.t.Context(), p.App.SBIs
	in := sbi.Input{
		ID: id.New[id.SBI](), Version: version, Hash: hashed(binary),
		CreatedOn: p.today(-30), ExpiresOn: p.today(700),
	}
	err := sbis.Register(ctx, c.Actor, in)
	if err == nil {
		err = sbis.Send(ctx, c.Actor, in.ID, 1)
	}
	if err == nil {
		err = sbis.Approve(ctx, p.Admin(), in.ID, 2)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return in.ID
}

// sold is a device that waits.
func (p *portal) sold(c *webtest.Client, on id.SBI, brand, model string) id.Device {
	p.t.Helper()
	types, err := p.App.DeviceTypes.All(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	t, s, _ := types.Find("Finger", "Slap")
	did := id.New[id.Device]()
	err = p.App.Devices.Register(p.t.Context(), c.Actor, device.Input{ID: did, SBI: on, Kind: device.KindValue(t.ID, s.ID), Make: brand, Model: model})
	if err != nil {
		p.t.Fatal(err)
	}
	return did
}

// allowed approves what waits of an SBI.
func (p *portal) allowed(on id.SBI) {
	p.t.Helper()
	if _, err := p.App.Devices.DecideAllOf(p.t.Context(), p.Admin(), on, p.Clock.Now().Add(time.Hour), approval.Approve()); err != nil {
		p.t.Fatal(err)
	}
}

// A provider comes from its certificate to approved devices: an SBI, a device of
// its own, many as a file that is corrected first, all approved together.
func TestJ23DevicesOfAProvider(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		ca := newAuthority(p).trusted(certdoc.Device)
		partner := p.Admitted(authz.DeviceProvider)
		organisation := p.organisation(partner)
		b := p.enter(partner.Actor.Email)
		b.open("/home")
		b.menu("nav.certificates")
		b.follow("certificate.send")
		b.fill("certificate.file", ca.issued(organisation, 500))
		b.press("certificate.look")
		b.press("certificate.take")
		b.see("certificate.flash.counts")

		// The SBI: where there are scripts, the browser computes the hash.
		b.menu("nav.sbis")
		b.follow("sbi.new.link")
		b.fill("sbi.field.sbi_version", "2.1.0")
		if b.plain {
			b.fill("sbi.field.hash", hashed("the software"))
		} else {
			b.upload("hash-file", file{"sbi.bin", "the software"})
			b.until(`document.getElementById('field-hash').value === '` + hashed("the software") + `'`)
		}
		b.fill("sbi.field.created_on", p.today(-30))
		b.fill("sbi.field.expires_on", p.today(700))
		b.press("sbi.form.check")
		b.press("sbi.check.button")
		b.see("sbi.sent", "Name", "2.1.0")
		address := b.path()

		a, _ := p.staff(authz.PartnerAdmin)
		a.open(address)
		a.see(organisation)
		a.follow("approval.approve")
		a.press("approval.approve")
		a.see("sbi.approve.done", "Name", "2.1.0", "Organisation", organisation)

		// One by one.
		b.menu("nav.devices")
		b.follow("device.new.link")
		b.fill("device.field.device_type", p.kind(b, "Iris", "Double"))
		b.fill("device.field.make", "Acme")
		b.fill("device.field.model", "Eye 1")
		b.press("device.new.button")
		b.see("device.new.done", "Model", "Acme Eye 1")

		// As a file: what is wrong stands at its line, and nothing is registered.
		b.menu("nav.devices")
		b.follow("device.file.link")
		b.upload("field-file", file{"devices.csv", "type,sub_type,make,model\r\nFinger,Slap,Acme,Hand 1\r\nFinger,Double,Acme,Hand 2\r\n"})
		b.press("device.file.button")
		b.see("device.file.not_ready", "Count", 1)
		b.see("device.finding.line", "Line", 3)
		b.upload("field-file", file{"devices.csv", "type,sub_type,make,model\r\nFinger,Slap,Acme,Hand 1\r\nFinger,Single,Acme,Hand 2\r\n"})
		b.press("device.file.button")
		b.press("device.file.register", "Count", 2)
		b.see("device.file.taken", "Count", 2)

		// The admin decides on all three at once, and the provider sees it.
		a.open("/devices?sort=waiting&status=pending_approval")
		waiting, err := pg.Values[string](t.Context(), p.App.DB.Read(), `select id::text from devices where status = 'pending_approval'`, nil)
		if err != nil || len(waiting) != 3 {
			t.Fatal(waiting, err)
		}
		for _, did := range waiting {
			a.tick("choose-" + did)
		}
		a.press("device.bulk.approve.choose")
		a.see("Acme Hand 2")
		a.press("device.approve.all.button", "Count", 3)
		a.see("device.approve.all.result", "Count", 3, "Of", 3)
		b.menu("nav.devices")
		b.in("Acme Hand 1").see("approval.status.approved")
		b.follow("Acme Eye 1")
		b.see("device.standing.approved.title")
	}, arabic)
}

// A new version of the software takes the devices over; then the old one ends, and
// what still hangs on it is shown and ends with it.
func TestJ24NewVersionOfAnSBI(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		partner := p.Admitted(authz.DeviceProvider)
		organisation := p.organisation(partner)
		old := p.software(partner, "2.1.0", "the software")
		p.sold(partner, old, "Acme", "Hand 1")
		p.allowed(old)

		b := p.enter(partner.Actor.Email)
		b.open("/home")
		b.open("/sbis/" + old.String())
		b.follow("sbi.next_version")
		b.fill("sbi.field.sbi_version", "2.2.0")
		b.fill("sbi.field.hash", strings.ToUpper(hashed("newer software")))
		b.fill("sbi.field.created_on", p.today(-1))
		b.fill("sbi.field.expires_on", p.today(900))
		b.press("sbi.form.check")
		b.press("sbi.check.button")
		address := b.path()

		a, _ := p.staff(authz.PartnerAdmin)
		a.open(address)
		a.see("sbi.from.title", "Name", "2.1.0")
		a.follow("approval.approve")
		a.press("approval.approve")
		a.see("sbi.approve.done", "Name", "2.2.0", "Organisation", organisation)

		b.open("/devices/take-over")
		b.fill("device.take_over.from", b.T("device.take_over.source", "Version", "2.1.0", "Count", 1))
		b.fill("device.move.to", b.T("device.sbi_until", "Version", "2.2.0", "Day", i18n.DateIn(b.lang, p.App.SBIs.Today().AddDate(0, 0, 900))))
		b.press("device.take_over.button")
		b.see("device.take_over.done", "Count", 1)
		// One more on the old version, to end with it.
		p.sold(partner, old, "Acme", "Hand 2")
		p.allowed(old)
		b.open("/sbis/" + old.String())
		b.follow("approval.deactivate")
		b.see("Acme Hand 2")
		b.miss("Acme Hand 1")
		b.fill("approval.template.own", "2.2.0 takes its place.")
		b.press("approval.deactivate")
		b.see("sbi.standing.deactivated.title")
		b.menu("nav.devices")
		b.in("Acme Hand 1").see("approval.status.approved")
		b.in("Acme Hand 2").see("approval.status.deactivated")
	}, arabic)
}

// A chip gets its certificate and is approved; a new certificate takes its place
// only once it is approved too.
func TestJ25FTMChip(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		ca := newAuthority(p).trusted(certdoc.FTM)
		partner := p.Admitted(authz.FTMProvider)
		organisation := p.organisation(partner)
		b := p.enter(partner.Actor.Email)
		b.open("/home")
		b.menu("nav.ftm_chips")
		b.open("/ftm-chips/new")
		b.fill("ftm_chip.field.make", "Acme")
		b.fill("ftm_chip.field.model", "Safe 1")
		b.press("ftm_chip.new.button")
		b.heading("ftm_chip.upload.title", "Name", "Acme Safe 1")
		address := strings.TrimSuffix(b.path(), "/certificate")
		send := func(link string) {
			t.Helper()
			b.open(address)
			b.follow(link)
			b.fill("certificate.file", ca.issued(organisation, 500))
			b.press("certificate.look")
			b.see("certificate.verdict.good")
			b.press("ftm_chip.preview.take")
		}
		b.fill("certificate.file", ca.issued(organisation+" Ltd", 500))
		b.expect(http.StatusUnprocessableEntity).press("certificate.look")
		b.see("certificate.verdict.bad", "Count", 1)
		send("ftm_chip.certificate.send")
		b.see("ftm_chip.standing.pending_approval.title")

		a, _ := p.staff(authz.PartnerAdmin)
		a.open("/ftm-chips?sort=waiting&status=pending_approval")
		a.see("Safe 1")
		a.open(address)
		a.follow("approval.approve")
		a.press("approval.approve")
		a.see("ftm_chip.approve.done", "Name", "Acme Safe 1")

		send("ftm_chip.certificate.send_other")
		b.see("ftm_chip.new_certificate.title")
		b.see("ftm_chip.standing.approved.title")
		a.open(address)
		a.see("ftm_chip.certificate.in_service")
		a.follow("ftm_chip.approve-certificate.action")
		a.press("ftm_chip.approve-certificate.action")
		a.see("ftm_chip.approve-certificate.done", "Name", "Acme Safe 1")
		b.open(address)
		b.miss("ftm_chip.new_certificate.title")
	}, arabic)
}

// An admin gives an SBI back and gets it again, sees what another provider has as
// well, and rejects a device.
func TestJ26DecidingOnHardware(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		first, partner := p.Admitted(authz.DeviceProvider), p.Admitted(authz.DeviceProvider)
		theirs := p.software(first, "NS-7", "the software")
		p.sold(first, theirs, "Acme", "Hand 1")
		mine := p.software(partner, "1.0", "older software")
		copied := p.sold(partner, mine, "Acme", "Hand 1")

		b := p.enter(partner.Actor.Email)
		b.open("/home")
		b.open("/sbis/new")
		b.fill("sbi.field.sbi_version", "2.1.0")
		b.fill("sbi.field.hash", hashed("the software"))
		b.fill("sbi.field.created_on", p.today(-30))
		b.fill("sbi.field.expires_on", p.today(100))
		b.press("sbi.form.check")
		b.press("sbi.check.button")
		address := b.path()

		a, _ := p.staff(authz.PartnerAdmin)
		a.open(address)
		a.see("sbi.same_hash.title")
		a.see("NS-7")
		a.follow("approval.request-changes")
		a.enter("field-line_expires_on", "At least a year, please.")
		a.press("approval.request-changes")
		a.open(address)
		a.see("approval.status.changes_requested")

		b.open(address)
		b.see("At least a year, please.")
		b.follow("approval.edit_again")
		b.fill("sbi.field.expires_on", p.today(700))
		b.press("sbi.edit.button.changes_requested")
		b.see("sbi.resent", "Name", "2.1.0")
		a.open(address)
		a.see("approval.changes", "Number", 1)
		a.follow("approval.approve")
		a.press("approval.approve")

		// The device that another provider has too.
		a.open("/devices/" + copied.String())
		a.in("device.elsewhere").see("Acme Hand 1")
		a.follow("approval.reject")
		a.enter("field-reason", "It is made by somebody else.")
		a.press("approval.reject")
		a.see("device.reject.done", "Name", "Acme Hand 1")
		b.open("/devices/" + copied.String())
		b.see("device.standing.rejected.title")
		b.see("It is made by somebody else.")
	}, arabic)
}
