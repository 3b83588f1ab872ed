package policy

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
)

// decision is one of the three that change what is in force. Each has a page
// that says what will happen, and a button that makes it happen.
type decision struct {
	verb   string
	action policy.Action
	do     func(*policy.Service, context.Context, authz.Actor, id.Policy, policy.Seen) error
	// subject is the version that it is about, nil if the policy's state does
	// not allow it.
	subject func(policy.Full) *policy.Version
	// done reports whether the policy already is as wanted.
	done func(p policy.Full, number int) bool
}

var (
	activation = decision{
		verb: "activate", action: policy.Activate, do: (*policy.Service).ActivatePolicy,
		subject: func(p policy.Full) *policy.Version { return p.Waiting },
		done:    inForce,
	}
	deactivation = decision{
		verb: "deactivate", action: policy.Deactivate, do: (*policy.Service).DeactivatePolicy,
		subject: func(p policy.Full) *policy.Version { return p.InForce },
		done:    func(p policy.Full, _ int) bool { return p.Status == policy.Deactivated },
	}
	reactivation = decision{
		verb: "reactivate", action: policy.Reactivate, do: (*policy.Service).ReactivatePolicy,
		subject: func(p policy.Full) *policy.Version { return p.Deactivated },
		done:    inForce,
	}
)

func inForce(p policy.Full, number int) bool { return p.InForce != nil && p.InForce.Number == number }

// key is a message of the decision: "policy.activate.title".
func (d decision) key(suffix string) string { return "policy." + d.verb + "." + suffix }

// decidePage asks before a decision, or says why it cannot be taken.
type decidePage struct {
	policy.Full
	decision
	Picture    policy.Picture
	Vocabulary *policydoc.Vocabulary
	Subject    policy.Version
	Report     policydoc.Report
	Blocked    bool   // by findings
	Writer     bool   // the reader's own work
	Changed    bool   // since the page that was sent
	Reason     string // who was faster
}

// groupOff reports whether the group is out of use: then nothing comes into
// force under it.
func (c decidePage) groupOff() bool {
	return c.GroupStatus == policy.GroupDeactivated && c.verb != deactivation.verb
}

// about makes the page of a decision; ok is false if the policy's state does
// not allow it.
func (h handlers) about(r *http.Request, p policy.Full, d decision) (c decidePage, ok bool, err error) {
	subject := d.subject(p)
	if subject == nil {
		return decidePage{}, false, nil
	}
	picture, err := h.policies.Picture(r.Context(), h.actor(r), p.ID, d.action, 0)
	if errors.Is(err, problem.ErrConflict) {
		return decidePage{}, false, nil
	}
	if err != nil {
		return decidePage{}, false, err
	}
	words, err := h.words.All(r.Context())
	if err != nil {
		return decidePage{}, false, err
	}
	c = decidePage{Full: p, decision: d, Picture: picture, Vocabulary: words, Subject: *subject}
	if d.verb != deactivation.verb {
		c.Report = policydoc.Check(p.Kind, []byte(subject.Document), policydoc.Around{Vocabulary: words})
		c.Blocked, c.Writer = !c.Report.OK(), h.wrote(r, *subject)
	}
	return c, true, nil
}

// confirm shows what a decision will do. Where there is nothing to decide the
// policy's page says how things stand.
func (h handlers) confirm(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := h.load(r)
		if err != nil {
			return err
		}
		c, ok, err := h.about(r, p, d)
		if err != nil {
			return err
		}
		if !ok {
			return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
		}
		return page.Render(w, r, http.StatusOK, confirmPage(c))
	}
}

// decide carries a decision out, for the version of the policy that its page
// showed.
func (h handlers) decide(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, "version", "number", "picture")
		if err != nil {
			return err
		}
		p, err := h.load(r)
		if err != nil {
			return err
		}
		saw := seen{v.Int("version"), v.Int("number")}
		if err := d.do(h.policies, r.Context(), h.actor(r), p.ID, policy.Seen{Version: saw.row, Picture: v.Raw("picture")}); err != nil {
			return h.refused(w, r, p, d, saw, err)
		}
		if subject := d.subject(p); subject != nil {
			saw.number = subject.Number // what happened, whatever the form said
		}
		page.Flash(r, d.key("done"), "Name", p.Name, "Number", saw.number)
		return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
	}
}

// seen is what the page of a decision showed: the policy's row version and the
// number of the version that it was about.
type seen struct{ row, number int }

// refused explains why a decision was not taken. One that somebody already took
// (a second click, a colleague) is no error.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, p policy.Full, d decision, saw seen, reason error) error {
	var (
		findings *policy.FindingsError
		eyes     *policy.FourEyesError
		changed  *policy.PictureChangedError
	)
	blocked, own, late := errors.As(reason, &findings), errors.As(reason, &eyes), errors.Is(reason, problem.ErrConflict)
	if !blocked && !own && !late {
		return reason
	}
	now, err := h.policies.Policy(r.Context(), p.ID, p.Kind)
	if err != nil {
		return err
	}
	if late && !own && d.done(now, saw.number) {
		page.Flash(r, d.key("already"), "Name", now.Name, "Number", saw.number)
		return page.Redirect(w, r, policywords.URL(now.Kind, now.ID))
	}
	c, ok, err := h.about(r, now, d)
	switch {
	case err != nil:
		return err
	case !ok:
		return &problem.ConflictError{Key: d.key("impossible"), Args: []any{"Name", now.Name}}
	case own:
		c.Writer = true
		return page.Render(w, r, http.StatusForbidden, confirmPage(c))
	case blocked:
		c.Blocked, c.Report = true, findings.Report
		return page.Render(w, r, http.StatusUnprocessableEntity, confirmPage(c))
	case now.Version == saw.row && !errors.As(reason, &changed):
		return reason // something else is in the way, and says what
	}
	c.Changed, c.Reason = true, policywords.Reason(r.Context(), reason)
	return page.Render(w, r, http.StatusConflict, confirmPage(c))
}

// consequence is what will happen, in one sentence.
func (c decidePage) consequence(ctx context.Context) string {
	key, args := c.key("consequence"), []any{"Name", c.Name, "Group", c.GroupName, "Number", c.Subject.Number}
	if c.verb == activation.verb && c.InForce != nil {
		key, args = c.key("replaces"), append(args, "Old", c.InForce.Number)
	}
	return i18n.T(ctx, key, args...)
}
