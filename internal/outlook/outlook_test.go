package outlook_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

// statements remembers what was asked, to have it explained.
type statements struct {
	mu    sync.Mutex
	asked []pgx.TraceQueryStartData
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, data)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

type office struct {
	*outlook.Service
	partnertest.World
	asked *statements
	admin authz.Actor
	lens  partner.Partner // supplies devices
	fort  partner.Partner // supplies chips
}

func newOffice(t testing.TB) *office {
	t.Helper()
	asked := &statements{}
	db, clock := pgtest.NewTraced(t, asked)
	clock.Advance(time.Date(2027, 3, 3, 9, 0, 0, 0, time.UTC).Sub(clock.Now()))
	o := &office{Service: outlook.NewService(db, time.UTC), World: partnertest.World{T: t, DB: db}, asked: asked}
	o.admin = o.World.Staff("Ada Admin", "en", authz.PartnerAdmin)
	o.lens = o.provider("Lens", authz.DeviceProvider)
	o.fort = o.provider("Fort", authz.FTMProvider)
	return o
}

func (o *office) provider(name string, kind authz.Role) partner.Partner {
	o.T.Helper()
	p := o.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = kind })
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

func (o *office) at(days int) time.Time { return o.DB.Now().AddDate(0, 0, days) }

// sbi is one of Lens with its last day so many days from now, sent so many days ago.
func (o *office) sbi(version, status string, days, ago int) id.SBI {
	o.T.Helper()
	sid := id.New[id.SBI]()
	args := pg.Args{
		"id": sid, "partner": o.lens.ID, "version": version, "status": status, "last": o.at(days).Format(time.DateOnly),
		"sent": o.at(-ago), "n": 1, "by": o.lens.OwnerID, "now": o.DB.Now(),
	}
	if status == "draft" {
		args["sent"], args["n"] = nil, 0
	}
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, decode(repeat('00', 32), 'hex'), '2020-01-01', @last, @status, @n, @sent, @now, @by, @now, @now)`, args)
	return sid
}

// devices are n of them in one state, sent so many days ago.
func (o *office) devices(sbi id.SBI, status string, n, ago int) {
	o.T.Helper()
	o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select gen_random_uuid(), @partner, @sbi, s.type_id, s.id, 'Lens', left(md5(@mark || n), 30), @status, @sent, @sent, @by, @sent, @sent
		from generate_series(1, @n::int) n, (select * from device_sub_types order by id limit 1) s`,
		pg.Args{"partner": o.lens.ID, "sbi": sbi, "status": status, "n": n, "sent": o.at(-ago), "by": o.lens.OwnerID, "mark": fmt.Sprint(sbi, status, ago)})
}

