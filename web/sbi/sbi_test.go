package sbi_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/sbi"
	"portal/web/i18n"
	"portal/web/webtest"
)

const digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// desk is a portal with an admin and a Device Provider.
type desk struct {
	*webtest.Site
	admin, provider *webtest.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Site: webtest.New(t)}
	d.admin, d.provider = d.Staff(authz.PartnerAdmin), d.Admitted(authz.DeviceProvider)
	return d
}

func (d *desk) day(years int) string {
	return d.App.SBIs.Today().AddDate(years, 0, 0).Format(time.DateOnly)
}

// good is a form that can be saved.
func (d *desk) good(version string) webtest.Values {
	return webtest.Values{"sbi_version": version, "hash": digits, "created_on": d.day(-1), "expires_on": d.day(2)}
}

// sent is an SBI that waits, and its address.
func (d *desk) sent(version string) string {
	d.T.Helper()
	in := sbi.Input{ID: id.New[id.SBI](), Version: version, Hash: digits, CreatedOn: d.day(-1), ExpiresOn: d.day(2)}
	err := d.App.SBIs.Register(d.T.Context(), d.provider.Actor, in)
	if err == nil {
		err = d.App.SBIs.Send(d.T.Context(), d.provider.Actor, in.ID, 1)
	}
	if err != nil {
		d.T.Fatal(err)
	}
	return "/sbis/" + in.ID.String()
}

var marks = strings.NewReplacer("\u2068", "", "\u2069", "")

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	said := marks.Replace(p.Text())
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("%s does not say %q:\n%s", p.Path, text, said)
		}
	}
}

func TestAProviderRegistersAnSBI(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := d.provider.Get("/sbis").Want(200)
	wantText(t, list, "Your SBIs", "No SBI yet")
	ask := list.Click("Register an SBI").Want(200)
	wantText(t, ask, "sha256sum FILE", "shasum -a 256 FILE", "certutil -hashfile FILE SHA256")
	bad := ask.Submit(webtest.Values{"sbi_version": " ", "hash": digits[:40], "created_on": d.day(1), "expires_on": d.day(0)}).Want(422)
	for field, want := range map[string]string{"sbi_version": "", "hash": "look like SHA-1", "created_on": "is to come", "expires_on": "after today"} {
		if got := bad.FieldError(field); got == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", field, got)
		}
	}
	if webtest.Value(bad, "hash") != digits[:40] || webtest.Value(bad, "expires_on") != d.day(0) {
		t.Error("what was typed is lost")
	}
	check := bad.Submit(d.good("2.1.0")).Want(200)
	wantText(t, check, "Check your answers about SBI 2.1.0", digits)
	if again := bad.Submit(d.good("2.1.0")).Want(200); again.Path != check.Path {
		t.Errorf("a second click leads to %s", again.Path)
	}
	sent := check.Submit(nil).Want(200)
	wantText(t, sent, "SBI 2.1.0 was sent for approval.", "It is our turn", "Pending approval")
	wantText(t, check.Submit(nil).Want(200), "It is our turn") // a second click
	wantText(t, d.provider.Get("/sbis").Want(200), "2.1.0", "Pending approval", "0 approved, 0 pending")
	if p := ask.Submit(d.good("2.1.0")).Want(200); p.Path != check.Path && p.Path != sent.Path {
		t.Errorf("the same form again leads to %s", p.Path)
	}
	other := d.provider.Get("/sbis/new").Want(200).Submit(d.good("2.1.0")).Want(422)
	if !strings.Contains(other.FieldError("sbi_version"), "already") {
		t.Error(other.FieldError("sbi_version"))
	}
	if mails := d.Mails(d.admin.Actor.Email); len(mails) == 0 || !strings.Contains(mails[len(mails)-1].Subject, "1 SBI") || !strings.Contains(mails[len(mails)-1].Text, "– 2.1.0") {
		t.Errorf("the admin gets %+v", mails)
	}
}

