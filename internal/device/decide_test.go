package device_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/state"
)

// The moves of the machine, written once more by hand.
func TestStatesMoveAsTheDesignSays(t *testing.T) {
	t.Parallel()
	type move [2]approval.Status
	allowed := map[move]bool{
		{approval.PendingApproval, approval.ChangesRequested}: true, {approval.PendingApproval, approval.Approved}: true,
		{approval.PendingApproval, approval.Rejected}: true, {approval.PendingApproval, approval.Withdrawn}: true,
		{approval.ChangesRequested, approval.PendingApproval}: true, {approval.ChangesRequested, approval.Withdrawn}: true,
		{approval.Approved, approval.Deactivated}: true, {approval.Deactivated, approval.Approved}: true,
	}
	for _, from := range device.Statuses.All() {
		for _, to := range device.Statuses.All() {
			if got := device.Statuses.Can(from, to); got != allowed[move{from, to}] {
				t.Errorf("%s → %s: %v", from, to, got)
			}
		}
	}
}

// Every way of moving a device, in every state: only what the machine allows
// happens, and anything else leaves nothing behind.
func TestEveryWayInEveryState(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ask, err := device.Things.RequestChanges(nil, "Please call.")
	o.must(err)
	ways := map[approval.Status]func(d device.Device) error{
		approval.Approved:         func(d device.Device) error { return o.Decide(t.Context(), o.ada, d.ID, d.Version, approval.Approve()) },
		approval.Rejected:         func(d device.Device) error { return o.Decide(t.Context(), o.ada, d.ID, d.Version, rejection("No.")) },
		approval.ChangesRequested: func(d device.Device) error { return o.Decide(t.Context(), o.ada, d.ID, d.Version, ask) },
		approval.Withdrawn:        func(d device.Device) error { return o.Withdraw(t.Context(), o.nadia, d.ID, d.Version) },
		approval.Deactivated:      func(d device.Device) error { return o.Deactivate(t.Context(), o.ada, d.ID, d.Version, "Broken.") },
		approval.PendingApproval: func(d device.Device) error {
			in := o.slap("Acme", d.Model+"'")
			in.ID = d.ID
			return o.Edit(t.Context(), o.nadia, d.Version, in)
		},
		"reactivated": func(d device.Device) error { return o.Reactivate(t.Context(), o.ada, d.ID, d.Version, "Repaired.") },
	}
	come := map[approval.Status][]approval.Status{
		approval.PendingApproval: {}, approval.ChangesRequested: {approval.ChangesRequested}, approval.Approved: {approval.Approved},
		approval.Rejected: {approval.Rejected}, approval.Withdrawn: {approval.Withdrawn}, approval.Deactivated: {approval.Approved, approval.Deactivated},
	}
	for from, path := range come {
		for to, way := range ways {
			d := o.waits(fmt.Sprintf("%.14s %.14s", from, to))
			for _, step := range path {
				o.must(ways[step](d))
				d = o.now(d.ID)
			}
			end := to
			may := device.Statuses.Can(from, to) && to != "reactivated"
			switch {
			case to == "reactivated":
				end, may = approval.Approved, from == approval.Deactivated
			case to == approval.Approved && from == approval.Deactivated:
				may = false // deciding is for what waits
			case to == approval.PendingApproval && from == approval.PendingApproval:
				may = true // sent again, before a decision
			}
			before := o.traces(d.ID)
			err := way(d)
			switch {
			case may && (err != nil || o.now(d.ID).Status != end):
				t.Errorf("%s → %s: %v, it is %s", from, to, err, o.now(d.ID).Status)
			case !may && err != nil && !errors.Is(err, problem.ErrConflict), !may && o.traces(d.ID) != before:
				t.Errorf("%s → %s: %v; before %s, now %s", from, to, err, before, o.traces(d.ID))
			}
		}
	}
	var move *state.MoveError
	if err := device.Statuses.Check(approval.Rejected, approval.Approved); !errors.As(err, &move) {
		t.Error(err)
	}
}

