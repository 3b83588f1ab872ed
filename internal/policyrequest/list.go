package policyrequest

import (
	"context"
	"strconv"
	"time"

	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/policy"
)

// Row is a request in a list.
type Row struct {
	ID           id.PolicyRequest
	PartnerID    id.Partner
	PublicID     string
	Organisation string
	PolicyID     id.Policy
	Kind         policy.Kind
	PolicyName   string
	PolicyStatus policy.Status
	GroupName    string
	Status       Status
	SubmittedAt  time.Time
	EndsOn       *time.Time
	PausedAt     *time.Time
	Extension    bool // a later last day is asked for
	Version      int
	Number       int    // of the version in force; 0 if none is
	TakenBy      string // whose work it is, while it waits for a decision; "" for nobody's
}

// Works reports whether a grant hands out something on a day, as far as its row
// tells.
func (r Row) Works(today time.Time) bool {
	return r.Status == Approved && r.PausedAt == nil && !r.EndsOn.Before(today) && r.PolicyStatus == policy.Active
}

// StatusExtension is the value of the filter "status" for grants of which a later
// last day is asked for.
const StatusExtension = "extension"

// maxWithin is how far the filter "within" looks ahead: the days in which a grant
// ends.
const maxWithin = 3650

// RequestList is how requests can be sorted and filtered. Sorted by "waiting",
// those that wait for an admin longest come first.
var RequestList = list.Spec{
	Sorts: map[string]string{
		"partner": "lower(t.organisation)", "policy": "lower(p.name)", "group": "lower(g.name)", "status": "r.status",
		"submitted": "r.submitted_at", "ends": "r.ends_on",
		"waiting": "case when r.status = 'pending_approval' then r.submitted_at end",
	},
	Default:  "-submitted",
	Filters:  []string{"q", "status", "partner", "policy", "group", "assigned", "within"},
	TieBreak: "r.id",
}

const plainColumns = `r.id, r.partner_id, t.public_id, t.organisation, r.policy_id, p.kind, p.name as policy_name, p.status as policy_status,
	g.name as group_name, r.status, r.submitted_at, r.ends_on, r.paused_at, x.id is not null as extension, r.version, coalesce(v.number, 0) as number, `

// round counts the decisions that a request waits for: on what was sent, and on
// each extension that was asked for.
const round = `case when r.status = 'pending_approval' or x.id is not null
	then r.submission + (select count(*)::integer from policy_request_extensions e where e.request_id = r.id) end`

var rowColumns = plainColumns + assignment.HolderSQL(audit.PolicyRequest, "r.id", round) + ` as taken_by`

const rowFrom = `from policy_requests r
	join partners t on t.id = r.partner_id
	join policies p on p.id = r.policy_id
	join policy_groups g on g.id = p.group_id
	left join policy_request_extensions x on x.request_id = r.id and x.decision is null
	left join policy_versions v on v.policy_id = p.id and v.status = 'active'`

// Requests is one page of the requests in scope, by a query of RequestList.
func (s *Service) Requests(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[Row], error) {
	return s.Listing(scope, q).Page(ctx)
}

// Listing is the list behind Requests, to be exported as a whole.
func (s *Service) Listing(scope authz.Scope, lq list.Query) pg.Listing[Row] {
	var w pg.Where
	if !scope.All {
		w.And("r.partner_id = @scope", "scope", scope.Partner)
	}
	switch status := lq.Filter("status"); {
	case status == StatusExtension:
		w.And("x.id is not null", "", nil)
	case Statuses.Known(Status(status)):
		w.And("r.status = @status", "status", status)
	case status != "":
		lq = lq.Without("status").AtPage(lq.Page)
	}
	if days, err := strconv.Atoi(lq.Filter("within")); err == nil && days > 0 && days <= maxWithin {
		today := s.Today()
		w.And("r.status = 'approved' and r.ends_on >= @today", "today", today)
		w.And("r.ends_on <= @until", "until", today.AddDate(0, 0, days))
	}
	named(&w, lq, "partner", "r.partner_id = @partner", "(t.organisation ilike @partner or t.public_id ilike @partner)")
	named(&w, lq, "policy", "r.policy_id = @policy", "p.name ilike @policy")
	named(&w, lq, "group", "p.group_id = @group", "g.name ilike @group")
	assignment.Filter(&w, lq.Filter("assigned"), scope, audit.PolicyRequest, "r.id", round)
	named(&w, lq, "q", "r.id = @q", `r.id in (
		select id from policy_requests where partner_id in (
			select id from partners where organisation ilike @q union select id from partners where public_id ilike @q)
		union select id from policy_requests where policy_id in (select id from policies where name ilike @q))`) // each column by its own index
	return pg.Listing[Row]{DB: s.db, Query: lq, Columns: rowColumns, From: rowFrom, Where: w}
}

// named filters by a thing's id, or by a part of its name.
func named(w *pg.Where, lq list.Query, filter, byID, byName string) {
	v := lq.Filter(filter)
	if v == "" {
		return
	}
	if key, err := id.Parse[id.PolicyRequest](v); err == nil {
		w.And(byID, filter, key.UUID)
		return
	}
	w.And(byName, filter, list.Contains(v))
}

