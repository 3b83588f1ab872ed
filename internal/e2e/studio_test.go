//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

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

// TestStudioWithSlowOrNoAnswers: what is done while an answer is on its way is
// kept and asked next, on both sides, and without an answer everything stays as
// it is.
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
	const short, text = `document.getElementById('studio-bar').textContent.trim()`, `document.getElementById('field-document').value`
	b.script(`document.getElementById('field-authTokenType').click()`)
	b.until(`window.late`)
	b.until(short + ` === '` + b.T("policy_studio.checking") + `' && document.getElementById('studio-findings').ariaBusy === 'true'`)
	b.script(`document.getElementById('field-authTokenType-2').click()`)
	b.script(`window.late()`)
	b.until(text + `.includes('"partner"') && !` + text + `.includes('"random"') && document.getElementById('field-authTokenType-2').checked`)
	b.until(`!document.querySelector('[aria-busy]')`)

	// The text is written while a change of the form is on its way: both count.
	b.script(`window.asked = 0; window.late = null; document.getElementById('field-way:otp-optional').click()`)
	b.until(`window.late`)
	b.script(`const a = document.getElementById('field-document'); a.focus(); a.value = '\n' + a.value; a.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.script(`window.late()`)
	b.until(text + `.includes('"otp"') && ` + text + `.startsWith('\n') && !document.getElementById('studio-both').firstElementChild`)
	b.until(`document.getElementById('field-way:otp-optional').checked && document.activeElement.id === 'field-document'`)

	b.script(`window.fetch = () => Promise.reject(new TypeError('no network'))`)
	sample := string(policydoc.Samples(policydoc.KindAuth)[0].Document)
	b.fill("policy.document", sample)
	b.until(`document.getElementById('studio-status').textContent === '` + b.T("policy_studio.silent") + `'`)
	b.holds("policy.document", sample)
}

// TestStudioAnswersWaitForAClick: an answer that comes between the two halves of
// a click does not take away what is clicked.
func TestStudioAnswersWaitForAClick(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/datashare-policies/new")
	b.script(`
		const real = window.fetch;
		window.fetch = async (...args) => {
			window.fetch = real;
			const page = await (await real(...args)).text();
			await new Promise(done => { window.late = done; });
			return { ok: true, text: async () => page };
		}`)
	b.choose("policydoc.share_type.Data_Share")
	b.until(`window.late`)
	at := ask[spot](b, "at", "choice", b.T("policydoc.encryption.Partner_Based"), "")
	half := input.DispatchMouseEventParams{Type: chromedp.MousePressed, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: 1}
	b.do(call(input.DispatchMouseEvent, half))
	b.script(`window.late(); setTimeout(() => { window.drawn = true; })`)
	b.until(`window.drawn`)
	half.Type = chromedp.MouseReleased
	b.do(call(input.DispatchMouseEvent, half))
	b.until(textSide + `.includes('"Partner Based"') && ` + textSide + `.includes('"Data Share"')`)
}

// TestStudioQueuesButtons: no press is lost while an answer is on its way, and
// what was opened stays with its row.
func TestStudioQueuesButtons(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/datashare-policies/new")
	b.fill("policy.document", string(policydoc.Samples(policydoc.KindDataShare)[1].Document))
	b.until(`document.querySelectorAll('.attribute').length > 2`)
	b.script(`window.rows = document.querySelectorAll('.attribute').length; for (let i = 0; i < 3; i++) document.querySelector('button[name=add][value=""]').click()`)
	b.until(`document.querySelectorAll('.attribute').length === rows + 3`)
	b.script(`window.second = document.getElementById('field-row:1:attributeName').value; document.getElementById('more-1').open = true; document.getElementById('more-2').open = false;
		document.querySelector('button[name=remove][value="0"]').click(); document.querySelector('button[name=remove][value="2"]').click()`)
	b.until(`document.querySelectorAll('.attribute').length === rows + 1`)
	b.until(`document.getElementById('field-row:0:attributeName').value === second && document.getElementById('more-0').open && !document.getElementById('more-1').open`)
}

// TestStudioAsksWhichSideCounts where both were changed in the same place, and
// brings the person to the question.
func TestStudioAsksWhichSideCounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/auth-policies/new")
	b.fill("policy.document", string(policydoc.Samples(policydoc.KindAuth)[0].Document))
	b.until(`document.getElementById('field-way:otp-optional')?.checked`)
	b.script(`scrollTo(0, document.body.scrollHeight);
		document.getElementById('field-way:otp-required').click();
		const a = document.getElementById('field-document'); a.value = a.value.replace('false', 'fals'); a.dispatchEvent(new Event('input', { bubbles: true }))`)
	b.until(`document.activeElement.id === 'studio-both' && document.querySelectorAll('button[name=keep]').length === 4`)
	b.until(`[...document.querySelectorAll('button[name=keep]')].every(k => k.checkVisibility()) && document.activeElement.getBoundingClientRect().top >= 0`)
	b.script(`document.querySelector('#studio-form button[name=keep]').click()`)
	b.until(`document.getElementById('field-document').value.includes('true') && !document.querySelector('button[name=keep]')`)
}

// TestStudioAfterTheSessionEnded says to sign in again, and goes on afterwards.
func TestStudioAfterTheSessionEnded(t *testing.T) {
	t.Parallel()
	p := newPortal(t, script)
	p.Group("Telecom")
	b, _ := p.staff(authz.PartnerAdmin)
	b.open("/auth-policies/new")
	b.script(`
		const real = window.fetch, token = document.querySelector('main form').elements[0], good = token.value;
		token.value = 'old';
		window.fetch = (to, sent) => sent.body.get(token.name) === 'old'
			? Promise.resolve(new Response('<input name="' + token.name + '" value="' + good + '">', { status: 403 }))
			: real(to, sent);`)
	b.script(`document.getElementById('field-way:otp-optional').click()`)
	b.until(`document.getElementById('field-document').value.includes('"otp"') && document.querySelector('main form').elements[0].value !== 'old'`)

	b.script(`window.fetch = async () => ({ ok: false, status: 0, type: 'opaqueredirect' })`)
	b.script(`document.getElementById('field-way:otp-required').click()`)
	b.until(`document.getElementById('studio-status').textContent === '` + b.T("policy_studio.signed_out") + `'`)
	b.until(`document.getElementById('field-way:otp-required').checked`)
}
