package ftmchip

import (
	"context"
	"net/http"
	"slices"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/web/form"
	"portal/web/page"
	"portal/web/ui"
)

// bulk is a decision on several chips at once: each is its own change, and succeeds
// or says why not.
type bulk struct {
	verb   string
	inputs []string
	one    func(h handlers, ctx context.Context, a authz.Actor, c ftmchip.Chip, v form.Values) error
}

var bulks = []bulk{
	{"approve", nil, func(h handlers, ctx context.Context, a authz.Actor, c ftmchip.Chip, v form.Values) error {
		return h.chips.Decide(ctx, a, c.ID, v.Int("version_"+c.ID.String()), approval.Approve())
	}},
	{"reject", []string{"template", "reason"}, func(h handlers, ctx context.Context, a authz.Actor, c ftmchip.Chip, v form.Values) error {
		reason, err := kind.Chosen(c.PartnerLang, "reject", v.Raw("template"), v.Text("reason"))
		if err != nil {
			return err
		}
		return h.chips.Reject(ctx, a, c.ID, v.Int("version_"+c.ID.String()), reason)
	}},
}

func (b bulk) approves() bool { return b.verb == "approve" }

// key is a message of the page: "ftm_chip.bulk.approve.title".
func (b bulk) key(part string) string { return "ftm_chip.bulk." + b.verb + "." + part }

// bulkView is the page that names every chip before it is decided on.
type bulkView struct {
	bulk
	Rows         []ftmchip.Review
	NotAnyLonger int // chosen chips that do not wait any more
	Typed        form.Values
	Errors       form.Errors
}

// askAll names the chips that were chosen in the list. One that does not wait any
// more is left out, and the page says so.
func (h handlers) askAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ids := idsOf(r.URL.Query()["row"])
		v, err := h.bulkView(r.Context(), b, ids)
		if err != nil {
			return err
		}
		if len(v.Rows) == 0 {
			page.Flash(r, "ftm_chip.bulk.nothing")
			return page.Redirect(w, r, queueURL)
		}
		return page.Render(w, r, http.StatusOK, bulkPage(v))
	}
}

// idsOf reads the chosen rows, each once and no more than a list page has.
func idsOf(texts []string) []id.FTMChip {
	const most = 100
	var ids []id.FTMChip
	for _, text := range texts[:min(len(texts), most)] {
		if cid, err := id.Parse[id.FTMChip](text); err == nil && !slices.Contains(ids, cid) {
			ids = append(ids, cid)
		}
	}
	return ids
}

// bulkView are those of the chips that wait, with what to look at first.
func (h handlers) bulkView(ctx context.Context, b bulk, ids []id.FTMChip) (bulkView, error) {
	rows, err := h.chips.Rows(ctx, page.Actor(ctx).Scope(), ids)
	if err != nil {
		return bulkView{}, err
	}
	rows = slices.DeleteFunc(rows, func(c ftmchip.Chip) bool { return c.Status != approval.PendingApproval })
	v := bulkView{bulk: b, NotAnyLonger: len(ids) - len(rows)}
	v.Rows, err = h.chips.Glance(ctx, rows)
	return v, err
}

// seen is the row version that the form carries for a chip: the one it came with if
// something was wrong in it.
func (v bulkView) seen(c ftmchip.Chip) string {
	if name := "version_" + c.ID.String(); v.Typed.Has(name) {
		return v.Typed.Raw(name)
	}
	return ui.Number(c.Version)
}

// outcome is what became of one of the chips.
type outcome struct {
	ftmchip.Chip
	Done bool
	Why  string // it was not done
}

// decideAll decides on each chip as the page showed it.
func (h handlers) decideAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, append([]string{"row[]", "version_*"}, b.inputs...)...)
		if err != nil {
			return err
		}
		ctx := r.Context()
		rows, err := h.chips.Rows(ctx, page.Actor(ctx).Scope(), idsOf(v.All("row")))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return page.Redirect(w, r, queueURL)
		}
		var outcomes []outcome
		for _, row := range rows {
			err := b.one(h, ctx, page.Actor(ctx), row, v)
			if errs, invalid := form.Translate(ctx, err); invalid && done(outcomes) == 0 { // the same for all
				return h.askAgain(w, r, b, v, errs)
			}
			o, err := told(ctx, row, err)
			if err != nil {
				return err
			}
			outcomes = append(outcomes, o)
		}
		return page.Render(w, r, http.StatusOK, resultPage(b, outcomes))
	}
}

// askAgain shows the page with what is wrong in it.
func (h handlers) askAgain(w http.ResponseWriter, r *http.Request, b bulk, typed form.Values, errs form.Errors) error {
	v, err := h.bulkView(r.Context(), b, idsOf(typed.All("row")))
	if err != nil {
		return err
	}
	v.Typed, v.Errors = typed, errs
	return page.Render(w, r, http.StatusUnprocessableEntity, bulkPage(v))
}

// told is what became of a chip; an error that is about more than this one.
func told(ctx context.Context, c ftmchip.Chip, err error) (outcome, error) {
	if err == nil {
		return outcome{Chip: c, Done: true}, nil
	}
	why, err := page.Refused(ctx, err)
	return outcome{Chip: c, Why: why}, err
}

// done counts the outcomes that succeeded.
func done(all []outcome) int {
	n := 0
	for _, o := range all {
		if o.Done {
			n++
		}
	}
	return n
}

// glance is what to look at before a chip is approved with others.
func glance(ctx context.Context, v ftmchip.Review) []string {
	t := weighed(ctx, v)
	return append(t.Obstacles, t.Warnings...)
}
