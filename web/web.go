// Package web is the portal as a browser sees it: the order of the middleware,
// the one table of routes, and the menu drawn from it. Screens stand in the
// packages below; none imports another.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"portal/internal/app"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/secret"
	"portal/internal/session"
	"portal/web/account"
	"portal/web/api"
	"portal/web/apikey"
	"portal/web/assignment"
	"portal/web/auditlog"
	"portal/web/certificate"
	"portal/web/confirm"
	"portal/web/dev"
	"portal/web/device"
	"portal/web/devicetype"
	"portal/web/ftmchip"
	"portal/web/home"
	"portal/web/i18n"
	"portal/web/mailtpl"
	"portal/web/note"
	"portal/web/organisation"
	"portal/web/outbox"
	"portal/web/page"
	"portal/web/partner"
	"portal/web/partneradmin"
	"portal/web/people"
	"portal/web/policy"
	"portal/web/policygroup"
	"portal/web/policyimport"
	"portal/web/policypreview"
	"portal/web/policyrequest"
	"portal/web/policyreview"
	"portal/web/policystudio"
	"portal/web/publiclist"
	"portal/web/register"
	"portal/web/route"
	"portal/web/sbi"
	"portal/web/search"
	"portal/web/serviceaccount"
	websession "portal/web/session"
	"portal/web/signin"
	"portal/web/staff"
	"portal/web/static"
	"portal/web/truststore"
	"portal/web/ui"
	"portal/web/unsubscribe"
	"portal/web/verify"
	"portal/web/vocabulary"
	"portal/web/webhook"
)

// Options are what differs between serving, developing and testing.
type Options struct {
	Build string // shown at the foot of signed-in pages
	Dev   bool   // mount the development mailbox
}

// Portal is the whole web side.
type Portal struct {
	Handler http.Handler
	Metrics http.Handler  // to be served where operators reach it
	Routes  []route.Route // the pages
	API     []route.Route // what other programs ask
}

// MailText renders a mail of this installation.
func MailText(a *app.App) func(mail.Message) (mail.Rendered, error) {
	return mailtpl.Writer{Codes: a.Codes, Keys: a.Keys, Origin: a.Config.Origin()}.Render
}

// New puts the screens of a together. The configuration must name a public
// URL.
func New(a *app.App, o Options) *Portal {
	cfg := a.Config
	site := &page.Site{
		DB: a.DB, Origin: cfg.Origin(), Secure: cfg.Secure(), Zone: cfg.Zone, Build: o.Build,
		Sessions: websession.New(session.NewStore(a.DB), a.Keys, cfg.Secure()),
	}
	routes, public := table(a, site), publicLists(a, site)
	if o.Dev {
		routes = append(routes, outbox.DevRoutes(a.DB, MailText(a))...)
		routes = append(routes, dev.Routes()...)
	}
	gate := &confirm.Gate{Keys: a.Keys, Required: cfg.NeedsSecondFactor(), StepUp: a.Accounts.StepUp}
	menu := menuFor(routes)
	site.Menu = func(ctx context.Context, actor authz.Actor, path string) []ui.NavGroup {
		if gate.MustSetUp(actor) {
			return nil // no line of it would lead anywhere
		}
		return menu(ctx, actor, path)
	}
	site.Notices = notices(cfg)
	m := newMetrics(a.DB)
	programs := api.Routes(a.APIKeys, a.Hardware)
	return &Portal{Handler: handler(a, site, gate, routes, public, programs, m), Metrics: m.handler(), Routes: slices.Concat(routes, public), API: programs}
}

// notices are what an installation says on every page to who has signed in: which
// protection it does without.
func notices(cfg config.Config) func(context.Context, authz.Actor) []string {
	return func(ctx context.Context, actor authz.Actor) (said []string) {
		if cfg.FourEyes == "off" && actor.Staff() {
			said = append(said, i18n.T(ctx, "nav.four_eyes_off"))
		}
		if !cfg.NeedsSecondFactor() && actor.SignedIn() {
			said = append(said, i18n.T(ctx, "nav.second_factor_off"))
		}
		return said
	}
}

