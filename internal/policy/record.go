package policy

import (
	"context"
	"strconv"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// store keeps the decision with its picture. The database refuses a decision
// that one person may not take alone.
func (r *ruling) store(ctx context.Context, tx *pg.Tx) error {
	_, err := tx.Exec(ctx, `
		insert into policy_decisions (id, policy_id, version_id, author_id, last_editor_id, action, class, special, first,
			four_eyes, emergency, reason, picture, decided_by, decided_at)
		values (@id, @policy, @version, @author, @editor, @action, @class, @special, @first,
			@four_eyes, @emergency, @reason, @picture, @by, @now)`,
		pg.Args{
			"id": r.id, "policy": r.policy.ID, "version": r.Subject.ID, "author": r.Subject.AuthorID, "editor": r.Subject.LastEditorID,
			"action": r.Action, "class": r.Class, "special": r.Special, "first": r.First, "four_eyes": r.Eyes,
			"emergency": r.saw.Emergency, "reason": r.saw.Reason, "picture": r.Picture, "by": r.actor.User, "now": tx.Now(),
		})
	return err
}

// reviewWithin is how soon somebody else looks at what came into force in an
// emergency, in days.
const reviewWithin = 7

// openReview asks for the second look that there was no time for. Whoever wrote
// the version is not who gives it.
func (r *ruling) openReview(ctx context.Context, tx *pg.Tx) (id.PolicyReview, error) {
	rid := id.New[id.PolicyReview]()
	_, err := tx.Exec(ctx, `
		insert into policy_reviews (id, policy_id, kind, decision_id, author_id, last_editor_id, due_on, opened_by, opened_at)
		values (@id, @policy, 'emergency', @decision, @author, @editor, @due, @by, @now)`,
		pg.Args{
			"id": rid, "policy": r.policy.ID, "decision": r.id, "author": r.Subject.AuthorID, "editor": r.Subject.LastEditorID,
			"due": r.today.AddDate(0, 0, reviewWithin), "by": r.actor.User, "now": tx.Now(),
		})
	return rid, err
}

// mailParams say what came into force, by whom, and what it changes in numbers.
func (r *ruling) mailParams() map[string]string {
	count := map[policydoc.Class]int{}
	for _, c := range r.Changes {
		count[c.Class]++
	}
	return map[string]string{
		"Actor": r.actor.Name, "Policy": r.policy.Name, "ID": r.policy.ID.String(), "Version": strconv.Itoa(r.Number),
		"More": strconv.Itoa(count[policydoc.Widens]), "Less": strconv.Itoa(count[policydoc.Narrows]),
		"Else": strconv.Itoa(count[policydoc.Neutral]),
	}
}

// decisionSQL is everything of a decision but its picture, which can be large.
const decisionSQL = `, d.id, d.policy_id, d.action, v.number, d.class, d.emergency, d.reason, d.decided_by,
	btrim(u.first_name || ' ' || u.last_name) as decided_by_name, d.decided_at
	from policy_decisions d join policy_versions v on v.id = d.version_id join users u on u.id = d.decided_by`

// maxDecisions is how many decisions a policy's page lists.
const maxDecisions = 100

// Decisions are those on a policy without their pictures, newest first, at most 100.
func (s *Service) Decisions(ctx context.Context, pid id.Policy) ([]Decision, error) {
	all, err := s.decisionsWhere(ctx, noPicture, `d.policy_id = @policy`, pg.Args{"policy": pid, "max": maxDecisions})
	return all, wrap("decisions", err)
}

// DecisionsOf are those on one version of a policy without their pictures, newest
// first, at most 100.
func (s *Service) DecisionsOf(ctx context.Context, pid id.Policy, number int) ([]Decision, error) {
	all, err := s.decisionsWhere(ctx, noPicture, `d.policy_id = @policy and v.number = @number`,
		pg.Args{"policy": pid, "number": number, "max": maxDecisions})
	return all, wrap("decisions of a version", err)
}

const noPicture, withPicture = `'{}'::jsonb as picture`, `d.picture`

func (s *Service) decisionsWhere(ctx context.Context, picture, which string, args pg.Args) ([]Decision, error) {
	return pg.All[Decision](ctx, s.db.Read(), `select `+picture+decisionSQL+`
		where `+which+` order by d.decided_at desc, d.id desc limit @max`, args)
}

// Decision is one of them; problem.ErrNotFound if it is not of this policy.
func (s *Service) Decision(ctx context.Context, pid id.Policy, did id.PolicyDecision) (Decision, error) {
	d, err := pg.One[Decision](ctx, s.db.Read(), `select `+withPicture+decisionSQL+`
		where d.policy_id = @policy and d.id = @id`, pg.Args{"policy": pid, "id": did})
	return d, wrap("decision", err)
}

// Decision is one that was taken, with its picture.
type Decision struct {
	ID            id.PolicyDecision
	PolicyID      id.Policy
	Action        Action
	Number        int // of the version
	Class         policydoc.Class
	Emergency     bool
	Reason        string
	Picture       Picture
	DecidedBy     id.User
	DecidedByName string
	DecidedAt     time.Time
}
