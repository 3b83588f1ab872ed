package device_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

// office is a portal with two admins and a Device Provider that has an SBI.
type office struct {
	*device.Service
	partnertest.World
	clock    *pgtest.Clock
	ada, bob authz.Actor // Partner Admins
	nadia    authz.Actor // of the provider
	sbi      id.SBI      // of the provider, approved
	types    devicetype.Types
}

func newOffice(t testing.TB) *office { return newOfficeOf(t, 100) }

// newOfficeOf is an office in which a provider may have so many devices.
func newOfficeOf(t testing.TB, most int) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{Service: device.NewService(db, time.UTC, most), World: partnertest.World{T: t, DB: db}, clock: clock}
	o.ada, o.bob = o.Staff("Ada North", "en", authz.PartnerAdmin), o.Staff("Bob South", "en", authz.PartnerAdmin)
	o.nadia = o.provider("Optic")
	o.sbi = o.software(o.nadia, "1.0")
	var err error
	o.types, err = devicetype.Load(t.Context(), db.Read())
	o.must(err)
	return o
}

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

// provider is somebody who acts for an active Device Provider.
func (o *office) provider(organisation string) authz.Actor {
	o.T.Helper()
	p := o.Pending(organisation, id.PolicyGroup{})
	o.must(partner.NewService(o.DB).Approve(o.T.Context(), o.ada, p.ID, p.Version))
	return partnertest.Person(p)
}

// software is an approved SBI of a provider that counts for a year.
func (o *office) software(a authz.Actor, version string) id.SBI {
	o.T.Helper()
	sid, now := id.New[id.SBI](), o.DB.Now()
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, decode(repeat('ab', 32), 'hex'), @today::date - 10, @today::date + 365, 'approved', 1, @now, @now, @by, @now, @now)`,
		pg.Args{"id": sid, "partner": a.Partner, "version": version, "today": pg.Day(now), "now": now, "by": a.User})
	o.Exec(`insert into approval_submissions (kind, subject_id, number, answers, submitted_by, submitted_at) values ('sbi', @id, 1, '{}', @by, @now)`,
		pg.Args{"id": sid, "by": a.User, "now": now})
	return sid
}

// version is the row version of an SBI.
func (o *office) version(sid id.SBI) int {
	o.T.Helper()
	n, err := pg.Value[int](o.T.Context(), o.DB.Read(), `select version from sbis where id = @id`, pg.Args{"id": sid})
	o.must(err)
	return n
}

// kind is the choice of a type and a sub-type by their codes.
func (o *office) kind(typeCode, subTypeCode string) string {
	o.T.Helper()
	t, s, ok := o.types.Find(typeCode, subTypeCode)
	if !ok {
		o.T.Fatalf("there is no %s %s", typeCode, subTypeCode)
	}
	return device.KindValue(t.ID, s.ID)
}

// slap is a form for a finger device of a make and a model.
func (o *office) slap(brand, model string) device.Input {
	o.T.Helper()
	return device.Input{ID: id.New[id.Device](), SBI: o.sbi, Kind: o.kind("Finger", "Slap"), Make: brand, Model: model}
}

// waits is a device of the provider that waits.
func (o *office) waits(model string) device.Device {
	o.T.Helper()
	in := o.slap("Acme", model)
	o.must(o.Register(o.T.Context(), o.nadia, in))
	return o.now(in.ID)
}

// works is an approved device.
func (o *office) works(model string) device.Device {
	o.T.Helper()
	d := o.waits(model)
	o.must(o.Decide(o.T.Context(), o.ada, d.ID, d.Version, approval.Approve()))
	return o.now(d.ID)
}

func (o *office) now(did id.Device) device.Device {
	o.T.Helper()
	d, err := o.Device(o.T.Context(), authz.Scope{All: true}, did)
	o.must(err)
	return d
}

// traces is what a device left behind, in one line.
func (o *office) traces(did id.Device) string {
	o.T.Helper()
	count := func(sql string) int {
		n, err := pg.Value[int](o.T.Context(), o.DB.Read(), `select count(*) from `+sql, pg.Args{"id": did.String()})
		o.must(err)
		return n
	}
	d := o.now(did)
	return fmt.Sprintf("%s v%d s%d: %d submissions, %d decisions, %d events, %d mails, %d webhooks", d.Status, d.Version, d.Submission,
		count(`approval_submissions where subject_id::text = @id`), count(`approval_decisions where subject_id::text = @id`),
		count(`audit_log where subject_kind = 'device' and result = 'done' and subject_id = @id`),
		count(`mail_outbox where params->>'Path' = '/devices/' || @id`),
		count(`webhook_events where data->>'device' = @id`))
}

func (o *office) want(did id.Device, traces string) {
	o.T.Helper()
	if got := o.traces(did); got != traces {
		o.T.Errorf("got  %s\nwant %s", got, traces)
	}
}

// conflict is the key of a conflict, "" for any other error.
func conflict(err error) string {
	var c *problem.ConflictError
	if errors.As(err, &c) {
		return c.Key
	}
	return ""
}

// wrong is the first field of an invalid input, "" for any other error.
func wrong(err error) string {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Fields[0].Name
	}
	return ""
}

// rejection is a ruling with a reason.
func rejection(reason string) approval.Ruling {
	r, err := approval.Reject(reason)
	if err != nil {
		panic(err) // the tests give one
	}
	return r
}

// denied counts the refusals in the log.
func (o *office) denied() int { return o.Count(`audit_log where result = 'denied'`) }

// atOnce runs n functions that all start at the same moment, on pools whose
// connections are open (security.md M16).
func (o *office) atOnce(n int, fn func(i int) error) []error {
	o.T.Helper()
	_ = together(8, func(int) error {
		return o.DB.Housekeep(context.Background(), "warm up", func(tx *pg.Tx) error {
			_, err := pg.Value[bool](context.Background(), tx, `select pg_sleep(0.02) is not null`, nil)
			return err
		})
	})
	return together(n, fn)
}

func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}