// chip is one of Fort, sent so many days ago, with certificates by their state and
// the days until they end.
func (o *office) chip(model, status string, ago int, certs ...certificate) {
	o.T.Helper()
	hid := id.New[id.FTMChip]()
	args := pg.Args{"id": hid, "partner": o.fort.ID, "model": model, "status": status, "sent": o.at(-ago), "n": 1, "by": o.fort.OwnerID, "now": o.DB.Now()}
	if status == "pending_certificate" {
		args["sent"], args["n"] = nil, 0
	}
	o.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Fort', @model, @status, @n, @sent, @now, @by, @now, @now)`, args)
	for _, c := range certs {
		chain := []uuid.UUID{}
		if c.lost {
			chain = append(chain, uuid.New())
		}
		o.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
				original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
			values (@id, @chip, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @old, @end, sha256(@mark::bytea), sha256(@mark::bytea), 'x', 'x', @chain, @status, @by, @sent, @admin, @old)`,
			pg.Args{
				"id": id.New[id.FTMChipCertificate](), "chip": hid, "partner": o.fort.ID, "status": c.status, "old": o.at(-700), "end": o.at(c.days),
				"mark": []byte(model + c.status), "chain": chain, "by": o.fort.OwnerID, "admin": o.admin.User, "sent": o.at(-ago),
			})
	}
}

type certificate struct {
	status string
	days   int
	lost   bool // an authority above it is gone
}

// fill gives both providers something in every state.
func (o *office) fill() {
	o.sbi("draft", "draft", 300, 0)
	o.sbi("waits", "pending_approval", 300, 3)
	o.sbi("waits longer", "pending_approval", 300, 5)
	o.sbi("back", "changes_requested", 300, 5)
	o.sbi("no", "rejected", 300, 5)
	good := o.sbi("good", "approved", 31, 9)
	soon, last := o.sbi("soon", "approved", 30, 9), o.sbi("last day", "approved", 0, 9)
	over := o.sbi("over", "approved", -1, 9)
	o.sbi("long over", "approved", -40, 9)
	o.devices(good, "approved", 3, 9)
	o.devices(soon, "approved", 2, 9)
	o.devices(last, "approved", 1, 9)
	o.devices(over, "approved", 5, 9)
	o.devices(over, "pending_approval", 1, 8)
	o.devices(good, "pending_approval", 2, 6)
	o.devices(good, "changes_requested", 2, 7)
	o.devices(good, "rejected", 2, 7)
	o.chip("bare", "pending_certificate", 0)
	o.chip("waits", "pending_approval", 2, certificate{status: "waiting", days: 300})
	o.chip("back", "changes_requested", 1, certificate{status: "waiting", days: 300})
	o.chip("no", "rejected", 1)
	o.chip("good", "approved", 4, certificate{status: "in_service", days: 31})
	o.chip("new", "approved", 4, certificate{status: "in_service", days: 30}, certificate{status: "waiting", days: 300})
	o.chip("expired", "approved", 7, certificate{status: "in_service", days: -1}, certificate{status: "waiting", days: 300})
	o.chip("lost", "approved", 4, certificate{status: "in_service", days: 20, lost: true})
}

func TestSupplyCountsWhatCountsNow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.fill()
	day := func(days int) *time.Time { d := o.at(days); return &d }
	end := pg.Day(o.at(-1))
	for _, c := range []struct {
		of   partner.Partner
		want outlook.Supply
	}{
		{o.lens, outlook.Supply{DeviceSide: outlook.DeviceSide{
			SBIDrafts: 1, SBIPending: 2, SBIPendingSince: day(-5), SBIReturned: 1, SBIs: 3, SBIsEnding: 2, SBIsEnded: 2, SBILastEnd: &end,
			Devices: 6, DevicePending: 3, DevicePendingSince: day(-8), DeviceReturned: 2,
		}}},
		{o.fort, outlook.Supply{ChipSide: outlook.ChipSide{
			ChipsBare: 1, ChipPending: 1, ChipPendingSince: day(-2), ChipReturned: 1, Chips: 2, ChipsEnding: 1, ChipsLost: 2, ChipsExpired: 1, ChipRenewals: 2,
		}}},
		{o.provider("Other", authz.DeviceProvider), outlook.Supply{}},
		{o.provider("Another", authz.FTMProvider), outlook.Supply{}},
	} {
		o.asked.asked = nil
		own, err := o.Own(t.Context(), c.of.ID, c.of.Type)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, own.Supply); diff != "" {
			t.Errorf("%s: %s", c.of.Organisation, diff)
		}
		if n := len(o.asked.asked); n != 2 {
			t.Errorf("%s: %d statements", c.of.Organisation, n)
		}
	}
}

func TestStaffCountsWhatWaitsAndWhatEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if got, err := o.Service.Staff(t.Context(), o.admin); err != nil || got != (outlook.Staff{}) {
		t.Errorf("nothing: %+v %v", got, err)
	}
	o.fill()
	day := func(days int) *time.Time { d := o.at(days); return &d }
	want := outlook.Staff{
		Waiting: outlook.Waiting{
			SBIs: 2, SBIsSince: day(-5), Devices: 3, DevicesSince: day(-8), Chips: 1, ChipsSince: day(-2),
			ChipCertificates: 2, ChipCertificatesSince: day(-7),
		},
		Ending: outlook.Ending{SBIsEnding: 2, ChipsEnding: 1},
	}
	got, err := o.Service.Staff(t.Context(), o.admin)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	o.Exec(`update partners set status = 'deactivated'`, nil)
	if got, err = o.Service.Staff(t.Context(), o.admin); err != nil || got.Ending != (outlook.Ending{}) || got.Devices != 3 {
		t.Errorf("of deactivated partners: %+v %v", got, err)
	}
}

var wholeTable = regexp.MustCompile(`Seq Scan on (devices|sbis|ftm_chips|ftm_chip_certificates)\b`)

// TestCountingStaysFlat: with many devices, no statement of a home page reads
// them all: what is many is counted up to the bound, by an index.
func TestCountingStaysFlat(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for n := range 20 {
		sid := o.sbi(fmt.Sprint("v", n), "approved", 300, 9)
		o.devices(sid, "approved", 900, 9)
		o.devices(sid, "pending_approval", 100, 8)
	}
	for _, table := range []string{"devices", "sbis", "ftm_chips", "ftm_chip_certificates"} {
		o.Exec("analyze "+table, nil)
	}
	o.asked.asked = nil
	staff, err := o.Service.Staff(t.Context(), o.admin)
	if err != nil || staff.Devices != outlook.Bound+1 {
		t.Errorf("staff: %d devices wait, %v", staff.Devices, err)
	}
	own, err := o.Own(t.Context(), o.lens.ID, o.lens.Type)
	if err != nil || own.Devices != outlook.Bound+1 || own.DevicePending != outlook.Bound+1 {
		t.Errorf("own: %+v, %v", own.DeviceSide, err)
	}
	if _, err = o.Own(t.Context(), o.fort.ID, o.fort.Type); err != nil {
		t.Error(err)
	}
	asked := o.asked.asked
	if len(asked) != 5 {
		t.Errorf("%d statements", len(asked))
	}
	err = o.DB.Housekeep(t.Context(), "explain", func(tx *pg.Tx) error {
		// Small tables may be read as a whole for less: what counts is that none has to be.
		if _, err := tx.Exec(t.Context(), "set local enable_seqscan = off", nil); err != nil {
			return err
		}
		for _, s := range asked {
			plan, err := pg.Values[string](t.Context(), tx, "explain "+s.SQL, s.Args[0].(pg.Args))
			if err != nil {
				return err
			}
			if text := strings.Join(plan, "\n"); wholeTable.MatchString(text) {
				t.Errorf("a whole table is read:\n%s\n%s", s.SQL, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
