package device_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"portal/internal/approval"
	"portal/internal/device"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestEndingAndComingBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.works("X1")
	if err := o.Deactivate(t.Context(), o.nadia, d.ID, d.Version, " "); wrong(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	o.must(o.Deactivate(t.Context(), o.nadia, d.ID, d.Version, "Not sold any more."))
	o.must(o.Deactivate(t.Context(), o.nadia, d.ID, d.Version, "Not sold any more."))
	o.want(d.ID, "deactivated v3 s1: 1 submissions, 1 decisions, 3 events, 4 mails, 2 webhooks")
	if err := o.Reactivate(t.Context(), o.nadia, d.ID, 3, "Sold again."); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a provider: %v", err)
	}
	if err := o.Reactivate(t.Context(), o.ada, d.ID, 3, ""); wrong(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	o.Exec(`update sbis set expires_on = created_on + 1`, nil)
	if err := o.Reactivate(t.Context(), o.ada, d.ID, 3, "Sold again."); conflict(err) != "device.conflict.sbi_expired" {
		t.Errorf("its SBI is over: %v", err)
	}
	o.Exec(`update sbis set expires_on = created_on + 400`, nil)
	anew := o.waits("x1")
	if err := o.Reactivate(t.Context(), o.ada, d.ID, 3, "Sold again."); conflict(err) != "device.conflict.registered" {
		t.Errorf("the model is registered anew: %v", err)
	}
	o.must(o.Withdraw(t.Context(), o.nadia, anew.ID, 1))
	o.must(o.Reactivate(t.Context(), o.ada, d.ID, 3, "Sold again."))
	o.must(o.Reactivate(t.Context(), o.ada, d.ID, 3, "Sold again."))
	o.want(d.ID, "approved v4 s1: 1 submissions, 1 decisions, 4 events, 5 mails, 3 webhooks")
}

// states are the devices' states by model, in one line.
func (o *office) states() string {
	o.T.Helper()
	all, err := pg.Values[string](o.T.Context(), o.DB.Read(), `
		select model || ' ' || status || case when ended_with_sbi then '*' else '' end from devices order by model, id`, nil)
	o.must(err)
	return strings.Join(all, ", ")
}

