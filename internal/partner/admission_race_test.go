package partner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// atOnce runs n functions that all start at the same moment.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// warm opens all connections of the pool: against a cold one even a naive
// program looks right (security.md M16).
func (o *office) warm() {
	o.t.Helper()
	for _, err := range atOnce(20, func(int) error {
		return o.db.Housekeep(context.Background(), "warm up", func(tx *pg.Tx) error {
			_, err := pg.Value[bool](context.Background(), tx, `select pg_sleep(0.05) is not null`, nil)
			return err
		})
	}) {
		if err != nil {
			o.t.Fatal(err)
		}
	}
}

type decideFunc func(ctx context.Context, a authz.Actor, pid id.Partner, approve bool) error

// race lets n Partner Admins decide about one request at the same moment, half
// of them each way, and says what is wrong with the outcome.
func (o *office) race(n int, decide decideFunc) (faults []string) {
	o.t.Helper()
	admins := make([]authz.Actor, n)
	for i := range admins {
		admins[i] = o.staff(fmt.Sprintf("Admin N%d", i), "en")
	}
	p := o.pending("Acme")
	o.warm()
	won, approved := 0, false
	for i, err := range atOnce(n, func(i int) error { return decide(o.t.Context(), admins[i], p.ID, i%2 == 0) }) {
		switch {
		case err == nil:
			won, approved = won+1, i%2 == 0
		case !errors.Is(err, problem.ErrConflict):
			faults = append(faults, "unexpected: "+err.Error())
		default:
			var conflict *problem.ConflictError
			if !errors.As(err, &conflict) {
				faults = append(faults, "a loser is not told what happened")
			}
		}
	}
	want := map[bool]Status{true: Active, false: Rejected}[approved]
	if got := o.traces(p); won != 1 || got != string(want)+" v2 s1: 1 reviews, 0 lines, 1 events, 1 mails, 1 submissions" {
		faults = append(faults, fmt.Sprintf("%d winners, %s", won, got))
	}
	return faults
}

func TestCON2ManyDecideAtOnceOneWins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	faults := o.race(200, func(ctx context.Context, a authz.Actor, pid id.Partner, approve bool) error {
		if approve {
			return o.s.Approve(ctx, a, pid, 1)
		}
		return o.s.Reject(ctx, a, pid, 1, "Not a bank")
	})
	if len(faults) > 0 {
		t.Error(faults)
	}
}

// The same race against what a beginner writes, read first and write then,
// must be noticed; else the test above proves nothing.
func TestCON2RaceCatchesReadThenWrite(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.exec(`alter table partner_reviews drop constraint partner_reviews_submission_key`, nil)
	naive := func(ctx context.Context, a authz.Actor, pid id.Partner, approve bool) error {
		r := ruling{verdict: VerdictRejected, to: Rejected, action: audit.RegistrationRejected, mail: mail.RegistrationRejected, reason: "No"}
		if approve {
			r = ruling{verdict: VerdictApproved, to: Active, action: audit.RegistrationApproved, mail: mail.RegistrationApproved}
		}
		return o.db.Change(ctx, a, authz.PartnerDecide, func(tx *pg.Tx) (audit.Event, error) {
			p, err := partnerByID(ctx, tx, authz.Scope{All: true}, pid)
			if err != nil || p.Status != PendingApproval || p.Version != 1 {
				return audit.Event{}, &problem.ConflictError{}
			}
			if _, err := tx.Exec(ctx, `update partners set status = @to, version = version + 1 where id = @id`,
				pg.Args{"id": pid, "to": string(r.to)}); err != nil {
				return audit.Event{}, err
			}
			if err := insertDecision(ctx, tx, a, pid, p.Submission, r); err != nil {
				return audit.Event{}, err
			}
			d := decided{Organisation: p.Organisation, Email: p.Email, Lang: p.Lang}
			return d.event(pid, 1, r), mail.Enqueue(ctx, tx, d.message(pid, r))
		})
	}
	if faults := o.race(200, naive); len(faults) == 0 {
		t.Error("the naive program went through unnoticed")
	}
}

// A double click on "send again": one submission, one event, one mail an admin.
func TestCON2ManySendAgainAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	if err := o.s.RequestChanges(t.Context(), o.admin, p.ID, 1, []FieldLine{{"phone", "Dead line"}}, ""); err != nil {
		t.Fatal(err)
	}
	o.warm()
	answers := p.Answers()
	answers.Phone = " +230 555 0101 "
	for _, err := range atOnce(50, func(int) error { return o.s.Resubmit(t.Context(), person(p), 2, answers) }) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := o.traces(p); got != "pending_approval v3 s2: 1 reviews, 1 lines, 2 events, 2 mails, 2 submissions" {
		t.Error(got)
	}
}
