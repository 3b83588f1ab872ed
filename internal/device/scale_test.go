package device_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

// statements remembers what was asked of the database.
type statements struct {
	mu  sync.Mutex
	all []pgx.TraceQueryStartData
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, d)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take gives what was asked since the last time.
func (s *statements) take() []pgx.TraceQueryStartData {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

// crowd is an office with so many devices of many providers: most are approved, one
// in twenty waits.
func crowd(t testing.TB, devices int) (*office, *statements) {
	t.Helper()
	asked := &statements{}
	db, clock := pgtest.NewTraced(t, asked)
	o := &office{Service: device.NewService(db, time.UTC, 1_000_000), World: partnertest.World{T: t, DB: db}, clock: clock}
	o.ada, o.bob = o.Staff("Ada North", "en", authz.PartnerAdmin), o.Staff("Bob South", "en", authz.PartnerAdmin)
	o.nadia = o.provider("Optic")
	o.sbi = o.software(o.nadia, "1.0")
	var err error
	o.types, err = devicetype.Load(t.Context(), db.Read())
	o.must(err)
	o.Exec(`insert into partners select (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'public_id', 'p' || g, 'organisation', 'Provider ' || g))).*
		from partners p, generate_series(1, 99) g`, nil)
	o.Exec(`insert into sbis select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'partner_id', p.id, 'sbi_version', v))).*
		from sbis s, partners p, unnest(array['1.0', '2.0']) v where p.id <> s.partner_id`, nil)
	const step = 2_000 // what one statement does within its time
	for from := 1; from <= devices; from += step {
		o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, ended_at, registered_by, created_at, updated_at)
			select gen_random_uuid(), b.partner_id, b.id, s.type_id, s.id, substr(md5((g % 500)::text), 1, 8), upper(substr(md5(g::text), 1, 10)), x.status,
				@now::timestamptz - g * interval '1 second', case when x.status in ('approved', 'deactivated') then @now::timestamptz end,
				case when x.status = 'deactivated' then @now::timestamptz end, @by, @now, @now
			from generate_series(@from::integer, @to::integer) g
			join (select row_number() over (order by id) - 1 as n, count(*) over () as of, b.* from sbis b) b on b.n = g % b.of
			join (select row_number() over (order by id) - 1 as n, count(*) over () as of, s.* from device_sub_types s) s on s.n = g % s.of
			cross join lateral (select case when g % 20 = 0 then 'pending_approval' when g % 50 = 1 then 'changes_requested'
				when g % 50 = 2 then 'rejected' when g % 50 = 3 then 'deactivated' else 'approved' end as status) x`,
			pg.Args{"now": db.Now(), "by": o.nadia.User, "from": from, "to": min(from+step-1, devices)})
	}
	for from := 0; from < devices; from += step {
		o.Exec(`insert into approval_submissions (kind, subject_id, number, answers, submitted_by, submitted_at)
			select 'device', id, 1, '{}', @by, submitted_at from devices order by id offset @from limit @step`, pg.Args{"by": o.nadia.User, "from": from, "step": step})
	}
	o.Exec(`select gin_clean_pending_list('devices_name_trgm_idx')`, nil)
	o.Exec(`analyze`, nil)
	return o, asked
}

// views are the pages of the list that somebody can ask for, each order and each
// filter once.
var views = []string{
	"", "sort=submitted", "sort=model", "sort=-model", "sort=provider", "sort=-provider", "sort=status", "sort=-status", "sort=waiting",
	"sort=waiting&status=pending_approval", "status=approved", "status=deactivated", "status=pending_approval&size=100",
	"type=Iris", "sub_type=Finger%2FSlap", "type=Face&status=pending_approval", "q=28DD2C79", "q=nothing+like+it", "make=28dd2c", "model=28DD2C",
	"provider=Provider+50", "provider=nobody", "sbi=2.0&sort=model", "assigned=nobody", "assigned=me", "page=40",
}

// TestListsNeverReadAllDevices looks at the plan of every statement of the list, as
// the database carries it out with many devices: none reads the whole table.
func TestListsNeverReadAllDevices(t *testing.T) {
	t.Parallel()
	const devices = 20_000
	o, asked := crowd(t, devices)
	ada, own := o.ada.Scope(), o.nadia.Scope()
	asked.take()
	run := func(what string, do func() error) {
		o.must(do())
		for _, s := range asked.take() {
			if !strings.Contains(s.SQL, "devices d") {
				continue
			}
			plan, err := pgx.CollectRows(queried(t, o, "explain (analyze, timing off, summary off) "+s.SQL, s.Args...), pgx.RowTo[string])
			o.must(err)
			if n := read(plan); n > devices/4 {
				t.Errorf("%s reads %d devices:\n%s\n%s", what, n, s.SQL, strings.Join(plan, "\n"))
			}
		}
		asked.take() // the plans themselves
	}
	for _, view := range views {
		q, err := url.ParseQuery(view)
		o.must(err)
		for who, scope := range map[string]authz.Scope{"admin": ada, "provider": own} {
			run(who+" ?"+view, func() error { _, err := o.Rows(t.Context(), scope, device.List.Parse(q)); return err })
		}
	}
	waiting, err := pg.One[struct {
		Device id.Device
		SBI    id.SBI
	}](t.Context(), o.DB.Read(), `select id as device, sbi_id as sbi from devices where status = 'pending_approval' limit 1`, nil)
	o.must(err)
	asked.take()
	run("a device's page", func() error { _, err := o.Review(t.Context(), ada, waiting.Device); return err })
	run("what waits of an SBI", func() error { _, err := o.OldestOf(t.Context(), ada, waiting.SBI, 100); return err })
}

var counted = regexp.MustCompile(`actual rows=(\d+)|Rows Removed by Filter: (\d+)`)

// read is how many rows a plan has read one after the other without an index. A
// count stops at its limit, and so may read from the beginning of the table.
func read(plan []string) int {
	n, inside := 0, false
	for _, line := range plan {
		if strings.Contains(line, "->") || strings.Contains(line, "Scan on") {
			inside = strings.Contains(line, "Seq Scan on devices")
		}
		if !inside {
			continue
		}
		for _, m := range counted.FindAllStringSubmatch(line, -1) {
			rows, _ := strconv.Atoi(m[1] + m[2]) // digits
			n += rows
		}
	}
	return n
}

func queried(t *testing.T, o *office, sql string, args ...any) pgx.Rows {
	t.Helper()
	rows, err := o.DB.Read().Query(t.Context(), sql, args...)
	o.must(err)
	return rows
}

// median is the time of the middle one of several runs.
func median(runs int, fn func()) float64 {
	times := make([]time.Duration, runs)
	for i := range times {
		start := time.Now()
		fn()
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return float64(times[runs/2].Microseconds()) / 1000
}

// BenchmarkDevices200k holds what people do with 200,000 devices against the same
// with 1,000: milliseconds of each, and how many times longer it takes.
func BenchmarkDevices200k(b *testing.B) {
	few, _ := crowd(b, 1000)
	many, _ := crowd(b, 200_000)
	compare := func(name string, runs int, fn func(o *office)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				small, large := median(runs, func() { fn(few) }), median(runs, func() { fn(many) })
				b.ReportMetric(small, "ms-1k")
				b.ReportMetric(large, "ms-200k")
				b.ReportMetric(large/small, "times")
			}
		})
	}
	for _, view := range views {
		q, err := url.ParseQuery(view)
		few.must(err)
		compare("list?"+view, 5, func(o *office) {
			_, err := o.Rows(context.Background(), o.ada.Scope(), device.List.Parse(q))
			o.must(err)
		})
	}
	compare("last-page", 3, func(o *office) {
		_, err := o.Rows(context.Background(), o.ada.Scope(), device.List.Parse(url.Values{"page": {"1000000"}}))
		o.must(err)
	})
	compare("own-list", 5, func(o *office) {
		_, err := o.Rows(context.Background(), o.nadia.Scope(), device.List.Parse(url.Values{"sort": {"model"}}))
		o.must(err)
	})
	compare("approve-100", 1, func(o *office) { approveSome(o, 100) })
	compare("import-5000", 1, func(o *office) { importSome(o, 5000) })
}

// approveSome approves devices of the pages that an admin would choose from.
func approveSome(o *office, n int) {
	ctx := context.Background()
	seen, err := pg.All[device.Seen](ctx, o.DB.Read(), `select id, version from devices where status = 'pending_approval' order by submitted_at desc limit @n`, pg.Args{"n": n})
	o.must(err)
	if len(seen) < n { // few have no more that wait: as many again
		o.Exec(`update devices set status = 'pending_approval', submission = submission + 1, submitted_at = submitted_at, version = version + 1
			where id in (select id from devices where status = 'approved' limit @n)`, pg.Args{"n": n})
		o.Exec(`insert into approval_submissions (kind, subject_id, number, answers, submitted_by, submitted_at)
			select 'device', d.id, d.submission, '{}', @by, d.submitted_at from devices d where d.status = 'pending_approval'
			on conflict do nothing`, pg.Args{"by": o.nadia.User})
		approveSome(o, n)
		return
	}
	outcomes, err := o.DecideMany(ctx, o.ada, seen, approval.Approve())
	o.must(err)
	if device.Done(outcomes) != n {
		o.T.Fatalf("%d of %d: %v", device.Done(outcomes), n, outcomes[0].Err)
	}
}

var imported int

// importSome sends a file, looks at it and registers it.
func importSome(o *office, n int) {
	ctx := context.Background()
	imported++
	var file strings.Builder
	file.WriteString(head)
	for i := range n {
		fmt.Fprintf(&file, "Finger,Slap,Acme %d,Reader %d\n", imported, i)
	}
	in := device.NewFile{ID: id.New[id.DeviceImport](), SBI: o.sbi, Name: "many.csv", Content: []byte(file.String())}
	start := time.Now()
	o.must(o.Upload(ctx, o.nadia, in))
	p, err := o.Preview(ctx, o.nadia, in.ID)
	o.must(err)
	looked := time.Since(start)
	o.must(o.Take(ctx, o.nadia, in.ID, p.Print()))
	o.T.Logf("%d lines: %s until the preview, %s to register", n, looked.Round(time.Millisecond), (time.Since(start) - looked).Round(time.Millisecond))
}
