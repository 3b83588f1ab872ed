package certificate

import (
	"context"
	"errors"
	"net/http"
	"unicode/utf8"

	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/web/certwords"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// uploadPage is the form as it was sent, and what was found out about the
// certificate in it.
type uploadPage struct {
	certwords.Upload
	certificate.Preview
	Organisation string
	Domain       string
	MinDays      int
	Errors       form.Errors
}

func (h handlers) uploadPage(r *http.Request, u certwords.Upload) (uploadPage, error) {
	p := uploadPage{Upload: u, MinDays: h.certs.MinDays()}
	var err error
	p.Organisation, p.Domain, err = h.certs.Organisation(r.Context(), page.Actor(r.Context()).Partner)
	return p, err
}

func (h handlers) choose(w http.ResponseWriter, r *http.Request) error {
	p, err := h.uploadPage(r, certwords.Upload{})
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, choosePage(p))
}

// submit looks at a certificate; with the second page's button it is judged once
// more and stored.
func (h handlers) submit(w http.ResponseWriter, r *http.Request) error {
	u, err := certwords.Receive(r)
	if err != nil {
		return err
	}
	if u.Take {
		return h.take(w, r, u)
	}
	p, err := h.uploadPage(r, u)
	if err != nil {
		return err
	}
	if p.Preview, err = h.certs.Preview(r.Context(), page.Actor(r.Context()), u.Bytes); err != nil {
		return refuse(w, r, p, err)
	}
	status := http.StatusOK
	if !p.Good() {
		status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, status, previewPage(p))
}

func (h handlers) take(w http.ResponseWriter, r *http.Request, u certwords.Upload) error {
	done, err := h.certs.Accept(r.Context(), page.Actor(r.Context()), u.Bytes)
	var rejected *certificate.RejectedError
	switch {
	case err == nil:
		flash(r, done)
		return page.Redirect(w, r, showURL(done.ID))
	case errors.As(err, &rejected):
		p, err := h.uploadPage(r, u)
		if err != nil {
			return err
		}
		p.Preview = rejected.Preview
		return page.Render(w, r, http.StatusUnprocessableEntity, previewPage(p))
	}
	p, pageErr := h.uploadPage(r, u)
	if pageErr != nil {
		return pageErr
	}
	return refuse(w, r, p, err)
}

// flash says what became of the certificate.
func flash(r *http.Request, done certificate.Accepted) {
	switch {
	case done.Again:
		page.Flash(r, "certificate.flash.again")
	case !done.From.IsZero():
		page.Flash(r, "certificate.flash.upcoming", "When", i18n.Date(r.Context(), done.From))
	default:
		page.Flash(r, "certificate.flash.counts")
	}
}

// refuse shows the form again with what is wrong with the file; other errors go on.
func refuse(w http.ResponseWriter, r *http.Request, p uploadPage, err error) error {
	wrong, ok := p.Upload.Errors(r.Context(), err)
	if !ok {
		return err
	}
	p.Errors = wrong
	return page.Render(w, r, http.StatusUnprocessableEntity, choosePage(p))
}

// again reports whether the partner has this very certificate already.
func (p uploadPage) again() bool { return !id.IsZero(p.Existing) }

// helpPage is how to come by a certificate, with the partner's own name in the
// commands.
type helpPage struct {
	Organisation, Domain string
	MinDays              int
	Roots                []certificate.CA
}

func (h handlers) help(w http.ResponseWriter, r *http.Request) error {
	var p helpPage
	var err error
	ctx := r.Context()
	if p.Organisation, p.Domain, err = h.certs.Organisation(ctx, page.Actor(ctx).Partner); err != nil {
		return err
	}
	if p.Roots, err = h.certs.Roots(ctx, p.Domain); err != nil {
		return err
	}
	p.MinDays = h.certs.MinDays()
	return page.Render(w, r, http.StatusOK, helpPageOf(p))
}

// tooLong reports whether the organisation's name has more characters than a
// certificate can hold.
func (p helpPage) tooLong() bool {
	return utf8.RuneCountInString(p.Organisation) > certdoc.MaxNameInCertificate
}

// commands are the lines for a kind of key.
func commands(kind certdoc.KeyKind, organisation string) string {
	makeKey, makeRequest := certdoc.Commands(kind, organisation)
	return makeKey + "\n" + makeRequest + "\n"
}

func kindTitle(ctx context.Context, kind certdoc.KeyKind) string {
	return i18n.T(ctx, "certificate.help.key."+string(kind))
}
