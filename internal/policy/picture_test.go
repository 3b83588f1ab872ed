package policy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

func (o *office) picture(a authz.Actor, pid id.Policy, action policy.Action, number int) policy.Picture {
	o.t.Helper()
	p, err := o.Picture(o.t.Context(), a, pid, action, number)
	o.must(err)
	return p
}

// joins is a partner that a group has admitted.
func (o *office) joins(organisation string, group id.PolicyGroup, change ...func(*partner.Answers)) partner.Partner {
	o.t.Helper()
	p := partnertest.World{T: o.t, DB: o.db}.Pending(organisation, group, change...)
	o.must(partner.NewService(o.db).Approve(o.t.Context(), o.ada, p.ID, p.Version))
	return p
}

// asks is the request of a new partner for a policy in force, which waits.
func (o *office) asks(p policy.Full, organisation string, change ...func(*partner.Answers)) policyrequest.Request {
	o.t.Helper()
	who := partnertest.Person(o.joins(organisation, p.GroupID, change...))
	requests, rid := policyrequest.NewService(o.db, time.UTC), id.New[id.PolicyRequest]()
	said := policyrequest.AnswersFor(policyrequest.Special(o.words(), p.Kind, p.InForce.Document), func(string) string { return "For tests." })
	o.must(requests.Send(o.t.Context(), who, policyrequest.Input{ID: rid, Policy: p.ID, Answers: said}))
	r, err := requests.Request(o.t.Context(), who.Scope(), rid)
	o.must(err)
	return r
}

// grants approves a request.
func (o *office) grants(r policyrequest.Request) error {
	return policyrequest.NewService(o.db, time.UTC).Approve(o.t.Context(), o.ada, r.ID, r.Version, policyrequest.Grant{Shown: r.Number})
}

func issuer(a *partner.Answers) { a.Type = authz.CredentialPartner }

// said is a picture in one line: what is compared, how it is classed, and what
// becomes more or less.
func said(p policy.Picture) string {
	var changes []string
	for _, c := range p.Changes {
		changes = append(changes, strings.NewReplacer("\x1e", "+", "\x1f", "/").Replace(c.Aspect+":"+c.From+">"+c.To))
	}
	flags := ""
	for name, is := range map[string]bool{" special": p.Special, " first": p.First, " own": p.Own} {
		if is {
			flags += name
		}
	}
	return fmt.Sprintf("%s %d against %d: %s%s [%s]", p.Action, p.Number, p.Against, p.Class, flags, strings.Join(changes, " "))
}

