package reminder

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"portal/internal/id"
	"portal/internal/mail"
)

// Kind is what ends (end_notices_kind_check).
type Kind string

// What is announced. The first five belong to a partner, the others to staff.
const (
	Certificate    Kind = "certificate"
	APIKey         Kind = "api_key"
	Grant          Kind = "grant"
	SBI            Kind = "sbi"
	FTMChip        Kind = "ftm_chip" // its certificate in service
	CACertificate  Kind = "ca_certificate"
	ServiceAccount Kind = "service_account"
)

// ladder are the days before an end on which it is announced (domain.md §6).
var ladder = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 30}

// reach is how many days ahead the ladder begins.
var reach = slices.Max(ladder)

const (
	lastDays  = 3  // from here on an announcement is essential
	everyDays = 10 // from here on there is one each day
)

// ending is something that ends.
type ending struct {
	Kind    Kind
	ID      uuid.UUID
	Partner id.Partner // zero: staff's own
	Name    string
	Policy  string // of a key
	On      time.Time
	Since   time.Time // the day from which it has stood so
}

// stepOn is the step of the ladder that today has come to: the nearest one that is
// not over, so that what was missed is announced once and late, never several
// times. ok is false where there is none, and where the thing is younger than its
// step: who has just made it knows when it ends.
func (e ending) stepOn(today time.Time) (step int, ok bool) {
	left := daysBetween(today, e.On)
	if left < 0 || left > reach {
		return 0, false
	}
	at, _ := slices.BinarySearch(ladder, left)
	step = ladder[at]
	return step, e.Since.Before(e.On.AddDate(0, 0, -step))
}

func daysBetween(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// kindOf is the mail that announces a step. Its topic says who can switch it off.
func kindOf(step int) mail.Kind {
	switch {
	case step <= lastDays:
		return mail.EndsLast
	case step <= everyDays:
		return mail.EndsDaily
	}
	return mail.EndsEarly
}
