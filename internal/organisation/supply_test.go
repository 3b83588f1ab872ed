package organisation

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
)

// provider is an active partner that supplies something.
func (o *office) provider(name string, kind authz.Role) partner.Partner {
	o.t.Helper()
	p := o.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = kind })
	o.Exec(`update partners set status = 'active', version = version + 1 where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

// sbi is one in a state with its last day, with devices in states.
func (o *office) sbi(p partner.Partner, version, status, lastDay string, devices ...string) {
	o.t.Helper()
	sid := id.New[id.SBI]()
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, decode(repeat('00', 32), 'hex'), '2020-01-01', @last, @status, 1, @now, @now, @by, @now, @now)`,
		pg.Args{"id": sid, "partner": p.ID, "version": version, "status": status, "last": lastDay, "by": p.OwnerID, "now": o.DB.Now()})
	for i, status := range devices {
		o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
			select @id, @partner, @sbi, s.type_id, s.id, 'Lens', @model, @status, @now, @now, @by, @now, @now from device_sub_types s order by s.id limit 1`,
			pg.Args{"id": id.New[id.Device](), "partner": p.ID, "sbi": sid, "model": version + string(rune('a'+i)), "status": status, "by": p.OwnerID, "now": o.DB.Now()})
	}
}

func (o *office) chip(p partner.Partner, model, status string, days int, chain ...uuid.UUID) {
	o.t.Helper()
	hid := id.New[id.FTMChip]()
	if chain == nil {
		chain = []uuid.UUID{}
	}
	now := o.DB.Now()
	o.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Fort', @model, @status, 1, @now, @now, @by, @now, @now)`,
		pg.Args{"id": hid, "partner": p.ID, "model": model, "status": status, "by": p.OwnerID, "now": now})
	for _, standing := range []string{"in_service", "waiting"} {
		o.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
				original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
			values (@id, @chip, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @old, @end, sha256(@mark::bytea), sha256(@mark::bytea), 'x', 'x', @chain, @status, @by, @old, @admin, @old)`,
			pg.Args{
				"id": id.New[id.FTMChipCertificate](), "chip": hid, "partner": p.ID, "status": standing, "old": now.AddDate(-2, 0, 0), "end": now.AddDate(0, 0, days),
				"mark": []byte(model + standing), "chain": chain, "by": p.OwnerID, "admin": o.admin.User,
			})
	}
}

// TestWhatAProviderSuppliesStopsAndCountsAgain: a deactivation says how many SBIs,
// devices and chips stop counting, writes nothing to them, and the re-activation
// says how many count again on that day.
func TestWhatAProviderSuppliesStopsAndCountsAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	lens, fort := o.provider("Lens", authz.DeviceProvider), o.provider("Fort", authz.FTMProvider)
	day := func(days int) string { return o.DB.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	o.sbi(lens, "1", "approved", day(300), "approved", "approved", "pending_approval", "rejected")
	o.sbi(lens, "2", "approved", day(0), "approved") // its last day
	o.sbi(lens, "3", "approved", day(-1), "approved")
	o.sbi(lens, "4", "pending_approval", day(300), "pending_approval")
	o.chip(fort, "F1", "approved", 300)
	o.chip(fort, "F2", "approved", -1)
	o.chip(fort, "F3", "approved", 300, uuid.New()) // its chain is gone
	o.chip(fort, "F4", "pending_approval", 300)
	for _, c := range []struct {
		of  partner.Partner
		now Supply
	}{
		{lens, Supply{SBIs: 2, Devices: 3}},
		{fort, Supply{Chips: 1}},
	} {
		before, err := o.Impact(ctx, o.admin.Scope(), c.of.ID)
		if err != nil || before.Supply != c.now {
			t.Errorf("%s: impact %+v %v, want %+v", c.of.Organisation, before.Supply, err, c.now)
		}
		rows := `(select count(*) from sbis where version > 1) + (select count(*) from devices where version > 1) + (select count(*) from ftm_chips where version > 1)`
		o.must(o.Deactivate(ctx, o.admin, c.of.ID, c.of.Version, why))
		if n := o.Count(`(select 1 where ` + rows + ` > 0) as written`); n != 0 {
			t.Errorf("%s: the deactivation wrote to what it supplies", c.of.Organisation)
		}
		if after, err := o.Impact(ctx, o.admin.Scope(), c.of.ID); err != nil || after.Supply != (Supply{}) {
			t.Errorf("%s, deactivated: impact %+v %v", c.of.Organisation, after.Supply, err)
		}
		if back, err := o.Return(ctx, o.admin.Scope(), c.of.ID); err != nil || back.Supply != c.now {
			t.Errorf("%s: return %+v %v, want %+v", c.of.Organisation, back.Supply, err, c.now)
		}
	}
	o.clock.Advance(24 * time.Hour)
	for pid, want := range map[id.Partner]Supply{lens.ID: {SBIs: 1, Devices: 2}, fort.ID: {Chips: 1}} {
		if back, err := o.Return(ctx, o.admin.Scope(), pid); err != nil || back.Supply != want {
			t.Errorf("a day later: return %+v %v, want %+v", back.Supply, err, want)
		}
	}
}

// TestTheDayIsThatOfThePortal: what ends today still counts where it is still
// today.
func TestTheDayIsThatOfThePortal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens := o.provider("Lens", authz.DeviceProvider)
	now := o.DB.Now()
	o.clock.Advance(time.Date(now.Year(), now.Month(), now.Day()+1, 1, 0, 0, 0, time.UTC).Sub(now)) // one in the morning
	o.sbi(lens, "1", "approved", o.DB.Now().AddDate(0, 0, -1).Format(time.DateOnly), "approved")
	for zone, want := range map[*time.Location]Supply{time.UTC: {}, time.FixedZone("west", -5*3600): {SBIs: 1, Devices: 1}} {
		got, err := o.WithZone(zone).Impact(t.Context(), o.admin.Scope(), lens.ID)
		if err != nil || got.Supply != want {
			t.Errorf("%s: %+v %v, want %+v", zone, got.Supply, err, want)
		}
	}
}
