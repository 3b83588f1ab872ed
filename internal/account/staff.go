package account

import (
	"context"
	"slices"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/throttle"
)

// StaffInput is what is known of a person who joins the staff.
type StaffInput struct {
	ID        id.User // made when the form is drawn, so that sending it twice makes one account
	Email     string
	FirstName string // 1 to MaxName characters
	LastName  string // 1 to MaxName characters
	Lang      string // "en", "fr", "ar"
	Roles     []authz.Role
}

// check trims the input and reports what is wrong with it. The command line
// may leave the last name out.
func (in *StaffInput) check(lastName bool) (email.Address, error) {
	var f problem.Fields
	address := checkNew(&f, in.Email, &in.FirstName, &in.LastName, in.Lang, lastName)
	checkRoles(&f, in.Roles)
	return address, f.Err()
}

// checkNew trims what is known of a person who gets an account, and adds what is
// wrong with it to f.
func checkNew(f *problem.Fields, typed string, first, last *string, lang string, lastName bool) email.Address {
	address := email.Field(f, "email", typed)
	*first = f.Line("first_name", *first, MaxName, true)
	*last = f.Line("last_name", *last, MaxName, lastName)
	if !spoken(lang) {
		f.Add("lang", "problem.choose")
	}
	return address
}

// checkRoles lets staff roles through and nothing else (security.md AUT-7).
func checkRoles(f *problem.Fields, roles []authz.Role) {
	if len(roles) == 0 {
		f.Add("roles", "staff.problem.no_role")
	}
	for _, r := range roles {
		if !slices.Contains(authz.StaffRoles, r) {
			f.Add("roles", "problem.choose")
		}
	}
}

// roleChanges lists which roles went and came, each on its own, so that the log
// can be read in any language.
func roleChanges(before, after []string) []audit.Change {
	var detail []audit.Change
	for _, r := range before {
		if !slices.Contains(after, r) {
			detail = append(detail, audit.Change{Field: "roles", Before: r})
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			detail = append(detail, audit.Change{Field: "roles", After: r})
		}
	}
	return detail
}

// inviteAgainAfter is how soon another invitation can be mailed: a second click
// does not mail twice.
const inviteAgainAfter = time.Minute

// Invite makes a staff account without a password and mails its owner a link to
// set one, good for 72 hours (authz.StaffManage). Nobody but the owner of the
// address sees the link (security.md PWD-6). Sending the same form twice is no
// error.
//
// Errors: *problem.InvalidError at "email", "first_name", "last_name", "lang",
// "roles".
func (s *Service) Invite(ctx context.Context, a authz.Actor, in StaffInput) error {
	address, err := in.check(true)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.StaffManage, err)
	}
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := insertStaff(ctx, tx, in, address, "", a.User)
		if err != nil {
			return audit.Event{}, err
		}
		event := p.event(audit.StaffInvited, roleChanges(nil, roleNames(in.Roles)))
		event.After = p.Version
		_, err = s.mailInvitation(ctx, tx, a, p)
		return event, err
	})
}

// mailInvitation mails the link with which an account gets its first password:
// to staff in the portal's name, to a partner's people in their colleague's.
func (s *Service) mailInvitation(ctx context.Context, tx *pg.Tx, a authz.Actor, p person) (id.Challenge, error) {
	address, err := p.address()
	if err != nil {
		return id.Challenge{}, err
	}
	n := challenge.NewChallenge{
		Purpose: challenge.Invite, Address: address, User: p.ID,
		NetKey: throttle.NetKey(a.IP), Lang: p.Lang, Params: map[string]string{"Name": p.FirstName},
	}
	if !p.staff() {
		n.Mail = mail.ColleagueInvitation
		n.Params["Organisation"], n.Params["Actor"] = p.Organisation, a.Name
	}
	return s.challenges.Begin(ctx, tx, n)
}

// InviteAgain mails a fresh link to somebody who has not set a password yet;
// earlier links stop working (authz.StaffManage). Within a minute it does
// nothing. Errors: problem.ErrNotFound, *problem.ConflictError when the account
// has a password by now or is deactivated.
func (s *Service) InviteAgain(ctx context.Context, a authz.Actor, uid id.User) error {
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockStaff(ctx, tx, uid)
		if err != nil {
			return audit.Event{}, err
		}
		return s.inviteAgain(ctx, tx, a, p)
	})
}