func TestApprovingIsStoredToldAndLogged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.works("X1")
	o.want(d.ID, "approved v2 s1: 1 submissions, 1 decisions, 2 events, 3 mails, 1 webhooks")
	data, err := pg.Value[string](t.Context(), o.DB.Read(), `select data::text from webhook_events where type = 'device.approved'`, nil)
	o.must(err)
	want := fmt.Sprintf(`{"sbi": "%s", "make": "Acme", "type": "Finger", "model": "X1", "device": "%s", "partner": "optic", "sub_type": "Slap", "partner_id": "%s"}`,
		o.sbi, d.ID, d.PartnerID)
	if data != want {
		t.Errorf("other systems are told %s, want %s", data, want)
	}
	if !d.Counts(o.Today()) {
		t.Error("it does not count")
	}
	for what, sql := range map[string]string{
		"a deactivated provider": `update partners set status = 'deactivated'`, "an SBI that is over": `update sbis set expires_on = created_on + 1`,
	} {
		o.Exec(sql, nil)
		if o.now(d.ID).Counts(o.Today()) {
			t.Errorf("%s: it counts", what)
		}
		o.Exec(`update partners set status = 'active'`, nil)
		o.Exec(`update sbis set expires_on = created_on + 400`, nil)
	}
	if !o.now(d.ID).Counts(o.Today()) {
		t.Error("it does not come back")
	}
}

func TestWhatCannotBeApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	for key, sql := range map[string]string{
		"approval.conflict.partner":   `update partners set status = 'deactivated'`,
		"device.conflict.sbi":         `update sbis set status = 'deactivated', ended_at = created_at`,
		"device.conflict.sbi_expired": `update sbis set expires_on = created_on + 1`,
	} {
		o.Exec(sql, nil)
		if err := o.Decide(t.Context(), o.ada, d.ID, 1, approval.Approve()); conflict(err) != key {
			t.Errorf("%s: %v", key, err)
		}
		o.Exec(`update partners set status = 'active'`, nil)
		o.Exec(`update sbis set status = 'approved', ended_at = null, expires_on = created_on + 400`, nil)
	}
	o.want(d.ID, "pending_approval v1 s1: 1 submissions, 0 decisions, 1 events, 2 mails, 0 webhooks")
	o.Exec(`update sbis set expires_on = created_on + 1`, nil)
	o.must(o.Decide(t.Context(), o.ada, d.ID, 1, rejection("Its SBI is over.")))
	if o.now(d.ID).Counts(o.Today()) || o.Count(`webhook_events where type like 'device.%'`) != 0 {
		t.Error("a rejected device is told of")
	}
}

func TestAUT6NobodyDecidesOnTheirOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	both := o.nadia // somebody who would hold both sides
	both.Roles = []authz.Role{authz.PartnerAdmin, authz.DeviceProvider}
	for _, who := range []authz.Actor{both, o.nadia} {
		n := o.denied()
		if err := o.Decide(t.Context(), who, d.ID, 1, approval.Approve()); !errors.Is(err, problem.ErrDenied) || o.denied() != n+1 {
			t.Errorf("%v: %v", who.Roles, err)
		}
	}
	outcomes, err := o.DecideMany(t.Context(), both, []device.Seen{{ID: d.ID, Version: 1}}, approval.Approve())
	if err != nil || len(outcomes) != 1 || !errors.Is(outcomes[0].Err, approval.ErrOwn) {
		t.Errorf("with others: %v %v", outcomes, err)
	}
	o.want(d.ID, "pending_approval v1 s1: 1 submissions, 0 decisions, 1 events, 2 mails, 0 webhooks")
}

