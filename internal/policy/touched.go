package policy

import (
	"context"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// reach says which partners of a policy's group a decision reaches.
type reach string

// Conditions on the table partners, each with its order.
const (
	partnersUsing   reach = `t.status = 'active' order by lower(t.organisation), t.id`
	requestsPending reach = `t.status in ('pending_approval', 'changes_requested') order by t.submitted_at, t.id`
)

// touched are the partners that can use a policy, or ask to: those of its group
// whose type uses its kind (domain.md §3.4). At most maxTouched of them, and how
// many there are. It reads the table because package partner knows this one.
func touched(ctx context.Context, q pg.Querier, p Policy, which reach) ([]Touched, int, error) {
	rows, err := pg.All[struct {
		Touched
		Total int
	}](ctx, q, `
		select t.id, t.organisation as name, count(*) over () as total from partners t
		where t.policy_group_id = @group and t.type = @type and `+string(which)+` limit @max`,
		pg.Args{"group": p.GroupID, "type": string(userOf(p.Kind)), "max": maxTouched})
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	list := make([]Touched, len(rows))
	for i, r := range rows {
		list[i] = r.Touched
	}
	return list, rows[0].Total, nil
}

// userOf is the type of partner that uses policies of a kind.
func userOf(k Kind) authz.Role {
	if k == policydoc.KindDataShare {
		return authz.CredentialPartner
	}
	return authz.AuthPartner
}
