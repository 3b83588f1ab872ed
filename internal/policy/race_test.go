package policy_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

// atOnce lets n calls start together, over connections that are all open: a
// cold pool would line them up and hide every race (security.md M16).
func (o *office) atOnce(n int, do func(i int) error) []error {
	o.t.Helper()
	o.warm()
	start, errs := make(chan struct{}), make([]error, n)
	var ready, done sync.WaitGroup
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// warm opens every connection of both pools: each waits inside the database
// until all the others are there.
func (o *office) warm() {
	o.t.Helper()
	if o.warmed {
		return
	}
	o.warmed = true
	ctx := o.t.Context()
	write, read := o.db.Stat()
	for pool, use := range map[int32]func() error{
		write.MaxConns(): func() error { return o.try(`select pg_sleep(0.1)`, nil) },
		-read.MaxConns(): func() error {
			_, err := pg.All[struct{ Done int }](ctx, o.db.Read(), `select 1 as done from pg_sleep(0.1)`, nil)
			return err
		},
	} {
		var wg sync.WaitGroup
		for range max(pool, -pool) {
			wg.Go(func() {
				if err := use(); err != nil {
					o.t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

// won counts the calls without an error; any other error than a conflict fails
// the test.
func (o *office) won(errs []error) int {
	o.t.Helper()
	n := 0
	for _, err := range errs {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, problem.ErrConflict):
			o.t.Errorf("an unexpected error: %v", err)
		}
	}
	return n
}

// activation is a way to activate a policy on what was seen of it: the service's
// own, or a wrong one.
type activation func(o *office, a authz.Actor, p policy.Full, saw policy.Seen) error

// look is what somebody sees of a decision before they take it.
func (o *office) look(a authz.Actor, p policy.Full, action policy.Action, number int) policy.Seen {
	o.t.Helper()
	return policy.Seen{Version: p.Version, Picture: o.picture(a, p.ID, action, number).Fingerprint()}
}

// activateOften lets many people activate one policy at once, and tells how many
// succeeded, how many such events were logged, and how often the row changed.
func activateOften(t *testing.T, submits int, do activation) (won, events, changes int) {
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	saw := o.look(o.max, p, policy.Activate, 0)
	before := o.logged()
	won = o.won(o.atOnce(submits, func(int) error { return do(o, o.max, p, saw) }))
	for _, e := range o.since(before) {
		if e.Action == string(audit.PolicyActivated) && e.Result == string(audit.Done) {
			events++
		}
	}
	now := o.full(p.ID)
	if now.Status != policy.Active || now.InForce == nil {
		t.Errorf("after all of it the policy is %s", now.Status)
	}
	return won, events, now.Version - p.Version
}

func TestCON2F14ManyActivationsAreOne(t *testing.T) {
	t.Parallel()
	for range 3 {
		won, events, changes := activateOften(t, 200, func(o *office, a authz.Actor, p policy.Full, saw policy.Seen) error {
			return o.ActivatePolicy(t.Context(), a, p.ID, saw)
		})
		if won != 1 || events != 1 || changes != 1 {
			t.Fatalf("%d succeeded with %d events and %d changes, want one of each", won, events, changes)
		}
	}
}

// The same test must catch a service that looks first and then changes, without
// lock and without guard.
func TestCON2F14MutantIsCaught(t *testing.T) {
	t.Parallel()
	for range 5 {
		if won, events, _ := activateOften(t, 200, lookThenActivate); won > 1 || events > 1 {
			return
		}
	}
	t.Error("the race was never lost: this test would not see a missing lock")
}

func lookThenActivate(o *office, a authz.Actor, p policy.Full, _ policy.Seen) error {
	ctx := o.t.Context()
	return o.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		status, err := pg.Value[policy.Status](ctx, tx, `select status from policies where id = @id`, pg.Args{"id": p.ID})
		if err != nil {
			return audit.Event{}, err
		}
		if err := policy.Statuses.Check(status, policy.Active); err != nil {
			return audit.Event{}, err
		}
		for _, sql := range []string{
			`update policy_versions set status = 'active', activated_by = @by, activated_at = now() where policy_id = @id`,
			`update policies set status = 'active', version = version + 1, updated_at = now() where id = @id and @by::uuid is not null`,
		} {
			if _, err := tx.Exec(ctx, sql, pg.Args{"id": p.ID, "by": a.User.UUID}); err != nil {
				return audit.Event{}, err
			}
		}
		return audit.Event{Action: audit.PolicyActivated, Subject: audit.Subject{Kind: audit.Policy, ID: p.ID.String()}}, nil
	})
}

// Activating and changing at once: whoever is second is told, and what is in
// force is never a text that its activator wrote.
func TestCON2ActivateAgainstEdit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	for i := range 30 {
		p := o.rewrite(o.ada, o.inForce(fmt.Sprint("P", i)), 2)
		activate, restore := o.look(o.max, p, policy.Activate, 0), o.look(o.max, p, policy.Restore, 1)
		against := []func() error{
			func() error {
				in := o.input(p.Name)
				in.Document = sample(p.Kind, 1)
				_, err := o.EditPolicy(ctx, o.max, p.ID, p.Version, in)
				return err
			},
			func() error { _, err := o.RestoreVersion(ctx, o.max, p.ID, 1, restore); return err },
			func() error { _, err := o.DiscardVersion(ctx, o.max, p.ID, p.Version); return err },
		}[i%3]
		errs := o.atOnce(2, func(k int) error {
			if k == i%2 {
				return o.ActivatePolicy(ctx, o.max, p.ID, activate)
			}
			return against()
		})
		if n := o.won(errs); n != 1 {
			t.Fatalf("round %d: %d of 2 succeeded", i, n)
		}
		if f := o.full(p.ID); f.InForce.WrittenBy(o.max.User) {
			t.Fatalf("round %d: Max's own text is in force by Max", i)
		}
	}
}

// granted lets another version of a policy be activated and a request for it be
// approved at once, and tells whether both went through: then the picture, which
// shows no grant, or the approval, which saw the old version, was wrong.
func (o *office) granted(round int, activate activation) (unseen bool, errs []error) {
	o.t.Helper()
	p := o.inForce(fmt.Sprint("P", round))
	r := o.asks(p, fmt.Sprint("Partner ", round))
	p = o.save(o.ada, p, letter("fullName"))
	saw := o.look(o.max, p, policy.Activate, 0)
	errs = o.atOnce(2, func(k int) error {
		if k == round%2 {
			return o.grants(r)
		}
		return activate(o, o.max, p, saw)
	})
	return errs[0] == nil && errs[1] == nil, errs
}

func TestCON2NothingIsGrantedBehindAPicture(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	outcome := map[string]int{}
	for i := range 20 {
		unseen, errs := o.granted(i, func(o *office, a authz.Actor, p policy.Full, saw policy.Seen) error {
			return o.ActivatePolicy(t.Context(), a, p.ID, saw)
		})
		if unseen {
			t.Fatalf("round %d: the decision does not know of a grant, or the grant not of it", i)
		}
		var version *policyrequest.VersionChangedError
		if err := errs[i%2]; err != nil && !errors.As(err, &version) {
			t.Fatalf("round %d: the approval failed: %v", i, err)
		}
		var changed *policy.PictureChangedError
		if err := errs[1-i%2]; err != nil && !errors.As(err, &changed) {
			t.Fatalf("round %d: %v", i, err)
		}
		outcome[fmt.Sprint(errs[1-i%2] == nil)]++
	}
	t.Logf("activated: %v", outcome)
}

// The same test must catch a decision that only shares what approvals share.
func TestCON2MutantThatSharesTheGroupIsCaught(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 200 {
		if unseen, _ := o.granted(i, shareThenActivate); unseen {
			return
		}
	}
	t.Error("the race was never lost: this test would not see a lock that is too weak")
}

func shareThenActivate(o *office, a authz.Actor, p policy.Full, _ policy.Seen) error {
	ctx := o.t.Context()
	return o.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		for sql, args := range map[string]pg.Args{
			`select 1 from policy_groups where id = @group for share`: {"group": p.GroupID},
			`select 1 from policies where id = @policy for share`:     {"policy": p.ID},
		} {
			if _, err := pg.Values[int](ctx, tx, sql, args); err != nil {
				return audit.Event{}, err
			}
		}
		grants, err := pg.Value[int](ctx, tx, `select count(*) from policy_requests where policy_id = @policy and status = 'approved'`, pg.Args{"policy": p.ID})
		if err != nil || grants > 0 {
			return audit.Event{}, errors.Join(problem.ErrConflict, err)
		}
		_, err = tx.Exec(ctx, `update policy_versions set status = 'superseded' where policy_id = @policy and status = 'active'`, pg.Args{"policy": p.ID})
		if err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `update policy_versions set status = 'active', activated_by = @by, activated_at = @now where id = @id`,
			pg.Args{"id": p.Waiting.ID, "by": a.User, "now": tx.Now()})
		return audit.Event{Action: audit.PolicyActivated, Subject: audit.Subject{Kind: audit.Policy, ID: p.ID.String()}}, err
	})
}

