package policy

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

const (
	policyColumns = `p.id, p.kind, p.group_id, g.name as group_name, g.status as group_status, p.name, p.description,
		p.status, p.version, p.review_on, p.created_by, btrim(c.first_name || ' ' || c.last_name) as created_by_name, p.created_at, p.updated_at`
	policyFrom = ` from policies p join policy_groups g on g.id = p.group_id join users c on c.id = p.created_by`

	versionColumns = `v.document,` + versionFacts
	versionFacts   = ` v.id, v.policy_id, v.number, v.status, v.errors, v.note, v.origin,
		v.author_id, btrim(a.first_name || ' ' || a.last_name) as author_name,
		v.last_editor_id, btrim(e.first_name || ' ' || e.last_name) as last_editor_name, v.created_at, v.updated_at,
		v.activated_by, coalesce(btrim(x.first_name || ' ' || x.last_name), '') as activated_by_name, v.activated_at`
	versionFrom = ` from policy_versions v join users a on a.id = v.author_id
		join users e on e.id = v.last_editor_id left join users x on x.id = v.activated_by`
)

// maxVersions is how many versions a policy's page lists: those that are or can
// come into force, however old, and the newest of the others. maxPeriods is how
// many of their periods it tells, the newest of all.
const (
	maxVersions = 100
	maxPeriods  = 10 * maxVersions
)

// Policy is one policy of a kind with its versions. Documents come with the
// version in force, the one that waits and the one that was deactivated.
// problem.ErrNotFound if there is no such policy, or it is of the other kind.
func (s *Service) Policy(ctx context.Context, pid id.Policy, kind Kind) (Full, error) {
	q := s.db.Read()
	p, err := ofKind(ctx, q, pid, kind)
	if err != nil {
		return Full{}, wrap("policy", err)
	}
	versions, err := pg.All[Version](ctx, q, `
		select case when v.status in `+liveStates+` then v.document else '' end as document,`+versionFacts+versionFrom+`
		where v.policy_id = @policy order by v.status in `+liveStates+` desc, v.number desc limit @max`,
		pg.Args{"policy": pid, "max": maxVersions})
	if err != nil {
		return Full{}, wrap("versions", err)
	}
	slices.SortFunc(versions, func(a, b Version) int { return b.Number - a.Number })
	if err := addPeriods(ctx, q, versions, maxPeriods); err != nil {
		return Full{}, wrap("periods", err)
	}
	full := Full{Policy: p, Versions: versions}
	for i := range versions {
		full.take(&versions[i])
	}
	return full, nil
}

// ofKind is a policy without its versions.
func ofKind(ctx context.Context, q pg.Querier, pid id.Policy, kind Kind) (Policy, error) {
	return pg.One[Policy](ctx, q, `select `+policyColumns+policyFrom+` where p.id = @id and p.kind = @kind`, pg.Args{"id": pid, "kind": kind})
}

// KindOf is the kind of a policy of which only the ID is known;
// problem.ErrNotFound if there is none.
func (s *Service) KindOf(ctx context.Context, pid id.Policy) (Kind, error) {
	kind, err := pg.Value[Kind](ctx, s.db.Read(), `select kind from policies where id = @id`, pg.Args{"id": pid})
	return kind, wrap("kind of a policy", err)
}

// addPeriods tells of versions when they were in force: at most max periods,
// the newest of all (nil: all of them).
func addPeriods(ctx context.Context, q pg.Querier, versions []Version, max any) error {
	ids := make([]uuid.UUID, len(versions))
	at := make(map[id.PolicyVersion]*Version, len(versions))
	for i := range versions {
		ids[i] = versions[i].ID.UUID
		at[versions[i].ID] = &versions[i]
	}
	periods, err := pg.All[struct {
		VersionID id.PolicyVersion
		ValidFrom time.Time
		ValidTo   *time.Time
	}](ctx, q, `
		select version_id, valid_from, valid_to from policy_periods
		where version_id = any(@versions) order by valid_from desc, valid_to desc nulls first limit @max`,
		pg.Args{"versions": ids, "max": max})
	for _, p := range periods {
		v := at[p.VersionID]
		v.Periods = append(v.Periods, Period{From: p.ValidFrom, To: p.ValidTo})
	}
	return err
}

// one is a version with its periods.
func one(ctx context.Context, q pg.Querier, which string, args pg.Args) (Version, error) {
	v, err := pg.One[Version](ctx, q, `select `+versionColumns+versionFrom+` where `+which, args)
	if err != nil {
		return Version{}, err
	}
	found := []Version{v}
	err = addPeriods(ctx, q, found, maxPeriods)
	return found[0], err
}

// Version is one version of a policy with its document and periods, by its
// number, in every state. problem.ErrNotFound if there is none.
func (s *Service) Version(ctx context.Context, pid id.Policy, number int) (Version, error) {
	v, err := one(ctx, s.db.Read(), `v.policy_id = @policy and v.number = @number`, pg.Args{"policy": pid, "number": number})
	return v, wrap("version", err)
}