// Rows are the requests with these ids in scope, in the order of their sending: for
// pages that decide on several at once. Others are left out.
func (s *Service) Rows(ctx context.Context, scope authz.Scope, ids []id.PolicyRequest) ([]Request, error) {
	texts := make([]string, len(ids))
	for i, v := range ids {
		texts[i] = v.String()
	}
	return pg.All[Request](ctx, s.db.Read(), `select `+requestColumns+requestFrom+`
		where r.id = any(@ids::uuid[]) and (@all or r.partner_id = @scope) order by r.submitted_at, r.id`,
		pg.Args{"ids": texts, "all": scope.All, "scope": scope.Partner})
}

// GrantsOf are the grants of a partner, by name of the policy, at most 50: for its
// page.
func (s *Service) GrantsOf(ctx context.Context, partner id.Partner) ([]Row, error) {
	return s.grants(ctx, "r.partner_id = @partner and r.status = 'approved'", pg.Args{"partner": partner})
}

// UsersOf are the grants of a policy, by name of the partner, at most 50, and how
// many there are: who uses it.
func (s *Service) UsersOf(ctx context.Context, pid id.Policy) (rows []Row, total int, err error) {
	if rows, err = s.grants(ctx, "r.policy_id = @policy and r.status = 'approved'", pg.Args{"policy": pid}); err != nil || len(rows) < maxOthers {
		return rows, len(rows), err
	}
	total, err = pg.Value[int](ctx, s.db.Read(), `select count(*) from policy_requests where policy_id = @policy and status = 'approved'`, pg.Args{"policy": pid})
	return rows, total, err
}

func (s *Service) grants(ctx context.Context, which string, args pg.Args) ([]Row, error) {
	args["max"] = maxOthers
	return pg.All[Row](ctx, s.db.Read(), `select `+rowColumns+` `+rowFrom+` where `+which+`
		order by lower(p.name), lower(t.organisation), r.id limit @max`, args)
}

// Counts is how many requests wait, and for whom.
type Counts struct {
	Pending          int // wait for a Partner Admin
	ChangesRequested int // wait for the partner
	Extensions       int // later last days are asked for
	Granted          int
}

// Counts counts the requests in scope: for home pages.
func (s *Service) Counts(ctx context.Context, scope authz.Scope) (Counts, error) {
	return pg.One[Counts](ctx, s.db.Read(), `
		select count(*) filter (where r.status = 'pending_approval') as pending,
			count(*) filter (where r.status = 'changes_requested') as changes_requested,
			count(*) filter (where x.id is not null) as extensions,
			count(*) filter (where r.status = 'approved') as granted
		from policy_requests r left join policy_request_extensions x on x.request_id = r.id and x.decision is null
		where (@all or r.partner_id = @scope) and r.status in ('pending_approval', 'changes_requested', 'approved')`,
		pg.Args{"all": scope.All, "scope": scope.Partner})
}

// Offer is an active policy that a partner can ask for, with what it has of it.
type Offer struct {
	ID            id.Policy
	Kind          policy.Kind
	Name          string
	Description   string
	GroupName     string
	Number        int // of the version in force
	Document      string
	RequestID     *id.PolicyRequest // that is open or granted; nil if there is none
	RequestStatus Status            // of it
}

// OfferList is how offers can be sorted and filtered.
var OfferList = list.Spec{
	Sorts: map[string]string{"name": "lower(p.name)"}, Default: "name", Filters: []string{"q"}, TieBreak: "p.id",
}

const offerColumns = `p.id, p.kind, p.name, p.description, g.name as group_name, coalesce(v.number, 0) as number,
	coalesce(v.document, '') as document, r.id as request_id, coalesce(r.status, '') as request_status`

const offerFrom = ` from partners t
	join policies p on p.group_id = t.policy_group_id
	join policy_groups g on g.id = p.group_id
	left join policy_versions v on v.policy_id = p.id and v.status = 'active'
	left join policy_requests r on r.partner_id = t.id and r.policy_id = p.id and r.status in ('pending_approval', 'changes_requested', 'approved')`

// offerWhere says which policies a partner may ask for: those of its group, of the
// kind that its type uses (domain.md §3.4, §3.5), while both are active.
const offerWhere = `t.id = @partner and t.status = 'active' and g.status = 'active'
	and p.kind = case t.type when 'AUTH_PARTNER' then 'auth' when 'CREDENTIAL_PARTNER' then 'datashare' end`

// Offers is one page of what a partner can ask for, by a query of OfferList.
func (s *Service) Offers(ctx context.Context, partner id.Partner, lq list.Query) (list.Page[Offer], error) {
	var w pg.Where
	w.And(offerWhere, "partner", partner)
	w.And("p.status = 'active'", "", nil)
	if v := lq.Filter("q"); v != "" {
		w.And("(p.name ilike @q or p.description ilike @q)", "q", list.Contains(v))
	}
	return pg.List[Offer](ctx, s.db.Read(), lq, offerColumns, offerFrom, w)
}

// Offer is one policy that a partner can ask for; problem.ErrNotFound for any
// other, a *problem.ConflictError for one that is not active any more.
func (s *Service) Offer(ctx context.Context, partner id.Partner, pid id.Policy) (Offer, error) {
	return offerOf(ctx, s.db.Read(), partner, pid)
}
