package account

import (
	"context"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// MaxPeople is how many people a partner may have, the invited ones included.
const MaxPeople = 25

// MaxReason is how long the reason of an appointment may be, in characters, and
// minReason how short.
const (
	MaxReason = 2000
	minReason = 10
)

// Colleague is one of a partner's people.
type Colleague struct {
	Member
	PartnerID    id.Partner
	Organisation string
	Owner        bool // answers for the partner
}

const colleagueColumns = memberColumns + `, u.partner_id, p.organisation, u.owner`

const colleagueFrom = `from users u join partners p on p.id = u.partner_id`

// PeopleList says how a partner's people can be sorted and filtered.
var PeopleList = list.Spec{
	Sorts: map[string]string{
		"name": "lower(u.first_name || ' ' || u.last_name)", "email": "u.email", "status": shown,
		"signed_in": "coalesce(u.last_sign_in_at, '-infinity')",
	},
	Default: "name", Filters: []string{"q", "status"}, TieBreak: "u.id",
}

// People is one page of a partner's people, without those who were removed.
// scope must reach the partner, else the page is empty (security.md AUT-2).
func (s *Service) People(ctx context.Context, scope authz.Scope, pid id.Partner, q list.Query) (list.Page[Colleague], error) {
	return s.PeopleListing(scope, pid, q).Page(ctx)
}

// PeopleListing is the list behind People, to be exported as a whole.
func (s *Service) PeopleListing(scope authz.Scope, pid id.Partner, q list.Query) pg.Listing[Colleague] {
	var w pg.Where
	w.And("u.partner_id = @partner", "partner", pid)
	w.And("u.status <> 'removed'", "", nil)
	if !scope.All {
		w.And("u.partner_id = @scope", "scope", scope.Partner)
	}
	if v := q.Filter("q"); v != "" {
		w.And("(u.first_name || ' ' || u.last_name ilike @q or u.email ilike @q)", "q", list.Contains(v))
	}
	if v := q.Filter("status"); v != "" {
		w.And(shown+" = @status", "status", v)
	}
	return pg.Listing[Colleague]{DB: s.db, Query: q, Columns: colleagueColumns, From: colleagueFrom, Where: w}
}

// Colleague is one of a partner's people in scope; problem.ErrNotFound for
// staff, for other partners' people and for those who were removed.
func (s *Service) Colleague(ctx context.Context, scope authz.Scope, uid id.User) (Colleague, error) {
	return pg.One[Colleague](ctx, s.db.Read(), `select `+colleagueColumns+` `+colleagueFrom+`
		where u.id = @id and u.status <> 'removed' and (@all or u.partner_id = @scope)`,
		pg.Args{"id": uid, "all": scope.All, "scope": scope.Partner})
}

// ColleagueInput is what is known of a person whom a partner invites.
type ColleagueInput struct {
	ID        id.User // made when the form is drawn, so that sending it twice makes one account
	Email     string
	FirstName string // 1 to MaxName characters
	LastName  string // 1 to MaxName characters
	Lang      string // "en", "fr", "ar"
}

// InviteColleague makes an account for one of the actor's partner's people and
// mails them a link to set a password, good for 72 hours (authz.PeopleManage).
// Nobody but the owner of the address sees the link (security.md PWD-6). Sending
// the same form twice is no error.
//
// Errors: *problem.InvalidError at "email", "first_name", "last_name", "lang";
// *problem.ConflictError when the partner has MaxPeople people or was
// deactivated meanwhile.
func (s *Service) InviteColleague(ctx context.Context, a authz.Actor, in ColleagueInput) error {
	var f problem.Fields
	address := checkNew(&f, in.Email, &in.FirstName, &in.LastName, in.Lang, true)
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PeopleManage, err)
	}
	return s.db.Change(ctx, a, authz.PeopleManage, func(tx *pg.Tx) (audit.Event, error) {
		if err := lockActive(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		err := insertPerson(ctx, tx, person{
			ID: in.ID, Email: address.String(), FirstName: in.FirstName, LastName: in.LastName, Lang: in.Lang, PartnerID: a.Partner,
		}, address)
		if err != nil {
			return audit.Event{}, err
		}
		n, err := pg.Value[int](ctx, tx, `select count(*) from users where partner_id = @partner and status <> 'removed'`,
			pg.Args{"partner": a.Partner})
		if err != nil {
			return audit.Event{}, err
		}
		if n > MaxPeople {
			return audit.Event{}, &problem.ConflictError{Key: "people.conflict.full", Args: []any{"Max", MaxPeople}}
		}
		p, err := byID(ctx, tx, in.ID)
		if err != nil {
			return audit.Event{}, err
		}
		event := p.event(audit.StaffInvited, audit.Diff(nil, "organisation", "", p.Organisation))
		event.After = p.Version
		_, err = s.mailInvitation(ctx, tx, a, p)
		return event, err
	})
}

