package certificate_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/certificate"
	"portal/web/webtest"
)

const address = "/certificates"

// desk is a portal with an active partner and an authority that is trusted for it.
type desk struct {
	*webtest.Site
	admin, partner *webtest.Client
	root           certmake.Holder
	organisation   string
}

func newDesk(t *testing.T, kind authz.Role, settings ...string) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t, append([]string{"--four-eyes=off"}, settings...)...)}
	d.admin, d.partner = d.Staff(authz.PartnerAdmin), d.Admitted(kind)
	p, err := d.App.Partners.Partner(t.Context(), d.partner.Actor.Scope(), d.partner.Actor.Partner)
	if err != nil {
		t.Fatal(err)
	}
	d.organisation = p.Organisation
	d.root = d.made(certmake.Root("Trust", d.years(-1), d.years(9)))
	if _, err := d.App.Certificates.ProposeCAs(t.Context(), d.admin.Actor, certificate.DomainOf(kind), certdoc.PEM(d.root.Cert.Raw)); err != nil {
		t.Fatal(err)
	}
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

func (d *desk) leaf(changes ...certmake.Change) string {
	d.T.Helper()
	return string(certdoc.PEM(d.made(d.root.Leaf(d.organisation, d.Clock.Now().Add(-time.Hour), d.years(2), changes...)).Cert.Raw))
}

// look sends a text to be looked at.
func (d *desk) look(text string) *webtest.Page {
	d.T.Helper()
	return d.partner.Get(address + "/new").Want(200).Submit(webtest.Values{"text": text})
}

// upload sends a file as a browser does.
func (d *desk) upload(name, content string) *webtest.Page {
	d.T.Helper()
	return d.partner.Get(address + "/new").Want(200).Submit(webtest.Values{"file": webtest.File{Name: name, Content: content}})
}

func (d *desk) take(p *webtest.Page) *webtest.Page {
	d.T.Helper()
	return d.partner.Post(address, url.Values{"bytes": {webtest.Value(p, "bytes")}, "take": {"yes"}})
}

func TestPartnerSendsACertificate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	webtest.WantText(t, d.partner.Get(address).Want(200), "You have no certificate yet", "How to get a certificate")
	preview := d.look("\n" + d.leaf()).Want(200)
	webtest.WantText(t, preview, "Every check passed", "Chain of trust – Passed", "Signed by", "Key usage – Passed")
	webtest.WantText(t, d.partner.Get(address), "You have no certificate yet")
	page := d.take(preview).Want(200)
	webtest.WantText(t, page, "accepted, and it counts", "Counts", "in 2 years", "Trust Root")
	webtest.WantText(t, d.partner.Get(address).Want(200), "Your certificate counts", "in 2 years")
	// A second click, or a second tab, ends on the same page.
	again := d.take(preview).Want(200)
	if again.Path != page.Path {
		t.Errorf("again at %s, first at %s", again.Path, page.Path)
	}
	webtest.WantText(t, again, "You have this certificate already")
	webtest.WantText(t, d.look(d.leafAgain(page)).Want(200), "You have sent this certificate before")
	webtest.WantText(t, d.admin.Get(address).Want(200), d.organisation, "Counts", "AUTH")
	webtest.WantText(t, d.admin.Get("/partners/"+d.partner.Actor.Partner.String()).Want(200), "Certificate", "Counts")
	if mails := d.Mails(d.partner.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "certificate of your organisation was accepted") {
		t.Errorf("%+v", mails)
	}
}

// leafAgain downloads what a page's certificate was sent as.
func (d *desk) leafAgain(p *webtest.Page) string {
	d.T.Helper()
	rec := d.partner.Do(d.partner.Request(http.MethodGet, p.Path+"/original.cer", nil, ""))
	if rec.Code != http.StatusOK || !strings.Contains(rec.Header().Get("Content-Disposition"), "attachment") ||
		!strings.Contains(rec.Header().Get("Content-Security-Policy"), "sandbox") {
		d.T.Fatalf("%d %v", rec.Code, rec.Header())
	}
	return rec.Body.String()
}

func TestFilesGoOutAsTheyCameIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.DeviceProvider)
	block, _ := pem.Decode([]byte(d.leaf()))
	preview := d.upload("device.cer", string(block.Bytes)).Want(200)
	page := d.take(preview).Want(200)
	for file, want := range map[string]string{
		"original.cer": string(block.Bytes), "certificate.pem": string(certdoc.PEM(block.Bytes)), "chain.p7b": "-----BEGIN PKCS7-----",
	} {
		rec := d.partner.Do(d.partner.Request(http.MethodGet, page.Path+"/"+file, nil, ""))
		if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Body.String(), want) || !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", file, rec.Code, rec.Header())
		}
	}
}

func TestEachFailedCheckHasAReasonAndARemedy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	p := d.look(d.leaf(func(c *x509.Certificate) {
		c.Subject.Organization = []string{d.organisation + "\u00a0Ltd"}
		c.NotAfter = d.Clock.Now().AddDate(0, 0, 100).Add(time.Hour)
		c.KeyUsage = x509.KeyUsageKeyAgreement
	})).Want(422)
	webtest.WantText(t, p, "3 checks failed", "Only 100 more days", "Ask the CA for a certificate that is valid for longer",
		"Key usage – Failed", "Organisation – Failed", "no-break space", "U+00A0", "Registered here")
	if p.Doc.Find(`main form input[name="bytes"]`).Length() > 0 {
		t.Error("what failed can be sent")
	}
	if first := strings.TrimSpace(p.Doc.Find(".findings li").First().AttrOr("class", "")); first != "bad" {
		t.Errorf("the first check is %q", first)
	}
	stranger := d.made(certmake.Root("Elsewhere", d.years(-1), d.years(9)))
	foreign := d.made(stranger.Leaf(d.organisation, d.years(-1), d.years(2)))
	webtest.WantText(t, d.look(string(certdoc.PEM(foreign.Cert.Raw))).Want(422), "1 check failed", "is not known here", "ask a Partner Admin to add")
	// Posted past the page, it is judged all the same.
	forged := d.partner.Post(address, url.Values{"text": {string(certdoc.PEM(foreign.Cert.Raw))}, "take": {"yes"}}).Want(422)
	webtest.WantText(t, forged, "1 check failed")
	webtest.WantText(t, d.partner.Get(address), "You have no certificate yet")
}

func TestUPL1WhatIsNoCertificateIsNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	const key = "-----BEGIN PRIVATE KEY-----\nTUlJQ2RnSUJBREFOQmdrcWhraUc5\n-----END PRIVATE KEY-----\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":  {" ", "Choose a file or paste the certificate"},
		"words":    {"hello", "This is no certificate that can be read"},
		"with key": {d.leaf() + key, "treat it as exposed"},
		"two":      {d.leaf() + d.leaf(), "Send only your organisation’s own"},
		"too much": {strings.Repeat("x", certdoc.MaxBytes+1), "too large"},
	} {
		p := d.look(c.text).Want(422)
		field := "text"
		if name == "nothing" {
			field = "file"
		}
		if !strings.Contains(p.FieldError(field), c.want) {
			t.Errorf("%s: %q", name, p.FieldError(field))
		}
		if name == "with key" && strings.Contains(p.Body, "TUlJQ2RnSUJBREFOQmdrcWhraUc5") {
			t.Error("the key comes back to the page")
		}
		if name == "words" && !strings.Contains(webtest.Value(p, "text"), "hello") {
			t.Error("what was typed is lost")
		}
	}
	if p := d.upload("key.pem", key).Want(422); !strings.Contains(p.FieldError("file"), "treat it as exposed") {
		t.Error(p.FieldError("file"))
	}
	for _, fields := range []url.Values{{"bytes": {"%%%"}, "take": {"yes"}}, {"no_such": {"1"}}} {
		d.partner.Post(address, fields).Want(400)
	}
	d.partner.Post(address, url.Values{"bytes": {""}, "take": {"yes"}}).Want(422)
}

func TestLIM1BodyOfAnUpload(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	send := func(n int) int {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("_token", d.partner.Token())
		part, _ := w.CreateFormFile("file", "x.cer")
		_, _ = part.Write(bytes.Repeat([]byte("x"), n-b.Len()-len(w.Boundary())-8))
		_ = w.Close()
		if b.Len() != n {
			t.Fatalf("%d bytes, want %d", b.Len(), n)
		}
		return d.partner.Do(d.partner.Request(http.MethodPost, address, b.Bytes(), w.FormDataContentType())).Code
	}
	const limit = certdoc.MaxBytes/3*4 + 10<<10
	if got := send(limit); got != 422 {
		t.Errorf("at the limit: %d", got)
	}
	if got := send(limit + 1); got != 413 {
		t.Errorf("a byte over: %d", got)
	}
}

func TestWithdrawingAsksAndTells(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	page := d.take(d.look(d.leaf()).Want(200)).Want(200)
	ask := page.Click("Withdraw the certificate").Want(200)
	bad := ask.Submit(webtest.Values{"reason": " "}).Want(422)
	if bad.FieldError("reason") == "" {
		t.Error("no reason is asked for")
	}
	done := ask.Submit(webtest.Values{"reason": "Key lost"}).Want(200)
	webtest.WantText(t, done, "The certificate was withdrawn", "Withdrawn", "Key lost")
	if again := ask.Submit(webtest.Values{"reason": "Key lost"}).Want(200); again.Path != page.Path {
		t.Errorf("a second click ends at %s", again.Path)
	}
	late := ask.Submit(webtest.Values{"reason": "Another reason"}).Want(409)
	webtest.WantText(t, late, "withdrew it on", "Another reason")
	if ended := d.partner.Get(page.Path + "/withdraw").Want(200); ended.Path != page.Path {
		t.Errorf("asked again at %s", ended.Path)
	}
	webtest.WantText(t, d.look(d.leafAgain(page)).Want(422), "You withdrew this certificate")
}

func TestAUT2OnlyOnesOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner)
	page := d.take(d.look(d.leaf()).Want(200)).Want(200)
	other := d.Admitted(authz.AuthPartner)
	for _, path := range []string{"", "/original.cer", "/certificate.pem", "/chain.p7b", "/withdraw"} {
		other.Get(page.Path + path).Want(404)
	}
	other.Post(page.Path+"/withdraw", url.Values{"version": {"1"}, "reason": {"Mine"}}).Want(404)
	if p := other.Get(address).Want(200); p.Has("Trust") || !p.Has("You have no certificate yet") {
		t.Error("another partner sees the certificate")
	}
	if p := d.look(d.leafAgain(page)); p.Status != 200 {
		t.Error(p.Text())
	}
	d.admin.Get(page.Path).Want(200)
	d.admin.Get(address + "/new").Want(403)
	d.Staff(authz.PolicyManager).Get(page.Path).Want(403)
}

func TestHelpFillsTheNameIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authz.AuthPartner, "--min-certificate-days=30")
	p := d.partner.Get(address + "/help").Want(200)
	webtest.WantText(t, p, "/O="+d.organisation+"/CN=partner", "rsa_keygen_bits:3072", "Trust Root", "30 days", "partner.key is your private key")
	webtest.WantText(t, d.partner.Get(address+"/new").Want(200), d.organisation, "30 more days")
}
