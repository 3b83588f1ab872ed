package device_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/sbi"
	"portal/web/webtest"
)

// desk is a portal with an admin, a Device Provider and an SBI of it that counts.
type desk struct {
	*webtest.Site
	admin, provider *webtest.Client
	sbi             id.SBI
}

func newDesk(t *testing.T, settings ...string) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t, settings...)}
	d.admin, d.provider = d.Staff(authz.PartnerAdmin), d.Admitted(authz.DeviceProvider)
	d.sbi = d.software(d.provider, "1.0")
	return d
}

func (d *desk) must(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

// software is an approved SBI of a provider.
func (d *desk) software(c *webtest.Client, version string) id.SBI {
	d.T.Helper()
	sid, today, ctx := id.New[id.SBI](), d.App.SBIs.Today(), d.T.Context()
	d.must(d.App.SBIs.Register(ctx, c.Actor, sbi.Input{
		ID: sid, Version: version, Hash: strings.Repeat("ab", 32),
		CreatedOn: today.AddDate(0, -1, 0).Format(time.DateOnly), ExpiresOn: today.AddDate(2, 0, 0).Format(time.DateOnly),
	}))
	d.must(d.App.SBIs.Send(ctx, c.Actor, sid, 1))
	d.must(d.App.SBIs.Approve(ctx, d.Admin(), sid, 2))
	return sid
}

// kindOf is the value of the choice with this text.
func kindOf(p *webtest.Page, text string) string {
	option := p.Doc.Find("select[name=device_type] option").FilterFunction(func(_ int, o *goquery.Selection) bool {
		return strings.Contains(marks.Replace(o.Text()), text)
	})
	return option.First().AttrOr("value", "there is no "+text)
}

// registered is a device that waits.
func (d *desk) registered(model string) *webtest.Page {
	d.T.Helper()
	p := d.provider.Get("/devices/new").Want(200)
	return p.Submit(webtest.Values{"device_type": kindOf(p, "Finger – Slap"), "make": "Acme", "model": model}).Want(200)
}

var marks = strings.NewReplacer("\u2068", "", "\u2069", "")

// wantText fails unless the page says all texts; marks of direction do not count.
func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	var all []string
	for _, n := range p.Doc.Find("main, [role=status]").EachIter() {
		n.Find("dt, dd, p, h1, h2, li, td, th, a, bdi, summary, .tag").Each(func(_ int, s *goquery.Selection) { s.AppendHtml(" ") })
		all = append(all, strings.Fields(marks.Replace(n.Text()))...)
	}
	said := strings.Join(all, " ")
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("%s does not say %q:\n%s", p.Path, text, said)
		}
	}
}

func TestADeviceFromItsFormToItsApproval(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.provider.Get("/devices").Want(200).Click("Register a device").Want(200)
	bad := form.Submit(webtest.Values{"make": " ", "model": strings.Repeat("é", 37)}).Want(422)
	for _, name := range []string{"device_type", "make", "model"} {
		if bad.FieldError(name) == "" {
			t.Errorf("nothing is said at %s", name)
		}
	}
	if webtest.Value(bad, "model") != strings.Repeat("é", 37) {
		t.Error("what was typed is gone")
	}
	kind := kindOf(form, "Finger – Slap")
	sent := bad.Submit(webtest.Values{"device_type": kind, "make": "Acme", "model": "X1"}).Want(200)
	wantText(t, sent, "Acme X1 was sent for approval.", "It waits for a Partner Admin", "Finger: Slap")
	wantText(t, bad.Submit(webtest.Values{"device_type": kind, "make": "Acme", "model": "X1"}).Want(200), "Acme X1 was sent for approval.") // once
	like := sent.Click("Register another one like this").Want(200)
	if webtest.Value(like, "make") != "Acme" || webtest.Value(like, "device_type") != kind || webtest.Value(like, "model") != "" {
		t.Error("another one is not like it")
	}
	there := like.Submit(webtest.Values{"model": "x1"}).Want(409)
	wantText(t, there, "This make and model is registered already", "Look at the registered one")
	if webtest.Value(there, "model") != "x1" {
		t.Error("what was typed is gone")
	}

	review := d.admin.Get(sent.Path).Want(200)
	wantText(t, review, "This waits for you", "SHA-256 of the binary", "No other provider has registered it.", "No certificate of the provider counts now.", "Submission 1, by Leila Benali")
	ask := d.admin.Get(sent.Path + "/request-changes").Want(200)
	if got := ask.Submit(webtest.Values{}).Want(422); got.FieldError("note") == "" {
		t.Error("nothing is asked, and nothing is said")
	}
	ask.Submit(webtest.Values{"line_model": "As on the label."}).Want(200)
	edit := d.provider.Get(sent.Path).Want(200).Click("Change and send again").Want(200)
	wantText(t, edit, "You were asked: As on the label.", "Stays as it is")
	wantText(t, edit.Submit(webtest.Values{"model": "X1-B"}).Want(200), "Acme X1-B was sent again.")
	late := ask.Submit(webtest.Values{"note": "Once more."}).Want(409)
	wantText(t, late, "This changed in the meantime", "Once more.")
	wantText(t, d.admin.Get(sent.Path+"/approve").Want(200).Submit(nil).Want(200), "Acme X1-B was approved.")
	wantText(t, d.provider.Get(sent.Path).Want(200), "It is approved", "Move to another SBI")
	if mails := d.Mails(d.provider.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "Acme X1-B") {
		t.Errorf("the last mail is %q", mails[len(mails)-1].Text)
	}
	if other := d.Admitted(authz.DeviceProvider); other.Get(sent.Path).Status != 404 || other.Get("/devices").Has("X1-B") {
		t.Error("AUT-3: somebody else sees the device")
	}
}

