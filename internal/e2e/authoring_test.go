//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policydoc"
)

// account is what the form of TestJ12AuthPolicyWithoutJSON comes to.
const account = `{
  "authTokenType": "partner",
  "allowedAuthTypes": [
    { "authType": "otp", "mandatory": false },
    { "authType": "otp-request", "mandatory": false },
    { "authType": "kyc", "mandatory": true }
  ],
  "allowedKycAttributes": [
    { "attributeName": "fullName" },
    { "attributeName": "dateOfBirth" },
    { "attributeName": "phone" }
  ],
  "kycLanguages": ["eng"]
}`

// TestJ12AuthPolicyWithoutJSON is somebody who never saw JSON.
func TestJ12AuthPolicyWithoutJSON(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		b, _ := p.staff(authz.PartnerAdmin)
		b.menu("nav.auth_policies")
		b.follow("policy.create")
		b.see("policy_studio.empty")
		b.fill("common.name", "Open an account")
		b.fill("common.description", "Know the customer at the counter.")
		b.fill("policy.group", "Telecom")
		if !b.plain {
			b.script(`window.stays = true`)
		}

		// The form alone; the text, the findings and the sentences follow.
		b.choose("policydoc.token_type.partner")
		b.carry(`"partner"`)
		for _, way := range []string{"otp-optional", "otp-request-optional", "kyc-required"} {
			b.tick("field-way:" + way)
		}
		b.carry(`"kyc"`)
		b.soon("policydoc.finding.kyc_empty", "Name", "kyc", "Line", 13)
		for _, name := range []string{"fullName", "dateOfBirth", "phone"} {
			b.tick("field-attribute-" + name)
		}
		b.tick("field-language-eng")
		b.carry(`"eng"`)
		b.gone("policydoc.finding.kyc_empty", "Name", "kyc", "Line", 13)
		b.until(textSide + `.includes('"phone"')`)
		written := b.control("policy.document").Value
		p.same(auth, written, account)
		b.says(p, auth, written)
		if !b.plain {
			b.until(`window.stays`)
		}

		// A slip in the text is pointed at, and mended with one click.
		b.fill("policy.document", strings.Replace(written, `"fullName"`, `"fulName"`, 1))
		if b.plain {
			b.press("policy.check")
		}
		b.soon("policydoc.finding.attribute_near", "Value", "fulName", "Suggestion", "fullName")
		b.soon("policy_studio.attributes.unknown")
		b.consult("policydoc.fix.replace", "Value", "fullName")
		b.until(textSide + `.includes('"fullName"')`)
		b.gone("policydoc.finding.attribute_near", "Value", "fulName", "Suggestion", "fullName")
		b.holds("policy.document", written)
		if !ask[bool](b, "ticked", "field-attribute-fullName") {
			t.Errorf("%s: the form has not followed the text", p.name)
		}

		// Without scripts both sides can be changed: nothing is saved before
		// somebody has said which of them counts.
		if b.plain {
			b.fill("policy.document", strings.Replace(written, `"phone"`, `"email"`, 1))
			b.tick("field-authTokenType")
			b.expect(http.StatusUnprocessableEntity).press("common.save")
			b.see("policy_studio.both.title")
			b.fill("policy.document", written)
			b.press("policy_studio.keep.text")
			b.holds("policy.document", written)
			b.miss("policy_studio.both.title")
		}

		// Saved with a reason and a day.
		b.holds("common.name", "Open an account")
		b.fill("policy_studio.review", p.today(100))
		b.fill("policy_studio.note", "Asked for by the regulator.")
		b.press("common.save")
		b.see("policy.flash.created", "Name", "Open an account")
		b.says(p, auth, account)
		b.see("Asked for by the regulator.")
		b.follow("common.edit")
		b.holds("policy_studio.review", p.today(100))
		b.holds("policy.document", written)
	}, arabic)
}

// register is what the form of TestJ12SharePolicyByRows comes to.
const register = `{
  "dataSharePolicies": {
    "typeOfShare": "Data Share",
    "validForInMinutes": "30",
    "transactionsAllowed": "2",
    "encryptionType": "Partner Based",
    "shareDomain": "share.example.org",
    "source": "ID Repository",
    "protocol": "https"
  },
  "shareableAttributes": [
    { "attributeName": "fullName", "source": [ { "attribute": "fullName" } ], "encrypted": true },
    { "attributeName": "dateOfBirth", "source": [ { "attribute": "dateOfBirth" } ], "encrypted": true, "format": "YYYY" }
  ]
}`

func TestJ12SharePolicyByRows(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		b, _ := p.staff(authz.PolicyManager)
		b.menu("nav.datashare_policies")
		b.follow("policy.create")
		b.fill("common.name", "Subscriber register")
		b.fill("common.description", "Keep names up to date.")
		b.fill("policy.group", "Telecom")

		// The rules: numbers are typed as numbers.
		b.choose("policydoc.share_type.Data_Share")
		b.choose("policydoc.encryption.Partner_Based")
		b.fill("policy_studio.minutes", "30")
		b.fill("policy_studio.times", "2")
		b.fill("policy_studio.domain", "share.example.org")
		b.fill("policy_studio.source", "ID Repository")
		b.tick("field-share:protocol-https")
		b.carry(`"https"`)
		b.until(textSide + `.includes('"30"')`)

		// Three rows, one of them too many.
		for i, name := range []string{"fullName", "photo", "dateOfBirth"} {
			b.consult("policy_studio.row.add")
			row := "field-" + policydoc.RowField(string(rune('0'+i)), "")
			b.until(`document.getElementById(` + quoted(row+"attributeName") + `)`)
			b.enter(row+"attributeName", name)
			b.tick(row + "encrypted-true")
			b.carry(`"` + name + `"`)
			b.enter(row+"source:0:attribute", name)
			b.carry(`"attribute": "` + name + `"`)
		}
		b.enter("field-"+policydoc.RowField("2", policydoc.RowFormat), "YYYY")
		b.carry(`"YYYY"`)
		b.consult("policy_studio.row.remove", "Name", p.label(policydoc.Attributes, "photo"))
		b.until(`!` + textSide + `.includes('"photo"')`)
		written := b.control("policy.document").Value
		p.same(share, written, register)
		b.says(p, share, written)
		b.press("common.save")
		b.see("policy.flash.created", "Name", "Subscriber register")
		b.says(p, share, register)
		b.follow("common.edit")
		b.holds("policy.document", written)
	}, arabic)
}
