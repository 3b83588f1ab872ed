//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portal/internal/authz"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// rows are the names in the first column of the list on the page.
func (b *Browser) rows() []string {
	b.t.Helper()
	return ask[[]string](b, "texts", "tbody th")
}

func (b *Browser) wantRows(want ...string) {
	b.t.Helper()
	if got := b.rows(); !slices.Equal(got, want) {
		b.t.Fatalf("%s: %s lists %q, want %q", b.name, b.state().Path, got, want)
	}
}

func TestJ4PolicyGroups(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		b, _ := p.staff(authz.PolicyManager)
		b.menu("nav.policy_groups")
		b.see("policy_group.empty")
		for _, g := range [][2]string{{"Telecom", "Operators."}, {"Banking", "Banks."}, {"Insurance", "Insurers."}} {
			b.open("/policy-groups")
			b.follow("policy_group.create")
			b.fill("common.name", g[0])
			b.fill("common.description", g[1])
			b.press("common.save")
			b.see("policy_group.flash.created", "Name", g[0])
		}

		// A name that is taken is refused at the field, and nothing is lost.
		b.open("/policy-groups/new")
		b.fill("common.name", "banking")
		b.fill("common.description", "Again.")
		b.expect(http.StatusUnprocessableEntity).press("common.save")
		b.see("policy_group.problem.name_taken")
		b.holds("common.description", "Again.")

		// Sort and filter; the address says it all.
		b.open("/policy-groups?sort=name")
		b.wantRows("Banking", "Insurance", "Telecom")
		if b.width > 800 { // cards on a telephone have no headings
			b.follow("common.name")
			b.wantRows("Telecom", "Insurance", "Banking")
		}
		b.open("/policy-groups?sort=name")
		b.toggle("ui.filter")
		b.fill("common.name", "an")
		b.fill("common.status", "policy_group.status.active")
		b.press("ui.apply")
		b.wantRows("Banking", "Insurance")
		b.follow("ui.clear_filters")

		// Edit.
		b.act("Insurance", "common.edit")
		b.fill("common.description", "Insurers and brokers.")
		b.press("common.save")
		b.see("Insurers and brokers.")

		// Deactivate and re-activate.
		b.open("/policy-groups")
		b.act("Insurance", "common.deactivate")
		b.press("policy_group.deactivate.button", "Name", "Insurance")
		b.see("policy_group.flash.deactivated", "Name", "Insurance")
		b.open("/policy-groups?status=deactivated")
		b.wantRows("Insurance")
		b.in("Insurance").toggle("ui.actions_for", "Name", "Insurance")
		b.in("Insurance").press("common.reactivate")
		b.see("policy_group.flash.active", "Name", "Insurance")

		// Pages and page sizes; the filters stay.
		for n := range 12 {
			p.Group(fmt.Sprintf("Sector %02d", n))
		}
		b.open("/policy-groups?sort=name&name=sector&size=10")
		if got := len(b.rows()); got != 10 {
			t.Errorf("%s: a page of 10 has %d rows", p.name, got)
		}
		b.follow("2")
		b.wantRows("Sector 10", "Sector 11")
		b.follow("25")
		if got := len(b.rows()); got != 12 {
			t.Errorf("%s: a page of 25 has %d rows", p.name, got)
		}
		b.open("/policy-groups?sort=name&name=sector&size=10&page=1000000000")
		b.wantRows("Sector 10", "Sector 11")

		// What stands in the way of deactivation is named, with a link.
		b.createPolicy("/auth-policies", "Sign-in by code", "Telecom", "policydoc.sample.one_time_code.title")
		b.open("/policy-groups")
		b.act("Telecom", "common.deactivate")
		b.see("policy_group.blocking.title", "Count", 1)
		b.miss("policy_group.deactivate.consequence")
		b.follow("Sign-in by code")
		b.heading("Sign-in by code")
	})
}

// createPolicy makes a policy out of a sample.
func (b *Browser) createPolicy(list, name, group, sample string) {
	b.t.Helper()
	b.open(list)
	b.follow("policy.create")
	b.see("policy.new.inactive")
	b.press(sample)
	b.fill("common.name", name)
	b.fill("common.description", "What it is for.")
	b.fill("policy.group", group)
	b.press("common.save")
	b.see("policy.flash.created", "Name", name)
}

// broken has two faults: a word where true or false belongs, in line 4, and a
// key that policies do not have, in line 6.
const broken = `{
  "authTokenType": "policy",
  "allowedAuthTypes": [
    { "authType": "otp", "mandatory": "yes" }
  ],
  "allowedKycAttributs": []
}
`

const repaired = `{
  "authTokenType": "policy",
  "allowedAuthTypes": [
    { "authType": "otp", "mandatory": true }
  ],
  "allowedKycAttributes": []
}
`

