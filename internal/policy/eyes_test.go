package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// risk is one case of the rule of four eyes: what is put into force, by whom.
type risk struct {
	class     policydoc.Class
	special   bool
	first     bool
	own       bool
	emergency bool
	manager   bool // a Policy Manager decides, else a Partner Admin
}

// every is all combinations that a person can bring about. What comes into force
// for the first time always widens.
func every(do func(risk)) {
	yes := []bool{false, true}
	for _, class := range []policydoc.Class{policydoc.Widens, policydoc.Narrows, policydoc.Neutral} {
		for _, special := range yes {
			for _, first := range yes {
				if first && class != policydoc.Widens {
					continue
				}
				for _, own := range yes {
					for _, emergency := range yes {
						for _, manager := range yes {
							do(risk{class, special, first, own, emergency, manager})
						}
					}
				}
			}
		}
	}
}

// alone is the rule, written once more: design decision 1 with the setting.
func (r risk) alone(eyes policy.Eyes) bool {
	harmless := r.class != policydoc.Widens && !r.special && !r.first
	return !r.own || eyes == policy.EyesOff || eyes == policy.EyesByRisk && harmless
}

// documents are what is in force and what waits.
func (r risk) documents() (before, after string) {
	before, after = letter("fullName", "email"), map[policydoc.Class]string{
		policydoc.Widens: letter("fullName", "email", "phone"), policydoc.Narrows: letter("fullName"),
		policydoc.Neutral: letter("fullName", "email") + "\n",
	}[r.class]
	if r.special {
		before, after = strings.Replace(before, `"email"`, `"photo"`, 1), strings.Replace(after, `"fullName"`, `"photo"`, 1)
		if r.class == policydoc.Neutral {
			after = before + "\n"
		}
	}
	return before, after
}

// prepare is a policy that waits for the decision r: by who shall decide, or not.
func (o *office) prepare(name string, r risk, decider authz.Actor) policy.Full {
	o.t.Helper()
	writer := o.ada
	if decider.User == writer.User {
		writer = o.max
	}
	if r.own {
		writer = decider
	}
	third := o.third
	in := o.input(name)
	before, after := r.documents()
	if in.Document = after; r.first {
		p, err := o.CreatePolicy(o.t.Context(), writer, in)
		o.must(err)
		return o.full(p.ID)
	}
	in.Document = before
	p, err := o.CreatePolicy(o.t.Context(), third, in)
	o.must(err)
	o.must(o.activate(o.ada, p.ID, 1))
	return o.save(writer, o.full(p.ID), after)
}

func TestAUT6FourEyesByRisk(t *testing.T) {
	t.Parallel()
	for _, eyes := range []policy.Eyes{policy.EyesAlways, policy.EyesByRisk, policy.EyesOff} {
		t.Run(string(eyes), func(t *testing.T) {
			t.Parallel()
			o := officeWith(t, eyes)
			n := 0
			every(func(r risk) { n++; o.wantDecision(fmt.Sprint("P", n), eyes, r) })
		})
	}
}

