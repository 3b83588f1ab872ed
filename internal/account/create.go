package account

import (
	"context"
	"errors"
	"slices"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// FirstInput is what the command line knows of a person.
type FirstInput struct {
	Email     string
	FirstName string
	LastName  string // may be ""
	Lang      string
	Role      authz.Role
}

// CreateFirst makes a staff account from the command line and returns the token
// of its one-time link, which the command prints; the same link is mailed. The
// permission is being on the server: the actor is the portal itself.
//
// While nobody can act as a Partner Admin it makes any staff account. From then
// on it refuses with ErrAdminExists (security.md AUT-7), but for an address that
// was invited and has no password yet: that one gets a fresh link with the role
// it has, in case the mail was lost. An address that has an account already is a
// *problem.InvalidError at "email".
func (s *Service) CreateFirst(ctx context.Context, first FirstInput) (token string, err error) {
	in := StaffInput{
		ID: id.New[id.User](), Email: first.Email, FirstName: first.FirstName, LastName: first.LastName, Lang: first.Lang,
		Roles: []authz.Role{first.Role},
	}
	address, err := in.check(false)
	if err != nil {
		return "", err
	}
	system := authz.SystemActor()
	err = s.db.Change(ctx, system, authz.SystemWork, func(tx *pg.Tx) (audit.Event, error) {
		if err := s.serialise(ctx, tx); err != nil {
			return audit.Event{}, err
		}
		p, action, err := s.firstPerson(ctx, tx, in, address)
		if err != nil {
			return audit.Event{}, err
		}
		cid, err := s.mailInvitation(ctx, tx, system, p)
		token = s.codes.LinkToken(string(challenge.Invite), cid.UUID, 1)
		return p.event(action, roleChanges(nil, []string{string(first.Role)})), err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// firstPerson is the account that a link is made for: a new one, or one that
// never had a password.
func (s *Service) firstPerson(ctx context.Context, tx *pg.Tx, in StaffInput, address email.Address) (person, audit.Action, error) {
	refused, err := adminExists(ctx, tx, id.User{})
	if err != nil {
		return person{}, "", err
	}
	p, err := byAddress(ctx, tx, in.Email)
	switch {
	case errors.Is(err, problem.ErrNotFound) && !refused:
		p, err = insertStaff(ctx, tx, in, address, "", id.User{})
		return p, audit.StaffInvited, err
	case errors.Is(err, problem.ErrNotFound):
		return person{}, "", ErrAdminExists
	case err != nil:
		return person{}, "", err
	case !p.staff() || p.Status != Active || p.Password != "":
		if refused {
			return person{}, "", ErrAdminExists
		}
		return person{}, "", problem.Invalid("email", "staff.problem.email_taken")
	case refused && !slices.Contains(p.roles(), in.Roles[0]):
		return person{}, "", ErrAdminExists
	}
	if !refused {
		names := roleNames(append(p.roles(), in.Roles...))
		if err := replaceRoles(ctx, tx, p.ID, names, id.User{}); err != nil {
			return person{}, "", err
		}
	}
	return p, audit.StaffInvitedAgain, challenge.EndAll(ctx, tx, p.ID)
}

// CreateWithPassword makes a staff account that can be used at once. It is for
// portal dev and tests only: everybody else sets their own password by a link
// (security.md PWD-6). A zero in.ID is replaced. The password is not checked.
func (s *Service) CreateWithPassword(ctx context.Context, in StaffInput, password string) (authz.Actor, error) {
	if id.IsZero(in.ID) {
		in.ID = id.New[id.User]()
	}
	address, err := in.check(false)
	if err != nil {
		return authz.Actor{}, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return authz.Actor{}, err
	}
	var p person
	err = s.db.Change(ctx, authz.SystemActor(), authz.SystemWork, func(tx *pg.Tx) (audit.Event, error) {
		var err error
		p, err = insertStaff(ctx, tx, in, address, hash, id.User{})
		return p.event(audit.StaffInvited, roleChanges(nil, p.Roles)), err
	})
	return p.actor(), err
}
