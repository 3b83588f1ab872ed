//go:build e2e

package e2e

import (
	"encoding/json"
	"strconv"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"

	"github.com/chromedp/chromedp"
)

const (
	auth  = policydoc.KindAuth
	share = policydoc.KindDataShare

	textSide = `document.getElementById('field-document').value`
)

// until waits in the page until an expression holds.
func (b *Browser) until(expression string) {
	b.t.Helper()
	if !b.comes(expression) {
		b.t.Fatalf("%s: %s: never %s: %s", b.name, b.state().Path, expression, ask[string](b, "text", ""))
	}
}

// comes tells whether an expression holds, or will soon. Without scripts nothing
// changes by itself: there it must hold now.
func (b *Browser) comes(expression string) bool {
	b.t.Helper()
	look := chromedp.Evaluate[bool]("!!(" + expression + ")")
	if !b.plain {
		look = chromedp.Evaluate[bool](`new Promise(done => {
			const end = performance.now() + 15000;
			const look = () => { if (`+expression+`) done(true); else if (performance.now() > end) done(false); else setTimeout(look, 25); };
			look();
		})`, chromedp.EvalAwaitPromise)
	}
	held, err := run(b, look)
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.name, expression, err)
	}
	return held
}

// script does something in the page that no person could do so exactly.
func (b *Browser) script(statements string) {
	b.t.Helper()
	if _, err := run(b, chromedp.Evaluate[bool](`(() => { `+statements+`; return true; })()`)); err != nil {
		b.t.Fatal(err)
	}
}

func quoted(text string) string {
	q, _ := json.Marshal(text) // never fails
	return string(q)
}

// soon is see for what a script is about to draw.
func (b *Browser) soon(text string, args ...any) {
	b.t.Helper()
	if !b.comes(shows(b.T(text, args...))) {
		b.see(text, args...)
	}
}

// gone is miss for what a script is about to take away.
func (b *Browser) gone(text string, args ...any) {
	b.t.Helper()
	if !b.comes("!" + shows(b.T(text, args...))) {
		b.miss(text, args...)
	}
}

func shows(text string) string {
	return library + `text('').includes(` + quoted(text) + `); })()`
}

// tick gives an answer of the form: a box or one of several.
func (b *Browser) tick(field string) {
	b.t.Helper()
	if b.plain {
		b.do(b.click("id", field))
	} else { // the page may be drawn anew between looking for a place and clicking there
		b.script(`document.getElementById(` + strconv.Quote(field) + `).click()`)
	}
	if ask[bool](b, "ticked", field) {
		return
	}
	b.t.Fatalf("%s: %s cannot be ticked", b.name, field)
}

// ask presses a button of the studio that stores nothing: scripts draw the
// answer into the page, without them another page comes.
func (b *Browser) consult(text string, args ...any) {
	b.t.Helper()
	if b.plain {
		b.press(text, args...)
	} else {
		b.do(b.click("press", text, args...))
	}
}

// carry lets the text follow the form, by its button where no script does it,
// until it has a part.
func (b *Browser) carry(part string) {
	b.t.Helper()
	if b.plain {
		b.press("policy_studio.apply.form")
	}
	b.until(textSide + `.includes(` + quoted(part) + `)`)
}

// words is the portal's vocabulary.
func (p *portal) words() *policydoc.Vocabulary {
	p.t.Helper()
	words, err := p.App.Vocabulary.All(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return words
}

// label is what pages of the browser's language call a term.
func (p *portal) label(f policydoc.Family, name string) string {
	p.t.Helper()
	label, ok := p.words().Label(p.lang, f, name)
	if !ok {
		p.t.Fatalf("%s: nobody has named the %s %s", p.name, f, name)
	}
	return label
}

func (p *portal) meaning(k policy.Kind, document string) policydoc.Meaning {
	p.t.Helper()
	m, ok := policydoc.Understand(k, []byte(document))
	if !ok {
		p.t.Fatalf("%s: this has errors: %s", p.name, document)
	}
	return m
}

// says fails the test unless the page says what a document means, each sentence
// of it.
func (b *Browser) says(p *portal, k policy.Kind, document string) {
	b.t.Helper()
	ctx := i18n.WithLang(b.t.Context(), b.lang)
	for _, l := range policywords.Sentences(ctx, p.words(), p.meaning(k, document)) {
		b.soon(l.Text)
	}
}

// tells fails the test unless the page tells every change from one document to
// another.
func (b *Browser) tells(p *portal, k policy.Kind, from, to string) {
	b.t.Helper()
	words := p.words()
	delta := policydoc.Compare(p.meaning(k, from), p.meaning(k, to), words)
	if len(delta) == 0 {
		b.t.Fatal("there is no difference to tell")
	}
	for _, c := range policywords.Changes(i18n.WithLang(b.t.Context(), b.lang), words, delta) {
		b.see(c.Text)
	}
}

// same fails the test unless two documents mean the same.
func (p *portal) same(k policy.Kind, got, want string) {
	p.t.Helper()
	if d := policydoc.Compare(p.meaning(k, got), p.meaning(k, want), p.words()); len(d) > 0 {
		p.t.Errorf("%s: the document differs by %v:\n%s", p.name, d, got)
	}
}

func sample(k policy.Kind, n int) string { return string(policydoc.Samples(k)[n].Document) }

// stored is a policy of the group Telecom that a Partner Admin wrote.
func (p *portal) stored(in policy.Input) policy.Policy {
	p.t.Helper()
	if in.Kind == "" {
		in.Kind = auth
	}
	in.GroupID, in.Description = p.Group("Telecom"), "What it is for."
	made, err := p.App.Policies.CreatePolicy(p.t.Context(), p.Admin(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	return made
}

// changed stores another text of an Auth policy, by the same Partner Admin.
func (p *portal) changed(pid id.Policy, document string) {
	p.t.Helper()
	now, err := p.App.Policies.Policy(p.t.Context(), pid, auth)
	if err == nil {
		_, err = p.App.Policies.EditPolicy(p.t.Context(), p.Admin(), pid, now.Version, policy.Input{
			Kind: auth, Name: now.Name, Description: now.Description, Document: document,
		})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// inForce activates what waits, by somebody who did not write it.
func (p *portal) inForce(pid id.Policy) {
	p.t.Helper()
	second := p.Colleague(authz.PolicyManager)
	picture, err := p.App.Policies.Picture(p.t.Context(), second, pid, policy.Activate, 0)
	if err == nil {
		err = p.App.Policies.ActivatePolicy(p.t.Context(), second, pid, policy.Seen{Version: picture.Row, Picture: picture.Fingerprint()})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// at is a policy's address.
func at(p policy.Policy) string { return policywords.URL(p.Kind, p.ID) }

// today is the portal's day, moved by days.
func (p *portal) today(days int) string {
	return p.App.DB.Now().AddDate(0, 0, days).Format("2006-01-02")
}
