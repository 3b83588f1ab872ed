package policy_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
)

// dueIn is a policy in force whose review date lies so many days ahead.
func (o *office) dueIn(name string, days int) policy.Full {
	o.t.Helper()
	in := o.input(name)
	in.ReviewOn = o.db.Now().AddDate(0, 0, days)
	p := o.create(in)
	o.must(o.activate(o.max, p.ID, p.Version))
	return o.full(p.ID)
}

func dueNames(due []policy.Due) string {
	var out []string
	for _, d := range due {
		out = append(out, d.Name)
	}
	return strings.Join(out, " ")
}

func TestPoliciesComeDue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.dueIn("Soon", 10)
	o.dueIn("Edge", policy.ReviewAhead)
	o.dueIn("Later", policy.ReviewAhead+1)
	o.written("Unused")
	gone := o.dueIn("Gone", 5)
	o.must(o.deactivate(o.max, gone.ID, gone.Version))
	due, err := o.ReviewsDue(t.Context())
	o.must(err)
	if dueNames(due) != "Soon Edge" || due[0].Total != 2 || due[0].InForce != 1 || policy.StandsOf(due[0].ReviewOn, o.Today()) != policy.ReviewDue {
		t.Errorf("%+v", due)
	}
	o.clock.Advance(11 * 24 * time.Hour)
	due, err = o.ReviewsDue(t.Context())
	o.must(err)
	n, err := o.ReviewCount(t.Context())
	o.must(err)
	if dueNames(due) != "Soon Edge Later" || policy.StandsOf(due[0].ReviewOn, o.Today()) != policy.ReviewOver || policy.StandsOf(due[1].ReviewOn, o.Today()) != policy.ReviewDue || n != (policy.ReviewCount{Due: 3, Overdue: 1}) {
		t.Errorf("%+v %+v", due, n)
	}
}

func TestKeepPolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.dueIn("Kept", 10)
	ctx := t.Context()
	for name, err := range map[string]error{
		"the past":    o.KeepPolicy(ctx, o.max, p.ID, p.Version, o.db.Now(), ""),
		"still due":   o.KeepPolicy(ctx, o.max, p.ID, p.Version, o.db.Now().AddDate(0, 0, policy.ReviewAhead), ""),
		"six years":   o.KeepPolicy(ctx, o.max, p.ID, p.Version, o.db.Now().AddDate(6, 0, 0), ""),
		"a long note": o.KeepPolicy(ctx, o.max, p.ID, p.Version, time.Time{}, strings.Repeat("x", policy.MaxReason+1)),
	} {
		if !errors.As(err, new(*problem.InvalidError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.KeepPolicy(ctx, o.max, p.ID, p.Version-1, time.Time{}, ""); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("stale: %v", err)
	}
	if err := o.KeepPolicy(ctx, authz.Actor{Roles: []authz.Role{authz.AuthPartner}}, p.ID, p.Version, time.Time{}, ""); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner: %v", err)
	}
	last := o.logged()
	o.must(o.KeepPolicy(ctx, o.max, p.ID, p.Version, time.Time{}, "Still needed."))
	o.onlyEvent(last, "policy.reviewed", "done", `"outcome"`, `"kept"`, `"review_on"`, "Still needed.")
	now := o.full(p.ID)
	if want := o.db.Now().AddDate(1, 0, 0).Format(time.DateOnly); now.ReviewOn.Format(time.DateOnly) != want || now.InForce == nil || now.InForce.Number != 1 {
		t.Errorf("%+v, want review on %s", now.Policy, want)
	}
	if err := o.KeepPolicy(ctx, o.max, p.ID, p.Version, time.Time{}, ""); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("something else on a page that is old: %v", err)
	}
	last = o.logged()
	if err := o.KeepPolicy(ctx, o.max, p.ID, p.Version, time.Time{}, "Still needed."); err != nil || o.logged() != last {
		t.Errorf("a second click: %v, or it was recorded twice", err)
	}
	if err := o.KeepPolicy(ctx, o.ada, p.ID, p.Version, time.Time{}, "Still needed."); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("the same of somebody else: %v", err)
	}
	o.must(o.KeepPolicy(ctx, o.max, p.ID, now.Version, o.db.Now().AddDate(0, 0, policy.ReviewAhead+1), ""))
	draft := o.written("Draft")
	if err := o.KeepPolicy(ctx, o.max, draft.ID, draft.Version, time.Time{}, ""); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("not in force: %v", err)
	}
}

