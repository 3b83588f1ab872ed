// Package policyreview is where staff look again at policies in force: those
// whose review date comes near, one after the other, and those that one person
// put into force in an emergency. It decides nothing: what is due and who may
// close a review is told by internal/policy.
package policyreview

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/form"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/route"
)

const listURL = "/policy-reviews"

func dueURL(pid id.Policy) string          { return listURL + "/due/" + pid.String() }
func reviewURL(rid id.PolicyReview) string { return listURL + "/" + rid.String() }

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
}

// Routes are the rows; all need policy.activate, the right of those who may put a
// policy into force or take it out.
func Routes(p *policy.Service, words *vocabulary.Service) []route.Route {
	h := handlers{policies: p, words: words}
	decide := route.Needs(authz.PolicyActivate)
	return []route.Route{
		route.Get(listURL, decide, h.list),
		route.Get(listURL+".csv", decide, h.file),
		route.Get(listURL+"/due/{id}", decide, h.due),
		route.Post(listURL+"/due/{id}", decide, h.keep),
		route.Get(listURL+"/{id}", decide, h.emergency),
		route.Post(listURL+"/{id}", decide, h.closing),
	}
}

// overview is everything that waits for a reviewer.
type overview struct {
	Due   []policy.Due
	Open  []policy.Review
	Today time.Time
	Total int // of Due
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	o := overview{Today: h.policies.Today()}
	var err error
	if o.Due, err = h.policies.ReviewsDue(r.Context()); err != nil {
		return err
	}
	if len(o.Due) > 0 {
		o.Total = o.Due[0].Total
	}
	if o.Open, err = h.policies.OpenReviews(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(o))
}

// duePage is one policy before its reviewer.
type duePage struct {
	policy.Full
	Vocabulary *policydoc.Vocabulary
	Picture    policy.Picture // of deactivating: whom that would touch
	Breadth    policy.Breadth
	Report     policydoc.Report // of the version in force
	Past       []policy.Past
	Today      time.Time
	Left       int         // policies that are due, this one too
	Next       *policy.Due // another that is due
	ReviewOn   string      // as typed: a day
	Note       string
	Errors     form.Errors
	Changed    string // what happened since the page was opened
}

func (h handlers) due(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	if p.InForce == nil {
		return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
	}
	next := h.policies.Today().AddDate(1, 0, 0).Format(time.DateOnly)
	return h.renderDue(w, r, http.StatusOK, duePage{Full: p, ReviewOn: next})
}

// load finds a policy of either kind.
func (h handlers) load(r *http.Request) (policy.Full, error) {
	pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
	if err != nil {
		return policy.Full{}, err
	}
	kind, err := h.policies.KindOf(r.Context(), pid)
	if err != nil {
		return policy.Full{}, err
	}
	return h.policies.Policy(r.Context(), pid, kind)
}

func (h handlers) renderDue(w http.ResponseWriter, r *http.Request, status int, d duePage) error {
	ctx := r.Context()
	d.Today = h.policies.Today()
	if err := h.facts(ctx, &d); err != nil {
		return err
	}
	due, err := h.policies.ReviewsDue(ctx)
	if err != nil {
		return err
	}
	if len(due) > 0 {
		d.Left = due[0].Total
	}
	d.Next = after(due, d.ID)
	return page.Render(w, r, status, dueObject(d))
}

// facts are what a reviewer needs to know of a policy in force.
func (h handlers) facts(ctx context.Context, d *duePage) (err error) {
	if d.Vocabulary, err = h.words.All(ctx); err != nil {
		return err
	}
	if d.Report, err = h.policies.Judge(ctx, d.Vocabulary, d.Kind, d.GroupID, d.ID, d.InForce.Document); err != nil {
		return err
	}
	if d.Breadth, err = h.policies.Breadth(ctx, d.Full); err != nil {
		return err
	}
	if d.Past, err = h.policies.PastReviews(ctx, d.ID); err != nil {
		return err
	}
	d.Picture, err = h.policies.Picture(ctx, page.Actor(ctx), d.ID, policy.Deactivate, 0)
	return err
}

