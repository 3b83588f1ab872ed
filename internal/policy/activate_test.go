package policy_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// One policy through its whole life, with every period in which a version was
// in force.
func TestLifeOfAPolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	start := o.db.Now()
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	hour := func() { o.clock.Advance(time.Hour) }
	p := o.written("P")
	step := func(action string, err error, details ...string) policy.Full {
		t.Helper()
		o.must(err)
		last := o.logged()
		o.onlyEvent(last-1, action, "done", details...)
		hour()
		return o.full(p.ID)
	}
	hour()
	f := step("policy.activated", o.activate(o.max, p.ID, 1), `{"field":"version","after":"1"}`) // 1 → 2
	if f.Status != policy.Active || f.InForce == nil || f.Waiting != nil || f.InForce.ActivatedByName != "Max" || !f.InForce.ActivatedAt.Equal(at(1)) {
		t.Fatalf("%+v", f)
	}
	f = o.rewrite(o.max, f, 1)
	f = step("policy.activated", o.activate(o.ada, p.ID, f.Version), `"superseded"`) // 2 → 3
	if f.InForce.Number != 2 || f.Versions[1].Status != policy.VersionSuperseded || f.Versions[1].Document != "" {
		t.Fatalf("%+v", f)
	}
	f = step("policy.deactivated", o.deactivate(o.max, p.ID, f.Version)) // 3 → 4
	if f.Status != policy.Deactivated || f.InForce != nil || f.Deactivated == nil || f.Deactivated.Number != 2 {
		t.Fatalf("%+v", f)
	}
	f = step("policy.reactivated", o.reactivate(o.ada, p.ID, f.Version)) // 4 → 5
	if f.Status != policy.Active || f.InForce.Number != 2 {
		t.Fatalf("%+v", f)
	}
	f = o.rewrite(o.ada, f, 2)
	f = step("policy.deactivated", o.deactivate(o.max, p.ID, f.Version)) // 5 → 6, version 3 waits on
	if f.Waiting == nil || f.Waiting.Number != 3 {
		t.Fatalf("%+v", f)
	}
	f = step("policy.activated", o.activate(o.max, p.ID, f.Version)) // 6 → …: the deactivated one is superseded
	if f.InForce.Number != 3 || f.Deactivated != nil || f.Versions[1].Status != policy.VersionSuperseded {
		t.Fatalf("%+v", f)
	}
	for h, want := range []int{0, 1, 2, 0, 2, 0, 3, 3} {
		got := 0
		v, err := o.InForceAt(ctx, p.ID, at(h))
		if err == nil {
			got = v.Number
		} else if !errors.Is(err, problem.ErrNotFound) {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("after %d hours version %d was in force, want %d", h, got, want)
		}
	}
	end := func(h int) *time.Time { e := at(h); return &e }
	if diff := cmp.Diff([]policy.Period{{From: at(4), To: end(5)}, {From: at(2), To: end(3)}}, f.Versions[1].Periods); diff != "" {
		t.Errorf("periods of version 2: %s", diff)
	}
	if diff := cmp.Diff([]policy.Period{{From: at(6)}}, f.InForce.Periods); diff != "" {
		t.Errorf("periods of version 3: %s", diff)
	}
	old, err := o.Version(ctx, p.ID, 1)
	o.must(err)
	if old.Document != sample(p.Kind, 0) {
		t.Error("a superseded version lost its document")
	}
}

// All in one microsecond: a frozen clock makes no error and no overlap.
func TestActivationsAtOneMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.outOfForce("P")
	for range 3 {
		o.must(o.reactivate(o.max, p.ID, p.Version))
		o.must(o.deactivate(o.max, p.ID, p.Version+1))
		p = o.full(p.ID)
	}
	o.clock.Advance(-time.Minute) // another machine, whose clock is behind
	o.must(o.reactivate(o.max, p.ID, p.Version))
	o.must(o.deactivate(o.max, p.ID, p.Version+1))
	o.must(o.reactivate(o.max, p.ID, p.Version+2))
	o.clock.Advance(time.Minute)
	if v, err := o.InForceAt(t.Context(), p.ID, o.db.Now()); err != nil || v.Number != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if n := o.count(`select count(*) from policy_periods a join policy_periods b on a.policy_id = b.policy_id and a.valid_from < b.valid_from
		where a.valid_to is null or a.valid_to > b.valid_from`, nil); n > 0 {
		t.Errorf("%d periods overlap", n)
	}
}

