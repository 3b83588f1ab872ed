//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
)

// TestJ17PolicyRequests: a partner asks for a policy, changes what it is asked to
// change, and may use it; two others are decided on at once.
func TestJ17PolicyRequests(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		counter := p.stored(policy.Input{Name: "Counter", Document: strings.Replace(sample(auth, 2), `"fullName"`, `"photo"`, 1)})
		p.inForce(counter.ID)
		partner := p.Admitted(authz.AuthPartner)
		photo := p.label(policydoc.Attributes, "photo")

		// The partner reads what the policies say, and asks for one.
		b := p.carry(partner)
		b.open("/home")
		b.menu("nav.policy_requests")
		b.follow("policy_request.browse.link")
		b.follow("policy_request.browse.ask")
		b.fill("policy_request.reason", "To open accounts.")
		b.fill(b.T("policy_request.need", "Attribute", photo), "To compare it.")
		b.press("policy_request.ask.button")
		b.see("policy_request.sent", "Policy", "Counter")
		b.see("policy_request.standing.pending_approval.title")
		address := b.path()

		// An admin asks for one answer to be changed.
		a, _ := p.staff(authz.PartnerAdmin)
		a.open(address)
		a.follow("policy_request.request-changes.action")
		a.fill(a.T("policy_request.need", "Attribute", photo), "Is it stored?")
		a.press("policy_request.request-changes.button")
		a.see("policy_request.status.changes_requested")

		b.open(address)
		b.see("Is it stored?")
		b.follow("policy_request.edit.link")
		b.see("policy_request.edit.locked")
		b.fill(b.T("policy_request.need", "Attribute", photo), "It is compared and not stored.")
		b.press("policy_request.edit.button")
		b.see("policy_request.standing.pending_approval.title")

		// Only the difference is shown, then it is approved.
		a.open(address)
		a.see("policy_request.changes", "Number", 1)
		a.see("policy_request.unchanged", "Count", 1)
		a.follow("policy_request.approve.action")
		a.press("policy_request.approve.button")
		a.see("policy_request.status.approved")
		b.open(address)
		b.see("policy_request.status.approved")

		// Two at once, each named first.
		first, second := p.Asks(p.Admitted(authz.AuthPartner), counter.ID), p.Asks(p.Admitted(authz.AuthPartner), counter.ID)
		a.open("/policy-requests")
		a.tick("choose-" + first.ID.String())
		a.tick("choose-" + second.ID.String())
		a.press("policy_request.bulk.approve.choose")
		a.heading("policy_request.approve.all.title", "Count", 2)
		a.see("policy_request.review.title", "Policy", "Counter", "Name", second.Organisation)
		a.press("policy_request.approve.all.button", "Count", 2)
		a.heading("policy_request.approve.all.result", "Count", 2, "Of", 2)
	})
}
