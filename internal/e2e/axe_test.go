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
	"portal/internal/pg"
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
// those that look at colours, since nothing else differs; in Arabic, where the
// colours are the same, by all others.
const (
	allRules    = `runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']`
	colourRules = `runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }`
	otherRules  = allRules + `, rules: { 'color-contrast': { enabled: false }, 'link-in-text-block': { enabled: false } }`
)

// judge reports every serious or critical violation of some rules on the page.
const judge = `axe.run(document, { resultTypes: ['violations'], preload: false, RULES })
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
				authz.AuthPartner: "auth@demo.test", authz.CredentialPartner: "credential@demo.test", authz.DeviceProvider: "device@demo.test",
				authz.FTMProvider: "ftm@demo.test", authz.PolicyManager: "manager@demo.test", authz.PartnerAdmin: "admin@demo.test",
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

// judge looks at the page that the browser shows, with its filters open. What
// another role was shown just the same, frame and content, is not judged twice.
func (g *guide) judge(b *Browser, what string) {
	g.t.Helper()
	g.opened++
	ask[chromedp.Void](b, "unfold")
	shape := ask[[]string](b, "shape")
	if g.seen[shape[0]] && g.seen[shape[1]] {
		return
	}
	g.seen[shape[0]], g.seen[shape[1]] = true, true
	g.judged++
	b.run(g.source)
	if g.lang != "en" {
		g.report(b, what, otherRules)
		return
	}
	g.report(b, what, allRules)
	b.paint("dark")
	g.report(b, what+", dark", colourRules)
	b.paint("light")
}

func (g *guide) report(b *Browser, what, rules string) {
	g.t.Helper()
	for _, violation := range violations(b, rules) {
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

func violations(b *Browser, rules string) []string {
	b.t.Helper()
	found, err := run(b, chromedp.Evaluate[[]string](strings.Replace(judge, "RULES", rules, 1), chromedp.EvalAwaitPromise))
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
		{true, otherRules, []string{"label"}},
	} {
		b := newBrowser(t, srv.URL, mode{name: "judge", lang: "en", width: 1280})
		b.open("/")
		b.run(source)
		if c.dark {
			b.paint("dark")
		}
		var rules []string
		for _, v := range violations(b, c.rules) {
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
		for _, thing := range g.things(rt.Pattern, actor.Partner) {
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

// things are the addresses of a kind of page: of one thing in each state that
// shows another page, and only of the reader's partner if it has one.
func (g *guide) things(pattern string, partner id.Partner) []string {
	g.t.Helper()
	if !strings.Contains(pattern, "{") {
		g.shown[pattern] = true
		return []string{pattern}
	}
	if _, ok := g.shown[pattern]; !ok {
		g.shown[pattern] = false
	}
	kind := `p.kind = 'auth'`
	if strings.HasPrefix(pattern, "/datashare-policies/") {
		kind = `p.kind = 'datashare'`
	}
	own := `(@partner::uuid is null or r.partner_id = @partner)`
	const versions = ` from policy_versions v join policies p on p.id = v.policy_id where `
	sql := map[string]string{
		"/partners":      `select distinct on (status) id::text as id from partners order by status, id`,
		"/policy-groups": `select distinct on (status) id::text as id from policy_groups order by status, id`,
		"/policies":      `select id::text as id from policies limit 1`,
		"/vocabulary":    `select min(id::text) as id from vocabulary_terms group by sensitivity`,
		"/staff":         `select id::text as id from users where partner_id is null`,

		"/policy-requests":                  `select distinct on (status) r.id::text as id from policy_requests r where ` + own + ` order by status, ends_on, r.id`,
		"/policy-requests/approve":          `select r.id::text as id from policy_requests r where ` + own + ` and status = 'pending_approval' limit 1`,
		"/policy-requests/reject":           `select r.id::text as id from policy_requests r where ` + own + ` and status = 'pending_approval' limit 1`,
		"/policy-requests/request-changes":  `select r.id::text as id from policy_requests r where ` + own + ` and status = 'pending_approval' limit 1`,
		"/policy-requests/edit":             `select r.id::text as id from policy_requests r where ` + own + ` and status = 'changes_requested' limit 1`,
		"/policy-requests/withdraw":         `select r.id::text as id from policy_requests r where ` + own + ` and status = 'pending_approval' limit 1`,
		"/policy-requests/extension":        `select r.id::text as id from policy_requests r where ` + own + ` and status = 'approved' order by ends_on limit 1`,
		"/policy-requests/extend":           `select r.id::text as id from policy_requests r where ` + own + ` and status = 'approved' order by ends_on limit 1`,
		"/policy-requests/refuse-extension": `select r.id::text as id from policy_requests r where ` + own + ` and exists (select 1 from policy_request_extensions e where e.request_id = r.id and e.decided_at is null) limit 1`,
		"/policy-requests/revoke":           `select r.id::text as id from policy_requests r where ` + own + ` and status = 'approved' limit 1`,
		"/certificates":                     `select distinct on (status) r.id::text as id from partner_certificates r where ` + own + ` order by status, r.id`,
		"/certificates/withdraw":            `select r.id::text as id from partner_certificates r where ` + own + ` and status = 'accepted' limit 1`,
		"/trust-store":                      `select distinct on (kind, status) id::text as id from ca_certificates order by kind, status, id`,
		"/api-keys":                         `select distinct on (status) r.id::text as id from api_keys r where ` + own + ` order by status, r.id`,
		"/api-keys/rotate":                  `select r.id::text as id from api_keys r where ` + own + ` and status = 'active' limit 1`,
		"/api-keys/deactivate":              `select r.id::text as id from api_keys r where ` + own + ` and status = 'active' limit 1`,
		"/service-accounts":                 `select distinct on (status) id::text as id from service_accounts order by status, id`,
		"/webhooks":                         `select distinct on (status) id::text as id from webhooks order by status, id`,
		"/notes":                            `select id::text as id from internal_notes limit 1`,

		"/policy-reviews":     `select id::text as id from policy_reviews where kind = 'emergency' limit 1`,
		"/policy-reviews/due": `select id::text as id from policies p where status = 'active' order by review_on limit 1`,

		"page":      `select distinct on (p.status) p.id::text as id from policies p where ` + kind + ` order by p.status, p.id`,
		"one":       `select p.id::text as id` + versions + kind + ` and p.status = 'active' group by p.id order by count(*) desc, p.id limit 1`,
		"waits":     `select p.id::text as id` + versions + kind + ` and v.status = 'inactive' and v.errors = 0 order by p.status, p.id limit 1`,
		"version":   `select distinct on (v.status) p.id::text as id, v.number::text as number` + versions + kind + ` order by v.status, p.id, v.number`,
		"decisions": `select distinct on (d.action, d.emergency) p.id::text as id, d.id::text as decision from policy_decisions d join policies p on p.id = d.policy_id where ` + kind,
	}[g.sort(pattern)]
	if sql == "" {
		g.t.Fatalf("%s: say here where its things are", pattern)
	}
	found, err := pg.Values[string](g.t.Context(), g.App.DB.Read(), `
		select replace(replace(replace(@pattern, '{id}', f.id), '{number}', coalesce(f.number, '')), '{decision}', coalesce(f.decision, ''))
		from (`+sql+`) t, lateral (select t.id, to_jsonb(t) ->> 'number' as number, to_jsonb(t) ->> 'decision' as decision) f
		where @partner::uuid is not distinct from @partner`, pg.Args{"pattern": pattern, "partner": id.OrNull(partner)})
	if err != nil {
		g.t.Fatal(pattern, err)
	}
	g.shown[pattern] = g.shown[pattern] || len(found) > 0
	return found
}

// sort tells which things have a kind of page.
func (g *guide) sort(pattern string) string {
	before, after, _ := strings.Cut(pattern, "/{id}")
	switch {
	case slices.Contains([]string{"/policy-requests", "/certificates", "/trust-store", "/api-keys", "/webhooks"}, before) && after != "":
		return before + after
	case before != "/auth-policies" && before != "/datashare-policies":
		return before
	case strings.HasPrefix(after, "/versions/"):
		return "version"
	case strings.HasPrefix(after, "/decisions/"):
		return "decisions"
	case after == "" || after == "/activate" || after == "/reactivate":
		return "page"
	case after == "/edit" || after == "/discard":
		return "waits"
	default:
		return "one"
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
