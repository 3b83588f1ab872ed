package api

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"portal/internal/apikey"
	"portal/internal/hardware"
	"portal/internal/id"
	"portal/internal/standing"
)

type providerAnswer struct {
	ID           string `json:"id"`
	PublicID     string `json:"public_id"`
	Organisation string `json:"organisation"`
}

type sbiAnswer struct {
	ID         string         `json:"id"`
	Version    string         `json:"version"`
	SHA256     string         `json:"sha256"`
	CreatedOn  string         `json:"created_on"`
	ExpiresOn  string         `json:"expires_on"`
	ApprovedAt *time.Time     `json:"approved_at"`
	Partner    providerAnswer `json:"partner"`
}

// mappedAnswer is the SBI of a device.
type mappedAnswer struct {
	ID        string `json:"id"`
	Version   string `json:"version"`
	SHA256    string `json:"sha256"`
	ExpiresOn string `json:"expires_on"`
}

type deviceAnswer struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	SubType    string         `json:"sub_type"`
	Make       string         `json:"make"`
	Model      string         `json:"model"`
	ApprovedAt *time.Time     `json:"approved_at"`
	SBI        mappedAnswer   `json:"sbi"`
	Partner    providerAnswer `json:"partner"`
}

type chipAnswer struct {
	ID          string          `json:"id"`
	Make        string          `json:"make"`
	Model       string          `json:"model"`
	ApprovedAt  *time.Time      `json:"approved_at"`
	Certificate *chipCertAnswer `json:"certificate,omitempty"`
	Partner     providerAnswer  `json:"partner"`
}

type chipCertAnswer struct {
	Thumbprint string    `json:"thumbprint_sha256"`
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	PEM        string    `json:"pem"`
}

func ofProvider(p hardware.Provider) providerAnswer {
	return providerAnswer{p.PartnerID.String(), p.PublicID, p.Organisation}
}

func ofSBI(s hardware.SBI) sbiAnswer {
	return sbiAnswer{
		ID: s.ID.String(), Version: s.SBIVersion, SHA256: hex.EncodeToString(s.Hash), ApprovedAt: s.ApprovedAt,
		CreatedOn: s.CreatedOn.Format(time.DateOnly), ExpiresOn: s.ExpiresOn.Format(time.DateOnly), Partner: ofProvider(s.Provider),
	}
}

func ofDevice(d hardware.Device) deviceAnswer {
	return deviceAnswer{
		ID: d.ID.String(), Type: d.Type, SubType: d.SubType, Make: d.Make, Model: d.Model, ApprovedAt: d.ApprovedAt,
		SBI: mappedAnswer{
			ID: d.SBIID.String(), Version: d.SBIVersion, SHA256: hex.EncodeToString(d.SBIHash), ExpiresOn: d.SBIExpiresOn.Format(time.DateOnly),
		},
		Partner: ofProvider(d.Provider),
	}
}

func ofChip(c hardware.FTMChip) chipAnswer {
	a := chipAnswer{ID: c.ID.String(), Make: c.Make, Model: c.Model, ApprovedAt: c.ApprovedAt, Partner: ofProvider(c.Provider)}
	if c.NotAfter != nil {
		a.Certificate = &chipCertAnswer{
			Thumbprint: hex.EncodeToString(c.Thumbprint), NotBefore: *c.NotBefore, NotAfter: *c.NotAfter,
			PEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})),
		}
	}
	return a
}

// pageAnswer is one step through all that counts.
type pageAnswer[A any] struct {
	Items []A    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the next step; none: this was the last
}

// judgedAnswer is one thing and whether it counts. What was never approved is not
// described.
type judgedAnswer struct {
	Counts  bool            `json:"counts"`
	Reason  standing.Reason `json:"reason,omitempty"`
	SBI     *sbiAnswer      `json:"sbi,omitempty"`
	Device  *deviceAnswer   `json:"device,omitempty"`
	FTMChip *chipAnswer     `json:"ftm_chip,omitempty"`
}