func TestPictureOfEachDecision(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.save(o.ada, o.full(o.written("P").ID), letter("fullName", "email")) // 2 waits
	want := func(what string, a authz.Actor, action policy.Action, number int, want string) {
		t.Helper()
		if got := said(o.picture(a, p.ID, action, number)); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	o.must(o.activate(o.max, p.ID, p.Version))
	first := o.decisions(p.ID)[0].Picture
	if !first.First || first.Class != policydoc.Widens || first.Against != 0 || len(first.Changes) < 3 {
		t.Errorf("the first activation: %s", said(first))
	}
	p = o.save(o.max, o.full(p.ID), letter("fullName", "phone")) // 3 waits
	want("another text", o.ada, policy.Activate, 0, "activate 3 against 2: widens [attribute:>phone attribute:email>]")
	want("the writer's own", o.max, policy.Activate, 0, "activate 3 against 2: widens own [attribute:>phone attribute:email>]")
	want("out of force", o.max, policy.Deactivate, 0, "deactivate 2 against 0: narrows [token_type:partner> way:otp/> attribute:email> attribute:fullName>]")
	want("the first version", o.ada, policy.Restore, 1, "restore 1 against 2: widens own [way:>otp-request/ attribute:email> attribute:fullName>]")
	o.must(o.deactivate(o.ada, p.ID, p.Version))
	want("back into force", o.ada, policy.Reactivate, 0, "reactivate 2 against 0: widens own [token_type:>partner way:>otp/ attribute:>email attribute:>fullName]")
	// Nothing is in force: whatever comes is gained, whoever reads what was there last.
	want("beside nothing", o.ada, policy.Activate, 0, "activate 3 against 0: widens [token_type:>partner way:>otp/ attribute:>fullName attribute:>phone]")
	want("restored beside nothing", o.max, policy.Restore, 1, "restore 1 against 0: widens [token_type:>partner way:>otp/ way:>otp-request/]")
	restored, err := o.restore(o.max, o.full(p.ID), 1)
	o.must(err)
	if d := o.decisions(p.ID)[0].Picture; d.Class != policydoc.Widens || d.Changes.Class() != d.Class || d.Against != 0 {
		t.Errorf("kept of the restoration: %s", said(d))
	}
	o.must(o.activate(o.ada, p.ID, restored.Version)) // 4
	want("beside what was put back", o.third, policy.Restore, 2, "restore 2 against 4: widens [way:otp-request/> attribute:>email attribute:>fullName]")
	p = o.save(o.ada, o.full(p.ID), letter("fullName", "email", "photo")) // 5
	o.must(o.activate(o.third, p.ID, p.Version))
	p = o.save(o.ada, o.full(p.ID), letter("photo"))
	o.must(o.activate(o.third, p.ID, p.Version))          // 6
	p = o.save(o.ada, o.full(p.ID), letter("photo")+"\n") // 7
	want("no change, but special data", o.max, policy.Activate, 0, "activate 7 against 6: neutral special []")
	p = o.save(o.ada, o.full(p.ID), letter()) // 8
	want("special data lost", o.max, policy.Activate, 0, "activate 8 against 6: narrows special [attribute:photo>]")
	p = o.save(o.ada, o.full(p.ID), "{") // 9
	want("no policy at all", o.max, policy.Activate, 0, "activate 9 against 6: widens []")
}

func TestPictureNamesWhomItTouches(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.save(o.ada, o.inForce("P"), letter("fullName"))
	share := o.input("Share")
	share.Kind, share.Document = policydoc.KindDataShare, sample(policydoc.KindDataShare, 0)
	s := o.full(o.create(share).ID)
	o.must(o.activate(o.max, s.ID, s.Version))
	s = o.full(s.ID)
	for _, name := range []string{"zebra", "Alpha", "beta"} {
		o.must(o.grants(o.asks(p, name)))
	}
	o.must(o.grants(o.asks(s, "Printer", issuer)))
	o.joins("Uses nothing", o.telecom.ID)
	o.asks(p, "Second")
	o.clock.Advance(-time.Minute)
	o.asks(p, "First")
	o.clock.Advance(2 * time.Minute)
	requests, ctx := policyrequest.NewService(o.db, time.UTC), t.Context()
	returned, rejected, paused, ended := o.asks(p, "Returned"), o.asks(p, "Rejected"), o.asks(p, "Paused"), o.asks(p, "Ended")
	o.must(requests.RequestChanges(ctx, o.ada, returned.ID, returned.Version, nil, "Which?"))
	o.must(requests.Reject(ctx, o.ada, rejected.ID, rejected.Version, "No."))
	o.must(o.grants(paused))
	o.exec(`update policy_requests set paused_at = updated_at where id = @id`, pg.Args{"id": paused.ID})
	o.must(o.grants(ended))
	o.exec(`update policy_requests set ends_on = '2020-01-01' where id = @id`, pg.Args{"id": ended.ID})
	names := func(list []policy.Touched) string {
		var out []string
		for _, n := range list {
			out = append(out, n.Name)
		}
		return strings.Join(out, " ")
	}
	got := o.picture(o.max, p.ID, policy.Activate, 0)
	if n := names(got.Partners); n != "Alpha beta zebra" || got.PartnersTotal != 3 {
		t.Errorf("partners %q, %d", n, got.PartnersTotal)
	}
	if n := names(got.Pending); n != "First Second Returned" || got.PendingTotal != 3 {
		t.Errorf("requests %q, %d", n, got.PendingTotal)
	}
	got = o.picture(o.max, s.ID, policy.Deactivate, 0)
	if n := names(got.Partners); n != "Printer" || got.PendingTotal != 0 {
		t.Errorf("data share: partners %q, %d requests", n, got.PendingTotal)
	}
	o.exec(`insert into partners (id, public_id, type, purpose, organisation, address, policy_group_id, email_domain, lang, status,
			submitted_at, address_verified_at, terms_version, consented_at, created_at, updated_at)
		select gen_random_uuid(), 'many-' || n, 'AUTH_PARTNER', 'x', 'Many ' || n, 'x', @group, 'x.test', 'en', 'active', @now, @now, 'x', @now, @now, @now
		from generate_series(1, 301) n`, pg.Args{"group": o.telecom.ID, "now": o.db.Now()})
	grant := `insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, approved_version, approved_at, ends_on, created_at, updated_at)
		select gen_random_uuid(), t.id, @policy, 'approved', 'x', @by, @now, @version, @now, '2999-01-01', @now, @now from partners t where `
	args := pg.Args{"policy": p.ID, "by": o.ada.User, "version": p.InForce.ID, "now": o.db.Now()}
	o.exec(grant+`public_id like 'many-%' and public_id <> 'many-301'`, args)
	if got = o.picture(o.max, p.ID, policy.Activate, 0); len(got.Partners) != 200 || got.PartnersTotal != 303 {
		t.Errorf("%d of %d partners", len(got.Partners), got.PartnersTotal)
	}
	// One of those who are not named goes, another comes: as many as before, and not the same.
	o.exec(`update policy_requests set partner_id = (select id from partners where public_id = 'many-301')
		where partner_id = (select id from partners where public_id = 'many-99')`, nil)
	other := o.picture(o.max, p.ID, policy.Activate, 0)
	if other.Fingerprint() == got.Fingerprint() || other.PartnersDigest == got.PartnersDigest {
		t.Error("another partner beyond those that are named is not noticed")
	}
}

func TestPictureOfWhatCannotBe(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	draft, active, off := o.full(o.written("draft").ID), o.inForce("active"), o.outOfForce("off")
	for _, c := range []struct {
		p      policy.Full
		action policy.Action
		key    string
	}{
		{active, policy.Activate, "policy_rule.nothing_waits"},
		{off, policy.Activate, "policy_rule.nothing_waits"},
		{draft, policy.Deactivate, "policy_rule.not_in_force"},
		{off, policy.Deactivate, "policy_rule.not_in_force"},
		{draft, policy.Reactivate, "policy_rule.not_deactivated"},
		{active, policy.Reactivate, "policy_rule.not_deactivated"},
		{draft, policy.Restore, "policy_rule.nothing_to_restore"},
	} {
		var conflict *problem.ConflictError
		if _, err := o.Picture(t.Context(), o.max, c.p.ID, c.action, 1); !errors.As(err, &conflict) || conflict.Key != c.key {
			t.Errorf("%s %s: %v, want %s", c.action, c.p.Name, err, c.key)
		}
	}
	for what, call := range map[string]func() error{
		"no such policy": func() error {
			_, err := o.Picture(t.Context(), o.max, id.New[id.Policy](), policy.Activate, 0)
			return err
		},
		"no such version": func() error { _, err := o.Picture(t.Context(), o.max, active.ID, policy.Restore, 9); return err },
	} {
		if err := call(); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := o.Picture(t.Context(), o.max, active.ID, "sell", 0); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("an unknown action: %v", err)
	}
}

// The picture that is kept is the one that was seen, and says the same when it
// is read back.
func TestPictureIsKeptAsSeen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	known := o.asks(p, "شركة الأمان <b>")
	o.must(o.grants(known))
	o.asks(p, "Waiting")
	text := letter("fulName") // a note: nobody knows it
	p = o.save(o.ada, p, text)
	seen := o.picture(o.max, p.ID, policy.Activate, 0)
	o.must(o.ActivatePolicy(t.Context(), o.max, p.ID, policy.Seen{Version: seen.Row, Picture: seen.Fingerprint()}))
	kept := o.decisions(p.ID)[0].Picture
	if diff := cmp.Diff(seen, kept); diff != "" || kept.Fingerprint() != seen.Fingerprint() {
		t.Error(diff)
	}
	if len(kept.Partners) != 1 || kept.Partners[0].PublicID != known.PublicID || known.PublicID == "" {
		t.Errorf("%+v, want the partner ID %s", kept.Partners, known.PublicID)
	}
	report, err := o.Judge(t.Context(), o.words(), p.Kind, p.GroupID, p.ID, text)
	o.must(err)
	same := cmp.Transformer("findings", func(r policydoc.Report) []string {
		out := []string{fmt.Sprint(r.Errors, r.Notes)}
		for _, f := range r.Findings {
			out = append(out, fmt.Sprintf("%s %s %d:%d-%d %s %#v", f.Code, f.Level, f.Line, f.Column, f.Length, f.Key, f.Args))
		}
		return out
	})
	if diff := cmp.Diff([]policydoc.Report{report}, []policydoc.Report{kept.Report()}, same); diff != "" || len(kept.Findings) == 0 {
		t.Error(diff)
	}
}

