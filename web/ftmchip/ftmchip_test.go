package ftmchip_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/pg"
	"portal/web/webtest"
)

const address = "/ftm-chips"

// desk is a portal with an active FTM Provider and an authority that is trusted for
// its chips.
type desk struct {
	*webtest.Site
	admin, provider *webtest.Client
	root            certmake.Holder
	organisation    string
}

func newDesk(t *testing.T, settings ...string) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t, append([]string{"--four-eyes=off"}, settings...)...)}
	d.admin, d.provider = d.Staff(authz.PartnerAdmin), d.Admitted(authz.FTMProvider)
	p, err := d.App.Partners.Partner(t.Context(), d.provider.Actor.Scope(), d.provider.Actor.Partner)
	d.must(err)
	d.organisation = p.Organisation
	d.root, err = certmake.Root("Trust", d.years(-1), d.years(9))
	d.must(err)
	_, err = d.App.Certificates.ProposeCAs(t.Context(), d.admin.Actor, certdoc.FTM, certdoc.PEM(d.root.Cert.Raw))
	d.must(err)
	return d
}

func (d *desk) must(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

func (d *desk) years(n int) time.Time { return d.Clock.Now().AddDate(n, 0, 0) }

func (d *desk) leaf(changes ...certmake.Change) string {
	d.T.Helper()
	h, err := d.root.Leaf(d.organisation, d.Clock.Now().Add(-time.Hour), d.years(2), changes...)
	d.must(err)
	return string(certdoc.PEM(h.Cert.Raw))
}

// registered fills in the form of a new chip and returns the chip's address.
func (d *desk) registered(brand, model string) string {
	d.T.Helper()
	p := d.provider.Get(address + "/new").Want(200).Submit(webtest.Values{"make": brand, "model": model}).Want(200)
	webtest.WantText(d.T, p, "The chip is registered", d.organisation)
	return strings.TrimSuffix(p.Path, "/certificate")
}

// look sends a certificate to be looked at.
func (d *desk) look(chip, text string) *webtest.Page {
	d.T.Helper()
	return d.provider.Get(chip + "/certificate").Want(200).Submit(webtest.Values{"text": text})
}

func (d *desk) take(chip string, p *webtest.Page) *webtest.Page {
	d.T.Helper()
	return d.provider.Post(chip+"/certificate", url.Values{"bytes": {webtest.Value(p, "bytes")}, "version": {webtest.Value(p, "version")}, "take": {"yes"}})
}

// sent is the address of a chip that waits for a decision.
func (d *desk) sent(model string) string {
	d.T.Helper()
	chip := d.registered("Secura", model)
	d.take(chip, d.look(chip, d.leaf()).Want(200)).Want(200)
	return chip
}

func (d *desk) approved(model string) string {
	d.T.Helper()
	chip := d.sent(model)
	d.admin.Get(chip + "/approve").Want(200).Submit(nil).Want(200)
	return chip
}

func TestAProviderRegistersAChipAndIsApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	webtest.WantText(t, d.provider.Get(address).Want(200), "You have not registered a chip yet", "Register a chip")
	webtest.WantText(t, d.admin.Get(address).Want(200), "No FTM chip is registered yet")
	chip := d.registered("Secura", "S1")
	webtest.WantText(t, d.provider.Get(chip).Want(200), "Its certificate is missing", "Send the certificate", "Withdraw")
	preview := d.look(chip, d.leaf()).Want(200)
	webtest.WantText(t, preview, "Every check passed", "Chain of trust – Passed", "decide on both together")
	page := d.take(chip, preview).Want(200)
	webtest.WantText(t, page, "was sent for approval", "It is our turn", "Waiting", "Trust Root")
	if again := d.take(chip, preview).Want(200); again.Path != chip || !again.Has("has this certificate already") {
		t.Errorf("a second click ends at %s", again.Path)
	}
	review := d.admin.Get(chip).Want(200)
	webtest.WantText(t, review, "This waits for you", d.organisation, "No certificate of the provider itself counts now", "judged now", "Chain of trust – Passed",
		"No other provider has this make and model", "Thumbprint")
	webtest.WantText(t, d.admin.Get(address+"?sort=waiting&status=pending_approval").Want(200), "Secura", "S1", d.organisation, "Pending approval")
	webtest.WantText(t, d.admin.Get(chip+"/approve").Want(200).Submit(nil).Want(200), "is approved", "Approved", "In service")
	webtest.WantText(t, d.provider.Get(chip).Want(200), "The chip is approved", "In service", "Send another certificate", "Deactivate")
	for _, who := range []string{d.admin.Actor.Email, d.provider.Actor.Email} {
		if mails := d.Mails(who); len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Text, "Secura S1") {
			t.Errorf("%s: %d mails", who, len(mails))
		}
	}
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip := d.registered("Secura", "S1")
	p := d.provider.Get(address + "/new").Submit(webtest.Values{"make": "secura", "model": "s1"}).Want(422)
	if !strings.Contains(p.FieldError("model"), "already") || webtest.Value(p, "model") != "s1" {
		t.Errorf("%q, %q", p.FieldError("model"), webtest.Value(p, "model"))
	}
	p = p.Submit(webtest.Values{"make": "", "model": strings.Repeat("x", 37)}).Want(422)
	if p.FieldError("make") == "" || p.FieldError("model") == "" {
		t.Error("two things are wrong")
	}
	edit := d.provider.Get(chip + "/edit").Want(200).Submit(webtest.Values{"model": " "}).Want(422)
	if edit.FieldError("model") == "" {
		t.Error("no model")
	}
	webtest.WantText(t, edit.Submit(webtest.Values{"model": "S2"}).Want(200), "is saved", "S2")
	for _, text := range []string{"", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"} {
		if p := d.look(chip, text).Want(422); p.FieldError("file")+p.FieldError("text") == "" || p.Has("AAAA") {
			t.Errorf("%q: %s", text, p.Text())
		}
	}
	foreign, err := d.root.Leaf("Somebody else", d.Clock.Now().Add(-time.Hour), d.years(2))
	d.must(err)
	webtest.WantText(t, d.look(chip, string(certdoc.PEM(foreign.Cert.Raw))).Want(422), "Organisation – Failed", "Somebody else")
}

func TestFilesGoOutAsTheyCameIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip, text := d.registered("Secura", "S1"), d.leaf()
	d.take(chip, d.provider.Get(chip+"/certificate").Submit(webtest.Values{"file": webtest.File{Name: "chip.pem", Content: text}}).Want(200)).Want(200)
	stranger := d.Admitted(authz.FTMProvider)
	for _, who := range []*webtest.Client{d.provider, d.admin} {
		rec := who.Do(who.Request(http.MethodGet, chip+"/waiting/original.cer", nil, ""))
		if rec.Code != http.StatusOK || rec.Body.String() != text {
			t.Errorf("%d, %d bytes", rec.Code, rec.Body.Len())
		}
		for _, file := range []string{"certificate.pem", "chain.p7b"} {
			if rec := who.Do(who.Request(http.MethodGet, chip+"/waiting/"+file, nil, "")); rec.Code != http.StatusOK || rec.Body.Len() == 0 {
				t.Errorf("%s: %d", file, rec.Code)
			}
		}
	}
	for _, path := range []string{chip + "/waiting/original.cer", chip + "/waiting/chain.p7b", chip, chip + "/certificate", chip + "/edit", chip + "/withdraw"} {
		stranger.Get(path).Want(404)
	}
	if p := d.provider.Get(chip + "/in-service/certificate.pem").Want(200); p.Path != chip {
		t.Errorf("nothing is in service, and the file ends at %s", p.Path)
	}
}

func TestChangesAreAskedForAndMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip := d.sent("S1")
	old := d.admin.Get(chip + "/request-changes").Want(200)
	old.Submit(webtest.Values{"line_model": "The sheet says S1-A.", "line_certificate": "Its key is another chip's."}).Want(200)
	webtest.WantText(t, d.provider.Get(chip).Want(200), "It is your turn", "The sheet says S1-A.", "Its key is another chip's.")
	webtest.WantText(t, d.provider.Get(chip+"/edit").Want(200).Submit(webtest.Values{"model": "S1-A"}).Want(200), "Now send the other certificate")
	preview := d.look(chip, d.leaf()).Want(200)
	webtest.WantText(t, d.take(chip, preview).Want(200), "was sent for approval", "Earlier certificates")
	webtest.WantText(t, d.admin.Get(chip).Want(200), "Changed since submission 1", "S1-A", "Decisions so far")
	// CON-1: the form of a page that is older than the new submission.
	late := old.Submit(webtest.Values{"line_model": "Again?"}).Want(409)
	webtest.WantText(t, late, "sent newer answers", "Again?")
	d.admin.Get(chip + "/reject").Want(200).Submit(webtest.Values{"reason": ""}).Want(422)
	webtest.WantText(t, d.admin.Get(chip+"/reject").Submit(webtest.Values{"template": "twice"}).Want(200), "is rejected")
	webtest.WantText(t, d.provider.Get(chip).Want(200), "The chip was rejected", "The same chip is registered already.")
}

func TestANewCertificateIsDecidedOnAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip := d.approved("S1")
	preview := d.look(chip, d.leaf()).Want(200)
	webtest.WantText(t, preview, "stays until then")
	webtest.WantText(t, d.take(chip, preview).Want(200), "waits for approval", "A new certificate waits for approval", "Withdraw the new certificate", "In service")
	webtest.WantText(t, d.admin.Get(address+"?status=new_certificate").Want(200), "Secura", "New certificate waits")
	if p := d.provider.Get(chip + "/certificate").Want(200); p.Path != chip { // one at a time
		t.Errorf("a second new certificate is asked for at %s", p.Path)
	}
	refuse := d.admin.Get(chip + "/refuse-certificate").Want(200)
	if p := refuse.Submit(webtest.Values{"reason": " "}).Want(422); p.FieldError("reason") == "" {
		t.Error("no reason")
	}
	webtest.WantText(t, refuse.Submit(webtest.Values{"reason": "Its key is weak."}).Want(200), "is refused", "Its key is weak.")
	webtest.WantText(t, refuse.Submit(webtest.Values{"reason": "Another reason."}).Want(409), "refused this certificate", "Another reason.")
	webtest.WantText(t, d.provider.Get(chip).Want(200), "Its key is weak.", "The chip is approved")
	d.take(chip, d.look(chip, d.leaf()).Want(200)).Want(200)
	approve := d.admin.Get(chip + "/approve-certificate").Want(200)
	webtest.WantText(t, approve.Submit(nil).Want(200), "is in service", "Replaced")
	webtest.WantText(t, approve.Submit(nil).Want(200), "is in service") // a second click
	d.take(chip, d.look(chip, d.leaf()).Want(200)).Want(200)
	webtest.WantText(t, d.provider.Get(chip+"/withdraw-certificate").Want(200).Submit(nil).Want(200), "is withdrawn", "Withdrawn")
}

func TestChosenChipsAreDecidedOnTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one, two, three := d.sent("S1"), d.sent("S2"), d.registered("Secura", "S3")
	query := "?row=" + idOf(one) + "&row=" + idOf(two) + "&row=" + idOf(three)
	ask := d.admin.Get(address + "/approve" + query).Want(200)
	webtest.WantText(t, ask, "Approve 2 FTM chips", "S1", "S2", "1 chip that you chose", "Look first")
	d.admin.Get(two + "/reject").Want(200).Submit(webtest.Values{"reason": "Not this one."}).Want(200)
	webtest.WantText(t, ask.Submit(nil).Want(200), "1 of 2 chips approved", "already rejected it", "Not done")
	webtest.WantText(t, d.admin.Get(one).Want(200), "Approved")
	four := d.sent("S4")
	ask = d.admin.Get(address + "/reject?row=" + idOf(four)).Want(200)
	if p := ask.Submit(webtest.Values{"reason": ""}).Want(422); p.FieldError("reason") == "" {
		t.Error("no reason")
	}
	webtest.WantText(t, ask.Submit(webtest.Values{"reason": "No."}).Want(200), "1 of 1 chips rejected")
	if p := d.admin.Get(address + "/approve" + query).Want(200); !p.Has("Nothing that you chose waits") {
		t.Error("nothing waits any more")
	}
}

