package truststore_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/web/webtest"
)

const address = "/trust-store"

// desk is a portal with two Partner Admins and an authority outside of it.
type desk struct {
	*webtest.Site
	ada, eva     *webtest.Client
	root, middle certmake.Holder
}

func newDesk(t *testing.T, settings ...string) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t, settings...)}
	d.ada, d.eva = d.Staff(authz.PartnerAdmin), d.Staff(authz.PartnerAdmin)
	d.root = d.made(certmake.Root("Trust", d.years(-1), d.years(9)))
	d.middle = d.made(d.root.Intermediate("Trust", d.years(-1), d.years(8)))
	return d
}

func (d *desk) years(n int) time.Time { return d.Clock.Now().AddDate(n, 0, 0) }

func (d *desk) made(h certmake.Holder, err error) certmake.Holder {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
	return h
}

func text(holders ...certmake.Holder) string {
	var b strings.Builder
	for _, h := range holders {
		b.Write(certdoc.PEM(h.Cert.Raw))
	}
	return b.String()
}

func (d *desk) look(pasted string) *webtest.Page {
	d.T.Helper()
	return d.ada.Get(address + "/new").Want(200).Submit(webtest.Values{"domain": "AUTH", "text": pasted})
}

func (d *desk) take(p *webtest.Page) *webtest.Page {
	d.T.Helper()
	return d.ada.Post(address, url.Values{"domain": {"AUTH"}, "bytes": {webtest.Value(p, "bytes")}, "take": {"yes"}})
}

// page is the page of the certificate with a name, as the list leads there.
func (d *desk) page(c *webtest.Client, name string) *webtest.Page {
	d.T.Helper()
	return c.Get(address + "?sort=subject").Want(200).Click(name).Want(200)
}

func TestAUT6TwoAdminsTrustARoot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	webtest.WantText(t, d.ada.Get(address).Want(200), "No CA certificate yet")
	preview := d.look(text(d.middle, d.root)).Want(200)
	webtest.WantText(t, preview, "Needs a second person", "Comes with its root", "Take these 2 certificates", certdoc.Fingerprint(certdoc.Describe(d.root.Cert).Thumbprint))
	webtest.WantText(t, d.ada.Get(address), "No CA certificate yet")
	webtest.WantText(t, d.take(preview).Want(200), "In use: 0. Waiting: 2.")
	if mails := d.Mails(d.eva.Actor.Email); len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Text, "Trust Root") {
		t.Errorf("%+v", mails)
	}
	own := d.page(d.ada, "Trust Root")
	webtest.WantText(t, own, "You proposed this root", "Refuse it")
	if own.Has("Take it into use") {
		t.Error("who proposed it can confirm it")
	}
	webtest.WantText(t, d.ada.Get(own.Path+"/confirm").Want(200), "another Partner Admin")
	late := d.ada.Post(own.Path+"/confirm", url.Values{"version": {"1"}}).Want(409)
	webtest.WantText(t, late, "You proposed this root yourself")

	waits := d.page(d.eva, "Trust Issuing")
	webtest.WantText(t, waits, "not every check passes", "is not in use yet")
	if waits.Has("Take it into use") {
		t.Error("what cannot be taken into use is offered")
	}

	ask := d.page(d.eva, "Trust Root").Click("Take it into use").Want(200)
	webtest.WantText(t, ask, "Compare the thumbprint")
	done := ask.Submit(nil).Want(200)
	webtest.WantText(t, done, "Trust Root is in use", "took it into use")
	if again := ask.Submit(nil).Want(200); again.Path != done.Path {
		t.Errorf("a second click ends at %s", again.Path)
	}
	webtest.WantText(t, d.page(d.ada, "Trust Issuing"), "In use", "Trust Root")
	webtest.WantText(t, d.look(text(d.root, d.middle)).Want(200), "All of them are in the trust store already")
	if p := d.ada.Post(address, url.Values{"domain": {"AUTH"}, "text": {text(d.root)}, "take": {"yes"}}).Want(200); !p.Has("is in the trust store already") || p.Path != done.Path {
		t.Errorf("the same once more: %s %s", p.Path, p.Text())
	}
}

func TestUploadSaysWhatIsWrongWithEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "--four-eyes=off")
	expired := d.made(certmake.Root("Old", d.years(-9), d.years(-1)))
	preview := d.look(text(d.root, expired)).Want(200)
	webtest.WantText(t, preview, "1 of them cannot be taken; the others can", "Can be taken", "Expired on", "Ask the CA for a new certificate")
	webtest.WantText(t, d.take(preview).Want(200), "In use: 1. Waiting: 0. There already: 0. Not taken: 1.")
	bad := d.look(text(expired)).Want(422)
	webtest.WantText(t, bad, "Nothing of this can be taken")
	if bad.Doc.Find(`main form input[name="bytes"]`).Length() > 0 {
		t.Error("what failed can be taken")
	}
	d.ada.Post(address, url.Values{"domain": {"AUTH"}, "text": {text(expired)}, "take": {"yes"}}).Want(422)
	for field, p := range map[string]*webtest.Page{
		"text":   d.look("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----").Want(422),
		"file":   d.look(" ").Want(422),
		"domain": d.ada.Get(address + "/new").Submit(webtest.Values{"domain": "", "text": text(d.root)}).Want(422),
	} {
		if p.FieldError(field) == "" {
			t.Errorf("%s: %s", field, p.Text())
		}
	}
	p7b, err := certdoc.P7B(d.middle.Cert.Raw, d.root.Cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p := d.ada.Get(address + "/new").Submit(webtest.Values{"domain": "AUTH", "file": webtest.File{Name: "chain.p7b", Content: string(p7b)}}).Want(200)
	webtest.WantText(t, p, "Is there already", "Can be taken", "Take this certificate")
	p = d.ada.Get(address + "/new").Submit(webtest.Values{"domain": "DEVICE", "file": webtest.File{Name: "root.cer", Content: string(d.root.Cert.Raw)}}).Want(200)
	webtest.WantText(t, p, "Can be taken")
}

