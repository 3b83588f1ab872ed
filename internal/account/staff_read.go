package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
)

// Member is a member of staff.
type Member struct {
	ID           id.User
	Email        string
	FirstName    string
	LastName     string
	Lang         string
	Status       Status // Active, Invited or Deactivated
	Roles        []string
	LastSignInAt *time.Time
	InvitedAt    *time.Time // the latest invitation, while it can be used
	CreatedAt    time.Time
	Version      int
	SecondFactor bool // one that counts
}

// Name is first and last name.
func (m Member) Name() string { return strings.TrimSpace(m.FirstName + " " + m.LastName) }

// Holds reports whether the member has a role.
func (m Member) Holds(r authz.Role) bool { return slices.Contains(m.Roles, string(r)) }

// SignedInAt is the last sign-in; zero for never.
func (m Member) SignedInAt() time.Time {
	if m.LastSignInAt == nil {
		return time.Time{}
	}
	return *m.LastSignInAt
}

// shown is the status as people see it.
const shown = `case when u.status = 'active' and u.password is null then 'invited' else u.status end`

const memberColumns = `u.id, u.email, u.first_name, u.last_name, u.lang, ` + shown + ` as status, u.last_sign_in_at, u.created_at, u.version,
	(select coalesce(array_agg(role order by role), '{}') from user_roles where user_id = u.id) as roles,
	(select max(created_at) from challenges where user_id = u.id and purpose = 'invite' and consumed_at is null) as invited_at, ` + session.HasSecondFactor + ` as second_factor`

// List says how the staff can be sorted and filtered.
var List = list.Spec{
	Sorts: map[string]string{
		"name": "lower(u.first_name || ' ' || u.last_name)", "email": "u.email", "status": shown,
		"signed_in": "coalesce(u.last_sign_in_at, '-infinity')", "created": "u.created_at",
	},
	Default: "name", Filters: []string{"q", "role", "status"}, TieBreak: "u.id",
}

// StaffList is one page of the staff. An unknown role or status matches nobody.
func (s *Service) StaffList(ctx context.Context, q list.Query) (list.Page[Member], error) {
	return s.StaffListing(q).Page(ctx)
}

// StaffListing is the list behind StaffList, to be exported as a whole.
func (s *Service) StaffListing(q list.Query) pg.Listing[Member] {
	var w pg.Where
	w.And("u.partner_id is null", "", nil)
	if v := q.Filter("q"); v != "" {
		w.And("(u.first_name || ' ' || u.last_name ilike @q or u.email ilike @q)", "q", list.Contains(v))
	}
	if v := q.Filter("role"); v != "" {
		w.And("exists (select 1 from user_roles r where r.user_id = u.id and r.role = @role)", "role", v)
	}
	if v := q.Filter("status"); v != "" {
		w.And(shown+" = @status", "status", v)
	}
	return pg.Listing[Member]{DB: s.db, Query: q, Columns: memberColumns, From: "from users u", Where: w}
}

// StaffMember is one member of staff; problem.ErrNotFound for anybody else.
func (s *Service) StaffMember(ctx context.Context, uid id.User) (Member, error) {
	if id.IsZero(uid) {
		return Member{}, problem.ErrNotFound
	}
	return pg.One[Member](ctx, s.db.Read(), `select `+memberColumns+` from users u where u.id = @id and u.partner_id is null`, pg.Args{"id": uid})
}

// StaffActor is an active member of staff as an actor, by e-mail address: for
// the command line, which acts in the name of somebody. problem.ErrNotFound for
// anybody else.
func (s *Service) StaffActor(ctx context.Context, typed string) (authz.Actor, error) {
	p, err := byAddress(ctx, s.db.Read(), typed)
	switch {
	case err != nil:
		return authz.Actor{}, err
	case !p.staff() || p.Status != Active:
		return authz.Actor{}, problem.ErrNotFound
	}
	return p.actor(), nil
}
