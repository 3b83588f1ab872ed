package home_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/web/webtest"
)

type portal struct {
	partnertest.World
	site    *webtest.Site
	telecom id.PolicyGroup
	admin   authz.Actor
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	site := webtest.New(t)
	p := &portal{World: partnertest.World{T: t, DB: site.App.DB}, site: site}
	p.telecom = p.Group("Telecom")
	p.admin = p.Staff("Ada Admin", "en", authz.PartnerAdmin)
	return p
}

// as is the browser of somebody who is signed in.
func (p *portal) as(a authz.Actor) *webtest.Client {
	c := p.site.Visitor()
	u, _ := url.Parse(webtest.Origin)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: "portal", Value: p.SignIn(a.User), Path: "/"}})
	return c
}

// ask gives a request back to its partner.
func (p *portal) ask(of partner.Partner, note string, lines ...partner.FieldLine) {
	p.T.Helper()
	if err := p.site.App.Partners.RequestChanges(p.T.Context(), p.admin, of.ID, of.Version, lines, note); err != nil {
		p.T.Fatal(err)
	}
}

// complete fails the test if a page lacks a message.
func complete(t *testing.T, p *webtest.Page) {
	t.Helper()
	for _, area := range []string{"admission.", "partner.", "home.", "common.", "ui.", "page."} {
		if i := strings.Index(p.Body, "["+area); i >= 0 {
			t.Errorf("%s lacks a message: %s", p.Path, p.Body[i:min(len(p.Body), i+60)])
		}
	}
	if strings.Contains(p.Body, "{{.") || strings.Contains(p.Body, "&lt;no value&gt;") {
		t.Errorf("%s shows a raw message", p.Path)
	}
	if n := p.Doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s has %d h1", p.Path, n)
	}
}

func hrefs(p *webtest.Page, in string) string {
	return strings.Join(p.Doc.Find(in+" a").Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") }), " ")
}

func statuses(p *webtest.Page) string {
	return strings.Join(p.Doc.Find(".tasks .tag").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), ", ")
}

func TestLandingTellsWhatThePortalIsFor(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for lang, word := range map[string]string{"en": "Register your organisation", "fr": "Inscrire votre organisation", "ar": "سجّل مؤسستك"} {
		c := p.site.Visitor()
		c.Lang = lang
		got := c.Get("/").Want(200)
		complete(t, got)
		if !got.Has(word) || got.Doc.Find("html").AttrOr("lang", "") != lang {
			t.Errorf("%s: %s", lang, got.Text())
		}
	}
	visitor := p.site.Visitor().Get("/")
	if links := hrefs(visitor, "main"); links != "/register /signin" {
		t.Errorf("ways on: %s", links)
	}
	if n := visitor.Doc.Find(".points li").Length(); n != 8 {
		t.Errorf("%d points", n)
	}
	if got := p.as(p.admin).Get("/"); got.Path != "/home" {
		t.Errorf("signed in: %s", got.Path)
	}
}