// What a faulty text names is kept as far as a database can.
func TestPictureOfFaultyTextIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	p = o.save(o.ada, p, `{"a\u0000b": 1, "authTokenType": "part\u0000ner"}`)
	p = o.save(o.ada, p, letter())
	_, err := o.restore(o.max, p, 2)
	o.must(err)
	kept := o.decisions(p.ID)[0].Picture
	if kept.Report().OK() || !strings.Contains(fmt.Sprint(kept.Findings), "\uFFFD") {
		t.Errorf("%+v", kept.Findings)
	}
}

// Of findings codes and places count: a number in the sentence of one does not.
func TestFingerprintOfFindings(t *testing.T) {
	t.Parallel()
	p := policy.Picture{Findings: []policy.Finding{{Code: "AP-1", Line: 2, Key: "k", Args: policy.Args{"Count", 3}}}}
	q := policy.Picture{Findings: []policy.Finding{{Code: "AP-1", Line: 2, Key: "l", Args: policy.Args{"Count", 4}, Column: 7}}}
	if p.Fingerprint() != q.Fingerprint() {
		t.Error("other words are news")
	}
	for _, f := range []policy.Finding{{Code: "AP-2", Line: 2}, {Code: "AP-1", Line: 3}} {
		if q.Findings[0] = f; p.Fingerprint() == q.Fingerprint() {
			t.Errorf("%+v is no news", f)
		}
	}
}

