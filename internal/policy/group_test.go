package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// fields are the findings of an input, "name: key".
func fields(err error) []string {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return nil
	}
	var out []string
	for _, f := range invalid.Fields {
		out = append(out, f.Name+": "+f.Key)
	}
	return out
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.logged()
	g, err := o.CreateGroup(t.Context(), o.max, policy.GroupInput{Name: "  Banking ", Description: "Banks"})
	o.must(err)
	o.onlyEvent(n, "policy_group.created", "done", "Banks")
	stored, err := o.Group(t.Context(), g.ID)
	o.must(err)
	want := policy.Group{
		ID: g.ID, Name: "Banking", Description: "Banks", Status: policy.GroupActive, Version: 1,
		CreatedAt: o.db.Now(), UpdatedAt: o.db.Now(),
	}
	if diff := cmp.Diff([]policy.Group{want, want}, []policy.Group{g, stored}); diff != "" {
		t.Error(diff)
	}
}

func TestGroupInput(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.logged()
	for name, c := range map[string]struct {
		in   policy.GroupInput
		want []string
	}{
		"empty":      {policy.GroupInput{}, []string{"name: problem.required", "description: problem.required"}},
		"blank":      {policy.GroupInput{Name: " \t", Description: "\n"}, []string{"name: problem.required", "description: problem.required"}},
		"long":       {policy.GroupInput{Name: strings.Repeat("é", 129), Description: strings.Repeat("x", 257)}, []string{"name: problem.too_long", "description: problem.too_long"}},
		"nul":        {policy.GroupInput{Name: "a\x00b", Description: "d"}, []string{"name: problem.bad_characters"}},
		"not utf-8":  {policy.GroupInput{Name: "ok", Description: "\xff"}, []string{"description: problem.bad_characters"}},
		"taken":      {policy.GroupInput{Name: "Telecom", Description: "d"}, []string{"name: policy_group.problem.name_taken"}},
		"taken case": {policy.GroupInput{Name: "TELECOM", Description: "d"}, []string{"name: policy_group.problem.name_taken"}},
	} {
		if _, err := o.CreateGroup(t.Context(), o.max, c.in); !cmp.Equal(fields(err), c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	o.noEvent(n)
	_, err := o.CreateGroup(t.Context(), o.max, policy.GroupInput{Name: strings.Repeat("é", 128), Description: strings.Repeat("ع", 256)})
	o.must(err) // the limits are in characters, not bytes
}

func TestCON3GroupFormSentAgainMakesOneGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := policy.GroupInput{ID: id.New[id.PolicyGroup](), Name: "Banking", Description: "Banks"}
	first, err := o.CreateGroup(t.Context(), o.max, in)
	o.must(err)
	n := o.logged()
	again, err := o.CreateGroup(t.Context(), o.max, in)
	o.must(err)
	if again != first {
		t.Errorf("%+v, want %+v", again, first)
	}
	other := in
	other.Name = "Insurance"
	if _, err := o.CreateGroup(t.Context(), o.max, other); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("other words: %v, want a conflict", err)
	}
	if _, err := o.CreateGroup(t.Context(), o.ada, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's form: %v, want a conflict", err)
	}
	o.noEvent(n)
}

func TestGroupsAreForStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, role := range append([]authz.Role{authz.Visitor}, authz.PartnerRoles...) {
		a := authz.Actor{User: id.New[id.User](), Name: "P", Roles: []authz.Role{role}}
		n := o.logged()
		_, err := o.CreateGroup(t.Context(), a, policy.GroupInput{})
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v, want denied", role, err)
		}
		o.onlyEvent(n, "access.refused", "denied")
	}
}

func TestEditGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.logged()
	g, err := o.EditGroup(t.Context(), o.max, o.telecom.ID, 1, policy.GroupInput{Name: "Telephony", Description: o.telecom.Description})
	o.must(err)
	o.onlyEvent(n, "policy_group.edited", "done", `"before":"Telecom","after":"Telephony"`)
	if g.Version != 2 || g.Name != "Telephony" {
		t.Errorf("%+v", g)
	}
	n = o.logged()
	same, err := o.EditGroup(t.Context(), o.max, g.ID, 2, policy.GroupInput{Name: g.Name, Description: g.Description})
	o.must(err)
	if same.Version != 2 {
		t.Errorf("nothing changed, yet the version is %d", same.Version)
	}
	if o.logged() != n {
		t.Error("nothing changed, yet an event tells of it")
	}
	o.group("Banking")
	n = o.logged()
	_, err = o.EditGroup(t.Context(), o.max, g.ID, 2, policy.GroupInput{Name: "banking", Description: "d"})
	if want := []string{"name: policy_group.problem.name_taken"}; !cmp.Equal(fields(err), want) {
		t.Errorf("%v, want %v", err, want)
	}
	_, err = o.EditGroup(t.Context(), o.max, id.New[id.PolicyGroup](), 1, policy.GroupInput{})
	if !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("%v, want not found", err)
	}
	o.noEvent(n)
}

