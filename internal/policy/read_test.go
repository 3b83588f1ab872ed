package policy_test

import (
	"fmt"
	"testing"
	"time"

	"portal/internal/pg"
	"portal/internal/policy"
)

// saves are many versions that were replaced, past the service.
func (o *office) saves(p policy.Full, n int) {
	o.t.Helper()
	o.exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
		select gen_random_uuid(), @policy, (select max(number) from policy_versions where policy_id = @policy) + n, '{}', 'replaced', 0,
			@by, @by, @now, @now from generate_series(1, @n) n`,
		pg.Args{"policy": p.ID, "by": o.ada.User, "now": o.db.Now(), "n": n})
}

// However many versions a policy has, each knows when it was in force, and all
// can be listed.
func TestManyVersions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	from := o.db.Now()
	o.saves(p, 150)
	o.clock.Advance(time.Hour)
	f := o.rewrite(o.ada, o.full(p.ID), 1) // 152
	o.must(o.activate(o.max, p.ID, f.Version))
	o.saves(p, 130) // 282
	first, err := o.Version(t.Context(), p.ID, 1)
	if err != nil || len(first.Periods) != 1 || !first.Periods[0].From.Equal(from) || first.Periods[0].To == nil {
		t.Errorf("the first: %+v %v", first.Periods, err)
	}
	for at, want := range map[time.Time]int{from: 1, o.db.Now(): 152} {
		v, err := o.InForceAt(t.Context(), p.ID, at)
		if err != nil || v.Number != want || len(v.Periods) != 1 || v.Periods[0].From.After(at) || (v.Periods[0].To == nil) != (want == 152) {
			t.Errorf("at %s: %d %+v %v, want %d", at, v.Number, v.Periods, err, want)
		}
	}
	now := o.full(p.ID)
	if len(now.Versions) != 100 || now.InForce == nil || now.InForce.Number != 152 {
		t.Fatalf("%d versions, %+v in force", len(now.Versions), now.InForce)
	}
	seen, before := map[int]int{}, 283
	for before > 1 {
		page, err := o.Versions(t.Context(), p.ID, before)
		o.must(err)
		if len(page) == 0 || len(page) > 100 || page[0].Number != before-1 {
			t.Fatalf("before %d: %d versions", before, len(page))
		}
		for _, v := range page {
			seen[v.Number] += 1 + 10*len(v.Periods)
			before = v.Number
			if v.Document != "" {
				t.Errorf("version %d comes with its text", v.Number)
			}
		}
	}
	if len(seen) != 282 || seen[1] != 11 || seen[152] != 11 || seen[2] != 1 {
		t.Errorf("%d versions; %v", len(seen), fmt.Sprint(seen[1], seen[152], seen[2]))
	}
	if page, err := o.Versions(t.Context(), p.ID, 1); err != nil || len(page) != 0 {
		t.Errorf("before the first: %v %v", page, err)
	}
}

// A bundle is whole, and a version has its decisions however many came later.
func TestManyDecisions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	f := o.rewrite(o.ada, p, 1)
	o.must(o.activate(o.max, p.ID, f.Version))
	o.exec(`insert into policy_decisions (id, policy_id, version_id, author_id, last_editor_id, action, class, special, first, four_eyes,
			emergency, reason, picture, decided_by, decided_at)
		select gen_random_uuid(), policy_id, version_id, author_id, last_editor_id, action, class, special, first, four_eyes,
			emergency, reason, picture, decided_by, decided_at + n * interval '1 hour'
		from policy_decisions, generate_series(1, 120) n where version_id = @version`, pg.Args{"version": f.Waiting.ID})
	for number, want := range map[int]int{1: 1, 2: 100, 3: 0} {
		ds, err := o.DecisionsOf(t.Context(), p.ID, number)
		o.must(err)
		if len(ds) != want || want > 0 && ds[0].Number != number {
			t.Errorf("version %d: %d decisions, want %d", number, len(ds), want)
		}
	}
	if n := len(o.decisions(p.ID)); n != 100 {
		t.Errorf("%d decisions of the policy", n)
	}
	b, err := o.Bundle(t.Context(), p.ID, p.Kind)
	o.must(err)
	if len(b.Decisions) != 122 {
		t.Errorf("%d decisions in the bundle, want 122", len(b.Decisions))
	}
}
