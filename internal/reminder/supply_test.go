package reminder_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/reminder"
)

// TestLadderOfSBIsAndChips lives through the last weeks of an SBI and of a chip's
// certificate, a day at a time: both are announced on the days of the ladder, last
// on the day itself, and what is over is left as it is.
func TestLadderOfSBIsAndChips(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens, fort := o.provider("lens", authz.DeviceProvider), o.provider("fort", authz.FTMProvider)
	sid, hid := o.sbi(lens, "2.1", 31), o.chip(fort, "F1", 31)
	told := map[string][]string{}
	for left := 31; left >= -2; left-- {
		o.run()
		for _, m := range o.mails() {
			told[m.Recipient] = append(told[m.Recipient], fmt.Sprintf("%d %s %s", left, m.Kind, m.Params["Path"]))
		}
		o.clock.Advance(24 * time.Hour)
	}
	var days []string
	for _, left := range []int{30, 15, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0} {
		kind := map[bool]string{true: "ends_early", false: "ends_daily"}[left > 10]
		if left <= 3 {
			kind = "ends_last"
		}
		days = append(days, fmt.Sprintf("%d %s ", left, kind))
	}
	for who, path := range map[string]string{lens.Email: "/sbis", fort.Email: "/ftm-chips"} {
		if got, want := strings.Join(told[who], "\n"), strings.Join(days, path+"\n")+path; got != want {
			t.Errorf("%s was told\n%s\nwant\n%s", who, got, want)
		}
	}
	if n := o.Count(`sbis where status = 'approved' and id = '`+sid.String()+`'`) + o.Count(`ftm_chips where status = 'approved' and id = '`+hid.String()+`'`); n != 2 {
		t.Error("what ended by itself changed its state")
	}
}

// Everything of one provider stands in one mail; a chip's certificate ends with the
// first of its chain; the new one that waits is no concern yet.
func TestOneMailNamesWhatAProviderSupplies(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens, fort := o.provider("lens", authz.DeviceProvider), o.provider("fort", authz.FTMProvider)
	o.sbi(lens, "2.1", 5)
	o.sbi(lens, "2.2", 30)
	o.certificate(lens, 15)
	root := o.root(3)
	h := o.chip(fort, "F1", 100, root)
	o.chipCertificate(fort, h, "waiting", 2)
	o.run()
	o.want("all at once",
		"ends_last "+amina+": ca_certificate CN=Root 3",
		"ends_last nadia@fort.example: ftm_chip Fort 3",
		"ends_daily nadia@lens.example: certificate CN=lens 15; sbi 2.1 5; sbi 2.2 30")
}

// A new certificate in service has a ladder of its own, and so has an SBI whose day
// moved.
func TestARenewedChipHasALadderOfItsOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	fort := o.provider("fort", authz.FTMProvider)
	h := o.chip(fort, "F1", 5)
	o.run()
	o.want("before", "ends_daily nadia@fort.example: ftm_chip Fort 5")
	o.Exec(`update ftm_chip_certificates set status = 'replaced' where chip_id = @chip`, pg.Args{"chip": h})
	o.chipCertificate(fort, h, "in_service", 31)
	o.clock.Advance(24 * time.Hour)
	o.run()
	o.want("the new one", "ends_early nadia@fort.example: ftm_chip Fort 30")
}

func TestSupplyThatDoesNotCountIsNotAnnounced(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens, fort, gone := o.provider("lens", authz.DeviceProvider), o.provider("fort", authz.FTMProvider), o.provider("gone", authz.DeviceProvider)
	set := func(table, status string, of uuid.UUID) {
		o.Exec(`update `+table+` set status = @s, ended_at = @now, ended_by = @by where id = @id`,
			pg.Args{"s": status, "now": o.DB.Now(), "by": o.admin.User, "id": of})
	}
	set("sbis", "deactivated", o.sbi(lens, "off", 5).UUID)
	o.Exec(`update sbis set status = 'rejected' where id = @id`, pg.Args{"id": o.sbi(lens, "rejected", 5)})
	o.Exec(`update sbis set status = 'pending_approval' where id = @id`, pg.Args{"id": o.sbi(lens, "waits", 5)})
	o.sbi(lens, "over", -1)
	o.sbi(lens, "later", 31)
	set("ftm_chips", "deactivated", o.chip(fort, "off", 5).UUID)
	o.Exec(`update ftm_chips set status = 'pending_approval' where id = @id`, pg.Args{"id": o.chip(fort, "waits", 5)})
	o.chip(fort, "over", -1)
	out := o.root(200)
	set("ca_certificates", "out_of_use", out.UUID)
	o.chip(fort, "orphan", 5, out)
	o.sbi(gone, "1.0", 5)
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": gone.ID})
	o.run()
	o.want("nothing of it counts")
}

func TestF11ManyReplicasTellProvidersOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sbi(o.provider("lens", authz.DeviceProvider), "2.1", 0)
	o.chip(o.provider("fort", authz.FTMProvider), "F1", 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := reminder.NewService(o.DB, time.UTC).Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	o.want("once each", "ends_last nadia@fort.example: ftm_chip Fort 1", "ends_last nadia@lens.example: sbi 2.1 0")
}

