//go:build e2e

package e2e

import (
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/web/webtest"
)

// authority is a CA outside of the portal.
type authority struct {
	p    *portal
	root certmake.Holder
}

func newAuthority(p *portal) authority {
	p.t.Helper()
	now := p.Clock.Now()
	root, err := certmake.Root("Harbour", now.AddDate(-1, 0, 0), now.AddDate(9, 0, 0))
	if err != nil {
		p.t.Fatal(err)
	}
	return authority{p: p, root: root}
}

func text(h certmake.Holder) string { return string(certdoc.PEM(h.Cert.Raw)) }

// issued is the text of a certificate for an organisation.
func (a authority) issued(organisation string, days int) string {
	a.p.t.Helper()
	now := a.p.Clock.Now()
	h, err := a.root.Leaf(organisation, now.Add(-time.Hour), now.AddDate(0, 0, days), func(c *x509.Certificate) { c.Subject.CommonName = "gateway" })
	if err != nil {
		a.p.t.Fatal(err)
	}
	return text(h)
}

// A root is trusted by two admins; then a partner's certificate counts, after one
// that did not pass.
func TestJ16Certificates(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		ca := newAuthority(p)
		partner := p.Admitted(authz.AuthPartner)
		one, err := p.App.Partners.Partner(t.Context(), partner.Actor.Scope(), partner.Actor.Partner)
		if err != nil {
			t.Fatal(err)
		}

		first, _ := p.staff(authz.PartnerAdmin)
		first.menu("nav.trust_store")
		first.follow("trust_store.add")
		first.fill("certificate.domain", "certificate.domain.AUTH")
		first.fill("trust_store.file", text(ca.root))
		first.press("trust_store.look")
		first.see("trust_store.outcome.waits")
		first.press("trust_store.take", "Count", 1)
		first.see("trust_store.own")

		second, _ := p.staff(authz.PartnerAdmin)
		second.open("/trust-store?status=waiting")
		second.follow("Harbour Root")
		second.follow("trust_store.confirm.action")
		second.press("trust_store.confirm.button")
		second.see("trust_store.confirm.done", "Name", "Harbour Root")

		b := p.Browser()
		b.signIn(partner.Actor.Email, webtest.Password)
		b.menu("nav.certificates")
		b.see("certificate.stands.none")
		b.follow("certificate.help.link")
		b.see("Harbour Root")
		b.follow("certificate.send")
		b.fill("certificate.file", ca.issued(one.Organisation+" Ltd", 100))
		b.expect(http.StatusUnprocessableEntity).press("certificate.look")
		b.see("certificate.verdict.bad", "Count", 2)
		b.see("certificate.difference.theirs")
		b.follow("certificate.again")
		b.fill("certificate.file", ca.issued(one.Organisation, 500))
		b.press("certificate.look")
		b.see("certificate.verdict.good")
		b.press("certificate.take")
		b.see("certificate.flash.counts")
		b.heading("certificate.one", "Name", "gateway")

		second.open("/partners/" + partner.Actor.Partner.String())
		second.see("certificate.state.counts")
		second.follow("gateway")
		second.see(one.Organisation)
	})
}
