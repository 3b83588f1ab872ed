//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/policywords"
)

func TestJ15PreviewAndTry(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		one := account
		two := strings.Replace(one, `    { "attributeName": "phone" }`, `    { "attributeName": "gender" }`, 1)
		made := p.stored(policy.Input{Name: "Open an account", Document: one})
		p.inForce(made.ID)
		p.changed(made.ID, two)
		b, _ := p.staff(authz.PolicyManager)
		b.open(at(made))
		b.in("policy.waits", "Number", 2).follow("policy_preview.open_preview")

		// Three people, before and after.
		b.heading("policy_preview.title", "Name", "Open an account")
		b.see("policy_preview.simulation.auth")
		for _, who := range policy.PeopleIDs() {
			b.see("policy_preview.person." + who + ".title")
		}
		b.in("policy_preview.person.adult.title").see("policy_preview.change.lost")
		b.in("policy_preview.person.adult.title").see("policy_preview.change.gained")
		b.in("policy_preview.person.adult.title").see(p.label(policydoc.Attributes, "gender"))
		b.in("policy_preview.person.minor.title").toggle("policy_preview.same", "Count", 3)
		b.in("policy_preview.person.minor.title").see("policy_preview.absent.not_recorded")

		// Would this be allowed? Yes; and no, with the reason and the line.
		b.follow("policy_preview.open_try")
		b.choose(unbroken(p.label(policydoc.AuthTypes, "kyc")))
		b.choose(p.label(policydoc.Attributes, "gender"))
		b.fill("policy_preview.try.person", "policy_preview.person.adult.title")
		b.press("policy_preview.try.ask")
		b.see("policy_preview.try.allowed.text", "Number", 2)
		b.in("policy_preview.person.adult.title").see(p.label(policydoc.Attributes, "gender"))
		b.open(at(made) + "/try?version=2&way=kyc&attribute=gender&attribute=phone&person=adult&ask=yes")
		b.see("policy_preview.try.refused.text", "Number", 2)
		b.see("policy_preview.reason.attribute_not_granted", "Item", p.label(policydoc.Attributes, "phone"))
		b.see("policy_preview.reason.way_allowed", "Item", unbroken(p.label(policydoc.AuthTypes, "kyc")))
		b.follow("policy_preview.line", "Line", 6)
		b.heading("policy_version.title", "Number", 2, "Name", "Open an account")
		b.until(`document.querySelector(':target')?.textContent.includes('"kyc"')`)
	}, arabic)
}

func TestJ15InAndOut(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Banking")
		made := p.stored(policy.Input{Name: "Open an account", Document: account, Note: "Agreed."})
		p.inForce(made.ID)
		bundle, err := p.App.Policies.Bundle(t.Context(), made.ID, auth)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := bundle.JSON()
		if err != nil {
			t.Fatal(err)
		}

		// All or nothing: one of two has an error, at its place.
		b, _ := p.staff(authz.PolicyManager)
		b.menu("nav.auth_policies")
		b.follow("policy_import.go")
		b.fill("policy.group", "Banking")
		b.upload("field-files", file{"codes.json", sample(auth, 0)}, file{"broken.json", broken})
		b.expect(http.StatusUnprocessableEntity).press("policy_import.look")
		b.see("policy_import.faulty", "Count", 1)
		b.in("broken.json").see("ui.finding_at", "Line", 4, "Column", 39)
		b.in("codes.json").see("policy_import.clean")

		// Two good ones, one of each kind.
		b.upload("field-files", file{"codes.json", sample(auth, 0)}, file{"register.json", register})
		b.press("policy_import.look")
		b.see("policy_import.good", "Count", 2)
		b.in("register.json").see("policy_import.kind.datashare")
		b.press("policy_import.take", "Count", 2)
		b.see("policy_import.flash_both", "Auth", b.T("policy_import.count.auth", "Count", 1), "Share", b.T("policy_import.count.datashare", "Count", 1))
		b.open("/datashare-policies")
		b.wantRows("register")
		b.follow("register")
		b.says(p, share, register)

		// A bundle with its history, under another group.
		b.open("/policies/import")
		b.fill("policy.group", "Banking")
		b.upload("field-files", file{"account.json", string(whole)})
		b.press("policy_import.look")
		b.see("policy_import.bundle", "Number", 1)
		b.press("policy_import.take", "Count", 1)
		b.see("policy_import.flash", "Count", 1)
		b.open("/auth-policies?group=" + p.Group("Banking").String() + "&name=account")
		b.wantRows("Open an account")
		b.follow("Open an account")
		b.says(p, auth, account)

		// What comes out is what went in, to the letter.
		c := p.SignedIn(p.Admin().Email)
		if got := c.Get(b.path() + "/versions/1.json").Want(http.StatusOK).Body; got != account {
			t.Errorf("%s: in went %q, out came %q", p.name, account, got)
		}
		if got := c.Get(policywords.DoURL(auth, made.ID, "bundle.json")).Want(http.StatusOK).Body; !strings.Contains(got, "Agreed.") {
			t.Errorf("%s: the bundle has no history: %s", p.name, got)
		}
	}, arabic)
}

func TestJ15Vocabulary(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		made := p.stored(policy.Input{Name: "Open an account", Document: account})
		b, _ := p.staff(authz.PartnerAdmin)
		b.menu("nav.vocabulary")
		b.open("/vocabulary?q=phone&size=100")
		b.follow("phone")
		b.see("Open an account") // uses it
		b.follow("vocabulary.deprecate")
		b.see("vocabulary.use.waiting")
		b.press("vocabulary.deprecate.button", "Name", "phone")
		b.see("vocabulary.flash.deprecated", "Name", "phone")

		// The editor warns, and the form says so.
		b.open(at(made) + "/edit")
		b.see("policy_studio.deprecated")
		b.see("ui.finding_at", "Line", 11, "Column", 24)

		// A name of one's own is known to the editor from then on.
		b.open("/vocabulary/new")
		b.fill("vocabulary.family", "policydoc.family.attribute")
		b.fill("vocabulary.name", "shoeSize")
		b.fill("vocabulary.label.en", "Shoe size")
		b.fill("vocabulary.label.fr", "Taille de chaussure")
		b.fill("vocabulary.label.ar", "مقاس الحذاء")
		b.choose("policydoc.sensitivity.ordinary")
		b.press("common.save")
		b.see("vocabulary.flash.created", "Name", "shoeSize")
		b.open("/auth-policies/new")
		b.see(p.label(policydoc.Attributes, "shoeSize"))
		b.miss(p.label(policydoc.Attributes, "phone"))
	}, arabic)
}

// unbroken is a label as the pages of previews write it: no line ends inside a
// short word.
func unbroken(label string) string { return strings.ReplaceAll(label, "e-KYC", "e\u2011KYC") }