// The state table of the task list (product.md (d) "Task list").
func TestPartnerSeesWhereItStands(t *testing.T) {
	t.Parallel()
	for status, want := range map[partner.Status]struct {
		tasks string
		words []string
	}{
		partner.PendingApproval:  {"Done, Done, Waiting for us, Cannot start yet", []string{"Your request waits for us", "Waiting for us since", "2 days ago", "nadia@acme.example"}},
		partner.ChangesRequested: {"Done, Done, Waiting for you, Cannot start yet, Cannot start yet", []string{"We need changes from you", "Nobody answers", "And sign it", "Change and send again"}},
		partner.Rejected:         {"Done, Done, Rejected", []string{"Your request was rejected", "Not a bank"}},
		partner.Active:           {"Done, Done, Done, Waiting for you, Open, Cannot start yet", []string{"is admitted", "Have a certificate that counts", "Ask for a policy", "Make an API key", "Telecom", "The policies of this group"}},
		partner.Deactivated:      {"Done, Done, Done, Cannot start yet", []string{"was deactivated on", "The licence has ended", "ask the office that admitted you"}},
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			p := newPortal(t)
			acme := p.Pending("Acme", p.telecom)
			s := p.site.App.Partners
			switch status {
			case partner.ChangesRequested:
				p.ask(acme, "And sign it", partner.FieldLine{Field: "phone", Message: "Nobody answers"})
			case partner.Rejected:
				if err := s.Reject(t.Context(), p.admin, acme.ID, 1, "Not a bank"); err != nil {
					t.Fatal(err)
				}
			case partner.Active, partner.Deactivated:
				if err := s.Approve(t.Context(), p.admin, acme.ID, 1); err != nil {
					t.Fatal(err)
				}
				if status == partner.Deactivated {
					if err := p.site.App.Organisations.Deactivate(t.Context(), p.admin, acme.ID, 2, "The licence has ended"); err != nil {
						t.Fatal(err)
					}
				}
			case partner.PendingApproval:
			}
			p.site.Clock.Advance(48 * time.Hour)
			browser := p.as(partnertest.Person(acme))
			home := browser.Get("/home").Want(200)
			complete(t, home)
			if got := statuses(home); got != want.tasks {
				t.Errorf("tasks: %s", got)
			}
			for _, w := range want.words {
				if !home.Has(w) {
					t.Errorf("home lacks %q", w)
				}
			}
			if home.Has("Ada Admin") {
				t.Error("a member of staff is named")
			}
			for _, href := range strings.Fields(hrefs(home, "main")) {
				if got := browser.Get(href); got.Status != 200 {
					t.Errorf("dead link %s: %d", href, got.Status)
				}
			}
			own := browser.Get("/home/registration").Want(200)
			complete(t, own)
			if open := own.Doc.Find("main form").Length() == 1; open != (status == partner.ChangesRequested) {
				t.Errorf("open for changes: %v", open)
			}
			for _, lang := range []string{"fr", "ar"} {
				p.Exec(`update users set lang = @l`, pg.Args{"l": lang})
				complete(t, browser.Get("/home").Want(200))
				complete(t, browser.Get("/home/registration").Want(200))
			}
		})
	}
}

func TestPartnerChangesWhatWasAsked(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	acme := p.Pending("Acme", p.telecom)
	p.ask(acme, "", partner.FieldLine{Field: "phone", Message: "Nobody answers"}, partner.FieldLine{Field: "address", Message: "Which building?"})
	browser := p.as(partnertest.Person(acme))
	edit := browser.Get("/home").Click("Change and send again").Want(200)
	inputs := strings.Join(edit.Doc.Find("main form").Find("input, textarea, select").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("name", "") }), " ")
	if inputs != "_token version address phone" || !edit.Has("Nobody answers") || !edit.Has("Acme") {
		t.Errorf("exactly the asked fields: %s", inputs)
	}
	bad := edit.Submit(webtest.Values{"phone": "call me", "address": "2 Main Street"}).Want(422)
	complete(t, bad)
	if bad.FieldError("phone") == "" || !strings.Contains(bad.Doc.Find("[name=address]").Text(), "2 Main Street") {
		t.Error("no word at the field, or what was typed is lost")
	}
	check := edit.Submit(webtest.Values{"phone": " +230 765 4321 ", "address": "2 Main Street\r\nPort Louis"}).Want(200)
	complete(t, check)
	changed := strings.Join(check.Doc.Find("main del, main ins").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), "|")
	if changed != "1 Main Street\nPort Louis|2 Main Street\nPort Louis|+230 123 4567|+230 765 4321" || p.Load(acme.ID).Submission != 1 {
		t.Errorf("check page: %q", changed)
	}
	again := press(check, "edit").Want(200)
	if v := again.Doc.Find("[name=phone]").AttrOr("value", ""); v != "+230 765 4321" {
		t.Errorf("back keeps what was typed: %q", v)
	}
	sent := press(check, "send").Want(200)
	if sent.Path != "/home" || !sent.Has("Your request was sent again") || statuses(sent) != "Done, Done, Waiting for us, Cannot start yet" {
		t.Errorf("%s: %s", sent.Path, sent.Text())
	}
	// The same button once more: the same page, nothing more happens.
	if twice := press(check, "send").Want(200); twice.Path != "/home" {
		t.Error(twice.Path)
	}
	if got := p.Load(acme.ID); got.Submission != 2 || got.Phone != "+230 765 4321" || got.Status != partner.PendingApproval {
		t.Errorf("%+v", got)
	}
	if mails := p.site.Mails(p.admin.Email); len(mails) != 1 {
		t.Errorf("%d mails to the admin", len(mails))
	}
}

