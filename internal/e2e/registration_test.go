//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/i18n"
	"portal/web/webtest"
)

// applicant is what a visitor answers.
type applicant struct{ kind, organisation, email, group string }

var acme = applicant{"partner.type.AUTH_PARTNER", "Acme Bank", "leila@acme.test", "Banking"}

// answer goes from the landing page to the page of all answers.
func (b *Browser) answer(a applicant) {
	b.t.Helper()
	b.open("/")
	b.heading("home.landing.title")
	b.follow("home.landing.register")
	b.follow("register.start")
	b.see("partner.type_help.FTM_PROVIDER")
	b.choose(a.kind)
	b.press("common.continue")
	b.fill("partner.field.purpose", "We verify customers who open an account.")
	b.press("common.continue")
	b.fill("partner.field.organisation", a.organisation)
	b.fill("partner.field.address", "1 Main Road")
	b.press("common.continue")
	b.fill("partner.field.first_name", "Leila")
	b.fill("partner.field.last_name", "Benali")
	b.fill("partner.field.email", a.email)
	b.fill("partner.field.phone", "+999 12345678")
	b.press("common.continue")
	if a.group != "" {
		b.choose(a.group)
		b.press("common.continue")
	}
	b.press("common.continue") // the language of the page is proposed
	b.fill("partner.field.password", webtest.Password)
	b.press("common.continue")
	b.choose("register.consent.agree")
	b.press("common.continue")
	b.heading("register.check.title")
}

// register is answer, and the code.
func (p *portal) register(a applicant) *Browser {
	p.t.Helper()
	b := p.Browser()
	b.answer(a)
	b.press("register.check.send")
	b.fill("register.code.label", p.code(a.email))
	b.press("register.code.submit")
	b.heading("register.sent.title")
	return b
}

func TestJ1SelfRegistration(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Banking")
		b := p.Browser()
		b.open("/")
		b.heading("home.landing.title")
		b.see("ui.sign_in")
		b.follow("home.landing.register")
		b.heading("register.title")
		b.follow("register.start")

		// A mistake is explained at the field, and nothing typed is lost.
		b.expect(http.StatusUnprocessableEntity).press("common.continue")
		b.see("ui.problem")
		b.choose("partner.type.AUTH_PARTNER")
		b.press("common.continue")
		b.fill("partner.field.purpose", "We verify customers who open an account.")
		b.press("common.continue")
		b.fill("partner.field.organisation", "Acme Bank")
		b.expect(http.StatusUnprocessableEntity).press("common.continue")
		b.holds("partner.field.organisation", "Acme Bank")
		b.fill("partner.field.address", "1 Main Road")
		b.press("common.continue")

		// Back keeps everything: the page's own link and the browser's button.
		b.follow("common.back")
		b.holds("partner.field.organisation", "Acme Bank")
		b.holds("partner.field.public_id", "Acme-Bank")
		b.follow("common.back")
		b.holds("partner.field.purpose", "We verify customers who open an account.")

		// A half-finished registration waits in this browser, and only here.
		b.open("/register")
		b.see("register.resume.title")
		b.see("Acme Bank")
		stranger := p.Browser()
		stranger.open("/register")
		stranger.miss("Acme Bank")
		b.follow("register.resume.continue")

		b.fill("partner.field.first_name", "Leila")
		b.fill("partner.field.last_name", "Benali")
		b.fill("partner.field.email", acme.email)
		b.fill("partner.field.phone", "+999 12345678")
		b.press("common.continue")
		b.choose("Banking")
		b.press("common.continue")
		b.press("common.continue")
		b.fill("partner.field.password", "too short")
		b.expect(http.StatusUnprocessableEntity).press("common.continue")
		b.fill("partner.field.password", webtest.Password)
		b.press("common.continue")
		b.expect(http.StatusUnprocessableEntity).press("common.continue")
		b.see("partner.problem.consent")
		b.choose("register.consent.agree")
		b.press("common.continue")

		// Check your answers, change one, come back.
		b.heading("register.check.title")
		b.in("partner.field.purpose").follow("ui.change")
		b.fill("partner.field.purpose", "We open accounts.")
		b.press("common.continue")
		b.heading("register.check.title")
		b.in("partner.field.purpose").see("We open accounts.")

		// The code: wrong, then a new one, the old one dead, then right.
		b.press("register.check.send")
		b.heading("register.code.title")
		first := p.code(acme.email)
		b.fill("register.code.label", wrong(first))
		b.expect(http.StatusUnprocessableEntity).press("register.code.submit")
		b.see("register.code.wrong", "Count", 4)
		p.Clock.Advance(61 * time.Second)
		b.follow("register.code.change_email")
		b.open("/register/code")
		b.press("register.code.resend")
		second := p.code(acme.email)
		b.fill("register.code.label", first)
		b.expect(http.StatusUnprocessableEntity).press("register.code.submit")
		b.see("register.code.wrong", "Count", 3)
		b.fill("register.code.label", " "+second[:3]+" "+second[3:]+" ")
		b.press("register.code.submit")
		b.heading("register.sent.title")
		b.see("register.next.title")
		b.see("register.sent.next.2")

		// Going back sends nothing twice.
		b.open("/register/code")
		b.heading("register.sent.title")
		if got := p.newest(acme.email).Subject; got != i18n.In(b.lang, "mail.registration_received.subject") {
			t.Errorf("the partner's latest mail is %q", got)
		}
	}, arabic)
}

