package policy

import (
	"context"
	"errors"

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
	ids := make([]uuid.UUID, len(groups))
	for i, g := range groups {
		ids[i] = g.UUID
	}
	_, err := pg.Values[uuid.UUID](ctx, tx, `select id from policy_groups where id = any(@ids) order by id for share`, pg.Args{"ids": ids})
	return err
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
func lockPolicy(ctx context.Context, tx *pg.Tx, a authz.Actor, pid id.Policy, version int, others ...id.PolicyGroup) (Policy, error) {
	gid, err := pg.Value[id.PolicyGroup](ctx, tx, `select group_id from policies where id = @id`, pg.Args{"id": pid})
	if err != nil {
		return Policy{}, err
	}
	if err := shareGroups(ctx, tx, append(others, gid)...); err != nil {
		return Policy{}, err
	}
	p, err := pg.One[Policy](ctx, tx, `select `+policyColumns+policyFrom+` where p.id = @id for update of p`, pg.Args{"id": pid})
	if err != nil {
		return Policy{}, err
	}
	if p.Version != version || p.GroupID != gid { // moved to a group that is not locked: the row changed as well
		return Policy{}, stale(ctx, tx, a, audit.Policy, pid.String())
	}
	return p, nil
}

// updatePolicy stores what may change of a policy and raises its version.
func updatePolicy(ctx context.Context, tx *pg.Tx, p *Policy) error {
	seen := p.Version
	p.Version, p.UpdatedAt = seen+1, tx.Now()
	return pg.Exec1(ctx, tx, `
		update policies set group_id = @group, name = @name, description = @description, status = @status,
			version = @version, updated_at = @now
		where id = @id and version = @seen`,
		pg.Args{
			"id": p.ID, "group": p.GroupID, "name": p.Name, "description": p.Description, "status": p.Status,
			"version": p.Version, "seen": seen, "now": p.UpdatedAt,
		})
}

// latest is the newest version that is not superseded: the one that waits, else
// the one that is or was last in force.
func latest(ctx context.Context, tx *pg.Tx, pid id.Policy) (Version, error) {
	return pg.One[Version](ctx, tx, `select `+versionColumns+versionFrom+`
		where v.policy_id = @policy and v.status <> 'superseded' order by v.number desc limit 1`, pg.Args{"policy": pid})
}
