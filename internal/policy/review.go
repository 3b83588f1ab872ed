package policy

import (
	"context"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/problem"
)

// ReviewAhead is how long before its review date a policy is due, in days.
const ReviewAhead = 60

// Outcome is how a review ended.
type Outcome string

// The outcomes.
const (
	Kept    Outcome = "kept"        // right as it is
	Changed Outcome = "changed"     // another version is in force
	Ended   Outcome = "deactivated" // no longer in force
)

// Outcomes lists all of them.
func Outcomes() []Outcome { return []Outcome{Kept, Changed, Ended} }

// Due is a policy in force whose review date comes near or has passed.
type Due struct {
	ID        id.Policy
	Kind      Kind
	Name      string
	GroupName string
	ReviewOn  time.Time
	InForce   int       // number of the version
	Since     time.Time // when that version came into force
	Partners  int       // how many have a grant that works
	Total     int       // of all that are due
}

// ReviewIs says how a review date stands on a day.
type ReviewIs string

// How a review date stands. On its own day it is not over.
const (
	ReviewLater ReviewIs = ""
	ReviewDue   ReviewIs = "due"
	ReviewOver  ReviewIs = "over"
)

// StandsOf says how a review date stands on a day (Service.Today).
func StandsOf(on, today time.Time) ReviewIs {
	switch {
	case on.After(today.AddDate(0, 0, ReviewAhead)):
		return ReviewLater
	case on.Before(today):
		return ReviewOver
	}
	return ReviewDue
}

// maxDue is how many due policies are listed at once.
const maxDue = 100

// ReviewsDue are the policies in force that somebody should look at, the most
// urgent first, at most 100. For whoever may activate policies.
func (s *Service) ReviewsDue(ctx context.Context) ([]Due, error) {
	l := s.DueListing()
	args := l.Where.Args()
	args["max"] = maxDue
	due, err := pg.All[Due](ctx, s.db.Read(), "select "+l.Columns+" "+l.From+l.Where.SQL()+" order by "+l.Query.OrderBy()+" limit @max", args)
	return due, wrap("reviews due", err)
}

// dueList is the one order of what is due.
var dueList = list.Spec{Sorts: map[string]string{"review_on": "p.review_on"}, Default: "review_on", TieBreak: "p.id"}

// DueListing is the list behind ReviewsDue, to be exported as a whole.
func (s *Service) DueListing() pg.Listing[Due] {
	var w pg.Where
	w.And("p.status = 'active'", "", nil)
	w.And("p.review_on <= @until", "until", s.Today().AddDate(0, 0, ReviewAhead))
	return pg.Listing[Due]{DB: s.db, Query: dueList.Parse(nil), Where: w, Columns: `
		p.id, p.kind, p.name, g.name as group_name, p.review_on, v.number as in_force, o.valid_from as since,
		(select count(*) from policy_requests r where r.policy_id = p.id and ` + partnersUsing.which + `
			and r.ends_on >= @until::date - ` + strconv.Itoa(ReviewAhead) + `) as partners,
		count(*) over () as total`, From: `
		from policies p join policy_groups g on g.id = p.group_id
		join policy_versions v on v.policy_id = p.id and v.status = 'active'
		join policy_periods o on o.policy_id = p.id and o.valid_to is null`}
}

// Review is a second look at a policy that came into force in an emergency.
type Review struct {
	ID           id.PolicyReview
	PolicyID     id.Policy
	Kind         Kind
	PolicyName   string
	PolicyStatus Status
	DecisionID   id.PolicyDecision
	AuthorID     id.User // of the version that was activated
	LastEditorID id.User
	Number       int // of the version that was activated
	InForce      int // number of the version in force now; 0: none
	Reason       string
	DueOn        time.Time
	OpenedBy     id.User
	OpenedByName string
	OpenedAt     time.Time
	ClosedBy     *id.User
	ClosedByName string
	ClosedAt     *time.Time
	Outcome      Outcome
	Note         string
}

// Open reports whether somebody still has to look.
func (r Review) Open() bool { return r.ClosedAt == nil }

// Holds is the outcome that is true of what is in force now: the only one that
// can close the review.
func (r Review) Holds() Outcome {
	switch r.InForce {
	case 0:
		return Ended
	case r.Number:
		return Kept
	}
	return Changed
}

// Own reports whether a person put the version into force, wrote it or edited it
// last, and so cannot be the one who closes the review (security.md AUT-6).
func (r Review) Own(u id.User) bool { return r.OpenedBy == u || r.AuthorID == u || r.LastEditorID == u }

const reviewSQL = `
	select r.id, r.policy_id, p.kind, p.name as policy_name, p.status as policy_status, r.decision_id, v.number,
		r.author_id, r.last_editor_id,
		coalesce(f.number, 0) as in_force, d.reason, r.due_on, r.opened_by, btrim(o.first_name || ' ' || o.last_name) as opened_by_name,
		r.opened_at, r.closed_by, coalesce(btrim(c.first_name || ' ' || c.last_name), '') as closed_by_name, r.closed_at,
		coalesce(r.outcome, '') as outcome, r.note
	from policy_reviews r join policies p on p.id = r.policy_id
	join policy_decisions d on d.id = r.decision_id join policy_versions v on v.id = d.version_id
	left join policy_versions f on f.policy_id = p.id and f.status = 'active'
	join users o on o.id = r.opened_by left join users c on c.id = r.closed_by`

