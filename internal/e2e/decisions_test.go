//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/web/i18n"
)

func TestJ14Decisions(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		one := sample(auth, 0)
		two := strings.Replace(sample(auth, 2), `"fullName"`, `"photo"`, 1)
		made := p.stored(policy.Input{Name: "Sign-in by code", Document: one})
		p.inForce(made.ID)
		p.changed(made.ID, two)
		first := p.Grants(p.Asks(p.Admitted(authz.AuthPartner), made.ID)).Organisation
		pending := p.Asks(p.Admitted(authz.AuthPartner), made.ID).Organisation

		// The whole picture before the button.
		b, _ := p.staff(authz.PartnerAdmin)
		b.open(at(made))
		b.follow("common.activate")
		b.see("policy_delta.heading.widens")
		b.tells(p, auth, one, two)
		b.see("policy_says.special")
		b.see("policy_decision.partners.count", "Count", 1)
		b.see("policy_decision.pending.count", "Count", 1)
		b.see(first)
		b.see(pending)

		// Something is granted in between: drawn again before it counts.
		second := p.Grants(p.Asks(p.Admitted(authz.AuthPartner), made.ID)).Organisation
		b.expect(http.StatusConflict).press("policy.activate.button", "Name", "Sign-in by code", "Number", 2)
		b.see("policy.changed.title")
		b.see("policy_decision.news.partners", "Before", 1, "Count", 2)
		b.see(second)
		b.press("policy.activate.button", "Name", "Sign-in by code", "Number", 2)
		b.see("policy.activate.done", "Name", "Sign-in by code", "Number", 2)
		b.see("policy.in_force", "Number", 2)

		// What was seen is kept, with the names of that time.
		p.Grants(p.Asks(p.Admitted(authz.AuthPartner), made.ID))
		b.follow("policy_decision.did.activate", "Number", 2)
		b.heading("policy_decision.title.activate", "Number", 2, "Name", "Sign-in by code")
		b.see("policy_decision.eyes.second")
		b.see("policy_decision.partners.count.was", "Count", 2)
		b.tells(p, auth, one, two)
		b.follow(second)
		b.heading(second)
	}, arabic)
}

func TestJ14Emergency(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		const flood = "A flood: claimants must be verified tonight."
		made := p.stored(policy.Input{Name: "Disaster relief", Document: sample(auth, 0)})
		second := p.Colleague(authz.PolicyManager)

		// Nobody else can be reached: alone, with a reason, and not by accident.
		b := p.enter(p.Admin().Email)
		b.open(at(made))
		b.see("policy.own.title", "Number", 1)
		b.follow("policy_decision.emergency.link")
		b.toggle("policy_decision.emergency")
		b.see("policy_decision.emergency.text")
		b.expect(http.StatusUnprocessableEntity).press("policy_decision.emergency.button", "Number", 1, "Name", "Disaster relief")
		b.see("policy_decision.problem.understood")
		b.fill("policy_decision.emergency.reason", flood)
		b.choose("policy_decision.emergency.understood")
		b.press("policy_decision.emergency.button", "Number", 1, "Name", "Disaster relief")
		b.see("policy_decision.emergency.done", "Number", 1, "Name", "Disaster relief")
		b.see("policy_decision.unreviewed", "Number", 1)
		if m := p.newest(second.Email); m.Subject != i18n.In(p.lang, "mail.policy_emergency.subject") || !strings.Contains(m.Text, flood) {
			t.Errorf("%s: the others read %q: %s", p.name, m.Subject, m.Text)
		}

		// Not by oneself; somebody else closes the review.
		b.follow("policy_decision.unreviewed.open")
		b.see("policy_review.own.title")
		other := p.enter(second.Email)
		other.open("/home")
		other.menu("nav.policy_reviews")
		other.follow("Disaster relief")
		other.see(flood)
		other.see("policy_review.now.same")
		other.expect(http.StatusUnprocessableEntity).press("policy_review.close")
		other.choose("policy_review.outcome.kept")
		other.fill("policy_review.why", "It was right.")
		other.press("policy_review.close")
		other.see("policy_review.closed", "Name", "Disaster relief")
		other.open(at(made))
		other.miss("policy_decision.unreviewed", "Number", 1)
		other.follow("policy_decision.did.activate", "Number", 1)
		other.see("policy_decision.eyes.emergency")
	}, arabic)
}

func TestJ14RiskAlone(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{script, plain} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, m, "--four-eyes=risk")
			one := strings.Replace(sample(auth, 2), "    {\n      \"attributeName\": \"email\"\n    }", "    {\n      \"attributeName\": \"phone\"\n    }", 1)
			fewer := strings.Replace(one, ",\n    {\n      \"attributeName\": \"phone\"\n    }", "", 1)
			made := p.stored(policy.Input{Name: "Single sign-on", Document: one})
			p.inForce(made.ID)
			p.changed(made.ID, fewer)
			told := p.Colleague(authz.PolicyManager)
			b := p.enter(p.Admin().Email)
			b.open(at(made) + "/activate")
			b.see("policy_delta.heading.narrows")
			b.see("policy_decision.alone")
			b.press("policy.activate.button", "Name", "Single sign-on", "Number", 2)
			b.see("policy.in_force", "Number", 2)
			if len(p.Mails(told.Email)) == 0 {
				t.Errorf("%s: the others were not told", p.name)
			}

			// More than before needs a second person even so.
			p.changed(made.ID, one)
			b.open(at(made) + "/activate")
			b.see("policy_decision.risk.widens")
			b.miss("policy_decision.alone")
		})
	}
}

func TestJ14ReviewsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		for i, name := range []string{"First", "Second"} {
			made := p.stored(policy.Input{Name: name, Document: sample(auth, 0), ReviewOn: p.App.DB.Now().AddDate(0, 0, 20+i)})
			p.inForce(made.ID)
		}
		b, _ := p.staff(authz.PolicyManager)
		b.menu("nav.policy_reviews")
		b.see("policy_review.count", "Count", 2)
		b.follow("policy_review.begin")
		b.heading("policy_review.one", "Name", "First")
		b.says(p, auth, sample(auth, 0))
		b.fill("policy_review.again", p.today(300))
		b.fill("policy_review.note", "Still right.")
		b.press("policy_review.keep")
		b.see("policy_review.kept", "Name", "First")
		b.heading("policy_review.one", "Name", "Second")
		b.follow("common.deactivate")
		b.press("policy.deactivate.button", "Name", "Second")
		b.see("policy.status.deactivated")
		b.menu("nav.policy_reviews")
		b.see("policy_review.nothing")
	}, arabic)
}