func TestJ5J7AuthPolicies(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		p.Group("Banking")
		writer, _ := p.staff(authz.PolicyManager)
		writer.menu("nav.auth_policies")
		writer.see("policy.auth.empty")
		writer.follow("policy.create")

		// Findings with line and column, on asking and on saving; a draft with
		// findings is kept.
		writer.fill("common.name", "Claims desk")
		writer.fill("common.description", "Verify claimants at the counter.")
		writer.fill("policy.group", "Banking")
		writer.fill("policy.document", broken)
		writer.press("policy.check")
		writer.holds("policy.document", broken)
		writer.see("policy.check.errors", "Count", 2)
		writer.see("ui.finding_at", "Line", 4, "Column", 39)
		writer.see("ui.finding_at", "Line", 6, "Column", 3)
		if !writer.plain { // a click on a finding selects its place in the text
			writer.do(writer.click("follow", "ui.finding_at", "Line", 4, "Column", 39))
			if f := ask[struct{ ID string }](writer, "focused"); f.ID != "field-document" {
				t.Errorf("a finding's link leads to %q", f.ID)
			}
		}
		writer.press("common.save")
		writer.see("policy.flash.created", "Name", "Claims desk")
		writer.see("policy.status.inactive")
		writer.see("policy.blocked.title", "Number", 1)

		// A syntax error is a finding too, and nothing typed is lost.
		writer.follow("common.edit")
		writer.fill("policy.document", "{\n  \"authTokenType\": \n}")
		writer.press("policy.check")
		writer.see("policy.check.errors", "Count", 3)
		writer.see("ui.finding_at", "Line", 2, "Column", 19)
		writer.holds("policy.document", "{\n  \"authTokenType\": \n}")

		// An uploaded file takes the place of the text.
		if writer.plain {
			writer.fill("policy.file", repaired)
		} else {
			writer.fill("policy.document", repaired)
		}
		writer.press("policy.check")
		writer.holds("policy.document", repaired)
		writer.press("common.save")
		writer.see("policy.flash.edited", "Name", "Claims desk")

		// A name is unique in its group.
		writer.open("/auth-policies/new")
		writer.fill("common.name", "claims desk")
		writer.fill("common.description", "Again.")
		writer.fill("policy.group", "Banking")
		writer.expect(http.StatusUnprocessableEntity).press("common.save")
		writer.see("ui.problem")
		writer.createPolicy("/auth-policies", "Know your customer", "Telecom", "policydoc.sample.know_your_customer.title")

		// Filter by group and status, and clear.
		writer.open("/auth-policies?sort=name")
		writer.wantRows("Claims desk", "Know your customer")
		writer.toggle("ui.filter")
		writer.fill("policy.group", "Telecom")
		writer.fill("common.status", "policy.status.inactive")
		writer.press("ui.apply")
		writer.wantRows("Know your customer")
		writer.follow("ui.clear_filters")
		writer.wantRows("Claims desk", "Know your customer")
	})
}

func TestJ6DataSharePolicies(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		writer, _ := p.staff(authz.PolicyManager)
		writer.menu("nav.datashare_policies")
		writer.see("policy.datashare.empty")
		writer.createPolicy("/datashare-policies", "Subscriber register", "Telecom", "policydoc.sample.few_data.title")
		second, _ := p.staff(authz.PolicyManager)
		second.open("/datashare-policies")
		second.act("Subscriber register", "common.activate")
		second.press("policy.activate.button", "Name", "Subscriber register", "Number", 1)
		second.see("policy.activate.done", "Name", "Subscriber register", "Number", 1)
		second.open("/datashare-policies?status=active")
		second.wantRows("Subscriber register")
		second.act("Subscriber register", "common.deactivate")
		second.press("policy.deactivate.button", "Name", "Subscriber register")
		second.see("policy.status.deactivated")
		second.open("/auth-policies")
		second.see("policy.auth.empty")
	})
}

func TestJ8Activation(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		writer, _ := p.staff(authz.PartnerAdmin)
		writer.createPolicy("/auth-policies", "Sign-in by code", "Telecom", "policydoc.sample.one_time_code.title")

		// The writer cannot activate, and is told why.
		writer.see("policy.own.title", "Number", 1)
		at := writer.path()
		writer.open(at + "/activate")
		writer.see("policy.own.text.always")
		writer.miss("policy.activate.consequence", "Group", "Telecom")

		// Somebody else finds it at home, reads it, and activates it.
		second, _ := p.staff(authz.PolicyManager)
		second.see("home.auth_policies", "Count", 1)
		second.open("/auth-policies?status=waiting")
		second.follow("Sign-in by code")
		second.see("policy_says.part.may")
		second.see("policy.written_by")
		second.follow("common.activate")
		second.press("policy.activate.button", "Name", "Sign-in by code", "Number", 1)
		second.see("policy.activate.done", "Name", "Sign-in by code", "Number", 1)
		second.see("policy.status.active")

		// A change makes a new version; the old one stays in force until that
		// is activated, and both are shown.
		writer.open(at)
		writer.follow("common.edit")
		writer.see("policy.edit.active", "InForce", 1)
		writer.fill("policy.document", repaired)
		writer.press("common.save")
		writer.see("policy.in_force", "Number", 1)
		writer.see("policy.waits", "Number", 2)
		writer.see("policy.status.active")
		second.open(at + "/activate")
		second.see("policy.replaced", "Number", 1)

		// Two at once: what the second one saw is gone, and it is said so.
		third, _ := p.staff(authz.PolicyManager)
		third.open(at + "/activate")
		second.press("policy.activate.button", "Name", "Sign-in by code", "Number", 2)
		second.see("policy.in_force", "Number", 2)
		third.press("policy.activate.button", "Name", "Sign-in by code", "Number", 2)
		third.see("policy.activate.already", "Name", "Sign-in by code", "Number", 2)

		// Out of force, and back.
		third.follow("common.deactivate")
		third.press("policy.deactivate.button", "Name", "Sign-in by code")
		third.see("policy.status.deactivated")
		third.follow("common.reactivate")
		third.press("policy.reactivate.button", "Name", "Sign-in by code", "Number", 2)
		third.see("policy.status.active")
	}, arabic)
}
