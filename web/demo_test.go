package web_test

import (
	"testing"

	"portal/internal/pg"
)

// Whoever opens the demonstration finds one of each thing that can happen to a
// policy.
func TestDemonstrationHasOneOfEach(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for what, sql := range map[string]string{
		"a policy with three versions and notes": `select count(*) from policies p where 3 <= (
			select count(*) from policy_versions v where v.policy_id = p.id and v.note <> '')`,
		"a restored version that waits": `select count(*) from policy_versions where origin = 1 and status = 'inactive'`,
		"a discarded policy":            `select count(*) from policies where status = 'discarded'`,
		"an emergency under review": `select count(*) from policy_reviews r join policy_decisions d on d.id = r.decision_id
			where d.emergency and d.reason <> '' and r.closed_at is null`,
		"a review that is due soon": `select count(*) from policies where status = 'active'
			and review_on between current_date + 1 and current_date + 60`,
	} {
		if n, err := pg.Value[int](t.Context(), c.App.DB.Read(), sql, nil); err != nil || n < 1 {
			t.Errorf("it lacks %s: %d %v", what, n, err)
		}
	}
}
