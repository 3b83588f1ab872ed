//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"portal/internal/authz"
	"portal/web/webtest"
)

// A partner's people, its new name, and the end of its access, as all of them see
// it.
func TestJ20PeopleAndAccess(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		partner := p.Admitted(authz.AuthPartner)
		email := partner.Actor.Email
		before, err := p.App.Partners.Partner(t.Context(), partner.Actor.Scope(), partner.Actor.Partner)
		if err != nil {
			t.Fatal(err)
		}
		owner := p.Browser()
		owner.signIn(email, webtest.Password)

		// A colleague is invited and joins.
		owner.menu("nav.people")
		owner.follow("people.invite")
		owner.fill("common.email", "mia@acme.example")
		owner.fill("staff.first_name", "Mia")
		owner.expect(http.StatusUnprocessableEntity).press("staff.new.do")
		owner.holds("staff.first_name", "Mia")
		owner.fill("staff.last_name", "Member")
		owner.press("staff.new.do")
		owner.see("people.invited", "Email", "mia@acme.example")
		member := p.Browser()
		member.open(p.link("mia@acme.example"))
		member.fill("signin.reset.password", webtest.Password)
		member.press("signin.reset.do")
		member.signIn("mia@acme.example", webtest.Password)
		member.menu("nav.people")
		member.see("people.read_only")

		// A new name is asked for and approved.
		owner.menu("nav.organisation")
		owner.in("partner.field.organisation").follow("organisation.ask")
		owner.fill("organisation.name.new", "Acme Holding")
		owner.fill("organisation.why", "We merged")
		owner.press("organisation.name.send")
		owner.see("organisation.name.asked")
		admin, _ := p.staff(authz.PartnerAdmin)
		admin.menu("nav.partner_changes")
		admin.in("organisation.status.pending_approval").follow(before.Organisation)
		admin.see("We merged")
		admin.press("partneradmin.change.approve")
		admin.see("partneradmin.change.approved", "Name", before.Organisation)

		// The end of its access.
		admin.open("/partners/" + partner.Actor.Partner.String())
		admin.heading("Acme Holding")
		admin.follow("common.deactivate")
		admin.fill("common.reason", "The licence was withdrawn")
		admin.press("partneradmin.deactivate.do")
		admin.see("The licence was withdrawn")
		owner.open("/people")
		owner.heading("signin.title")
		owner.fill("common.email", email)
		owner.fill("common.password", webtest.Password)
		owner.expect(http.StatusForbidden).press("ui.sign_in")
		owner.menu("nav.home")
		owner.see("The licence was withdrawn")
		owner.see("home.stopped.no_contact")
	})
}