func TestWithoutAnSBIThereIsNothingToRegister(t *testing.T) {
	t.Parallel()
	d := &desk{Site: webtest.New(t)}
	d.provider = d.Admitted(authz.DeviceProvider)
	for _, path := range []string{"/devices/new", "/devices/imports/new"} {
		wantText(t, d.provider.Get(path).Want(200), "An SBI comes first")
	}
	wantText(t, d.provider.Get("/devices/take-over").Want(200), "There is nothing to take over")
}

const head = "type,sub_type,make,model\r\n"

func TestAFileIsCheckedCorrectedAndRegistered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.provider.Get("/devices/imports/new").Want(200)
	wantText(t, form, "Slap", "Touchless", "The codes")
	for content, says := range map[string]string{
		"":                          "The file is empty.",
		"PK\x03\x04":                "This is a spreadsheet.",
		"\xff\xfea\x00":             "UTF-16",
		head + "Finger,Slap,\xe9,X": "not in UTF-8",
		"type,make\n":               "The column sub_type is missing.",
	} {
		bad := form.Submit(webtest.Values{"file": webtest.File{Name: "a.csv", Content: content}}).Want(422)
		if !strings.Contains(marks.Replace(bad.FieldError("file")), says) {
			t.Errorf("%q: %q", content, bad.FieldError("file"))
		}
	}
	pasted := form.Submit(webtest.Values{"text": "name\nX"}).Want(422)
	if pasted.FieldError("text") == "" || webtest.Value(pasted, "text") != "name\nX" {
		t.Errorf("%q %q", pasted.FieldError("text"), webtest.Value(pasted, "text"))
	}
	preview := form.Submit(webtest.Values{"file": webtest.File{Name: "readers.csv", Content: head + "Finger,Slap,Acme,X1\r\nFingr,Slap,Acme,X2\r\nFinger,Slap,acme,x1\r\n"}}).Want(200)
	wantText(t, preview, "2 things have to be corrected first", "Did you mean Finger?", "The same device stands in line 2", "1 line is good")
	if preview.Doc.Find("form[action$='/register']").Length() != 0 {
		t.Error("it can be registered as it is")
	}
	form.Submit(webtest.Values{"text": head + "Finger,Slap,Acme,Y1"}).Want(200) // the same form once more: it took the place
	good := preview.SubmitTo(strings.Split(preview.Path, "?")[0], webtest.Values{"file": webtest.File{Name: "b.csv", Content: head + "Finger,Slap,=Acme,X1\r\nIris;Double\r\n"}}).Want(200)
	wantText(t, good, "The line has 1 values, not 4")
	good = good.SubmitTo(good.Path, webtest.Values{"file": webtest.File{Name: "b.csv", Content: head + "Finger,Slap,=Acme,X1\r\nIris,Double,Acme,X1\r\n"}}).Want(200)
	wantText(t, good, "2 devices can be registered")
	done := good.SubmitTo(good.Path+"/register", nil).Want(200)
	wantText(t, done, "2 devices were sent for approval")
	wantText(t, good.SubmitTo(good.Path+"/register", nil).Want(200), "2 devices were sent for approval") // once
	wantText(t, d.provider.Get("/devices").Want(200), "=Acme X1", "1–2 of 2")
	rec := d.provider.Do(d.provider.Request("GET", "/devices.csv", nil, ""))
	if csv := rec.Body.String(); !strings.Contains(csv, `"'=Acme"`) || strings.Contains(csv, `"=Acme`) {
		t.Errorf("INJ-4: %s", csv)
	}
	wantText(t, good.SubmitTo(good.Path, webtest.Values{"text": head + "Finger,Slap,Acme,Z"}).Want(409), "This changed in the meantime")
}

func TestWhatChangedSinceAPreviewIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.provider.Get("/devices/imports/new").Submit(webtest.Values{"text": head + "Finger,Slap,Acme,X1"}).Want(200)
	d.registered("X1")
	late := p.SubmitTo(p.Path+"/register", nil).Want(409)
	wantText(t, late, "Nothing was registered", "You have registered it already.")
	p = d.provider.Get("/devices/imports/new").Submit(webtest.Values{"text": head + "Finger,Slap,Acme,X2"}).Want(200)
	d.provider.Get(p.Path).SubmitTo(p.Path, webtest.Values{"text": head + "Finger,Slap,Acme,X3"}).Want(200)
	wantText(t, p.SubmitTo(p.Path+"/register", nil).Want(409), "Another file took its place")
	if other := d.Admitted(authz.DeviceProvider); other.Get(p.Path).Status != 404 {
		t.Error("AUT-3: somebody else sees the file")
	}
}

