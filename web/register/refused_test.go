package register_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portal/internal/pg"
	"portal/web/webtest"
)

func TestREG1PagesAreTheSameForKnownAddresses(t *testing.T) {
	t.Parallel()
	p := open(t)
	first := p.Visitor()
	p.fill(first, nil).Submit(nil).Submit(webtest.Values{"code": p.mailedCode("ann@example.org")}).Want(200)
	pages := func(email string) []string {
		c := p.Visitor()
		check := p.fill(c, func(a []webtest.Values) { a[2]["public_id"], a[3]["email"] = "acme", email })
		code := check.Submit(nil)
		wrong := code.Submit(webtest.Values{"code": "x"})
		var seen []string
		for _, at := range []*webtest.Page{code, wrong} {
			text := strings.ReplaceAll(at.Doc.Find("main").Text(), email, "E")
			seen = append(seen, fmt.Sprintf("%d %s %s %q", at.Status, at.Path, strings.Join(at.Hops, ","), text))
		}
		return seen
	}
	known, fresh := pages("ann@example.org"), pages("new@example.org")
	for i := range known {
		if known[i] != fresh[i] {
			t.Errorf("page %d tells them apart:\n%s\n%s", i, known[i], fresh[i])
		}
	}
}

func TestREG6TooManyFromOneNetworkAreTold(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.exec(`insert into challenges (id, purpose, email, email_key, net_key, created_at, sent_at)
		select gen_random_uuid(), 'register', 'x', 'x' || n, '192.0.2.1', @now, @now from generate_series(1, 20) as n`, pg.Args{"now": p.Clock.Now()})
	c := p.Visitor()
	check := p.fill(c, nil)
	at := check.Submit(nil).Want(429)
	if at.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if again := c.Get("/register/check").Want(200); again.Path != "/register/check" {
		t.Error("the answers are lost")
	}
	c.IP = "198.51.100.7"
	check.Submit(nil).Want(200)
}

func TestREG8CodeFromAnotherBrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	mine := p.Visitor()
	p.fill(mine, nil).Submit(nil)
	right := p.mailedCode("ann@example.org")
	theirs := p.Visitor()
	if at := theirs.Post("/register/code", url.Values{"code": {right}}).Want(200); at.Path != "/register" {
		t.Errorf("another browser lands on %s", at.Path)
	}
	if n := p.count("users where owner"); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

func TestAUT5AUT7UnknownFieldsAndStaffRoles(t *testing.T) {
	t.Parallel()
	p := open(t)
	for _, role := range []string{"PARTNER_ADMIN", "POLICYMANAGER", "SYSTEM", "VISITOR", "auth_partner", ""} {
		c := p.Visitor()
		if at := c.Post("/register/type", url.Values{"type": {role}}).Want(422); at.FieldError("type") == "" {
			t.Errorf("type %q: %s", role, at.Text())
		}
	}
	c := p.Visitor()
	p.fill(c, nil)
	for _, step := range []string{"type", "purpose", "organisation", "contact", "group", "language", "password", "consent", "send", "code", "resend", "restart"} {
		for _, name := range []string{"role", "roles", "partner_id", "status", "version", "created_by", "owner", "user_id", "challenge_id", "verified_at"} {
			c.Post("/register/"+step, url.Values{name: {"PARTNER_ADMIN"}}).Want(http.StatusBadRequest)
		}
	}
	c.Post("/register/type", url.Values{"type": {"AUTH_PARTNER", "PARTNER_ADMIN"}}).Want(http.StatusBadRequest)
	c.Post("/register/purpose", url.Values{"purpose": {"\xff"}}).Want(http.StatusBadRequest)
	c.Post("/register/purpose", url.Values{"purpose": {"a\x00b"}}).Want(422)
	if n := p.count("users") + p.count("registration_drafts where challenge_id is not null"); n != 0 {
		t.Errorf("%d accounts or codes", n)
	}
}
