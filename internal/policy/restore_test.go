package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

func TestRestoreMakesANewVersionOfAnOldText(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.max, o.rewrite(o.max, o.inForce("P"), 1), 2) // 1 in force by Ada, 2 replaced, 3 waits
	n := o.logged()
	restored, err := o.restore(o.ada, p, 2)
	o.must(err)
	o.onlyEvent(n, "policy.version_restored", "done", `{"field":"version","before":"3","after":"4"}`, `{"field":"origin","after":"2"}`)
	f := o.full(p.ID)
	if diff := cmp.Diff(f.Policy, restored); diff != "" {
		t.Errorf("stored and returned: %s", diff)
	}
	if got := states(f); got != "inactive replaced replaced active" {
		t.Errorf("versions: %s", got)
	}
	v := f.Waiting
	if v.Number != 4 || v.Document != sample(p.Kind, 1) || v.Origin == nil || *v.Origin != 2 || v.AuthorID != o.ada.User || v.LastEditorID != o.ada.User || v.Note != "" {
		t.Errorf("%+v", v)
	}
	ds := o.decisions(p.ID)
	if d := ds[0]; len(ds) != 2 || d.Action != policy.Restore || d.Number != 2 || d.Picture.Against != 1 || d.DecidedByName != "Ada" {
		t.Errorf("%+v", ds)
	}
	// Who restores wrote it, as far as four eyes go.
	var eyes *policy.FourEyesError
	if err := o.activate(o.ada, p.ID, f.Version); !errors.As(err, &eyes) {
		t.Errorf("activated by who restored it: %v", err)
	}
	o.must(o.activate(o.max, p.ID, f.Version))
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.max, o.inForce("P"), 1)
	gone := o.discard(o.ada, o.full(o.written("Gone").ID))
	off := o.rewrite(o.max, o.inForce("Off"), 1)
	o.must(o.activate(o.ada, off.ID, off.Version))
	o.must(o.deactivate(o.ada, off.ID, off.Version+1))
	group := o.group("Closed")
	o.exec(`update policies set group_id = @group where id = @id`, pg.Args{"group": group.ID, "id": off.ID})
	o.must(o.DeactivateGroup(t.Context(), o.max, group.ID, 1))
	n := o.logged()
	for name, c := range map[string]struct {
		p      policy.Full
		number int
		want   string
	}{
		"the newest text":    {p, 2, "policy_rule.nothing_to_restore"},
		"a discarded policy": {gone, 1, "policy_rule.discarded"},
		"a group out of use": {o.full(off.ID), 1, "policy_rule.group_deactivated"},
	} {
		var conflict *problem.ConflictError
		if _, err := o.restore(o.ada, c.p, c.number); !errors.As(err, &conflict) || conflict.Key != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := o.restore(o.ada, p, 7); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no such version: %v", err)
	}
	p.Version--
	if _, err := o.restore(o.ada, p, 1); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("stale: %v", err)
	}
	if _, err := o.RestoreVersion(t.Context(), o.ada, p.ID, 1, policy.Seen{Version: p.Version + 1, Emergency: true, Reason: "x"}); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("an emergency: %v", err)
	}
	o.noEvent(n)
	nobody := authz.Actor{User: id.New[id.User](), Roles: []authz.Role{authz.AuthPartner}}
	if _, err := o.restore(nobody, p, 1); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner: %v", err)
	}
	if _, err := o.DiscardVersion(t.Context(), nobody, p.ID, p.Version+1); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner: %v", err)
	}
}

func TestDiscardWhatWaits(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, p := range []policy.Full{o.inForce("active"), o.outOfForce("deactivated")} {
		f := o.rewrite(o.max, p, 1)
		n := o.logged()
		f = o.discard(o.ada, f)
		o.onlyEvent(n, "policy.version_discarded", "done", `{"field":"version","before":"2"}`)
		if got := states(f); got != "discarded "+string(p.Status) || f.Status != p.Status || f.Waiting != nil {
			t.Errorf("%s: %s, %s", p.Name, f.Status, got)
		}
		v, err := o.Version(t.Context(), p.ID, 2)
		o.must(err)
		if v.Document != sample(p.Kind, 1) {
			t.Error("a discarded version lost its document")
		}
		if _, err := o.DiscardVersion(t.Context(), o.ada, p.ID, f.Version); !errors.Is(err, problem.ErrConflict) {
			t.Errorf("nothing waits: %v", err)
		}
		// The next one is a new draft: its number is new and its writer is who wrote it.
		if f = o.rewrite(o.ada, f, 1); f.Waiting.Number != 3 || f.Waiting.AuthorID != o.ada.User {
			t.Errorf("%+v", f.Waiting)
		}
	}
}

