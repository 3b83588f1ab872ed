package policy

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
	"portal/web/policywords"
)

// decision is one of the four that have a picture. Each has a page that shows
// what will happen, and a button that makes it happen.
type decision struct {
	action policy.Action
	words  string // area of its messages
	do     func(*policy.Service, context.Context, authz.Actor, id.Policy, int, policy.Seen) error
	// done reports whether the policy already is as wanted with this version.
	done func(p policy.Full, number int) bool
}

var (
	activation = decision{
		action: policy.Activate, words: "policy",
		do: func(s *policy.Service, ctx context.Context, a authz.Actor, pid id.Policy, _ int, saw policy.Seen) error {
			return s.ActivatePolicy(ctx, a, pid, saw)
		},
		done: inForce,
	}
	deactivation = decision{
		action: policy.Deactivate, words: "policy",
		do: func(s *policy.Service, ctx context.Context, a authz.Actor, pid id.Policy, _ int, saw policy.Seen) error {
			return s.DeactivatePolicy(ctx, a, pid, saw)
		},
		done: func(p policy.Full, _ int) bool { return p.Status == policy.Deactivated },
	}
	reactivation = decision{
		action: policy.Reactivate, words: "policy",
		do: func(s *policy.Service, ctx context.Context, a authz.Actor, pid id.Policy, _ int, saw policy.Seen) error {
			return s.ReactivatePolicy(ctx, a, pid, saw)
		},
		done: inForce,
	}
	restoration = decision{
		action: policy.Restore, words: "policy_decision",
		do: func(s *policy.Service, ctx context.Context, a authz.Actor, pid id.Policy, number int, saw policy.Seen) error {
			_, err := s.RestoreVersion(ctx, a, pid, number, saw)
			return err
		},
		done: func(p policy.Full, number int) bool {
			return p.Waiting != nil && p.Waiting.Origin != nil && *p.Waiting.Origin == number
		},
	}
)

func inForce(p policy.Full, number int) bool { return p.InForce != nil && p.InForce.Number == number }

// key is a message of the decision: "policy.activate.title".
func (d decision) key(suffix string) string {
	return d.words + "." + string(d.action) + "." + suffix
}

// address is where the decision is asked for and sent to.
func (d decision) address(p policy.Policy, number int) string {
	if d.action == policy.Restore {
		return versionURL(p, number, "/restore")
	}
	return policywords.DoURL(p.Kind, p.ID, string(d.action))
}

// sent is what the form of a decision said.
type sent struct {
	row, number int    // row version of the policy, and the version that it was about
	picture     string // fingerprint of what the page showed
	shown       shown
	emergency   bool
	understood  bool
	reason      string
}

func readSent(r *http.Request) (sent, error) {
	v, err := form.Parse(r, "version", "number", "picture", "shown", "emergency", "reason", "understood")
	if err != nil {
		return sent{}, err
	}
	return sent{
		row: v.Int("version"), number: v.Int("number"), picture: v.Raw("picture"), shown: readShown(v.Raw("shown")),
		emergency: v.Has("emergency"), understood: v.Has("understood"), reason: v.Text("reason"),
	}, nil
}

// check notes what an emergency lacks; the others need nothing.
func (s sent) check() error {
	if !s.emergency {
		return nil
	}
	var f problem.Fields
	if s.reason == "" {
		f.Add("reason", "policy_decision.problem.reason")
	}
	f.Lines("reason", s.reason, policy.MaxReason, false)
	if !s.understood {
		f.Add("understood", "policy_decision.problem.understood")
	}
	return f.Err()
}

func (s sent) saw() policy.Seen {
	return policy.Seen{Version: s.row, Picture: s.picture, Emergency: s.emergency, Reason: s.reason}
}

// target finds the policy, and for a restoration the version, of the address.
func (h handlers) target(r *http.Request, d decision) (p policy.Full, number int, err error) {
	if p, err = h.load(r); err == nil && d.action == policy.Restore {
		number, err = numberOf(r)
	}
	return p, number, err
}