func idOf(chip string) string { return strings.TrimPrefix(chip, address+"/") }

func TestChipsEndAndReturn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip := d.approved("S1")
	webtest.WantText(t, d.provider.Get(chip+"/deactivate").Want(200).Submit(webtest.Values{"reason": "No longer made."}).Want(200), "is deactivated", "No longer made.")
	d.provider.Get(chip + "/reactivate").Want(403)
	webtest.WantText(t, d.admin.Get(chip+"/reactivate").Want(200).Submit(webtest.Values{"reason": "They make it again."}).Want(200), "is active again")
	d.Clock.Advance(3 * 366 * 24 * time.Hour)
	d.provider, d.admin = d.SignedIn(d.provider.Actor.Email), d.SignedIn(d.admin.Actor.Email)
	webtest.WantText(t, d.provider.Get(chip).Want(200), "Certificate expired", "does not count any more")
	webtest.WantText(t, d.admin.Get(address+"?expired=yes").Want(200), "S1", "Certificate expired")
}

// Taking a CA out of use shows the chips that hang on it, and tells their providers.
func TestTheTrustStoreShowsChips(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chip := d.approved("S1")
	ca, err := pg.Value[string](t.Context(), d.App.DB.Read(), `select id::text from ca_certificates where domain = 'FTM'`, nil)
	d.must(err)
	ask := d.admin.Get("/trust-store/" + ca + "/take-out").Want(200)
	webtest.WantText(t, ask, "Secura S1", "1 certificate hangs on it")
	if ask.Doc.Find(`a[href="`+chip+`"]`).Length() != 1 {
		t.Error("no link to the chip")
	}
	ask.Submit(webtest.Values{"reason": "Its key is known."}).Want(200)
	webtest.WantText(t, d.provider.Get(chip).Want(200), "CA out of use", "out of use or expired")
	mails := d.Mails(d.provider.Actor.Email)
	if last := mails[len(mails)-1].Text; !strings.Contains(last, "Secura S1") || !strings.Contains(last, "Its key is known.") {
		t.Error(last)
	}
}

// Each page speaks each language, for both sides.
func TestPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][2]string{"fr": {"Vos puces FTM", "Nouveau certificat en attente"}, "ar": {"شرائح FTM الخاصة بكم", "شهادة جديدة بالانتظار"}} {
		d := newDesk(t)
		chip := d.approved("S1")
		d.take(chip, d.look(chip, d.leaf()).Want(200)).Want(200)
		d.sent("S2")
		for _, c := range []*webtest.Client{d.provider, d.admin} {
			c.Post("/language", url.Values{"to": {"/"}, "lang": {lang}})
		}
		webtest.WantText(t, d.provider.Get(address).Want(200), want[0], want[1])
		webtest.WantText(t, d.admin.Get(address).Want(200), want[1])
		for _, path := range []string{chip, chip + "/approve-certificate", chip + "/refuse-certificate", address + "/new", chip + "/deactivate"} {
			for _, c := range []*webtest.Client{d.provider, d.admin} {
				if p := c.Get(path); strings.Contains(p.Text(), "[ftm_chip.") || strings.Contains(p.Text(), "<no value>") {
					t.Errorf("%s %s: %s", lang, path, p.Text())
				}
			}
		}
	}
}
