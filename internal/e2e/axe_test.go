//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"portal/internal/authz"
	"portal/internal/demo"
	"portal/internal/id"
	"portal/web/webtest"
)

// axe is the source of axe-core. It is not in the repository: make e2e fetches
// it and says where it is.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("PORTAL_AXE")
	if path == "" {
		t.Fatal("PORTAL_AXE does not say where axe.min.js is; run these tests with: make e2e")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("PORTAL_AXE: %v; make e2e fetches it", err)
	}
	return string(source)
}

// What pages are judged by: in light by all rules, and painted dark once more by
// those that look at colours, since nothing else differs; in Arabic on a telephone,
// where elements and colours are the same, by those that look at words and sizes.
const (
	allRules    = `runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']`
	colourRules = `runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }`
	wordRules   = `runOnly: { type: 'rule', values: ['label-content-name-mismatch', 'target-size', 'scrollable-region-focusable', 'document-title',
		'html-has-lang', 'html-lang-valid', 'valid-lang', 'label', 'button-name', 'link-name', 'input-button-name', 'summary-name', 'select-name',
		'empty-heading', 'empty-table-header', 'landmark-unique', 'aria-hidden-focus', 'meta-viewport'] }`
)

// judge reports every serious or critical violation of some rules on the page.
const judge = `axe.run(WHERE, { resultTypes: ['violations'], preload: false, RULES })
	.then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.map(v => v.id + ' (' + v.impact + '): ' + v.help + ': ' + v.nodes.map(n => n.html.slice(0, 200)).slice(0, 3).join(' … ')))`

// TestWEB9NothingStandsInAnybodysWay opens every page as everybody who may, in
// light and dark, and in Arabic.
func TestWEB9NothingStandsInAnybodysWay(t *testing.T) {
	t.Parallel()
	source := axe(t)
	for _, m := range []mode{
		{name: "light and dark", lang: "en", width: 1280},
		{name: "Arabic", lang: "ar", width: 375},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, m)
			if err := demo.Load(t.Context(), p.App); err != nil {
				t.Fatal(err)
			}
			p.SendMail()
			g := &guide{portal: p, source: source, seen: map[string]bool{}, shown: map[string]bool{}}
			g.visitor()
			for role, email := range map[authz.Role]string{
				authz.AuthPartner: "auth@demo.test", authz.CredentialPartner: "credential@demo.test", authz.DeviceProvider: "camera@demo.test",
				authz.FTMProvider: "chip@demo.test", authz.PolicyManager: "manager@demo.test", authz.PartnerAdmin: "admin@demo.test",
			} {
				g.member(role, email)
			}
			for pattern, shown := range g.shown {
				if !shown {
					t.Errorf("%s: the demonstration has nothing to show there to anybody", pattern)
				}
			}
			t.Logf("%d pages, %d of them judged", g.opened, g.judged)
		})
	}
}

// guide shows a browser around.
type guide struct {
	*portal
	source         string
	seen           map[string]bool // frames and contents that were judged
	shown          map[string]bool // kinds of pages, and whether anybody saw one
	opened, judged int
}

// judge looks at the page that the browser shows, with its filters open. What was
// built just the same is not judged twice: neither a page nor the frame around it.
func (g *guide) judge(b *Browser, what string) {
	g.t.Helper()
	g.opened++
	ask[chromedp.Void](b, "unfold")
	shape := ask[[]string](b, "shape")
	if g.seen[shape[0]] && g.seen[shape[1]] {
		return
	}
	where := "document"
	if g.seen[shape[0]] {
		where = "document.querySelector('main')"
	}
	g.seen[shape[0]], g.seen[shape[1]] = true, true
	g.judged++
	b.run(g.source)
	if g.lang != "en" {
		g.report(b, what, where, wordRules)
		return
	}
	g.report(b, what, where, allRules)
	b.paint("dark")
	g.report(b, what+", dark", where, colourRules)
	b.paint("light")
}

func (g *guide) report(b *Browser, what, where, rules string) {
	g.t.Helper()
	for _, violation := range violations(b, where, rules) {
		g.t.Errorf("%s, %s: %s", g.name, what, violation)
	}
}

// run evaluates a script on the page.
func (b *Browser) run(source string) {
	b.t.Helper()
	if _, err := run(b, chromedp.Evaluate[chromedp.Void](source)); err != nil {
		b.t.Fatal(err)
	}
}

