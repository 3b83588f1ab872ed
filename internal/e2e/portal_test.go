//go:build e2e

package e2e

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/mail"
	"portal/web/webtest"
)

// portal is one portal that listens on an address of this machine, with a
// database, a clock and a mailbox of its own.
type portal struct {
	*webtest.Site
	t    *testing.T
	base string
	mode
}

func newPortal(t *testing.T, m mode, settings ...string) *portal {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + listener.Addr().String()
	site := webtest.New(t, append([]string{"--public-url", base}, settings...)...)
	site.Lang = m.lang
	server := &http.Server{Handler: site.Handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return &portal{Site: site, t: t, base: base, mode: m}
}

// Browser is a new person's browser.
func (p *portal) Browser() *Browser {
	p.t.Helper()
	return newBrowser(p.t, p.base, p.mode)
}

// signIn signs an account in through the page.
func (b *Browser) signIn(email, password string) {
	b.t.Helper()
	b.open("/signin")
	b.fill("common.email", email)
	b.fill("common.password", password)
	b.press("ui.sign_in")
	if b.path() != "/home" {
		b.t.Fatalf("%s: %s cannot sign in: %s", b.name, email, ask[string](b, "text", ""))
	}
}

// staff is the browser of a new colleague.
func (p *portal) staff(roles ...authz.Role) (*Browser, authz.Actor) {
	p.t.Helper()
	a := p.Colleague(roles...)
	b := p.Browser()
	b.signIn(a.Email, webtest.Password)
	return b, a
}

// menu opens a page of the left navigation, which a narrow window folds away.
func (b *Browser) menu(text string) {
	b.t.Helper()
	if b.width < 800 {
		b.toggle("ui.menu")
	}
	b.follow(text)
}

// act opens the menu of a row and follows one of its lines.
func (b *Browser) act(row, text string) {
	b.t.Helper()
	b.in(row).toggle("ui.actions_for", "Name", row)
	b.in(row).follow(text)
}

// newest is the latest mail to somebody; the worker has sent what was waiting.
func (p *portal) newest(to string) mail.Rendered {
	p.t.Helper()
	mails := p.Mails(to)
	if len(mails) == 0 {
		p.t.Fatalf("%s: no mail came to %s", p.name, to)
	}
	return mails[len(mails)-1]
}

var (
	sixDigits = regexp.MustCompile(`\b\d{6}\b`)
	address   = regexp.MustCompile(`https?://\S+`)
)

// code is the code in the latest mail to somebody.
func (p *portal) code(to string) string {
	p.t.Helper()
	code := sixDigits.FindString(p.newest(to).Text)
	if code == "" {
		p.t.Fatalf("%s: no code in the latest mail to %s: %s", p.name, to, p.newest(to).Text)
	}
	return code
}

// link is the path of the link in the latest mail to somebody.
func (p *portal) link(to string) string {
	p.t.Helper()
	link := address.FindString(p.newest(to).Text)
	if !strings.HasPrefix(link, p.base+"/") {
		p.t.Fatalf("%s: the latest mail to %s has the link %q", p.name, to, link)
	}
	return strings.TrimPrefix(link, p.base)
}

// wrong is six digits that are not the code.
func wrong(code string) string {
	last := code[5]
	return code[:5] + string('0'+(last-'0'+1)%10)
}

// walk runs a journey in each mode, each on a portal of its own.
func walk(t *testing.T, journey func(t *testing.T, p *portal), modes ...mode) {
	t.Helper()
	for _, m := range append([]mode{script, plain}, modes...) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			journey(t, newPortal(t, m))
		})
	}
}

// quiet keeps the access log out of the tests' output.
func quiet() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}