// confirm shows what a decision will do. Where there is nothing to decide the
// policy's page says how things stand, and for a restoration its own says why.
func (h handlers) confirm(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, number, err := h.target(r, d)
		if err != nil {
			return err
		}
		c, err := h.about(r, p, d, number)
		switch {
		case errors.Is(err, problem.ErrConflict) && d.action == policy.Restore:
			return page.Render(w, r, http.StatusOK, noRestore(p.Policy, number, page.Meanwhile(r.Context(), err)))
		case errors.Is(err, problem.ErrConflict):
			return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
		case err != nil:
			return err
		}
		return page.Render(w, r, http.StatusOK, confirmPage(c))
	}
}

// decide carries a decision out, if what its page showed still holds.
func (h handlers) decide(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		said, err := readSent(r)
		if err != nil {
			return err
		}
		p, number, err := h.target(r, d)
		if err != nil {
			return err
		}
		if err = said.check(); err == nil {
			err = d.do(h.policies, r.Context(), h.actor(r), p.ID, number, said.saw())
		}
		if err != nil {
			return h.refused(w, r, p, d, number, said, err)
		}
		if said.emergency {
			return h.told(w, r, p, "policy_decision.emergency.done", said.number)
		}
		return h.told(w, r, p, d.key("done"), said.number)
	}
}

// told leads to the policy's page, which tells what a decision did, or that it
// was done before.
func (h handlers) told(w http.ResponseWriter, r *http.Request, p policy.Full, key string, number int) error {
	page.Flash(r, key, "Name", p.Name, "Number", number)
	if review(p.Status, p.ReviewOn, h.policies.Today()) != policy.ReviewLater { // it was on a reviewer's list
		due, err := h.policies.ReviewsDue(r.Context())
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(due, func(d policy.Due) bool { return d.ID != p.ID }); i >= 0 {
			page.FlashLink(r, "/policy-reviews/due/"+due[i].ID.String(), "policy_review.next", "Name", due[i].Name)
		}
	}
	return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
}

// refused explains why a decision was not taken, on its page drawn anew. One
// that somebody already took (a second click, a colleague) is no error.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, p policy.Full, d decision, number int, said sent, reason error) error {
	status, known := statusOfRefusal(reason)
	if !known {
		return reason
	}
	now, err := h.policies.Policy(r.Context(), p.ID, p.Kind)
	if err != nil {
		return err
	}
	var changed *policy.PictureChangedError
	switch late := status == http.StatusConflict; {
	case late && now.Version != said.row && d.done(now, said.number):
		return h.told(w, r, now, d.key("already"), said.number)
	case late && now.Version == said.row && !errors.As(reason, &changed):
		return reason // something else is in the way, and says what
	}
	c, err := h.about(r, now, d, number)
	switch {
	case errors.Is(err, problem.ErrConflict):
		return &problem.ConflictError{Key: d.key("impossible"), Args: []any{"Name", now.Name, "Number", number}}
	case err != nil:
		return err
	}
	c.Errors, _ = form.Translate(r.Context(), reason)
	c.Said = said
	if status == http.StatusConflict {
		c.Was, c.Reason = &said.shown, page.Meanwhile(r.Context(), reason)
	}
	return page.Render(w, r, status, confirmPage(c))
}

// statusOfRefusal is the answer to a decision that was refused for a reason that
// its page can explain; known is false for any other error.
func statusOfRefusal(reason error) (status int, known bool) {
	var (
		findings *policy.FindingsError
		eyes     *policy.FourEyesError
		changed  *policy.PictureChangedError
		invalid  *problem.InvalidError
	)
	switch {
	case errors.As(reason, &findings), errors.As(reason, &invalid):
		return http.StatusUnprocessableEntity, true
	case errors.As(reason, &eyes):
		return http.StatusForbidden, true
	case errors.As(reason, &changed), errors.Is(reason, problem.ErrConflict):
		return http.StatusConflict, true
	}
	return 0, false
}