// table is every address of the portal, but for the static files and the
// health checks.
func table(a *app.App, site *page.Site) []route.Route {
	trail := note.Beside(a.Notes, auditlog.History(a.DB))
	work, others := assignment.Panel(a.Work), assignment.Warning(a.Work)
	admitted := partneradmin.Deps{Outlook: a.Outlook, Organisations: a.Organisations, Accounts: a.Accounts, Webhooks: a.Webhooks, Trail: trail, Work: work, Others: others}
	return steppedUp(slices.Concat(
		home.Routes(home.Deps{
			Organisations: a.Organisations, Contact: a.Config.Contact,
			Partners: a.Partners, Policies: a.Policies, Work: assignment.Mine(a.Work),
			Outlook: a.Outlook, Webhooks: a.Webhooks,
			FailedMails: func(ctx context.Context) (int, error) { return mail.Failed(ctx, a.DB) },
		}),
		register.Routes(a.Registrations, site),
		signin.Routes(a.Accounts, site),
		account.Routes(a.Accounts),
		partner.Routes(a.Partners, a.Policies, a.Vocabulary, trail, work, others, admitted.Section, policyrequest.GrantsOf(a.Requests), certificate.PanelOf(a.Certificates)),
		partneradmin.Routes(admitted),
		organisation.Routes(a.Organisations, trail),
		people.Routes(a.Accounts, trail),
		unsubscribe.Routes(a.Accounts),
		policygroup.Routes(a.Policies, trail),
		policy.Routes(a.Policies, a.Vocabulary, trail, policyrequest.UsersOf(a.Requests), site.Zone),
		policyrequest.Routes(a.Requests, a.Partners, a.Vocabulary, trail, work, others),
		device.Routes(a.Devices, a.DeviceTypes, a.SBIs, trail, work, others),
		sbi.Routes(a.SBIs, a.Devices, trail, work, others),
		policystudio.Routes(a.Policies, a.Vocabulary),
		policypreview.Routes(a.Policies, a.Vocabulary),
		vocabulary.Routes(a.Vocabulary, trail),
		devicetype.Routes(a.DeviceTypes, trail),
		policyreview.Routes(a.Policies, a.Vocabulary),
		policyimport.Routes(a.Policies, a.Vocabulary),
		staff.Routes(a.Accounts, trail),
		apikey.Routes(a.APIKeys, trail),
		serviceaccount.Routes(a.Services, trail),
		auditlog.Routes(a.DB, site.Zone),
		verify.Routes(a.Receipts),
		outbox.Routes(a.DB),
		truststore.Routes(a.Certificates, trail, work),
		certificate.Routes(a.Certificates, trail),
		ftmchip.Routes(a.Chips, trail, work, others),
		webhook.Routes(a.Webhooks, trail),
		search.Routes(a.Search),
		note.Routes(a.Notes),
		assignment.Routes(a.Work),
	))
}

// publicLists are the addresses that anybody may keep copies of: no session is read
// there. None where the installation has no public lists; then nothing leads to them.
func publicLists(a *app.App, site *page.Site) []route.Route {
	if !a.Config.PublicList {
		return nil
	}
	site.PublicLinks = publiclist.Links
	return publiclist.Routes(a.PublicList)
}

