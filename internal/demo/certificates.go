package demo

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/id"
	"portal/internal/partner"
)

// certificates are a trust store with a root that waits and one that was taken out
// of use, and partners' certificates in every state that does not need years to
// pass.
func (l *loader) certificates(ctx context.Context) {
	second := l.staff(ctx, "second@demo.test", "Rachid", "Alaoui", "fr", authz.PartnerAdmin)
	l.partner(ctx, partner.Answers{
		Type: authz.DeviceProvider, Organisation: "Lumen Optics", PublicID: "Lumen-Optics", Email: "camera@demo.test", FirstName: "Mei", LastName: "Tan",
		Purpose: "Supply fingerprint readers for enrolment centres.", Lang: "en", Address: "8 Mill Lane\nPort City", Phone: "+999 12 345 678",
	}, func(p partner.Partner) error { return l.app.Partners.Approve(ctx, l.admin, p.ID, p.Version) })
	leila, claire, mei := l.owner(ctx, "auth@demo.test"), l.owner(ctx, "credential@demo.test"), l.owner(ctx, "camera@demo.test")

	national := l.root(ctx, second, certdoc.Auth, "National Certification Authority")
	issuing := l.issuing(national, "National Certification Authority")
	l.add(ctx, l.admin, certdoc.Auth, issuing)
	l.root(ctx, second, certdoc.Device, "Device Certification Board")
	legacy := l.root(ctx, second, certdoc.Auth, "Legacy Trust Services")
	l.send(ctx, leila, l.leaf(legacy, "Meridian Mobile", 0))
	l.takeOut(ctx, legacy, "The authority closed at the end of October; its key may be used by nobody any more.")
	l.send(ctx, leila, l.leaf(issuing, "Meridian Mobile", 0))
	l.send(ctx, leila, l.leaf(issuing, "Meridian Mobile", 0))
	l.send(ctx, leila, l.leaf(issuing, "Meridian Mobile", 30))
	l.send(ctx, claire, l.leaf(national, "Banque du Littoral", 0))
	// This one waits for the demonstration's own Partner Admin.
	l.add(ctx, second, certdoc.FTM, l.newRoot("Chip Industry"))

	board := l.newRoot("Reader Makers Association")
	l.add(ctx, l.admin, certdoc.Device, board)
	l.do(func() error {
		return l.app.Certificates.RefuseCA(ctx, second, l.caOf(ctx, board), 1, "This association issues to anybody who asks.")
	})
	device := l.issuing(l.devices, "Device Certification Board")
	l.add(ctx, l.admin, certdoc.Device, device)
	lost := l.send(ctx, mei, l.leaf(device, "Lumen Optics", 0))
	l.do(func() error {
		return l.app.Certificates.Withdraw(ctx, mei, lost, 1, "The laptop with the key was stolen.")
	})
	l.send(ctx, mei, l.leaf(device, "Lumen Optics", 0))
	l.chips(ctx, second)
}

const year = 365 * 24 * time.Hour

func (l *loader) newRoot(name string) (h certmake.Holder) {
	l.do(func() (err error) {
		now := l.app.DB.Now()
		h, err = certmake.Root(name, now.Add(-year), now.Add(15*year))
		return err
	})
	return h
}

// root is a new root that two admins trust for a domain.
func (l *loader) root(ctx context.Context, second authz.Actor, domain, name string) certmake.Holder {
	h := l.newRoot(name)
	l.add(ctx, l.admin, domain, h)
	l.do(func() error { return l.app.Certificates.ConfirmCA(ctx, second, l.caOf(ctx, h), 1) })
	if domain == certdoc.Device {
		l.devices = h
	}
	return h
}

func (l *loader) issuing(root certmake.Holder, name string) (h certmake.Holder) {
	l.do(func() (err error) {
		now := l.app.DB.Now()
		h, err = root.Intermediate(name, now.Add(-year), now.Add(8*year))
		return err
	})
	return h
}

// add sends an authority's certificate to the trust store.
func (l *loader) add(ctx context.Context, a authz.Actor, domain string, h certmake.Holder) {
	l.do(func() error {
		_, err := l.app.Certificates.ProposeCAs(ctx, a, domain, certdoc.PEM(h.Cert.Raw))
		return err
	})
}

// caOf finds a certificate of the trust store by its bytes.
func (l *loader) caOf(ctx context.Context, h certmake.Holder) id.CACertificate {
	for _, domain := range certdoc.Domains {
		all, err := l.app.Certificates.PreviewCAs(ctx, domain, certdoc.PEM(h.Cert.Raw))
		if err != nil {
			l.err = errors.Join(l.err, err)
			return id.CACertificate{}
		}
		if !id.IsZero(all[0].ID) && all[0].Outcome == "exists" {
			return all[0].ID
		}
	}
	return id.CACertificate{}
}

func (l *loader) takeOut(ctx context.Context, h certmake.Holder, reason string) {
	l.do(func() error { return l.app.Certificates.TakeOutCA(ctx, l.admin, l.caOf(ctx, h), 2, reason) })
}

// leaf is a certificate in an organisation's name that begins so many days from
// now.
func (l *loader) leaf(issuer certmake.Holder, organisation string, days int) (h certmake.Holder) {
	l.do(func() (err error) {
		from := l.app.DB.Now().AddDate(0, 0, days).Add(-time.Hour)
		h, err = issuer.Leaf(organisation, from, from.Add(2*year), func(c *x509.Certificate) { c.Subject.CommonName = "identity-gateway" })
		return err
	})
	return h
}

func (l *loader) send(ctx context.Context, a authz.Actor, h certmake.Holder) (cid id.Certificate) {
	l.do(func() error {
		done, err := l.app.Certificates.Accept(ctx, a, certdoc.PEM(h.Cert.Raw))
		cid = done.ID
		return err
	})
	return cid
}
