package organisation

import (
	"context"
	"time"

	"portal/internal/account"
	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/mail"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/state"
)

// Field is what a change is of. The values equal partner_changes_field_check.
type Field string

// What a partner may not change without a Partner Admin.
const (
	Name    Field = "organisation" // the organisation's name
	Address Field = "email"        // the owner's, with which they sign in
)

// ChangeStatus is where a change stands.
type ChangeStatus string

// The states. They equal partner_changes_status_check.
const (
	Unproved  ChangeStatus = "unproved" // the code that went to a new address was not typed yet
	Pending   ChangeStatus = "pending_approval"
	Approved  ChangeStatus = "approved"
	Rejected  ChangeStatus = "rejected"
	Withdrawn ChangeStatus = "withdrawn"
)

// ChangeStatuses are the allowed moves.
var ChangeStatuses = state.New(map[ChangeStatus][]ChangeStatus{
	Unproved:  {Pending, Withdrawn},
	Pending:   {Approved, Rejected, Withdrawn},
	Approved:  {},
	Rejected:  {},
	Withdrawn: {},
})

// MaxWhy is how long a partner's reason for a change may be, in characters.
const MaxWhy = 500

// Change is one change that a partner asked for.
type Change struct {
	ID            id.PartnerChange
	PartnerID     id.Partner
	Organisation  string // as it is now
	PublicID      string
	Field         Field
	Status        ChangeStatus
	Before        string
	After         string
	Reason        string
	ChallengeID   id.Challenge
	RequestedBy   id.User
	RequesterName string
	RequestedAt   time.Time
	SubmittedAt   time.Time
	EndedBy       id.User
	EnderName     string
	EndedAt       *time.Time
	EndedReason   string
	Version       int
	TakenBy       string // whose work it is; "" for nobody's, and where a page does not list it
}

// Open reports whether the change is not decided or withdrawn.
func (c Change) Open() bool { return c.Status == Unproved || c.Status == Pending }

// Ended is when the change was decided or withdrawn; the zero time while it is
// open.
func (c Change) Ended() time.Time {
	if c.EndedAt == nil {
		return time.Time{}
	}
	return *c.EndedAt
}

const changeColumns = `c.id, c.partner_id, p.organisation, p.public_id, c.field, c.status, c.before, c.after, c.reason,
	c.challenge_id, c.requested_by, trim(r.first_name || ' ' || r.last_name) as requester_name, c.requested_at, c.submitted_at,
	c.ended_by, coalesce(trim(e.first_name || ' ' || e.last_name), '') as ender_name, c.ended_at, c.ended_reason, c.version`

const changeFrom = `from partner_changes c join partners p on p.id = c.partner_id
	join users r on r.id = c.requested_by left join users e on e.id = c.ended_by`

// round is that of the decision which a change waits for: it is decided once.
const round = `case when c.status = 'pending_approval' then 1 end`

var listColumns = changeColumns + `, ` + assignment.HolderSQL(audit.PartnerChange, "c.id", round) + ` as taken_by`

const changeSelect = `select ` + changeColumns + `, '' as taken_by ` + changeFrom

// ChangeList says how changes can be sorted and filtered. q searches
// organisation and partner ID.
var ChangeList = list.Spec{
	Sorts: map[string]string{
		"organisation": "lower(p.organisation)", "field": "c.field", "status": "c.status", "submitted": "c.submitted_at",
	},
	Default: "-submitted", Filters: []string{"q", "field", "status", "assigned"}, TieBreak: "c.id",
}

// Changes is one page of the changes that Partner Admins decide or decided on; a
// scope that does not reach everybody finds nothing (security.md AUT-2). An
// unproved one does not concern anybody yet.
func (s *Service) Changes(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[Change], error) {
	return s.Listing(scope, q).Page(ctx)
}

// Listing is the list behind Changes, to be exported as a whole.
func (s *Service) Listing(scope authz.Scope, q list.Query) pg.Listing[Change] {
	var w pg.Where
	w.And("c.status <> 'unproved' and @all", "all", scope.All)
	if v := q.Filter("q"); v != "" {
		w.And("(p.organisation ilike @q or p.public_id ilike @q)", "q", list.Contains(v))
	}
	if v := q.Filter("field"); v != "" {
		w.And("c.field = @field", "field", v)
	}
	if v := q.Filter("status"); v != "" {
		w.And("c.status = @status", "status", v)
	}
	assignment.Filter(&w, q.Filter("assigned"), scope, audit.PartnerChange, "c.id", round)
	return pg.Listing[Change]{DB: s.db, Query: q, Columns: listColumns, From: changeFrom, Where: w}
}

// WaitingChanges is how many changes wait for a Partner Admin.
func (s *Service) WaitingChanges(ctx context.Context) (int, error) {
	return pg.Value[int](ctx, s.db.Read(), `select count(*) from partner_changes where status = 'pending_approval'`, nil)
}

// Change is one change in scope; problem.ErrNotFound if there is none or it is
// somebody else's.
func (s *Service) Change(ctx context.Context, scope authz.Scope, cid id.PartnerChange) (Change, error) {
	return pg.One[Change](ctx, s.db.Read(), changeSelect+` where c.id = @id and (@all or c.partner_id = @scope)`,
		pg.Args{"id": cid, "all": scope.All, "scope": scope.Partner})
}

