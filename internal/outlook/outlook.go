// Package outlook counts what waits for somebody and what ends soon, over all areas
// at once, for the home pages. It reads the tables of other areas, by their own
// rules where those are more than a column, so that a page costs one statement
// instead of one for each area; it changes nothing and decides nothing.
package outlook

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
)

// Days is how far "soon" reaches: the first step of the reminders' ladder.
const Days = 30

// Service counts.
type Service struct {
	db   *pg.DB
	zone *time.Location
}

// NewService counts in db. Days begin and end in zone.
func NewService(db *pg.DB, zone *time.Location) *Service { return &Service{db: db, zone: zone} }

// at are the moments that the questions are about.
func (s *Service) at() pg.Args {
	now := s.db.Now()
	today := pg.Day(now.In(s.zone))
	return pg.Args{"now": now, "soon": now.AddDate(0, 0, Days), "today": today, "last": today.AddDate(0, 0, Days)}
}

// Waiting is what a Partner Admin has to decide or to look at.
type Waiting struct {
	Requests   int // for policies
	Extensions int // questions for a later last day
	Roots      int // root certificates that somebody else proposed
	Changes    int // of an organisation's name or address
}

// Ending is what ends within Days, and works now.
type Ending struct {
	CAs          int
	Certificates int // that count
	Grants       int
	Keys         int
}

// Any reports whether anything ends.
func (e Ending) Any() bool { return e.CAs+e.Certificates+e.Grants+e.Keys > 0 }

// Any reports whether anything waits.
func (w Waiting) Any() bool { return w.Requests+w.Extensions+w.Roots+w.Changes > 0 }

// Staff is the outlook of a Partner Admin; the numbers are those of the lists that
// the home page leads to.
type Staff struct {
	Waiting
	Ending
}

// Staff counts for somebody who decides, in one statement.
func (s *Service) Staff(ctx context.Context, a authz.Actor) (Staff, error) {
	args := s.at()
	args["me"] = a.User
	return pg.One[Staff](ctx, s.db.Read(), `select
		(select count(*) from policy_requests where status = 'pending_approval')::int as requests,
		(select count(*) from policy_request_extensions where decision is null)::int as extensions,
		(select count(*) from ca_certificates where status = 'waiting' and kind = 'root' and proposed_by <> @me)::int as roots,
		(select count(*) from partner_changes where status = 'pending_approval')::int as changes,
		(select count(*) from ca_certificates where status = 'in_use' and not_after > @now and not_after <= @soon)::int as cas,
		(select count(*) from partner_certificates c where c.status = 'accepted' and c.not_after > @now and c.not_after <= @soon
			and (`+certificate.StateIs+`) = 'counts')::int as certificates,
		(select count(*) from policy_requests where status = 'approved' and ends_on between @today and @last)::int as grants,
		(select count(*) from api_keys where status = 'active' and ends_on between @today and @last)::int as keys`, args)
}

// Own is the outlook of a partner: how far it has come, and what ends.
type Own struct {
	Pending      int        // requests that wait for an admin
	PendingSince *time.Time // the oldest of them
	Returned     int        // requests that wait for the partner
	Granted      int        // grants that have not ended
	Keys         int        // keys that have not ended
	GrantsEnding int
	KeysEnding   int
	Certificate  certificate.Held `db:"-"`
}

// Own counts for one partner, in two statements.
func (s *Service) Own(ctx context.Context, pid id.Partner) (Own, error) {
	args := s.at()
	delete(args, "soon")
	delete(args, "now")
	args["partner"] = pid
	o, err := pg.One[Own](ctx, s.db.Read(), `select
		count(*) filter (where status = 'pending_approval')::int as pending,
		min(submitted_at) filter (where status = 'pending_approval') as pending_since,
		count(*) filter (where status = 'changes_requested')::int as returned,
		count(*) filter (where status = 'approved' and ends_on >= @today)::int as granted,
		count(*) filter (where status = 'approved' and ends_on between @today and @last)::int as grants_ending,
		(select count(*) from api_keys where partner_id = @partner and status = 'active' and ends_on >= @today)::int as keys,
		(select count(*) from api_keys where partner_id = @partner and status = 'active' and ends_on between @today and @last)::int as keys_ending
		from policy_requests where partner_id = @partner`, args)
	if err != nil {
		return o, err
	}
	o.Certificate, err = certificate.Standing(ctx, s.db.Read(), pid, s.db.Now())
	return o, err
}