func TestJ1CodesThatDoNotHelp(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		b := p.Browser()
		b.answer(applicant{"partner.type.DEVICE_PROVIDER", "Iris Instruments", "kenji@iris.test", ""})
		b.press("register.check.send")

		// Too old.
		p.code("kenji@iris.test")
		p.Clock.Advance(11 * time.Minute)
		b.open("/register/code")
		b.heading("register.expired.title")
		b.press("register.code.resend")

		// Used up: not even the right one is taken any more.
		code := p.code("kenji@iris.test")
		for range 5 {
			b.fill("register.code.label", wrong(code))
			b.expect(http.StatusUnprocessableEntity).press("register.code.submit")
		}
		b.heading("register.used_up.title")
		p.Clock.Advance(61 * time.Second)
		b.press("register.code.resend")
		b.fill("register.code.label", p.code("kenji@iris.test"))
		b.press("register.code.submit")
		b.heading("register.sent.title")
	})
}

func TestJ2Waiting(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Banking")
		b := p.register(acme)
		b.follow("register.sent.sign_in")
		b.fill("common.email", acme.email)
		b.fill("common.password", webtest.Password)
		b.press("ui.sign_in")
		b.see("home.partner.pending_approval.title")
		b.in("home.task.address").see("common.done")
		b.in("home.task.review").see("home.task.waiting_for_us")
		b.follow("home.registration.see")
		b.see("home.registration.closed")
		b.see("We verify customers who open an account.")
	})
}

func TestJ3Admission(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Banking")
		admin, who := p.staff(authz.PartnerAdmin)
		partner := p.register(acme)
		other := p.register(applicant{"partner.type.FTM_PROVIDER", "Acme Bank", "eva@acme.test", ""})
		other.open("/")

		// The admin is told by mail and at home, and finds the request.
		if got := p.newest(who.Email).Subject; got != i18n.In(p.lang, "mail.registration_waiting.subject") {
			t.Errorf("the admin's latest mail is %q", got)
		}
		admin.open("/home")
		admin.see("home.pending", "Count", 2)
		admin.menu("nav.partners")
		admin.toggle("ui.filter")
		admin.fill("common.status", "partner.status.pending_approval")
		admin.fill("partner.field.type", "partner.type.AUTH_PARTNER")
		admin.press("ui.apply")
		admin.miss("eva@acme.test")
		admin.follow("Acme Bank")
		admin.see("We verify customers who open an account.")
		admin.see("admission.address_verified")
		admin.see("admission.related.both")

		// Ask for changes, a line per field; an empty form is refused.
		admin.follow("admission.request-changes.action")
		admin.expect(http.StatusUnprocessableEntity).press("admission.request-changes.button")
		admin.fill("partner.field.purpose", "Which accounts?")
		admin.press("admission.request-changes.button")
		admin.see("admission.request-changes.done", "Name", "Acme Bank")

		// The partner reads it in the mail and at home, changes that and nothing else.
		if got := p.newest(acme.email).Text; !contains(got, "Which accounts?") {
			t.Errorf("the mail does not say what is asked: %s", got)
		}
		partner.signIn(acme.email, webtest.Password)
		partner.see("Which accounts?")
		partner.follow("home.registration.change")
		partner.fill("partner.field.purpose", "Savings accounts only.")
		partner.press("common.continue")
		partner.heading("home.check.title")
		partner.see("Savings accounts only.")
		partner.press("home.check.send")
		partner.see("home.registration.sent")

		// Two admins at once: one wins, the other is told what happened.
		second, _ := p.staff(authz.PartnerAdmin)
		for _, b := range []*Browser{admin, second} {
			b.open("/partners?status=pending_approval&type=AUTH_PARTNER")
			b.follow("Acme Bank")
			b.see("Savings accounts only.")
		}
		second.follow("admission.reject.action")
		second.fill("admission.reject.reason", "No licence.")
		admin.follow("admission.approve.action")
		admin.press("admission.approve.button")
		admin.see("admission.approve.done", "Name", "Acme Bank")
		second.expect(http.StatusConflict).press("admission.reject.button")
		second.see("No licence.")
		second.see("admission.too_late.text")

		partner.open("/home")
		partner.see("home.partner.active.title", "Name", "Acme Bank")
		if got := p.newest(acme.email).Subject; got != i18n.In(p.lang, "mail.registration_approved.subject") {
			t.Errorf("the partner's latest mail is %q", got)
		}

		// The other one is rejected, with a reason in its own language's mail.
		admin.open("/partners?status=pending_approval")
		admin.follow("Acme Bank")
		admin.follow("admission.reject.action")
		admin.expect(http.StatusUnprocessableEntity).press("admission.reject.button")
		admin.fill("admission.reject.reason", "The chip is not certified.")
		admin.press("admission.reject.button")
		other.signIn("eva@acme.test", webtest.Password)
		other.see("The chip is not certified.")
		if got := p.newest("eva@acme.test").Text; !contains(got, "The chip is not certified.") {
			t.Errorf("the mail does not give the reason: %s", got)
		}
	}, arabic)
}
