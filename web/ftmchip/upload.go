package ftmchip

import (
	"errors"
	"net/http"
	"strconv"

	"portal/internal/certdoc"
	"portal/internal/ftmchip"
	"portal/internal/problem"
	"portal/web/certwords"
	"portal/web/form"
	"portal/web/page"
)

// uploadPage is the form of a chip's certificate as it was sent, and what was found
// out about the certificate in it.
type uploadPage struct {
	certwords.Upload
	ftmchip.Preview
	Standing ftmchip.Standing
	MinDays  int
	Version  string // of the chip, as the first page showed it
	Errors   form.Errors
}

func (h handlers) uploadPage(r *http.Request, u certwords.Upload) (uploadPage, error) {
	st, err := h.load(r)
	p := uploadPage{Upload: u, Standing: st, MinDays: h.chips.MinDays(), Version: strconv.Itoa(st.Version)}
	if u.Has("version") {
		p.Version = u.Raw("version")
	}
	return p, err
}

// choose asks for the certificate. Where the chip takes none, its page says how
// things stand.
func (h handlers) choose(w http.ResponseWriter, r *http.Request) error {
	p, err := h.uploadPage(r, certwords.Upload{})
	if err != nil {
		return err
	}
	if !p.Standing.MayCertify() {
		return page.Redirect(w, r, showURL(p.Standing.ID))
	}
	return page.Render(w, r, http.StatusOK, choosePage(p))
}

// submit looks at a certificate; with the second page's button it is judged once
// more and stored.
func (h handlers) submit(w http.ResponseWriter, r *http.Request) error {
	u, err := certwords.Receive(r, "version")
	if err != nil {
		return err
	}
	p, err := h.uploadPage(r, u)
	if err != nil {
		return err
	}
	if u.Take {
		return h.take(w, r, p)
	}
	ctx := r.Context()
	if p.Preview, err = h.chips.Preview(ctx, page.Actor(ctx), p.Standing.ID, u.Bytes); err != nil {
		return h.refuse(w, r, p, err)
	}
	status := http.StatusOK
	if !p.Good() {
		status = http.StatusUnprocessableEntity
	}
	return page.Render(w, r, status, previewPage(p))
}

func (h handlers) take(w http.ResponseWriter, r *http.Request, p uploadPage) error {
	ctx := r.Context()
	again, err := h.chips.Upload(ctx, page.Actor(ctx), p.Standing.ID, p.Int("version"), p.Bytes)
	var rejected *ftmchip.RejectedError
	switch {
	case err == nil && again:
		page.Flash(r, "ftm_chip.flash.again")
		return page.Redirect(w, r, showURL(p.Standing.ID))
	case err == nil:
		return h.taken(w, r)
	case errors.As(err, &rejected):
		p.Preview = rejected.Preview
		return page.Render(w, r, http.StatusUnprocessableEntity, previewPage(p))
	}
	return h.refuse(w, r, p, err)
}

// taken says what became of the certificate.
func (h handlers) taken(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if st.NewWaits() {
		page.Flash(r, "ftm_chip.flash.waits", "Name", st.Name())
	} else {
		page.Flash(r, "ftm_chip.flash.sent", "Name", st.Name())
	}
	return page.Redirect(w, r, showURL(st.ID))
}

// refuse shows the form again with what is wrong with the file, or says what
// happened to the chip meanwhile; other errors go on.
func (h handlers) refuse(w http.ResponseWriter, r *http.Request, p uploadPage, err error) error {
	if errors.Is(err, problem.ErrConflict) {
		return h.late(w, r, err, nil)
	}
	wrong, ok := p.Upload.Errors(r.Context(), err)
	if !ok {
		return err
	}
	p.Errors = wrong
	return page.Render(w, r, http.StatusUnprocessableEntity, choosePage(p))
}

// downloads are the certificates of a chip that can be taken away, by their part of
// the address.
var downloads = []struct {
	where string
	which ftmchip.CertStatus
}{{"in-service", ftmchip.InService}, {"waiting", ftmchip.Waiting}}

// download hands out a file of a certificate. Where the chip has none in that state,
// its page says how things stand.
func (h handlers) download(which ftmchip.CertStatus, file func(ftmchip.Files) (contentType, ending string, content []byte, err error)) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		st, err := h.load(r)
		if err != nil {
			return err
		}
		if st.Held.In(which) == nil {
			return page.Redirect(w, r, showURL(st.ID))
		}
		f, err := h.chips.Files(r.Context(), page.Actor(r.Context()).Scope(), st.ID, which)
		if err != nil {
			return err
		}
		contentType, ending, content, err := file(f)
		if err != nil {
			return err
		}
		return page.SendFile(w, r, contentType, "ftm-chip-"+f.ID.String()+ending, content)
	}
}

// original is the bytes as they were sent (security.md UPL-5).
func original(f ftmchip.Files) (contentType, ending string, content []byte, err error) {
	if certdoc.IsPEM(f.Original) {
		return "application/x-pem-file", ".pem", f.Original, nil
	}
	return "application/pkix-cert", ".cer", f.Original, nil
}

func asPEM(f ftmchip.Files) (contentType, ending string, content []byte, err error) {
	return "application/x-pem-file", ".pem", certdoc.PEM(f.DER), nil
}

// p7b is the certificate with all above it.
func p7b(f ftmchip.Files) (contentType, ending string, content []byte, err error) {
	ders := [][]byte{f.DER}
	for _, ca := range f.Chain {
		ders = append(ders, ca.DER)
	}
	content, err = certdoc.P7B(ders...)
	return "application/x-pkcs7-certificates", ".p7b", content, err
}
