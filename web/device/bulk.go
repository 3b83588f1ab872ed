package device

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"portal/internal/approval"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// bulk is a decision on several devices in one change.
type bulk struct {
	verb   string
	inputs []string
	ruling func(lang string, v form.Values) (approval.Ruling, error) // in the provider's language
}

var bulks = []bulk{
	{"approve", nil, func(string, form.Values) (approval.Ruling, error) { return approval.Approve(), nil }},
	{"reject", []string{"template", "reason"}, func(lang string, v form.Values) (approval.Ruling, error) {
		reason, err := kind.Chosen(lang, "reject", v.Raw("template"), v.Text("reason"))
		if err != nil {
			return approval.Ruling{}, err
		}
		return approval.Reject(reason)
	}},
}

// key is a message of the decision on many: "device.approve.all.title".
func (b bulk) key(suffix string) string { return "device." + b.verb + ".all." + suffix }

func (b bulk) action() string { return listURL + "/" + b.verb }

// named is how many devices a page names; of more it says how many there are.
const named = 100

// bulkView is the page that names the devices before they are decided on: chosen
// rows, or all that wait of one SBI.
type bulkView struct {
	bulk
	Rows         []device.Device
	Types        devicetype.Types
	Elsewhere    map[id.Device]int // other providers' devices of the same make and model
	Today        time.Time
	NotAnyLonger int    // chosen devices that do not wait any more
	SBI          string // all that wait of this SBI; "" for chosen rows
	Waiting      device.Waiting
	Typed        form.Values
	Errors       form.Errors
}

// count is how many devices will be decided on.
func (v bulkView) count() int {
	if v.SBI != "" {
		return v.Waiting.Count
	}
	return len(v.Rows)
}

// askAll names the devices that were chosen in the list, or those of "?sbi=". One
// that does not wait any more is left out, and the page says so.
func (h handlers) askAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := bulkView{bulk: b}
		err := h.choose(r.Context(), &v, r.URL.Query().Get("sbi"), r.URL.Query()["row"])
		if err != nil {
			return err
		}
		if len(v.Rows) == 0 {
			page.Flash(r, "device.bulk.nothing")
			return page.Redirect(w, r, queueURL)
		}
		return h.drawAll(w, r, http.StatusOK, v)
	}
}

// choose finds what waits among the chosen rows or of the SBI.
func (h handlers) choose(ctx context.Context, v *bulkView, sbiText string, rows []string) error {
	scope := page.Actor(ctx).Scope()
	if sid, err := id.Parse[id.SBI](sbiText); err == nil {
		v.SBI = sid.String()
		if v.Waiting, err = h.devices.WaitingOf(ctx, scope, sid); err != nil {
			return err
		}
		v.Rows, err = h.devices.OldestOf(ctx, scope, sid, named)
		return err
	}
	ids := idsOf(rows)
	all, err := h.devices.Devices(ctx, scope, ids)
	if err != nil {
		return err
	}
	v.Rows = slices.DeleteFunc(all, func(d device.Device) bool { return d.Status != approval.PendingApproval })
	v.NotAnyLonger = len(ids) - len(v.Rows)
	return nil
}

// idsOf reads the chosen rows, each once and no more than a list page has.
func idsOf(texts []string) []id.Device {
	var ids []id.Device
	for _, text := range texts[:min(len(texts), named)] {
		if did, err := id.Parse[id.Device](text); err == nil && !slices.Contains(ids, did) {
			ids = append(ids, did)
		}
	}
	return ids
}

func (h handlers) drawAll(w http.ResponseWriter, r *http.Request, status int, v bulkView) (err error) {
	ctx := r.Context()
	v.Today = h.devices.Today()
	if v.Types, err = h.types.All(ctx); err != nil {
		return err
	}
	if v.Elsewhere, err = h.devices.Elsewhere(ctx, page.Actor(ctx).Scope(), v.Rows); err != nil {
		return err
	}
	return page.Render(w, r, status, bulkPage(v))
}

// warnings are what to look at before a device is approved with others.
func (v bulkView) warnings(ctx context.Context, d device.Device) []string {
	var all []string
	if err := d.Halt(v.Today); err != nil {
		all = append(all, page.Meanwhile(ctx, err))
	}
	if n := v.Elsewhere[d.ID]; n > 0 {
		all = append(all, i18n.T(ctx, "device.warn.elsewhere", "Count", n))
	}
	return all
}

// reasons are the reasons to choose from.
func (v bulkView) reasons(ctx context.Context) []ui.Option {
	return kind.Reasons(ctx, v.verb, i18n.Lang(ctx), v.Typed.Text("template"))
}

