package policy

import (
	"context"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
)

// reach says which partners a decision on a policy reaches.
type reach struct{ which, order string }

// Conditions on the table policy_requests, each with its order.
var (
	partnersUsing   = reach{`r.status = 'approved' and r.paused_at is null`, `lower(t.organisation), t.id`}
	requestsPending = reach{`r.status in ('pending_approval', 'changes_requested')`, `r.submitted_at, t.id`}
)

// touched are the partners that have a grant of a policy which works on a day, or
// that ask for one. At most maxTouched of them, how many there are, and a digest of
// all, so that another one who is not named is noticed too. It reads the tables
// because the packages of partners and of their requests know this one.
func touched(ctx context.Context, q pg.Querier, pid id.Policy, today time.Time, r reach) (list []Touched, total int, digest string, err error) {
	rows, err := pg.All[struct {
		Touched
		Total  int
		Digest string
	}](ctx, q, `
		with t as materialized (
			select t.id, t.public_id, t.organisation as name, row_number() over (order by `+r.order+`) as nth
			from policy_requests r join partners t on t.id = r.partner_id
			where r.policy_id = @policy and (r.ends_on is null or r.ends_on >= @today) and `+r.which+`),
		all_of_them as (
			select count(*) as total, encode(sha256(convert_to(string_agg(id::text, ' ' order by nth), 'UTF8')), 'hex') as digest from t)
		select t.id, t.public_id, t.name, a.total, a.digest from t, all_of_them a where t.nth <= @max order by t.nth`,
		pg.Args{"policy": pid, "today": today, "max": maxTouched})
	if err != nil || len(rows) == 0 {
		return nil, 0, "", err
	}
	list = make([]Touched, len(rows))
	for i, r := range rows {
		list[i] = r.Touched
	}
	return list, rows[0].Total, rows[0].Digest, nil
}