// wantDecision takes one decision and looks at everything that it leaves.
func (o *office) wantDecision(name string, eyes policy.Eyes, r risk) {
	o.t.Helper()
	decider := o.ada
	if r.manager {
		decider = o.max
	}
	p := o.prepare(name, r, decider)
	mails, logged := o.mails(), o.logged()
	err := o.decide(decider, p.ID, policy.Activate, policy.Seen{Version: p.Version, Emergency: r.emergency, Reason: "Flood"})
	want, told := "done", 0
	switch {
	case r.emergency && r.manager:
		want = "denied"
	case r.emergency && r.alone(eyes):
		want = "needless"
	case r.emergency:
		told = 3 // Ada, Max and the third
	case !r.alone(eyes):
		want = "second person"
	case r.own && eyes == policy.EyesByRisk:
		told = 2
	case !r.own:
		told = 1 // who wrote it
	}
	if got := outcome(err); got != want {
		o.t.Errorf("%s %+v: %v (%s), want %s", eyes, r, err, got, want)
		return
	}
	if got := o.mails() - mails; got != told {
		o.t.Errorf("%s %+v: %d mails, want %d", eyes, r, got, told)
	}
	f, ds := o.full(p.ID), o.decisions(p.ID)
	if done := f.Waiting == nil; done != (want == "done") {
		o.t.Errorf("%s %+v: in force: %t after %v", eyes, r, done, err)
	}
	if want != "done" {
		if f.Version != p.Version {
			o.t.Errorf("%s %+v: a refusal changed the policy", eyes, r)
		}
		return
	}
	action := "policy.activated"
	if r.emergency {
		action = "policy.activated_emergency"
	}
	o.onlyEvent(logged, action, "done")
	d := ds[0]
	if d.Picture.Class != r.class || d.Picture.Special != r.special || d.Picture.First != r.first || d.Picture.Own != r.own ||
		d.Picture.Eyes != eyes || d.Emergency != r.emergency || d.DecidedBy != decider.User {
		o.t.Errorf("%s %+v: %+v", eyes, r, d)
	}
	if got := o.count(`select count(*) from policy_reviews where policy_id = @id and closed_at is null`, pg.Args{"id": p.ID}); (got == 1) != r.emergency {
		o.t.Errorf("%s %+v: %d reviews", eyes, r, got)
	}
	if marked := o.count(`select count(*) from policy_versions where policy_id = @id and status = 'active' and not four_eyes`,
		pg.Args{"id": p.ID}); (marked == 1) != (eyes == policy.EyesOff || r.own) {
		o.t.Errorf("%s %+v: %d marked", eyes, r, marked)
	}
}

// outcome is what an error means, in a word.
func outcome(err error) string {
	var eyes *policy.FourEyesError
	var conflict *problem.ConflictError
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &eyes):
		return "second person"
	case errors.Is(err, problem.ErrDenied):
		return "denied"
	case errors.As(err, &conflict) && conflict.Key == "policy_rule.no_emergency":
		return "needless"
	}
	return "another error"
}

func (o *office) mails() int { o.t.Helper(); return o.count(`select count(*) from mail_outbox`, nil) }

func (o *office) decisions(pid id.Policy) []policy.Decision {
	o.t.Helper()
	ds, err := o.Decisions(o.t.Context(), pid)
	o.must(err)
	for i := range ds {
		if ds[i], err = o.Decision(o.t.Context(), pid, ds[i].ID); err != nil {
			o.t.Fatal(err)
		}
	}
	return ds
}

// The table of decisions refuses by itself what one person may not do, whatever
// a program claims.
func TestAUT6DatabaseRefusesDecisionsByOnePerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	insert := func(eyes policy.Eyes, action policy.Action, r risk) error {
		by, reason := o.max, ""
		if r.own {
			by = o.ada
		}
		if r.emergency {
			reason = "Flood"
		}
		return o.try(`insert into policy_decisions (id, policy_id, version_id, author_id, last_editor_id, action, class, special, first,
				four_eyes, emergency, reason, picture, decided_by, decided_at)
			values (@id, @policy, @version, @author, @author, @action, @class, @special, @first, @eyes, @emergency, @reason, '{}', @by, @now)`,
			pg.Args{
				"id": id.New[id.PolicyDecision](), "policy": p.ID, "version": p.Waiting.ID, "author": o.ada.User, "action": action,
				"class": r.class, "special": r.special, "first": r.first, "eyes": eyes, "emergency": r.emergency, "reason": reason,
				"by": by.User, "now": o.db.Now(),
			})
	}
	for _, eyes := range []policy.Eyes{policy.EyesAlways, policy.EyesByRisk, policy.EyesOff} {
		for _, action := range []policy.Action{policy.Activate, policy.Deactivate, policy.Reactivate, policy.Restore} {
			every(func(r risk) {
				if r.manager {
					return // the table knows no roles
				}
				calm := action == policy.Deactivate || action == policy.Restore
				alone := r.alone(eyes)
				if action == policy.Reactivate { // the setting risk knows none of little risk
					alone = r.alone(policy.EyesAlways) || eyes == policy.EyesOff
				}
				want := ""
				switch {
				case r.emergency && calm:
					want = "policy_decisions_emergency_check"
				case !calm && !r.emergency && !alone:
					want = "policy_decisions_four_eyes_check"
				}
				err := insert(eyes, action, r)
				if want == "" && err != nil || want != "" && !pg.Violates(err, want) {
					t.Errorf("%s %s %+v: %v, want %q", eyes, action, r, err, want)
				}
			})
		}
	}
}

