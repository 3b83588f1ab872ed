package ftmchip

import (
	"context"
	"net/http"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/ftmchip"
	"portal/web/certwords"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// showView is a chip as its provider sees it.
type showView struct {
	ftmchip.Standing
	Thing decide.Thing
}

// reviewView is one as an admin sees it.
type reviewView struct {
	ftmchip.Review
	Thing decide.Thing
	Chain []certificate.FullCA // of the certificate that is shown
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	if page.Actor(r.Context()).Scope().All {
		return h.review(w, r)
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, ownPage(showView{Standing: st, Thing: thingOf(st)}))
}

func (h handlers) review(w http.ResponseWriter, r *http.Request) error {
	cid, err := chipOf(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := reviewView{}
	if v.Review, err = h.chips.Review(ctx, page.Actor(ctx).Scope(), cid); err != nil {
		return err
	}
	v.Thing = weighed(ctx, v.Review)
	if v.Chain, err = h.chips.Chain(ctx, v.Shown()); err != nil {
		return err
	}
	of := v.ID.String()
	return page.Render(w, r, http.StatusOK, reviewPage(v, h.work(ctx, kind.Kind.Kind, of), h.trail(ctx, kind.Kind.Kind, of)))
}

// editURL is the page to change the chip at; "" where it has none now. What is asked
// of the certificate alone is answered on that one's page.
func (v showView) editURL() string {
	switch {
	case v.MayEdit():
		return doURL(v.ID, "edit")
	case v.Status == approval.ChangesRequested && v.MayCertify():
		return doURL(v.ID, "certificate")
	}
	return ""
}

// urgent reports whether a certificate is what the chip needs first of all.
func (v showView) urgent() bool {
	return v.Status == approval.PendingCertificate || len(v.Halts()) > 0
}

// certifies reports whether sending a certificate is what the provider can do now.
func (v showView) certifies(ctx context.Context) bool {
	return v.MayCertify() && page.May(ctx, authz.FTMChipSend)
}

// sendText names the button that leads to a certificate's form.
func (v showView) sendText(ctx context.Context) string {
	if v.Held.Waiting() == nil && v.Held.InService() == nil {
		return i18n.T(ctx, "ftm_chip.certificate.send")
	}
	return i18n.T(ctx, "ftm_chip.certificate.send_other")
}

// current are the certificates that matter now: the one that waits and the one in
// service.
func current(st ftmchip.Standing) []ftmchip.Certificate {
	var all []ftmchip.Certificate
	for _, c := range []*ftmchip.Certificate{st.Held.Waiting(), st.Held.InService()} {
		if c != nil {
			all = append(all, *c)
		}
	}
	return all
}

// earlier are the others.
func earlier(st ftmchip.Standing) []ftmchip.Certificate {
	var all []ftmchip.Certificate
	for _, c := range st.Held {
		if c.Status != ftmchip.Waiting && c.Status != ftmchip.InService {
			all = append(all, c)
		}
	}
	return all
}

// certTitle says which certificate of the chip one is.
func certTitle(ctx context.Context, st ftmchip.Standing, c ftmchip.Certificate) string {
	if c.Status == ftmchip.Waiting && st.NewWaits() {
		return i18n.T(ctx, "ftm_chip.certificate.new")
	}
	return i18n.T(ctx, "ftm_chip.certificate."+string(c.Status))
}

// place is the part of the address under which a certificate's files stand.
func place(c ftmchip.Certificate) string {
	for _, d := range downloads {
		if d.which == c.Status {
			return d.where
		}
	}
	return ""
}

// renewable are the ways on from a new certificate that the reader can take.
func renewable(ctx context.Context, st ftmchip.Standing) []renewal {
	var all []renewal
	for _, d := range renewals {
		if d.fits(st) && page.May(ctx, d.needs) && (d.danger || len(renewalHalts(ctx, st.Held)) == 0) {
			all = append(all, d)
		}
	}
	return all
}

// providerRows are whose chip it is.
func (v reviewView) providerRows(ctx context.Context) []ui.Row {
	return []ui.Row{
		{
			Label: i18n.T(ctx, "ftm_chip.provider"), Component: ui.LinkTo(ui.Link{Href: "/partners/" + v.PartnerID.String(), Text: v.Organisation}),
			Note: i18n.T(ctx, "partner.status."+v.PartnerStatus),
		},
		{Label: i18n.T(ctx, "partner.field.public_id"), Component: ui.Code(v.PublicID)},
		{Label: i18n.T(ctx, "ftm_chip.provider.certificate"), Component: providerCertificate(v.Provider)},
		{Label: i18n.T(ctx, "ftm_chip.registered"), Value: who(ctx, v.RegisteredByName, &v.CreatedAt)},
	}
}

// earlierText says what an earlier certificate was.
func earlierText(ctx context.Context, c ftmchip.Certificate) string {
	return i18n.T(ctx, "ftm_chip.certificate.earlier.line", "Sent", i18n.Date(ctx, c.UploadedAt), "Until", i18n.Date(ctx, c.NotAfter)) +
		" · " + certwords.Ends(ctx, c.NotAfter, page.Now(ctx))
}
