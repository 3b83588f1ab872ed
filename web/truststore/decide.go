package truststore

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/certwords"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// decision is one way on from a certificate as it stands: a page that says what
// will happen, and a button that makes it happen.
type decision struct {
	verb   string
	from   []certificate.CAStatus
	reason bool // it wants one
	danger bool
	do     func(s *certificate.Service, ctx context.Context, a authz.Actor, cid id.CACertificate, version int, reason string) error
}

var decisions = []decision{
	{
		verb: "confirm", from: []certificate.CAStatus{certificate.Waiting},
		do: func(s *certificate.Service, ctx context.Context, a authz.Actor, cid id.CACertificate, version int, _ string) error {
			return s.ConfirmCA(ctx, a, cid, version)
		},
	},
	{
		verb: "refuse", from: []certificate.CAStatus{certificate.Waiting}, reason: true, danger: true,
		do: (*certificate.Service).RefuseCA,
	},
	{
		verb: "take-out", from: []certificate.CAStatus{certificate.InUse}, reason: true, danger: true,
		do: (*certificate.Service).TakeOutCA,
	},
	{
		verb: "restore", from: []certificate.CAStatus{certificate.OutOfUse, certificate.Refused},
		do: func(s *certificate.Service, ctx context.Context, a authz.Actor, cid id.CACertificate, version int, _ string) error {
			return s.RestoreCA(ctx, a, cid, version)
		},
	},
}

// key is a message of the decision: "trust_store.confirm.title".
func (d decision) key(suffix string) string { return "trust_store." + d.verb + "." + suffix }

// panel is the colour of what a decision says of itself.
func (d decision) panel() string {
	if d.danger {
		return "warning"
	}
	return "info"
}

func (d decision) fits(ca certificate.FullCA) bool {
	for _, s := range d.from {
		if s == ca.Status {
			return true
		}
	}
	return false
}

// decidePage is the form of a decision with what was typed so far.
type decidePage struct {
	decision
	CA     certificate.FullCA
	On     hanging
	Own    bool   // the reader proposed the root and cannot take it into use
	Reason string // as typed
	Late   string // what happened meanwhile
	Errors form.Errors
}

// ask shows what a decision will do. Where it does not fit any more the
// certificate's page says how things stand.
func (h handlers) ask(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ca, err := h.load(r)
		if err != nil {
			return err
		}
		if !d.fits(ca) {
			return page.Redirect(w, r, showURL(ca.ID))
		}
		return h.draw(w, r, http.StatusOK, decidePage{decision: d, CA: ca})
	}
}

func (h handlers) draw(w http.ResponseWriter, r *http.Request, status int, p decidePage) (err error) {
	p.Own = p.verb == "confirm" && own(r.Context(), p.CA, h.certs.Alone())
	if p.verb == "take-out" {
		if p.On, err = h.hanging(r.Context(), p.CA.ID); err != nil {
			return err
		}
	}
	return page.Render(w, r, status, askPage(p))
}

// decide carries a decision out on the certificate as its page showed it.
func (h handlers) decide(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		names := []string{"version"}
		if d.reason {
			names = append(names, "reason")
		}
		v, err := form.Parse(r, names...)
		if err != nil {
			return err
		}
		ca, err := h.load(r)
		if err != nil {
			return err
		}
		ctx := r.Context()
		err = d.do(h.certs, ctx, page.Actor(ctx), ca.ID, v.Int("version"), v.Text("reason"))
		if err == nil {
			page.Flash(r, d.key("done"), "Name", certwords.Name(ca.Subject))
			return page.Redirect(w, r, showURL(ca.ID))
		}
		p := decidePage{decision: d, CA: ca, Reason: v.Text("reason")}
		if wrong, ok := form.Translate(ctx, err); ok {
			p.Errors = wrong
			return h.draw(w, r, http.StatusUnprocessableEntity, p)
		}
		if errors.Is(err, problem.ErrConflict) {
			return h.late(w, r, p, err)
		}
		return err
	}
}

// late says what happened to the certificate meanwhile and keeps what was typed
// (security.md CON-1).
func (h handlers) late(w http.ResponseWriter, r *http.Request, p decidePage, why error) error {
	now, err := h.certs.CA(r.Context(), p.CA.ID)
	if err != nil {
		return err
	}
	p.CA, p.Late = now, cmp.Or(page.Meanwhile(r.Context(), why), i18n.T(r.Context(), "page.conflict.title"))
	return h.draw(w, r, http.StatusConflict, p)
}