func TestLIM1AFileHasItsLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.provider.Get("/devices/imports/new").Want(200)
	form.Submit(webtest.Values{"file": webtest.File{Name: "a.csv", Content: head + strings.Repeat("x", 1<<20)}}).Want(422)
	form.Submit(webtest.Values{"file": webtest.File{Name: "a.csv", Content: strings.Repeat("x", 2<<20)}}).Want(413)
}

func TestManyAreDecidedOnAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b, c := d.registered("A"), d.registered("B"), d.registered("C")
	row := func(p *webtest.Page) string { return strings.TrimPrefix(p.Path, "/devices/") }
	chosen := url.Values{"row": {row(a), row(b)}}
	page := d.admin.Get("/devices/approve?" + chosen.Encode()).Want(200)
	wantText(t, page, "Approve 2 devices", "Acme A", "Acme B")
	d.provider.Get(b.Path + "/withdraw").Want(200).Submit(nil).Want(200)
	wantText(t, page.Submit(nil).Want(200), "1 of 2 was approved", "Done", "Not done", "The provider withdrew it.")
	reject := d.admin.Get("/devices/reject?row=" + row(c)).Want(200)
	if bad := reject.Submit(webtest.Values{"reason": " "}).Want(422); bad.FieldError("reason") == "" {
		t.Error("a rejection without a reason")
	}
	wantText(t, reject.Submit(webtest.Values{"template": "twice", "reason": "See Acme A."}).Want(200), "1 of 1 was rejected")
	wantText(t, d.provider.Get(c.Path).Want(200), "It was rejected", "This model is registered already under another name.", "See Acme A.")
	wantText(t, d.admin.Get("/devices/approve?row="+row(c)).Want(200), "Nothing of what you chose waits for a decision.")
}

func TestAllThatWaitOfAnSBIAreDecidedOnAsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, model := range []string{"A", "B", "C"} {
		d.registered(model)
	}
	page := d.admin.Get("/devices?status=pending_approval&sbi=" + d.sbi.String()).Want(200).Click("Approve all that wait of SBI \u20681.0\u2069").Want(200)
	wantText(t, page, "Approve 3 devices", "They are all for SBI 1.0")
	d.Clock.Advance(time.Minute)
	d.registered("D")
	wantText(t, page.Submit(nil).Want(200), "3 of 3 were approved")
	wantText(t, d.admin.Get("/devices?status=pending_approval").Want(200), "Acme D", "1–1 of 1")
	again := page.Submit(nil).Want(200)
	wantText(t, again, "Nothing of what you chose waits for a decision.")
}

func TestDevicesMoveToAnotherSBI(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b := d.registered("A"), d.registered("B")
	for _, p := range []*webtest.Page{a, b} {
		d.admin.Get(p.Path + "/approve").Want(200).Submit(nil).Want(200)
	}
	wantText(t, d.provider.Get(a.Path+"/move").Want(200), "There is no other SBI to choose")
	to := d.software(d.provider, "2.0")
	form := d.provider.Get(a.Path + "/move").Want(200)
	if bad := form.Submit(webtest.Values{"sbi": ""}).Want(422); bad.FieldError("sbi") == "" {
		t.Error("no SBI is chosen")
	}
	wantText(t, form.Submit(webtest.Values{"sbi": to.String()}).Want(200), "Acme A was moved.", "2.0")
	over := d.provider.Get("/devices/take-over?from=" + d.sbi.String() + "&to=" + to.String()).Want(200)
	if bad := over.Submit(webtest.Values{"sbi": d.sbi.String()}).Want(422); bad.FieldError("sbi") == "" {
		t.Error("to itself")
	}
	wantText(t, over.Submit(nil).Want(200), "1 device was moved.", "Acme A", "Acme B")
}

func TestWhatDoesNotCountSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b := d.registered("A"), d.registered("B")
	d.admin.Get(a.Path + "/approve").Want(200).Submit(nil).Want(200)
	d.Clock.Advance(3 * 365 * 24 * time.Hour)
	d.admin, d.provider = d.SignedIn(d.admin.Actor.Email), d.SignedIn(d.provider.Actor.Email)
	wantText(t, d.provider.Get(a.Path).Want(200), "The last day of SBI 1.0 is over")
	wantText(t, d.provider.Get("/devices").Want(200), "Does not count now")
	wantText(t, d.admin.Get(b.Path+"/approve").Want(200), "The last day of SBI 1.0 is over")
	wantText(t, d.admin.Get(b.Path+"/reject").Want(200).Submit(webtest.Values{"reason": "Its SBI is over."}).Want(200), "Acme B was rejected.")
}