func TestAUT6NobodyClaimsThatAnotherWroteIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	args := pg.Args{
		"id": id.New[id.PolicyDecision](), "policy": p.ID, "version": p.Waiting.ID, "writer": o.max.User, "by": o.ada.User, "now": o.db.Now(),
	}
	const insert = `insert into policy_decisions (id, policy_id, version_id, author_id, last_editor_id, action, class, special, first, four_eyes,
		picture, decided_by, decided_at%s) values (@id, @policy, @version, @writer, @writer, 'activate', 'widens', false, true, 'always', '{}', @by, @now%s)`
	if err := o.try(fmt.Sprintf(insert, "", ""), args); !pg.Violates(err, "policy_decisions_version_fkey") {
		t.Errorf("Max wrote it, she says: %v", err)
	}
	if err := o.try(fmt.Sprintf(insert, ", own", ", false"), args); err == nil || !strings.Contains(err.Error(), "428C9") {
		t.Errorf("it is not her own, she says: %v", err)
	}
	o.must(o.activate(o.max, p.ID, 1))
	// Nor does the writer of a version change behind a decision.
	eva := o.person("Eva", authz.PolicyManager)
	err := o.try(`update policy_versions set author_id = @eva, last_editor_id = @eva where policy_id = @policy`, pg.Args{"eva": eva.User, "policy": p.ID})
	if !pg.Violates(err, "policy_decisions_version_fkey") {
		t.Errorf("another writer after the decision: %v", err)
	}
	for _, c := range []struct{ set, want string }{
		{"decided_by = author_id", "policy_decisions_four_eyes_check"}, {"emergency = true", "policy_decisions_emergency_check"},
	} {
		if err := o.try(`update policy_decisions set `+c.set, nil); !pg.Violates(err, c.want) {
			t.Errorf("%s: %v", c.set, err)
		}
	}
}

// Putting an own version back into force needs a second person in the setting
// risk too: it gives partners everything that the policy gives. Taking it out
// of force never does.
func TestAUT6ReactivatingNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	for eyes, want := range map[policy.Eyes]string{policy.EyesAlways: "second person", policy.EyesByRisk: "second person", policy.EyesOff: "done"} {
		o := officeWith(t, eyes)
		p := o.inForce("P")
		o.must(o.deactivate(o.ada, p.ID, p.Version))
		if got := outcome(o.reactivate(o.ada, p.ID, p.Version+1)); got != want {
			t.Errorf("%s: %s, want %s", eyes, got, want)
		}
		if want == "done" {
			continue
		}
		// A draft that gives less than the last one still gives more than nothing.
		f := o.save(o.ada, o.full(p.ID), letter())
		if got := outcome(o.activate(o.ada, p.ID, f.Version)); got != want {
			t.Errorf("%s: activated while nothing is in force: %s, want %s", eyes, got, want)
		}
		o.must(o.decide(o.ada, p.ID, policy.Reactivate, policy.Seen{Version: f.Version, Emergency: true, Reason: "Flood"}))
	}
}

