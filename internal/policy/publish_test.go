package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"portal/internal/pg"
)

// Other systems are told of each version that comes into force or goes, and of
// nothing else.
func TestDecisionsArePublished(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("Sign-in") // written, then activated
	o.must(o.deactivate(o.max, p.ID, p.Version))
	p = o.full(p.ID)
	o.must(o.reactivate(o.max, p.ID, p.Version))
	p = o.rewrite(o.ada, o.full(p.ID), 1)
	if err := o.activate(o.ada, p.ID, p.Version); err == nil {
		t.Error("nobody activates their own words")
	}
	o.must(o.activate(o.max, p.ID, p.Version))
	o.discard(o.ada, o.rewrite(o.ada, o.full(p.ID), 2))
	got, err := pg.Values[string](t.Context(), o.db.Read(), `
		select type || ' ' || (data ->> 'name') || ' ' || (data ->> 'kind') || ' ' || (data ->> 'group') || ' ' || (data ->> 'version') from webhook_events
		where data ->> 'policy' = @policy order by position`, pg.Args{"policy": p.ID.String()})
	var want []string
	for _, w := range []string{"policy.activated 1", "policy.deactivated 1", "policy.activated 1", "policy.activated 2"} {
		var what string
		var n int
		_, _ = fmt.Sscan(w, &what, &n)
		want = append(want, fmt.Sprintf("%s Sign-in auth %s %d", what, p.GroupName, n))
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}
