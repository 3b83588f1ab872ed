package assignment_test

import (
	"errors"
	"net/url"
	"sync"
	"testing"

	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

type office struct {
	*assignment.Service
	partnertest.World
	ada, bea, max authz.Actor // two Partner Admins and a Policy Manager
	p             partner.Partner
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db := pgtest.New(t)
	o := &office{Service: assignment.NewService(db), World: partnertest.World{T: t, DB: db}}
	o.ada, o.bea = o.Staff("Ada Admin", "en", authz.PartnerAdmin), o.Staff("Bea Admin", "fr", authz.PartnerAdmin)
	o.max = o.Staff("Max Manager", "en", authz.PolicyManager)
	o.Exec(`update users set password = 'x'`, nil)
	o.p = o.Pending("Acme", o.Group("Telecom"))
	return o
}

func (o *office) assign(by authz.Actor, to, seen id.User) error {
	return o.Assign(o.T.Context(), by, audit.Partner, o.p.ID.String(), to, seen)
}

func (o *office) holder() string {
	o.T.Helper()
	w, err := o.Of(o.T.Context(), o.ada, audit.Partner, o.p.ID.String())
	if err != nil {
		o.T.Fatal(err)
	}
	return w.Holder.Name
}

func (o *office) mine(a authz.Actor) int {
	o.T.Helper()
	items, err := o.Mine(o.T.Context(), a)
	if err != nil {
		o.T.Fatal(err)
	}
	for _, i := range items {
		if i.Name != "Acme" || i.Path() != "/partners/"+o.p.ID.String() {
			o.T.Errorf("%+v", i)
		}
	}
	return len(items)
}

var nobody id.User

func TestWorkIsTakenAssignedAndGivenBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	back := func() error { return o.GiveBack(t.Context(), o.ada, audit.Partner, o.p.ID.String(), o.ada.User) }
	for _, step := range []struct {
		name   string
		do     func() error
		holder string
	}{
		{"taken", func() error { return o.assign(o.ada, o.ada.User, nobody) }, "Ada Admin"},
		{"taken again by a second click", func() error { return o.assign(o.ada, o.ada.User, nobody) }, "Ada Admin"},
		{"assigned", func() error { return o.assign(o.ada, o.bea.User, o.ada.User) }, "Bea Admin"},
		{"taken over", func() error { return o.assign(o.ada, o.ada.User, o.bea.User) }, "Ada Admin"},
		{"given back", back, ""},
		{"given back again", back, ""},
	} {
		if err := step.do(); err != nil || o.holder() != step.holder {
			t.Errorf("%s: %v, the work of %q", step.name, err, o.holder())
		}
	}
	if o.holder() != "" || o.mine(o.ada)+o.mine(o.bea) != 0 {
		t.Errorf("it is still the work of %q", o.holder())
	}
	for action, want := range map[string]int{"work.taken": 2, "work.assigned": 1, "work.given_back": 1} {
		if n := o.Count(`audit_log where action = '` + action + `' and subject_kind = 'partner' and subject_name = 'Acme'`); n != want {
			t.Errorf("%d events %s, want %d", n, action, want)
		}
	}
	if n := o.Count(`mail_outbox where kind = 'work_assigned' and recipient = 'bea.admin@office.test' and lang = 'fr'`); n != 1 {
		t.Errorf("%d mails to the colleague", n)
	}
}

func TestWhoWasFasterIsSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.assign(o.ada, o.ada.User, nobody); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"taking what a page says is nobody's": o.assign(o.bea, o.bea.User, nobody),
		"giving back what is another's":       o.GiveBack(t.Context(), o.bea, audit.Partner, o.p.ID.String(), o.bea.User),
	} {
		var conflict *problem.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != "assignment.conflict.taken" || conflict.Args[1] != "Ada Admin" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Who left holds nothing.
	o.Exec(`update users set status = 'deactivated' where id = @id`, pg.Args{"id": o.ada.User})
	if o.holder() != "" {
		t.Errorf("%q holds it", o.holder())
	}
	if err := o.assign(o.bea, o.bea.User, nobody); err != nil || o.holder() != "Bea Admin" {
		t.Errorf("taking what a colleague left: %v, %q", err, o.holder())
	}
}