// inviteAgain replaces the link of a locked account that has no password yet.
func (s *Service) inviteAgain(ctx context.Context, tx *pg.Tx, a authz.Actor, p person) (audit.Event, error) {
	if p.Status != Active || p.Password != "" {
		return audit.Event{}, &problem.ConflictError{Key: "staff.conflict.not_invited", Args: []any{"Name", p.name()}}
	}
	recent, err := pg.Value[bool](ctx, tx, `select exists (select 1 from challenges
		where user_id = @user and purpose = 'invite' and consumed_at is null and created_at > @since)`,
		pg.Args{"user": p.ID, "since": tx.Now().Add(-inviteAgainAfter)})
	if err != nil {
		return audit.Event{}, err
	}
	if recent {
		return audit.Event{}, pg.ErrNothing
	}
	if err := challenge.EndAll(ctx, tx, p.ID); err != nil {
		return audit.Event{}, err
	}
	_, err = s.mailInvitation(ctx, tx, a, p)
	return p.event(audit.StaffInvitedAgain, nil), err
}

// SetRoles gives a member of staff other roles (authz.StaffManage), tells them, and
// ends their sessions (security.md SES-5). version is the row version that the form
// showed. Nobody changes their own roles, and the last Partner Admin keeps
// theirs (AUT-6).
//
// Errors: problem.ErrDenied for oneself, problem.ErrNotFound,
// *problem.InvalidError at "roles", problem.ErrConflict.
func (s *Service) SetRoles(ctx context.Context, a authz.Actor, uid id.User, version int, roles []authz.Role) error {
	if uid == a.User {
		return s.db.Deny(ctx, a, authz.StaffManage)
	}
	var f problem.Fields
	if checkRoles(&f, roles); f.Err() != nil {
		return s.db.DeniedFirst(ctx, a, authz.StaffManage, f.Err())
	}
	names := roleNames(roles)
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := s.lockForChange(ctx, tx, uid)
		if err != nil {
			return audit.Event{}, err
		}
		before := roleNames(p.roles())
		if slices.Equal(before, names) {
			return audit.Event{}, pg.ErrNothing
		}
		if !slices.Contains(roles, authz.PartnerAdmin) {
			if err := anotherAdmin(ctx, tx, p); err != nil {
				return audit.Event{}, err
			}
		}
		if err := bump(ctx, tx, p.ID, version, p.Status); err != nil {
			return audit.Event{}, err
		}
		if err := replaceRoles(ctx, tx, p.ID, names, a.User); err != nil {
			return audit.Event{}, err
		}
		event := p.event(audit.StaffRolesChanged, roleChanges(before, names))
		event.Before, event.After = version, version+1
		if err := TellUser(ctx, tx, p.ID, mail.RolesChanged, map[string]string{"Actor": a.Name, "Path": "/account"}); err != nil {
			return audit.Event{}, err
		}
		return event, session.EndAll(ctx, tx, p.ID)
	})
}

// Deactivate closes a staff account (authz.StaffManage): its sessions and links
// end at once, and its owner is told. Nobody closes their own account, and the
// last Partner Admin stays (security.md AUT-6). Permission, errors and version
// are SetRoles'.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, uid id.User, version int) error {
	if uid == a.User {
		return s.db.Deny(ctx, a, authz.StaffManage)
	}
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := s.lockForChange(ctx, tx, uid)
		if err != nil {
			return audit.Event{}, err
		}
		if p.Status == Deactivated {
			return audit.Event{}, pg.ErrNothing
		}
		if err := anotherAdmin(ctx, tx, p); err != nil {
			return audit.Event{}, err
		}
		event, err := s.move(ctx, tx, p, version, Deactivated)
		if err != nil {
			return audit.Event{}, err
		}
		if err := endEverything(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		return event, mail.Enqueue(ctx, tx, mail.Message{
			Kind: mail.AccountDeactivated, To: p.Email, Lang: p.Lang,
			Params: map[string]string{"Name": p.FirstName},
		})
	})
}

// Reactivate opens a staff account again, with the password it had, and tells its
// owner (authz.StaffManage). Permission, errors and version are SetRoles'.
func (s *Service) Reactivate(ctx context.Context, a authz.Actor, uid id.User, version int) error {
	if uid == a.User {
		return s.db.Deny(ctx, a, authz.StaffManage)
	}
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := s.lockForChange(ctx, tx, uid)
		if err != nil {
			return audit.Event{}, err
		}
		if p.Status == Active {
			return audit.Event{}, pg.ErrNothing
		}
		event, err := s.move(ctx, tx, p, version, Active)
		if err != nil {
			return audit.Event{}, err
		}
		return event, TellUser(ctx, tx, p.ID, mail.AccountReactivated, map[string]string{"Path": "/home"})
	})
}

// move changes the status of an account and tells of it.
func (s *Service) move(ctx context.Context, tx *pg.Tx, p person, version int, to Status) (audit.Event, error) {
	if err := Statuses.Check(p.Status, to); err != nil {
		return audit.Event{}, err
	}
	action := map[Status]audit.Action{Active: audit.StaffReactivated, Deactivated: audit.StaffDeactivated, Removed: audit.ColleagueRemoved}[to]
	event := p.event(action, audit.Diff(nil, "status", string(p.Status), string(to)))
	event.Before, event.After = version, version+1
	return event, bump(ctx, tx, p.ID, version, to)
}
