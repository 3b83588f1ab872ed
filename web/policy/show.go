package policy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// showPage is one policy with everything that its reader may know and do.
type showPage struct {
	policy.Full
	Vocabulary *policydoc.Vocabulary
	Report     policydoc.Report // of the version that waits
	Picture    policy.Picture   // of its activation by the reader
	Own        bool             // what waits is the reader's own, and needs somebody else
	Decisions  []policy.Decision
	Unreviewed []policy.Review // emergencies that nobody has looked at since
	Garbage    bool            // the address asks for a moment that is none
	Today      time.Time
	Can        can
}

// show draws a policy as it is, or, asked with as_of, as it was.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	asked := r.URL.Query().Get("as_of")
	if m, ok := h.moment(r.Context(), asked); ok {
		return h.asOf(w, r, p, m)
	}
	s := showPage{Full: p, Garbage: asked != "", Today: h.policies.Today()}
	if err := h.look(r, &s); err != nil {
		return err
	}
	if s.Decisions, err = h.policies.Decisions(r.Context(), p.ID); err != nil {
		return err
	}
	if s.Unreviewed, err = h.policies.OpenReviewsOf(r.Context(), p.ID); err != nil {
		return err
	}
	s.Can = h.can(r.Context(), s)
	return page.Render(w, r, http.StatusOK, objectPage(s, h.users(r.Context(), s.ID), h.trail))
}

// look draws what putting into force what waits would do, and judges it.
func (h handlers) look(r *http.Request, s *showPage) (err error) {
	if s.Waiting != nil {
		drawn, err := h.policies.Draw(r.Context(), h.actor(r), s.ID, policy.Activate, 0)
		if !errors.Is(err, problem.ErrConflict) {
			s.Picture, s.Report, s.Vocabulary, s.Own = drawn.Picture, drawn.Report, drawn.Vocabulary, !drawn.Alone()
			return err
		}
	}
	if s.Vocabulary, err = h.words.All(r.Context()); err != nil || s.Waiting == nil {
		return err
	}
	// Somebody was faster than this page, which stays as it was read.
	s.Report, err = h.policies.Judge(r.Context(), s.Vocabulary, s.Kind, s.GroupID, s.ID, s.Waiting.Document)
	return err
}

// can is what the reader may do now. What cannot be done has no button; the page
// says why.
func (h handlers) can(ctx context.Context, s showPage) can {
	c := abilities(ctx, s.Status, s.Waiting != nil, s.Report.Errors)
	groupOn := s.GroupStatus == policy.GroupActive
	c.Activate = c.Activate && groupOn && !s.Own
	c.Reactivate = c.Reactivate && groupOn && s.Deactivated != nil && !h.ownPutBack(ctx, *s.Deactivated)
	return c
}

// ownPutBack reports whether a deactivated version is the reader's own: putting
// it back needs a second person wherever anything does (policy.Picture.Alone).
func (h handlers) ownPutBack(ctx context.Context, v policy.Version) bool {
	return h.policies.FourEyes() && v.WrittenBy(page.Actor(ctx).User)
}

// facts are what holds for a policy whatever its versions say.
func (s showPage) facts(ctx context.Context) []ui.Row {
	rows := []ui.Row{
		{Label: i18n.T(ctx, "policy.group"), Component: groupLink(s.Policy)},
		{Label: i18n.T(ctx, "policy.created_by"), Component: ui.Text(s.CreatedByName), Note: i18n.DateTime(ctx, s.CreatedAt)},
		{Label: i18n.T(ctx, "common.updated"), Component: ui.Time(s.UpdatedAt)},
	}
	if s.Status == policy.Active {
		return append(rows, ui.Row{Label: i18n.T(ctx, "policy_version.review_on"), Component: reviewDay(s.Policy, s.Today)})
	}
	return append(rows, ui.Row{Label: i18n.T(ctx, "common.status"), Value: i18n.T(ctx, "policy.meaning."+string(s.Status))})
}

