package register_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/web/webtest"
)

const password = "seven quiet otters paint fences"

// portal is a site with two policy groups.
type portal struct {
	*webtest.Site
	t       *testing.T
	telecom id.PolicyGroup
}

func open(t *testing.T) *portal {
	t.Helper()
	p := &portal{Site: webtest.New(t), t: t, telecom: id.New[id.PolicyGroup]()}
	p.exec(`insert into policy_groups (id, name, description, status, created_at, updated_at)
		values (@id, 'Telecom', 'Telephone companies', 'active', now(), now())`, pg.Args{"id": p.telecom})
	return p
}

func (p *portal) exec(sql string, args pg.Args) {
	p.t.Helper()
	err := p.App.DB.Housekeep(p.t.Context(), "fixture", func(tx *pg.Tx) error {
		_, err := tx.Exec(p.t.Context(), sql, args)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) count(from string) int {
	p.t.Helper()
	n, err := pg.Value[int](p.t.Context(), p.App.DB.Read(), "select count(*) from "+from, pg.Args{})
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// answers are what a visitor fills in, page by page.
func (p *portal) answers() []webtest.Values {
	return []webtest.Values{
		{"type": "AUTH_PARTNER"},
		{"purpose": "We verify customers."},
		{"organisation": "Côte d’Azur Télécom", "address": "1 rue de la Paix\r\nNice"},
		{"first_name": "Ann", "last_name": "Other", "email": "ann@example.org", "phone": "+33 123456789"},
		{"policy_group": p.telecom.String()},
		{"lang": "fr"},
		{"password": password},
		{"consent": true},
	}
}

// fill answers every question and ends at the page of all answers.
func (p *portal) fill(c *webtest.Client, change func([]webtest.Values)) *webtest.Page {
	p.t.Helper()
	answers := p.answers()
	if change != nil {
		change(answers)
	}
	at := c.Get("/register").Want(200).Click("Start the registration")
	for i, values := range answers {
		if !at.Has(fmt.Sprintf("Step %d of 8", i+1)) {
			p.t.Errorf("%s does not say that it is step %d", at.Path, i+1)
		}
		at = at.Want(200).Submit(values)
	}
	if at.Want(200).Path != "/register/check" {
		p.t.Fatalf("after all answers: %s\n%s", at.Path, at.Text())
	}
	return at
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// mailedCode is the code in the latest mail to an address.
func (p *portal) mailedCode(to string) string {
	p.t.Helper()
	mails := p.Mails(to)
	if len(mails) == 0 {
		p.t.Fatalf("no mail to %s", to)
	}
	return sixDigits.FindString(mails[len(mails)-1].Text)
}

func other(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

func TestJ1RegisterFromStartToEnd(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	check := p.fill(c, nil)
	for _, shown := range []string{
		"Authentication Partner", "We verify customers.", "Côte d’Azur Télécom", "C-te-d-Azur-T-l-com", "Nice", "Ann Other",
		"ann@example.org", "Telecom", "Français", "+33 123456789",
	} {
		if !check.Has(shown) {
			t.Errorf("the answers do not show %q", shown)
		}
	}
	if strings.Contains(check.Body, password) {
		t.Error("the password is shown")
	}
	code := check.Submit(nil).Want(200)
	if code.Path != "/register/code" || !code.Has("ann@example.org") {
		t.Fatalf("after sending: %s\n%s", code.Path, code.Text())
	}
	input := code.Doc.Find(`input[name=code]`)
	if input.AttrOr("inputmode", "") != "numeric" || input.AttrOr("autocomplete", "") != "one-time-code" || input.Length() != 1 {
		t.Error("the code's input does not help phones")
	}
	right := p.mailedCode("ann@example.org")
	sent := code.Submit(webtest.Values{"code": " " + right[:3] + "-" + right[3:] + " "}).Want(200)
	if sent.Path != "/register/sent" || sent.Title() != "Your request was sent" || !sent.Has("Côte d’Azur Télécom") {
		t.Fatalf("after the code: %s\n%s", sent.Path, sent.Text())
	}
	if n := p.count("partners where status = 'pending_approval'"); n != 1 {
		t.Errorf("%d partners", n)
	}
	// Back and again: every page leads to the same end, and nothing happens twice.
	for _, again := range []*webtest.Page{code.Submit(webtest.Values{"code": right}), check.Submit(nil), c.Get("/register/code"), c.Get("/register/check"), c.Get("/register/purpose")} {
		if again.Want(200).Path != "/register/sent" {
			t.Errorf("replayed: %s", again.Path)
		}
	}
	if n := p.count("partners"); n != 1 {
		t.Errorf("%d partners after replays", n)
	}
	if start := c.Get("/register").Want(200); !start.Has("You sent a request from this browser") {
		t.Error("the first page does not remember the request")
	}
}

func TestJ1ResumeBackAndStartOver(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	p.fill(c, nil)
	if got := c.Get("/register/organisation").Want(200).Doc.Find(`[name=organisation]`).AttrOr("value", ""); got != "Côte d’Azur Télécom" {
		t.Errorf("Back lost the organisation: %q", got)
	}
	if !strings.Contains(c.Get("/register/organisation").Doc.Find(`[name=address]`).Text(), "1 rue de la Paix\nNice") {
		t.Error("Back lost the address")
	}
	if c.Get("/register/type").Doc.Find(`input[name=type][checked]`).AttrOr("value", "") != "AUTH_PARTNER" {
		t.Error("Back lost the type")
	}
	kept := c.Get("/register/password").Want(200)
	if !kept.Has("A password is chosen already") || strings.Contains(kept.Body, password) {
		t.Error("the password's page is wrong")
	}
	if at := kept.Submit(nil).Want(200); at.Path != "/register/check" {
		t.Errorf("keeping the password leads to %s", at.Path)
	}
	start := c.Get("/register").Want(200)
	if !start.Has("You began a registration in this browser") || start.Click("Continue").Path != "/register/check" {
		t.Error("a registration cannot be resumed")
	}
	if again := start.SubmitTo("/register/restart", nil).Want(200); again.Has("You began") || again.Path != "/register" {
		t.Error("starting over does not")
	}
	if n := p.count("registration_drafts"); n != 0 {
		t.Errorf("%d drafts remain", n)
	}
	if at := c.Get("/register/check"); at.Path != "/register" {
		t.Errorf("without a draft: %s", at.Path)
	}
}

func TestJ1ChangeLinksComeBack(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	p.fill(c, nil)
	at := c.Get("/register/purpose").Submit(webtest.Values{"purpose": "Something else."}).Want(200)
	if at.Path != "/register/check" || !at.Has("Something else.") {
		t.Errorf("after a change: %s", at.Path)
	}
	// A type that needs no group, then one that does again.
	at = c.Get("/register/type").Submit(webtest.Values{"type": "DEVICE_PROVIDER"}).Want(200)
	if at.Path != "/register/check" || at.Has("Policy group") {
		t.Errorf("a type without policies: %s", at.Path)
	}
	if at = c.Get("/register/group"); at.Path != "/register/check" {
		t.Errorf("the group's page of a type without: %s", at.Path)
	}
	at = c.Get("/register/type").Submit(webtest.Values{"type": "CREDENTIAL_PARTNER"}).Want(200)
	if at.Path != "/register/group" {
		t.Errorf("a type that needs a group leads to %s", at.Path)
	}
	if at = c.Get("/register/check"); at.Path != "/register/group" {
		t.Errorf("the answers without a group: %s", at.Path)
	}
}

func TestStepsOutOfOrderLeadToTheFirstUnfinishedOne(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	for _, path := range []string{"/register/purpose", "/register/check", "/register/code", "/register/sent", "/register/consent", "/register/send", "/register/resend", "/register/restart"} {
		if at := c.Get(path).Want(200); at.Path != "/register" {
			t.Errorf("%s without a draft leads to %s", path, at.Path)
		}
	}
	c.Get("/register/type").Submit(webtest.Values{"type": "FTM_PROVIDER"}).Want(200)
	for _, path := range []string{"/register/contact", "/register/group", "/register/check", "/register/send"} {
		if at := c.Get(path).Want(200); at.Path != "/register/purpose" || !at.Has("Step 2 of 7") {
			t.Errorf("%s leads to %s", path, at.Path)
		}
	}
	if at := c.Post("/register/send", nil); at.Path != "/register/purpose" {
		t.Errorf("sending leads to %s", at.Path)
	}
	if at := c.Post("/register/consent", url.Values{"consent": {"yes"}}); at.Path != "/register/purpose" {
		t.Errorf("posting a later step leads to %s", at.Path)
	}
}

func TestErrorsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	at := c.Get("/register/type").Submit(nil).Want(422)
	if at.FieldError("type") == "" || !strings.HasPrefix(at.Doc.Find("title").Text(), "Error:") || at.Doc.Find("h1").Length() != 1 {
		t.Errorf("no type: %s", at.Text())
	}
	at = c.Get("/register/type").Submit(webtest.Values{"type": "AUTH_PARTNER"}).Submit(webtest.Values{"purpose": strings.Repeat("x", 501)}).Want(422)
	if at.FieldError("purpose") == "" || !strings.Contains(at.Doc.Find("textarea").Text(), strings.Repeat("x", 501)) {
		t.Error("a long purpose is lost")
	}
	at = at.Submit(webtest.Values{"purpose": "Good"}).Submit(webtest.Values{"organisation": "مؤسسة"}).Want(422)
	if at.FieldError("public_id") == "" || at.FieldError("address") == "" || at.Doc.Find(`[name=organisation]`).AttrOr("value", "") != "مؤسسة" {
		t.Errorf("organisation: %s", at.Text())
	}
	if links := at.Doc.Find(".summary-box a").Length(); links != 2 {
		t.Errorf("%d links in the summary, want 2", links)
	}
	at = at.Submit(webtest.Values{"public_id": "acme", "address": "Here"}).
		Submit(webtest.Values{"first_name": "A", "last_name": "B", "email": "a@localhost", "phone": "x"}).Want(422)
	if at.FieldError("email") == "" || at.FieldError("phone") == "" || at.Doc.Find(`[name=email]`).AttrOr("value", "") != "a@localhost" {
		t.Errorf("contact: %s", at.Text())
	}
	at = at.Submit(webtest.Values{"email": "a@example.org", "phone": "+33 123456"}).Submit(nil).Want(422)
	at = at.Submit(webtest.Values{"policy_group": p.telecom.String()}).Submit(webtest.Values{"lang": "ar"}).
		Submit(webtest.Values{"password": "too short"}).Want(422)
	if at.FieldError("password") == "" || strings.Contains(at.Body, "too short") {
		t.Errorf("password: %s", at.Text())
	}
	at = at.Submit(webtest.Values{"password": password}).Submit(nil).Want(422)
	if at.FieldError("consent") == "" {
		t.Errorf("consent: %s", at.Text())
	}
	p.speaks(at, "en")
}

func TestCodePagesWrongExpiredUsedUpResent(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	code := p.fill(c, nil).Submit(nil)
	right := p.mailedCode("ann@example.org")
	if at := code.Submit(webtest.Values{"code": "  "}).Want(422); at.FieldError("code") == "" {
		t.Error("an empty code")
	}
	at := code.Submit(webtest.Values{"code": other(right)}).Want(422)
	if got := at.FieldError("code"); got != "This is not the code. You have 4 more attempts." {
		t.Errorf("wrong code: %q", got)
	}
	if v := at.Doc.Find("input[name=code]").AttrOr("value", ""); v != "" {
		t.Errorf("the code is kept: %q", v)
	}
	if !c.Get("/register/code").Has("in 60 seconds") {
		t.Errorf("the time of the next code is missing: %s", c.Get("/register/code").Text())
	}
	p.Clock.Advance(time.Minute)
	resent := c.Get("/register/code").SubmitTo("/register/resend", nil).Want(200)
	if !resent.Has("We sent a new code at") || resent.Path != "/register/code" {
		t.Errorf("re-sent: %s", resent.Text())
	}
	if twice := c.Post("/register/resend", nil).Want(200); twice.Path != "/register/code" {
		t.Errorf("re-sent twice: %s", twice.Path)
	}
	if got := resent.Submit(webtest.Values{"code": right}).Want(422).FieldError("code"); got != "This is not the code. You have 3 more attempts." {
		t.Errorf("the first code after a resend: %q", got)
	}
	p.mailedCode("ann@example.org") // hands the second one over
	p.Clock.Advance(10*time.Minute + time.Second)
	expired := c.Get("/register/code").Want(200)
	if expired.Title() != "This code has expired" {
		t.Errorf("expired: %q", expired.Title())
	}
	if at := c.Post("/register/code", url.Values{"code": {right}}).Want(422); at.Title() != "This code has expired" {
		t.Errorf("an expired code: %q", at.Title())
	}
	code = expired.Submit(nil).Want(200)
	if code.Path != "/register/code" || code.Doc.Find("input[name=code]").Length() != 1 {
		t.Fatalf("a new code after expiry: %s", code.Text())
	}
	right = p.mailedCode("ann@example.org")
	for range 2 {
		code.Submit(webtest.Values{"code": other(right)}).Want(422)
	}
	used := code.Submit(webtest.Values{"code": other(right)}).Want(422)
	if used.Title() != "Too many wrong codes" {
		t.Errorf("used up: %q", used.Title())
	}
	if at := code.Submit(webtest.Values{"code": right}).Want(422); at.Title() != "Too many wrong codes" {
		t.Errorf("the right code after five wrong ones: %q", at.Title())
	}
	code = used.Submit(nil).Want(200)
	if at := code.Submit(webtest.Values{"code": p.mailedCode("ann@example.org")}).Want(200); at.Path != "/register/sent" {
		t.Errorf("the new code: %s", at.Path)
	}
}

func TestTakenMeanwhileLeadsBackAndNeedsNoNewCode(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.Visitor()
	code := p.fill(c, nil).Submit(nil)
	right := p.mailedCode("ann@example.org")
	p.exec(`update policy_groups set status = 'deactivated'`, pg.Args{})
	at := code.Submit(webtest.Values{"code": right}).Want(422)
	if !at.Has("takes no new partners any more") || at.Title() != "Which policy group do you belong to?" {
		t.Errorf("a closed group: %s", at.Text())
	}
	if at = c.Get("/register/code").Want(200); at.Title() != "Your address is verified already" {
		t.Errorf("the code's page: %q", at.Title())
	}
	p.exec(`update policy_groups set status = 'active'`, pg.Args{})
	check := c.Get("/register/check").Want(200)
	if !check.Has("No further code is needed") {
		t.Error("the answers do not say that the address is verified")
	}
	if at = check.Submit(nil).Want(200); at.Path != "/register/sent" {
		t.Errorf("sent without a second code: %s", at.Path)
	}
}

func TestJ11PagesSpeakEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"fr", "ar"} {
		p := open(t)
		c := p.Visitor()
		c.Lang = lang
		at := c.Get("/register/type")
		for _, values := range p.answers() {
			at = at.Want(200).Submit(values)
			p.speaks(at, lang)
		}
		code := at.Submit(nil)
		p.speaks(code, lang)
		p.speaks(code.Submit(webtest.Values{"code": "1"}), lang)
		p.speaks(code.Submit(webtest.Values{"code": p.mailedCode("ann@example.org")}), lang)
		p.speaks(c.Get("/register"), lang)
	}
}

var missing = regexp.MustCompile(`\[[a-z_]+\.[a-z_.0-9]+\]`)

func (p *portal) speaks(at *webtest.Page, lang string) {
	p.t.Helper()
	if got := at.Doc.Find("html").AttrOr("lang", ""); got != lang {
		p.t.Errorf("%s is in %q, want %q", at.Path, got, lang)
	}
	if gap := missing.FindString(at.Text()); gap != "" {
		p.t.Errorf("%s in %s lacks %s", at.Path, lang, gap)
	}
}
