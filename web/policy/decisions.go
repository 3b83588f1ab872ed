package policy

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

// decidedPage is a decision with what its page showed at that moment.
type decidedPage struct {
	policy.Full
	Decision   policy.Decision
	Subject    policy.Version // that it was about; versions never change
	Vocabulary *policydoc.Vocabulary
}

func (h handlers) decided(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	did, err := id.Parse[id.PolicyDecision](chi.URLParam(r, "decision"))
	if err != nil {
		return err
	}
	s := decidedPage{Full: p}
	if s.Decision, err = h.policies.Decision(r.Context(), p.ID, did); err != nil {
		return err
	}
	if s.Subject, err = h.policies.Version(r.Context(), p.ID, s.Decision.Number); err != nil {
		return err
	}
	if s.Vocabulary, err = h.words.All(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, oneDecision(s))
}

func decisionURL(p policy.Policy, d policy.Decision) string {
	return policywords.DoURL(p.Kind, p.ID, "decisions/"+d.ID.String())
}

// didWhat is a decision in a few words: "Activated version 2".
func didWhat(ctx context.Context, d policy.Decision) string {
	return i18n.T(ctx, "policy_decision.did."+string(d.Action), "Number", d.Number)
}

func (s decidedPage) title(ctx context.Context) string {
	return i18n.T(ctx, "policy_decision.title."+string(s.Decision.Action), "Number", s.Decision.Number, "Name", s.Name)
}

// facts tell who decided, and under which rule.
func (s decidedPage) facts(ctx context.Context) []ui.Row {
	d := s.Decision
	rows := []ui.Row{
		{Label: i18n.T(ctx, "policy_decision.what"), Value: didWhat(ctx, d)},
		{Label: i18n.T(ctx, "policy_decision.who"), Component: ui.Text(d.DecidedByName)},
		{Label: i18n.T(ctx, "policy_decision.when"), Component: ui.Time(d.DecidedAt)},
		{Label: i18n.T(ctx, "policy_decision.eyes"), Value: i18n.T(ctx, eyesKey(d))},
	}
	if d.Emergency {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_decision.reason"), Value: d.Reason})
	}
	return append(rows, ui.Row{Label: i18n.T(ctx, "policy_decision.document"), Component: fingerprint(d.Picture.Document)})
}

// eyesKey is the message that says how many people stood behind a decision.
func eyesKey(d policy.Decision) string {
	switch {
	case d.Emergency:
		return "policy_decision.eyes.emergency"
	case !d.Picture.Own:
		return "policy_decision.eyes.second"
	case d.Action == policy.Deactivate || d.Action == policy.Restore:
		return "policy_decision.eyes.not_needed"
	default:
		return "policy_decision.eyes." + string(d.Picture.Eyes)
	}
}

// groups sets a long code in groups of eight, to compare it by eye.
func groups(code string) string {
	var b strings.Builder
	for i := 0; i < len(code); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(code[i:min(i+8, len(code))])
	}
	return b.String()
}
