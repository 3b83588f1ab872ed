package reminder

import (
	"context"
	"time"

	"github.com/google/uuid"

	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// found is a row of what ends: at a moment, or with a day.
type found struct {
	Kind      Kind
	ID        uuid.UUID
	PartnerID id.Partner
	Name      string
	Policy    string
	EndsAt    *time.Time
	EndsOn    *time.Time
	Since     time.Time
}

// ahead is everything that ends within so many days from today.
//
// It reads the tables of certificates, requests, keys, SBIs and chips: which of them
// end is one question over all of them. For a partner only the certificate that
// counts is announced, at the moment from which it does not
// count any more: when it ends, or the first certificate of its chain; and so the
// one in service of each approved chip. A key that
// outlives its grant ends with it, so the grant alone is announced; and an SBI
// alone, not its devices.
func (s *Service) ahead(ctx context.Context, tx *pg.Tx, today time.Time, days int) ([]ending, error) {
	until := today.AddDate(0, 0, days)
	rows, err := pg.All[found](ctx, tx, `
		with counting as (
			select distinct on (c.partner_id) c.id, c.partner_id, c.subject, c.uploaded_at,
				least(c.not_after, (select min(ca.not_after) from ca_certificates ca where ca.id = any(c.chain))) as ends_at
			from partner_certificates c join partners p on p.id = c.partner_id and p.status = 'active'
			where `+certificate.CountingIs+`
			order by c.partner_id, `+certificate.CountingFirst+`),
		chips as (
			select f.id, f.partner_id, f.make || ' ' || f.model as name, coalesce(c.decided_at, c.uploaded_at) as since,
				least(c.not_after, (select min(ca.not_after) from ca_certificates ca where ca.id = any(c.chain))) as ends_at
			from ftm_chips f join partners p on p.id = f.partner_id join ftm_chip_certificates c on c.chip_id = f.id
			where `+standing.FTMChipCounts+`)
		select 'certificate' as kind, id, partner_id, subject as name, '' as policy, ends_at, null::date as ends_on, uploaded_at as since
		from counting where ends_at < @before
		union all
		select 'ca_certificate', id, null, subject, '', not_after, null, coalesce(decided_at, proposed_at)
		from ca_certificates where status = 'in_use' and not_after > @now and not_after < @before
		union all
		select 'grant', r.id, r.partner_id, o.name, '', null, r.ends_on, r.approved_at
		from policy_requests r join partners p on p.id = r.partner_id and p.status = 'active' join policies o on o.id = r.policy_id
		where r.status = 'approved' and r.paused_at is null and r.ends_on between @today and @until
		union all
		select 'api_key', k.id, k.partner_id, k.label, o.name, null, k.ends_on, k.created_at
		from api_keys k join partners p on p.id = k.partner_id and p.status = 'active'
		join policy_requests r on r.id = k.request_id and r.status = 'approved' join policies o on o.id = r.policy_id
		where k.status = 'active' and k.paused_at is null and k.ends_on between @today and @until and k.ends_on <= r.ends_on
		union all
		select 'service_account', id, null, name, '', null, ends_on, created_at
		from service_accounts where status = 'active' and ends_on between @today and @until
		union all
		select 'sbi', s.id, s.partner_id, s.sbi_version, '', null, s.expires_on, s.approved_at
		from sbis s join partners p on p.id = s.partner_id where `+standing.SBICounts+` and s.expires_on <= @until
		union all
		select 'ftm_chip', id, partner_id, name, '', ends_at, null, since from chips where ends_at < @before
		order by 1, 2`,
		pg.Args{"now": tx.Now(), "before": until.AddDate(0, 0, 2), "today": today, "until": until})
	if err != nil {
		return nil, err
	}
	var all []ending
	for _, r := range rows {
		e := ending{Kind: r.Kind, ID: r.ID, Partner: r.PartnerID, Name: r.Name, Policy: r.Policy, Since: pg.Day(r.Since.In(s.zone))}
		if r.EndsAt != nil {
			e.On = pg.Day(r.EndsAt.In(s.zone))
		} else {
			e.On = *r.EndsOn
		}
		if left := daysBetween(today, e.On); left >= 0 && left <= days {
			all = append(all, e)
		}
	}
	return all, nil
}