func TestCON2DecidingTwiceIsOneDecision(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	o.must(o.Decide(t.Context(), o.ada, d.ID, 1, rejection("Not yet.")))
	o.must(o.Decide(t.Context(), o.ada, d.ID, 1, rejection("Not yet.")))
	o.want(d.ID, "rejected v2 s1: 1 submissions, 1 decisions, 2 events, 3 mails, 0 webhooks")
	for what, err := range map[string]error{
		"a colleague":   o.Decide(t.Context(), o.bob, d.ID, 1, rejection("Not yet.")),
		"another one":   o.Decide(t.Context(), o.ada, d.ID, 1, approval.Approve()),
		"in other word": o.Decide(t.Context(), o.ada, d.ID, 1, rejection("Never.")),
	} {
		if conflict(err) != "approval.conflict.decided.rejected" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestManyAreDecidedInOneChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, c := o.waits("A"), o.waits("B"), o.waits("C")
	other := o.provider("Iridian")
	theirs := o.slap("Acme", "D")
	theirs.SBI = o.software(other, "1")
	o.must(o.Register(t.Context(), other, theirs))
	o.must(o.Withdraw(t.Context(), o.nadia, b.ID, 1))
	mails := o.Count("mail_outbox")
	seen := []device.Seen{{a.ID, 1}, {b.ID, 1}, {c.ID, 1}, {theirs.ID, 1}, {id.New[id.Device](), 1}}
	outcomes, err := o.DecideMany(t.Context(), o.ada, seen, approval.Approve())
	o.must(err)
	got := map[string]string{}
	for _, x := range outcomes {
		got[x.Model] = conflict(x.Err)
	}
	if diff := cmp.Diff(map[string]string{"A": "", "B": "approval.conflict.withdrawn", "C": "", "D": ""}, got); diff != "" {
		t.Error(diff)
	}
	if device.Done(outcomes) != 3 || o.Count(`devices where status = 'approved'`) != 3 || o.Count(`webhook_events where type = 'device.approved'`) != 3 {
		t.Error("not three are approved")
	}
	if n := o.Count("mail_outbox") - mails; n != 2 {
		t.Errorf("%d mails for two providers", n)
	}
	again, err := o.DecideMany(t.Context(), o.ada, seen[:1], approval.Approve())
	o.must(err)
	if device.Done(again) != 1 || o.Count("mail_outbox")-mails != 2 {
		t.Errorf("a second click: %+v", again)
	}
	if rows, err := o.DB.VerifyAudit(t.Context()); err != nil {
		t.Errorf("%d rows: %v", rows, err)
	}
	if _, err := o.DecideMany(t.Context(), o.nadia, seen, approval.Approve()); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a provider: %v", err)
	}
}

func TestAllOfAnSBIThatWereShown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, late := o.waits("A"), o.waits("B"), o.waits("C")
	second := o.software(o.nadia, "2.0")
	in := o.slap("Acme", "D")
	in.SBI = second
	o.must(o.Register(t.Context(), o.nadia, in))
	w, err := o.WaitingOf(t.Context(), o.ada.Scope(), o.sbi)
	o.must(err)
	if w.Count != 3 {
		t.Fatalf("%d wait", w.Count)
	}
	o.clock.Advance(time.Minute)
	again := o.slap("Acme", "C2")
	again.ID = late.ID
	o.must(o.Edit(t.Context(), o.nadia, 1, again))
	later := o.waits("E")
	outcomes, err := o.DecideAllOf(t.Context(), o.ada, o.sbi, *w.Newest, approval.Approve())
	o.must(err)
	if device.Done(outcomes) != 2 || o.now(a.ID).Status != approval.Approved || o.now(b.ID).Status != approval.Approved {
		t.Errorf("%+v", outcomes)
	}
	for what, did := range map[string]id.Device{"sent again": late.ID, "sent later": later.ID, "of another SBI": in.ID} {
		if s := o.now(did).Status; s != approval.PendingApproval {
			t.Errorf("%s: %s", what, s)
		}
	}
}

func TestCON2OneDecidesAloneAndOneAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var all []device.Device
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		all = append(all, o.waits(name))
	}
	w, err := o.WaitingOf(t.Context(), o.ada.Scope(), o.sbi)
	o.must(err)
	for _, err := range o.atOnce(len(all)+2, func(i int) error {
		if i >= len(all) {
			_, err := o.DecideAllOf(t.Context(), o.ada, o.sbi, *w.Newest, approval.Approve())
			return err
		}
		return o.Decide(t.Context(), o.bob, all[i].ID, 1, rejection("No."))
	}) {
		if err != nil && !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	if n := o.Count(`approval_decisions where kind = 'device'`); n != len(all) {
		t.Errorf("%d decisions", n)
	}
	if n := o.Count(`devices d join approval_decisions x on x.subject_id = d.id and x.decision = d.status where d.version = 2`); n != len(all) {
		t.Errorf("%d devices stand as was decided", n)
	}
	if n := o.Count(`audit_log where action in ('device.approved', 'device.rejected')`); n != len(all) {
		t.Errorf("%d events", n)
	}
}

func TestNothingOfADecisionStaysWhenItFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := o.waits("A"), o.waits("B")
	o.Exec(`alter table webhook_events add constraint broken check (data->>'model' <> 'B')`, nil)
	_, err := o.DecideMany(t.Context(), o.ada, []device.Seen{{a.ID, 1}, {b.ID, 1}}, approval.Approve())
	if err == nil {
		t.Fatal("it succeeded")
	}
	for _, d := range []device.Device{a, b} {
		o.want(d.ID, "pending_approval v1 s1: 1 submissions, 0 decisions, 1 events, 2 mails, 0 webhooks")
	}
}
