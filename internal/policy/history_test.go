package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
)

// life is one policy to which anything may happen that people may do.
type life struct {
	*office
	rand *rand.Rand
	p    policy.Full
	seen map[time.Time]int // which version was in force when; 0: none
}

// Whatever happens to a policy: what was in force at a moment is told for ever
// as its page said then, versions are numbered without a gap, and no two are in
// force at once.
func TestHistoryOfRandomLives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			l := &life{office: o, rand: rand.New(rand.NewPCG(seed, 3)), p: o.full(o.written("P").ID), seen: map[time.Time]int{}}
			l.check("written")
			for range 60 {
				l.check(l.step())
			}
			for at, want := range l.seen {
				if got := l.inForceAt(at); got != want {
					t.Errorf("at %s version %d was in force, want %d", at, got, want)
				}
			}
			if got := l.inForceAt(o.clock.Now().Add(-100 * 24 * time.Hour)); got != 0 {
				t.Errorf("before it was written: %d", got)
			}
			t.Logf("%s; %s", l.p.Status, states(l.p))
		})
	}
}

// step lets something happen, if it can, and tells what.
func (l *life) step() string {
	l.clock.Advance(time.Duration(l.rand.IntN(3)) * time.Hour) // often at the same moment
	act := []string{"save", "save", "save", "activate", "activate", "deactivate", "reactivate", "restore", "discard"}[l.rand.IntN(9)]
	version := 1 + l.rand.IntN(len(l.p.Versions))
	if act == "discard" && l.p.Status == policy.Inactive { // else it would be over
		return "nothing"
	}
	var err error
	switch act {
	case "save":
		l.save(l.somebody(nil), l.p, letter(fmt.Sprint("a", l.rand.IntN(4))))
	case "activate":
		err = l.activate(l.somebody(l.p.Waiting), l.p.ID, l.p.Version)
	case "deactivate":
		err = l.deactivate(l.somebody(nil), l.p.ID, l.p.Version)
	case "reactivate":
		err = l.reactivate(l.somebody(l.p.Deactivated), l.p.ID, l.p.Version)
	case "restore":
		_, err = l.restore(l.somebody(nil), l.p, version)
	case "discard":
		_, err = l.DiscardVersion(l.t.Context(), l.somebody(nil), l.p.ID, l.p.Version)
	}
	possible := map[string]bool{
		"save": true, "activate": l.p.Waiting != nil, "deactivate": l.p.InForce != nil, "reactivate": l.p.Deactivated != nil,
		"restore": err == nil, "discard": l.p.Waiting != nil,
	}[act]
	if (err == nil) != possible || err != nil && !errors.Is(err, problem.ErrConflict) {
		l.t.Fatalf("%s of a policy that is %s: %v", act, states(l.p), err)
	}
	return act
}

// somebody is a person who may decide on a version.
func (l *life) somebody(v *policy.Version) authz.Actor {
	people := []authz.Actor{l.ada, l.max, l.third}
	l.rand.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	for _, a := range people {
		if v == nil || !v.WrittenBy(a.User) {
			return a
		}
	}
	l.t.Fatal("nobody is left")
	return authz.Actor{}
}

func (l *life) inForceAt(at time.Time) int {
	l.t.Helper()
	v, err := l.InForceAt(l.t.Context(), l.p.ID, at)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		l.t.Fatal(err)
	}
	return v.Number
}

func (l *life) check(act string) {
	l.t.Helper()
	l.p = l.full(l.p.ID)
	live := 0
	if l.p.InForce != nil {
		live = l.p.InForce.Number
	}
	l.seen[l.db.Now()] = live
	if got := l.inForceAt(l.db.Now()); got != live {
		l.t.Errorf("after %s: version %d is in force, the page says %d", act, got, live)
	}
	args := pg.Args{"policy": l.p.ID}
	for what, sql := range map[string]string{
		"overlapping periods": `select count(*) from policy_periods a join policy_periods b on a.policy_id = b.policy_id
			and (a.version_id, a.valid_from) < (b.version_id, b.valid_from)
			and tstzrange(a.valid_from, a.valid_to) && tstzrange(b.valid_from, b.valid_to) where a.policy_id = @policy`,
		"gaps in the numbers": `select max(number) - count(*) from policy_versions where policy_id = @policy`,
		"open periods too many": `select abs((select count(*) from policy_periods where policy_id = @policy and valid_to is null)
			- (select count(*) from policy_versions where policy_id = @policy and status = 'active'))`,
		"states that disagree": `select count(*) from policies p where p.id = @policy and p.status <> case
			when exists (select 1 from policy_versions v where v.policy_id = p.id and v.status = 'active') then 'active'
			when exists (select 1 from policy_versions v where v.policy_id = p.id and v.status = 'deactivated') then 'deactivated'
			else 'inactive' end`,
	} {
		if n := l.count(sql, args); n != 0 {
			l.t.Errorf("after %s: %d %s: %s", act, n, what, states(l.p))
		}
	}
}