func TestActivationNeedsAGoodDocument(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.input("P")
	in.Document = `{"authPolicies": [}`
	p := o.create(in)
	n := o.logged()
	var findings *policy.FindingsError
	if err := o.activate(o.max, p.ID, 1); !errors.As(err, &findings) || findings.Report.OK() {
		t.Fatalf("%v, want findings", err)
	}
	o.noEvent(n)
	if f := o.full(p.ID); f.Status != policy.Inactive || f.Waiting == nil {
		t.Errorf("%+v", f)
	}
	// What was counted when it was saved decides nothing.
	o.exec(`update policy_versions set errors = 0`, nil)
	if err := o.activate(o.max, p.ID, 1); !errors.As(err, &findings) {
		t.Errorf("%v, want findings", err)
	}
}

// Every decision in every state that does not allow it.
func TestDecisionsInTheWrongState(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct {
		p                                policy.Full
		activate, deactivate, reactivate bool
	}{
		{o.full(o.written("inactive").ID), true, false, false},
		{o.inForce("active"), false, true, false},
		{o.outOfForce("deactivated"), false, false, true},
		{o.rewrite(o.ada, o.inForce("active waiting"), 1), true, true, false},
		{o.rewrite(o.ada, o.outOfForce("deactivated waiting"), 1), true, false, true},
	} {
		for name, d := range map[string]struct {
			do  func(o *office, pid id.Policy, version int) error
			may bool
		}{
			"activate":   {func(o *office, pid id.Policy, v int) error { return o.activate(o.max, pid, v) }, c.activate},
			"deactivate": {func(o *office, pid id.Policy, v int) error { return o.deactivate(o.max, pid, v) }, c.deactivate},
			"reactivate": {func(o *office, pid id.Policy, v int) error { return o.reactivate(o.max, pid, v) }, c.reactivate},
		} {
			n := o.logged()
			if err := d.do(o, c.p.ID, c.p.Version+1); !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s a stale %s: %v, want a conflict", name, c.p.Name, err)
			}
			if err := d.do(o, id.New[id.Policy](), 1); !errors.Is(err, problem.ErrNotFound) {
				t.Errorf("%s nothing: %v, want not found", name, err)
			}
			if d.may {
				continue
			}
			if err := d.do(o, c.p.ID, c.p.Version); !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s %s: %v, want a conflict", name, c.p.Name, err)
			}
			o.noEvent(n)
		}
	}
}

func TestNothingComesIntoForceUnderADeactivatedGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.outOfForce("P")
	o.must(o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1))
	err := o.reactivate(o.max, p.ID, p.Version)
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != "policy_rule.group_deactivated" {
		t.Errorf("%v, want the group named", err)
	}
}

// The second click of a double click gets a conflict; the page shows that the
// first one did it.
func TestCON2SecondClickChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.written("P")
	o.must(o.activate(o.max, p.ID, 1))
	n := o.logged()
	if err := o.activate(o.max, p.ID, 1); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
	o.noEvent(n)
	if f := o.full(p.ID); f.Status != policy.Active || f.Version != 2 {
		t.Errorf("%+v", f)
	}
}

