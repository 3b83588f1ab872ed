package certificate

import (
	"context"
	"strings"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// CountingIs is the one rule of which certificate counts, as SQL over
// partner_certificates c at @now: for Counting, and for a question about a
// partner that has to be answered in one statement with it.
const CountingIs = `c.status = 'accepted' and c.not_before <= @now and c.not_after > @now
	and ` + standing.SoundChain

// CountingFirst puts the one that counts before the others.
const CountingFirst = `c.uploaded_at desc, c.id desc`

// Counting is the certificate that counts for a partner at a moment: the newest
// accepted one that is valid then and whose whole chain is in use and valid.
// problem.ErrNotFound where there is none. Everything that hangs on a
// certificate asks here.
func Counting(ctx context.Context, q pg.Querier, partner id.Partner, at time.Time) (Certificate, error) {
	return pg.One[Certificate](ctx, q, `
		select `+certificateColumns+` from partner_certificates c
		where c.partner_id = @partner and `+CountingIs+` order by `+CountingFirst+` limit 1`, pg.Args{"partner": partner, "now": at})
}

// State is how a certificate stands at a moment. It is never stored: it follows
// from what is, so nothing has to happen when a day comes.
type State string

// The states. Replaced: a newer one counts; where that one is withdrawn, this one
// counts again.
const (
	None      State = "none" // the partner never sent one
	Counts    State = "counts"
	Upcoming  State = "upcoming" // its first day is to come
	Replaced  State = "replaced"
	Orphaned  State = "orphaned" // an authority above it is out of use or expired
	Expired   State = "expired"
	Withdrawn State = "withdrawn"
)

// States are all that a certificate can have, in the order in which they are
// offered.
var States = []State{Counts, Upcoming, Replaced, Orphaned, Expired, Withdrawn}

// newer is CountingIs of another certificate n of the same partner.
var newer = strings.ReplaceAll(CountingIs, "c.", "n.")

// stateIs is the state of partner_certificates c at @now, as SQL.
var stateIs = `case
	when c.status = 'withdrawn' then 'withdrawn'
	when c.not_after <= @now then 'expired'
	when not (` + standing.SoundChain + `) then 'orphaned'
	when c.not_before > @now then 'upcoming'
	when exists (select 1 from partner_certificates n where n.partner_id = c.partner_id
		and (n.uploaded_at, n.id) > (c.uploaded_at, c.id) and ` + newer + `) then 'replaced'
	else 'counts' end`

// StateIs is the state of partner_certificates c at @now, as SQL: for counting in
// one statement with what other areas have.
var StateIs = stateIs

// Held is a certificate with how it stands; State None has no certificate.
type Held struct {
	Certificate
	State State
}

// Standing is how a partner stands with its certificates at a moment: the one
// that counts, else the one that says best why none does – one that will count,
// else the newest. For pages that show it; what hangs on a certificate asks
// Counting.
func Standing(ctx context.Context, q pg.Querier, partner id.Partner, at time.Time) (Held, error) {
	all, err := pg.All[Held](ctx, q, `
		select * from (select `+certificateColumns+`, `+stateIs+` as state from partner_certificates c where c.partner_id = @partner) as held
		order by array_position(array['counts', 'upcoming'], state), uploaded_at desc, id desc limit 1`,
		pg.Args{"partner": partner, "now": at})
	if err != nil || len(all) == 0 {
		return Held{State: None}, err
	}
	return all[0], nil
}
