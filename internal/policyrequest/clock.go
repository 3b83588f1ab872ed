package policyrequest

import (
	"context"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// The honest clock (product.md (c) 6) looks back over clockDays, and says nothing
// of fewer than minDecisions.
const (
	clockDays    = 90
	minDecisions = 10
)

// Clock tells how long decisions take in a policy group, by the time that requests
// waited for an admin alone, and where one of them stands.
type Clock struct {
	Decided int           // final decisions of the last 90 days
	Median  time.Duration // half of them were faster; 0 if there are too few to say
	Slow    time.Duration // one in ten took longer
	Waited  time.Duration // how long this request has waited for an admin so far
	Place   int           // in the queue of all that wait; 0 if it does not wait
}

// Known reports whether there are enough decisions to say how long one takes.
func (c Clock) Known() bool { return c.Decided >= minDecisions }

// Clock reads it for a request.
func (s *Service) Clock(ctx context.Context, r Request) (Clock, error) {
	now := s.db.Now()
	c, err := s.pace(ctx, r.GroupID, now)
	if err != nil {
		return Clock{}, err
	}
	waited, err := pg.Value[float64](ctx, s.db.Read(), `
		select coalesce(sum(extract(epoch from coalesce(d.decided_at, @until) - s.submitted_at)), 0)::float8
		from policy_request_submissions s
		left join policy_request_reviews d on d.request_id = s.request_id and d.submission = s.number
		where s.request_id = @id`, pg.Args{"id": r.ID, "until": r.until(now)})
	if err != nil {
		return Clock{}, err
	}
	c.Waited = seconds(waited)
	if r.Status != PendingApproval {
		return c, nil
	}
	c.Place, err = pg.Value[int](ctx, s.db.Read(), `
		select count(*) from policy_requests where status = 'pending_approval' and (submitted_at, id) <= (@at, @id)`,
		pg.Args{"at": r.SubmittedAt, "id": r.ID})
	return c, err
}

// until is when a submission without a decision stopped waiting: now, unless the
// partner took the request back.
func (r Request) until(now time.Time) time.Time {
	if r.Status == Withdrawn && r.EndedAt != nil {
		return *r.EndedAt
	}
	return now
}

// pace is how long final decisions took in a group.
func (s *Service) pace(ctx context.Context, gid id.PolicyGroup, now time.Time) (Clock, error) {
	p, err := pg.One[struct {
		Decided      int
		Median, Slow float64
	}](ctx, s.db.Read(), `
		with final as (
			select d.request_id from policy_request_reviews d
			join policy_requests r on r.id = d.request_id join policies p on p.id = r.policy_id
			where p.group_id = @group and d.decision in ('approved', 'rejected') and d.decided_at > @since),
		took as (
			select d.request_id, sum(extract(epoch from d.decided_at - s.submitted_at))::float8 as seconds
			from policy_request_reviews d join policy_request_submissions s on s.request_id = d.request_id and s.number = d.submission
			where d.request_id in (select request_id from final) group by d.request_id)
		select count(*) as decided, coalesce(percentile_cont(0.5) within group (order by seconds), 0) as median,
			coalesce(percentile_cont(0.9) within group (order by seconds), 0) as slow from took`,
		pg.Args{"group": gid, "since": now.AddDate(0, 0, -clockDays)})
	c := Clock{Decided: p.Decided}
	if c.Known() {
		c.Median, c.Slow = seconds(p.Median), seconds(p.Slow)
	}
	return c, err
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// minComparable is how many partners there must be before anything is told of
// them: fewer would tell of one competitor (product.md (c) 5).
const minComparable = 5

// Comparable is how many partners of the same type and policy group have what a
// request asks for. Without enough of them it is empty.
type Comparable struct {
	Partners   int // that have a grant; 0 if they are too few to say
	Attributes []Shared
}

// Shared is an attribute that a request asks for, with how many comparable
// partners receive it.
type Shared struct {
	Attribute string // by the vocabulary's name, if it has one
	Partners  int
	Special   bool
}

// comparable counts over the grants that hand out something, other than the
// partner's own.
func comparable(ctx context.Context, q pg.Querier, st Standing, today time.Time) (Comparable, error) {
	return comparableTo(ctx, q, st.Words, Offer{ID: st.PolicyID, Kind: st.Kind, Document: st.Document}, st.PartnerID, today)
}

// Comparable is what other partners have of what an offer hands out.
func (s *Service) Comparable(ctx context.Context, words *policydoc.Vocabulary, o Offer, partner id.Partner) (Comparable, error) {
	return comparableTo(ctx, s.db.Read(), words, o, partner, s.Today())
}

func comparableTo(ctx context.Context, q pg.Querier, words *policydoc.Vocabulary, o Offer, partner id.Partner, today time.Time) (Comparable, error) {
	rows, err := pg.All[struct {
		Document string
		Partners []string
	}](ctx, q, `
		select v.document, array_agg(distinct r.partner_id::text) as partners
		from policy_requests r
		join policies p on p.id = r.policy_id and p.status = 'active' and p.kind = @kind
		join policy_versions v on v.policy_id = p.id and v.status = 'active'
		join partners t on t.id = r.partner_id and t.status = 'active'
		join partners me on me.id = @partner and me.policy_group_id = t.policy_group_id and me.type = t.type
		where r.status = 'approved' and r.paused_at is null and r.ends_on >= @today and r.partner_id <> @partner
		group by v.id`, pg.Args{"kind": o.Kind, "partner": partner, "today": today})
	if err != nil {
		return Comparable{}, err
	}
	everybody, has := map[string]bool{}, map[string]map[string]bool{}
	for _, row := range rows {
		names := handsOut(words, o.Kind, row.Document)
		for _, who := range row.Partners {
			everybody[who] = true
			for _, name := range names {
				if has[name] == nil {
					has[name] = map[string]bool{}
				}
				has[name][who] = true
			}
		}
	}
	if len(everybody) < minComparable {
		return Comparable{}, nil
	}
	c := Comparable{Partners: len(everybody)}
	for _, name := range handsOut(words, o.Kind, o.Document) {
		c.Attributes = append(c.Attributes, Shared{Attribute: name, Partners: len(has[name]), Special: words.Special(policydoc.Attributes, name)})
	}
	return c, nil
}
