package policy

import (
	"context"
	"errors"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// KeepPolicy says that a policy in force is right as it is, and when somebody
// looks again. version is the row version that the person saw; until is a day
// more than ReviewAhead days and at most five years ahead, since before that the
// policy would be due as it was (zero: twelve months on), field "review_on"; note
// may be empty, field "note", at most MaxReason characters. Permission:
// authz.PolicyActivate. A stale page, or a policy that is not in force, is a
// problem.ErrConflict; the same said twice by one person (security.md CON-2)
// changes nothing and is no error.
func (s *Service) KeepPolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int, until time.Time, note string) error {
	err := s.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		var f problem.Fields
		until := checkKeep(&f, until, s.dayOf(tx.Now()))
		note := f.Lines("note", note, MaxReason, false)
		wrong := f.Err()
		p, err := lockPolicy(ctx, tx, a, pid, version, shared)
		switch {
		case errors.Is(err, problem.ErrConflict) && wrong == nil:
			return audit.Event{}, keptBefore(ctx, tx, a, pid, version, until, note, err)
		case err != nil:
			return audit.Event{}, err
		case p.Status != Active:
			return audit.Event{}, &problem.ConflictError{Key: "policy_rule.not_in_force", Args: []any{"Name", p.Name}}
		case wrong != nil:
			return audit.Event{}, wrong
		}
		detail, err := p.reviewed(ctx, tx, a, Kept, until, note)
		if err != nil {
			return audit.Event{}, err
		}
		err = updatePolicy(ctx, tx, &p)
		return p.event(audit.PolicyReviewed, version, detail), err
	})
	return wrap("keep policy", err)
}

// checkKeep reads until when a policy is kept.
func checkKeep(f *problem.Fields, typed, today time.Time) time.Time {
	if typed = pg.Day(typed); !typed.IsZero() && typed.After(today) && StandsOf(typed, today) != ReviewLater {
		f.Add("review_on", "policy_rule.keep_day", "Days", ReviewAhead)
		return typed
	}
	return checkReview(f, typed, today, time.Time{})
}

// keptBefore is pg.ErrNothing if the policy is one row version further because the
// same person said the same of it; else what kept it from being locked.
func keptBefore(ctx context.Context, tx *pg.Tx, a authz.Actor, pid id.Policy, version int, until time.Time, note string, stale error) error {
	same, err := pg.Value[bool](ctx, tx, `
		select exists (select 1 from policies p join policy_reviews r on r.policy_id = p.id
			where p.id = @policy and p.version = @version and p.review_on = @until
				and r.kind = 'due' and r.outcome = 'kept' and r.closed_by = @by and r.closed_at = p.updated_at and r.note = @note)`,
		pg.Args{"policy": pid, "version": version + 1, "until": until, "by": a.User, "note": note})
	switch {
	case err != nil:
		return err
	case same:
		return pg.ErrNothing
	}
	return stale
}

// reviewed notes how the review of a policy's date ended, and moves the date. It
// tells the audit log; the caller stores the policy.
func (p *Policy) reviewed(ctx context.Context, tx *pg.Tx, a authz.Actor, outcome Outcome, until time.Time, note string) ([]audit.Change, error) {
	_, err := tx.Exec(ctx, `
		insert into policy_reviews (id, policy_id, kind, due_on, opened_at, closed_by, closed_at, outcome, note)
		values (@id, @policy, 'due', @due, @now, @by, @now, @outcome, @note)
		on conflict (policy_id, due_on) where kind = 'due'
			do update set closed_by = @by, closed_at = @now, outcome = @outcome, note = @note`,
		pg.Args{
			"id": id.New[id.PolicyReview](), "policy": p.ID, "due": p.ReviewOn, "by": a.User, "now": tx.Now(),
			"outcome": outcome, "note": note,
		})
	detail := audit.Diff(nil, "outcome", "", string(outcome))
	detail = audit.Diff(detail, "review_on", dayText(p.ReviewOn), dayText(until))
	p.ReviewOn = until
	return audit.Diff(detail, "note", "", note), err
}

// closeDue ends the review of a policy that is due by what its reviewer decided
// instead of keeping it. A policy that goes on is looked at again in twelve
// months; one that ends keeps its date.
func (r *ruling) closeDue(ctx context.Context, tx *pg.Tx, outcome Outcome) ([]audit.Change, error) {
	if r.policy.Status != Active || StandsOf(r.policy.ReviewOn, r.today) == ReviewLater {
		return nil, nil
	}
	until := r.policy.ReviewOn
	if outcome == Changed {
		until = r.today.AddDate(1, 0, 0)
	}
	return r.policy.reviewed(ctx, tx, r.actor, outcome, until, "")
}

// Past is a review that is closed.
type Past struct {
	Emergency    bool // else because the review date came
	Outcome      Outcome
	Note         string
	ClosedByName string
	ClosedAt     time.Time
}

// maxPast is how many past reviews of a policy are listed.
const maxPast = 20

// PastReviews are the closed reviews of a policy of both kinds, newest first, at
// most 20. For whoever may activate policies.
func (s *Service) PastReviews(ctx context.Context, pid id.Policy) ([]Past, error) {
	past, err := pg.All[Past](ctx, s.db.Read(), `
		select r.kind = 'emergency' as emergency, r.outcome, r.note,
			btrim(c.first_name || ' ' || c.last_name) as closed_by_name, r.closed_at
		from policy_reviews r join users c on c.id = r.closed_by
		where r.policy_id = @policy and r.closed_at is not null
		order by r.closed_at desc, r.id limit @max`, pg.Args{"policy": pid, "max": maxPast})
	return past, wrap("past reviews", err)
}

// Breadth is how many attributes a policy hands out, beside the other policies
// in force of its kind in its group.
type Breadth struct {
	Attributes *int // each once; nil if the text cannot be understood
	Neighbours policydoc.Neighbours
}

// Breadth measures the version in force of a policy.
func (s *Service) Breadth(ctx context.Context, p Full) (Breadth, error) {
	var b Breadth
	if p.InForce != nil {
		b.Attributes = attributes(p.Kind, p.InForce.Document)
	}
	var err error
	b.Neighbours, err = neighbours(ctx, s.db.Read(), p.Policy)
	return b, wrap("breadth", err)
}