// press submits the page's form by one of its buttons.
func press(p *webtest.Page, value string) *webtest.Page {
	fields := webtest.Fields(p.Doc.Find("main form"))
	fields.Set("step", value)
	return p.Client.Post("/home/registration", fields)
}

func TestPartnerMaySendUnchangedAnswers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	acme := p.Pending("Acme", p.telecom)
	p.ask(acme, "Call us", partner.FieldLine{Field: "type", Message: "Are you sure?"})
	browser := p.as(partnertest.Person(acme))
	edit := browser.Get("/home/registration").Want(200)
	complete(t, edit)
	if edit.Doc.Find("[name=email]").Length() != 0 || edit.Doc.Find("[name=organisation]").Length() != 1 {
		t.Error("a note opens all but the proven address")
	}
	check := edit.Submit(nil).Want(200)
	complete(t, check)
	if !check.Has("You changed nothing") {
		t.Error(check.Text())
	}
	if got := press(check, "send"); got.Path != "/home" || p.Load(acme.ID).Submission != 2 {
		t.Error(got.Text())
	}
}

func TestPartnerChangesItsType(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	lens := p.Pending("Lens", id.PolicyGroup{})
	p.ask(lens, "", partner.FieldLine{Field: "type", Message: "You verify people"})
	browser := p.as(partnertest.Person(lens))
	edit := browser.Get("/home/registration").Want(200)
	if p := edit.Submit(webtest.Values{"type": "AUTH_PARTNER"}).Want(422); p.FieldError("policy_group") == "" {
		t.Error("no group, no word")
	}
	check := edit.Submit(webtest.Values{"type": "AUTH_PARTNER", "policy_group": p.telecom.String()}).Want(200)
	complete(t, check)
	press(check, "send").Want(200)
	if got := p.Load(lens.ID); got.Type != authz.AuthPartner || got.PolicyGroup != "Telecom" {
		t.Errorf("%+v", got)
	}
	complete(t, browser.Get("/home").Want(200))
}

