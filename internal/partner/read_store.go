package partner

import (
	"context"
	"slices"

	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

const plainColumns = `p.id, p.public_id, p.organisation, p.type, coalesce(g.name, '') as policy_group, p.status, p.submitted_at, `

const round = `case when p.status = 'pending_approval' then p.submission end`

var rowColumns = plainColumns + assignment.HolderSQL(audit.Partner, "p.id", round) + ` as taken_by`

const rowFrom = `from partners p left join policy_groups g on g.id = p.policy_group_id`

func listing(db *pg.DB, scope authz.Scope, lq list.Query) pg.Listing[Row] {
	var w pg.Where
	if !scope.All {
		w.And("p.id = @scope", "scope", scope.Partner)
	}
	lq = withoutUnknown(lq)
	if v := lq.Filter("name"); v != "" {
		w.And("p.organisation ilike @name", "name", list.Contains(v))
	}
	if v := lq.Filter("type"); v != "" {
		w.And("p.type = @type", "type", v)
	}
	if v := lq.Filter("status"); v != "" {
		w.And("p.status = @status", "status", v)
	}
	if v := lq.Filter("group"); v != "" {
		w.And("p.policy_group_id = @group", "group", v)
	}
	if v := lq.Filter("email"); v != "" {
		w.And("p.id in (select partner_id from users where email ilike @email and partner_id is not null)", "email", list.Contains(v))
	}
	assignment.Filter(&w, lq.Filter("assigned"), scope, audit.Partner, "p.id", round)
	if v := lq.Filter("q"); v != "" {
		search(&w, v)
	}
	return pg.Listing[Row]{DB: db, Query: lq, Columns: rowColumns, From: rowFrom, Where: w}
}

// search looks into each column, the names of a partner's people among them,
// with that column's own index; one condition with "or" over two tables would
// use none.
func search(w *pg.Where, text string) {
	if pid, err := id.Parse[id.Partner](text); err == nil {
		w.And("p.id = @q", "q", pid)
		return
	}
	w.And(`p.id in (
		select id from partners where organisation ilike @q
		union select id from partners where public_id ilike @q
		union select partner_id from users where email ilike @q and partner_id is not null
		union select partner_id from users where first_name || ' ' || last_name ilike @q and partner_id is not null and status <> 'removed')`, "q", list.Contains(text))
}

// withoutUnknown drops the filters whose value no partner can have: they come
// from old or mistyped addresses, and a list is better than an error.
func withoutUnknown(lq list.Query) list.Query {
	page := lq.Page
	if !Statuses.Known(Status(lq.Filter("status"))) {
		lq = lq.Without("status")
	}
	if !slices.Contains(Types, Type(lq.Filter("type"))) {
		lq = lq.Without("type")
	}
	if _, err := id.Parse[id.PolicyGroup](lq.Filter("group")); err != nil {
		lq = lq.Without("group")
	}
	return lq.AtPage(page)
}

const partnerColumns = `p.id, p.public_id, p.type, p.purpose, p.organisation, p.address, p.policy_group_id,
	coalesce(g.name, '') as policy_group, p.email_domain, p.lang, p.status, p.submission, p.submitted_at,
	p.address_verified_at, p.terms_version, p.consented_at, p.version, p.created_at, p.updated_at,
	u.id as owner_id, u.first_name, u.last_name, u.email, u.phone`

const partnerFrom = `from partners p
	join users u on u.partner_id = p.id and u.owner
	left join policy_groups g on g.id = p.policy_group_id`

func partnerByID(ctx context.Context, q pg.Querier, scope authz.Scope, pid id.Partner) (Partner, error) {
	return pg.One[Partner](ctx, q, "select "+partnerColumns+" "+partnerFrom+
		" where p.id = @id and (@all or p.id = @scope)",
		pg.Args{"id": pid, "all": scope.All, "scope": scope.Partner})
}

func groups(ctx context.Context, q pg.Querier) ([]Group, error) {
	return pg.All[Group](ctx, q, `select id, name, status = 'active' as active from policy_groups order by lower(name), id`, nil)
}

func counts(ctx context.Context, q pg.Querier) (Counts, error) {
	return pg.One[Counts](ctx, q, `
		select count(*) filter (where status = 'pending_approval') as pending,
			count(*) filter (where status = 'changes_requested') as changes_requested
		from partners where status in ('pending_approval', 'changes_requested')`, nil)
}

func oldest(ctx context.Context, q pg.Querier, n int) ([]Row, error) {
	return pg.All[Row](ctx, q, "select "+rowColumns+" "+rowFrom+
		" where p.status = 'pending_approval' order by p.submitted_at, p.id limit @n", pg.Args{"n": n})
}
