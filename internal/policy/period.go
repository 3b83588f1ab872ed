package policy

import (
	"context"
	"strings"

	"portal/internal/id"
	"portal/internal/pg"
)

// supersede ends the version that was in force, or was last, in favour of next,
// and returns its number.
func supersede(ctx context.Context, tx *pg.Tx, next Version) (string, error) {
	numbers, err := pg.Values[string](ctx, tx, `
		update policy_versions set status = 'superseded'
		where policy_id = @policy and id <> @next and status in ('active', 'deactivated') returning number::text`,
		pg.Args{"policy": next.PolicyID, "next": next.ID})
	if err != nil {
		return "", err
	}
	return strings.Join(numbers, ", "), closePeriod(ctx, tx, next.PolicyID)
}

func closePeriod(ctx context.Context, tx *pg.Tx, pid id.Policy) error {
	_, err := tx.Exec(ctx, `
		update policy_periods set valid_to = greatest(@now, valid_from) where policy_id = @policy and valid_to is null`,
		pg.Args{"policy": pid, "now": tx.Now()})
	return err
}

// openPeriod starts a period where the last one ended, should the clocks of two
// machines disagree. A version that comes back at the very moment it went simply
// stays.
func openPeriod(ctx context.Context, tx *pg.Tx, v Version) error {
	_, err := tx.Exec(ctx, `
		insert into policy_periods (version_id, policy_id, valid_from)
		values (@version, @policy, greatest(@now, (select max(valid_to) from policy_periods where policy_id = @policy)))
		on conflict (version_id, valid_from) do update set valid_to = null`,
		pg.Args{"version": v.ID, "policy": v.PolicyID, "now": tx.Now()})
	return err
}