func TestAnSBIEndsWithItsDevicesAndBringsBackExactlyThose(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.works("A")
	o.works("B")
	before := o.works("C")
	o.must(o.Deactivate(t.Context(), o.nadia, before.ID, before.Version, "Broken."))
	o.waits("D")
	returned := o.waits("E")
	ask, err := device.Things.RequestChanges(nil, "Please call.")
	o.must(err)
	o.must(o.Decide(t.Context(), o.ada, returned.ID, 1, ask))
	elsewhere := o.slap("Acme", "F")
	elsewhere.SBI = o.software(o.nadia, "2.0")
	o.must(o.Register(t.Context(), o.nadia, elsewhere))
	approved, pending, err := o.ReachOf(t.Context(), o.sbi)
	if err != nil || approved != 2 || pending != 2 {
		t.Errorf("%d approved, %d pending, %v", approved, pending, err)
	}
	if err := o.DeactivateSBI(t.Context(), o.nadia, o.sbi, o.version(o.sbi), ""); wrong(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := o.DeactivateSBI(t.Context(), o.nadia, o.sbi, 99, "Recalled."); conflict(err) != "sbi.conflict.moved.approved" {
		t.Errorf("an old page: %v", err)
	}
	events := o.Count("audit_log")
	v := o.version(o.sbi)
	o.must(o.DeactivateSBI(t.Context(), o.nadia, o.sbi, v, "Recalled."))
	o.must(o.DeactivateSBI(t.Context(), o.nadia, o.sbi, v, "Recalled."))
	want := "A deactivated*, B deactivated*, C deactivated, D withdrawn, E withdrawn, F pending_approval"
	if got := o.states(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := o.Count("audit_log") - events; n != 5 {
		t.Errorf("%d events of four devices and their SBI", n)
	}
	if n := o.Count(`webhook_events where type = 'device.deactivated'`); n != 3 {
		t.Errorf("other systems are told of %d", n)
	}
	o.waits2("B") // registered anew, for another SBI
	back, err := o.ReturningOf(t.Context(), o.sbi)
	if err != nil || back != (device.Returning{Back: 1, Stay: 1}) {
		t.Errorf("%+v %v", back, err)
	}
	if err := o.ReactivateSBI(t.Context(), o.nadia, o.sbi, v+1, "Found."); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a provider: %v", err)
	}
	o.must(o.ReactivateSBI(t.Context(), o.ada, o.sbi, v+1, "Found."))
	o.must(o.ReactivateSBI(t.Context(), o.ada, o.sbi, v+1, "Found."))
	want = "A approved, B deactivated, B pending_approval, C deactivated, D withdrawn, E withdrawn, F pending_approval"
	if got := o.states(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := o.Count(`webhook_events where type = 'device.reactivated'`); n != 1 {
		t.Errorf("other systems are told of %d", n)
	}
}

// What stayed behind once does not come back another time: two devices of one model
// would.
func TestAnSBIBringsBackOnlyWhatEndedWithItLast(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.works("B")
	o.must(o.DeactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Recalled."))
	o.waits2("B")
	o.must(o.ReactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Found."))
	o.Exec(`update devices set status = 'withdrawn', ended_at = now(), ended_by = (select id from users limit 1) where status = 'pending_approval'`, nil)
	o.works("B")
	for range 2 {
		o.must(o.DeactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Recalled."))
		if back, err := o.ReturningOf(t.Context(), o.sbi); err != nil || back != (device.Returning{Back: 1}) {
			t.Errorf("%+v %v", back, err)
		}
		o.must(o.ReactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Found."))
		if got, want := o.states(), "B deactivated, B withdrawn, B approved"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// An SBI that could not be approved now is not given its approval back either.
func TestAnSBIThatIsOverStaysDeactivated(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.works("A")
	o.must(o.DeactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Recalled."))
	o.Exec(`update sbis set expires_on = created_on + 1`, nil)
	if err := o.ReactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Found."); conflict(err) != "sbi.conflict.expired" {
		t.Errorf("its last day is over: %v", err)
	}
	o.Exec(`update sbis set expires_on = created_on + 400`, nil)
	o.Exec(`update partners set status = 'deactivated'`, nil)
	if err := o.ReactivateSBI(t.Context(), o.ada, o.sbi, o.version(o.sbi), "Found."); conflict(err) == "" {
		t.Errorf("its provider is deactivated: %v", err)
	}
	if got := o.states(); got != "A deactivated*" {
		t.Error(got)
	}
}

// waits2 registers a model for a third SBI.
func (o *office) waits2(model string) {
	o.T.Helper()
	in := o.slap("Acme", model)
	in.SBI = o.software(o.nadia, "3.0")
	o.must(o.Register(o.T.Context(), o.nadia, in))
}

func TestLIM4AnSBIBringsBackNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, 2)
	o.works("A")
	o.works("B")
	v := o.version(o.sbi)
	o.must(o.DeactivateSBI(t.Context(), o.ada, o.sbi, v, "Recalled."))
	o.waits2("C")
	if err := o.ReactivateSBI(t.Context(), o.ada, o.sbi, v+1, "Found."); conflict(err) != "device.conflict.too_many" {
		t.Errorf("%v", err)
	}
	if got := o.states(); got != "A deactivated*, B deactivated*, C pending_approval" {
		t.Error(got)
	}
}

// TestCON4NothingIsApprovedUnderAnSBIThatEnds: whoever is first, no approved device
// stands on an SBI that has ended.
func TestCON4NothingIsApprovedUnderAnSBIThatEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round := range 5 {
		sid := o.software(o.nadia, fmt.Sprintf("r%d", round))
		var all []device.Device
		for i := range 4 {
			in := o.slap("Acme", fmt.Sprintf("%d.%d", round, i))
			in.SBI = sid
			o.must(o.Register(t.Context(), o.nadia, in))
			all = append(all, o.now(in.ID))
		}
		for _, err := range o.atOnce(6, func(i int) error {
			switch {
			case i < 4:
				return o.Decide(t.Context(), o.ada, all[i].ID, 1, approval.Approve())
			case i == 4:
				return o.DeactivateSBI(t.Context(), o.bob, sid, 1, "Recalled.")
			}
			in := o.slap("Acme", fmt.Sprintf("%d.late", round))
			in.SBI = sid
			return o.Register(t.Context(), o.nadia, in)
		}) {
			if err != nil && !errors.Is(err, problem.ErrConflict) && wrong(err) != "sbi" {
				t.Error(err)
			}
		}
	}
	if n := o.Count(`devices d join sbis b on b.id = d.sbi_id where b.status = 'deactivated' and d.status in ('approved', 'pending_approval')`); n != 0 {
		t.Errorf("%d devices stand on an SBI that has ended", n)
	}
}

func TestMovingToAnotherSBI(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := o.works("A"), o.works("B")
	waiting := o.waits("C")
	to := o.software(o.nadia, "2.0")
	over := o.software(o.nadia, "0.1")
	o.Exec(`update sbis set expires_on = created_on + 1 where id = @id`, pg.Args{"id": over})
	if err := o.Move(t.Context(), o.nadia, a.ID, a.Version, over); wrong(err) != "sbi" {
		t.Errorf("to one that is over: %v", err)
	}
	if err := o.Move(t.Context(), o.nadia, waiting.ID, 1, to); conflict(err) != "approval.conflict.pending_approval" {
		t.Errorf("one that waits: %v", err)
	}
	o.must(o.Move(t.Context(), o.nadia, a.ID, a.Version, to))
	o.must(o.Move(t.Context(), o.nadia, a.ID, a.Version, to))
	o.want(a.ID, "approved v3 s1: 1 submissions, 1 decisions, 3 events, 3 mails, 2 webhooks")
	if now := o.now(a.ID); now.SBIID != to || now.SBIVersion != "2.0" || !now.Counts(o.Today()) {
		t.Errorf("%+v", now)
	}
	n, err := o.TakeOver(t.Context(), o.nadia, o.sbi, to)
	if err != nil || n != 1 || o.now(b.ID).SBIID != to || o.now(waiting.ID).SBIID != o.sbi {
		t.Errorf("%d were taken over, %v", n, err)
	}
	if n, err = o.TakeOver(t.Context(), o.nadia, o.sbi, to); err != nil || n != 0 {
		t.Errorf("a second click: %d, %v", n, err)
	}
	if n := o.Count(`webhook_events where type = 'device.moved' and data->>'sbi' = (select id::text from sbis where sbi_version = '2.0')`); n != 2 {
		t.Errorf("other systems are told of %d", n)
	}
	if _, err := o.TakeOver(t.Context(), o.ada, o.sbi, to); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("an admin: %v", err)
	}
}
