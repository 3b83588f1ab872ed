package policy

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// shareGroups keeps groups from being deactivated until the end of the
// transaction. Always in the order of their ids, before any policy is locked.
func shareGroups(ctx context.Context, tx *pg.Tx, groups ...id.PolicyGroup) error {
	_, err := lockGroups(ctx, tx, id.Policy{}, shared, groups...)
	return err
}

// hold is how a group is locked: shared for work on one of its policies,
// exclusive for deciding what is in force. Whoever asks for one or grants it holds
// it shared, so no grant comes or goes while a decision counts them.
type hold string

const (
	shared    hold = "for share"
	exclusive hold = "for update"
)

// lockGroups locks the group of a policy and others, and tells which it locked.
func lockGroups(ctx context.Context, tx *pg.Tx, pid id.Policy, h hold, others ...id.PolicyGroup) ([]id.PolicyGroup, error) {
	ids := make([]uuid.UUID, len(others))
	for i, g := range others {
		ids[i] = g.UUID
	}
	return pg.Values[id.PolicyGroup](ctx, tx, `
		select id from policy_groups where id = any(@ids) or id = (select group_id from policies where id = @policy)
		order by id `+string(h), pg.Args{"ids": ids, "policy": pid})
}

// activeGroup is a group that the caller has locked, for use by a policy: a
// field error if there is none or it is out of use.
func activeGroup(ctx context.Context, tx *pg.Tx, gid id.PolicyGroup) (Group, error) {
	g, err := groupByID(ctx, tx, gid)
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return g, problem.Invalid("group", "problem.choose")
	case err == nil && g.Status != GroupActive:
		return g, problem.Invalid("group", "policy_rule.group_deactivated", "Name", g.Name)
	}
	return g, err
}

// lockPolicy locks a policy for a change, its group and other groups before it,
// and refuses a stale page.
func lockPolicy(ctx context.Context, tx *pg.Tx, a authz.Actor, pid id.Policy, version int, h hold, others ...id.PolicyGroup) (Policy, error) {
	groups, err := lockGroups(ctx, tx, pid, h, others...)
	if err != nil {
		return Policy{}, err
	}
	p, err := pg.One[Policy](ctx, tx, `select `+policyColumns+policyFrom+` where p.id = @id for update of p`, pg.Args{"id": pid})
	if err != nil {
		return Policy{}, err
	}
	if p.Version != version || !slices.Contains(groups, p.GroupID) { // moved to a group that is not locked: the row changed as well
		return Policy{}, pg.Stale(ctx, tx, a, audit.Policy, pid.String())
	}
	return p, nil
}

// updatePolicy stores what may change of a policy and raises its version.
func updatePolicy(ctx context.Context, tx *pg.Tx, p *Policy) error {
	seen := p.Version
	p.Version, p.UpdatedAt = seen+1, tx.Now()
	return pg.Exec1(ctx, tx, `
		update policies set group_id = @group, name = @name, description = @description, status = @status,
			review_on = @review, version = @version, updated_at = @now
		where id = @id and version = @seen`,
		pg.Args{
			"id": p.ID, "group": p.GroupID, "name": p.Name, "description": p.Description, "status": p.Status,
			"review": p.ReviewOn, "version": p.Version, "seen": seen, "now": p.UpdatedAt,
		})
}

// liveStates are those of versions that are or can come into force.
const liveStates = `('inactive', 'active', 'deactivated')`

// latest is the version that an edit starts from: the one that waits, else the
// one that is or was last in force.
func latest(ctx context.Context, tx *pg.Tx, pid id.Policy) (Version, error) {
	return pg.One[Version](ctx, tx, `select `+versionColumns+versionFrom+`
		where v.policy_id = @policy and v.status in `+liveStates+` order by v.number desc limit 1`, pg.Args{"policy": pid})
}