// Eight editors count together in a policy's description. If one edit were lost
// the sum would be too small.
func TestCON1NoEditIsLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.input("P")
	in.Description = "0"
	p := o.create(in)
	const editors, edits = 8, 25
	errs := o.atOnce(editors, func(int) error {
		for done := 0; done < edits; {
			err := countUp(o, p.ID)
			if err == nil {
				done++
			} else if !errors.Is(err, problem.ErrConflict) {
				return err
			}
		}
		return nil
	})
	if n := o.won(errs); n != editors {
		t.Fatalf("%d editors finished", n)
	}
	if f := o.full(p.ID); f.Description != strconv.Itoa(editors*edits) || f.Version != 1+editors*edits {
		t.Errorf("counted to %s in %d versions, want %d", f.Description, f.Version, editors*edits)
	}
}

func countUp(o *office, pid id.Policy) error {
	ctx := o.t.Context()
	f, err := o.Policy(ctx, pid, "auth")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(f.Description)
	if err != nil {
		return err
	}
	in := policy.Input{Kind: f.Kind, Name: f.Name, Description: strconv.Itoa(n + 1), Document: f.Waiting.Document}
	_, err = o.EditPolicy(ctx, o.ada, pid, f.Version, in)
	return err
}

// broken counts the policies that are in force or unfinished under a group that
// is out of use: there must never be one.
func (o *office) broken() int {
	o.t.Helper()
	return o.count(`
		select count(*) from policies p join policy_groups g on g.id = p.group_id
		where g.status = 'deactivated' and (p.status not in ('deactivated', 'discarded')
			or exists (select 1 from policy_versions v where v.policy_id = p.id and v.status = 'inactive'))`, nil)
}

