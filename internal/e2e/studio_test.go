//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policydoc"
)

// TestStudioKeepsFormAndTextInStep writes on both sides and looks at the other,
// without a page being loaded in between.
func TestStudioKeepsFormAndTextInStep(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/auth-policies/new")

	const text, focus = textSide, `document.activeElement.id`
	b.script(`const r = document.getElementById('field-way:otp-optional'); r.focus(); r.click()`)
	b.until(text + `.includes('"otp"')`)
	b.until(focus + ` === 'field-way:otp-optional' && document.activeElement.checked`)
	b.until(`document.querySelectorAll('.findings li').length > 0`)

	sample := string(policydoc.Samples(policydoc.KindAuth)[1].Document)
	b.fill("policy.document", sample)
	b.until(`document.getElementById('field-way:bio:FINGER-no')?.checked === false`)
	b.until(focus + ` === 'field-document'`)
	b.see("policy.check.good")
	b.holds("policy.document", sample)

	// A name of one's own is added by its button, not letter by letter.
	b.script(`const i = document.getElementById('field-add_attribute'); i.focus(); i.value = 'shoe'; i.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.script(`document.getElementById('field-attribute-email').click()`)
	b.until(text + `.includes('"email"')`)
	b.until(`!` + text + `.includes('shoe') && document.getElementById('field-add_attribute').value === 'shoe'`)
	b.do(b.click("press", "policy_studio.attributes.add"))
	b.until(text + `.includes('"shoe"') && document.getElementById('field-add_attribute').value === ''`)
	b.until(focus + ` === 'field-add_attribute'`)

	// A correction with one click.
	b.fill("policy.document", strings.Replace(sample, `"otp"`, `"opt"`, 1))
	b.until(`document.querySelector('button[name=fix]')`)
	b.script(`document.querySelector('button[name=fix]').click()`)
	b.until(text + `.includes('"otp"') && !document.querySelector('button[name=fix]')`)

	// Half a text has no form; the form comes back.
	b.fill("policy.document", "{")
	b.until(`!document.getElementById('field-way:otp-optional') && document.querySelector('#studio-form a[data-jump]')`)
	b.fill("policy.document", sample)
	b.until(`document.getElementById('field-way:otp-optional')`)
}

// TestStudioRowsWithoutLoading adds and removes rows of a Data share policy.
func TestStudioRowsWithoutLoading(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/datashare-policies/new")
	b.script(`window.stays = true`)
	// Whoever goes on to a button does not lose it when the answer comes.
	b.script(`const i = document.getElementById('field-share:validForInMinutes'); i.value = '30'; i.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.script(`document.querySelector('button[name=add]').focus()`)
	b.until(textSide + `.includes('"30"') && document.activeElement.matches('button[name=add]')`)
	b.do(b.click("press", "policy_studio.row.add"))
	b.until(`document.activeElement.id === 'field-row:0:attributeName'`)
	b.script(`const i = document.activeElement; i.value = 'fullNam'; i.setSelectionRange(4, 4); i.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.until(`document.getElementById('field-document').value.includes('"fullNam"')`)
	b.until(`document.activeElement.id === 'field-row:0:attributeName' && document.activeElement.selectionStart === 4`)
	b.do(b.click("press", "policy_studio.row.remove", "Name", "fullNam"))
	b.until(`!document.querySelector('.attribute') && window.stays`)
}

// TestStudioWithSlowOrNoAnswers: an answer that is older than what was typed
// since changes nothing, and without one everything stays as it is.
func TestStudioWithSlowOrNoAnswers(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/auth-policies/new")
	b.script(`
		const real = window.fetch;
		window.asked = 0;
		window.fetch = async (...args) => {
			const first = window.asked++ === 0;
			const answer = await real(...args);
			if (first) await new Promise(done => { window.late = done; });
			return answer;
		}`)
	b.script(`document.getElementById('field-authTokenType').click()`)
	b.until(`window.late`)
	b.script(`document.getElementById('field-authTokenType-2').click()`)
	b.until(`document.getElementById('field-document').value.includes('"partner"')`)
	b.script(`window.late()`)
	b.until(`document.getElementById('field-authTokenType-2').checked && !document.getElementById('field-document').value.includes('"random"')`)

	b.script(`window.fetch = () => Promise.reject(new TypeError('no network'))`)
	sample := string(policydoc.Samples(policydoc.KindAuth)[0].Document)
	b.fill("policy.document", sample)
	b.until(`document.getElementById('studio-status').textContent === '` + b.T("policy_studio.silent") + `'`)
	b.holds("policy.document", sample)
}