// decided is a decision on one of a provider's things at a moment, on a submission
// that was sent before.
func (o *office) decided(kind string, of uuid.UUID, p partner.Partner, decision string, at time.Time) {
	o.T.Helper()
	o.Exec(`insert into approval_submissions (kind, subject_id, number, answers, submitted_by, submitted_at)
		select @kind, @of, count(*) + 1, '{}', @by, @at from approval_submissions where kind = @kind and subject_id = @of`,
		pg.Args{"kind": kind, "of": of, "by": p.OwnerID, "at": at.Add(-time.Minute)})
	o.Exec(`insert into approval_decisions (id, kind, subject_id, submission, submitted_by, decision, reason, decided_by, decided_at)
		select @id, kind, subject_id, number, submitted_by, @decision, 'x', @admin, @at from approval_submissions
		where kind = @kind and subject_id = @of order by number desc limit 1`,
		pg.Args{"id": id.New[id.Review](), "kind": kind, "of": of, "decision": decision, "admin": o.admin.User, "at": at})
}

// device is one that was sent long ago.
func (o *office) device(p partner.Partner, sbi id.SBI, model, status string) id.Device {
	o.T.Helper()
	did, approved := id.New[id.Device](), any(nil)
	old := o.DB.Now().AddDate(0, -2, 0)
	if status == "approved" || status == "deactivated" {
		approved = old
	}
	args := pg.Args{"id": did, "partner": p.ID, "sbi": sbi, "model": model, "status": status, "by": p.OwnerID, "old": old, "approved": approved, "ended": nil, "ender": nil}
	if status == "deactivated" {
		args["ended"], args["ender"] = o.DB.Now(), o.admin.User
	}
	o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, ended_at, ended_by, registered_by,
			created_at, updated_at)
		select @id, @partner, @sbi, s.type_id, s.id, 'Lens', @model, @status, @old, @approved, @ended, @ender, @by, @old, @old
		from device_sub_types s order by s.position, s.id limit 1`, args)
	return did
}

// TestWeekOfProvidersIsCountedExactly: what waits now, and what was decided from
// Monday to Sunday, to the minute.
func TestWeekOfProvidersIsCountedExactly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens, fort := o.provider("lens", authz.DeviceProvider), o.provider("fort", authz.FTMProvider)
	monday := time.Date(2027, 3, 8, 7, 0, 0, 0, time.UTC)
	first, last := monday.AddDate(0, 0, -7).Add(-7*time.Hour), monday.Add(-7*time.Hour-time.Minute)
	o.run()
	o.outbox()
	s1, s2, s3 := o.sbi(lens, "1.0", 300), o.sbi(lens, "2.0", 300), o.sbi(lens, "3.0", 300)
	o.Exec(`update sbis set status = 'pending_approval', submitted_at = @at where id = @id`, pg.Args{"id": s2, "at": time.Date(2027, 3, 4, 23, 0, 0, 0, time.UTC)})
	o.decided("sbi", s1.UUID, lens, "changes_requested", first.Add(-time.Minute)) // the week before
	o.decided("sbi", s1.UUID, lens, "approved", first)
	o.decided("sbi", s2.UUID, lens, "changes_requested", last)
	o.decided("sbi", s3.UUID, lens, "rejected", last.Add(time.Minute)) // this week
	for i, decision := range []string{"approved", "approved", "rejected"} {
		o.decided("device", o.device(lens, s1, fmt.Sprint("D", i), decision).UUID, lens, decision, last)
	}
	o.device(lens, s1, "W1", "pending_approval")
	o.device(lens, s1, "W2", "pending_approval")
	gone := o.device(lens, s1, "off", "deactivated")
	o.Exec(`update devices set ended_at = @at where id = @id`, pg.Args{"at": first, "id": gone})
	h1, h2 := o.chip(fort, "F1", 300), o.chip(fort, "F2", 300)
	o.decided("ftm_chip", h1.UUID, fort, "approved", last)
	o.Exec(`update ftm_chip_certificates set decided_at = @at where chip_id = @id`, pg.Args{"at": last, "id": h1}) // with its chip
	o.Exec(`update ftm_chip_certificates set decided_at = @at where chip_id = @id`, pg.Args{"at": first, "id": h2})
	o.chipCertificate(fort, h2, "waiting", 400)
	o.chipCertificate(fort, h2, "refused", 400)
	o.Exec(`update ftm_chip_certificates set decided_at = @at where status = 'refused'`, pg.Args{"at": first})
	o.at(monday)
	var wg sync.WaitGroup
	for range 2 { // two replicas
		wg.Go(func() {
			if err := reminder.NewService(o.DB, time.UTC).Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := []string{
		"waiting_sbis\t1\t2027-03-04", "waiting_devices\t2\t2027-01-03", "waiting_chip_certificates\t1\t2026-03-03",
		"approved_sbis\t1\t", "changes_requested_sbis\t1\t", "approved_devices\t2\t", "rejected_devices\t1\t",
		"approved_chips\t1\t", "approved_chip_certificates\t1\t", "refused_chip_certificates\t1\t", "deactivated_devices\t1\t",
	}
	got := map[string]bool{}
	for _, line := range strings.Split(summaries(o), "|") {
		got[line] = true
	}
	for _, line := range want {
		if !got[line] {
			t.Errorf("the summary lacks %q", line)
		}
		delete(got, line)
	}
	if len(got) > 0 {
		t.Errorf("the summary also says %v", got)
	}
}
