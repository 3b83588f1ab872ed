package policy

import (
	"context"
	"net/http"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// about draws the page of a decision as things stand; a problem.ErrConflict if
// they do not allow it.
func (h handlers) about(r *http.Request, p policy.Full, d decision, number int) (decidePage, error) {
	ctx := r.Context()
	pic, err := h.policies.Picture(ctx, h.actor(r), p.ID, d.action, number)
	if err != nil {
		return decidePage{}, err
	}
	c := decidePage{Full: p, decision: d, Picture: pic}
	if c.Subject, err = h.policies.Version(ctx, p.ID, pic.Number); err != nil {
		return decidePage{}, err
	}
	if pic.Against > 0 {
		against, err := h.policies.Version(ctx, p.ID, pic.Against)
		if err != nil {
			return decidePage{}, err
		}
		c.Against = &against
	}
	if d.action == policy.Deactivate {
		c.Vocabulary, err = h.words.All(ctx)
	} else {
		c.Report, c.Vocabulary, err = h.policies.Judge(ctx, p.Kind, p.GroupID, p.ID, c.Subject.Document)
	}
	return c, err
}

// decidePage asks before a decision, or says why it cannot be taken.
type decidePage struct {
	policy.Full
	decision
	Picture    policy.Picture
	Vocabulary *policydoc.Vocabulary
	Subject    policy.Version
	Against    *policy.Version
	Report     policydoc.Report
	Said       sent // by the form that is drawn again
	Errors     form.Errors
	Was        *shown // what the page showed that was sent; nil: nothing changed since
	Reason     string // who was faster
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
	return !c.Picture.Alone() && page.May(ctx, authz.PolicyEmergency)
}

// consequence is what will happen, in one sentence.
func (c decidePage) consequence(ctx context.Context) string {
	key, args := c.key("consequence"), []any{"Name", c.Name, "Group", c.GroupName, "Number", c.Picture.Number}
	switch {
	case c.action == policy.Activate && c.InForce != nil:
		key, args = c.key("replaces"), append(args, "Old", c.InForce.Number)
	case c.action == policy.Restore && c.Waiting != nil:
		key, args = c.key("replaces"), append(args, "Old", c.Waiting.Number)
	}
	return i18n.T(ctx, key, args...)
}

func (c decidePage) title(ctx context.Context) string {
	return i18n.T(ctx, c.key("title"), "Name", c.Name, "Number", c.Picture.Number)
}

func (c decidePage) button(ctx context.Context) string {
	return i18n.T(ctx, c.key("button"), "Name", c.Name, "Number", c.Picture.Number)
}
