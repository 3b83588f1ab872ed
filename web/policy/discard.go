package policy

import (
	"errors"
	"net/http"

	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
	"portal/web/policywords"
)

// discardPage asks before the version that waits is thrown away.
type discardPage struct {
	policy.Full
	Changed bool
	Reason  string // who was faster
}

// last reports whether the policy goes with its version: it was never in force.
func (d discardPage) last() bool { return d.Status == policy.Inactive }

// askDiscard shows what goes. Where nothing waits the policy's page says how
// things stand.
func (h handlers) askDiscard(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	if p.Waiting == nil {
		return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
	}
	return page.Render(w, r, http.StatusOK, discardForm(discardPage{Full: p}))
}

func (h handlers) discard(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "number")
	if err != nil {
		return err
	}
	p, err := h.load(r)
	if err != nil {
		return err
	}
	done, err := h.policies.DiscardVersion(r.Context(), h.actor(r), p.ID, v.Int("version"))
	if errors.Is(err, problem.ErrConflict) {
		return h.discardLate(w, r, p, v.Int("number"), err)
	}
	if err != nil {
		return err
	}
	key := "policy_version.discard.done"
	if done.Status == policy.Discarded {
		key = "policy_version.discard.done_policy"
	}
	page.Flash(r, key, "Name", p.Name, "Number", v.Int("number"))
	return page.Redirect(w, r, policywords.URL(p.Kind, p.ID))
}

// discardLate answers a page that was stale: a second click is no error, and
// anything else is shown as it is now.
func (h handlers) discardLate(w http.ResponseWriter, r *http.Request, p policy.Full, number int, reason error) error {
	now, err := h.policies.Policy(r.Context(), p.ID, p.Kind)
	if err != nil {
		return err
	}
	switch {
	case statusOf(now, number) == policy.VersionDiscarded:
		page.Flash(r, "policy_version.discard.already", "Name", now.Name, "Number", number)
		return page.Redirect(w, r, policywords.URL(now.Kind, now.ID))
	case now.Waiting == nil:
		return reason
	}
	return page.Render(w, r, http.StatusConflict, discardForm(discardPage{Full: now, Changed: true, Reason: page.Meanwhile(r.Context(), reason)}))
}

func statusOf(p policy.Full, number int) policy.VersionStatus {
	for _, v := range p.Versions {
		if v.Number == number {
			return v.Status
		}
	}
	return ""
}