// openChange is the partner's change of a field that waits; problem.ErrNotFound
// if none does.
func openChange(ctx context.Context, q pg.Querier, pid id.Partner, field Field) (Change, error) {
	return pg.One[Change](ctx, q, changeSelect+` where c.partner_id = @partner and c.field = @field and c.status in ('unproved', 'pending_approval')`,
		pg.Args{"partner": pid, "field": string(field)})
}

// AskName asks for another name of the actor's organisation
// (authz.OrganisationEdit); a Partner Admin decides. Sending the same form twice
// is no error.
//
// Errors: *problem.InvalidError at "organisation" or "reason";
// *problem.ConflictError while another change of the name waits.
func (s *Service) AskName(ctx context.Context, a authz.Actor, name, reason string) error {
	var f problem.Fields
	name = f.Line("organisation", name, partner.MaxOrganisation, true)
	reason = f.Lines("reason", reason, MaxWhy, true)
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.OrganisationEdit, err)
	}
	return s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockActive(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		if p.Organisation == name {
			return audit.Event{}, problem.Invalid("organisation", "organisation.problem.same")
		}
		c := Change{ID: id.New[id.PartnerChange](), PartnerID: p.ID, Field: Name, Status: Pending, Before: p.Organisation, After: name, Reason: reason}
		if err := ask(ctx, tx, a, c); err != nil {
			return audit.Event{}, err
		}
		return p.event(audit.ChangeRequested, c.detail()), tellWaiting(ctx, tx, p, c)
	})
}

// ask stores a change. Where one of the field is open already: the same again
// is pg.ErrNothing, another is a conflict.
func ask(ctx context.Context, tx *pg.Tx, a authz.Actor, c Change) error {
	n, err := tx.Exec(ctx, `
		insert into partner_changes (id, partner_id, field, status, before, after, reason, challenge_id, requested_by, requested_at, submitted_at)
		values (@id, @partner, @field, @status, @before, @after, @reason, @challenge, @by, @now, @now)
		on conflict (partner_id, field) where status in ('unproved', 'pending_approval') do nothing`,
		pg.Args{
			"id": c.ID, "partner": c.PartnerID, "field": string(c.Field), "status": string(c.Status), "before": c.Before, "after": c.After,
			"reason": c.Reason, "challenge": id.OrNull(c.ChallengeID), "by": a.User, "now": tx.Now(),
		})
	if err != nil || n == 1 {
		return err
	}
	there, err := openChange(ctx, tx, c.PartnerID, c.Field)
	switch {
	case err != nil:
		return err
	case there.After == c.After && there.Reason == c.Reason:
		return pg.ErrNothing
	}
	return &problem.ConflictError{Key: "organisation.conflict.open", Args: []any{"Value", there.After, "When", there.RequestedAt}}
}

// detail is what the log says of a change.
func (c Change) detail() []audit.Change {
	before, after := c.Before, c.After
	if c.Field == Address {
		before, after = masked(before), masked(after)
	}
	return []audit.Change{{Field: string(c.Field), Before: before, After: after}}
}

func tellWaiting(ctx context.Context, tx *pg.Tx, p locked, c Change) error {
	return account.TellStaff(ctx, tx, authz.PartnerDecide, mail.ChangeWaiting, id.User{},
		map[string]string{"Organisation": p.Organisation, "Path": "/partners/changes/" + c.ID.String()})
}

// end decides or withdraws a change that nobody else can reach: its partner is
// locked.
func end(ctx context.Context, tx *pg.Tx, a authz.Actor, c Change, to ChangeStatus, reason string) error {
	if err := ChangeStatuses.Check(c.Status, to); err != nil {
		return err
	}
	return pg.Exec1(ctx, tx, `update partner_changes set status = @to, ended_by = @by, ended_at = @now, ended_reason = @reason, version = version + 1
		where id = @id and status = @from and version = @version`,
		pg.Args{"id": c.ID, "to": string(to), "from": string(c.Status), "by": a.User, "now": tx.Now(), "reason": reason, "version": c.Version})
}

// Withdraw takes a change of the actor's partner back
// (authz.OrganisationEdit). Twice is no error. Errors: problem.ErrNotFound for
// somebody else's; *problem.ConflictError when it was decided meanwhile.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, cid id.PartnerChange) error {
	return s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockActive(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		c, err := pg.One[Change](ctx, tx, changeSelect+` where c.id = @id and c.partner_id = @partner`, pg.Args{"id": cid, "partner": p.ID})
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Status == Withdrawn:
			return audit.Event{}, pg.ErrNothing
		case !c.Open():
			return audit.Event{}, c.decided()
		}
		return p.event(audit.ChangeWithdrawn, c.detail()), end(ctx, tx, a, c, Withdrawn, "")
	})
}

// decided says that a change has ended, to somebody who came too late.
func (c Change) decided() error {
	return &problem.ConflictError{
		Key:  "organisation.conflict." + string(c.Status),
		Args: []any{"Name", c.EnderName, "When", c.Ended()},
	}
}