// after is the due policy behind one, from the start again at the end.
func after(due []policy.Due, pid id.Policy) *policy.Due {
	at := slices.IndexFunc(due, func(d policy.Due) bool { return d.ID == pid })
	for n := range due {
		if next := due[(at+1+n)%len(due)]; next.ID != pid {
			return &next
		}
	}
	return nil
}

// keep says that a policy is right as it is, and goes on to the next.
func (h handlers) keep(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "review_on", "note")
	if err != nil {
		return err
	}
	p, err := h.load(r)
	if err != nil {
		return err
	}
	d := duePage{Full: p, ReviewOn: v.Text("review_on"), Note: v.Text("note")}
	until, err := time.Parse(time.DateOnly, d.ReviewOn)
	if err != nil {
		err = problem.Invalid("review_on", "policy_review.problem.day")
	} else {
		err = h.policies.KeepPolicy(r.Context(), page.Actor(r.Context()), p.ID, v.Int("version"), until, d.Note)
	}
	wrong, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "policy_review.kept", "Name", p.Name)
		return h.onward(w, r, p.ID)
	case invalid && p.InForce != nil:
		d.Errors = wrong
		return h.renderDue(w, r, http.StatusUnprocessableEntity, d)
	case errors.Is(err, problem.ErrConflict) && p.InForce != nil && p.Version != v.Int("version"):
		d.Changed = page.Meanwhile(r.Context(), err)
		return h.renderDue(w, r, http.StatusConflict, d)
	}
	return err
}

// onward leads to the next policy that is due, or back to the list.
func (h handlers) onward(w http.ResponseWriter, r *http.Request, done id.Policy) error {
	due, err := h.policies.ReviewsDue(r.Context())
	if err != nil {
		return err
	}
	if next := after(due, done); next != nil {
		return page.Redirect(w, r, dueURL(next.ID))
	}
	return page.Redirect(w, r, listURL)
}

// emergencyPage is one emergency activation before its reviewer.
type emergencyPage struct {
	policy.Review
	Policy     policy.Full
	Vocabulary *policydoc.Vocabulary
	Decision   policy.Decision
	Activated  policy.Version // that came into force
	Own        bool           // the reader's own: somebody else reviews it
	Today      time.Time
	Said       string // the note, as typed
	Errors     form.Errors
}

func (h handlers) emergency(w http.ResponseWriter, r *http.Request) error {
	e, err := h.review(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, emergencyObject(e))
}

func (h handlers) review(r *http.Request) (e emergencyPage, err error) {
	ctx := r.Context()
	rid, err := id.Parse[id.PolicyReview](chi.URLParam(r, "id"))
	if err != nil {
		return e, err
	}
	if e.Review, err = h.policies.Review(ctx, rid); err != nil {
		return e, err
	}
	if e.Policy, err = h.policies.Policy(ctx, e.PolicyID, e.Kind); err != nil {
		return e, err
	}
	if e.Decision, err = h.policies.Decision(ctx, e.PolicyID, e.DecisionID); err != nil {
		return e, err
	}
	if e.Activated, err = h.policies.Version(ctx, e.PolicyID, e.Number); err != nil {
		return e, err
	}
	e.Today = h.policies.Today()
	e.Own = e.Review.Own(page.Actor(ctx).User)
	e.Vocabulary, err = h.words.All(ctx)
	return e, err
}

// closing ends the review. A second click, or a colleague who was faster, leads
// to the page that says how it ended.
func (h handlers) closing(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "outcome", "note")
	if err != nil {
		return err
	}
	e, err := h.review(r)
	if err != nil {
		return err
	}
	e.Said = v.Text("note")
	err = h.policies.CloseReview(r.Context(), page.Actor(r.Context()), e.ID, policy.Outcome(v.Raw("outcome")), e.Said)
	var eyes *policy.FourEyesError
	wrong, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "policy_review.closed", "Name", e.PolicyName)
		return page.Redirect(w, r, listURL)
	case invalid:
		e.Errors = wrong
		return page.Render(w, r, http.StatusUnprocessableEntity, emergencyObject(e))
	case errors.As(err, &eyes):
		return page.Render(w, r, http.StatusForbidden, emergencyObject(e))
	case errors.Is(err, problem.ErrConflict):
		page.Flash(r, "policy_review.already", "Name", e.PolicyName)
		return page.Redirect(w, r, reviewURL(e.ID))
	}
	return err
}