// until is the moment until which what waits was shown, as the form carries it.
func (v bulkView) until() string {
	if v.Typed.Has("until") {
		return v.Typed.Raw("until")
	}
	if v.Waiting.Newest == nil {
		return ""
	}
	return v.Waiting.Newest.Format(time.RFC3339Nano)
}

// shown is how many devices waited on the page, as the form carries it.
func (v bulkView) shown() string {
	if v.Typed.Has("count") {
		return v.Typed.Raw("count")
	}
	return strconv.Itoa(v.Waiting.Count)
}

// seen is the row version of a device, as the form carries it.
func (v bulkView) seen(d device.Device) string {
	if name := "version_" + d.ID.String(); v.Typed.Has(name) {
		return v.Typed.Raw(name)
	}
	return strconv.Itoa(d.Version)
}

// resultView says what became of the devices.
type resultView struct {
	bulk
	Outcomes []device.Outcome
	Done     int
	Missing  int // that the page of an SBI showed and that did not wait any more
}

// failed are the outcomes that did not succeed, and good the others: at most as many
// as a page names.
func (v resultView) failed() []device.Outcome { return v.some(false) }

func (v resultView) good() []device.Outcome { return v.some(true) }

func (v resultView) some(done bool) []device.Outcome {
	var all []device.Outcome
	for _, o := range v.Outcomes {
		if (o.Err == nil) == done && len(all) < named {
			all = append(all, o)
		}
	}
	return all
}

// decideAll decides on the devices as the page showed them.
func (h handlers) decideAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := form.Parse(r, append([]string{"row[]", "version_*", "sbi", "until", "count"}, b.inputs...)...)
		if err != nil {
			return err
		}
		ctx := r.Context()
		v := resultView{bulk: b}
		v.Outcomes, err = h.carryOut(ctx, b, f)
		if errs, invalid := form.Translate(ctx, err); invalid {
			again := bulkView{bulk: b, Typed: f, Errors: errs}
			if err := h.choose(ctx, &again, f.Raw("sbi"), f.All("row")); err != nil {
				return err
			}
			if len(again.Rows) > 0 {
				return h.drawAll(w, r, http.StatusUnprocessableEntity, again)
			}
		} else if err != nil {
			return err
		}
		if len(v.Outcomes) == 0 {
			page.Flash(r, "device.bulk.nothing")
			return page.Redirect(w, r, queueURL)
		}
		v.Done = device.Done(v.Outcomes)
		if f.Has("sbi") {
			v.Missing = max(0, f.Int("count")-len(v.Outcomes))
		}
		return page.Render(w, r, http.StatusOK, resultPage(v))
	}
}

// carryOut decides on what a form names: all that wait of an SBI, or chosen rows,
// in one change for each language in which a reason goes out.
func (h handlers) carryOut(ctx context.Context, b bulk, f form.Values) ([]device.Outcome, error) {
	if f.Has("sbi") {
		return h.carryOutOf(ctx, b, f)
	}
	all, err := h.devices.Devices(ctx, page.Actor(ctx).Scope(), idsOf(f.All("row")))
	if err != nil {
		return nil, err
	}
	seen := map[string][]device.Seen{}
	for _, d := range all {
		seen[d.PartnerLang] = append(seen[d.PartnerLang], device.Seen{ID: d.ID, Version: f.Int("version_" + d.ID.String())})
	}
	var outcomes []device.Outcome
	for _, lang := range slices.Sorted(maps.Keys(seen)) {
		ruling, err := b.ruling(lang, f)
		if err != nil {
			return nil, err
		}
		some, err := h.devices.DecideMany(ctx, page.Actor(ctx), seen[lang], ruling)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, some...)
	}
	return outcomes, nil
}

// carryOutOf decides on all that wait of an SBI.
func (h handlers) carryOutOf(ctx context.Context, b bulk, f form.Values) ([]device.Outcome, error) {
	sid, err := id.Parse[id.SBI](f.Raw("sbi"))
	if err != nil {
		return nil, err
	}
	until, err := time.Parse(time.RFC3339Nano, f.Raw("until"))
	if err != nil {
		return nil, problem.ErrBadRequest // the form itself carries it
	}
	of, err := h.sbis.SBI(ctx, page.Actor(ctx).Scope(), sid)
	if err != nil {
		return nil, err
	}
	ruling, err := b.ruling(of.PartnerLang, f)
	if err != nil {
		return nil, err
	}
	return h.devices.DecideAllOf(ctx, page.Actor(ctx), sid, until, ruling)
}

// why says in the reader's words why a device was not decided on.
func why(ctx context.Context, err error) string {
	if errors.Is(err, approval.ErrOwn) {
		return i18n.T(ctx, "page.denied.title")
	}
	text, whole := page.Refused(ctx, err)
	if whole != nil { // approval.ErrReplayed: decided by another click
		return i18n.T(ctx, "page.conflict.title")
	}
	return text
}