func TestCON4GroupIsNotDeactivatedUnderItsPolicies(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	outcome := map[string]int{}
	for i := range 60 {
		g := o.group(fmt.Sprint("Group ", i))
		in := o.input("P")
		in.GroupID = g.ID
		p := o.create(in)
		o.must(o.activate(o.max, p.ID, 1))
		o.must(o.deactivate(o.max, p.ID, 2))
		against := []func() error{
			func() error { return o.reactivate(o.max, p.ID, 3) },
			func() error { in.Name = "Q"; _, err := o.CreatePolicy(ctx, o.ada, in); return err },
			func() error {
				in.Document = sample(p.Kind, 1)
				_, err := o.EditPolicy(ctx, o.ada, p.ID, 3, in)
				return err
			},
		}[i%3]
		errs := o.atOnce(2, func(k int) error {
			if k == i/3%2 {
				return o.DeactivateGroup(ctx, o.max, g.ID, g.Version)
			}
			return against()
		})
		if o.broken() > 0 {
			t.Fatalf("round %d: a policy stands under a deactivated group: %v", i, errs)
		}
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v, want one of two", i, errs)
		}
		outcome[fmt.Sprint(i%3, errs[i/3%2] == nil)]++
	}
	t.Logf("the group was deactivated first: %v", outcome)
}

// The invariant's check must see a group that is deactivated by somebody who
// looks without locking.
func TestCON4MutantIsCaught(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.outOfForce("P")
	use, err := o.GroupUse(t.Context(), o.telecom.ID) // looks …
	o.must(err)
	o.must(o.reactivate(o.max, p.ID, p.Version)) // … meanwhile …
	if use.Total == 0 {                          // … and believes what it saw
		o.exec(`update policy_groups set status = 'deactivated' where id = @id`, pg.Args{"id": o.telecom.ID})
	}
	if o.broken() != 1 {
		t.Error("the check does not see a policy in force under a deactivated group")
	}
}
