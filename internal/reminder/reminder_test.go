package reminder_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/account"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/reminder"
)

const (
	nadia = "nadia@acme.example"
	amina = "amina.haddad@office.test"
)

// TestLadder lives through the last weeks of a certificate, a day at a time and
// several runs a day.
func TestLadder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.certificate(acme, 32)
	told := map[int]string{}
	for left := 32; left >= -1; left-- {
		for range 3 {
			o.run()
		}
		for _, m := range o.mails() {
			if m.Recipient != nadia || told[left] != "" {
				t.Errorf("%d days before: %+v, after %q", left, m, told[left])
			}
			told[left] = m.Kind
		}
		o.clock.Advance(24 * time.Hour)
	}
	for left := -1; left <= 32; left++ {
		want := ""
		switch {
		case left >= 0 && left <= 3:
			want = "ends_last"
		case left >= 4 && left <= 10:
			want = "ends_daily"
		case left == 15 || left == 30:
			want = "ends_early"
		}
		if told[left] != want {
			t.Errorf("%d days before: %q, want %q", left, told[left], want)
		}
	}
}

func TestOneMailADayNamesAllThatEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, other := o.active("acme"), o.active("other")
	root := o.root(5)
	o.certificate(acme, 15)
	o.key(acme, o.grant(acme, "Border", 30), "till", 2)
	o.grant(acme, "Later", 200)
	o.grant(other, "Phones", 0)
	o.serviceAccount("checker", 10)
	o.certificate(other, 100, root)
	o.run()
	o.want("all at once",
		"ends_daily "+amina+": ca_certificate CN=Root 5; service_account checker 10",
		"ends_last "+nadia+": api_key till 2; certificate CN=acme 15; grant Border 30",
		"ends_last nadia@other.example: certificate CN=other 5; grant Phones 0")
	o.run()
	o.want("again")
}

// What is of no use any more, or never was, is not announced.
func TestWhatDoesNotCountIsNotAnnounced(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, gone := o.active("acme"), o.active("gone")
	o.certificate(acme, 5)   // its successor counts
	o.certificate(acme, 300) // uploaded at the same time, but later
	o.Exec(`update partner_certificates set uploaded_at = uploaded_at + interval '1 hour' where not_after > @soon`, pg.Args{"soon": o.DB.Now().AddDate(0, 1, 0)})
	g := o.grant(acme, "Paused", 5)
	o.key(acme, g, "paused", 5)
	o.Exec(`update policy_requests set paused_at = @now where id = @id`, pg.Args{"now": o.DB.Now(), "id": g})
	o.Exec(`update api_keys set paused_at = @now`, pg.Args{"now": o.DB.Now()})
	revoked := o.grant(acme, "Revoked", 5)
	o.key(acme, revoked, "of nothing", 5)
	o.Exec(`update policy_requests set status = 'revoked', ended_at = @now, ended_by = @by, ended_reason = 'x' where id = @id`,
		pg.Args{"now": o.DB.Now(), "by": o.admin.User, "id": revoked})
	o.key(acme, o.grant(acme, "Long", 200), "ended", -1)
	o.certificate(gone, 5)
	o.grant(gone, "Gone", 5)
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": gone.ID})
	out := o.root(5)
	o.Exec(`update ca_certificates set status = 'out_of_use', ended_at = @now, ended_by = @by where id = @id`, pg.Args{"now": o.DB.Now(), "by": o.admin.User, "id": out})
	o.run()
	o.want("nothing ends")
}

// A key that outlives its grant ends with it: the grant alone is announced.
func TestKeyEndsWithItsGrant(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.key(acme, o.grant(acme, "Border", 10), "longer", 15)
	o.run()
	o.want("ten days before", "ends_daily "+nadia+": grant Border 10")
}

// TestF11 lets many replicas begin at once: everybody is told once.
func TestF11ManyReplicasTellOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.certificate(acme, 3)
	o.serviceAccount("checker", 3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3 {
				if err := reminder.NewService(o.DB, time.UTC).Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	o.want("once each", "ends_last "+amina+": service_account checker 3", "ends_last "+nadia+": certificate CN=acme 3")
}

// A round that breaks leaves nothing behind, and the next one says everything.
func TestF11CrashBetweenNoticeAndMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.certificate(acme, 3)
	o.Exec(`alter table mail_outbox add constraint broken check (kind <> 'ends_last')`, nil)
	if err := reminder.NewService(o.DB, time.UTC).Run(t.Context()); err == nil {
		t.Fatal("the round did not fail")
	}
	if n := o.Count(`end_notices`); n != 0 {
		t.Errorf("%d notices stand without their mail", n)
	}
	o.Exec(`alter table mail_outbox drop constraint broken`, nil)
	o.run()
	o.want("after the crash", "ends_last "+nadia+": certificate CN=acme 3")
}

func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.certificate(acme, 40)
	o.run()
	o.want("far away")
	o.clock.Advance(28 * 24 * time.Hour) // down over the steps of 30 days
	o.run()
	o.want("12 days before: the step of 15 is the nearest", "ends_early "+nadia+": certificate CN=acme 12")
	o.clock.Advance(10 * 24 * time.Hour) // down from 10 to 2
	o.run()
	o.want("2 days before", "ends_last "+nadia+": certificate CN=acme 2")
	o.clock.Advance(-5 * 24 * time.Hour)
	o.run()
	o.want("a clock that goes back says nothing again")
	o.clock.Advance(6 * 24 * time.Hour)
	o.run()
	o.want("and goes on where it was", "ends_last "+nadia+": certificate CN=acme 1")
}

func TestRenewedThingHasALadderOfItsOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	g := o.grant(acme, "Border", 5)
	o.run()
	o.want("before", "ends_daily "+nadia+": grant Border 5")
	o.Exec(`update policy_requests set ends_on = @day where id = @id`, pg.Args{"day": o.day(365), "id": g})
	o.clock.Advance(24 * time.Hour)
	o.run()
	o.want("renewed")
	o.clock.Advance(334 * 24 * time.Hour)
	o.run()
	o.want("a year later", "ends_early "+nadia+": grant Border 30")
}

// The day begins and ends in the portal's zone, and nobody is told at night.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.at(time.Date(2027, 3, 3, 21, 30, 0, 0, time.UTC)) // 4 March, half past six
	o.grant(acme, "Border", 1)
	east := reminder.NewService(o.DB, time.FixedZone("east", 9*3600))
	run := func() {
		t.Helper()
		if err := east.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	run()
	o.want("before seven")
	o.clock.Advance(time.Hour)
	run()
	o.want("the last day there", "ends_last "+nadia+": grant Border 0")
}

// Who does not want to hear early hears on the last days all the same.
func TestRemindersThatAreSwitchedOff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.Exec(`insert into mail_optouts (user_id, topic, chosen_at) values (@user, 'endings_early', @now), (@user, 'endings_daily', @now)`,
		pg.Args{"user": acme.OwnerID, "now": o.DB.Now()})
	o.grant(acme, "Early", 15)
	o.grant(acme, "Daily", 5)
	o.run()
	o.want("nothing of it is wanted")
	o.grant(acme, "Last", 2)
	o.clock.Advance(24 * time.Hour)
	o.run()
	o.want("the last days alone", "ends_last "+nadia+": grant Last 1")
}

func TestWeeklySummary(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	svc := reminder.NewService(o.DB, time.UTC)
	monday := time.Date(2027, 3, 8, 6, 59, 0, 0, time.UTC)
	acme := o.active("acme")
	o.grant(acme, "Border", 7)
	o.run() // Wednesday, with a week that has something to say
	if got := summaries(o); got != "ends_partner\t1\t2027-03-10\tacme" {
		t.Errorf("in the first week: %q", got)
	}
	o.Pending("waiting", o.group)
	o.Exec(`insert into partner_reviews (id, partner_id, submission, decision, reason, decided_by, decided_at)
		values (@id, @partner, 1, 'approved', '', @by, @at)`,
		pg.Args{"id": acme.ID, "partner": acme.ID, "by": o.admin.User, "at": time.Date(2027, 3, 7, 23, 59, 0, 0, time.UTC)})
	o.at(monday)
	o.run()
	if got := summaries(o); got != "" {
		t.Errorf("before seven: %q", got)
	}
	o.clock.Advance(time.Minute)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := svc.Run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want := "waiting_registrations\t1\t2027-03-03|approved_registrations\t1\t|ends_partner\t1\t2027-03-10\tacme"
	if got := summaries(o); got != want {
		t.Errorf("on Monday:\n%q, want\n%q", got, want)
	}
	o.clock.Advance(3 * 24 * time.Hour)
	o.run()
	if got := summaries(o); got != "" {
		t.Errorf("again on Thursday: %q", got)
	}
}

// summaries are the lines of the weekly mails to the admin, and takes all mails
// away.
func summaries(o *office) string {
	var out []string
	for _, m := range o.outbox() {
		if m.Kind == string(mail.StaffWeekly) {
			out = append(out, strings.ReplaceAll(m.Params["Summary"], "\n", "|"))
		}
	}
	return strings.Join(out, " and ")
}

func TestWeekWithNothingToSayHasNoSummary(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.run()
	if got := o.outbox(); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	if n := o.Count(`reminder_rounds`); n != 2 {
		t.Errorf("%d rounds are remembered, want the day's and the week's", n)
	}
}

func TestSummaryCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Pending("waiting", o.group)
	accounts := account.NewService(o.DB, keys, nil, nil)
	if err := accounts.SetPreferences(t.Context(), o.admin, map[mail.Topic]bool{mail.WeeklySummary: false}); err != nil {
		t.Fatal(err)
	}
	o.run()
	if got := o.outbox(); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestPurgeForgetsWhatIsLongOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.active("acme")
	o.grant(acme, "Border", 5)
	o.run()
	purge := func(want string) {
		t.Helper()
		if err := reminder.Purge(t.Context(), o.DB); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(o.Count(`end_notices`), o.Count(`reminder_rounds`)); got != want {
			t.Errorf("%s notices and rounds are left, want %s", got, want)
		}
	}
	purge("1 2")
	o.clock.Advance(62 * 24 * time.Hour)
	purge("1 0") // what was announced ended later than the rounds were made
	o.clock.Advance(30 * 24 * time.Hour)
	purge("0 0")
}