func TestAUT6WriterAndLastEditorCannotActivate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	eva := o.person("Eva", authz.PolicyManager, authz.PartnerAdmin)
	p := o.rewrite(o.max, o.full(o.written("P").ID), 1) // by Ada, edited last by Max
	promoted := o.ada                                   // her role changed in between
	promoted.Roles = []authz.Role{authz.PolicyManager}
	for _, c := range []struct {
		a       authz.Actor
		written bool
	}{{o.ada, true}, {promoted, true}, {o.max, false}} {
		n := o.logged()
		err := o.activate(c.a, p.ID, p.Version)
		var eyes *policy.FourEyesError
		if !errors.As(err, &eyes) || eyes.Written != c.written || eyes.Number != 2 || eyes.Policy != p.ID {
			t.Errorf("%s: %v (%+v), want four eyes", c.a.Name, err, eyes)
		}
		o.onlyEvent(n, "policy.activated", "denied", `{"field":"four_eyes","after":"refused"}`)
	}
	if f := o.full(p.ID); f.Status != policy.Inactive || f.Version != p.Version {
		t.Errorf("a refusal changed something: %+v", f)
	}
	o.must(o.activate(eva, p.ID, p.Version))
	// Putting it back into force is putting it into force.
	o.must(o.deactivate(o.ada, p.ID, p.Version+1))
	var eyes *policy.FourEyesError
	if err := o.reactivate(o.ada, p.ID, p.Version+2); !errors.As(err, &eyes) {
		t.Errorf("reactivated by its writer: %v", err)
	}
	o.must(o.reactivate(eva, p.ID, p.Version+2))
}

// The constraint refuses too, whatever a program forgets.
func TestAUT6DatabaseRefusesTheWriter(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.max, o.full(o.written("P").ID), 1)
	for _, a := range []authz.Actor{o.ada, o.max} {
		err := o.try(`update policy_versions set status = 'active', activated_by = @by, activated_at = @now where policy_id = @policy and status = 'inactive'`,
			pg.Args{"by": a.User, "now": o.db.Now(), "policy": p.ID})
		if !pg.Violates(err, "policy_versions_four_eyes_check") {
			t.Errorf("%s: %v, want the constraint", a.Name, err)
		}
	}
	err := o.try(`update policy_versions set status = 'active' where policy_id = @policy and status = 'inactive'`, pg.Args{"policy": p.ID})
	if !pg.Violates(err, "policy_versions_activated_check") {
		t.Errorf("activated by nobody: %v", err)
	}
	// Nor can somebody become the writer of what they activated.
	o.must(o.activate(o.person("Eva", authz.PolicyManager), p.ID, p.Version))
	err = o.try(`update policy_versions set last_editor_id = activated_by where policy_id = @policy and status = 'active'`, pg.Args{"policy": p.ID})
	if !pg.Violates(err, "policy_versions_four_eyes_check") {
		t.Errorf("edited by who activated: %v", err)
	}
}

func TestAUT6OfficeOfOnePerson(t *testing.T) {
	t.Parallel()
	o := officeWith(t, policy.EyesOff)
	if o.FourEyes() {
		t.Fatal("four eyes are on")
	}
	p := o.written("P")
	w, err := o.Waiting(t.Context(), o.ada)
	o.must(err)
	if w != (policy.WaitingCount{Auth: 1}) {
		t.Errorf("%+v", w)
	}
	o.must(o.activate(o.ada, p.ID, 1))
	// The row says so for ever; switched on again, the rule holds for the next.
	if n := o.count(`select count(*) from policy_versions where not four_eyes`, nil); n != 1 {
		t.Errorf("%d versions are marked", n)
	}
	strict := policy.NewService(o.db, policy.EyesAlways)
	o.must(decide(t.Context(), strict, o.ada, p.ID, policy.Deactivate, policy.Seen{Version: 2}))
	var eyes *policy.FourEyesError
	if err := decide(t.Context(), strict, o.ada, p.ID, policy.Reactivate, policy.Seen{Version: 3}); !errors.As(err, &eyes) {
		t.Errorf("%v, want four eyes", err)
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.written("by Ada")
	o.rewrite(o.max, o.full(o.written("by Ada and Max").ID), 1)
	o.rewrite(o.max, o.inForce("next by Max"), 1)
	o.inForce("done")
	share := o.input("share")
	share.Kind, share.Document = policydoc.KindDataShare, sample(policydoc.KindDataShare, 0)
	o.create(share)
	for _, c := range []struct {
		a    authz.Actor
		want policy.WaitingCount
	}{
		{o.ada, policy.WaitingCount{Auth: 3, DataShare: 1, MineAuth: 2, MineDataShare: 1}},
		{o.max, policy.WaitingCount{Auth: 3, DataShare: 1, MineAuth: 2}},
		{o.person("Eva"), policy.WaitingCount{Auth: 3, DataShare: 1}},
	} {
		got, err := o.Waiting(t.Context(), c.a)
		o.must(err)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.a.Name, got, c.want)
		}
	}
	// By risk nobody can say of a count which of them need somebody else.
	if w, err := policy.NewService(o.db, policy.EyesByRisk).Waiting(t.Context(), o.ada); err != nil || w != (policy.WaitingCount{Auth: 3, DataShare: 1}) {
		t.Errorf("by risk: %+v %v", w, err)
	}
	for kind, want := range map[policy.Kind]int{policydoc.KindAuth: 3, policydoc.KindDataShare: 1} {
		p, err := o.Policies(t.Context(), kind, policy.PolicyList.Parse(query("status=waiting")))
		o.must(err)
		if p.Total != want {
			t.Errorf("%s: the list has %d, the count says %d", kind, p.Total, want)
		}
	}
}

