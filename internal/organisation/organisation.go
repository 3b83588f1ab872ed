// Package organisation is about an admitted partner's own affairs: what it says
// of itself and whom to ask, the changes that a Partner Admin decides, and how
// its access ends and comes back. It knows grants and keys as what a
// deactivation pauses, not what they allow, and accounts as who is told.
package organisation

import (
	"context"
	"slices"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
)

// Service keeps what admitted partners say of themselves, and their access.
type Service struct {
	db         *pg.DB
	zone       *time.Location
	challenges *challenge.Engine
	// endSessions ends what a partner's people have open. Tests put a wrong one
	// in its place to see that they notice.
	endSessions func(ctx context.Context, tx *pg.Tx, pid id.Partner) (int, error)
}

// NewService keeps partners in db; challenges proves new addresses. Days are those
// of UTC, see WithZone.
func NewService(db *pg.DB, challenges *challenge.Engine) *Service {
	return &Service{db: db, zone: time.UTC, challenges: challenges, endSessions: session.EndPartner}
}

// WithZone counts days as they begin and end in zone.
func (s *Service) WithZone(zone *time.Location) *Service {
	s.zone = zone
	return s
}

// locked is a partner that nobody else changes until the transaction ends.
type locked struct {
	ID           id.Partner
	PublicID     string
	Type         partner.Type
	Organisation string
	Address      string
	Lang         string
	Status       partner.Status
	Version      int
	UpdatedAt    time.Time
}

// lock makes changes of one partner wait for each other (security.md CON-4).
// problem.ErrNotFound if there is none.
func lock(ctx context.Context, tx *pg.Tx, pid id.Partner) (locked, error) {
	return pg.One[locked](ctx, tx, `select id, public_id, type, organisation, address, lang, status, version, updated_at
		from partners where id = @id for update`, pg.Args{"id": pid})
}

// lockActive is lock for what only an active partner may do.
func lockActive(ctx context.Context, tx *pg.Tx, pid id.Partner) (locked, error) {
	p, err := lock(ctx, tx, pid)
	if err == nil && p.Status != partner.Active {
		err = &problem.ConflictError{Key: "organisation.conflict.deactivated", Args: []any{"Name", p.Organisation}}
	}
	return p, err
}

// event tells of the partner, in its own history.
func (p locked) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: p.ID, Detail: detail,
		Subject: audit.Subject{Kind: audit.Partner, ID: p.ID.String(), Name: p.Organisation},
	}
}

// bump raises the version of a locked partner whose version the form showed.
func (p locked) bump(ctx context.Context, tx *pg.Tx) error {
	return pg.Exec1(ctx, tx, `update partners set version = version + 1, updated_at = @now where id = @id`,
		pg.Args{"id": p.ID, "now": tx.Now()})
}

// masked is a stored e-mail address of which the log tells no more than it must
// (security.md AUD-2): how it begins and where it is.
func masked(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	first := []rune(local)
	return string(first[:min(1, len(first))]) + "…@" + domain
}

// Kind is what somebody is to be asked about.
type Kind string

// Kinds are all of them, in the order in which they are offered. They equal
// partner_contacts_kind_check.
var Kinds = []Kind{"technical", "legal", "security"}

// MaxContacts is how many contacts a partner may name.
const MaxContacts = 10

// Contact is whom to ask, besides the owner.
type Contact struct {
	Kind  Kind
	Name  string // 1 to 128 characters
	Email string
	Phone string // may be ""
}

func (c Contact) blank() bool { return c.Name == "" && c.Email == "" && c.Phone == "" }

// Profile is what an admitted partner says of itself.
type Profile struct {
	partner.Partner
	Contacts []Contact
	Changes  []Change // newest first, at most shownChanges
}

// shownChanges is how many of its former requests a partner's page shows.
const shownChanges = 10

// Open is the change of a field that waits; nil if none does.
func (p Profile) Open(field Field) *Change {
	i := slices.IndexFunc(p.Changes, func(c Change) bool { return c.Field == field && c.Open() })
	if i < 0 {
		return nil
	}
	return &p.Changes[i]
}

// Profile is a partner in scope with its contacts and changes; problem.ErrNotFound
// if there is none or it is somebody else's (security.md AUT-3).
func (s *Service) Profile(ctx context.Context, scope authz.Scope, pid id.Partner) (Profile, error) {
	p, err := partner.NewService(s.db).Partner(ctx, scope, pid)
	if err != nil {
		return Profile{}, err
	}
	out := Profile{Partner: p}
	if out.Contacts, err = contacts(ctx, s.db.Read(), pid); err != nil {
		return Profile{}, err
	}
	// Open ones first: they count, however many were decided since.
	out.Changes, err = pg.All[Change](ctx, s.db.Read(), changeSelect+`
		where c.partner_id = @partner order by c.ended_at is not null, c.requested_at desc, c.id desc limit @most`,
		pg.Args{"partner": pid, "most": shownChanges})
	return out, err
}

func contacts(ctx context.Context, q pg.Querier, pid id.Partner) ([]Contact, error) {
	return pg.All[Contact](ctx, q, `select kind, name, email, phone from partner_contacts where partner_id = @id order by position`, pg.Args{"id": pid})
}
