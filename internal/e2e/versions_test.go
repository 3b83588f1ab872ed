//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/policy"
)

func TestJ13Versions(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		one, two := sample(auth, 0), sample(auth, 2)
		three := strings.Replace(two, `"email"`, `"phone"`, 1)
		born := p.today(0)
		made := p.stored(policy.Input{Name: "Sign-in by code", Document: one})
		p.inForce(made.ID)
		p.Clock.Advance(10 * 24 * time.Hour)

		// Two changes, each with its reason.
		b, _ := p.staff(authz.PartnerAdmin)
		b.open(at(made))
		for i, text := range []string{two, three} {
			b.follow("common.edit")
			b.fill("policy.document", text)
			b.fill("policy_studio.note", []string{"Names for banks.", "A phone, no e-mail."}[i])
			if !b.plain { // what is typed is checked while it is typed: the page stands still afterwards
				b.says(p, auth, text)
			}
			b.press("common.save")
			b.see("policy.flash.version", "Name", "Sign-in by code")
		}
		b.see("policy.in_force", "Number", 1)
		b.see("policy.waits", "Number", 3)
		b.see("Names for banks.")
		b.see("A phone, no e-mail.")
		b.wantRows(b.T("policy.version", "Number", 3), b.T("policy.version", "Number", 2), b.T("policy.version", "Number", 1), b.T("policy_decision.did.activate", "Number", 1))

		// Any two side by side: what is gained and lost, sentences and text.
		b.follow("policy_version.compare")
		b.fill("policy_version.compare.from", b.T("policy_version.compare.option", "Number", 1, "Status", b.T("policy.version_status.active")))
		b.fill("policy_version.compare.to", b.T("policy_version.compare.option", "Number", 2, "Status", b.T("policy.version_status.replaced")))
		b.press("policy_version.compare.show")
		b.heading("policy_version.compare.title", "From", 1, "To", 2, "Name", "Sign-in by code")
		b.tells(p, auth, one, two)
		b.until(`document.querySelectorAll('.diff ins').length > 2 && document.querySelectorAll('.compare ins').length > 0`)
		b.fill("policy_version.compare.from", "3")
		b.fill("policy_version.compare.to", "2")
		b.press("policy_version.compare.show")
		b.tells(p, auth, three, two)
		b.until(`document.querySelectorAll('.diff ins').length === 1 && document.querySelectorAll('.diff del').length === 1`)

		// The first one back: it takes the place of the one that waits.
		p.inForce(made.ID)
		b.open(at(made))
		b.toggle("policy_version.actions_for", "Number", 1)
		b.in(b.T("policy.version", "Number", 1)).follow("policy_version.restore")
		b.heading("policy_decision.restore.title", "Number", 1, "Name", "Sign-in by code")
		b.see("policy_delta.heading.narrows")
		b.tells(p, auth, three, one)
		b.press("policy_decision.restore.button", "Number", 1, "Name", "Sign-in by code")
		b.see("policy_decision.restore.done", "Number", 1, "Name", "Sign-in by code")
		b.see("policy_version.restores", "Number", 1)
		b.see("policy.waits", "Number", 4)

		// Second thoughts: what waits is discarded, and stays readable.
		b.follow("policy_version.discard")
		b.see("policy_version.discard.policy_stays")
		b.press("policy_version.discard.button", "Number", 4, "Name", "Sign-in by code")
		b.see("policy_version.discard.done", "Number", 4, "Name", "Sign-in by code")
		b.miss("policy.waits", "Number", 4)
		b.follow("policy.version", "Number", 4)
		b.see("policy.version_status.discarded")
		b.says(p, auth, one)

		// A policy of its own with the same text.
		b.open(at(made))
		b.follow("policy_version.clone")
		b.see("policy_studio.copy.text", "Number", 4, "Name", "Sign-in by code")
		b.holds("common.name", b.T("policy_studio.copy.name", "Name", "Sign-in by code"))
		b.holds("policy.document", one)
		b.fill("common.name", "Sign-in for branches")
		b.fill("policy.group", "Telecom")
		b.press("common.save")
		b.see("policy.flash.created", "Name", "Sign-in for branches")
		if b.path() == at(made) {
			t.Errorf("%s: the copy is the original", p.name)
		}

		// What was in force on a day.
		b.open(at(made))
		b.fill("policy_version.as_of.label", p.today(-3))
		b.press("policy_version.as_of.show")
		b.see("policy_version.as_of.read_only")
		b.see("policy_version.as_of.in_force", "Number", 1)
		b.says(p, auth, one)
		b.open(at(made) + "?as_of=" + p.today(0))
		b.see("policy_version.as_of.in_force", "Number", 3)
		b.open(at(made) + "?as_of=" + p.today(-12))
		b.see("policy_version.as_of.unborn")
		b.open(at(made) + "?as_of=" + born)
		b.see("policy_version.as_of.in_force", "Number", 1)
	}, arabic)
}
