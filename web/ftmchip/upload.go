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

// files are the certificate of the address with its bytes and its chain.
func (h handlers) files(r *http.Request, which ftmchip.CertStatus) (ftmchip.Files, error) {
	cid, err := chipOf(r)
	if err != nil {
		return ftmchip.Files{}, err
	}
	return h.chips.Files(r.Context(), page.Actor(r.Context()).Scope(), cid, which)
}

// original sends the bytes as they were sent (security.md UPL-5).
func (h handlers) original(which ftmchip.CertStatus) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := h.files(r, which)
		if err != nil {
			return err
		}
		kind, ending := "application/pkix-cert", ".cer"
		if certdoc.IsPEM(f.Original) {
			kind, ending = "application/x-pem-file", ".pem"
		}
		return page.SendFile(w, r, kind, "ftm-chip-"+f.ID.String()+ending, f.Original)
	}
}

func (h handlers) pem(which ftmchip.CertStatus) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := h.files(r, which)
		if err != nil {
			return err
		}
		return page.SendFile(w, r, "application/x-pem-file", "ftm-chip-"+f.ID.String()+".pem", certdoc.PEM(f.DER))
	}
}

// p7b sends the certificate with all above it.
func (h handlers) p7b(which ftmchip.CertStatus) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := h.files(r, which)
		if err != nil {
			return err
		}
		ders := [][]byte{f.DER}
		for _, ca := range f.Chain {
			ders = append(ders, ca.DER)
		}
		file, err := certdoc.P7B(ders...)
		if err != nil {
			return err
		}
		return page.SendFile(w, r, "application/x-pkcs7-certificates", "ftm-chip-"+f.ID.String()+".p7b", file)
	}
}
