package policy_test

import (
	"testing"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
)

// attributesOf is what was counted when a version was saved; -1: nothing.
func (o *office) attributesOf(pid id.Policy, number int) int {
	o.t.Helper()
	return o.count(`select coalesce(attributes, -1) from policy_versions where policy_id = @policy and number = @number`,
		pg.Args{"policy": pid, "number": number})
}

func TestAttributesAreCountedWhenSaved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	for i, c := range []struct {
		document string
		want     int
	}{{letter("fullName", "email"), 2}, {letter(), 0}, {letter("email", "email"), 1}, {"{", -1}} {
		p = o.save(o.ada, p, c.document)
		if got := o.attributesOf(p.ID, i+2); got != c.want {
			t.Errorf("%s: %d, want %d", c.document, got, c.want)
		}
	}
	share := o.input("Share")
	share.Kind, share.Document = policydoc.KindDataShare, sample(policydoc.KindDataShare, 0)
	m, ok := policydoc.Understand(share.Kind, []byte(share.Document))
	if got := o.attributesOf(o.create(share).ID, 1); !ok || got != len(m.Share.Attributes) {
		t.Errorf("%d of %+v", got, m.Share.Attributes)
	}
	restored, err := o.restore(o.ada, p, 2)
	o.must(err)
	if got := o.attributesOf(restored.ID, 6); got != 2 {
		t.Errorf("restored: %d", got)
	}
}

// What Judge says is what saving counts and what activating refuses.
func TestJudgeAgreesWithSaving(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, document := range []string{letter("fullName"), "{", "", letter("fulName"), sample(policydoc.KindDataShare, 0)} {
		words := o.words()
		report, err := o.Judge(t.Context(), words, policydoc.KindAuth, o.telecom.ID, id.Policy{}, document)
		o.must(err)
		if _, known := words.Term(policydoc.Attributes, "fullName"); !known {
			t.Fatal("the vocabulary is empty")
		}
		if want := policydoc.Check(policydoc.KindAuth, []byte(document), policydoc.Around{Vocabulary: words}); want.Errors != report.Errors {
			t.Errorf("%s: %d errors, want %d", document, report.Errors, want.Errors)
		}
		if document == "" {
			continue
		}
		in := o.input("P" + id.New[id.Policy]().String())
		in.Document = document
		p := o.full(o.create(in).ID)
		if p.Waiting.Errors != report.Errors {
			t.Errorf("%s: saved with %d errors, judged with %d", document, p.Waiting.Errors, report.Errors)
		}
		if err := o.activate(o.max, p.ID, p.Version); (err == nil) != report.OK() {
			t.Errorf("%s: activated: %v, judged with %d errors", document, err, report.Errors)
		}
	}
	if _, err := o.Judge(t.Context(), o.words(), policydoc.KindAuth, id.PolicyGroup{}, id.Policy{}, letter()); err != nil {
		t.Errorf("no group chosen: %v", err)
	}
}

func TestNeighboursAreTheOtherPoliciesInForce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	inForce := func(name string, attributes ...string) policy.Full {
		p := o.save(o.ada, o.full(o.written(name).ID), letter(attributes...))
		o.must(o.activate(o.max, p.ID, p.Version))
		return o.full(p.ID)
	}
	check := func(what string, p policy.Policy, want policydoc.Neighbours) {
		t.Helper()
		if got, err := o.Neighbours(t.Context(), p); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", what, got, err, want)
		}
	}
	a := inForce("A", "fullName", "email", "phone")
	check("alone", a.Policy, policydoc.Neighbours{})
	b := inForce("B", "fullName")
	o.save(o.ada, b, letter("fullName", "email", "phone", "photo")) // waits, so it does not count
	off := inForce("Off", "fullName", "email", "phone", "photo")
	o.must(o.deactivate(o.max, off.ID, off.Version))
	other := o.group("Other")
	o.exec(`update policies set group_id = @group where id = @id`, pg.Args{"group": other.ID, "id": inForce("Far", "a", "b", "c", "d", "e").ID})
	check("a new one", policy.Policy{Kind: a.Kind, GroupID: a.GroupID}, policydoc.Neighbours{Policies: 2, MostAttributes: 3})
	check("the widest", a.Policy, policydoc.Neighbours{Policies: 1, MostAttributes: 1})
	check("the other kind", policy.Policy{Kind: policydoc.KindDataShare, GroupID: a.GroupID}, policydoc.Neighbours{})
}