// emergency is a policy that Ada wrote and put into force alone.
func (o *office) emergency(name string) (policy.Full, policy.Review) {
	o.t.Helper()
	p := o.written(name)
	o.must(o.decide(o.ada, p.ID, policy.Activate, policy.Seen{Version: p.Version, Emergency: true, Reason: "The border is closed."}))
	open, err := o.OpenReviews(o.t.Context())
	o.must(err)
	return o.full(p.ID), open[len(open)-1]
}

func TestAUT6EmergencyIsReviewedBySomebodyElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	p, r := o.emergency("Border")
	if r.PolicyID != p.ID || r.Number != 1 || r.InForce != 1 || r.Reason != "The border is closed." || r.OpenedByName != "Ada" || !r.Open() {
		t.Fatalf("%+v", r)
	}
	last := o.logged()
	var eyes *policy.FourEyesError
	if err := o.CloseReview(ctx, o.ada, r.ID, policy.Kept, "It was right."); !errors.As(err, &eyes) {
		t.Errorf("she reviews herself: %v", err)
	}
	o.onlyEvent(last, "policy.reviewed", "denied", "refused")
	if err := o.try(`update policy_reviews set closed_by = opened_by, closed_at = now(), outcome = 'kept' where id = @id`, pg.Args{"id": r.ID}); !pg.Violates(err, "policy_reviews_second_person_check") {
		t.Errorf("past the service: %v", err)
	}
	for outcome, note := range map[policy.Outcome]string{policy.Kept: " ", policy.Changed: "x", policy.Ended: "x", "": "x", "fine": "x"} {
		if err := o.CloseReview(ctx, o.max, r.ID, outcome, note); !errors.As(err, new(*problem.InvalidError)) {
			t.Errorf("%q %q: %v", outcome, note, err)
		}
	}
	last = o.logged()
	o.must(o.CloseReview(ctx, o.max, r.ID, policy.Kept, "It was right."))
	o.onlyEvent(last, "policy.reviewed", "done", `"kept"`, "It was right.")
	if n := o.count(`select count(*) from mail_outbox where kind = 'policy_review_closed' and user_id = @ada and params->>'Reason' = 'It was right.'`, pg.Args{"ada": o.ada.User}); n != 1 {
		t.Errorf("%d mails to who acted", n)
	}
	if err := o.CloseReview(ctx, o.max, r.ID, policy.Kept, "Again."); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("closed twice: %v", err)
	}
	closed, err := o.Review(ctx, r.ID)
	o.must(err)
	if closed.Open() || closed.ClosedByName != "Max" || closed.Outcome != policy.Kept {
		t.Errorf("%+v", closed)
	}
	if _, err := o.Review(ctx, id.New[id.PolicyReview]()); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