func TestADraftIsKeptAndGoneOnWith(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	values := d.good("3.0")
	values["next"] = "draft"
	draft := d.provider.Get("/sbis/new").Want(200).Submit(values).Want(200)
	wantText(t, draft, "The draft of SBI 3.0 is saved.", "Nobody but your organisation sees it.")
	if d.admin.Get(draft.Path).Status != 404 || d.admin.Get("/sbis").Has("3.0") {
		t.Error("an admin sees a draft")
	}
	edit := draft.Click("Change").Want(200)
	changed := edit.Submit(webtest.Values{"sbi_version": "3.0.1", "next": "draft"}).Want(200)
	wantText(t, changed, "3.0.1")
	late := edit.Submit(webtest.Values{"sbi_version": "9.9", "next": "draft"}).Want(409)
	wantText(t, late, "Nothing of yours was carried out", "9.9")
	wantText(t, changed.Click("Check and send").Want(200), "Check your answers")
	gone := changed.Click("Discard the draft").Want(200).Submit(nil).Want(200)
	wantText(t, gone, "is discarded", "Withdrawn")
}

func TestANewVersionFromAnOldOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	d.admin.Get(path + "/approve").Want(200).Submit(nil).Want(200)
	next := d.provider.Get(path).Want(200).Click("New version from this one").Want(200)
	wantText(t, next, "A new version of 1.0")
	values := d.good("1.1")
	values["hash"] = strings.Repeat("ab", 32)
	sent := next.Submit(values).Want(200).Submit(nil).Want(200)
	wantText(t, sent, "Follows version")
	review := d.admin.Get(sent.Path).Want(200)
	wantText(t, review, "What differs from version 1.0", "This waits for you", "No certificate of the provider counts now.")
	if other := d.Admitted(authz.DeviceProvider); other.Get("/sbis/new?from="+path[len("/sbis/"):]).Has("A new version of") || other.Get(path).Status != 404 {
		t.Error("somebody else's SBI is shown")
	}
}

func TestChangesFieldByField(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	ask := d.admin.Get(path).Want(200).Click("Ask for changes").Want(200)
	if bad := ask.Submit(nil).Want(422); bad.FieldError("note") == "" {
		t.Error("nothing was asked, and nothing is said")
	}
	done := ask.Submit(webtest.Values{"line_hash": "Which build is it?", "template_hash": "hash"}).Want(200)
	wantText(t, done, "Changes requested", "Please send the hash of the released binary. Which build is it?")
	wantText(t, ask.Submit(webtest.Values{"line_hash": "Which build is it?", "template_hash": "hash"}).Want(200), "Changes requested") // a second click
	own := d.provider.Get(path).Want(200)
	wantText(t, own, "It is your turn", "Which build is it?")
	edit := own.Click("Change and send again").Want(200)
	if edit.Doc.Find("main form input[id^=field-]").Length() != 1 {
		t.Errorf("what can be changed is not what was asked: %s", edit.Text())
	}
	d.provider.Post(path, url.Values{"version": {"3"}, "sbi_version": {"8.8"}, "hash": {digits}}).Want(400)
	edit.Submit(webtest.Values{"hash": "x"}).Want(422)
	again := edit.Submit(webtest.Values{"hash": strings.Repeat("cd", 32)}).Want(200)
	wantText(t, again, "was sent again", "It is our turn")
	review := d.admin.Get(path).Want(200)
	wantText(t, review, "Changed since submission 1", "3 answers stayed as they were")
	wantText(t, ask.Submit(webtest.Values{"note": "Kept words."}).Want(409), "sent newer answers", "Kept words.")
}

