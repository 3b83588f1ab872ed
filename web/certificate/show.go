package certificate

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/problem"
	"portal/web/certwords"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	c, err := h.load(r)
	if err != nil {
		return err
	}
	chain, err := h.certs.Chain(r.Context(), c)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(c, chain, h.trail))
}

// original sends the bytes as they were sent (security.md UPL-5).
func (h handlers) original(w http.ResponseWriter, r *http.Request) error {
	c, err := h.load(r)
	if err != nil {
		return err
	}
	kind, ending := "application/pkix-cert", ".cer"
	if certdoc.IsPEM(c.Original) {
		kind, ending = "application/x-pem-file", ".pem"
	}
	return page.SendFile(w, r, kind, "certificate-"+c.ID.String()+ending, c.Original)
}

func (h handlers) pem(w http.ResponseWriter, r *http.Request) error {
	c, err := h.load(r)
	if err != nil {
		return err
	}
	return page.SendFile(w, r, "application/x-pem-file", "certificate-"+c.ID.String()+".pem", certdoc.PEM(c.DER))
}

// p7b sends the certificate with all above it.
func (h handlers) p7b(w http.ResponseWriter, r *http.Request) error {
	c, err := h.load(r)
	if err != nil {
		return err
	}
	chain, err := h.certs.Chain(r.Context(), c)
	if err != nil {
		return err
	}
	ders := [][]byte{c.DER}
	for _, ca := range chain {
		ders = append(ders, ca.DER)
	}
	file, err := certdoc.P7B(ders...)
	if err != nil {
		return err
	}
	return page.SendFile(w, r, "application/x-pkcs7-certificates", "certificate-"+c.ID.String()+".p7b", file)
}

// rows are what stands on a certificate's page.
func rows(ctx context.Context, c certificate.Full) []ui.Row {
	var out []ui.Row
	if page.Actor(ctx).Scope().All {
		out = append(out, ui.Row{
			Label: i18n.T(ctx, "certificate.partner"), Component: ui.LinkTo(ui.Link{Href: "/partners/" + c.PartnerID.String(), Text: c.Partner}), Note: c.PublicID,
		})
	}
	out = append(out, ui.Row{Label: i18n.T(ctx, "certificate.domain"), Value: certwords.DomainText(ctx, c.Domain)})
	out = append(out, certwords.Facts(ctx, certdoc.Facts{
		Subject: c.Subject, Issuer: c.Issuer, Serial: c.Serial, Key: c.Key, NotBefore: c.NotBefore, NotAfter: c.NotAfter, Thumbprint: c.Thumbprint,
	})...)
	out = append(out, ui.Row{
		Label: i18n.T(ctx, "certificate.sent"), Value: i18n.T(ctx, "certificate.by", "Name", c.UploadedName, "When", i18n.DateTime(ctx, c.UploadedAt)),
	})
	if c.EndedAt != nil {
		out = append(out, ui.Row{
			Label: i18n.T(ctx, "certificate.withdrawn"), Value: i18n.T(ctx, "certificate.by", "Name", c.EndedName, "When", i18n.DateTime(ctx, *c.EndedAt)),
			Note: c.Reason,
		})
	}
	return out
}

var stateKinds = map[certificate.State]string{
	certificate.None: "warning", certificate.Counts: "success", certificate.Upcoming: "info", certificate.Replaced: "info", certificate.Orphaned: "danger",
	certificate.Expired: "danger", certificate.Withdrawn: "info",
}

// meaning says what a state means for the partner, with the days that matter.
func meaning(ctx context.Context, held certificate.Held) string {
	return i18n.T(ctx, "certificate.meaning."+string(held.State), "From", i18n.Date(ctx, held.NotBefore), "Until", i18n.Date(ctx, held.NotAfter),
		"In", certwords.Ends(ctx, held.NotAfter, page.Now(ctx)))
}

// mayWithdraw reports whether the reader can take a certificate back.
func mayWithdraw(ctx context.Context, s certificate.State) bool {
	return s != certificate.Withdrawn && page.May(ctx, authz.CertificateUpload)
}

// withdrawPage is the form of a withdrawal with what was typed so far.
type withdrawPage struct {
	certificate.Full
	Typed  string
	Late   string // what happened meanwhile
	Errors form.Errors
}

func (h handlers) ask(w http.ResponseWriter, r *http.Request) error {
	c, err := h.load(r)
	if err != nil {
		return err
	}
	if c.State == certificate.Withdrawn {
		return page.Redirect(w, r, showURL(c.ID))
	}
	return page.Render(w, r, http.StatusOK, withdrawPageOf(withdrawPage{Full: c}))
}

func (h handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "reason")
	if err != nil {
		return err
	}
	c, err := h.load(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p := withdrawPage{Full: c, Typed: v.Text("reason")}
	err = h.certs.Withdraw(ctx, page.Actor(ctx), c.ID, v.Int("version"), p.Typed)
	if err == nil {
		page.Flash(r, "certificate.flash.withdrawn")
		return page.Redirect(w, r, showURL(c.ID))
	}
	if wrong, ok := form.Translate(ctx, err); ok {
		p.Errors = wrong
		return page.Render(w, r, http.StatusUnprocessableEntity, withdrawPageOf(p))
	}
	if !errors.Is(err, problem.ErrConflict) {
		return err
	}
	p.Late = cmp.Or(page.Meanwhile(ctx, err), i18n.T(ctx, "page.conflict.title"))
	if p.Full, err = h.load(r); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusConflict, withdrawPageOf(p))
}