// Nor by whoever wrote what came into force, or edited it last.
func TestAUT6WriterDoesNotReviewTheEmergency(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	in := o.input("Border")
	p, err := o.CreatePolicy(ctx, o.max, in)
	o.must(err)
	f := o.rewrite(o.ada, o.full(p.ID), 1)
	o.must(o.decide(o.ada, p.ID, policy.Activate, policy.Seen{Version: f.Version, Emergency: true, Reason: "Flood"}))
	o.emergency("Another")
	open, err := o.OpenReviewsOf(ctx, p.ID)
	o.must(err)
	if len(open) != 1 || open[0].PolicyID != p.ID || !open[0].Own(o.max.User) || !open[0].Own(o.ada.User) || open[0].Own(o.third.User) {
		t.Fatalf("%+v", open)
	}
	r := open[0]
	last := o.logged()
	var eyes *policy.FourEyesError
	if err := o.CloseReview(ctx, o.max, r.ID, policy.Kept, "x"); !errors.As(err, &eyes) || !eyes.Written {
		t.Errorf("its first writer: %v", err)
	}
	o.onlyEvent(last, "policy.reviewed", "denied", "refused")
	for _, c := range []struct{ column, value, want string }{
		{"closed_by", "author_id", "policy_reviews_second_person_check"},
		{"closed_by", "last_editor_id", "policy_reviews_second_person_check"},
		{"author_id", "null", "policy_reviews_emergency_check"},
		{"author_id", "closer", "policy_reviews_decision_fkey"},
		{"opened_by", "closer", "policy_reviews_decision_fkey"},
	} {
		set := c.column + ` = ` + c.value
		if c.column == "closed_by" {
			set += `, closed_at = now(), outcome = 'kept'`
		}
		err := o.try(`update policy_reviews set `+set+` from (select @third::uuid as closer) x where id = @id`,
			pg.Args{"id": r.ID, "third": o.third.User})
		if !pg.Violates(err, c.want) {
			t.Errorf("%s = %s: %v, want %s", c.column, c.value, err, c.want)
		}
	}
	o.must(o.CloseReview(ctx, o.third, r.ID, policy.Kept, "Right."))
	if open, err := o.OpenReviewsOf(ctx, p.ID); err != nil || len(open) != 0 {
		t.Errorf("%+v %v", open, err)
	}
}

// Staff are reminded of a review that is late on the first day and then weekly,
// once each on however many replicas.
func TestOverdueReviewsAreRemindedOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, r := o.emergency("Border")
	_, closed := o.emergency("Closed")
	o.must(o.CloseReview(t.Context(), o.max, closed.ID, policy.Kept, "Right."))
	mails := func() int {
		return o.count(`select count(*)::int from mail_outbox where kind = 'policy_review_overdue' and params->>'Review' = @id
			and params->>'Policy' = 'Border' and params->>'Version' = '1' and params->>'Actor' = 'Ada' and params->>'Due' = @due`,
			pg.Args{"id": r.ID.String(), "due": r.DueOn.Format(time.DateOnly)})
	}
	const staff = 3
	for _, c := range []struct{ days, want int }{
		{7, 0}, {1, staff}, {6, staff}, {1, 2 * staff}, {6, 2 * staff}, {1 + 15, 3 * staff}, {1, 3 * staff},
	} {
		o.clock.Advance(time.Duration(c.days) * 24 * time.Hour)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := o.NoticeReviews(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := mails(); n != c.want {
			t.Errorf("on %s, due %s: %d mails, want %d", o.db.Now().Format(time.DateOnly), r.DueOn.Format(time.DateOnly), n, c.want)
		}
	}
	o.must(o.CloseReview(t.Context(), o.max, r.ID, policy.Kept, "Right."))
	o.clock.Advance(30 * 24 * time.Hour)
	o.must(o.NoticeReviews(t.Context()))
	if n := o.count(`select count(*)::int from mail_outbox where kind = 'policy_review_overdue'`, nil); n != 3*staff {
		t.Errorf("%d mails after it was closed", n)
	}
}

func TestReviewEndsWithWhatIsTrue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	p, r := o.emergency("Ended")
	o.must(o.deactivate(o.max, p.ID, p.Version))
	if err := o.CloseReview(ctx, o.max, r.ID, policy.Kept, "x"); !errors.As(err, new(*problem.InvalidError)) {
		t.Errorf("kept although it ended: %v", err)
	}
	o.must(o.CloseReview(ctx, o.max, r.ID, policy.Ended, "Not needed."))
	p, r = o.emergency("Changed")
	p = o.rewrite(o.ada, p, 1)
	o.must(o.activate(o.max, p.ID, p.Version))
	o.must(o.CloseReview(ctx, o.max, r.ID, policy.Changed, "Corrected."))
	if n, err := o.ReviewCount(ctx); err != nil || n.Emergency != 0 {
		t.Errorf("%+v %v", n, err)
	}
}