// InviteColleagueAgain is InviteAgain for one of the actor's partner's people
// (authz.PeopleManage).
func (s *Service) InviteColleagueAgain(ctx context.Context, a authz.Actor, uid id.User) error {
	return s.db.Change(ctx, a, authz.PeopleManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockColleague(ctx, tx, a.Partner, uid)
		if err != nil {
			return audit.Event{}, err
		}
		return s.inviteAgain(ctx, tx, a, p)
	})
}

// RemoveColleague takes somebody out of the actor's partner's people for good,
// or takes an invitation back (authz.PeopleManage). Their sessions and links end
// at once, the password, the phone number and the address are forgotten, and the
// address is free again; the name stays with what they did. They are told.
// version is the row version that the page showed. Twice is no error.
//
// Errors: problem.ErrNotFound for somebody else's people; *problem.ConflictError
// for the owner, who hands the partner over first, and for a stale version.
func (s *Service) RemoveColleague(ctx context.Context, a authz.Actor, uid id.User, version int) error {
	return s.db.Change(ctx, a, authz.PeopleManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockColleague(ctx, tx, a.Partner, uid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case p.Status == Removed:
			return audit.Event{}, pg.ErrNothing
		case p.Owner:
			return audit.Event{}, &problem.ConflictError{Key: "people.conflict.owner", Args: []any{"Name", p.name()}}
		case p.Version != version:
			return audit.Event{}, pg.Stale(ctx, tx, a, audit.User, uid.String())
		}
		if err := endEverything(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		if err := s.forgetFactor(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		// No address is spelled like this, so the key is nobody's and the address is free.
		_, err = tx.Exec(ctx, `update users set password = null, phone = '', email = '', email_key = 'removed ' || id::text where id = @id`,
			pg.Args{"id": p.ID})
		if err != nil {
			return audit.Event{}, err
		}
		event, err := s.move(ctx, tx, p, version, Removed)
		if err != nil {
			return audit.Event{}, err
		}
		return event, mail.Enqueue(ctx, tx, mail.Message{
			Kind: mail.ColleagueRemoved, To: p.Email, Lang: p.Lang,
			Params: map[string]string{"Name": p.FirstName, "Organisation": p.Organisation},
		})
	})
}

// HandOver makes a colleague the owner of the actor's partner in the actor's
// place (authz.PeopleManage). It needs the actor's password, which is throttled
// like a sign-in. There is one owner at any moment; roles are read with every
// request, so both people's rights change at once. All people of the partner are
// told. Sending the same form twice is no error.
//
// Errors: *problem.InvalidError at "current"; *problem.ThrottledError,
// ErrDisabled, *problem.BusyError; problem.ErrNotFound for somebody else's
// people; *problem.ConflictError for somebody who has not signed in yet.
func (s *Service) HandOver(ctx context.Context, a authz.Actor, to id.User, current string) error {
	now, err := s.Colleague(ctx, a.Scope(), to)
	if err != nil {
		return err
	}
	if now.Owner { // the second click of who was the owner until the first
		return nil
	}
	if !a.May(authz.PeopleManage) {
		return s.db.Deny(ctx, a, authz.PeopleManage)
	}
	if current == "" {
		return problem.Invalid("current", "problem.required")
	}
	self, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return err
	}
	counted, err := s.checkCurrent(ctx, a, self, current, audit.OwnershipHandedOver)
	if err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.PeopleManage, func(tx *pg.Tx) (audit.Event, error) {
		event, err := handOver(ctx, tx, a, a.Partner, a.User, to, "")
		if err != nil {
			return audit.Event{}, err
		}
		return event, counted.clear(ctx, tx)
	})
}

