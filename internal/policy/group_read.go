package policy

import (
	"context"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

const groupColumns = `g.id, g.name, g.description, g.status, g.version, g.created_at, g.updated_at`

// Group is one group; problem.ErrNotFound if there is none.
func (s *Service) Group(ctx context.Context, gid id.PolicyGroup) (Group, error) {
	g, err := groupByID(ctx, s.db.Read(), gid)
	return g, wrap("group", err)
}

func groupByID(ctx context.Context, q pg.Querier, gid id.PolicyGroup) (Group, error) {
	return pg.One[Group](ctx, q, `select `+groupColumns+` from policy_groups g where g.id = @id`, pg.Args{"id": gid})
}

// Groups is one page of the list of groups, by a query of GroupList.
func (s *Service) Groups(ctx context.Context, q list.Query) (list.Page[GroupRow], error) {
	p, err := s.GroupListing(q).Page(ctx)
	return p, wrap("groups", err)
}

// GroupListing is the list behind Groups, to be exported as a whole.
func (s *Service) GroupListing(q list.Query) pg.Listing[GroupRow] {
	var w pg.Where
	contains(&w, q, "name", "g.name ilike @name")
	contains(&w, q, "description", "g.description ilike @description")
	contains(&w, q, "q", "(g.name ilike @q or g.description ilike @q)")
	if status := GroupStatus(q.Filter("status")); GroupStatuses.Known(status) {
		w.And("g.status = @status", "status", status)
	}
	return pg.Listing[GroupRow]{
		DB: s.db, Query: q, From: `from policy_groups g`, Where: w,
		Columns: groupColumns + `, (select count(*) from policies p where p.group_id = g.id and p.status <> 'discarded') as policies`,
	}
}

// contains adds a contains-filter under its own name.
func contains(w *pg.Where, q list.Query, name, condition string) {
	if v := q.Filter(name); v != "" {
		w.And(condition, name, list.Contains(v))
	}
}

// ActiveGroups are the groups under which a policy can be made, by name: for
// drop-downs.
func (s *Service) ActiveGroups(ctx context.Context) ([]Group, error) {
	gs, err := pg.All[Group](ctx, s.db.Read(),
		`select `+groupColumns+` from policy_groups g where g.status = 'active' order by lower(g.name), g.id`, nil)
	return gs, wrap("active groups", err)
}

// Ref names a policy that stands in the way of something.
type Ref struct {
	ID      id.Policy
	Kind    Kind
	Name    string
	Status  Status
	Waiting bool // a version of it waits for activation
}

// maxRefs is how many policies a refusal names.
const maxRefs = 50

// GroupUse is what stands under a group.
type GroupUse struct {
	Auth, DataShare int   // policies of each kind, in every state but discarded
	Blocking        []Ref // those in force or unfinished, by name, at most 50
	Total           int   // of Blocking
}

// GroupUse tells what stands under a group and what would keep it from being
// deactivated. It does not lock: only DeactivateGroup's own answer is final.
func (s *Service) GroupUse(ctx context.Context, gid id.PolicyGroup) (GroupUse, error) {
	count, err := pg.One[struct{ Auth, Datashare int }](ctx, s.db.Read(), `
		select count(*) filter (where kind = 'auth') as auth, count(*) filter (where kind = 'datashare') as datashare
		from policies where group_id = @group and status <> 'discarded'`, pg.Args{"group": gid})
	if err != nil {
		return GroupUse{}, wrap("group use", err)
	}
	use := GroupUse{Auth: count.Auth, DataShare: count.Datashare}
	use.Blocking, use.Total, err = blocking(ctx, s.db.Read(), gid)
	return use, wrap("group use", err)
}

// unused is nil, or a *GroupInUseError. The caller holds the group's row.
func unused(ctx context.Context, q pg.Querier, gid id.PolicyGroup) error {
	refs, total, err := blocking(ctx, q, gid)
	if err == nil && total > 0 {
		err = &GroupInUseError{Policies: refs, Total: total}
	}
	return err
}

func blocking(ctx context.Context, q pg.Querier, gid id.PolicyGroup) ([]Ref, int, error) {
	rows, err := pg.All[struct {
		Ref
		Total int
	}](ctx, q, `
		select p.id, p.kind, p.name, p.status, w.id is not null as waiting, count(*) over () as total
		from policies p left join policy_versions w on w.policy_id = p.id and w.status = 'inactive'
		where p.group_id = @group and (p.status not in ('deactivated', 'discarded') or w.id is not null)
		order by lower(p.name), p.id limit @max`, pg.Args{"group": gid, "max": maxRefs})
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	refs := make([]Ref, len(rows))
	for i, r := range rows {
		refs[i] = r.Ref
	}
	return refs, rows[0].Total, nil
}
