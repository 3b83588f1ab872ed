package policyrequest_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

const (
	pending   = policyrequest.PendingApproval
	returned  = policyrequest.ChangesRequested
	approved  = policyrequest.Approved
	rejected  = policyrequest.Rejected
	withdrawn = policyrequest.Withdrawn
	revoked   = policyrequest.Revoked
)

// The moves of the machine, written once more by hand.
func TestStatesMoveAsTheDesignSays(t *testing.T) {
	t.Parallel()
	type move [2]policyrequest.Status
	allowed := map[move]bool{
		{pending, returned}: true, {pending, approved}: true, {pending, rejected}: true, {pending, withdrawn}: true,
		{returned, pending}: true, {returned, withdrawn}: true, {approved, revoked}: true,
	}
	for _, from := range policyrequest.Statuses.All() {
		for _, to := range policyrequest.Statuses.All() {
			if got := policyrequest.Statuses.Can(from, to); got != allowed[move{from, to}] {
				t.Errorf("%s → %s: %v", from, to, got)
			}
			if err := policyrequest.Statuses.Check(from, to); (err == nil) != allowed[move{from, to}] || err != nil && !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

func TestStatesEqualTheConstraint(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	text, err := pg.Value[string](t.Context(), o.DB.Read(),
		`select pg_get_constraintdef(oid) from pg_constraint where conname = 'policy_requests_status_check'`, nil)
	o.must(err)
	var words, states []string
	for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	for _, s := range policyrequest.Statuses.All() {
		states = append(states, string(s))
	}
	slices.Sort(words)
	if diff := cmp.Diff(states, words); diff != "" {
		t.Error(diff)
	}
}

func TestHaltsAndEnds(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)
	grant := func(days int) policyrequest.Request {
		on := today.AddDate(0, 0, days)
		return policyrequest.Request{Status: approved, EndsOn: &on, PolicyStatus: policy.Active, GroupStatus: policy.GroupActive}
	}
	for days, near := range map[int]bool{-1: true, 0: true, 1: true, 59: true, 60: true, 61: false, 365: false} {
		r := grant(days)
		if got := r.NearEnd(today); got != near {
			t.Errorf("%d days before the end: near %v", days, got)
		}
		if ended := slices.Contains(r.Halts(today), policyrequest.HaltEnded); ended != (days < 0) {
			t.Errorf("%d days before the end: ended %v", days, ended)
		}
	}
	all := grant(-1)
	all.PausedAt, all.PolicyStatus, all.GroupStatus = &today, policy.Deactivated, policy.GroupDeactivated
	want := []policyrequest.Halt{policyrequest.HaltPaused, policyrequest.HaltEnded, policyrequest.HaltPolicy, policyrequest.HaltGroup}
	if diff := cmp.Diff(want, all.Halts(today)); diff != "" {
		t.Error(diff)
	}
	for _, s := range policyrequest.Statuses.All() {
		all.Status = s
		if s != approved && (all.Halts(today) != nil || all.NearEnd(today)) {
			t.Errorf("%s is treated as a grant", s)
		}
	}
}
