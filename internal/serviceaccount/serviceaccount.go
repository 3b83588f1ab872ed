// Package serviceaccount is about other systems that ask the portal's API: who
// made their access, with which rights, until when, and whether a token that
// they bring is good. It knows tokens by package keysecret, and nothing of what
// is asked with them.
package serviceaccount

import (
	"context"
	"errors"
	"slices"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/secret"
	"portal/internal/state"
)

// The limits of a service account, in characters and days. They equal the
// constraints of the table.
const (
	MaxName        = 64
	MaxDescription = 256
	MaxDays        = 365
)

// Rights are what one may be given: no more than the role holds.
var Rights = authz.Matrix[authz.ServiceAccount]

// Status is what somebody decided on an account.
type Status string

// The states of an account. Deactivating one is final.
const (
	Active      Status = "active"
	Deactivated Status = "deactivated"
)

// Statuses are the allowed moves.
var Statuses = state.New(map[Status][]Status{Active: {Deactivated}, Deactivated: {}})

// Account is another system's access, without anything that proves it
// (security.md AUT-8).
type Account struct {
	ID            id.ServiceAccount
	Name          string
	Description   string
	Rights        []string
	Status        Status
	EndsOn        time.Time // its last day
	Ended         bool      // that day is over
	CreatedBy     id.User
	CreatedByName string
	CreatedAt     time.Time
	DeactivatedAt *time.Time
	SecretID      string // public part of its newest secret
	Last4         string
	LastUsedAt    *time.Time // of any of its secrets
	Version       int
	UpdatedAt     time.Time
}

const accountColumns = `a.id, a.name, a.description, a.rights, a.status, a.ends_on, a.ends_on < d.today as ended, a.created_by,
	(select trim(u.first_name || ' ' || u.last_name) from users u where u.id = a.created_by) as created_by_name, a.created_at, a.deactivated_at,
	coalesce((select s.id from key_secrets s where s.service_account_id = a.id and s.ends_at is null), '') as secret_id,
	coalesce((select s.last4 from key_secrets s where s.service_account_id = a.id and s.ends_at is null), '') as last4,
	(select max(s.last_used_at) from key_secrets s where s.service_account_id = a.id) as last_used_at, a.version, a.updated_at`

// accountFrom brings @today along, for lists as well as for one account.
const accountFrom = ` from service_accounts a cross join (select @today::date as today) d`

// Prefix is how its tokens begin: what it is recognised by.
func (a Account) Prefix() string { return keysecret.Prefix(keysecret.Service, a.SecretID) }

// Works reports whether its tokens are taken.
func (a Account) Works() bool { return a.Status == Active && !a.Ended }

// Holds reports whether it was given a right.
func (a Account) Holds(p authz.Permission) bool { return slices.Contains(a.Rights, string(p)) }

// Shown is what a list says of an account.
func (a Account) Shown() string {
	switch {
	case a.Status == Deactivated:
		return "deactivated"
	case a.Ended:
		return "ended"
	}
	return "works"
}

// Shown are the answers of Account.Shown, as a filter offers them.
var Shown = []string{"works", "ended", "deactivated"}

// Service makes, ends and recognises service accounts.
type Service struct {
	db   *pg.DB
	keys secret.Keys
	zone *time.Location // in which days begin and end
}

// NewService makes a service whose days are those of UTC.
func NewService(db *pg.DB, keys secret.Keys) *Service {
	return &Service{db: db, keys: keys, zone: time.UTC}
}

// WithZone lets days begin and end in a zone.
func (s *Service) WithZone(zone *time.Location) *Service {
	s.zone = zone
	return s
}

// Today is the day that it is in the portal's zone, as the database keeps days.
func (s *Service) Today() time.Time { return pg.Day(s.db.Now().In(s.zone)) }

// ErrShown means: the same form was sent before, and the answer to it showed the
// token. It is not shown again (security.md KEY-1).
var ErrShown = errors.New("the token was shown already")

// List is how the accounts can be sorted and filtered.
var List = list.Spec{
	Sorts: map[string]string{
		"name": "lower(a.name)", "ends": "a.ends_on", "created": "a.created_at",
	},
	Default: "name", Filters: []string{"q", "name", "status"}, TieBreak: "a.id",
}

// Accounts is one page of the service accounts (authz.ServiceManage).
func (s *Service) Accounts(ctx context.Context, q list.Query) (list.Page[Account], error) {
	return s.Listing(q).Page(ctx)
}

// Listing is the list behind Accounts, to be exported as a whole.
func (s *Service) Listing(q list.Query) pg.Listing[Account] {
	var w pg.Where
	w.Let("today", s.Today())
	if f := q.Filter("q"); f != "" {
		w.And("(a.name ilike @search or a.description ilike @search)", "search", list.Contains(f))
	}
	if f := q.Filter("name"); f != "" {
		w.And("a.name ilike @name", "name", list.Contains(f))
	}
	switch q.Filter("status") {
	case "works":
		w.And("a.status = 'active' and a.ends_on >= d.today", "", nil)
	case "ended":
		w.And("a.status = 'active' and a.ends_on < d.today", "", nil)
	case "deactivated":
		w.And("a.status = 'deactivated'", "", nil)
	}
	return pg.Listing[Account]{DB: s.db, Query: q, Columns: accountColumns, From: accountFrom, Where: w}
}

// Full is an account with its secrets, newest first.
type Full struct {
	Account
	Secrets []keysecret.Secret
}

// Account is one account (authz.ServiceManage); problem.ErrNotFound if there is
// none.
func (s *Service) Account(ctx context.Context, said id.ServiceAccount) (Full, error) {
	a, err := s.byID(ctx, s.db.Read(), said)
	if err != nil {
		return Full{}, err
	}
	secrets, err := keysecret.Of(ctx, s.db.Read(), keysecret.OfService(said))
	return Full{Account: a, Secrets: secrets}, err
}

func (s *Service) byID(ctx context.Context, q pg.Querier, said id.ServiceAccount) (Account, error) {
	return pg.One[Account](ctx, q, `select `+accountColumns+accountFrom+` where a.id = @id`,
		pg.Args{"id": said, "today": s.Today()})
}

// forUpdate is byID for a change: nobody else changes the account until the
// transaction ends.
func (s *Service) forUpdate(ctx context.Context, tx *pg.Tx, said id.ServiceAccount) (Account, error) {
	return pg.One[Account](ctx, tx, `select `+accountColumns+accountFrom+` where a.id = @id for update of a`,
		pg.Args{"id": said, "today": s.Today()})
}

func (a Account) event(action audit.Action, before int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Before: before, After: a.Version, Detail: detail,
		Subject: audit.Subject{Kind: audit.Service, ID: a.ID.String(), Name: a.Name},
	}
}

func (a Account) mailParams(by authz.Actor) map[string]string {
	return map[string]string{"Service": a.Name, "Actor": by.Name, "Path": "/service-accounts/" + a.ID.String()}
}
