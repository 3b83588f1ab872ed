package note_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/note"
	"portal/internal/partner/partnertest"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

type office struct {
	*note.Service
	partnertest.World
	clock                 *pgtest.Clock
	ada, bea, max         authz.Actor // two Partner Admins and a Policy Manager
	partner, group        string
	partnerPerson, nobody authz.Actor
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{Service: note.NewService(db), World: partnertest.World{T: t, DB: db}, clock: clock}
	o.ada, o.bea = o.Staff("Ada Admin", "en", authz.PartnerAdmin), o.Staff("Bea Admin", "en", authz.PartnerAdmin)
	o.max = o.Staff("Max Manager", "en", authz.PolicyManager)
	gid := o.Group("Telecom")
	p := o.Pending("Acme", gid)
	o.partner, o.group, o.partnerPerson = p.ID.String(), gid.String(), partnertest.Person(p)
	return o
}

func (o *office) add(a authz.Actor, text string) id.Note {
	o.T.Helper()
	nid := id.New[id.Note]()
	if err := o.Add(o.T.Context(), a, nid, audit.Partner, o.partner, text); err != nil {
		o.T.Fatal(err)
	}
	return nid
}

func (o *office) notes(a authz.Actor) []note.Note {
	o.T.Helper()
	ns, err := o.Of(o.T.Context(), a, audit.Partner, o.partner)
	if err != nil {
		o.T.Fatal(err)
	}
	return ns
}

func TestNotesAreAddedOnceAndTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	nid := o.add(o.ada, "  They called.\r\nAgain. ")
	if err := o.Add(t.Context(), o.ada, nid, audit.Partner, o.partner, "They called."); err != nil { // the form sent twice
		t.Fatal(err)
	}
	o.add(o.bea, "second")
	ns := o.notes(o.ada)
	if len(ns) != 2 || ns[1].Text != "They called.\nAgain." || ns[1].AuthorName != "Ada Admin" || ns[0].Text != "second" {
		t.Fatalf("%+v", ns)
	}
	if n := o.Count(`audit_log where action = 'note.added' and subject_id = 'partner/` + o.partner + `' and partner_id is null and detail = '[]'`); n != 2 {
		t.Errorf("%d events, want 2 that belong to no partner", n)
	}
	if n := o.Count(`audit_log where subject_kind = 'partner'`); n != 0 {
		t.Errorf("%d events in the partner's own history", n)
	}
}

func TestNotesAreRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var invalid *problem.InvalidError
	for text, ok := range map[string]bool{"": false, " \n ": false, "x": true, strings.Repeat("ب", 2000): true, strings.Repeat("x", 2001): false, "a\x00": false} {
		err := o.Add(t.Context(), o.ada, id.New[id.Note](), audit.Partner, o.partner, text)
		if ok != (err == nil) || !ok && !errors.As(err, &invalid) {
			t.Errorf("%.10q (%d bytes): %v", text, len(text), err)
		}
	}
	for _, c := range []struct {
		name string
		by   authz.Actor
		kind audit.Kind
		of   string
		want error
	}{
		{"a partner", o.partnerPerson, audit.Partner, o.partner, problem.ErrDenied},
		{"a visitor", o.nobody, audit.Partner, o.partner, problem.ErrDenied},
		{"a Policy Manager about a partner", o.max, audit.Partner, o.partner, problem.ErrNotFound},
		{"nothing", o.ada, audit.Partner, id.New[id.Partner]().String(), problem.ErrNotFound},
		{"no id", o.ada, audit.Partner, "x", problem.ErrNotFound},
		{"another kind's id", o.ada, audit.Policy, o.partner, problem.ErrNotFound},
		{"no kind", o.ada, "x", o.partner, problem.ErrNotFound},
		{"a kind without notes", o.ada, audit.Session, o.partner, problem.ErrNotFound},
	} {
		if err := o.Add(t.Context(), c.by, id.New[id.Note](), c.kind, c.of, "x"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if err := o.Add(t.Context(), o.max, id.New[id.Note](), audit.PolicyGroup, o.group, "x"); err != nil {
		t.Errorf("a Policy Manager about a group: %v", err)
	}
	for _, a := range []authz.Actor{o.max, o.partnerPerson, o.nobody} {
		if ns := o.notes(a); len(ns) != 0 {
			t.Errorf("%v sees %d notes about a partner", a.Roles, len(ns))
		}
	}
}

func TestOwnNotesCanBeChangedForAWhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	nid := o.add(o.ada, "first")
	edit := func(a authz.Actor, version int, text string) error { return o.Edit(t.Context(), a, nid, version, text) }
	for _, c := range []struct {
		name    string
		by      authz.Actor
		version int
		text    string
		want    error
	}{
		{"somebody else", o.bea, 1, "x", problem.ErrDenied},
		{"who may not open it", o.max, 1, "x", problem.ErrNotFound},
		{"the author", o.ada, 1, "second", nil},
		{"the same again", o.ada, 1, "second", nil},
		{"an old page", o.ada, 1, "third", problem.ErrConflict},
	} {
		if err := edit(c.by, c.version, c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	o.clock.Advance(note.EditTime)
	if err := edit(o.ada, 2, "late"); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	if n := o.notes(o.ada)[0]; n.Text != "second" || n.EditedAt == nil || n.Version != 2 || n.Editable(o.ada, o.DB.Now()) {
		t.Errorf("%+v", n)
	}
	if n := o.Count(`audit_log where action = 'note.edited'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestRemovingANoteTakesItsTextAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	nid := o.add(o.ada, "canary")
	if err := o.Remove(t.Context(), o.bea, nid); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("somebody else: %v", err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if err := o.Remove(t.Context(), o.ada, nid); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := o.notes(o.bea)[0]; n.Text != "" || n.RemovedAt == nil || n.Mine(o.ada) {
		t.Errorf("%+v", n)
	}
	if n := o.Count(`audit_log where action = 'note.removed'`); n != 1 {
		t.Errorf("%d events", n)
	}
	if n := o.Count(`audit_log where detail like '%canary%'`); n != 0 {
		t.Error("the log keeps what was removed")
	}
	if err := o.Edit(t.Context(), o.ada, nid, 2, "x"); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("changing a removed note: %v", err)
	}
}
