package partner_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

type office struct {
	partnertest.World
	site    *webtest.Site
	telecom id.PolicyGroup
	admin   authz.Actor
	browser *webtest.Client // the admin's
}

func newOffice(t *testing.T) *office {
	t.Helper()
	site := webtest.New(t)
	o := &office{World: partnertest.World{T: t, DB: site.App.DB}, site: site}
	o.telecom = o.Group("Telecom")
	o.admin = o.Staff("Ada Admin", "en", authz.PartnerAdmin)
	o.browser = o.as(o.admin)
	return o
}

// as is the browser of somebody who is signed in.
func (o *office) as(a authz.Actor) *webtest.Client {
	c := o.site.Visitor()
	u, _ := url.Parse(webtest.Origin)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: "portal", Value: o.SignIn(a.User), Path: "/"}})
	return c
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

func TestListShowsAndFilters(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	o.Pending("Lens", id.PolicyGroup{})
	o.Exec(`update partners set status = 'active' where organisation = 'Lens'`, nil)
	p := o.browser.Get("/partners").Want(200)
	complete(t, p)
	for _, want := range []string{"Acme", "Lens", "Pending approval", "Active", "Authentication Partner", "Telecom", "Ask for changes"} {
		if !p.Has(want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	menus := p.Doc.Find("tbody tr").Map(func(_ int, row *goquery.Selection) string {
		return strings.Join(row.Find(".pop a").Map(func(_ int, a *goquery.Selection) string { return a.Text() }), " ")
	})
	if strings.Join(menus, "; ") != "View Deactivate; View Approve Ask for changes Reject" {
		t.Errorf("menus: %q", menus)
	}
	for query, want := range map[string]int{
		"?status=pending_approval": 1, "?status=nonsense": 2, "?q=nothing": 0, "?type=DEVICE_PROVIDER": 1, "?page=1000000000": 2,
		"?group=" + o.telecom.String(): 1, "?group=x&page=-1&size=7&sort=%27--": 2, "?q=%00%ff": 2, "?name=a&email=nadia&status=pending_approval": 1,
	} {
		p := o.browser.Get("/partners" + query).Want(200)
		complete(t, p)
		if got := p.Doc.Find("tbody tr").Length(); got != want {
			t.Errorf("%s: %d rows, want %d", query, got, want)
		}
	}
	if p := o.browser.Get("/partners?q=" + acme.ID.String()); p.Path != "/partners/"+acme.ID.String() {
		t.Errorf("the exact id leads to %s", p.Path)
	}
	if p := o.browser.Get("/partners?q=nothing"); !p.Has("Nothing matches") {
		t.Error("no word about an empty filter")
	}
}

func TestPageShowsWhatADecisionWeighs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old := o.Pending("ACME", id.PolicyGroup{}, func(a *partner.Answers) { a.PublicID, a.Email = "old", "x@old.example" })
	if err := o.site.App.Partners.Reject(t.Context(), o.admin, old.ID, 1, "No licence yet"); err != nil {
		t.Fatal(err)
	}
	o.site.Clock.Advance(48 * time.Hour)
	acme := o.Pending("Acme", o.telecom)
	p := o.browser.Get("/partners").Want(200).Click("Acme").Want(200)
	complete(t, p)
	for _, want := range []string{
		"Work with the identity system", "1 Main Street", "Nadia", "nadia@acme.example", "+230 123 4567", "Telecom",
		"E-mail address verified", "Version 2026-01", "Same organisation", "No licence yet", "This request waits for you",
	} {
		if !p.Has(want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if href := p.Doc.Find("main a[href='/partners/" + old.ID.String() + "']"); href.Length() != 1 {
		t.Error("no link to the earlier request")
	}
	for _, verb := range []string{"approve", "request-changes", "reject"} {
		if p.Doc.Find("main a[href='/partners/"+acme.ID.String()+"/"+verb+"']").Length() != 1 {
			t.Errorf("no way to %s", verb)
		}
	}
	if p := o.browser.Get("/partners/" + old.ID.String()); p.Doc.Find("main a[href$='/approve']").Length() != 0 || !p.Has("Ada Admin\u2069 rejected the request") {
		t.Error("a decided request is offered for decision")
	}
}

// What an approval allows is on the page in plain sentences: of the policies of
// the partner's group and kind, and of no other.
func TestPageSaysWhatThePoliciesAllow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.Group("Banks")
	acme, lens := o.Pending("Acme", o.telecom), o.Pending("Lens", id.PolicyGroup{})
	pages := []string{"/partners/" + acme.ID.String(), "/partners/" + acme.ID.String() + "/approve"}
	for _, path := range pages {
		if p := o.browser.Get(path).Want(200); !p.Has("No policy of its kind is active") {
			t.Errorf("%s does not say that there is none", path)
		}
	}
	if p := o.browser.Get("/partners/" + lens.ID.String()).Want(200); p.Has("Policies of its group") {
		t.Error("a Device Provider has policies")
	}
	writer := o.Staff("Wanda Writer", "en", authz.PolicyManager)
	inForce := func(kind policydoc.Kind, group id.PolicyGroup, name string, sample int) {
		t.Helper()
		p, err := o.site.App.Policies.CreatePolicy(t.Context(), writer, policy.Input{
			ID: id.New[id.Policy](), Kind: kind, GroupID: group, Name: name, Description: "For tests", Document: string(policydoc.Samples(kind)[sample].Document),
		})
		if err != nil {
			t.Fatal(err)
		}
		pic, err := o.site.App.Policies.Picture(t.Context(), o.admin, p.ID, policy.Activate, 0)
		if err == nil {
			err = o.site.App.Policies.ActivatePolicy(t.Context(), o.admin, p.ID, policy.Seen{Version: p.Version, Picture: pic.Fingerprint()})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	inForce(policydoc.KindAuth, other, "Elsewhere", 0)
	inForce(policydoc.KindDataShare, o.telecom, "Handover", 0)
	inForce(policydoc.KindAuth, o.telecom, "Counter", 0)
	for _, path := range pages {
		p := o.browser.Get(path).Want(200)
		complete(t, p)
		rules := p.Doc.Find("details.printed")
		if rules.Length() != 1 || rules.Filter("[open]").Length() != 1 || !strings.Contains(rules.Text(), "Counter") || !strings.Contains(rules.Text(), "one-time code") {
			t.Errorf("%s: %s", path, rules.Text())
		}
	}
	for n := range 11 {
		inForce(policydoc.KindAuth, o.telecom, fmt.Sprintf("More %d", n), 0)
	}
	p := o.browser.Get(pages[0]).Want(200)
	if n := p.Doc.Find("details.printed").Length(); n != 10 || p.Doc.Find("details.printed[open]").Length() != 0 {
		t.Errorf("%d policies, want 10, all folded", n)
	}
	if n := p.Click("See all 12 policies in the list").Want(200).Doc.Find("tbody tr").Length(); n != 12 {
		t.Errorf("the list has %d, want 12", n)
	}
}

func TestApproving(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom, func(a *partner.Answers) { a.Lang = "fr" })
	ask := o.browser.Get("/partners/" + acme.ID.String()).Click("Approve").Want(200)
	complete(t, ask)
	if !ask.Has("becomes a partner at once") || !ask.Has("nadia@acme.example") {
		t.Error("the page does not say what happens")
	}
	done := ask.Submit(nil).Want(200)
	if done.Path != "/partners?status=pending_approval" || !done.Has("is admitted and is told so by e-mail") {
		t.Errorf("%s: %s", done.Path, done.Text())
	}
	if got := o.Load(acme.ID).Status; got != partner.Active {
		t.Error(got)
	}
	mails := o.site.Mails(acme.Email)
	if len(mails) != 1 || !strings.Contains(mails[0].Subject, "admis") {
		t.Errorf("%+v", mails)
	}
	// The same form once more: the same page, nothing more happens.
	if again := ask.Submit(nil).Want(200); again.Path != done.Path {
		t.Error(again.Path)
	}
	if n := o.Count("partner_reviews"); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

func TestRejecting(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	ask := o.browser.Get("/partners/" + acme.ID.String() + "/reject").Want(200)
	complete(t, ask)
	empty := ask.Submit(webtest.Values{"reason": "  "}).Want(422)
	complete(t, empty)
	if empty.FieldError("reason") == "" || !strings.HasPrefix(empty.Doc.Find("title").Text(), "Error") {
		t.Error("no word at the field")
	}
	long := strings.Repeat("é", partner.MaxReason+1)
	if p := ask.Submit(webtest.Values{"reason": long}).Want(422); p.Doc.Find("textarea[name=reason]").Text() != "\n"+long && p.Doc.Find("textarea[name=reason]").Text() != long {
		t.Error("what was typed is lost")
	}
	ask.Submit(webtest.Values{"reason": "You are <b>not</b> a bank"}).Want(200)
	if got := o.Load(acme.ID).Status; got != partner.Rejected {
		t.Error(got)
	}
	if mails := o.site.Mails(acme.Email); len(mails) != 1 || !strings.Contains(mails[0].Text, "not</b> a bank") {
		t.Errorf("%+v", mails)
	}
	p := o.browser.Get("/partners/" + acme.ID.String())
	if !p.Has("You are <b>not</b> a bank") || p.Doc.Find("main .quote b").Length() != 0 {
		t.Error("the reason is not shown as it was written")
	}
}

func TestAskingForChanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	ask := o.browser.Get("/partners/" + acme.ID.String() + "/request-changes").Want(200)
	complete(t, ask)
	if !ask.Has("Now: \u2068+230 123 4567\u2069") {
		t.Errorf("the present value is not beside the question: %s", ask.Text())
	}
	if ask.Doc.Find("[name=line_email]").Length() != 0 {
		t.Error("the proven address may be asked for")
	}
	empty := ask.Submit(webtest.Values{"note": " "}).Want(422)
	if empty.FieldError("note") == "" {
		t.Error("no word at the note")
	}
	bad := ask.Submit(webtest.Values{"line_phone": strings.Repeat("x", partner.MaxLine+1), "line_organisation": "As in the register"}).Want(422)
	complete(t, bad)
	if v, _ := bad.Doc.Find("[name=line_organisation]").Attr("value"); v != "As in the register" || bad.FieldError("line_phone") == "" {
		t.Errorf("kept: %q", v)
	}
	ask.Submit(webtest.Values{"line_phone": "Nobody answers", "line_organisation": "As in the register"}).Want(200)
	if got := o.Load(acme.ID).Status; got != partner.ChangesRequested {
		t.Fatal(got)
	}
	answers := o.Load(acme.ID).Answers()
	answers.Organisation, answers.Phone = "Acme SA", "+230 765 4321"
	if err := o.site.App.Partners.Resubmit(t.Context(), partnertest.Person(acme), 2, answers); err != nil {
		t.Fatal(err)
	}
	p := o.browser.Get("/partners/" + acme.ID.String()).Want(200)
	complete(t, p)
	changed := p.Doc.Find("main del, main ins").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if strings.Join(changed, "|") != "Acme|Acme SA|+230 123 4567|+230 765 4321" || !p.Has("Nobody answers") || !p.Has("Changed since submission 1") {
		t.Errorf("differences: %q", changed)
	}
}

func TestCON1TooLateSaysWhatHappenedAndKeepsTheText(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	reject := o.browser.Get("/partners/" + acme.ID.String() + "/reject")
	change := o.browser.Get("/partners/" + acme.ID.String() + "/request-changes")
	eva := o.Staff("Eva Second", "en", authz.PartnerAdmin)
	o.as(eva).Get("/partners/" + acme.ID.String() + "/approve").Submit(nil).Want(200)
	p := reject.Submit(webtest.Values{"reason": "A long and careful text"}).Want(409)
	complete(t, p)
	if !p.Has("Eva Second\u2069 already approved this request on") || !p.Has("A long and careful text") {
		t.Error(p.Text())
	}
	if p := change.Submit(webtest.Values{"line_phone": "Nobody answers"}).Want(409); !p.Has("Nobody answers") {
		t.Error(p.Text())
	}
	if p := o.browser.Get("/partners/" + acme.ID.String() + "/reject"); p.Path != "/partners/"+acme.ID.String() {
		t.Errorf("nothing to decide, but %s", p.Path)
	}
	if n := o.Count("partner_reviews"); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

func TestCON4DeactivatedGroupIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	ask := o.browser.Get("/partners/" + acme.ID.String() + "/approve").Want(200)
	o.Exec(`update policy_groups set status = 'deactivated'`, nil)
	if p := ask.Submit(nil).Want(409); !p.Has("Telecom") || !p.Has("was deactivated") {
		t.Error(p.Text())
	}
	p := o.browser.Get("/partners/" + acme.ID.String()).Want(200)
	complete(t, p)
	if !p.Has("The policy group was deactivated") || p.Doc.Find("main a[href$='/approve']").Length() != 0 {
		t.Error("it is offered for approval")
	}
	if p := o.browser.Get("/partners/" + acme.ID.String() + "/approve").Want(200); p.Doc.Find("main form").Length() != 0 {
		t.Error("the page offers a button that cannot work")
	}
}

func TestAUT3OthersFindNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, other := o.Pending("Acme", o.telecom), o.Pending("Other", o.telecom)
	stranger := o.as(partnertest.Person(other))
	manager := o.as(o.Staff("Max Manager", "en", authz.PolicyManager))
	at := "/partners/" + acme.ID.String()
	for _, path := range []string{"/partners", at, at + "/approve", at + "/request-changes", at + "/reject", "/partners/" + other.ID.String()} {
		for who, c := range map[string]*webtest.Client{"partner": stranger, "manager": manager} {
			if p := c.Get(path); p.Status != http.StatusForbidden || p.Has("Acme") {
				t.Errorf("%s as %s: %d", path, who, p.Status)
			}
		}
		if p := o.site.Visitor().Get(path); !strings.HasPrefix(p.Path, "/signin") {
			t.Errorf("%s as a visitor: %s", path, p.Path)
		}
	}
	for _, path := range []string{
		"/partners/" + id.New[id.Partner]().String(), "/partners/x", "/partners/" + strings.ToUpper(acme.ID.String()),
		"/partners/{" + acme.ID.String() + "}", at + "/delete", "/partners/" + o.telecom.String() + "/approve",
	} {
		o.browser.Get(path).Want(404)
	}
}

// Fields that no form of ours has are refused (security.md AUT-5).
func TestAUT5ForeignFieldsAreRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.Pending("Acme", o.telecom)
	at := "/partners/" + acme.ID.String()
	token, _ := o.browser.Get(at + "/reject").Doc.Find("main input[name=_token]").Attr("value")
	for name, c := range map[string]struct {
		verb   string
		fields url.Values
		status int
	}{
		"status":          {"approve", url.Values{"version": {"1"}, "status": {"active"}}, 400},
		"decided_by":      {"reject", url.Values{"version": {"1"}, "reason": {"x"}, "decided_by": {"x"}}, 400},
		"e-mail line":     {"request-changes", url.Values{"version": {"1"}, "line_email": {"x"}}, 400},
		"repeated":        {"reject", url.Values{"version": {"1", "2"}, "reason": {"x"}}, 400},
		"not UTF-8":       {"reject", url.Values{"version": {"1"}, "reason": {"\xff"}}, 400},
		"NUL":             {"reject", url.Values{"version": {"1"}, "reason": {"a\x00b"}}, 422},
		"no version":      {"approve", url.Values{}, 409},
		"strange version": {"approve", url.Values{"version": {"-99999999999999999999"}}, 409},
		"huge":            {"reject", url.Values{"version": {"1"}, "reason": {strings.Repeat("x", 70_000)}}, 413},
	} {
		c.fields.Set("_token", token)
		if p := o.browser.Post(at+"/"+c.verb, c.fields); p.Status != c.status {
			t.Errorf("%s: %d, want %d", name, p.Status, c.status)
		}
	}
	if p := o.Load(acme.ID); p.Version != 1 || o.Count("partner_reviews") != 0 {
		t.Error("something was written")
	}
}

// Every page is complete in every language, and Arabic runs from the right.
func TestPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Pending("ACME", id.PolicyGroup{}, func(a *partner.Answers) { a.PublicID, a.Email = "old", "x@old.example" })
	acme := o.Pending("Acme", o.telecom)
	at := "/partners/" + acme.ID.String()
	for _, lang := range []string{"fr", "ar"} {
		o.Exec(`update users set lang = @lang`, pg.Args{"lang": lang})
		for _, path := range []string{"/partners", "/partners?q=none", at, at + "/approve", at + "/request-changes", at + "/reject"} {
			p := o.browser.Get(path).Want(200)
			complete(t, p)
			if got := p.Doc.Find("html").AttrOr("lang", ""); got != lang {
				t.Errorf("%s is in %s", path, got)
			}
			if lang == "ar" && p.Doc.Find("html").AttrOr("dir", "") != "rtl" {
				t.Errorf("%s runs the wrong way", path)
			}
		}
	}
}
