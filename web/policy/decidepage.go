package policy

import (
	"context"
	"net/http"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// about draws the page of a decision as things stand; a problem.ErrConflict if
// they do not allow it.
func (h handlers) about(r *http.Request, p policy.Full, d decision, number int) (decidePage, error) {
	drawn, err := h.policies.Draw(r.Context(), h.actor(r), p.ID, d.action, number)
	return decidePage{Full: p, decision: d, Drawn: drawn}, err
}

// decidePage asks before a decision, or says why it cannot be taken.
type decidePage struct {
	policy.Full
	decision
	policy.Drawn
	Said   sent // by the form that is drawn again
	Errors form.Errors
	Was    *shown // what the page showed that was sent; nil: nothing changed since
	Reason string // who was faster
}

// blocked reports whether findings stand in the way. An old version may be
// restored with them, to be corrected.
func (c decidePage) blocked() bool {
	return !c.Report.OK() && (c.action == policy.Activate || c.action == policy.Reactivate)
}

// groupOff reports whether the group is out of use: then nothing comes into
// force under it.
func (c decidePage) groupOff() bool {
	return c.GroupStatus == policy.GroupDeactivated && (c.action == policy.Activate || c.action == policy.Reactivate)
}

// emergency reports whether the reader may go ahead alone with what needs
// somebody else.
func (c decidePage) emergency(ctx context.Context) bool {
	return !c.Alone() && page.May(ctx, authz.PolicyEmergency)
}

// consequence is what will happen, in one sentence.
func (c decidePage) consequence(ctx context.Context) string {
	key, args := c.key("consequence"), []any{"Name", c.Name, "Group", c.GroupName, "Number", c.Number}
	switch {
	case c.action == policy.Activate && c.InForce != nil:
		key, args = c.key("replaces"), append(args, "Old", c.InForce.Number)
	case c.action == policy.Restore && c.Waiting != nil:
		key, args = c.key("replaces"), append(args, "Old", c.Waiting.Number)
	}
	return i18n.T(ctx, key, args...)
}

func (c decidePage) title(ctx context.Context) string {
	return i18n.T(ctx, c.key("title"), "Name", c.Name, "Number", c.Number)
}

func (c decidePage) button(ctx context.Context) string {
	return i18n.T(ctx, c.key("button"), "Name", c.Name, "Number", c.Number)
}