func TestAnAdminDecides(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	queue := d.admin.Get("/sbis?sort=waiting&status=pending_approval").Want(200)
	wantText(t, queue, "Acme", "1.0", "Pending approval")
	reject := d.admin.Get(path + "/reject").Want(200)
	if bad := reject.Submit(nil).Want(422); bad.FieldError("reason") == "" {
		t.Error("a rejection without a reason")
	}
	approve := d.admin.Get(path).Want(200).Click("Approve").Want(200)
	wantText(t, approve, "Approve SBI 1.0 of Acme", "No certificate of the provider counts now.")
	wantText(t, approve.Submit(nil).Want(200), "is approved.")
	wantText(t, approve.Submit(nil).Want(200), "Approved")
	late := reject.Submit(webtest.Values{"reason": "My words."}).Want(409)
	wantText(t, late, "already approved it", "My words.")
	if p := d.admin.Get(path + "/approve").Want(200); p.Path != path {
		t.Errorf("what is approved can be approved at %s", p.Path)
	}
	wantText(t, d.provider.Get(path).Want(200), "Approved on", "New version from this one")
	end := d.provider.Get(path).Click("Deactivate").Want(200)
	ended := end.Submit(webtest.Values{"template": "flaw", "reason": "See CVE list."}).Want(200)
	wantText(t, ended, "is deactivated.", "A security flaw was found in this version. See CVE list.")
	back := d.admin.Get(path).Want(200).Click("Re-activate").Want(200)
	wantText(t, back.Submit(webtest.Values{"reason": "Settled."}).Want(200), "is active again.", "Approved")
	if mails := d.Mails(d.provider.Actor.Email); !strings.Contains(mails[len(mails)-1].Text, "Settled.") {
		t.Errorf("%+v", mails[len(mails)-1])
	}
}

func TestWhatKeepsFromApproving(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	approve := d.admin.Get(path + "/approve").Want(200)
	p, err := d.App.Partners.Partner(t.Context(), d.admin.Actor.Scope(), d.provider.Actor.Partner)
	if err == nil {
		err = d.App.Organisations.Deactivate(t.Context(), d.admin.Actor, p.ID, p.Version, "Licence ended")
	}
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, approve.Submit(nil).Want(409), "is not an active partner now")
	page := d.admin.Get(path + "/approve").Want(200)
	wantText(t, page, "is not an active partner, so the SBI cannot be approved now.")
	if page.Doc.Find(`main form[action$="/approve"]`).Length() != 0 {
		t.Error("an approval is offered")
	}
}

func TestAUT1AUT2WhoSeesWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	other := d.Admitted(authz.DeviceProvider)
	for _, page := range []string{"", "/edit", "/send", "/withdraw", "/deactivate"} {
		other.Get(path + page).Want(404)
	}
	for _, page := range []string{"/approve", "/reject", "/request-changes", "/reactivate"} {
		d.provider.Get(path + page).Want(403)
	}
	d.admin.Get("/sbis/new").Want(403)
	d.admin.Get(path + "/edit").Want(403)
	d.Admitted(authz.FTMProvider).Get("/sbis").Want(403)
	d.Staff(authz.PolicyManager).Get("/sbis").Want(403)
	d.provider.Get("/sbis/" + id.New[id.SBI]().String()).Want(404)
	d.provider.Get("/sbis/x").Want(404)
	for _, fields := range []url.Values{{"id": {"x"}}, {"status": {"approved"}}, {"id": {id.New[id.SBI]().String()}, "from": {"x"}}} {
		d.provider.Post("/sbis", fields).Want(400)
	}
	d.admin.Post(path+"/reject", url.Values{"version": {"2"}, "template": {"no_such"}, "reason": {"x"}}).Want(400)
}

func TestTheListAndItsFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("2.0")
	file := d.admin.Get("/sbis.csv").Want(200)
	for _, text := range []string{"2.0", digits, "Pending approval", path[len("/sbis/"):]} {
		if !strings.Contains(file.Body, text) {
			t.Errorf("the file lacks %q:\n%s", text, file.Body)
		}
	}
	wantText(t, d.admin.Get("/sbis?q=nothing-like-it").Want(200), "Nothing matches")
	if p := d.admin.Get("/sbis?q=" + path[len("/sbis/"):]).Want(200); p.Path != path {
		t.Errorf("an id leads to %s", p.Path)
	}
}

