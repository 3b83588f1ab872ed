//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/i18n"
	"portal/web/webtest"
)

const another = "an entirely different sentence"

// signOut leaves by the account's menu.
func (b *Browser) signOut(name string) {
	b.t.Helper()
	b.toggle(name + " " + b.T("ui.account_menu"))
	b.press("ui.sign_out")
}

func TestJ9Passwords(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		who := p.Colleague(authz.PolicyManager)
		b := p.Browser()

		// A page that needs an account leads to the sign-in and on to itself.
		b.open("/auth-policies?status=active")
		b.heading("signin.title")
		b.fill("common.email", who.Email)
		b.fill("common.password", "not the right password")
		b.expect(http.StatusUnauthorized).press("signin.do")
		b.see("signin.problem.wrong")
		b.holds("common.email", who.Email)
		b.fill("common.password", webtest.Password)
		b.press("signin.do")
		if got := b.state().Path; got != "/auth-policies?status=active" {
			t.Errorf("the sign-in leads to %s", got)
		}

		// Sign out ends the session: Back shows nothing.
		b.signOut(who.Name)
		b.see("signin.done.signed_out")
		b.open("/home")
		b.heading("signin.title")

		// Forgotten: a link by mail, that works once.
		b.follow("signin.forgot")
		b.fill("common.email", who.Email)
		b.press("signin.forgot.do")
		b.heading("signin.sent.title")
		link := p.link(who.Email)
		b.open(link)
		b.fill("signin.reset.password", "short")
		b.expect(http.StatusUnprocessableEntity).press("signin.reset.do")
		b.fill("signin.reset.password", another)
		b.press("signin.reset.do")
		b.see("signin.done.reset")
		b.expect(http.StatusGone).open(link)
		b.heading("signin.link.used.title")
		b.signIn(who.Email, another)

		// An unknown address gets the same page, and a mail that says so.
		stranger := p.Browser()
		stranger.open("/forgot")
		stranger.fill("common.email", "nobody@example.test")
		stranger.press("signin.forgot.do")
		stranger.heading("signin.sent.title")
		if got := p.newest("nobody@example.test").Subject; got != i18n.In(p.lang, "mail.password_reset_unknown.subject") {
			t.Errorf("the stranger's mail is %q", got)
		}

		// Changed: the other sessions end, this one goes on.
		second := p.Browser()
		second.signIn(who.Email, another)
		b.open("/account")
		b.in("common.password").follow("ui.change")
		b.fill("account.password.current", "not the right password")
		b.fill("account.password.new", webtest.Password)
		b.expect(http.StatusUnprocessableEntity).press("account.password.do")
		b.see("account.problem.current_wrong")
		b.fill("account.password.current", another)
		b.fill("account.password.new", webtest.Password)
		b.press("account.password.do")
		b.see("account.password.done")
		second.open("/home")
		second.heading("signin.title")
		if got := p.newest(who.Email).Subject; got != i18n.In(p.lang, "mail.password_changed.subject") {
			t.Errorf("the latest mail is %q", got)
		}
	})
}

func TestJ9ForgottenLinkExpires(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		who := p.Colleague(authz.PolicyManager)
		b := p.Browser()
		b.open("/forgot")
		b.fill("common.email", who.Email)
		b.press("signin.forgot.do")
		link := p.link(who.Email)
		p.Clock.Advance(31 * time.Minute)
		b.expect(http.StatusGone).open(link)
		b.heading("signin.link.expired.title")
		b.follow("signin.link.again")
		b.heading("signin.forgot.title")
	})
}

func TestJ9Staff(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		admin, _ := p.staff(authz.PartnerAdmin)
		admin.menu("nav.staff")
		admin.follow("staff.invite")
		admin.fill("common.email", "omar@example.test")
		admin.fill("staff.first_name", "Omar")
		admin.fill("staff.last_name", "Reyes")
		admin.expect(http.StatusUnprocessableEntity).press("staff.new.do")
		admin.see("staff.problem.no_role")
		admin.holds("staff.first_name", "Omar")
		admin.choose("common.role.POLICYMANAGER")
		admin.press("staff.new.do")
		admin.see("staff.invited", "Email", "omar@example.test")

		// The invitation opens a page to choose a password, then the portal.
		omar := p.Browser()
		omar.open(p.link("omar@example.test"))
		omar.heading("signin.invite.title")
		omar.fill("signin.reset.password", another)
		omar.press("signin.reset.do")
		omar.signIn("omar@example.test", another)
		omar.see("home.policies")

		// Deactivated: the session ends at once.
		admin.open("/staff")
		admin.follow("Omar Reyes")
		at := admin.path()
		admin.follow("common.deactivate")
		admin.press("staff.deactivate.do")
		admin.see("staff.deactivated", "Name", "Omar Reyes")
		omar.open("/home")
		omar.heading("signin.title")
		omar.fill("common.email", "omar@example.test")
		omar.fill("common.password", another)
		omar.expect(http.StatusUnauthorized).press("signin.do")
		admin.open(at)
		admin.press("common.reactivate")
		admin.see("staff.reactivated", "Name", "Omar Reyes")
		omar.signIn("omar@example.test", another)
	})
}

