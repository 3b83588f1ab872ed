package policy

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
)

// maxNoticed is how many policies one mail names.
const maxNoticed = 20

// NoticeReviews tells everybody who may activate policies which ones have come
// within ReviewAhead days of their review date: one mail for all that are new,
// and each date once. It also reminds them of emergencies that nobody reviewed
// in time, each on the first day that is too late and then once a week. Nothing
// is told twice, however many replicas run this and however often they start
// again. It is background work.
func (s *Service) NoticeReviews(ctx context.Context) error {
	return errors.Join(
		s.notice(ctx, "notice reviews", noticeDue),
		s.notice(ctx, "remind of emergency reviews", remindOverdue))
}

func (s *Service) notice(ctx context.Context, what string, do func(context.Context, *pg.Tx, time.Time) error) error {
	return s.db.Housekeep(ctx, what, func(tx *pg.Tx) error { return do(ctx, tx, s.dayOf(tx.Now())) })
}

func noticeDue(ctx context.Context, tx *pg.Tx, today time.Time) error {
	names, err := pg.Values[string](ctx, tx, `
		with noticed as (
			insert into policy_review_notices (policy_id, review_on, sent_at)
			select id, review_on, @now from policies where status = 'active' and review_on <= @until
			on conflict do nothing returning policy_id, review_on)
		select p.name || chr(9) || to_char(n.review_on, 'YYYY-MM-DD') from noticed n join policies p on p.id = n.policy_id
		order by n.review_on, lower(p.name)`,
		pg.Args{"now": tx.Now(), "until": today.AddDate(0, 0, ReviewAhead)})
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return pg.ErrNothing
	}
	if len(names) > maxNoticed {
		names = append(names[:maxNoticed], "…")
	}
	return account.TellStaff(ctx, tx, authz.PolicyActivate, mail.PolicyReviewDue, id.User{}, map[string]string{"Policies": strings.Join(names, "\n")})
}

// remindOverdue sends one mail for each emergency. Weeks count from the first
// day after the due day; one in which nothing ran is not made up for.
func remindOverdue(ctx context.Context, tx *pg.Tx, today time.Time) error {
	late, err := pg.All[struct {
		ID     id.PolicyReview
		Policy string
		Number int
		Actor  string
		DueOn  time.Time
	}](ctx, tx, `
		with reminded as (
			insert into policy_review_reminders (review_id, week, sent_at)
			select id, (@today::date - due_on - 1) / 7, @now from policy_reviews
			where kind = 'emergency' and closed_at is null and due_on < @today
			on conflict do nothing returning review_id)
		select r.id, p.name as policy, v.number, btrim(o.first_name || ' ' || o.last_name) as actor, r.due_on
		from reminded m join policy_reviews r on r.id = m.review_id join policies p on p.id = r.policy_id
		join policy_decisions d on d.id = r.decision_id join policy_versions v on v.id = d.version_id
		join users o on o.id = r.opened_by order by r.due_on, r.id`,
		pg.Args{"now": tx.Now(), "today": today})
	if err != nil {
		return err
	}
	if len(late) == 0 {
		return pg.ErrNothing
	}
	for _, r := range late {
		err := account.TellStaff(ctx, tx, authz.PolicyActivate, mail.PolicyReviewOverdue, id.User{}, map[string]string{
			"Policy": r.Policy, "Version": strconv.Itoa(r.Number), "Actor": r.Actor, "Due": dayText(r.DueOn), "Review": r.ID.String(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