func TestEmergencyIsRecordedMailedAndReviewed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	nils := o.person("Nils", authz.PartnerAdmin, authz.PolicyManager)
	gone := o.person("Gone", authz.PartnerAdmin)
	o.exec(`update users set status = 'deactivated' where id = @id`, pg.Args{"id": gone.User})
	o.person("Somebody")
	p := o.written("P")
	n := o.logged()
	o.must(o.decide(o.ada, p.ID, policy.Activate, policy.Seen{Version: 1, Emergency: true, Reason: " A flood.\r\nNobody else is here. "}))
	o.onlyEvent(n, "policy.activated_emergency", "done", `{"field":"reason","after":"A flood.\nNobody else is here."}`)
	d := o.decisions(p.ID)[0]
	if !d.Emergency || d.Reason != "A flood.\nNobody else is here." || d.DecidedByName != "Ada" || !d.DecidedAt.Equal(o.db.Now()) {
		t.Errorf("%+v", d)
	}
	to, err := pg.Values[string](t.Context(), o.db.Read(), `
		select u.first_name || ' ' || (m.params->>'Name') || ' ' || (m.params->>'Actor') || ' ' || (m.params->>'Policy')
		from mail_outbox m join users u on u.email = m.recipient where m.kind = 'policy_emergency'
			and m.params->>'Reason' = @reason and m.params->>'ID' = @id and m.params->>'Version' = '1' and m.params->>'More' = @more
			and m.params->>'Review' = (select id::text from policy_reviews) order by 1`,
		pg.Args{"reason": d.Reason, "id": p.ID.String(), "more": fmt.Sprint(widening(d.Picture))})
	o.must(err)
	if want := []string{"Ada Ada Ada P", "Max Max Ada P", "Nils Nils Ada P", "Thea Thea Ada P"}; !slices.Equal(to, want) {
		t.Errorf("mails: %q, want %q", to, want)
	}
	if n := o.mails(); n != 4 {
		t.Errorf("%d mails, want 4", n)
	}
	review := pg.Args{"id": p.ID, "decision": d.ID, "by": o.ada.User, "due": day(o.db.Now()).AddDate(0, 0, 7)}
	if n := o.count(`select count(*) from policy_reviews where policy_id = @id and decision_id = @decision and opened_by = @by
		and kind = 'emergency' and due_on = @due and closed_at is null`, review); n != 1 {
		t.Error("no review of it is open")
	}
	// Whoever activated alone does not close it.
	if err := o.try(`update policy_reviews set closed_by = opened_by, closed_at = opened_at, outcome = 'kept'`, nil); !pg.Violates(err, "policy_reviews_second_person_check") {
		t.Errorf("closed by who opened it: %v", err)
	}
	o.exec(`update policy_reviews set closed_by = @nils, closed_at = opened_at, outcome = 'kept'`, pg.Args{"nils": nils.User})
	if one, err := o.Decision(t.Context(), p.ID, d.ID); err != nil || one.Reason != d.Reason {
		t.Errorf("%+v %v", one, err)
	}
	if _, err := o.Decision(t.Context(), o.written("Q").ID, d.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("the decision of another policy: %v", err)
	}
}

// widening is how many changes of a picture give partners more.
func widening(p policy.Picture) (n int) {
	for _, c := range p.Changes {
		if c.Class == policydoc.Widens {
			n++
		}
	}
	return n
}

// An emergency lifts the second person and nothing else; what is refused leaves
// no decision, no review and no mail.
func TestEmergencyLiftsNothingElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.input("Broken")
	in.Document = "{"
	broken := o.create(in)
	good := o.written("Good")
	off := o.outOfForce("Off")
	group := o.group("Closed")
	o.exec(`update policies set group_id = @group where id = @id`, pg.Args{"group": group.ID, "id": off.ID})
	o.must(o.DeactivateGroup(t.Context(), o.max, group.ID, 1))
	decided := o.count(`select count(*) from policy_decisions`, nil)
	emergency := policy.Seen{Version: 1, Emergency: true, Reason: "Flood"}
	var findings *policy.FindingsError
	if err := o.decide(o.ada, broken.ID, policy.Activate, emergency); !errors.As(err, &findings) {
		t.Errorf("findings: %v", err)
	}
	var conflict *problem.ConflictError
	if err := o.decide(o.ada, off.ID, policy.Reactivate, policy.Seen{Version: off.Version, Emergency: true, Reason: "x"}); !errors.As(err, &conflict) || conflict.Key != "policy_rule.group_deactivated" {
		t.Errorf("group out of use: %v", err)
	}
	for reason, want := range map[string]string{"": "problem.required", " \n": "problem.required", strings.Repeat("x", policy.MaxReason+1): "problem.too_long"} {
		err := o.decide(o.ada, good.ID, policy.Activate, policy.Seen{Version: 1, Emergency: true, Reason: reason})
		if got := fields(err); !slices.Equal(got, []string{"reason: " + want}) {
			t.Errorf("reason of %d: %v", len(reason), err)
		}
	}
	active := o.inForce("Active")
	n2 := o.logged()
	if err := o.decide(o.ada, active.ID, policy.Deactivate, policy.Seen{Version: active.Version, Emergency: true, Reason: "x"}); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("deactivating needs no emergency: %v", err)
	}
	o.noEvent(n2)
	if got := o.count(`select count(*) from policy_decisions`, nil); got != decided+1 { // Active's own
		t.Errorf("%d decisions, want %d", got, decided+1)
	}
	if o.count(`select count(*) from mail_outbox where kind = 'policy_emergency'`, nil) != 0 || o.count(`select count(*) from policy_reviews`, nil) != 0 {
		t.Error("a refusal left a mail or a review")
	}
}