// Each date is told of once, on however many replicas (fault plan F9, F11).
func TestNoticesAreSentOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, who := range []authz.Actor{o.ada, o.max} {
		o.exec(`insert into user_roles (user_id, role, granted_at) values (@user, @role, @now) on conflict do nothing`,
			pg.Args{"user": who.User, "role": string(who.Role()), "now": o.db.Now()})
	}
	o.dueIn("Soon", 10)
	o.dueIn("Later", policy.ReviewAhead+5)
	mails := func() int {
		return o.count(`select count(*)::int from mail_outbox where kind = 'policy_review_due'`, nil)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := o.NoticeReviews(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	staff := o.count(`select count(distinct user_id)::int from user_roles`, nil)
	if staff == 0 || mails() != staff {
		t.Errorf("%d mails for %d members of staff", mails(), staff)
	}
	o.clock.Advance(5 * 24 * time.Hour)
	o.must(o.NoticeReviews(t.Context()))
	if n := o.count(`select count(*)::int from mail_outbox where params->>'Policies' like 'Later%'`, nil); n != staff {
		t.Errorf("%d mails of the second date, want %d", n, staff)
	}
	o.must(o.NoticeReviews(t.Context()))
	if mails() != 2*staff {
		t.Errorf("%d mails, want %d", mails(), 2*staff)
	}
}

// What is decided instead of keeping a policy that is due ends its review in the
// same step; what is not due has no review to end.
func TestDecisionsEndDueReviews(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.ada, o.dueIn("Changed", 10), 1)
	last := o.logged()
	o.must(o.activate(o.max, p.ID, p.Version))
	o.onlyEvent(last, "policy.activated", "done", `"outcome"`, `"changed"`, `"review_on"`)
	if now := o.full(p.ID); !now.ReviewOn.Equal(o.Today().AddDate(1, 0, 0)) {
		t.Errorf("to be looked at again on %s", now.ReviewOn)
	}
	e := o.dueIn("Ended", 1)
	last = o.logged()
	o.must(o.deactivate(o.max, e.ID, e.Version))
	o.onlyEvent(last, "policy.deactivated", "done", `"outcome"`, `"deactivated"`)
	f := o.dueIn("Far", policy.ReviewAhead+1)
	o.must(o.deactivate(o.max, f.ID, f.Version))
	for _, want := range []struct {
		of      policy.Full
		outcome policy.Outcome
	}{{p, policy.Changed}, {e, policy.Ended}, {f, ""}} {
		past, err := o.PastReviews(t.Context(), want.of.ID)
		o.must(err)
		var got policy.Outcome
		if len(past) > 0 {
			got = past[0].Outcome
		}
		if got != want.outcome || len(past) > 1 {
			t.Errorf("%s: %+v", want.of.Name, past)
		}
	}
}

// It is today in the portal's zone, not in that of the database.
func TestTodayIsTheZones(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, hours := range []int{-13, 13} {
		o.WithZone(time.FixedZone("", hours*3600))
		y, m, d := o.db.Now().Add(time.Duration(hours) * time.Hour).UTC().Date()
		if got := o.Today(); !got.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%+d hours: %s", hours, got)
		}
	}
	in := o.input("Tomorrow")
	in.ReviewOn = o.Today()
	if _, err := o.CreatePolicy(t.Context(), o.ada, in); !errors.As(err, new(*problem.InvalidError)) {
		t.Errorf("today: %v", err)
	}
}

func TestBreadthBesideNeighbours(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.dueIn("One", 10)
	b, err := o.Breadth(t.Context(), p)
	o.must(err)
	if b.Attributes == nil || b.Neighbours.Policies != 0 {
		t.Errorf("alone: %+v", b)
	}
	o.dueIn("Other", 10)
	b, err = o.Breadth(t.Context(), p)
	o.must(err)
	if b.Neighbours.Policies != 1 || b.Neighbours.MostAttributes != *b.Attributes {
		t.Errorf("beside one of its kind: %+v", b)
	}
}
