// Package account is about people who can sign in: how they prove who they
// are, what they may change about themselves, and how staff come and go. It
// knows no cookie and no page, and of partners only the organisation's name.
package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/code"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/session"
	"portal/internal/state"
)

// Status is whether an account may be used.
type Status string

// The states. Invited is not one of the database: it is an active account that
// has no password yet.
const (
	Active      Status = "active"
	Deactivated Status = "deactivated"
	Invited     Status = "invited"
	Removed     Status = "removed" // from a partner's people, for good
)

// Statuses are the allowed moves of the stored states.
var Statuses = state.New(map[Status][]Status{Active: {Deactivated, Removed}, Deactivated: {Active}, Removed: {}})

// The limits of what people say about themselves, in characters.
const (
	MaxName  = 64
	MaxPhone = 16
)

var (
	// ErrWrong means: this e-mail address and password do not belong together.
	// It is the one answer for a wrong password, an unknown address, and an
	// account that is deactivated or has no password yet (security.md LGN-1).
	ErrWrong = errors.New("e-mail address or password wrong")
	// ErrDisabled means: after too many failures the password does not count
	// any more; only a reset by mail helps (security.md LGN-2). Addresses
	// without an account come to it in the same way.
	ErrDisabled = errors.New("the password is disabled until it is reset")
	// ErrAdminExists means: the portal has a Partner Admin, who invites others;
	// the command line makes no more (security.md AUT-7).
	ErrAdminExists = errors.New("there is a Partner Admin already, who can invite others at /staff")
)

// Service signs people in, and keeps their passwords, profiles and roles.
type Service struct {
	db         *pg.DB
	keys       secret.Keys
	hasher     *password.Hasher
	challenges *challenge.Engine
	codes      code.Codes
	// verify compares a password with a stored hash; "" costs the same and fits
	// nothing. Tests count its calls.
	verify func(ctx context.Context, typed, stored string) (bool, error)
	// serialise makes changes of who is a Partner Admin wait for each other.
	// Tests leave it out to see that they notice.
	serialise func(ctx context.Context, tx *pg.Tx) error

	factorRequired bool   // of staff
	issuer         string // the portal's name in authenticator apps
}

// NewService keeps accounts in db. Passwords are hashed by hasher, and
// challenges mails the links that set them.
func NewService(db *pg.DB, keys secret.Keys, hasher *password.Hasher, challenges *challenge.Engine) *Service {
	s := &Service{db: db, keys: keys, hasher: hasher, challenges: challenges, codes: code.New(keys), serialise: lockAdmins, issuer: "Partner Portal"}
	s.verify = s.compare
	return s
}

// compare is password.Hasher.Verify, for accounts without a password too. A
// hash that cannot be read fits nothing; what is wrong with it is not the
// visitor's business.
func (s *Service) compare(ctx context.Context, typed, stored string) (bool, error) {
	if stored == "" {
		return false, s.hasher.VerifyDummy(ctx, typed)
	}
	ok, err := s.hasher.Verify(ctx, typed, stored)
	var busy *problem.BusyError
	if err != nil && ctx.Err() == nil && !errors.As(err, &busy) {
		return false, nil
	}
	return ok, err
}

// person is an account as it is stored, with what its partner adds to it.
type person struct {
	ID           id.User
	Email        string
	FirstName    string
	LastName     string
	Phone        string
	Lang         string
	Password     string // "" until the invitation is taken up
	Status       Status
	AuthEpoch    int
	Version      int
	LastSignInAt *time.Time
	CreatedAt    time.Time
	Roles        []string
	PartnerID    id.Partner
	Owner        bool
	Organisation string
	PartnerState string // of the partner; "" for staff
	PublicID     string
	Shortcuts    bool
}

const (
	personColumns = `u.id, u.shortcuts, u.email, u.first_name, u.last_name, u.phone, u.lang, coalesce(u.password, '') as password,
		u.status, u.auth_epoch, u.version, u.last_sign_in_at, u.created_at, u.partner_id, u.owner,
		coalesce(p.organisation, '') as organisation, coalesce(p.public_id, '') as public_id, coalesce(p.status, '') as partner_state,
		` + session.Roles + ` as roles`
	personFrom = ` from users u left join partners p on p.id = u.partner_id`
)

// byID reads an account; problem.ErrNotFound if there is none.
func byID(ctx context.Context, q pg.Querier, uid id.User) (person, error) {
	return pg.One[person](ctx, q, `select `+personColumns+personFrom+` where u.id = @id`, pg.Args{"id": uid})
}

// lockByID is byID for a change: nobody else changes the account until the
// transaction ends.
func lockByID(ctx context.Context, tx *pg.Tx, uid id.User) (person, error) {
	return pg.One[person](ctx, tx, `select `+personColumns+personFrom+` where u.id = @id for update of u`, pg.Args{"id": uid})
}

// byAddress finds the account of a typed address; problem.ErrNotFound also for
// what is no address at all.
func byAddress(ctx context.Context, q pg.Querier, typed string) (person, error) {
	a, err := email.Parse(strings.TrimSpace(typed))
	if err != nil {
		return person{}, problem.ErrNotFound
	}
	return pg.One[person](ctx, q, `select `+personColumns+personFrom+` where u.email_key = @key`, pg.Args{"key": a.Canonical()})
}

func (p person) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// keptOut reports whether somebody was invited by a partner that is deactivated:
// they have not come yet, and cannot until it is active again.
func (p person) keptOut() bool { return p.Password == "" && p.PartnerState == "deactivated" }

func (p person) staff() bool { return id.IsZero(p.PartnerID) }

func (p person) roles() []authz.Role {
	roles := make([]authz.Role, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = authz.Role(r)
	}
	return roles
}

func (p person) actor() authz.Actor {
	return authz.Actor{User: p.ID, Name: p.name(), Email: p.Email, Lang: p.Lang, Roles: p.roles(), Partner: p.PartnerID}
}

func (p person) subject() audit.Subject {
	return audit.Subject{Kind: audit.User, ID: p.ID.String(), Name: p.name()}
}

// event tells of this account; in its partner's trail too.
func (p person) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{Action: action, Subject: p.subject(), Partner: p.PartnerID, Detail: detail}
}

// address is where mails to this person go: the stored address (REG-3).
func (p person) address() (email.Address, error) { return email.Parse(p.Email) }

// checkPassword says at the field called name why a password is refused
// (security.md PWD-1, PWD-2).
func (p person) checkPassword(name, typed string) error {
	if typed == "" {
		return problem.Invalid(name, "problem.required")
	}
	var weak *password.WeakError
	if err := password.Check(typed, p.Email, p.FirstName, p.LastName, p.Organisation, p.PublicID); errors.As(err, &weak) {
		return problem.Invalid(name, weak.Key, weak.Args...)
	}
	return nil
}

func roleNames(roles []authz.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