// Each fact of a picture is part of its fingerprint.
func TestFingerprintTellsPicturesApart(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	running := o.inForce("P")
	o.must(o.grants(o.asks(running, "A")))
	o.asks(running, "B")
	p := o.picture(o.max, o.save(o.ada, running, letter("fulName")).ID, policy.Activate, 0)
	text, err := json.Marshal(p)
	o.must(err)
	var facts map[string]any
	o.must(json.Unmarshal(text, &facts))
	for name, value := range facts {
		other := map[string]any{}
		for k, v := range facts {
			other[k] = v
		}
		switch v := value.(type) {
		case bool:
			other[name] = !v
		case float64:
			other[name] = v + 1
		case string:
			other[name] = v + "x"
		case []any:
			other[name] = v[1:]
		default:
			t.Fatalf("%s: %T", name, value)
		}
		text, err := json.Marshal(other)
		o.must(err)
		var changed policy.Picture
		o.must(json.Unmarshal(text, &changed))
		if changed.Fingerprint() == p.Fingerprint() {
			t.Errorf("%s is not part of the fingerprint", name)
		}
	}
	if len(facts) < 19 {
		t.Errorf("only %d facts", len(facts))
	}
}

// Whatever changes between the page and the button, and would make the decision
// another one, is shown before it counts (issue, 6).
func TestCON2DecisionCountsOnlyAsSeen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	setTerm := func(column, value string) {
		o.exec(`update vocabulary_terms set `+column+` = @value where family = 'attribute' and name = 'phone'`, pg.Args{"value": value})
	}
	var waiting policyrequest.Request
	n := 0
	for name, c := range map[string]struct {
		meanwhile func(p policy.Full)
		changed   bool
	}{
		"nothing":             {func(policy.Full) {}, false},
		"a grant given":       {func(policy.Full) { o.must(o.grants(waiting)) }, true},
		"a request came":      {func(p policy.Full) { o.asks(p, "Came") }, true},
		"a request withdrawn": {func(policy.Full) { o.must(o.withdraws(waiting)) }, true},
		"a partner admitted":  {func(policy.Full) { o.joins("Joins", o.telecom.ID) }, false},
		"another policy's":    {func(policy.Full) { o.must(o.grants(o.asks(o.inForce("Elsewhere"), "Far"))) }, false},
		"a label":             {func(policy.Full) { setTerm("label_en", "Telephone") }, false},
		"a sensitivity":       {func(policy.Full) { setTerm("sensitivity", "special") }, true},
		"another policy":      {func(policy.Full) { o.inForce("Beside") }, false},
		"another version":     {func(p policy.Full) { o.save(o.ada, p, letter("email")) }, true},
		"another description": {func(p policy.Full) { o.rename(p, p.Name+"!") }, true},
	} {
		n++
		p := o.save(o.ada, o.inForce(fmt.Sprint("P", n)), letter("phone"))
		waiting = o.asks(p, fmt.Sprint("Waits ", n))
		seen := o.picture(o.max, p.ID, policy.Activate, 0)
		c.meanwhile(p)
		logged, decided := o.logged(), len(o.decisions(p.ID))
		err := o.ActivatePolicy(t.Context(), o.max, p.ID, policy.Seen{Version: seen.Row, Picture: seen.Fingerprint()})
		if errors.Is(err, problem.ErrConflict) != c.changed || err != nil && !c.changed {
			t.Errorf("%s: %v", name, err)
		}
		if !c.changed {
			continue
		}
		o.noEvent(logged)
		if f := o.full(p.ID); f.Waiting == nil || len(o.decisions(p.ID)) != decided {
			t.Errorf("%s: something was stored: %+v", name, f)
		}
		var changed *policy.PictureChangedError
		now := o.picture(o.max, p.ID, policy.Activate, 0)
		if errors.As(err, &changed) && !cmp.Equal(changed.Picture, now) {
			t.Errorf("%s: the error shows %s, want %s", name, said(changed.Picture), said(now))
		}
		o.must(o.ActivatePolicy(t.Context(), o.max, p.ID, policy.Seen{Version: now.Row, Picture: now.Fingerprint()}))
		setTerm("sensitivity", "personal")
	}
}

