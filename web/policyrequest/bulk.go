package policyrequest

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policyrequest"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// bulk is a decision on several requests at once: each is its own change, and
// succeeds or says why not.
type bulk struct {
	decision
	one func(h handlers, ctx context.Context, a authz.Actor, r policyrequest.Request, v form.Values) error
}

var bulks = []bulk{
	{approval, func(h handlers, ctx context.Context, a authz.Actor, r policyrequest.Request, v form.Values) error {
		on, err := lastDayOf(v)
		if err != nil {
			return err
		}
		return h.requests.Approve(ctx, a, r.ID, v.Int("version_"+r.ID.String()), policyrequest.Grant{EndsOn: on, Shown: v.Int("shown_" + r.ID.String())})
	}},
	{rejection, func(h handlers, ctx context.Context, a authz.Actor, r policyrequest.Request, v form.Values) error {
		reason, err := chosen(policyrequest.Standing{Request: r}, rejection.verb, v.Raw("template"), v.Text("reason"))
		if err != nil {
			return err
		}
		return h.requests.Reject(ctx, a, r.ID, v.Int("version_"+r.ID.String()), reason)
	}},
}

// bulkView is the page that names every request before it is decided on.
type bulkView struct {
	decideView
	Rows         []policyrequest.Request
	Uncertified  map[id.Partner]bool // partners of which no certificate counts
	NotAnyLonger int                 // chosen requests that do not wait any more
}

// askAll names the requests that were chosen in the list. One that does not wait
// any more is left out, and the page says so.
func (h handlers) askAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ids := idsOf(r.URL.Query()["row"])
		rows, err := h.waiting(r.Context(), ids)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			page.Flash(r, "policy_request.bulk.nothing")
			return page.Redirect(w, r, queueURL)
		}
		v := bulkView{decideView: decideView{decision: b.decision}, Rows: rows, NotAnyLonger: len(ids) - len(rows)}
		return h.drawAll(w, r, http.StatusOK, v)
	}
}

// idsOf reads the chosen rows, each once and no more than a list page has.
func idsOf(texts []string) []id.PolicyRequest {
	const most = 100
	var ids []id.PolicyRequest
	for _, text := range texts[:min(len(texts), most)] {
		if rid, err := id.Parse[id.PolicyRequest](text); err == nil && !slices.Contains(ids, rid) {
			ids = append(ids, rid)
		}
	}
	return ids
}

// waiting are those of the requests that wait for a decision.
func (h handlers) waiting(ctx context.Context, ids []id.PolicyRequest) ([]policyrequest.Request, error) {
	rows, err := h.requests.Rows(ctx, page.Actor(ctx).Scope(), ids)
	return stillWaiting(rows), err
}

func stillWaiting(rows []policyrequest.Request) []policyrequest.Request {
	return slices.DeleteFunc(slices.Clone(rows), func(r policyrequest.Request) bool { return r.Status != policyrequest.PendingApproval })
}

func (h handlers) drawAll(w http.ResponseWriter, r *http.Request, status int, v bulkView) (err error) {
	if v.Words, err = h.words.All(r.Context()); err != nil {
		return err
	}
	v.Today = h.requests.Today()
	if v.Uncertified, err = h.requests.Uncertified(r.Context(), v.Rows); err != nil {
		return err
	}
	return page.Render(w, r, status, bulkPage(v))
}

// warnings are what to look at before a request is approved with others.
func (v bulkView) warnings(ctx context.Context, r policyrequest.Request) []string {
	all := reviewView{Review: policyrequest.Review{Standing: policyrequest.Standing{Request: r}}}.obstacles(ctx)
	if v.Uncertified[r.PartnerID] {
		all = append(all, i18n.T(ctx, "policy_request.warn.certificate"))
	}
	return all
}

// outcome is what became of one of the requests.
type outcome struct {
	policyrequest.Request
	Done bool
	Why  string // it was not done
}

// decideAll decides on each request as the page showed it.
func (h handlers) decideAll(b bulk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, append([]string{"row[]", "version_*", "shown_*"}, b.inputs...)...)
		if err != nil {
			return err
		}
		ctx := r.Context()
		rows, err := h.requests.Rows(ctx, page.Actor(ctx).Scope(), idsOf(v.All("row")))
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
				left := stillWaiting(rows)
				return h.drawAll(w, r, http.StatusUnprocessableEntity, bulkView{
					decideView: decideView{decision: b.decision, Typed: v, Errors: errs}, Rows: left, NotAnyLonger: len(rows) - len(left),
				})
			}
			o, err := told(ctx, row, err)
			if err != nil {
				return err
			}
			outcomes = append(outcomes, o)
		}
		return page.Render(w, r, http.StatusOK, resultPage(b.decision, outcomes))
	}
}

// told is what became of a request; an error that is about more than this one.
func told(ctx context.Context, r policyrequest.Request, err error) (outcome, error) {
	var changed *policyrequest.VersionChangedError
	switch {
	case err == nil:
		return outcome{Request: r, Done: true}, nil
	case errors.As(err, &changed):
		return outcome{Request: r, Why: i18n.T(ctx, "policy_request.version_changed.text", "Before", changed.Shown, "Number", changed.Now)}, nil
	}
	why, err := page.Refused(ctx, err)
	return outcome{Request: r, Why: why}, err
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