// A policy that never was in force goes with its only version: it can be read,
// nothing else, and it stands in nobody's way.
func TestDiscardedPolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.max, o.full(o.written("P").ID), 1)
	n := o.logged()
	f := o.discard(o.ada, p)
	o.onlyEvent(n, "policy.discarded", "done", `{"field":"version","before":"2"}`)
	if got := states(f); got != "discarded replaced" || f.Status != policy.Discarded {
		t.Errorf("%s: %s", f.Status, got)
	}
	in := o.input("P")
	in.GroupID = id.PolicyGroup{}
	_, edit := o.EditPolicy(t.Context(), o.ada, p.ID, f.Version, in)
	_, restore := o.restore(o.ada, f, 1)
	_, discard := o.DiscardVersion(t.Context(), o.ada, p.ID, f.Version)
	for what, err := range map[string]error{
		"edit": edit, "restore": restore, "discard": discard, "activate": o.activate(o.max, p.ID, f.Version),
		"deactivate": o.deactivate(o.max, p.ID, f.Version), "reactivate": o.reactivate(o.max, p.ID, f.Version),
	} {
		var conflict *problem.ConflictError
		if !errors.As(err, &conflict) {
			t.Errorf("%s: %v, want a conflict with words", what, err)
		}
	}
	for address, want := range map[string]int{"": 0, "status=inactive": 0, "status=waiting": 0, "status=discarded": 1, "q=p": 0} {
		l, err := o.Policies(t.Context(), policydoc.KindAuth, policy.PolicyList.Parse(query(address)))
		o.must(err)
		if l.Total != want {
			t.Errorf("%q lists %d, want %d", address, l.Total, want)
		}
	}
	again := o.written("P") // its name is free
	o.discard(o.ada, o.full(again.ID))
	o.written("p")
	use, err := o.GroupUse(t.Context(), o.telecom.ID)
	o.must(err)
	if use.Auth != 1 || use.Total != 1 {
		t.Errorf("%+v, want the third only", use)
	}
	if _, err := o.InForceAt(t.Context(), p.ID, o.db.Now()); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("in force: %v", err)
	}
}

func TestGroupIsDeactivatedOverDiscardedPolicies(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.discard(o.ada, o.full(o.written("P").ID))
	o.must(o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1))
}

// However many drafts came after it, what is in force stands on the page.
func TestVersionInForceIsListedHoweverOld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	o.exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
		select gen_random_uuid(), @policy, n, '{}', 'replaced', 0, @by, @by, @now, @now from generate_series(2, 150) n`,
		pg.Args{"policy": p.ID, "by": o.ada.User, "now": o.db.Now()})
	f := o.rewrite(o.ada, p, 1)
	if len(f.Versions) != 100 || f.InForce == nil || f.InForce.Number != 1 || f.InForce.Document == "" || f.Waiting.Number != 151 {
		t.Fatalf("%d versions, in force %+v, waiting %+v", len(f.Versions), f.InForce, f.Waiting)
	}
	if first, last := f.Versions[0].Number, f.Versions[99].Number; first != 151 || last != 1 {
		t.Errorf("from %d to %d, want newest first", first, last)
	}
}

func TestCON1DiscardAndRestoreSayWhoWasFaster(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.max, o.inForce("P"), 1)
	o.rewrite(o.max, p, 2)
	_, discard := o.DiscardVersion(t.Context(), o.ada, p.ID, p.Version)
	_, restore := o.restore(o.ada, p, 1)
	for _, err := range []error{discard, restore} {
		var conflict *problem.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != "problem.changed_by" || fmt.Sprint(conflict.Args...) != "NameMax" {
			t.Errorf("%v, want who was faster", err)
		}
	}
}
