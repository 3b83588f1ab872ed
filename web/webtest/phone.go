package webtest

import (
	"net/http"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// Phone is somebody's authenticator app, with the recovery codes beside it.
type Phone struct {
	Site     *Site
	Key      string
	Recovery []string
}

// Code is what the app shows now.
func (p *Phone) Code() string {
	p.Site.T.Helper()
	code, err := totp.GenerateCode(p.Key, p.Site.App.DB.Now())
	if err != nil {
		p.Site.T.Fatal(err)
	}
	return code
}

// Wrong is a code that the app does not show.
func (p *Phone) Wrong() string {
	around := p.Code()
	for _, step := range []time.Duration{-30 * time.Second, 30 * time.Second} {
		code, _ := totp.GenerateCode(p.Key, p.Site.App.DB.Now().Add(step)) // the key is good: see Code
		around += " " + code
	}
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if !strings.Contains(around, code) {
			return code
		}
	}
	panic("four codes fit at once")
}

// Next waits until the app shows another code.
func (p *Phone) Next() { p.Site.Clock.Advance(30 * time.Second) }

// Enrol sets an authenticator app up through the pages, as the person does who has
// signed in with Password.
func (c *Client) Enrol() *Phone {
	c.Site.T.Helper()
	page := c.Get("/account/second-factor/new").Want(http.StatusOK).Submit(Values{"current": Password}).Want(http.StatusOK)
	phone := &Phone{Site: c.Site, Key: strings.ReplaceAll(page.Doc.Find("#second-factor-key").Text(), " ", "")}
	page = page.Submit(Values{"code": phone.Code()}).Want(http.StatusOK)
	phone.Recovery = strings.Fields(page.Doc.Find("#recovery-codes").Text())
	if len(phone.Recovery) != 10 {
		c.Site.T.Fatalf("no recovery codes are shown: %s", page.Text())
	}
	phone.Next()
	return phone
}

// Password signs an account in as far as the password does: at the page for the code.
func (s *Site) Password(email string) *Page {
	s.T.Helper()
	page := s.Visitor().Get("/signin").Submit(Values{"email": email, "password": Password}).Want(http.StatusOK)
	if page.Path != "/signin/code" {
		s.T.Fatalf("the password of %s led to %s", email, page.Path)
	}
	return page
}
