// Package publiclist shows anybody which devices and FTM chips are approved, as a
// page, as CSV and as JSON, so that buyers can check an offer. Nothing of a reader
// stands in what it sends: anybody may keep a copy for as long as it says. Its rows
// are there only where the installation wants them.
package publiclist

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"portal/internal/list"
	"portal/internal/problem"
	"portal/internal/publiclist"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

// The addresses.
const (
	DevicesURL = "/approved-devices"
	ChipsURL   = "/approved-chips"
)

type handlers struct{ list *publiclist.Service }

// Routes are the rows of the public lists. They are served without a session.
func Routes(s *publiclist.Service) []route.Route {
	h := handlers{list: s}
	return []route.Route{
		route.Get(DevicesURL, route.Anyone, h.devices),
		route.Get(DevicesURL+".csv", route.Anyone, h.devicesCSV),
		route.Get(DevicesURL+".json", route.Anyone, h.devicesJSON),
		route.Get(ChipsURL, route.Anyone, h.chips),
		route.Get(ChipsURL+".csv", route.Anyone, h.chipsCSV),
		route.Get(ChipsURL+".json", route.Anyone, h.chipsJSON),
	}
}

// query reads which part of a list is asked for. Its order is fixed.
func query(r *http.Request, spec *list.Spec) list.Query {
	v := r.URL.Query()
	v.Del("sort")
	return spec.Parse(v)
}

// copied is an answer under a name of what it says. The moment at which that was so
// is no part of the name: who asks again keeps what they have.
func copied(r *http.Request, contentType string, body []byte, asOf time.Time, says any) (page.Copy, error) {
	text, err := json.Marshal(says)
	if err != nil {
		return page.Copy{}, err
	}
	sum := sha256.Sum256(append(text, r.URL.RequestURI()+" "+i18n.Lang(r.Context())...))
	return page.Copy{
		ContentType: contentType, Body: body, Tag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`,
		Age: page.Now(r.Context()).Sub(asOf), Lasts: publiclist.Lasts,
	}, nil
}

func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte, asOf time.Time, says any) error {
	c, err := copied(r, contentType, body, asOf, says)
	if err != nil {
		return err
	}
	return page.SendCopy(w, r, c)
}

func (h handlers) devices(w http.ResponseWriter, r *http.Request) error {
	kinds, err := h.list.Kinds(r.Context())
	if err != nil {
		return err
	}
	p, err := h.list.Devices(r.Context(), query(r, &publiclist.Devices))
	if err != nil {
		return err
	}
	body, err := page.Draw(r, devicesPage(p, kinds.Data))
	if err != nil {
		return err
	}
	return send(w, r, "text/html; charset=utf-8", body, p.AsOf, []any{p.Data.Items, p.Data.Total, kinds.Data})
}

func (h handlers) chips(w http.ResponseWriter, r *http.Request) error {
	p, err := h.list.FTMChips(r.Context(), query(r, &publiclist.FTMChips))
	if err != nil {
		return err
	}
	body, err := page.Draw(r, chipsPage(p))
	if err != nil {
		return err
	}
	return send(w, r, "text/html; charset=utf-8", body, p.AsOf, []any{p.Data.Items, p.Data.Total})
}

func (h handlers) devicesCSV(w http.ResponseWriter, r *http.Request) error {
	p, err := h.list.DeviceFile(r.Context(), query(r, &publiclist.Devices))
	if err != nil {
		return err
	}
	ctx := r.Context()
	return sendFile(w, r, "approved-devices", p, lines(deviceColumns(ctx), p.Data.Items))
}

func (h handlers) chipsCSV(w http.ResponseWriter, r *http.Request) error {
	p, err := h.list.FTMChipFile(r.Context(), query(r, &publiclist.FTMChips))
	if err != nil {
		return err
	}
	ctx := r.Context()
	return sendFile(w, r, "approved-chips", p, lines(chipColumns(ctx), p.Data.Items))
}

// sendFile sends a CSV file under a name of our own (security.md WEB-8).
func sendFile[T any](w http.ResponseWriter, r *http.Request, name string, p publiclist.Read[publiclist.Step[T]], all [][]string) error {
	h := w.Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return send(w, r, "text/csv; charset=utf-8", export.Encode(all), p.AsOf, p.Data.Items)
}

// step is a part of a list as programs read it.
type step[A any] struct {
	AsOf  time.Time `json:"as_of"`
	Items []A       `json:"items"`
	Next  string    `json:"next,omitempty"` // the address of the next part
}

// label is a name in each language of the portal.
type label struct {
	Code string `json:"code"`
	En   string `json:"en"`
	Fr   string `json:"fr"`
	Ar   string `json:"ar"`
}

type deviceItem struct {
	Type       label  `json:"type"`
	SubType    label  `json:"sub_type"`
	Make       string `json:"make"`
	Model      string `json:"model"`
	Provider   string `json:"provider"`
	SBIVersion string `json:"sbi_version"`
	ApprovedTo string `json:"approved_until"`
}

type chipItem struct {
	Make     string    `json:"make"`
	Model    string    `json:"model"`
	Provider string    `json:"provider"`
	NotAfter time.Time `json:"certificate_valid_until"`
}

func (h handlers) devicesJSON(w http.ResponseWriter, r *http.Request) error {
	after, err := place(r)
	if err != nil {
		return err
	}
	q := query(r, &publiclist.Devices)
	p, err := h.list.DeviceStep(r.Context(), q, after)
	return sendStep(w, r, p, err, func(d publiclist.Device) deviceItem {
		return deviceItem{
			Type: label{d.Type, d.TypeEn, d.TypeFr, d.TypeAr}, SubType: label{d.SubType, d.SubTypeEn, d.SubTypeFr, d.SubTypeAr},
			Make: d.Make, Model: d.Model, Provider: d.Organisation, SBIVersion: d.SBIVersion, ApprovedTo: d.ExpiresOn.Format(time.DateOnly),
		}
	})
}

func (h handlers) chipsJSON(w http.ResponseWriter, r *http.Request) error {
	after, err := place(r)
	if err != nil {
		return err
	}
	q := query(r, &publiclist.FTMChips)
	p, err := h.list.FTMChipStep(r.Context(), q, after)
	return sendStep(w, r, p, err, func(c publiclist.FTMChip) chipItem {
		return chipItem{Make: c.Make, Model: c.Model, Provider: c.Organisation, NotAfter: c.NotAfter}
	})
}

// place is where to go on in a list.
func place(r *http.Request) (uuid.UUID, error) {
	text := r.URL.Query().Get("after")
	if text == "" {
		return uuid.Nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 16 {
		return uuid.Nil, problem.ErrBadRequest
	}
	return uuid.UUID(b), nil
}

func sendStep[T, A any](w http.ResponseWriter, r *http.Request, p publiclist.Read[publiclist.Step[T]], err error, of func(T) A) error {
	if err != nil {
		return err
	}
	s := step[A]{AsOf: p.AsOf, Items: make([]A, len(p.Data.Items))}
	for i, item := range p.Data.Items {
		s.Items[i] = of(item)
	}
	if p.Data.Next != uuid.Nil {
		v := r.URL.Query()
		next := url.Values{"after": {base64.RawURLEncoding.EncodeToString(p.Data.Next[:])}}
		for _, name := range []string{"q", "type", "sub_type"} {
			if v.Get(name) != "" {
				next.Set(name, v.Get(name))
			}
		}
		s.Next = r.URL.Path + "?" + next.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, s.Next))
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return send(w, r, "application/json", body, p.AsOf, []any{s.Items, s.Next})
}
