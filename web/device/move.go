package device

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"portal/internal/approval"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// moveView is the page that puts one device under another SBI.
type moveView struct {
	device.Standing
	SBIs   []sbi.SBI // that count, without its own
	Chosen string
	Errors form.Errors
}

// moveForm asks for the other SBI. Where the device cannot be moved its page says
// how things stand.
func (h handlers) moveForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if st.Status != approval.Approved {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return h.drawMove(w, r, http.StatusOK, moveView{Standing: st})
}

func (h handlers) drawMove(w http.ResponseWriter, r *http.Request, status int, v moveView) error {
	all, err := h.sbis.CountingOf(r.Context(), page.Actor(r.Context()).Partner)
	if err != nil {
		return err
	}
	v.SBIs = without(all, v.SBIID)
	return page.Render(w, r, status, movePage(v))
}

func without(all []sbi.SBI, sid id.SBI) []sbi.SBI {
	var others []sbi.SBI
	for _, b := range all {
		if b.ID != sid {
			others = append(others, b)
		}
	}
	return others
}

func (h handlers) move(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Parse(r, "version", "sbi")
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	to, err := id.Parse[id.SBI](f.Raw("sbi"))
	if err != nil {
		to = id.SBI{} // none is chosen
	}
	err = h.devices.Move(r.Context(), page.Actor(r.Context()), st.ID, f.Int("version"), to)
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "device.move.done", "Model", st.Name())
		return page.Redirect(w, r, showURL(st.ID))
	case invalid:
		return h.drawMove(w, r, http.StatusUnprocessableEntity, moveView{Standing: st, Chosen: f.Raw("sbi"), Errors: errs})
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st.ID, err, nil)
	}
	return err
}

// late says what happened to a device meanwhile, and gives back what was typed.
func (h handlers) late(w http.ResponseWriter, r *http.Request, did id.Device, why error, kept []ui.Row) error {
	now, err := h.devices.Standing(r.Context(), page.Actor(r.Context()).Scope(), did)
	if err != nil {
		return err
	}
	return decide.Late(w, r, kind, thingOf(now), why, kept)
}

// seen is the row version that the form carries.
func (v moveView) seen() string { return strconv.Itoa(v.Version) }

// takeOverView is the page that puts all approved devices of one SBI under another.
type takeOverView struct {
	From, To string // chosen so far
	Sources  []device.Source
	SBIs     []sbi.SBI
	Errors   form.Errors
}

// takeOverForm asks for the two SBIs: "?from=" and "?to=" choose them.
func (h handlers) takeOverForm(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return h.drawTakeOver(w, r, http.StatusOK, takeOverView{From: q.Get("from"), To: q.Get("to")})
}

func (h handlers) drawTakeOver(w http.ResponseWriter, r *http.Request, status int, v takeOverView) (err error) {
	ctx := r.Context()
	if v.Sources, err = h.devices.Sources(ctx, page.Actor(ctx)); err != nil {
		return err
	}
	if v.SBIs, err = h.sbis.CountingOf(ctx, page.Actor(ctx).Partner); err != nil {
		return err
	}
	return page.Render(w, r, status, takeOverPage(v))
}

func (h handlers) takeOver(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Parse(r, "from", "sbi")
	if err != nil {
		return err
	}
	v := takeOverView{From: f.Raw("from"), To: f.Raw("sbi")}
	from, wrongFrom := id.Parse[id.SBI](v.From)
	to, wrongTo := id.Parse[id.SBI](v.To)
	var wrong problem.Fields
	if wrongFrom != nil {
		wrong.Add("from", "problem.required")
	}
	switch {
	case wrongTo != nil:
		wrong.Add("sbi", "device.problem.sbi")
	case from == to:
		wrong.Add("sbi", "device.problem.same_sbi")
	}
	n, err := 0, wrong.Err()
	if err == nil {
		n, err = h.devices.TakeOver(r.Context(), page.Actor(r.Context()), from, to)
	}
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case invalid:
		v.Errors = errs
		return h.drawTakeOver(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	if n == device.MaxMany {
		page.Flash(r, "device.take_over.more", "Count", n)
		return page.Redirect(w, r, takeOverURL)
	}
	page.Flash(r, "device.take_over.done", "Count", n)
	return page.Redirect(w, r, ofSBI(to))
}

// sourceOptions are the SBIs that have devices to take over.
func (v takeOverView) sourceOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, s := range v.Sources {
		options = append(options, ui.Option{
			Value: s.ID.String(), Text: i18n.T(ctx, "device.take_over.source", "Version", s.SBIVersion, "Count", s.Devices), Selected: s.ID.String() == v.From,
		})
	}
	return options
}
