package policy

import (
	"context"
	"strconv"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// RestoreVersion makes a new version that waits, with the text of an old one, in
// any state; what waited is replaced by it, and the actor is its author.
// Permission: authz.PolicyWrite. saw is what the person decided on, as in
// ActivatePolicy; there is no emergency (problem.ErrBadRequest).
// problem.ErrNotFound if there is no such version; a problem.ErrConflict for a
// stale page, another picture, a discarded policy, a group out of use, and a
// text that is the newest anyway.
func (s *Service) RestoreVersion(ctx context.Context, a authz.Actor, pid id.Policy, number int, saw Seen) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		saw, err := saw.check(Restore)
		if err != nil {
			return audit.Event{}, err
		}
		old, err := lockPolicy(ctx, tx, a, pid, saw.Version, shared)
		if err != nil {
			return audit.Event{}, err
		}
		r, err := s.rule(ctx, tx, a, old, Restore, number, saw)
		if err != nil {
			return audit.Event{}, err
		}
		event, err := r.restore(ctx, tx)
		p = r.policy
		return event, err
	})
	return p, wrap("restore version", err)
}

func (r *ruling) restore(ctx context.Context, tx *pg.Tx) (audit.Event, error) {
	v := r.Subject
	now := text{v.Document, r.Report.Errors, attributes(r.policy.Kind, v.Document)}
	next := Version{AuthorID: r.actor.User, LastEditorID: r.actor.User, Origin: &v.Number}
	made, err := replaceWaiting(ctx, tx, r.policy.ID, next, now)
	if err != nil {
		return audit.Event{}, err
	}
	if err := r.store(ctx, tx); err != nil {
		return audit.Event{}, err
	}
	before := *r.stage.Newest()
	detail := diffDocument(nil, text{document: before.Document, errors: before.Errors}, now)
	detail = append(detail,
		audit.Change{Field: "version", Before: strconv.Itoa(before.Number), After: strconv.Itoa(made)},
		audit.Change{Field: "origin", After: strconv.Itoa(v.Number)})
	err = updatePolicy(ctx, tx, &r.policy)
	return r.policy.event(audit.PolicyVersionRestored, r.saw.Version, detail), err
}

// DiscardVersion throws the waiting version away; it stays readable. A policy
// that was never in force goes with it: nobody sees it in lists any more, and
// its name is free. version is the row version that the person saw. Permission:
// authz.PolicyWrite. A problem.ErrConflict when the page was stale or nothing
// waits.
func (s *Service) DiscardVersion(ctx context.Context, a authz.Actor, pid id.Policy, version int) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		var err error
		if p, err = lockPolicy(ctx, tx, a, pid, version, shared); err != nil {
			return audit.Event{}, err
		}
		numbers, err := pg.Values[int](ctx, tx, `
			update policy_versions set status = 'discarded' where policy_id = @policy and status = 'inactive' returning number`,
			pg.Args{"policy": pid})
		if err != nil {
			return audit.Event{}, err
		}
		if len(numbers) == 0 {
			return audit.Event{}, &problem.ConflictError{Key: "policy_rule.nothing_waits"}
		}
		action := audit.PolicyVersionDiscarded
		if Statuses.Can(p.Status, Discarded) {
			action, p.Status = audit.PolicyDiscarded, Discarded
		}
		err = updatePolicy(ctx, tx, &p)
		return p.event(action, version, []audit.Change{{Field: "version", Before: strconv.Itoa(numbers[0])}}), err
	})
	return p, wrap("discard version", err)
}