// Versions are those before a number, newest first, at most 100, with their
// periods and without documents: what Full.Versions leaves out, page by page.
// Numbers have no gaps, so there are older ones than these unless the last is 1.
func (s *Service) Versions(ctx context.Context, pid id.Policy, before int) ([]Version, error) {
	q := s.db.Read()
	versions, err := pg.All[Version](ctx, q, `select '' as document,`+versionFacts+versionFrom+`
		where v.policy_id = @policy and v.number < @before order by v.number desc limit @max`,
		pg.Args{"policy": pid, "before": before, "max": maxVersions})
	if err != nil {
		return nil, wrap("versions", err)
	}
	return versions, wrap("versions", addPeriods(ctx, q, versions, maxPeriods))
}

// InForceAt is the version that was in force at a moment, with its periods;
// problem.ErrNotFound if none was.
func (s *Service) InForceAt(ctx context.Context, pid id.Policy, t time.Time) (Version, error) {
	v, err := one(ctx, s.db.Read(), `v.id = (select version_id from policy_periods
			where policy_id = @policy and valid_from <= @at and (valid_to is null or valid_to > @at)
			order by valid_from desc limit 1)`, pg.Args{"policy": pid, "at": t})
	return v, wrap("version in force", err)
}

// Policies is one page of the list of policies of a kind, by a query of
// PolicyList. Discarded ones come only when the filter "status" asks for them.
func (s *Service) Policies(ctx context.Context, kind Kind, q list.Query) (list.Page[Row], error) {
	p, err := s.Listing(kind, q).Page(ctx)
	return p, wrap("policies", err)
}

// Listing is the list behind Policies, to be exported as a whole.
func (s *Service) Listing(kind Kind, q list.Query) pg.Listing[Row] {
	var w pg.Where
	w.And("p.kind = @kind", "kind", kind)
	contains(&w, q, "name", "p.name ilike @name")
	contains(&w, q, "description", "p.description ilike @description")
	contains(&w, q, "q", "(p.name ilike @q or p.description ilike @q)")
	// A group by its id, or by a part of its name.
	if gid, err := id.Parse[id.PolicyGroup](q.Filter("group")); err == nil {
		w.And("p.group_id = @group", "group", gid)
	} else {
		contains(&w, q, "group", "g.name ilike @group")
	}
	switch status := Status(q.Filter("status")); {
	case Statuses.Known(status):
		w.And("p.status = @status", "status", status)
	case status == StatusWaiting:
		w.And("w.id is not null", "", nil)
	default:
		w.And("p.status <> 'discarded'", "", nil)
	}
	return pg.Listing[Row]{DB: s.db, Query: q, Where: w, Columns: `
		p.id, p.kind, p.group_id, g.name as group_name, g.status as group_status, p.name, p.description, p.status, p.version,
		(select max(n.number) from policy_versions n where n.policy_id = p.id) as newest, w.id is not null as waiting, coalesce(w.errors, 0) as waiting_errors, w.author_id as waiting_author,
		w.last_editor_id as waiting_editor, p.review_on, p.created_at, p.updated_at`, From: `
		from policies p join policy_groups g on g.id = p.group_id
		left join policy_versions w on w.policy_id = p.id and w.status = 'inactive'`}
}

// Rule is a policy in force, with what it says.
type Rule struct {
	ID       id.Policy
	Kind     Kind
	Name     string
	Number   int // of the version in force
	Document string
}

// RulesOf are the policies of a kind in force in a group, by name: at most max of
// them, and how many there are.
func (s *Service) RulesOf(ctx context.Context, kind Kind, gid id.PolicyGroup, max int) (rules []Rule, total int, err error) {
	rows, err := pg.All[struct {
		Rule
		Total int
	}](ctx, s.db.Read(), `
		select p.id, p.kind, p.name, v.number, v.document, count(*) over () as total
		from policies p join policy_versions v on v.policy_id = p.id and v.status = 'active'
		where p.kind = @kind and p.group_id = @group and p.status = 'active'
		order by lower(p.name), p.id limit @max`, pg.Args{"kind": kind, "group": gid, "max": max})
	if err != nil {
		return nil, 0, wrap("rules", err)
	}
	for _, r := range rows {
		rules, total = append(rules, r.Rule), r.Total
	}
	return rules, total, nil
}

// Waiting counts the policies that wait for activation, as the list counts them
// under the filter status=waiting. What is the actor's own is counted only where
// each version needs somebody else: by risk it depends on what each one changes,
// and its page says so.
func (s *Service) Waiting(ctx context.Context, a authz.Actor) (WaitingCount, error) {
	n, err := pg.One[struct{ Auth, Share, MineAuth, MineShare int }](ctx, s.db.Read(), `
		select count(*) filter (where p.kind = 'auth') as auth, count(*) filter (where p.kind = 'datashare') as share,
			count(*) filter (where p.kind = 'auth' and @user in (v.author_id, v.last_editor_id)) as mine_auth,
			count(*) filter (where p.kind = 'datashare' and @user in (v.author_id, v.last_editor_id)) as mine_share
		from policy_versions v join policies p on p.id = v.policy_id where v.status = 'inactive'`, pg.Args{"user": a.User})
	if err != nil {
		return WaitingCount{}, wrap("waiting policies", err)
	}
	count := WaitingCount{Auth: n.Auth, DataShare: n.Share}
	if s.eyes == EyesAlways {
		count.MineAuth, count.MineDataShare = n.MineAuth, n.MineShare
	}
	return count, nil
}