func violations(b *Browser, where, rules string) []string {
	b.t.Helper()
	found, err := run(b, chromedp.Evaluate[[]string](strings.NewReplacer("WHERE", where, "RULES", rules).Replace(judge), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// TestWEB9TheJudgeIsAwake shows that violations are found, and in dark the
// dark ones.
func TestWEB9TheJudgeIsAwake(t *testing.T) {
	t.Parallel()
	source := axe(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en" dir="ltr"><title>t</title><link rel="icon" href="data:,"><style>
			@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style>
			<main><h1>Page</h1><p>Text</p><input name="x"></main>`))
	}))
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		dark  bool
		rules string
		want  []string
	}{
		{false, allRules, []string{"label"}},
		{true, allRules, []string{"color-contrast", "label"}},
		{false, colourRules, nil},
		{true, colourRules, []string{"color-contrast"}},
		{true, wordRules, []string{"label"}},
	} {
		b := newBrowser(t, srv.URL, mode{name: "judge", lang: "en", width: 1280})
		b.open("/")
		b.run(source)
		if c.dark {
			b.paint("dark")
		}
		var rules []string
		for _, v := range violations(b, "document", c.rules) {
			rule, _, _ := strings.Cut(v, " ")
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		if !slices.Equal(rules, c.want) {
			t.Errorf("dark %v, %s: %q, want %q", c.dark, c.rules, rules, c.want)
		}
	}
}

// visitor goes through the registration, so that each of its pages has
// something to show.
func (g *guide) visitor() {
	b := g.Browser()
	b.answer(acme)
	for _, rt := range g.Portal.Routes {
		if rt.Method == http.MethodGet && rt.Access.Allows(authz.Actor{Roles: []authz.Role{authz.Visitor}}) && !strings.HasPrefix(rt.Pattern, "/dev/") {
			b.open(rt.Pattern)
			g.judge(b, "visitor "+rt.Pattern)
		}
	}
	for _, form := range []string{"/signin", "/forgot"} {
		b.open(form)
		b.expect(http.StatusUnprocessableEntity).press(map[string]string{"/signin": "signin.do", "/forgot": "signin.forgot.do"}[form])
		g.judge(b, "visitor refused at "+form)
	}
	b.open("/register/check")
	b.press("register.check.send")
	g.judge(b, "visitor asked for a code")
	b.fill("register.code.label", wrong(g.code(acme.email)))
	b.expect(http.StatusUnprocessableEntity).press("register.code.submit")
	g.judge(b, "visitor with a wrong code")
	b.fill("register.code.label", g.code(acme.email))
	b.press("register.code.submit")
	g.judge(b, "visitor after sending")
	b.expect(http.StatusNotFound).open("/no-such-page")
	g.judge(b, "visitor lost")
}

// member opens everything that a role may, each kind of page with one thing.
func (g *guide) member(role authz.Role, email string) {
	b := g.enter(email)
	actor := g.Actor(email)
	for _, rt := range g.Portal.Routes {
		if rt.Method != http.MethodGet || !rt.Access.Allows(actor) || strings.HasPrefix(rt.Pattern, "/dev/") || path.Ext(rt.Pattern) != "" ||
			rt.Access.Allows(authz.Actor{Roles: []authz.Role{authz.Visitor}}) {
			continue
		}
		if role == authz.PolicyManager && g.lang != "en" && strings.Contains(rt.Pattern, "{id}") {
			continue // how it looks does not depend on which of the colleagues looks
		}
		things := g.things(rt.Pattern, actor.Partner)
		if g.lang != "en" && len(things) > 1 {
			things = things[:1] // in another state a page has other sentences of the same catalogue
		}
		for _, thing := range things {
			b.open(thing)
			g.judge(b, string(role)+" "+thing)
		}
	}
	if role == authz.PartnerAdmin {
		g.authors(b)
	}
	switch {
	case actor.May(authz.PolicyWrite):
		for _, form := range []string{"/policy-groups/new", "/auth-policies/new", "/datashare-policies/new"} {
			b.open(form)
			b.expect(http.StatusUnprocessableEntity).press("common.save")
			g.judge(b, string(role)+" refused at "+form)
		}
	default:
		b.expect(http.StatusForbidden).open("/partners")
		g.judge(b, string(role)+" refused")
	}
}

// authors goes through the pages that only somebody who writes policies sees.
func (g *guide) authors(b *Browser) {
	look := func(what string) { g.judge(b, "author "+what) }
	b.open("/auth-policies/new")
	b.press("policydoc.sample.know_your_customer.title")
	look("with a sample")
	b.fill("policy.document", broken)
	b.press("policy.check")
	look("with findings")
	b.fill("policy.document", "{")
	b.press("policy.check")
	look("with half a text")
	b.open("/datashare-policies/new")
	b.press("policydoc.sample.card_printing.title")
	look("with rows")

	b.open("/policies/import")
	for _, second := range []file{{"broken.json", broken}, {"register.json", register}} {
		b.fill("policy.group", "Banking")
		b.upload("field-files", file{"codes.json", sample(auth, 0)}, second)
		if second.name == "broken.json" {
			b.expect(http.StatusUnprocessableEntity)
		}
		b.press("policy_import.look")
		look("before importing " + second.name)
	}

	one := g.things("/auth-policies/{id}/compare", id.Partner{})[0]
	page := strings.TrimSuffix(one, "/compare")
	for _, path := range []string{
		one + "?from=1&to=2", page + "?as_of=" + g.today(0), page + "?as_of=" + g.today(-400), page + "/preview?version=2&against=1",
		page + "/try?way=otp&way=kyc&attribute=fullName&person=adult", page + "/try?way=pin", "/auth-policies/new?from=" + strings.TrimPrefix(page, "/auth-policies/") + "&version=1",
	} {
		b.open(path)
		look(path)
	}
}

// enter is the browser of an account that signed in elsewhere: its cookies are
// carried over, and its language is the mode's.
func (p *portal) enter(email string) *Browser {
	p.t.Helper()
	c := p.SignedIn(email)
	c.Post("/language", url.Values{"lang": {p.lang}, "to": {"/home"}}).Want(http.StatusOK)
	return p.carry(c)
}

// carry makes a browser of a client, with its cookies.
func (p *portal) carry(c *webtest.Client) *Browser {
	p.t.Helper()
	b := p.Browser()
	for _, cookie := range c.Jar.Cookies(p.App.Config.PublicURL) {
		b.do(call(network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: p.base + "/"}))
	}
	return b
}