func TestCON1StaleRegistrationForm(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	acme := p.Pending("Acme", p.telecom)
	p.ask(acme, "", partner.FieldLine{Field: "phone", Message: "Nobody answers"})
	browser := p.as(partnertest.Person(acme))
	old := browser.Get("/home/registration").Want(200)
	answers := p.Load(acme.ID).Answers()
	answers.Phone = "+230 000 0000"
	if err := p.site.App.Partners.Resubmit(t.Context(), partnertest.Person(acme), 2, answers); err != nil {
		t.Fatal(err)
	}
	late := old.Submit(webtest.Values{"phone": "+230 765 4321"}).Want(409)
	complete(t, late)
	if !late.Has("was already sent again on") && !late.Has("was written anew on") || !late.Has("+230 765 4321") {
		t.Error(late.Text())
	}
	p.ask(p.Load(acme.ID), "", partner.FieldLine{Field: "organisation", Message: "As in the register"})
	late = old.Submit(webtest.Values{"phone": "+230 765 4321"}).Want(409)
	complete(t, late)
	if !late.Has("was written anew on") {
		t.Error(late.Text())
	}
	press(old, "send").Want(409)
	if got := press(old, "edit").Want(200); got.Doc.Find("main form [name=organisation]").Length() != 1 {
		t.Error(got.Text())
	}
	if got := p.Load(acme.ID); got.Phone != "+230 000 0000" || got.Submission != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAUT5LockedAndForeignFields(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	acme := p.Pending("Acme", p.telecom)
	p.ask(acme, "", partner.FieldLine{Field: "phone", Message: "Nobody answers"})
	edit := p.as(partnertest.Person(acme)).Get("/home/registration")
	for name, change := range map[string]url.Values{
		"locked answer": {"organisation": {"Evil"}}, "e-mail": {"email": {"evil@x.example"}}, "status": {"status": {"active"}},
		"partner": {"partner_id": {"x"}}, "repeated": {"phone": {"+230 1", "+230 2"}}, "not UTF-8": {"phone": {"\xff"}},
	} {
		for _, value := range []string{"", "send"} {
			fields := webtest.Fields(edit.Doc.Find("main form"))
			fields.Set("step", value)
			for k, v := range change {
				fields[k] = v
			}
			if got := edit.Client.Post("/home/registration", fields); got.Status != 400 {
				t.Errorf("%s %q: %d", name, value, got.Status)
			}
		}
	}
	if got := p.Load(acme.ID); got.Version != 2 {
		t.Errorf("%+v", got)
	}
	// Staff have no registration, visitors sign in first.
	if got := p.as(p.admin).Get("/home/registration"); got.Status != http.StatusForbidden {
		t.Errorf("staff: %d", got.Status)
	}
	if got := p.site.Visitor().Get("/home"); !strings.HasPrefix(got.Path, "/signin") {
		t.Errorf("visitor: %s", got.Path)
	}
}

func TestPartnerAdminSeesWhatWaits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	browser := p.as(p.admin)
	empty := browser.Get("/home").Want(200)
	complete(t, empty)
	if !empty.Has("Nothing waits for you at the moment") || empty.Has("could not be delivered") {
		t.Error(empty.Text())
	}
	p.Pending("First", p.telecom)
	p.site.Clock.Advance(24 * time.Hour)
	p.Pending("Second", id.PolicyGroup{})
	back := p.Pending("Third", id.PolicyGroup{})
	p.ask(back, "More")
	p.Exec(`update mail_outbox set status = 'failed'`, nil)
	full := browser.Get("/home").Want(200)
	complete(t, full)
	if got := strings.Join(full.Doc.Find(".tile b").Map(func(_ int, b *goquery.Selection) string { return b.Text() }), " "); got != "2 1 1 0 0" {
		t.Errorf("counts: %s", got)
	}
	if got := full.Doc.Find(".tasks").Text(); strings.Index(got, "First") > strings.Index(got, "Second") || strings.Contains(got, "Third") {
		t.Errorf("oldest first: %s", got)
	}
	for _, href := range []string{"/partners?status=pending_approval", "/partners?status=changes_requested", "/mail?status=failed", "/auth-policies?status=waiting", "/datashare-policies?status=waiting"} {
		if !strings.Contains(hrefs(full, "main"), href) {
			t.Errorf("no link to %s", href)
		}
	}
	for _, href := range strings.Fields(hrefs(full, "main")) {
		if got := browser.Get(href); got.Status != 200 {
			t.Errorf("dead link %s: %d", href, got.Status)
		}
	}
	if got := full.Click("2 requests wait for a decision Decide").Want(200).Doc.Find("tbody tr").Length(); got != 2 {
		t.Errorf("the list has %d rows", got)
	}
}

func TestRolesSeeTheirOwnParts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.Pending("First", p.telecom)
	for name, c := range map[string]struct {
		actor              authz.Actor
		requests, policies bool
	}{
		"manager": {p.Staff("Max Manager", "en", authz.PolicyManager), false, true},
		"both":    {p.Staff("Bea Both", "en", authz.PolicyManager, authz.PartnerAdmin), true, true},
	} {
		home := p.as(c.actor).Get("/home").Want(200)
		complete(t, home)
		if home.Has("Requests to be admitted") != c.requests || home.Has("Policies to activate") != c.policies || home.Has("First") != c.requests {
			t.Errorf("%s: %s", name, home.Text())
		}
	}
	for _, lang := range []string{"fr", "ar"} {
		p.Exec(`update users set lang = @l`, pg.Args{"l": lang})
		complete(t, p.as(p.admin).Get("/home").Want(200))
	}
}

// What fails on the way makes an error page, never half a home.
func TestFailingCountIsNoHalfPage(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	browser := p.as(p.admin)
	p.Exec(`alter table mail_outbox rename to gone`, nil)
	if _, err := mail.Failed(t.Context(), p.DB); err == nil {
		t.Fatal("the plan of this test is wrong")
	}
	if got := browser.Get("/home"); got.Status != 500 || got.Has("Requests to be admitted") {
		t.Errorf("%d", got.Status)
	}
}
