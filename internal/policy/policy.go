// Package policy is about policy groups and the policies that stand under
// them: who may write which, what waits, what is in force and since when, what
// a decision on it would do, and what a partner may do by it (Decide). It keeps
// every document that was saved as the very bytes that were typed, and asks
// package policydoc what is wrong with them, what they mean and in what they
// differ. Of partners it reads nothing but the names of those that a decision
// touches. It refuses to know that there is a browser.
package policy

import (
	"errors"
	"fmt"
	"time"

	"portal/internal/pg"
)

// The limits of names and descriptions in characters (domain.md §3.4).
const (
	MaxName        = 128
	MaxDescription = 256
)

// Service changes and reads policy groups and policies.
//
// Its locks come in one order, everywhere: group (shared for work on one of its
// policies, exclusive for deactivating it and for deciding what is in force),
// then policy, then what hangs on it. So a group cannot be deactivated while one
// of its policies is put into force (security.md CON-4), and no partner is
// admitted behind the picture of a decision (CON-2).
type Service struct {
	db   *pg.DB
	eyes Eyes
	zone *time.Location // in which days begin and end
}

// NewService makes a service whose days are those of UTC.
func NewService(db *pg.DB, eyes Eyes) *Service { return &Service{db: db, eyes: eyes, zone: time.UTC} }

// WithZone lets days begin and end in a zone.
func (s *Service) WithZone(zone *time.Location) *Service {
	s.zone = zone
	return s
}

// Today is the day that it is in the portal's zone: what every review date is
// held against.
func (s *Service) Today() time.Time { return s.dayOf(s.db.Now()) }

// dayOf is the day of a moment in the portal's zone.
func (s *Service) dayOf(t time.Time) time.Time { return pg.Day(t.In(s.zone)) }

// Eyes says when a version needs a second person to be activated.
func (s *Service) Eyes() Eyes { return s.eyes }

// FourEyes reports whether a version may need a second person to be activated.
func (s *Service) FourEyes() bool { return s.eyes != EyesOff }

// errReplayed ends a change that was made before; what it made then is the answer.
var errReplayed = errors.New("already stored")

// wrap names the work at the border of the package.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
