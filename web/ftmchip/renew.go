package ftmchip

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// renewal is one way on from the new certificate of an approved chip: a page that
// says what will happen, and a button that makes it happen.
type renewal struct {
	verb   string
	needs  authz.Permission
	reason bool // it wants one
	danger bool
	do     func(s *ftmchip.Service, ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int, reason string) error
}

var renewals = []renewal{
	{
		verb: "approve-certificate", needs: authz.FTMChipDecide,
		do: func(s *ftmchip.Service, ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int, _ string) error {
			return s.ApproveCertificate(ctx, a, cid, cert, version)
		},
	},
	{verb: "refuse-certificate", needs: authz.FTMChipDecide, reason: true, danger: true, do: (*ftmchip.Service).RefuseCertificate},
	{
		verb: "withdraw-certificate", needs: authz.FTMChipSend, danger: true,
		do: func(s *ftmchip.Service, ctx context.Context, a authz.Actor, cid id.FTMChip, cert id.FTMChipCertificate, version int, _ string) error {
			return s.WithdrawCertificate(ctx, a, cid, cert, version)
		},
	},
}

// key is a message of the page: "ftm_chip.approve-certificate.title".
func (d renewal) key(part string) string { return "ftm_chip." + d.verb + "." + part }

// renewView is the page with what was typed so far.
type renewView struct {
	renewal
	Standing  ftmchip.Standing
	Obstacles []string
	Typed     form.Values
	Errors    form.Errors
}

// fits reports whether the chip has a new certificate that the page is about.
func (d renewal) fits(st ftmchip.Standing) bool { return st.NewWaits() }

// askRenewal shows what will happen. Where no new certificate waits, the chip's page
// says how things stand.
func (h handlers) askRenewal(d renewal) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		st, err := h.load(r)
		if err != nil {
			return err
		}
		if !d.fits(st) {
			return page.Redirect(w, r, showURL(st.ID))
		}
		v := renewView{renewal: d, Standing: st}
		if d.needs == authz.FTMChipDecide && !d.danger {
			v.Obstacles = renewalHalts(r.Context(), st.Held)
		}
		return page.Render(w, r, http.StatusOK, renewPage(v))
	}
}

// renew carries it out on the certificate that the page showed.
func (h handlers) renew(d renewal) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		names := []string{"certificate", "version"}
		if d.reason {
			names = append(names, "reason")
		}
		v, err := form.Parse(r, names...)
		if err != nil {
			return err
		}
		st, err := h.load(r)
		if err != nil {
			return err
		}
		cert, err := id.Parse[id.FTMChipCertificate](v.Text("certificate"))
		if err != nil {
			return problem.ErrBadRequest
		}
		ctx := r.Context()
		err = d.do(h.chips, ctx, page.Actor(ctx), st.ID, cert, v.Int("version"), v.Text("reason"))
		errs, invalid := form.Translate(ctx, err)
		switch {
		case err == nil:
			page.Flash(r, d.key("done"), "Name", st.Name())
			return page.Redirect(w, r, showURL(st.ID))
		case invalid && d.fits(st):
			return page.Render(w, r, http.StatusUnprocessableEntity, renewPage(renewView{renewal: d, Standing: st, Typed: v, Errors: errs}))
		case invalid || errors.Is(err, problem.ErrConflict):
			return h.late(w, r, err, kept(ctx, v))
		}
		return err
	}
}

// kept is the reason that was typed on a form that came too late, to be copied.
func kept(ctx context.Context, v form.Values) []ui.Row {
	if v.Text("reason") == "" {
		return nil
	}
	return []ui.Row{{Label: i18n.T(ctx, "common.reason"), Value: v.Text("reason")}}
}

// seen are the certificate and its version that the form carries.
func (v renewView) seen() (cert, version string) {
	if v.Typed.Has("certificate") {
		return v.Typed.Raw("certificate"), v.Typed.Raw("version")
	}
	w := v.Standing.Held.Waiting()
	return w.ID.String(), ui.Number(w.Version)
}

// panel is the colour of what a page says of itself.
func (v renewView) panel() string {
	if v.danger {
		return "warning"
	}
	return "info"
}
