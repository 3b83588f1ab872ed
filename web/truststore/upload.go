package truststore

import (
	"context"
	"net/http"

	"portal/internal/certificate"
	"portal/web/certwords"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// uploadPage is the form as it was sent, and what would become of each
// certificate in it.
type uploadPage struct {
	certwords.Upload
	Domain    string
	Proposals []certificate.Proposal
	Errors    form.Errors
	Alone     bool // one admin may trust a root
}

func (h handlers) choose(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, choosePage(uploadPage{Alone: h.certs.Alone()}))
}

// submit looks through what was sent; with the second page's button it stores
// what is good of it, judged once more.
func (h handlers) submit(w http.ResponseWriter, r *http.Request) error {
	u, err := certwords.Receive(r, "domain")
	if err != nil {
		return err
	}
	ctx := r.Context()
	p := uploadPage{Upload: u, Domain: u.Raw("domain"), Alone: h.certs.Alone()}
	if u.Take {
		p.Proposals, err = h.certs.ProposeCAs(ctx, page.Actor(ctx), p.Domain, u.Bytes)
	} else {
		p.Proposals, err = h.certs.PreviewCAs(ctx, p.Domain, u.Bytes)
	}
	if err != nil {
		wrong, ok := u.Errors(ctx, err)
		if !ok {
			return err
		}
		p.Errors = wrong
		return page.Render(w, r, http.StatusUnprocessableEntity, choosePage(p))
	}
	switch {
	case u.Take && p.count(certificate.NotTaken) < len(p.Proposals):
		return p.done(w, r)
	case p.good() || p.count(certificate.Exists) > 0:
		return page.Render(w, r, http.StatusOK, previewPage(p))
	}
	return page.Render(w, r, http.StatusUnprocessableEntity, previewPage(p))
}

// done says what became of the certificates: of one on its own page, of several
// on the list.
func (p uploadPage) done(w http.ResponseWriter, r *http.Request) error {
	if len(p.Proposals) == 1 {
		one := p.Proposals[0]
		page.Flash(r, "trust_store.flash."+string(one.Outcome), "Name", certwords.Name(one.Subject))
		return page.Redirect(w, r, showURL(one.ID))
	}
	page.Flash(r, "trust_store.flash.several", "Taken", p.count(certificate.Taken), "Waits", p.count(certificate.Waits)+p.count(certificate.WaitsFor),
		"Exists", p.count(certificate.Exists), "Not", p.count(certificate.NotTaken))
	return page.Redirect(w, r, listURL)
}

func (p uploadPage) count(o certificate.Outcome) int {
	n := 0
	for _, x := range p.Proposals {
		if x.Outcome == o {
			n++
		}
	}
	return n
}

// good reports whether anything of the upload can be stored.
func (p uploadPage) good() bool {
	return p.count(certificate.Taken)+p.count(certificate.Waits)+p.count(certificate.WaitsFor) > 0
}

var outcomeTags = map[certificate.Outcome]string{
	certificate.Taken: "good", certificate.Waits: "waiting", certificate.WaitsFor: "waiting", certificate.Exists: "info", certificate.NotTaken: "bad",
}

func outcomeText(ctx context.Context, o certificate.Outcome) string {
	return i18n.T(ctx, "trust_store.outcome."+string(o))
}

// proposalRows are what a certificate of an upload says of itself.
func proposalRows(ctx context.Context, p certificate.Proposal) []ui.Row {
	return append([]ui.Row{{Label: i18n.T(ctx, "trust_store.kind"), Value: kindText(ctx, p.Kind)}}, certwords.Facts(ctx, p.Facts)...)
}