// withdraws takes a request back, as its partner does.
func (o *office) withdraws(r policyrequest.Request) error {
	a := authz.Actor{User: r.RequestedBy, Roles: []authz.Role{r.PartnerType}, Partner: r.PartnerID}
	return policyrequest.NewService(o.db, time.UTC).Withdraw(o.t.Context(), a, r.ID, r.Version)
}

// rename changes a policy's words, not its document.
func (o *office) rename(p policy.Full, name string) {
	o.t.Helper()
	in := policy.Input{Kind: p.Kind, Name: name, Description: p.Description, Document: p.Waiting.Document}
	_, err := o.EditPolicy(o.t.Context(), o.max, p.ID, p.Version, in)
	o.must(err)
}

// Nobody decides blindly, nor on what somebody else saw.
func TestCON2DecisionNeedsAPicture(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p, q := o.rewrite(o.ada, o.inForce("P"), 1), o.outOfForce("Q")
	forMax, forAda := o.picture(o.max, p.ID, policy.Activate, 0), o.picture(o.ada, p.ID, policy.Activate, 0)
	if forMax.Fingerprint() == forAda.Fingerprint() || forMax.Fingerprint() != o.picture(o.third, p.ID, policy.Activate, 0).Fingerprint() {
		t.Error("a picture depends on who looks by nothing but whose version it is")
	}
	n := o.logged()
	for what, picture := range map[string]string{
		"none": "", "rubbish": "x", "the writer's": forAda.Fingerprint(), "of another action": o.picture(o.max, p.ID, policy.Deactivate, 0).Fingerprint(),
		"of another policy": o.picture(o.max, q.ID, policy.Reactivate, 0).Fingerprint(),
	} {
		ctx, saw := t.Context(), policy.Seen{Version: p.Version, Picture: picture}
		var changed *policy.PictureChangedError
		if err := o.ActivatePolicy(ctx, o.max, p.ID, saw); !errors.As(err, &changed) || !errors.Is(err, problem.ErrConflict) {
			t.Errorf("activate with %s: %v", what, err)
		}
	}
	for what, do := range map[string]func(context.Context, authz.Actor, id.Policy, policy.Seen) error{
		"deactivate": o.DeactivatePolicy, "reactivate": o.ReactivatePolicy,
		"restore": func(ctx context.Context, a authz.Actor, pid id.Policy, saw policy.Seen) error {
			_, err := o.RestoreVersion(ctx, a, pid, 1, saw)
			return err
		},
	} {
		on := p
		if what == "reactivate" {
			on = q
		}
		var changed *policy.PictureChangedError
		if err := do(t.Context(), o.max, on.ID, policy.Seen{Version: on.Version}); !errors.As(err, &changed) {
			t.Errorf("%s blindly: %v", what, err)
		}
	}
	o.noEvent(n)
}