// handler is the order of the middleware, written once.
func handler(a *app.App, site *page.Site, gate *confirm.Gate, routes, public, programs []route.Route, m *metrics) http.Handler {
	root := chi.NewRouter()
	ip := middleware.ClientIPFromRemoteAddr
	if len(a.Config.TrustedProxies) > 0 {
		var networks []string
		for _, p := range a.Config.TrustedProxies {
			networks = append(networks, p.String())
		}
		ip = middleware.ClientIPFromXFF(networks...)
	}
	root.Use(requestID, ip, securityHeaders(a.Config.Secure()), observe(m))
	root.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") })
	root.Get("/readyz", ready(a))
	if a.Config.MetricsAddr == "" {
		root.Handle("/metrics", m.handler())
	}
	files := static.Handler()
	root.Get("/static/*", files.ServeHTTP)
	root.Head("/static/*", files.ServeHTTP)
	root.Group(func(r chi.Router) {
		r.Use(known(a.Config.PublicURL.Host), limits, identify(site), recoverer)
		route.Mount(r, site, gate, routes)
		r.NotFound(notFound)
	})
	root.Group(func(r chi.Router) {
		r.Use(known(a.Config.PublicURL.Host), limits, shared(site), recoverer)
		route.Mount(r, site, gate, public)
	})
	root.Group(func(r chi.Router) {
		r.Use(api.Problems, known(a.Config.PublicURL.Host), limits, recoverer)
		route.MountAPI(r, apiOf(a), programs)
	})
	root.NotFound(elsewhere(pages(site, notFound), http.NotFound))
	notAllowed := func(w http.ResponseWriter, r *http.Request) {
		allowed(root, w, r)
		text(w, http.StatusMethodNotAllowed, "method not allowed")
	}
	root.MethodNotAllowed(elsewhere(notAllowed, notAllowed))
	return root
}

// apiOf is how the API knows who asks.
func apiOf(a *app.App) route.API {
	return route.API{
		Enter: func(r *http.Request) (authz.Actor, error) {
			return api.Enter(a.Services, r, clientIP(r), requestIDOf(r.Context()))
		},
		Deny: a.DB.Deny,
		Fail: api.Fail,
	}
}

// elsewhere answers what no row has; what programs get becomes a problem.
func elsewhere(people, programs http.HandlerFunc) http.HandlerFunc {
	problems := api.Problems(programs)
	return func(w http.ResponseWriter, r *http.Request) {
		if api.Within(r.URL.Path) {
			problems.ServeHTTP(w, r)
			return
		}
		people(w, r)
	}
}

// allowed says which methods an address has (RFC 9110).
func allowed(routes chi.Routes, w http.ResponseWriter, r *http.Request) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
			w.Header().Add("Allow", method)
		}
	}
}

// pages serves an address outside the table with the reader's frame around it.
func pages(site *page.Site, h http.HandlerFunc) http.HandlerFunc {
	return chi.Chain(limits, identify(site), recoverer).HandlerFunc(h).ServeHTTP
}

// ready says whether this replica should get requests: the database answers and
// has this binary's schema, and the clocks agree (security.md OPS-4). No detail goes out.
func ready(a *app.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a.Draining() {
			text(w, http.StatusServiceUnavailable, "draining")
			return
		}
		if ok, err := a.DB.Migrated(r.Context()); err != nil || !ok {
			text(w, http.StatusServiceUnavailable, "not ready")
			return
		}
		ahead, err := a.DB.Ahead(r.Context())
		switch off := ahead.Abs(); {
		case err != nil:
			text(w, http.StatusServiceUnavailable, "not ready")
			return
		case off > 10*time.Second: // sessions and codes would live longer or shorter here
			text(w, http.StatusServiceUnavailable, "wrong clock")
			return
		case off > 2*time.Second:
			slog.WarnContext(r.Context(), "this machine's clock is not the database's", "ahead", ahead.String())
		}
		text(w, http.StatusOK, "ready")
	}
}

func text(w http.ResponseWriter, status int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(s + "\n"))
}

// Table is the route table alone, for printing: it needs no database.
func Table(cfg config.Config) []route.Route {
	db, err := pg.Open(context.Background(), "postgres:///none", pg.Options{MaxConns: 1})
	if err != nil {
		panic(err) // the address is a constant
	}
	defer db.Close()
	keys := secret.RandomKeys()
	site := &page.Site{DB: db, Zone: cfg.Zone, Sessions: websession.New(session.NewStore(db), keys, true)}
	a := app.New(cfg, db, keys)
	return slices.Concat(table(a, site), publicLists(a, site), api.Routes(a.APIKeys, a.Hardware))
}