// OpenReviews are the emergency activations that nobody has reviewed yet, the
// oldest first, at most 100. For whoever may activate policies.
func (s *Service) OpenReviews(ctx context.Context) ([]Review, error) {
	open, err := pg.All[Review](ctx, s.db.Read(), reviewSQL+`
		where r.kind = 'emergency' and r.closed_at is null order by r.opened_at, r.id limit @max`, pg.Args{"max": maxDue})
	return open, wrap("open reviews", err)
}

// OpenReviewsOf are those of one policy, the oldest first, at most 100.
func (s *Service) OpenReviewsOf(ctx context.Context, pid id.Policy) ([]Review, error) {
	open, err := pg.All[Review](ctx, s.db.Read(), reviewSQL+`
		where r.policy_id = @policy and r.kind = 'emergency' and r.closed_at is null order by r.opened_at, r.id limit @max`,
		pg.Args{"policy": pid, "max": maxDue})
	return open, wrap("open reviews of a policy", err)
}

// Review is one of them, open or closed; problem.ErrNotFound if there is none.
func (s *Service) Review(ctx context.Context, rid id.PolicyReview) (Review, error) {
	r, err := pg.One[Review](ctx, s.db.Read(), reviewSQL+` where r.kind = 'emergency' and r.id = @id`, pg.Args{"id": rid})
	return r, wrap("review", err)
}

// ReviewCount is what waits for a reviewer.
type ReviewCount struct {
	Due       int // policies whose review date comes near or has passed
	Overdue   int // of them, those where it has passed
	Emergency int // emergency activations that nobody has reviewed
}

// ReviewCount counts as ReviewsDue and OpenReviews list.
func (s *Service) ReviewCount(ctx context.Context) (ReviewCount, error) {
	today := s.Today()
	n, err := pg.One[ReviewCount](ctx, s.db.Read(), `
		select count(*) as due, count(*) filter (where review_on < @today) as overdue,
			(select count(*) from policy_reviews where kind = 'emergency' and closed_at is null) as emergency
		from policies where status = 'active' and review_on <= @until`,
		pg.Args{"today": today, "until": today.AddDate(0, 0, ReviewAhead)})
	return n, wrap("count reviews", err)
}

// CloseReview ends the review of an emergency activation. outcome has to be true
// (field "outcome"): Changed while the version still is in force, or Ended while
// the policy is, is refused. note says why, 1 to MaxReason characters, field
// "note". Permission: authz.PolicyActivate. Whoever activated alone, and whoever
// wrote the version or edited it last, cannot close it: a *FourEyesError,
// recorded as a refusal; the database says so too (security.md AUT-6). A review that is closed already is a problem.ErrConflict.
func (s *Service) CloseReview(ctx context.Context, a authz.Actor, rid id.PolicyReview, outcome Outcome, note string) error {
	var p Policy
	var r Review
	err := s.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		var err error
		if r, err = pg.One[Review](ctx, tx, reviewSQL+` where r.kind = 'emergency' and r.id = @id for update of r`, pg.Args{"id": rid}); err != nil {
			return audit.Event{}, err
		}
		if !r.Open() {
			return audit.Event{}, &problem.ConflictError{Key: "policy_rule.review_closed", Args: []any{"Name", r.ClosedByName}}
		}
		if p, err = pg.One[Policy](ctx, tx, `select `+policyColumns+policyFrom+` where p.id = @id for share of p`, pg.Args{"id": r.PolicyID}); err != nil {
			return audit.Event{}, err
		}
		note, err := r.checkClosing(outcome, note)
		if err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `
			update policy_reviews set closed_by = @by, closed_at = @now, outcome = @outcome, note = @note
			where id = @id and closed_at is null`,
			pg.Args{"id": rid, "by": a.User, "now": tx.Now(), "outcome": outcome, "note": note})
		if err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "outcome", "", string(outcome))
		return p.event(audit.PolicyReviewed, p.Version, audit.Diff(detail, "note", "", note)), r.tellClosed(ctx, tx, a, note)
	})
	if pg.Violates(err, "policy_reviews_second_person_check") {
		event := p.event(audit.PolicyReviewed, p.Version, []audit.Change{{Field: "four_eyes", After: "refused"}})
		if err := s.db.Record(ctx, a, event, audit.Denied); err != nil {
			return err
		}
		return &FourEyesError{Policy: p.ID, Number: r.Number, Written: r.AuthorID == a.User}
	}
	return wrap("close review", err)
}

// checkClosing reads what a person says at the end of a review.
func (r Review) checkClosing(outcome Outcome, note string) (string, error) {
	var f problem.Fields
	switch outcome {
	case r.Holds():
	case Kept:
		f.Add("outcome", "policy_rule.review_not_kept")
	case Changed:
		f.Add("outcome", "policy_rule.review_not_changed")
	case Ended:
		f.Add("outcome", "policy_rule.review_not_ended")
	default:
		f.Add("outcome", "problem.choose")
	}
	note = f.Lines("note", note, MaxReason, true)
	return note, f.Err()
}
