package truststore

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/web/certwords"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// shownOrphans is how many partners' certificates a page names.
const shownOrphans = 10

// hanging are the partners' certificates that hang on an authority.
type hanging struct {
	Shown  []certificate.Orphan
	Total  int
	Others int // that go on counting by another chain
}

func (h handlers) hanging(ctx context.Context, cid id.CACertificate) (on hanging, err error) {
	on.Shown, on.Total, on.Others, err = h.certs.Orphans(ctx, cid, shownOrphans)
	return on, err
}

// showView is a certificate with what its page tells.
type showView struct {
	certificate.FullCA
	Above []certificate.FullCA
	On    hanging
	Alone bool              // one admin may trust a root
	Found certdoc.Judgement // of one that is not in use: whether it could be
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	ca, err := h.load(r)
	if err != nil {
		return err
	}
	above, err := h.certs.ChainAbove(r.Context(), ca)
	if err != nil {
		return err
	}
	on, err := h.hanging(r.Context(), ca.ID)
	if err != nil {
		return err
	}
	v := showView{FullCA: ca, Above: above, On: on, Alone: h.certs.Alone()}
	if ca.Status != certificate.InUse {
		if v.Found, err = h.certs.JudgeCA(r.Context(), ca); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, showPage(v, h.trail, h.work))
}

// pem sends the certificate as text; chain.p7b with all above it.
func (h handlers) pem(w http.ResponseWriter, r *http.Request) error {
	ca, err := h.load(r)
	if err != nil {
		return err
	}
	return page.SendFile(w, r, "application/x-pem-file", "ca-"+ca.ID.String()+".pem", certdoc.PEM(ca.DER))
}

func (h handlers) p7b(w http.ResponseWriter, r *http.Request) error {
	ca, err := h.load(r)
	if err != nil {
		return err
	}
	above, err := h.certs.ChainAbove(r.Context(), ca)
	if err != nil {
		return err
	}
	ders := [][]byte{ca.DER}
	for _, a := range above {
		ders = append(ders, a.DER)
	}
	file, err := certdoc.P7B(ders...)
	if err != nil {
		return err
	}
	return page.SendFile(w, r, "application/x-pkcs7-certificates", "ca-"+ca.ID.String()+".p7b", file)
}

func facts(ca certificate.CA) certdoc.Facts {
	return certdoc.Facts{
		Subject: ca.Subject, Issuer: ca.Issuer, Serial: ca.Serial, Key: ca.Key, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, Thumbprint: ca.Thumbprint,
	}
}

// rows are what stands on a certificate's page.
func rows(ctx context.Context, ca certificate.FullCA) []ui.Row {
	out := append([]ui.Row{
		{Label: i18n.T(ctx, "certificate.domain"), Value: certwords.DomainText(ctx, ca.Domain)},
		{Label: i18n.T(ctx, "trust_store.kind"), Value: kindText(ctx, ca.Kind)},
	}, certwords.Facts(ctx, facts(ca.CA))...)
	return append(out, ui.Row{Label: i18n.T(ctx, "trust_store.proposed"), Value: who(ctx, ca.ProposedName, ca.ProposedAt)})
}

// who is a person and a moment.
func who(ctx context.Context, name string, at time.Time) string {
	return i18n.T(ctx, "certificate.by", "Name", name, "When", i18n.DateTime(ctx, at))
}

// standing says in a sentence how a certificate stands and who brought it there.
func standing(ctx context.Context, ca certificate.FullCA) string {
	name, at := ca.ProposedName, &ca.ProposedAt
	switch ca.Status {
	case certificate.InUse, certificate.Refused:
		name, at = ca.DecidedName, ca.DecidedAt
	case certificate.OutOfUse:
		name, at = ca.EndedName, ca.EndedAt
	case certificate.Waiting:
	}
	if at == nil {
		at = &ca.ProposedAt
	}
	return i18n.T(ctx, "trust_store.standing."+string(ca.Status), "Name", name, "When", i18n.DateTime(ctx, *at))
}

var standingKinds = map[certificate.CAStatus]string{
	certificate.Waiting: "info", certificate.InUse: "success", certificate.Refused: "danger", certificate.OutOfUse: "danger",
}

// open are the decisions that the reader can take on a certificate as it stands.
func (v showView) open(ctx context.Context) []decision {
	var out []decision
	for _, d := range decisions {
		if d.fits(v.FullCA) && (d.danger || v.Found.Good()) && (d.verb != "confirm" || !own(ctx, v.FullCA, v.Alone)) {
			out = append(out, d)
		}
	}
	return out
}

// own reports whether the reader proposed a root that somebody else has to take
// into use.
func own(ctx context.Context, ca certificate.FullCA, alone bool) bool {
	return ca.Status == certificate.Waiting && ca.Kind == certificate.Root && !alone && ca.ProposedBy == page.Actor(ctx).User
}

func version(ca certificate.FullCA) string { return strconv.Itoa(ca.Version) }
