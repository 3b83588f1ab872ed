package demo

import (
	"context"
	"crypto/x509"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/partner"
)

// chips are an FTM Provider with chips in every state, and the authority that is
// trusted for them.
func (l *loader) chips(ctx context.Context, second authz.Actor) {
	l.partner(ctx, partner.Answers{
		Type: authz.FTMProvider, Organisation: "Kite Semiconductors", PublicID: "Kite-Semiconductors", Email: "chip@demo.test", FirstName: "Ama", LastName: "Owusu",
		Purpose: "Supply the secure chips of registered devices.", Lang: "en", Address: "3 Foundry Street\nPort City", Phone: "+999 12 345 678",
	}, func(p partner.Partner) error { return l.app.Partners.Approve(ctx, l.admin, p.ID, p.Version) })
	ama, root := l.owner(ctx, "chip@demo.test"), l.root(ctx, second, certdoc.FTM, "Secure Element Authority")
	l.send(ctx, ama, l.leaf(root, "Kite Semiconductors", 0))

	l.chip(ctx, ama, "KS-100")
	l.certified(ctx, ama, root, "KS-200")
	returned := l.certified(ctx, ama, root, "KS-210")
	l.decideChip(ctx, returned, func(c ftmchip.Chip) error {
		return l.app.Chips.RequestChanges(ctx, l.admin, c.ID, c.Version, []approval.Line{
			{Field: ftmchip.FieldModel, Message: "Your data sheet calls it KS-210A."},
			{Field: ftmchip.FieldCertificate, Message: "Please send one for a key of this chip alone."},
		}, "")
	})
	l.approvedChip(ctx, ama, root, "KS-300")
	renewed := l.approvedChip(ctx, ama, root, "KS-310")
	l.certify(ctx, ama, root, renewed)
	rejected := l.certified(ctx, ama, root, "KS-90")
	l.decideChip(ctx, rejected, func(c ftmchip.Chip) error {
		return l.app.Chips.Reject(ctx, l.admin, c.ID, c.Version, "This family failed the laboratory's side-channel tests.")
	})
	withdrawn := l.certified(ctx, ama, root, "KS-95")
	l.decideChip(ctx, withdrawn, func(c ftmchip.Chip) error { return l.app.Chips.Withdraw(ctx, ama, c.ID, c.Version) })
	old := l.approvedChip(ctx, ama, root, "KS-50")
	l.decideChip(ctx, old, func(c ftmchip.Chip) error {
		return l.app.Chips.Deactivate(ctx, ama, c.ID, c.Version, "No longer made; the KS-300 takes its place.")
	})
}

// chip is a registered one without a certificate.
func (l *loader) chip(ctx context.Context, a authz.Actor, model string) id.FTMChip {
	in := ftmchip.Input{ID: id.New[id.FTMChip](), Make: "Kite", Model: model}
	l.do(func() error { return l.app.Chips.Register(ctx, a, in) })
	return in.ID
}

// certified is one that waits for a decision.
func (l *loader) certified(ctx context.Context, a authz.Actor, root certmake.Holder, model string) id.FTMChip {
	chip := l.chip(ctx, a, model)
	l.certify(ctx, a, root, chip)
	return chip
}

// certify sends a certificate for a chip.
func (l *loader) certify(ctx context.Context, a authz.Actor, root certmake.Holder, chip id.FTMChip) {
	l.decideChip(ctx, chip, func(c ftmchip.Chip) error {
		from := l.app.DB.Now().Add(-time.Hour)
		h, err := root.Leaf("Kite Semiconductors", from, from.Add(2*year), func(x *x509.Certificate) { x.Subject.CommonName = c.Model + " attestation" })
		if err != nil {
			return err
		}
		_, err = l.app.Chips.Upload(ctx, a, chip, c.Version, certdoc.PEM(h.Cert.Raw))
		return err
	})
}

func (l *loader) approvedChip(ctx context.Context, a authz.Actor, root certmake.Holder, model string) id.FTMChip {
	chip := l.certified(ctx, a, root, model)
	l.decideChip(ctx, chip, func(c ftmchip.Chip) error {
		return l.app.Chips.Decide(ctx, l.admin, c.ID, c.Version, approval.Approve())
	})
	return chip
}

// decideChip does something with a chip as it stands.
func (l *loader) decideChip(ctx context.Context, chip id.FTMChip, do func(ftmchip.Chip) error) {
	l.do(func() error {
		c, err := l.app.Chips.Chip(ctx, authz.Scope{All: true}, chip)
		if err != nil {
			return err
		}
		return do(c)
	})
}
