package approval_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/state"
)

var things = approval.Kind{
	Kind: audit.SBI, Table: "sbis", Decide: authz.SBIDecide, Fields: []string{"sbi_version", "hash"},
	Moves: state.New(map[approval.Status][]approval.Status{
		approval.Draft:            {approval.PendingApproval, approval.Withdrawn},
		approval.PendingApproval:  {approval.Approved, approval.ChangesRequested, approval.Rejected, approval.Withdrawn},
		approval.ChangesRequested: {approval.PendingApproval, approval.Withdrawn},
		approval.Approved:         {approval.Deactivated},
		approval.Rejected:         {}, approval.Withdrawn: {}, approval.Deactivated: {approval.Approved},
	}),
}

type office struct {
	partnertest.World
	ada, bob, nadia authz.Actor // two Partner Admins and a provider's person
	provider        partner.Partner
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{World: partnertest.World{T: t, DB: pgtest.New(t)}}
	o.ada, o.bob = o.Staff("Ada Admin", "en", authz.PartnerAdmin), o.Staff("Bob Admin", "en", authz.PartnerAdmin)
	o.provider = o.Pending("Camera Works", id.PolicyGroup{})
	o.nadia = partnertest.Person(o.provider)
	return o
}

// waiting are n things that were sent once.
func (o *office) waiting(n int) []approval.Item {
	o.T.Helper()
	var items []approval.Item
	for i := range n {
		it := approval.Item{ID: uuid.Must(uuid.NewV7()), Status: approval.PendingApproval, Submission: 1, Version: 1}
		o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, registered_by, created_at, updated_at)
			values (@id, @partner, @version, decode(repeat('00', 32), 'hex'), '2026-01-01', '2030-01-01', 'pending_approval', 1, @now, @by, @now, @now)`,
			pg.Args{"id": it.ID, "partner": o.provider.ID, "version": "1." + string(rune('a'+i)), "by": o.nadia.User, "now": o.DB.Now()})
		items = append(items, it)
	}
	o.must(func(ctx context.Context, tx *pg.Tx) error {
		var sent []approval.Sent
		for _, it := range items {
			sent = append(sent, approval.Sent{ID: it.ID, Number: 1, Answers: approval.Answers{"sbi_version": "1"}})
		}
		return things.Send(ctx, tx, o.nadia, sent...)
	})
	return items
}

func (o *office) try(fn func(context.Context, *pg.Tx) error) error {
	return o.DB.Housekeep(o.T.Context(), "test", func(tx *pg.Tx) error { return fn(o.T.Context(), tx) })
}

func (o *office) must(fn func(context.Context, *pg.Tx) error) {
	o.T.Helper()
	if err := o.try(fn); err != nil {
		o.T.Fatal(err)
	}
}

func (o *office) trail(of uuid.UUID) approval.Trail {
	o.T.Helper()
	t, err := things.TrailOf(o.T.Context(), o.DB.Read(), of)
	if err != nil {
		o.T.Fatal(err)
	}
	return t
}

func TestManyAreDecidedAtOnceAllOrNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	items := o.waiting(3)
	stale := append([]approval.Item{}, items...)
	stale[1].Version = 7
	err := o.try(func(ctx context.Context, tx *pg.Tx) error {
		return things.Rule(ctx, tx, o.ada, approval.Approve(), stale...)
	})
	if !errors.Is(err, problem.ErrConflict) || o.Count(`sbis where status = 'approved'`) != 0 || o.Count("approval_decisions") != 0 {
		t.Fatalf("%v: something was decided", err)
	}
	o.must(func(ctx context.Context, tx *pg.Tx) error {
		return things.Rule(ctx, tx, o.ada, approval.Approve(), items...)
	})
	if n := o.Count(`sbis where status = 'approved' and approved_at is not null and version = 2`); n != 3 {
		t.Errorf("%d were approved", n)
	}
	last := o.trail(items[2].ID).Last()
	if last == nil || last.Verdict != approval.Approved || last.DecidedByName != "Ada Admin" {
		t.Errorf("%+v", last)
	}
}

func TestCON2OneSubmissionHasOneDecision(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	it := o.waiting(1)[0]
	rejection, err := approval.Reject("No")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			<-start
			r := approval.Approve()
			if i%2 == 0 {
				r = rejection
			}
			errs[i] = o.try(func(ctx context.Context, tx *pg.Tx) error { return things.Rule(ctx, tx, o.ada, r, it) })
		})
	}
	close(start)
	wg.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, problem.ErrConflict):
			t.Error(err)
		}
	}
	if done != 1 || o.Count("approval_decisions") != 1 || o.Count("sbis where version = 2") != 1 {
		t.Errorf("%d decisions", done)
	}
}

func TestAUT6NobodyDecidesOnTheirOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	items := o.waiting(2)
	err := o.try(func(ctx context.Context, tx *pg.Tx) error {
		return things.Rule(ctx, tx, o.nadia, approval.Approve(), items...)
	})
	if !errors.Is(err, approval.ErrOwn) || o.Count("approval_decisions") != 0 {
		t.Errorf("%v", err)
	}
}

func TestASecondClickIsNoErrorAndALateOneIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	it := o.waiting(1)[0]
	r, err := things.RequestChanges([]approval.Line{{Field: "hash", Message: "Send the hash of the release"}, {Field: "sbi_version"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	o.must(func(ctx context.Context, tx *pg.Tx) error { return things.Rule(ctx, tx, o.ada, r, it) })
	now := approval.Item{ID: it.ID, Status: approval.ChangesRequested, Submission: 1, Version: 2}
	var told *problem.ConflictError
	if err := things.Late(t.Context(), o.DB.Read(), o.ada, now, 1, r); !errors.Is(err, approval.ErrReplayed) {
		t.Errorf("a second click: %v", err)
	}
	if err := things.Late(t.Context(), o.DB.Read(), o.bob, now, 1, r); !errors.As(err, &told) || told.Key != "approval.conflict.decided.changes_requested" {
		t.Errorf("a colleague: %v", err)
	}
	if err := things.Late(t.Context(), o.DB.Read(), o.ada, now, 1, approval.Approve()); !errors.As(err, &told) {
		t.Errorf("another decision: %v", err)
	}
	now.Status, now.Submission, now.Version = approval.PendingApproval, 2, 3
	if err := things.Late(t.Context(), o.DB.Read(), o.ada, now, 1, r); !errors.As(err, &told) || told.Key != "approval.conflict.newer" {
		t.Errorf("something newer: %v", err)
	}
	last := o.trail(it.ID).Last()
	if last.Line("hash") == "" || last.Line("sbi_version") != "" {
		t.Errorf("%+v", last.Lines)
	}
}

func TestWhatEndsCanComeBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	it := o.waiting(1)[0]
	var move *state.MoveError
	err := o.try(func(ctx context.Context, tx *pg.Tx) error {
		return things.End(ctx, tx, o.ada, approval.Deactivated, "", it)
	})
	if !errors.As(err, &move) {
		t.Errorf("what waits was deactivated: %v", err)
	}
	o.must(func(ctx context.Context, tx *pg.Tx) error { return things.Rule(ctx, tx, o.ada, approval.Approve(), it) })
	it.Status, it.Version = approval.Approved, 2
	o.must(func(ctx context.Context, tx *pg.Tx) error {
		return things.End(ctx, tx, o.ada, approval.Deactivated, "Broken", it)
	})
	if o.Count(`sbis where status = 'deactivated' and ended_reason = 'Broken' and ended_by is not null`) != 1 {
		t.Error("it was not deactivated")
	}
	it.Status, it.Version = approval.Deactivated, 3
	o.must(func(ctx context.Context, tx *pg.Tx) error { return things.Return(ctx, tx, it) })
	if o.Count(`sbis where status = 'approved' and ended_at is null and ended_reason = ''`) != 1 {
		t.Error("it did not come back")
	}
}

func TestRulingsNeedTheirWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", approval.MaxLine+1)
	for name, c := range map[string]struct {
		lines []approval.Line
		note  string
		want  string
	}{
		"nothing":       {nil, " ", "note"},
		"too long":      {[]approval.Line{{"hash", long}}, "", "line_hash"},
		"unknown field": {[]approval.Line{{"owner", "x"}}, "", "bad request"},
		"twice":         {[]approval.Line{{"hash", "x"}, {"hash", "y"}}, "", "bad request"},
		"a note":        {nil, "Please call", ""},
		"a line":        {[]approval.Line{{"hash", "x"}}, "", ""},
	} {
		_, err := things.RequestChanges(c.lines, c.note)
		got := ""
		var invalid *problem.InvalidError
		switch {
		case errors.As(err, &invalid):
			got = invalid.Fields[0].Name
		case errors.Is(err, problem.ErrBadRequest):
			got = "bad request"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := approval.Reject(" \n"); err == nil {
		t.Error("a rejection without a reason")
	}
}

func TestDifferencesInTheOrderOfTheForm(t *testing.T) {
	t.Parallel()
	trail := approval.Trail{Submissions: []approval.Submission{
		{Number: 2, Answers: approval.Answers{"hash": "b", "sbi_version": "2"}, SubmittedAt: time.Now()},
		{Number: 1, Answers: approval.Answers{"hash": "a", "sbi_version": "1"}},
	}}
	want := []approval.Diff{{"sbi_version", "1", "2"}, {"hash", "a", "b"}}
	if diff := cmp.Diff(want, things.Changes(trail)); diff != "" {
		t.Error(diff)
	}
}