// Appoint is HandOver for a partner whose owner cannot do it any more
// (authz.PartnerDecide): reason (minReason to MaxReason characters) goes to its people and
// into the log. from is the owner that the page showed.
//
// Errors: *problem.InvalidError at "reason"; problem.ErrNotFound;
// *problem.ConflictError when from is not the owner any more, when to has not
// signed in yet, or when the partner is not active.
func (s *Service) Appoint(ctx context.Context, a authz.Actor, pid id.Partner, from, to id.User, reason string) error {
	var f problem.Fields
	if reason = f.Lines("reason", reason, MaxReason, true); len([]rune(reason)) < minReason {
		f.Add("reason", "problem.too_short", "Min", minReason)
	}
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PartnerDecide, err)
	}
	return s.db.Change(ctx, a, authz.PartnerDecide, func(tx *pg.Tx) (audit.Event, error) {
		return handOver(ctx, tx, a, pid, from, to, reason)
	})
}

// handOver moves the ownership of a partner between two of its people. Two
// statements: the unique key allows one owner at any moment.
func handOver(ctx context.Context, tx *pg.Tx, a authz.Actor, pid id.Partner, from, to id.User, reason string) (audit.Event, error) {
	next, err := lockColleague(ctx, tx, pid, to)
	if err != nil {
		return audit.Event{}, err
	}
	owner, err := pg.One[person](ctx, tx, `select `+personColumns+personFrom+` where u.partner_id = @partner and u.owner for update of u`,
		pg.Args{"partner": pid})
	switch {
	case err != nil:
		return audit.Event{}, err
	case owner.ID == to:
		return audit.Event{}, pg.ErrNothing
	case owner.ID != from:
		return audit.Event{}, &problem.ConflictError{Key: "people.conflict.other_owner", Args: []any{"Name", owner.name()}}
	case next.Status != Active || next.Password == "":
		return audit.Event{}, &problem.ConflictError{Key: "people.conflict.not_joined", Args: []any{"Name", next.name()}}
	}
	for _, step := range []struct {
		user  id.User
		owner bool
	}{{owner.ID, false}, {to, true}} {
		err := pg.Exec1(ctx, tx, `update users set owner = @owner, version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": step.user, "owner": step.owner, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
	}
	// The partner's contact address follows its owner, so an open request to change the former one's has no object.
	_, err = tx.Exec(ctx, `update partner_changes set status = 'withdrawn', ended_by = @by, ended_at = @now, version = version + 1
		where partner_id = @partner and field = 'email' and status in ('unproved', 'pending_approval')`,
		pg.Args{"partner": pid, "by": a.User, "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	_, domain, _ := strings.Cut(next.Email, "@")
	if _, err := tx.Exec(ctx, `update partners set email_domain = lower(@domain) where id = @id`, pg.Args{"id": pid, "domain": domain}); err != nil {
		return audit.Event{}, err
	}
	err = TellPartner(ctx, tx, pid, mail.OwnershipChanged, map[string]string{
		"Organisation": next.Organisation, "Person": next.name(), "Reason": reason, "Path": "/home",
	})
	return audit.Event{
		Action: audit.OwnershipHandedOver, Partner: pid,
		Subject: audit.Subject{Kind: audit.Partner, ID: pid.String(), Name: next.Organisation},
		Detail:  audit.Diff(audit.Diff(nil, "owner", owner.name(), next.name()), "reason", "", reason),
	}, err
}

// lockActive makes changes of one partner's people wait for each other, and for
// its deactivation (security.md CON-4).
func lockActive(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	p, err := pg.One[struct{ Organisation, Status string }](ctx, tx,
		`select organisation, status from partners where id = @id for update`, pg.Args{"id": pid})
	if err == nil && p.Status != "active" {
		return &problem.ConflictError{Key: "organisation.conflict.deactivated", Args: []any{"Name", p.Organisation}}
	}
	return err
}

// lockColleague locks an active partner and one of its people;
// problem.ErrNotFound for anybody else's (security.md AUT-3).
func lockColleague(ctx context.Context, tx *pg.Tx, pid id.Partner, uid id.User) (person, error) {
	if err := lockActive(ctx, tx, pid); err != nil {
		return person{}, err
	}
	p, err := lockByID(ctx, tx, uid)
	if err == nil && p.PartnerID != pid {
		return person{}, problem.ErrNotFound
	}
	return p, err
}
