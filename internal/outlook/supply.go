package outlook

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// Bound is how far the number of what may be many is counted, as lists do
// (measured.md §6): a number above it stands for "more than Bound".
const Bound = 1000

// bounded counts what from and its conditions leave, up to one more than Bound.
func bounded(from string) string {
	return `(select count(*) from (select 1 from ` + from + ` limit @bound) as counted)::int`
}

// DeviceSide is how a Device Provider stands with its SBIs and devices.
type DeviceSide struct {
	SBIDrafts       int
	SBIPending      int        // wait for an admin
	SBIPendingSince *time.Time // the oldest of them
	SBIReturned     int        // wait for the provider
	SBIs            int        // approved, and not over
	SBIsEnding      int        // of these, within Days
	SBIsEnded       int        // approved, and over: devices with them do not count
	SBILastEnd      *time.Time // the day on which the last of those ended

	Devices            int // approved, with an SBI that is not over; at most Bound+1, as the next two
	DevicePending      int
	DevicePendingSince *time.Time
	DeviceReturned     int
}

// ChipSide is how an FTM Provider stands with its chips.
type ChipSide struct {
	ChipsBare        int // without a certificate nobody can approve them
	ChipPending      int
	ChipPendingSince *time.Time
	ChipReturned     int
	Chips            int // approved, with a certificate in service that stands
	ChipsEnding      int // of these, whose certificate ends within Days
	ChipsLost        int // approved, but their certificate does not stand any more
	ChipsExpired     int // of these, because it has expired
	ChipRenewals     int // approved, with a new certificate that waits
}

// Supply is what a provider of devices or chips has; the other half is empty.
type Supply struct {
	DeviceSide
	ChipSide
}

// Supply counts what a provider of devices or chips has, in one statement; nothing
// for other types. It looks at the things alone: while the partner is deactivated
// none of them counts.
func (s *Service) Supply(ctx context.Context, pid id.Partner, kind authz.Role) (sup Supply, err error) {
	args := s.at()
	args["partner"] = pid
	switch kind { //nolint:exhaustive // only these two types supply something
	case authz.DeviceProvider:
		delete(args, "now")
		delete(args, "soon")
		args["bound"] = Bound + 1
		sup.DeviceSide, err = pg.One[DeviceSide](ctx, s.db.Read(), deviceSideSQL, args)
	case authz.FTMProvider:
		delete(args, "today")
		delete(args, "last")
		sup.ChipSide, err = pg.One[ChipSide](ctx, s.db.Read(), chipSideSQL, args)
	}
	return sup, err
}

// Devices are reached through their provider's few SBIs: that is an index's
// stretch each, however many devices there are.
var deviceSideSQL = `with own as (select id, status, submitted_at, expires_on from sbis where partner_id = @partner)
	select
		count(*) filter (where status = 'draft')::int as sbi_drafts,
		count(*) filter (where status = 'pending_approval')::int as sbi_pending,
		min(submitted_at) filter (where status = 'pending_approval') as sbi_pending_since,
		count(*) filter (where status = 'changes_requested')::int as sbi_returned,
		count(*) filter (where status = 'approved' and expires_on >= @today)::int as sbis,
		count(*) filter (where status = 'approved' and expires_on between @today and @last)::int as sbis_ending,
		count(*) filter (where status = 'approved' and expires_on < @today)::int as sbis_ended,
		max(expires_on) filter (where status = 'approved' and expires_on < @today) as sbi_last_end,
		` + bounded(`own s join devices d on d.sbi_id = s.id and d.status = 'approved' where s.status = 'approved' and s.expires_on >= @today`) + ` as devices,
		` + bounded(`own s join devices d on d.sbi_id = s.id and d.status = 'pending_approval'`) + ` as device_pending,
		(select min(d.submitted_at) from own s cross join lateral
			(select submitted_at from devices where sbi_id = s.id and status = 'pending_approval' order by submitted_at limit 1) as d) as device_pending_since,
		` + bounded(`own s join devices d on d.sbi_id = s.id and d.status = 'changes_requested'`) + ` as device_returned
	from own`

const chipSideSQL = `select
		count(*) filter (where h.status = 'pending_certificate')::int as chips_bare,
		count(*) filter (where h.status = 'pending_approval')::int as chip_pending,
		min(h.submitted_at) filter (where h.status = 'pending_approval') as chip_pending_since,
		count(*) filter (where h.status = 'changes_requested')::int as chip_returned,
		count(*) filter (where h.status = 'approved' and ok.yes)::int as chips,
		count(*) filter (where h.status = 'approved' and ok.yes and ok.not_after <= @soon)::int as chips_ending,
		count(*) filter (where h.status = 'approved' and ok.yes is null)::int as chips_lost,
		count(*) filter (where h.status = 'approved' and exists (select 1 from ftm_chip_certificates o
			where o.chip_id = h.id and o.status = 'in_service' and o.not_after <= @now))::int as chips_expired,
		count(*) filter (where h.status = 'approved' and exists (select 1 from ftm_chip_certificates n
			where n.chip_id = h.id and n.status = 'waiting'))::int as chip_renewals
	from ftm_chips h left join lateral
		(select true as yes, c.not_after from ftm_chip_certificates c where c.chip_id = h.id and ` + standing.CertificateCounts + `) as ok on true
	where h.partner_id = @partner`
