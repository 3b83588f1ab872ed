//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

type focus struct {
	Tag, ID, Text, Name string
	Ring                bool
}

// tabTo presses Tab until something has the focus, which must be seen there.
func (b *Browser) tabTo(text string, args ...any) {
	b.t.Helper()
	want := b.T(text, args...)
	b.tab(want, func(f focus) bool { return f.Text == want })
}

// tabToField is tabTo for one of many answers that are called the same.
func (b *Browser) tabToField(id string) {
	b.t.Helper()
	b.tab(id, func(f focus) bool { return f.ID == id })
}

func (b *Browser) tab(want string, there func(focus) bool) {
	b.t.Helper()
	var passed []string
	for range 120 {
		b.keys(kb.Tab)
		f := ask[*focus](b, "focused")
		if f == nil || f.Tag == "body" {
			continue
		}
		if !f.Ring {
			b.t.Errorf("%s: nobody sees that %s %q %s has the focus", b.state().Path, f.Tag, f.Text, f.ID)
		}
		if there(*f) {
			return
		}
		if f.ID == "field-document" {
			b.keys(kb.Escape) // here Tab indents, but not after Esc
		}
		passed = append(passed, f.Text)
	}
	b.t.Fatalf("%s: Tab never comes to %q, but to %q", b.state().Path, want, passed)
}

// pressEnter presses Enter where that leads to another page.
func (b *Browser) pressEnter() {
	b.t.Helper()
	b.visit("Enter", chromedp.KeyEvent(kb.Enter))
}

// TestKeyboardAlone signs in, makes a policy group, writes in the editor and
// activates a policy without a mouse.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{script, plain} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, m)
			manager := p.Colleague(authz.PolicyManager)
			sample := string(policydoc.Samples(policydoc.KindAuth)[0].Document)
			if _, err := p.App.Policies.CreatePolicy(t.Context(), p.Admin(), policy.Input{
				Kind: policydoc.KindAuth, GroupID: p.Group("Banking"),
				Name: "Sign-in by code", Description: "By phone.", Document: sample,
			}); err != nil {
				t.Fatal(err)
			}
			b := p.Browser()
			b.open("/signin")
			b.tabTo("ui.skip")
			b.tabTo("common.email")
			b.keys(manager.Email)
			b.tabTo("common.password")
			b.keys(webtest.Password)
			b.pressEnter()
			b.see("home.policies")

			b.tabTo("nav.policy_groups")
			b.pressEnter()
			b.tabTo("policy_group.create")
			b.pressEnter()
			b.tabTo("common.name")
			b.keys("Telecom")
			b.tabTo("common.description")
			b.keys("Operators.")
			b.tabTo("common.save")
			b.pressEnter()
			b.see("policy_group.flash.created", "Name", "Telecom")

			b.tabTo("nav.auth_policies")
			b.pressEnter()
			b.tabTo("ui.actions_for", "Name", "Sign-in by code")
			b.keys(" ")
			b.tabTo("common.activate")
			b.pressEnter()
			b.tabTo("policy.activate.button", "Name", "Sign-in by code", "Number", 1)
			b.visit("Space", chromedp.KeyEvent(" "))
			b.see("policy.in_force", "Number", 1)

			b.tabTo("common.edit")
			b.pressEnter()
			b.tabTo("policy.document")
			if !m.plain { // Tab indents; Esc, then Tab leaves
				before := b.control("policy.document").Value
				b.keys(kb.Tab)
				if after := b.control("policy.document").Value; len(after) != len(before)+2 || strings.TrimSpace(after) != strings.TrimSpace(before) {
					t.Errorf("Tab did not indent")
				}
				b.keys(kb.Escape)
			}
			b.tabTo("policy.file")
		})
	}
}

// TestKeyboardInTheStudio writes a policy of each kind on the form without a
// mouse.
func TestKeyboardInTheStudio(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Group("Telecom")
		b, _ := p.staff(authz.PartnerAdmin)
		b.open("/auth-policies/new")
		b.tabTo("common.name")
		b.keys("Sign-in by code")
		b.tabTo("common.description")
		b.keys("By phone.")
		b.tabTo("policy.group")
		b.keys("T")
		b.tabToField("field-authTokenType")
		b.keys(kb.ArrowDown)
		for _, way := range []string{"otp", "otp-request"} {
			b.tabToField("field-way:" + way + "-no")
			b.keys(kb.ArrowRight)
		}
		b.tabToField("field-language-eng")
		b.keys(" ")
		if b.plain {
			b.tabTo("policy_studio.apply.form")
			b.pressEnter()
		}
		b.until(textSide + `.includes('"eng"')`)
		p.same(auth, b.control("policy.document").Value, strings.Replace(sample(auth, 0), `"allowedKycAttributes": []`, `"allowedKycAttributes": [], "kycLanguages": ["eng"]`, 1))
		b.tabTo("common.save")
		b.pressEnter()
		b.see("policy.flash.created", "Name", "Sign-in by code")

		b.open("/datashare-policies/new")
		b.tabTo("policy_studio.minutes")
		b.keys("30")
		b.tabTo("policy_studio.row.add")
		if b.plain {
			b.pressEnter()
			b.tabToField("field-row:0:attributeName")
		} else {
			b.keys(kb.Enter)
			b.until(`document.activeElement.id === 'field-row:0:attributeName'`)
		}
		b.keys("fullName")
		if b.plain {
			b.tabTo("policy_studio.apply.form")
			b.pressEnter()
		}
		b.until(textSide + `.includes('"fullName"') && ` + textSide + `.includes('"30"')`)
	})
}
