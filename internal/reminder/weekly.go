package reminder

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
)

const (
	weekAhead   = 7  // days in which what ends is told
	maxPartners = 20 // how many partners a summary names
)

// fact is one line of the summary: how many of what, with the oldest day where
// that says something.
type fact struct {
	What  string
	Count int
	Since *time.Time
}

// weekly tells everybody who decides on partners what waits, what ends within a
// week, what was decided in the week before monday, and what could not be
// delivered. A week without any of that has no summary.
func (s *Service) weekly(ctx context.Context, tx *pg.Tx, monday time.Time) error {
	lines, err := s.summary(ctx, tx, monday)
	if err != nil || len(lines) == 0 {
		return err
	}
	return account.TellStaff(ctx, tx, authz.PartnerDecide, mail.StaffWeekly, id.User{},
		map[string]string{"Summary": strings.Join(lines, "\n"), "Path": "/home"})
}

func (s *Service) summary(ctx context.Context, tx *pg.Tx, monday time.Time) ([]string, error) {
	facts, err := s.facts(ctx, tx, monday)
	if err != nil {
		return nil, err
	}
	ends, err := s.endingLines(ctx, tx)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, f := range facts {
		if f.Count == 0 {
			continue
		}
		day := ""
		if f.Since != nil {
			day = pg.Day(f.Since.In(s.zone)).Format(time.DateOnly)
		}
		lines = append(lines, line(f.What, strconv.Itoa(f.Count), day))
	}
	return append(lines, ends...), nil
}

// A chip's first certificate is decided on with the chip; later ones stand apart.
const factsSQL = `
	select 'waiting_registrations' as what, count(*) as count, min(submitted_at) as since from partners where status = 'pending_approval'
	union all select 'waiting_requests', count(*), min(submitted_at) from policy_requests where status = 'pending_approval'
	union all select 'waiting_extensions', count(*), min(requested_at) from policy_request_extensions where decision is null
	union all select 'waiting_changes', count(*), min(submitted_at) from partner_changes where status = 'pending_approval'
	union all select 'waiting_sbis', count(*), min(submitted_at) from sbis where status = 'pending_approval'
	union all select 'waiting_devices', count(*), min(submitted_at) from devices where status = 'pending_approval'
	union all select 'waiting_chips', count(*), min(submitted_at) from ftm_chips where status = 'pending_approval'
	union all select 'waiting_chip_certificates', count(*), min(c.uploaded_at)
		from ftm_chip_certificates c join ftm_chips h on h.id = c.chip_id and h.status = 'approved' where c.status = 'waiting'
	union all select 'waiting_roots', count(*), min(proposed_at) from ca_certificates where status = 'waiting'
	union all select decision || '_registrations', count(*), null from partner_reviews where decided_at >= @from and decided_at < @to group by decision
	union all select decision || '_requests', count(*), null from policy_request_reviews where decided_at >= @from and decided_at < @to group by decision
	union all select case decision when 'extended' then 'extended_grants' else 'refused_extensions' end, count(*), null
		from policy_request_extensions where decided_at >= @from and decided_at < @to group by decision
	union all select decision || case kind when 'sbi' then '_sbis' when 'device' then '_devices' else '_chips' end, count(*), null
		from approval_decisions where decided_at >= @from and decided_at < @to group by kind, decision
	union all select case c.status when 'refused' then 'refused_chip_certificates' else 'approved_chip_certificates' end, count(*), null
		from ftm_chip_certificates c where c.status in ('in_service', 'replaced', 'refused') and c.decided_at >= @from and c.decided_at < @to
			and not exists (select 1 from approval_decisions d where d.kind = 'ftm_chip' and d.subject_id = c.chip_id and d.decided_at = c.decided_at)
		group by 1
	union all select 'deactivated_sbis', count(*), null from sbis where status = 'deactivated' and ended_at >= @from and ended_at < @to
	union all select 'deactivated_devices', count(*), null from devices where status = 'deactivated' and ended_at >= @from and ended_at < @to
	union all select 'deactivated_chips', count(*), null from ftm_chips where status = 'deactivated' and ended_at >= @from and ended_at < @to
	union all select 'revoked_grants', count(*), null from policy_requests where status = 'revoked' and ended_at >= @from and ended_at < @to
	union all select status || '_changes', count(*), null from partner_changes
		where status in ('approved', 'rejected') and ended_at >= @from and ended_at < @to group by status
	union all select 'deactivated_partners', count(*), null from partner_deactivations where deactivated_at >= @from and deactivated_at < @to
	union all select 'reactivated_partners', count(*), null from partner_deactivations where ended_at >= @from and ended_at < @to
	union all select 'policies_in_force', count(*), null from policy_decisions
		where action in ('activate', 'reactivate') and decided_at >= @from and decided_at < @to
	union all select 'policies_out_of_force', count(*), null from policy_decisions
		where action = 'deactivate' and decided_at >= @from and decided_at < @to
	union all select 'failed_mails', count(*), null from mail_outbox where status = 'failed'
	union all select 'failed_webhooks', count(*), null from webhook_deliveries where status = 'given_up' and created_at >= @from`

// facts counts over the tables of all areas: one mail, one question.
func (s *Service) facts(ctx context.Context, tx *pg.Tx, monday time.Time) ([]fact, error) {
	midnight := func(day time.Time) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, s.zone)
	}
	return pg.All[fact](ctx, tx, factsSQL,
		pg.Args{"from": midnight(monday.AddDate(0, 0, -7)), "to": midnight(monday)})
}

// endingLines are what ends within a week: one line for each partner with the
// first day, and one for what is staff's own.
func (s *Service) endingLines(ctx context.Context, tx *pg.Tx) ([]string, error) {
	all, err := s.ahead(ctx, tx, pg.Day(tx.Now().In(s.zone)), weekAhead)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b ending) int { return a.On.Compare(b.On) })
	count, first := map[id.Partner]int{}, []ending{}
	for _, e := range all {
		if count[e.Partner]++; count[e.Partner] == 1 {
			first = append(first, e)
		}
	}
	names, err := organisations(ctx, tx, first)
	if err != nil {
		return nil, err
	}
	var lines []string
	for i, e := range first {
		if i == maxPartners {
			return append(lines, line("ends_more", strconv.Itoa(len(first)-i))), nil
		}
		what := "ends_partner"
		if id.IsZero(e.Partner) {
			what = "ends_staff"
		}
		lines = append(lines, line(what, strconv.Itoa(count[e.Partner]), e.On.Format(time.DateOnly), names[e.Partner]))
	}
	return lines, nil
}

func organisations(ctx context.Context, q pg.Querier, of []ending) (map[id.Partner]string, error) {
	var ids []id.Partner
	for _, e := range of {
		ids = append(ids, e.Partner)
	}
	rows, err := pg.All[struct {
		ID           id.Partner
		Organisation string
	}](ctx, q, `select id, organisation from partners where id = any(@ids)`, pg.Args{"ids": ids})
	names := map[id.Partner]string{}
	for _, r := range rows {
		names[r.ID] = r.Organisation
	}
	return names, err
}