// Every page speaks every language, with the names set apart.
func TestThreeLanguages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	for _, l := range i18n.Languages {
		for _, c := range []*webtest.Client{d.admin, d.provider} {
			c.Post("/language", url.Values{"to": {"/"}, "lang": {l.Code}})
		}
		for p, texts := range map[*webtest.Page][]string{
			d.provider.Get("/sbis/new"):            {"sbi.new.title", "sbi.hint.hash"},
			d.provider.Get(path):                   {"approval.status.pending_approval", "sbi.standing.pending_approval.title"},
			d.admin.Get(path):                      {"approval.decide.title", "sbi.warn.certificate"},
			d.admin.Get(path + "/request-changes"): {"approval.note.hint"},
			d.admin.Get("/sbis"):                   {"sbi.list.lead"},
		} {
			p.Want(200)
			for _, key := range texts {
				if want := i18n.In(l.Code, key); !p.Has(want) {
					t.Errorf("%s %s does not say %q", l.Code, p.Path, want)
				}
			}
			if strings.Contains(p.Body, "[sbi.") || strings.Contains(p.Body, "[approval.") {
				t.Errorf("%s %s lacks words", l.Code, p.Path)
			}
		}
	}
	for _, s := range sbi.Statuses.All() {
		for _, key := range []string{"approval.status.", "approval.conflict.", "sbi.conflict.moved."} {
			if !i18n.Has("ar", key+string(s)) {
				t.Errorf("no words for %s%s", key, s)
			}
		}
		if !i18n.Has("ar", "sbi.standing."+string(s)+".text") {
			t.Errorf("no words for a page of one that is %s", s)
		}
	}
}

// device is a new device for an SBI, which waits.
func (d *desk) device(sid id.SBI, model string) id.Device {
	d.T.Helper()
	types, err := devicetype.Load(d.T.Context(), d.App.DB.Read())
	if err != nil {
		d.T.Fatal(err)
	}
	in := device.Input{
		ID: id.New[id.Device](), SBI: sid, Kind: device.KindValue(types[0].ID, types[0].SubTypes[0].ID), Make: "Optic", Model: model,
	}
	if err := d.App.Devices.Register(d.T.Context(), d.provider.Actor, in); err != nil {
		d.T.Fatal(err)
	}
	return in.ID
}

// What ends with an SBI is counted and named before, and comes back with it.
func TestItsDevicesGoAlong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.sent("1.0")
	d.admin.Get(path + "/approve").Want(200).Submit(nil).Want(200)
	sid, err := id.Parse[id.SBI](path[len("/sbis/"):])
	if err != nil {
		t.Fatal(err)
	}
	first := d.device(sid, "C1")
	d.device(sid, "C2")
	d.admin.Get("/devices/" + first.String() + "/approve").Want(200).Submit(nil).Want(200)
	own := d.provider.Get(path).Want(200)
	wantText(t, own, "Register devices for it", "Devices approved1", "Devices pending1")
	if own.Click("Register devices for it").Status != 200 {
		t.Error("there is no way on to devices")
	}
	wantText(t, d.provider.Get("/sbis").Want(200), "1 approved, 1 pending")
	end := own.Click("Deactivate").Want(200)
	wantText(t, end, "1 approved device goes with it.", "1 device on which nobody has decided is withdrawn.", "Optic C1")
	wantText(t, end.Submit(webtest.Values{"template": "unused"}).Want(200), "is deactivated.", "Devices deactivated1")
	wantText(t, d.provider.Get("/devices/"+first.String()).Want(200), "Deactivated")
	back := d.admin.Get(path + "/reactivate").Want(200)
	wantText(t, back, "1 device comes back with it.")
	back.Submit(webtest.Values{"template": "settled"}).Want(200)
	wantText(t, d.provider.Get("/devices/"+first.String()).Want(200), "Approved")
}