func TestCON1StaleEditOfAGroupSaysWhoWasFaster(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.EditGroup(t.Context(), o.ada, o.telecom.ID, 1, policy.GroupInput{Name: "Ada's", Description: "d"})
	o.must(err)
	n := o.logged()
	for a, key := range map[*authz.Actor]string{&o.max: "problem.changed_by", &o.ada: "problem.changed_by_you"} {
		_, err := o.EditGroup(t.Context(), *a, o.telecom.ID, 1, policy.GroupInput{Name: "Max's", Description: "d"})
		var conflict *problem.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != key {
			t.Errorf("%s: %v, want %s", a.Name, err, key)
		}
	}
	g, err := o.Group(t.Context(), o.telecom.ID)
	o.must(err)
	if g.Name != "Ada's" {
		t.Errorf("the stale edit was stored: %q", g.Name)
	}
	o.noEvent(n)
}

func TestDeactivateGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.logged()
	o.must(o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1))
	o.onlyEvent(n, "policy_group.deactivated", "done")
	n = o.logged()
	for _, version := range []int{1, 2} { // a second click, and a page that knows it
		if err := o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, version); !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%d: %v, want a conflict", version, err)
		}
	}
	o.noEvent(n)
	if gs, err := o.ActiveGroups(t.Context()); err != nil || len(gs) != 0 {
		t.Errorf("%v %v, want no active group", gs, err)
	}
	o.must(o.ReactivateGroup(t.Context(), o.max, o.telecom.ID, 2))
	o.onlyEvent(n, "policy_group.reactivated", "done")
	if gs, err := o.ActiveGroups(t.Context()); err != nil || len(gs) != 1 {
		t.Errorf("%v %v, want one active group", gs, err)
	}
}

func TestDeactivateGroupNamesWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	draft, active := o.written("c draft"), o.inForce("B active")
	waiting := o.rewrite(o.ada, o.outOfForce("a waiting"), 1)
	o.outOfForce("done")
	n := o.logged()
	err := o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1)
	var inUse *policy.GroupInUseError
	if !errors.As(err, &inUse) {
		t.Fatalf("%v, want in use", err)
	}
	want := &policy.GroupInUseError{Total: 3, Policies: []policy.Ref{
		{ID: waiting.ID, Kind: policydoc.KindAuth, Name: "a waiting", Status: policy.Deactivated, Waiting: true},
		{ID: active.ID, Kind: policydoc.KindAuth, Name: "B active", Status: policy.Active},
		{ID: draft.ID, Kind: policydoc.KindAuth, Name: "c draft", Status: policy.Inactive, Waiting: true},
	}}
	if diff := cmp.Diff(want, inUse); diff != "" {
		t.Error(diff)
	}
	o.noEvent(n)
	use, err := o.GroupUse(t.Context(), o.telecom.ID)
	o.must(err)
	if diff := cmp.Diff(policy.GroupUse{Auth: 4, Blocking: want.Policies, Total: 3}, use); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 11 {
		o.group(fmt.Sprintf("Sector %02d", i))
	}
	percent := o.group("50% and_more")
	o.must(o.DeactivateGroup(t.Context(), o.max, percent.ID, 1))
	o.written("one")
	for address, want := range map[string]string{
		"":                                 "50% and_more … Telecom, 13",
		"size=10":                          "50% and_more … Sector 08, 13",
		"size=10&page=2":                   "Sector 09 … Telecom, 13",
		"size=10&page=999999999":           "Sector 09 … Telecom, 13",
		"sort=-name":                       "Telecom … 50% and_more, 13",
		"sort=-policies":                   "Telecom … Sector 00, 13",
		"sort=nonsense&size=7":             "50% and_more … Telecom, 13",
		"name=sector+0":                    "Sector 00 … Sector 09, 10",
		"description=OF+TELE":              "Telecom … Telecom, 1",
		"q=%25":                            "50% and_more … 50% and_more, 1",
		"name=_":                           "50% and_more … 50% and_more, 1",
		"status=deactivated":               "50% and_more … 50% and_more, 1",
		"status=active&sort=-name&size=10": "Telecom … Sector 02, 12",
		"status=unknown":                   "50% and_more … Telecom, 13",
		"name=%00":                         "50% and_more … Telecom, 13",
		"q=nothing":                        ", 0",
	} {
		p, err := o.Groups(t.Context(), policy.GroupList.Parse(query(address)))
		o.must(err)
		got := fmt.Sprintf(", %d", p.Total)
		if len(p.Items) > 0 {
			got = p.Items[0].Name + " … " + p.Items[len(p.Items)-1].Name + got
		}
		if address == "sort=-policies" { // the rest is in the order of their ids
			got, want = p.Items[0].Name, "Telecom"
			if p.Items[0].Policies != 1 {
				t.Errorf("%d policies", p.Items[0].Policies)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
	for name := range policy.GroupList.Sorts { // each is SQL that runs
		for _, sign := range []string{"", "-"} {
			if _, err := o.Groups(t.Context(), policy.GroupList.Parse(query("sort="+sign+name))); err != nil {
				t.Errorf("%s%s: %v", sign, name, err)
			}
		}
	}
}

// What a refusal lists is bounded; what it counts is not.
func TestGroupInUseNamesAtMostFifty(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		select gen_random_uuid(), 'auth', @group, 'p' || n, 'd', 'inactive', current_date, @user, @now, @now from generate_series(1, 60) n`,
		pg.Args{"group": o.telecom.ID, "user": o.ada.User, "now": o.db.Now()})
	var inUse *policy.GroupInUseError
	if err := o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1); !errors.As(err, &inUse) {
		t.Fatal(err)
	}
	if len(inUse.Policies) != 50 || inUse.Total != 60 {
		t.Errorf("%d of %d", len(inUse.Policies), inUse.Total)
	}
}
