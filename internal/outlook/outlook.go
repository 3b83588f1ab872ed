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
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/standing"
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

	// Of what providers send, at most Bound+1 each, and since when the oldest waits.
	SBIs                  int
	SBIsSince             *time.Time
	Devices               int
	DevicesSince          *time.Time
	Chips                 int
	ChipsSince            *time.Time
	ChipCertificates      int // new ones, of approved chips
	ChipCertificatesSince *time.Time
}

// Ending is what ends within Days, and works now.
type Ending struct {
	CAs          int
	Certificates int // that count
	Grants       int
	Keys         int
	SBIsEnding   int // at most Bound+1, as the next one
	ChipsEnding  int // approved chips whose certificate ends
}

// Staff is the outlook of a Partner Admin; the numbers are those of the lists that
// the home page leads to.
type Staff struct {
	Waiting
	Ending
}

// Staff counts for somebody who decides, in one statement.
func (s *Service) Staff(ctx context.Context, a authz.Actor) (Staff, error) {
	args := s.at()
	args["me"], args["bound"] = a.User, Bound+1
	return pg.One[Staff](ctx, s.db.Read(), staffSQL, args)
}

// What may be many is counted up to Bound by the indexes of the queues, so that
// the home page costs the same with 200,000 devices.
var staffSQL = `select
	(select count(*) from policy_requests where status = 'pending_approval')::int as requests,
	(select count(*) from policy_request_extensions where decision is null)::int as extensions,
	(select count(*) from ca_certificates where status = 'waiting' and kind = 'root' and proposed_by <> @me)::int as roots,
	(select count(*) from partner_changes where status = 'pending_approval')::int as changes,
	` + queue("sbis", "sbis") + `,
	` + queue("devices", "devices") + `,
	` + queue("ftm_chips", "chips") + `,
	` + bounded(renewals) + ` as chip_certificates,
	(select c.uploaded_at from ` + renewals + ` order by c.uploaded_at limit 1) as chip_certificates_since,
	(select count(*) from ca_certificates where status = 'in_use' and not_after > @now and not_after <= @soon)::int as cas,
	(select count(*) from partner_certificates c where c.status = 'accepted' and c.not_after > @now and c.not_after <= @soon
		and (` + certificate.StateIs + `) = 'counts')::int as certificates,
	(select count(*) from policy_requests where status = 'approved' and ends_on between @today and @last)::int as grants,
	(select count(*) from api_keys where status = 'active' and ends_on between @today and @last)::int as keys,
	` + bounded(`sbis s join partners p on p.id = s.partner_id where `+standing.SBICounts+` and s.expires_on <= @last`) + ` as sbis_ending,
	` + bounded(`ftm_chip_certificates c join ftm_chips f on f.id = c.chip_id join partners p on p.id = f.partner_id
		where `+standing.FTMChipCounts+` and c.not_after <= @soon`) + ` as chips_ending`

// queue counts what waits in a table, and says since when the oldest does.
func queue(table, name string) string {
	waits := table + ` where status = 'pending_approval'`
	return bounded(waits) + ` as ` + name + `,
	(select submitted_at from ` + waits + ` order by submitted_at limit 1) as ` + name + `_since`
}

// renewals are the new certificates of approved chips that wait.
const renewals = `ftm_chip_certificates c join ftm_chips h on h.id = c.chip_id and h.status = 'approved' where c.status = 'waiting'`

// Own is the outlook of a partner: how far it has come, and what ends. Which half
// of it is filled follows from the partner's type.
type Own struct {
	Policies
	Supply
	Certificate certificate.Held
}

// Policies is how a partner stands with its policies and keys.
type Policies struct {
	Pending      int        // requests that wait for an admin
	PendingSince *time.Time // the oldest of them
	Returned     int        // requests that wait for the partner
	Granted      int        // grants that have not ended
	Keys         int        // keys that have not ended
	GrantsEnding int
	KeysEnding   int
}

// Own counts for one partner of a type, in two statements.
func (s *Service) Own(ctx context.Context, pid id.Partner, kind authz.Role) (o Own, err error) {
	if o.Certificate, err = certificate.Standing(ctx, s.db.Read(), pid, s.db.Now()); err != nil {
		return o, err
	}
	if partner.UsesPolicies(kind) {
		o.Policies, err = s.policies(ctx, pid)
	} else {
		o.Supply, err = s.Supply(ctx, pid, kind)
	}
	return o, err
}

func (s *Service) policies(ctx context.Context, pid id.Partner) (Policies, error) {
	args := s.at()
	delete(args, "soon")
	delete(args, "now")
	args["partner"] = pid
	return pg.One[Policies](ctx, s.db.Read(), `select
		count(*) filter (where status = 'pending_approval')::int as pending,
		min(submitted_at) filter (where status = 'pending_approval') as pending_since,
		count(*) filter (where status = 'changes_requested')::int as returned,
		count(*) filter (where status = 'approved' and ends_on >= @today)::int as granted,
		count(*) filter (where status = 'approved' and ends_on between @today and @last)::int as grants_ending,
		(select count(*) from api_keys where partner_id = @partner and status = 'active' and ends_on >= @today)::int as keys,
		(select count(*) from api_keys where partner_id = @partner and status = 'active' and ends_on between @today and @last)::int as keys_ending
		from policy_requests where partner_id = @partner`, args)
}
