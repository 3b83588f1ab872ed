package policy_test

import (
	"errors"
	"testing"

	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
)

// sensitivity is what Ada, who maintains the vocabulary, calls an attribute.
func (o *office) sensitivity(name string, s policydoc.Sensitivity) {
	o.t.Helper()
	o.exec(`update vocabulary_terms set sensitivity = @s where family = 'attribute' and name = @name`, pg.Args{"s": s, "name": name})
}

// Nobody gets around the second person by calling special data ordinary for a
// moment.
func TestAUT6VocabularyDoesNotOpenAWayAround(t *testing.T) {
	t.Parallel()
	o := officeWith(t, policy.EyesByRisk)
	narrow := func(name string, from, to string, meanwhile func()) (policy.Full, string) {
		in := o.input(name)
		in.Document = from
		p := o.create(in)
		o.must(o.activate(o.max, p.ID, 1))
		f := o.save(o.ada, o.full(p.ID), to)
		meanwhile()
		return f, outcome(o.activate(o.ada, p.ID, f.Version))
	}
	nothing := func() {}
	if _, got := narrow("plain", letter("fullName", "email"), letter("fullName"), nothing); got != "done" {
		t.Fatalf("a harmless change: %s", got)
	}
	if _, got := narrow("seed", letter("photo", "email"), letter("photo"), func() { o.sensitivity("photo", policydoc.Ordinary) }); got != "second person" {
		t.Errorf("photos called ordinary: %s", got)
	}
	if _, got := narrow("unknown", letter("zodiac", "email"), letter("zodiac"), nothing); got != "second person" {
		t.Errorf("a name that nobody explained: %s", got)
	}
	o.sensitivity("phone", policydoc.Special)
	p, got := narrow("before", letter("phone", "email"), letter("phone"), func() { o.sensitivity("phone", policydoc.Ordinary) })
	if got != "second person" {
		t.Errorf("special when it came into force: %s", got)
	}
	// It stays so as long as the policy gives it, also behind a version that somebody else activated.
	o.must(o.activate(o.max, p.ID, p.Version))
	p = o.save(o.ada, o.full(p.ID), letter("phone")+"\n")
	if got := outcome(o.activate(o.ada, p.ID, p.Version)); got != "second person" {
		t.Errorf("one activation later: %s", got)
	}
	p = o.save(o.ada, p, letter())
	o.must(o.activate(o.max, p.ID, p.Version))
	p = o.save(o.ada, o.full(p.ID), letter()+"\n")
	if got := outcome(o.activate(o.ada, p.ID, p.Version)); got != "done" {
		t.Errorf("the policy gives it no more: %s", got)
	}
	// The same of shared data, by its sources and their parts.
	in := o.input("share")
	in.Kind, in.Document = policydoc.KindDataShare, sample(policydoc.KindDataShare, 0)
	s := o.create(in)
	if pic := o.picture(o.max, s.ID, policy.Activate, 0); pic.Special != (len(pic.SpecialNames) > 0) {
		t.Errorf("%+v", pic)
	}
}

// What makes an emergency needless while its page is open is shown first.
func TestCON2EmergencyOvertakenIsShown(t *testing.T) {
	t.Parallel()
	o := officeWith(t, policy.EyesByRisk)
	in := o.input("P")
	in.Document = letter("phone", "email")
	p := o.create(in)
	o.must(o.activate(o.max, p.ID, 1))
	f := o.save(o.ada, o.full(p.ID), letter("phone"))
	o.sensitivity("phone", policydoc.Special)
	saw := policy.Seen{Version: f.Version, Emergency: true, Reason: "Flood", Picture: o.picture(o.ada, p.ID, policy.Activate, 0).Fingerprint()}
	o.sensitivity("phone", policydoc.Personal)
	var changed *policy.PictureChangedError
	if err := o.ActivatePolicy(t.Context(), o.ada, p.ID, saw); !errors.As(err, &changed) || !changed.Picture.Alone() {
		t.Errorf("overtaken: %v", err)
	}
	saw.Picture = o.picture(o.ada, p.ID, policy.Activate, 0).Fingerprint()
	if got := outcome(o.ActivatePolicy(t.Context(), o.ada, p.ID, saw)); got != "needless" {
		t.Errorf("insisted on: %s", got)
	}
}