func TestTakingOutNamesWhatItOrphans(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "--four-eyes=off")
	d.take(d.look(text(d.root)).Want(200)).Want(200)
	partner := d.Admitted(authz.AuthPartner)
	p, err := d.App.Partners.Partner(t.Context(), partner.Actor.Scope(), partner.Actor.Partner)
	if err != nil {
		t.Fatal(err)
	}
	leaf := d.made(d.root.Leaf(p.Organisation, d.years(-1), d.years(2)))
	if _, err := d.App.Certificates.Accept(t.Context(), partner.Actor, certdoc.PEM(leaf.Cert.Raw)); err != nil {
		t.Fatal(err)
	}
	ask := d.page(d.ada, "Trust Root").Click("Take it out of use").Want(200)
	webtest.WantText(t, ask, "1 certificate hangs on it", p.Organisation)
	if ask.Has("Another certificate of this partner counts") {
		t.Error("the partner has no other certificate")
	}
	other := d.made(certmake.Root("Other", d.years(-1), d.years(9)))
	d.take(d.look(text(other)).Want(200)).Want(200)
	spare := d.made(other.Leaf(p.Organisation, d.years(-1), d.years(2)))
	held, err := d.App.Certificates.Accept(t.Context(), partner.Actor, certdoc.PEM(spare.Cert.Raw))
	if err != nil {
		t.Fatal(err)
	}
	webtest.WantText(t, d.page(d.ada, "Trust Root").Click("Take it out of use"), "Another certificate of this partner counts without it.")
	if err := d.App.Certificates.Withdraw(t.Context(), partner.Actor, held.ID, 1, "Not needed"); err != nil {
		t.Fatal(err)
	}
	if bad := ask.Submit(webtest.Values{"reason": ""}).Want(422); bad.FieldError("reason") == "" {
		t.Error("no reason is asked for")
	}
	done := ask.Submit(webtest.Values{"reason": "Its key was stolen"}).Want(200)
	webtest.WantText(t, done, "is out of use", "Its key was stolen", "Nothing below it counts")
	webtest.WantText(t, partner.Get("/certificates").Want(200), "No certificate of yours counts", "Cut off from its CA")
	if mails := d.Mails(partner.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "Its key was stolen") {
		t.Errorf("%+v", mails)
	}
	stale := d.page(d.eva, "Trust Root")
	back := stale.Click("Bring it back").Want(200).Submit(nil).Want(200)
	webtest.WantText(t, back, "was brought back", "In use")
	webtest.WantText(t, d.eva.Post(stale.Path+"/take-out", url.Values{"version": {"2"}, "reason": {"Stale"}}).Want(409), "took it into use on", "Stale")
	if p := d.eva.Get(stale.Path + "/restore").Want(200); p.Path != stale.Path {
		t.Errorf("nothing to restore, asked at %s", p.Path)
	}
	webtest.WantText(t, partner.Get("/certificates").Want(200), "Your certificate counts")
}

func TestRefusingTellsWhoProposed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.take(d.look(text(d.root)).Want(200)).Want(200)
	done := d.page(d.eva, "Trust Root").Click("Refuse it").Want(200).Submit(webtest.Values{"reason": "Not the one they sent"}).Want(200)
	webtest.WantText(t, d.look(text(d.root)).Want(200), "Is there already", "it was refused or taken out of use")
	webtest.WantText(t, done, "was refused", "Not the one they sent", "Bring it back")
	if mails := d.Mails(d.ada.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "Not the one they sent") {
		t.Errorf("%+v", mails)
	}
}

func TestFilesOfTheTrustStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "--four-eyes=off")
	d.take(d.look(text(d.root, d.middle)).Want(200)).Want(200)
	path := d.page(d.ada, "Trust Issuing").Path
	for file, count := range map[string]int{"certificate.pem": 1, "chain.p7b": 2} {
		rec := d.ada.Do(d.ada.Request(http.MethodGet, path+"/"+file, nil, ""))
		all, err := certdoc.ReadBundle(rec.Body.Bytes())
		if rec.Code != http.StatusOK || err != nil || len(all) != count || !all[0].Equal(d.middle.Cert) {
			t.Errorf("%s: %d, %d certificates, %v", file, rec.Code, len(all), err)
		}
	}
	for _, role := range []authz.Role{authz.PolicyManager} {
		d.Staff(role).Get(path).Want(403)
	}
	d.Admitted(authz.AuthPartner).Get(path).Want(403)
}