func TestJ10MenuHomeAudit(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Banking")
		menus := map[authz.Role][]string{
			authz.AuthPartner: {"nav.home", "nav.registration"},
			authz.FTMProvider: {"nav.home", "nav.registration"},
			authz.PolicyManager: {
				"nav.home", "nav.policy_groups", "nav.auth_policies", "nav.datashare_policies", "nav.policy_reviews", "nav.vocabulary",
			},
			authz.PartnerAdmin: {
				"nav.home", "nav.policy_groups", "nav.auth_policies", "nav.datashare_policies", "nav.policy_reviews", "nav.vocabulary",
				"nav.partners", "nav.partner_changes", "nav.certificates", "nav.trust_store", "nav.policy_requests", "nav.sbis", "nav.devices", "nav.ftm_chips",
				"nav.device_types", "nav.api_keys",
				"nav.staff", "nav.service_accounts", "nav.mail", "nav.webhooks", "nav.audit",
			},
		}
		people := map[authz.Role]*Browser{}
		for role, want := range menus {
			var email string
			if slices.Contains(authz.StaffRoles, role) {
				email = p.Colleague(role).Email
			} else {
				email = p.Partner(role).Actor.Email
			}
			b := p.Browser()
			b.signIn(email, webtest.Password)
			people[role] = b
			var names []string
			for _, key := range want {
				names = append(names, b.T(key))
			}
			if got := ask[[]string](b, "labels", ".side nav a"); !slices.Equal(got, names) {
				t.Errorf("%s: the menu of %s is %q, want %q", p.name, role, got, names)
			}
		}

		// What the menu hides is refused by its address, too.
		people[authz.PolicyManager].expect(http.StatusForbidden).open("/audit")
		people[authz.AuthPartner].expect(http.StatusForbidden).open("/policy-groups")

		// The count at home leads to the list that it counts.
		admin := people[authz.PartnerAdmin]
		admin.open("/home")
		admin.in("home.pending", "Count", 2).see("2")
		admin.follow("2 " + admin.T("home.pending", "Count", 2) + " " + admin.T("home.pending.link"))
		if got := len(admin.rows()); got != 2 {
			t.Errorf("%s: the count of 2 leads to a list of %d", p.name, got)
		}

		// What was done stands in the audit log and on the thing's own page.
		manager := people[authz.PolicyManager]
		manager.open("/policy-groups/new")
		manager.fill("common.name", "Postal services")
		manager.fill("common.description", "Operators.")
		manager.press("common.save")
		manager.see("audit.policy_group.created", "Actor", "Nadia Berg", "Subject", "Postal services")
		admin.menu("nav.audit")
		admin.see("audit.policy_group.created", "Actor", "Nadia Berg", "Subject", "Postal services")
		admin.toggle("ui.filter")
		admin.fill("audit.object", "Postal services")
		admin.fill("audit.what", "audit.action.policy_group.created")
		admin.press("ui.apply")
		admin.see("audit.policy_group.created", "Actor", "Nadia Berg", "Subject", "Postal services")
		admin.miss("audit.policy_group.created", "Actor", "Nadia Berg", "Subject", "Banking")
		admin.follow("ui.clear_filters")
		admin.see("audit.policy_group.created", "Actor", "Nadia Berg", "Subject", "Banking")
	})
}

func TestJ11Languages(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		who := p.Colleague(authz.PolicyManager)
		b := p.Browser()
		b.open("/")

		// A visitor's choice is kept in the browser and by the page.
		b.press("Français")
		b.lang = "fr"
		b.heading("home.landing.title")
		b.open("/signin")
		b.heading("signin.title")
		b.press("العربية")
		b.lang = "ar"
		b.heading("signin.title")
		if s := b.state(); s.Dir != "rtl" {
			t.Errorf("Arabic stands %s", s.Dir)
		}

		// The account has a language of its own, which the choice changes.
		b.fill("common.email", who.Email)
		b.fill("common.password", webtest.Password)
		b.press("signin.do")
		b.lang = "en"
		b.see("home.policies")
		b.press("Français")
		b.lang = "fr"
		b.see("home.policies")
		elsewhere := p.Browser()
		elsewhere.lang = "en"
		elsewhere.open("/signin")
		elsewhere.fill("common.email", who.Email)
		elsewhere.fill("common.password", webtest.Password)
		elsewhere.press("signin.do")
		elsewhere.lang = "fr"
		elsewhere.see("home.policies")

		// Mails come in it.
		elsewhere.open("/forgot")
		elsewhere.fill("common.email", who.Email)
		elsewhere.press("signin.forgot.do")
		if got := p.newest(who.Email).Subject; got != i18n.In("fr", "mail.password_reset.subject") {
			t.Errorf("the mail is %q", got)
		}
	})
}
