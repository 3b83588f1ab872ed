package policy

import (
	"context"
	"errors"
	"strings"

	"portal/internal/mail"
	"portal/internal/pg"
)

// maxNoticed is how many policies one mail names.
const maxNoticed = 20

// errNothingDue ends a round that found nothing to say.
var errNothingDue = errors.New("nothing due")

// NoticeReviews tells everybody who may activate policies which ones have come
// within ReviewAhead days of their review date: one mail for all that are new,
// and each date once, however many replicas run this and however often they
// start again. It is background work.
func (s *Service) NoticeReviews(ctx context.Context) error {
	err := s.db.Housekeep(ctx, "notice reviews", func(tx *pg.Tx) error {
		names, err := pg.Values[string](ctx, tx, `
			with noticed as (
				insert into policy_review_notices (policy_id, review_on, sent_at)
				select id, review_on, @now from policies where status = 'active' and review_on <= @until
				on conflict do nothing returning policy_id, review_on)
			select p.name || chr(9) || to_char(n.review_on, 'YYYY-MM-DD') from noticed n join policies p on p.id = n.policy_id
			order by n.review_on, lower(p.name)`,
			pg.Args{"now": tx.Now(), "until": s.dayOf(tx.Now()).AddDate(0, 0, ReviewAhead)})
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return errNothingDue
		}
		if len(names) > maxNoticed {
			names = append(names[:maxNoticed], "…")
		}
		return tellStaff(ctx, tx, mail.PolicyReviewDue, nil, map[string]string{"Policies": strings.Join(names, "\n")})
	})
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}