// TestCON2OneTakes: of those who press at once, one gets it and the others hear
// who did.
func TestCON2OneTakes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	people := []authz.Actor{o.ada, o.bea}
	for n := range 6 {
		people = append(people, o.Staff("Admin "+string(rune('A'+n)), "en", authz.PartnerAdmin))
	}
	o.Exec(`update users set password = 'x'`, nil)
	errs := make([]error, len(people))
	var wait sync.WaitGroup
	for i, p := range people {
		wait.Go(func() { errs[i] = o.assign(p, p.User, nobody) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	if n := o.Count(`audit_log where action = 'work.taken'`); won != 1 || n != 1 {
		t.Errorf("%d took it, %d events", won, n)
	}
}

func TestWorkIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	group := o.Group("Banking").String()
	var invalid *problem.InvalidError
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"a Policy Manager", o.assign(o.max, o.max.User, nobody), problem.ErrDenied},
		{"a partner", o.assign(partnertest.Person(o.p), o.ada.User, nobody), problem.ErrDenied},
		{"nothing", o.Assign(t.Context(), o.ada, audit.Partner, id.New[id.Partner]().String(), o.ada.User, nobody), problem.ErrNotFound},
		{"what never waits", o.Assign(t.Context(), o.ada, audit.PolicyGroup, group, o.ada.User, nobody), problem.ErrNotFound},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	for name, to := range map[string]id.User{"who may not decide": o.max.User, "a partner's person": o.p.OwnerID, "nobody": nobody} {
		if err := o.assign(o.ada, to, nobody); !errors.As(err, &invalid) {
			t.Errorf("to %s: %v", name, err)
		}
	}
	if n := o.Count(`assignments`) + o.Count(`audit_log where result = 'done'`) + o.Count(`mail_outbox`); n != 0 {
		t.Errorf("%d traces", n)
	}
	people, err := o.Colleagues(t.Context(), audit.Partner)
	if err != nil || len(people) != 2 || people[0].Name != "Ada Admin" {
		t.Errorf("colleagues: %v, %v", people, err)
	}
}

// TestDecidingEndsIt: a decision makes it nobody's work, and so it stays when the
// partner asks again.
func TestDecidingEndsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.assign(o.ada, o.ada.User, nobody); err != nil || o.mine(o.ada) != 1 {
		t.Fatalf("%v, %d", err, o.mine(o.ada))
	}
	o.Exec(`update partners set status = 'changes_requested'`, nil)
	if o.holder() != "" || o.mine(o.ada) != 0 {
		t.Errorf("after the decision it is the work of %q", o.holder())
	}
	if err := o.assign(o.ada, o.ada.User, nobody); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("taking what waits for nobody: %v", err)
	}
	o.Exec(`update partners set status = 'pending_approval', submission = 2`, nil)
	if o.holder() != "" || o.mine(o.ada) != 0 {
		t.Errorf("asked again, it is the work of %q", o.holder())
	}
	if err := o.assign(o.bea, o.bea.User, nobody); err != nil || o.mine(o.bea) != 1 {
		t.Errorf("taking it again: %v, %d", err, o.mine(o.bea))
	}
}

// TestListsShowWhoseWorkItIs: the partners' list names the holder and can be
// asked for one's own work; the filter is no partner's.
func TestListsShowWhoseWorkItIs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Pending("Other", id.PolicyGroup{})
	if err := o.assign(o.ada, o.ada.User, nobody); err != nil {
		t.Fatal(err)
	}
	partners := partner.NewService(o.DB)
	list := func(a authz.Actor, assigned string) string {
		rows, err := partners.Partners(t.Context(), a.Scope(), partner.PartnerList.Parse(url.Values{"assigned": {assigned}, "sort": {"organisation"}}))
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range rows.Items {
			out += r.Organisation + "/" + r.TakenBy + " "
		}
		return out
	}
	for _, c := range []struct {
		by             authz.Actor
		assigned, want string
	}{
		{o.ada, "", "Acme/Ada Admin Other/ "},
		{o.ada, "me", "Acme/Ada Admin "},
		{o.bea, "me", ""},
		{o.bea, "nobody", "Other/ "},
		{o.ada, "x", "Acme/Ada Admin Other/ "},
		{partnertest.Person(o.p), "nobody", "Acme/Ada Admin "},
	} {
		if got := list(c.by, c.assigned); got != c.want {
			t.Errorf("%s, assigned=%s: %q, want %q", c.by.Name, c.assigned, got, c.want)
		}
	}
}