func TestPoliciesList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	bank := o.group("Banking")
	a, b := o.inForce("Alpha"), o.written("beta_1")
	in := o.input("Gamma")
	in.GroupID, in.Description = bank.ID, "100% of it"
	o.create(in)
	o.rewrite(o.ada, a, 1)
	o.outOfForce("Delta")
	share := o.input("Share")
	share.Kind, share.Document = policydoc.KindDataShare, sample(policydoc.KindDataShare, 0)
	o.create(share)
	for address, want := range map[string]string{
		"":                               "[Alpha beta_1 Delta Gamma]",
		"sort=-name":                     "[Gamma Delta beta_1 Alpha]",
		"name=ta_":                       "[beta_1]",
		"name=A":                         "[Alpha beta_1 Delta Gamma]",
		"description=100%25":             "[Gamma]",
		"group=" + bank.ID.String():      "[Gamma]",
		"group=bank":                     "[Gamma]",
		"group=nowhere":                  "[]",
		"status=active":                  "[Alpha]",
		"status=inactive":                "[beta_1 Gamma]",
		"status=deactivated":             "[Delta]",
		"status=waiting":                 "[Alpha beta_1 Gamma]",
		"status=rubbish":                 "[Alpha beta_1 Delta Gamma]",
		"q=for+del":                      "[Delta]",
		"status=waiting&group=bank&q=of": "[Gamma]",
		"page=1000000000":                "[Alpha beta_1 Delta Gamma]",
	} {
		p, err := o.Policies(t.Context(), policydoc.KindAuth, policy.PolicyList.Parse(query(address)))
		o.must(err)
		names := []string{}
		for _, r := range p.Items {
			names = append(names, r.Name)
		}
		if fmt.Sprint(names) != want || p.Total != len(names) {
			t.Errorf("%q: %v (%d), want %s", address, names, p.Total, want)
		}
	}
	for name := range policy.PolicyList.Sorts {
		for _, sign := range []string{"", "-"} {
			if _, err := o.Policies(t.Context(), policydoc.KindAuth, policy.PolicyList.Parse(query("sort="+sign+name))); err != nil {
				t.Errorf("%s%s: %v", sign, name, err)
			}
		}
	}
	p, err := o.Policies(t.Context(), policydoc.KindAuth, policy.PolicyList.Parse(query("name=beta")))
	o.must(err)
	want := policy.Row{
		ID: b.ID, Kind: b.Kind, GroupID: o.telecom.ID, GroupName: "Telecom", GroupStatus: policy.GroupActive, Name: "beta_1",
		Description: "For beta_1", Status: policy.Inactive, Version: 1, Newest: 1, Waiting: true, WaitingAuthor: o.ada.User,
		WaitingEditor: o.ada.User, ReviewOn: b.ReviewOn, CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}
	if diff := cmp.Diff([]policy.Row{want}, p.Items); diff != "" {
		t.Error(diff)
	}
}

func TestPolicyIsFoundByItsKindOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.written("P")
	if _, err := o.Policy(t.Context(), p.ID, policydoc.KindDataShare); !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
	if _, err := o.Version(t.Context(), p.ID, 2); !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
}