// versionRows tell who wrote a version and who put it into force.
func versionRows(ctx context.Context, v policy.Version) []ui.Row {
	rows := []ui.Row{{Label: i18n.T(ctx, "policy.written_by"), Component: ui.Text(v.AuthorName), Note: i18n.DateTime(ctx, v.CreatedAt)}}
	if !v.UpdatedAt.Equal(v.CreatedAt) && v.ActivatedAt == nil || v.LastEditorID != v.AuthorID {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy.edited_by"), Component: ui.Text(v.LastEditorName), Note: i18n.DateTime(ctx, v.UpdatedAt)})
	}
	if v.Note != "" {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_version.why"), Value: v.Note})
	}
	if v.Origin != nil {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_version.origin"), Value: i18n.T(ctx, "policy.version", "Number", *v.Origin)})
	}
	if v.ActivatedAt != nil {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy.activated_by"), Component: ui.Text(v.ActivatedByName), Note: i18n.DateTime(ctx, *v.ActivatedAt)})
	}
	return rows
}

// review says how the review date of a policy stands; one that is not in force
// is never due.
func review(s policy.Status, on, today time.Time) policy.ReviewIs {
	if s != policy.Active {
		return policy.ReviewLater
	}
	return policy.StandsOf(on, today)
}

// reviewLink leads those who may decide to the page that keeps a policy for
// another year, once that is due.
func reviewLink(ctx context.Context, p policy.Policy, today time.Time) *ui.Link {
	if review(p.Status, p.ReviewOn, today) == policy.ReviewLater || !page.May(ctx, authz.PolicyActivate) {
		return nil
	}
	return &ui.Link{Href: "/policy-reviews/due/" + p.ID.String(), Text: i18n.T(ctx, "policy_version.review_now")}
}

// unlisted are the versions that are too many for the page: the newest of them,
// from which one leads to the next, and how many they are. Numbers count from 1
// without a gap, so what is missing among the rows is not listed.
func (s showPage) unlisted() (newest, count int) {
	for i, v := range s.Versions {
		below := 0
		if i+1 < len(s.Versions) {
			below = s.Versions[i+1].Number
		}
		if gap := v.Number - below - 1; gap > 0 {
			newest, count = max(newest, v.Number-1), count+gap
		}
	}
	return newest, count
}

// versionLinks are the lines of a version's menu.
func versionLinks(ctx context.Context, s showPage, v policy.Version) []ui.Link {
	var links []ui.Link
	if s.InForce != nil && s.InForce.Number != v.Number {
		links = append(links, ui.Link{Href: compareURL(s.Policy, s.InForce.Number, v.Number), Text: i18n.T(ctx, "policy_version.compare_in_force")})
	}
	if restorable(ctx, s.Policy, v) {
		links = append(links, ui.Link{Href: versionURL(s.Policy, v.Number, "/restore"), Text: i18n.T(ctx, "policy_version.restore")})
	}
	return append(links, ui.Link{Href: versionURL(s.Policy, v.Number, ".json"), Text: i18n.T(ctx, "policy.download")})
}

// restorable reports whether an old version can become one that waits: not the
// one that is in force, nor the one that waits already.
func restorable(ctx context.Context, p policy.Policy, v policy.Version) bool {
	return page.May(ctx, authz.PolicyWrite) && p.Status != policy.Discarded &&
		v.Status != policy.VersionActive && v.Status != policy.VersionInactive
}

// riskKey is the message that says why a change needs a second person although
// the installation asks for one by risk only.
func riskKey(p policy.Picture) string {
	switch {
	case p.First:
		return "policy_decision.risk.first"
	case p.Action == policy.Reactivate:
		return "policy_decision.risk.reactivate"
	case p.Class == policydoc.Widens:
		return "policy_decision.risk.widens"
	default:
		return "policy_decision.risk.special"
	}
}
