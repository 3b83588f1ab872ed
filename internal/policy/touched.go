package policy

import (
	"context"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// reach says which partners of a policy's group a decision reaches.
type reach struct{ which, order string }

// Conditions on the table partners, each with its order.
var (
	partnersUsing   = reach{`t.status = 'active'`, `lower(t.organisation), t.id`}
	requestsPending = reach{`t.status in ('pending_approval', 'changes_requested')`, `t.submitted_at, t.id`}
)

// touched are the partners that can use a policy, or ask to: those of its group
// whose type uses its kind (domain.md §3.4). At most maxTouched of them, how
// many there are, and a digest of all, so that another one who is not named is
// noticed too. It reads the table because package partner knows this one.
func touched(ctx context.Context, q pg.Querier, p Policy, r reach) (list []Touched, total int, digest string, err error) {
	rows, err := pg.All[struct {
		Touched
		Total  int
		Digest string
	}](ctx, q, `
		with t as materialized (
			select t.id, t.public_id, t.organisation as name, row_number() over (order by `+r.order+`) as nth from partners t
			where t.policy_group_id = @group and t.type = @type and `+r.which+`),
		all_of_them as (
			select count(*) as total, encode(sha256(convert_to(string_agg(id::text, ' ' order by nth), 'UTF8')), 'hex') as digest from t)
		select t.id, t.public_id, t.name, a.total, a.digest from t, all_of_them a where t.nth <= @max order by t.nth`,
		pg.Args{"group": p.GroupID, "type": string(userOf(p.Kind)), "max": maxTouched})
	if err != nil || len(rows) == 0 {
		return nil, 0, "", err
	}
	list = make([]Touched, len(rows))
	for i, r := range rows {
		list[i] = r.Touched
	}
	return list, rows[0].Total, rows[0].Digest, nil
}

// userOf is the type of partner that uses policies of a kind.
func userOf(k Kind) authz.Role {
	if k == policydoc.KindDataShare {
		return authz.CredentialPartner
	}
	return authz.AuthPartner
}
