package policyrequest_test

import (
	"errors"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

func TestRevoking(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter")
	g := o.granted(a, pid)
	if err := o.Revoke(t.Context(), o.ada, g.ID, g.Version, " "); wrong(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := o.Revoke(t.Context(), o.ada, g.ID, g.Version+1, "x"); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another page: %v", err)
	}
	for _, who := range []authz.Actor{a, o.max} {
		n := o.denied()
		if err := o.Revoke(t.Context(), who, g.ID, g.Version, "x"); !errors.Is(err, problem.ErrDenied) || o.denied() != n+1 {
			t.Errorf("%s: %v", who.Name, err)
		}
	}
	o.want(g.ID, "approved v2 s1: 1 submissions, 1 reviews, 2 events, 3 mails, 1 webhooks")
	won := 0
	for i, err := range o.atOnce(4, func(i int) error {
		return o.Revoke(t.Context(), []authz.Actor{o.ada, o.bob}[i%2], g.ID, g.Version, "Misused.")
	}) {
		if err == nil {
			won++
		} else if conflict(err) != "policy_request.conflict.closed.revoked" && !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if won == 0 {
		t.Error("nobody revoked it")
	}
	o.want(g.ID, "revoked v3 s1: 1 submissions, 1 reviews, 3 events, 4 mails, 2 webhooks")
	if r := o.now(g.ID); r.EndedReason != "Misused." || r.EndedAt == nil {
		t.Errorf("%+v", r)
	}
	o.asked(a, pid) // it can be asked for anew
}

func TestPausingAndResuming(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, first, second := o.partner("Acme"), o.partner("Other"), o.inForce("First"), o.inForce("Second")
	g, other, waits := o.granted(a, first), o.granted(b, first), o.asked(a, second)
	change := func(fn func(*pg.Tx) (int, error)) int {
		t.Helper()
		n := 0
		o.must(o.DB.Change(t.Context(), o.ada, authz.PartnerDeactivate, func(tx *pg.Tx) (audit.Event, error) {
			var err error
			n, err = fn(tx)
			return audit.Event{Action: audit.PolicyRequestPaused, Subject: audit.Subject{Kind: audit.Partner, ID: a.Partner.String()}}, err
		}))
		return n
	}
	pause := func(tx *pg.Tx) (int, error) { return policyrequest.Pause(t.Context(), tx, a.Partner) }
	resume := func(tx *pg.Tx) (int, error) { return policyrequest.Resume(t.Context(), tx, a.Partner) }
	if change(pause) != 1 || change(pause) != 0 {
		t.Error("not exactly the grant is paused")
	}
	if r := o.now(g.ID); r.PausedAt == nil || len(r.Halts(o.Today())) != 1 || o.now(other.ID).PausedAt != nil || o.now(waits.ID).Version != waits.Version {
		t.Errorf("%+v", r)
	}
	o.want(g.ID, "approved v3 s1: 1 submissions, 1 reviews, 3 events, 3 mails, 1 webhooks")
	if change(resume) != 1 || change(resume) != 0 || o.now(g.ID).PausedAt != nil {
		t.Error("it was not resumed")
	}
	change(pause)
	g = o.now(g.ID)
	o.must(o.Revoke(t.Context(), o.ada, g.ID, g.Version, "Ended."))
	if change(resume) != 0 || o.now(g.ID).Status != revoked {
		t.Error("what was ended came back")
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter")
	g := o.granted(a, pid)
	ask := func(reason string) error { return o.AskExtension(t.Context(), a, g.ID, reason) }
	if err := ask("We go on."); conflict(err) != "policy_request.conflict.not_near" {
		t.Errorf("a year before: %v", err)
	}
	o.clock.Advance(320 * 24 * time.Hour)
	if err := ask(" "); wrong(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	for i, err := range o.atOnce(5, func(int) error { return ask("We go on.") }) {
		if err != nil {
			t.Errorf("click %d: %v", i, err)
		}
	}
	o.want(g.ID, "approved v2 s1: 1 submissions, 1 reviews, 3 events, 5 mails, 1 webhooks")
	if err := ask("Others words."); conflict(err) != "policy_request.conflict.extension_waits" {
		t.Errorf("a second question: %v", err)
	}
	x := o.standing(g.ID).Extension()
	today := o.Today()
	if err := o.Extend(t.Context(), a, g.ID, x.ID, today.AddDate(1, 0, 0)); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("the partner itself: %v", err)
	}
	if err := o.Extend(t.Context(), o.ada, g.ID, id.New[id.PolicyRequestExtension](), today.AddDate(1, 0, 0)); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no such question: %v", err)
	}
	for what, on := range map[string]time.Time{"the same day": *g.EndsOn, "earlier": today.AddDate(0, 0, 1), "too late": today.AddDate(0, 24, 1)} {
		if err := o.Extend(t.Context(), o.ada, g.ID, x.ID, on); wrong(err) != "ends_on" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := o.RefuseExtension(t.Context(), o.ada, g.ID, x.ID, ""); wrong(err) != "reason" {
		t.Errorf("refused without a reason: %v", err)
	}
	o.must(o.RefuseExtension(t.Context(), o.ada, g.ID, x.ID, "Not used."))
	o.must(o.RefuseExtension(t.Context(), o.ada, g.ID, x.ID, "Not used."))
	if err := o.Extend(t.Context(), o.bob, g.ID, x.ID, today.AddDate(1, 0, 0)); conflict(err) != "policy_request.conflict.extension_refused" {
		t.Errorf("answered already: %v", err)
	}
	o.want(g.ID, "approved v2 s1: 1 submissions, 1 reviews, 4 events, 6 mails, 1 webhooks")
	o.must(ask("We use it daily now."))
	x = o.standing(g.ID).Extension()
	o.decide(pid, policy.Deactivate)
	if err := o.Extend(t.Context(), o.ada, g.ID, x.ID, today.AddDate(1, 0, 0)); conflict(err) != "policy_request.conflict.policy" {
		t.Errorf("a policy that is not in force: %v", err)
	}
	o.decide(pid, policy.Reactivate)
	o.must(o.Extend(t.Context(), o.ada, g.ID, x.ID, today.AddDate(1, 0, 0)))
	o.must(o.Extend(t.Context(), o.ada, g.ID, x.ID, today.AddDate(1, 0, 0)))
	o.want(g.ID, "approved v3 s1: 1 submissions, 1 reviews, 6 events, 11 mails, 2 webhooks")
	if r := o.now(g.ID); !r.EndsOn.Equal(today.AddDate(1, 0, 0)) {
		t.Errorf("until %s", r.EndsOn)
	}
	o.clock.Advance(800 * 24 * time.Hour)
	o.must(ask("After its end, too."))
	if o.Count(`policy_request_extensions`) != 3 {
		t.Error("questions were lost")
	}
}