func (h handlers) sbis(w http.ResponseWriter, r *http.Request) error {
	step, err := readStep(r, "partner")
	if err != nil {
		return err
	}
	p, err := h.hardware.SBIs(r.Context(), step)
	return sendPage(w, r, p, ofSBI, err)
}

func (h handlers) devices(w http.ResponseWriter, r *http.Request) error {
	step, err := readStep(r, "partner", "sbi", "type", "sub_type", "make", "model")
	if err != nil {
		return err
	}
	p, err := h.hardware.Devices(r.Context(), step)
	return sendPage(w, r, p, ofDevice, err)
}

func (h handlers) chips(w http.ResponseWriter, r *http.Request) error {
	step, err := readStep(r, "partner", "make", "model")
	if err != nil {
		return err
	}
	p, err := h.hardware.FTMChips(r.Context(), step)
	return sendPage(w, r, p, ofChip, err)
}

func (h handlers) sbi(w http.ResponseWriter, r *http.Request) error {
	bid, err := idOf[id.SBI](r, "sbi")
	if err != nil {
		return err
	}
	s, err := h.hardware.SBI(r.Context(), bid)
	if err != nil {
		return err
	}
	a := judgedAnswer{Counts: s.Reason == standing.Counting, Reason: s.Reason}
	if s.Reason != standing.NotApproved {
		a.SBI = new(ofSBI(s))
	}
	return sendTagged(w, r, a)
}

func (h handlers) device(w http.ResponseWriter, r *http.Request) error {
	did, err := idOf[id.Device](r, "device")
	if err != nil {
		return err
	}
	d, err := h.hardware.Device(r.Context(), did)
	if err != nil {
		return err
	}
	a := judgedAnswer{Counts: d.Reason == standing.Counting, Reason: d.Reason}
	if d.Reason != standing.NotApproved {
		a.Device = new(ofDevice(d))
	}
	return sendTagged(w, r, a)
}

func (h handlers) chip(w http.ResponseWriter, r *http.Request) error {
	fid, err := idOf[id.FTMChip](r, "ftm_chip")
	if err != nil {
		return err
	}
	c, err := h.hardware.FTMChip(r.Context(), fid)
	if err != nil {
		return err
	}
	a := judgedAnswer{Counts: c.Reason == standing.Counting, Reason: c.Reason}
	if c.Reason != standing.NotApproved {
		a.FTMChip = new(ofChip(c))
	}
	return sendTagged(w, r, a)
}

// idOf is the id in an address. A single thing takes no parameters.
func idOf[T id.Kind](r *http.Request, name string) (T, error) {
	v, err := id.Parse[T](chi.URLParam(r, name))
	if err == nil {
		_, err = readParams(r)
	}
	return v, err
}

// sendPage answers with a step and says where the next one is, in the body and as a
// link (RFC 8288).
func sendPage[T, A any](w http.ResponseWriter, r *http.Request, p hardware.Page[T], of func(T) A, err error) error {
	if err != nil {
		return err
	}
	a := pageAnswer[A]{Items: make([]A, len(p.Items))}
	for i, item := range p.Items {
		a.Items[i] = of(item)
	}
	if p.Next != uuid.Nil {
		a.Next = base64.RawURLEncoding.EncodeToString(p.Next[:])
		query := r.URL.Query() // readStep has read it
		query.Set("cursor", a.Next)
		w.Header().Set("Link", "<"+r.URL.Path+"?"+query.Encode()+`>; rel="next"`)
	}
	return sendTagged(w, r, a)
}

// sendTagged answers with JSON under a strong name of its content, so that a
// program that keeps it can ask whether it is still so.
func sendTagged(w http.ResponseWriter, r *http.Request, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	h, tag := w.Header(), apikey.ETag(b.String())
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache") // it may be kept, and is asked for before each use
	h.Set("Vary", "Authorization")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a program that went away is no failure
	}
	return nil
}
