package policyrequest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

func TestSendingIsStoredToldAndLogged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter", "fullName", "photo")
	r := o.asked(a, pid, "photo")
	o.want(r.ID, "pending_approval v1 s1: 1 submissions, 0 reviews, 1 events, 2 mails, 0 webhooks")
	if st := o.standing(r.ID); st.Answers.Reason != "To open accounts." || len(st.Answers.Needs) != 1 || st.Answers.Needs[0].Attribute != "photo" || r.Number != 1 {
		t.Errorf("%+v", st.Answers)
	}
}

func TestSendingIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter", "fullName", "photo")
	draft, err := o.policies.CreatePolicy(t.Context(), o.ada, policy.Input{
		Kind: policydoc.KindAuth, GroupID: o.group, Name: "Draft", Description: "x", Document: letter(),
	})
	o.must(err)
	off := o.inForce("Off")
	o.decide(off, policy.Deactivate)
	foreign := &office{Service: o.Service, World: o.World, clock: o.clock, policies: o.policies, ada: o.ada, max: o.max, group: o.Group("Banking")}
	elsewhere := foreign.inForce("Elsewhere")
	share, err := o.policies.CreatePolicy(t.Context(), o.ada, policy.Input{
		Kind: policydoc.KindDataShare, GroupID: o.group, Name: "Share", Description: "x", Document: string(policydoc.Samples(policydoc.KindDataShare)[0].Document),
	})
	o.must(err)
	o.decide(share.ID, policy.Activate)
	send := func(a authz.Actor, pid id.Policy, answers policyrequest.Answers) error {
		return o.Send(t.Context(), a, policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: pid, Answers: answers})
	}
	before := o.Count(`audit_log`)
	for what, pid := range map[string]id.Policy{"a draft": draft.ID, "another group's": elsewhere, "the other kind": share.ID, "none": id.New[id.Policy]()} {
		if err := send(a, pid, answers("x")); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := send(a, off, answers("x")); conflict(err) != "policy_request.conflict.policy" {
		t.Errorf("a deactivated policy: %v", err)
	}
	for field, in := range map[string]policyrequest.Answers{
		"reason":                               answers(" \n", "photo"),
		policyrequest.NeedField("photo"):       answers("x"),
		"reason ":                              answers(strings.Repeat("é", 501), "photo"),
		policyrequest.NeedField("photo") + " ": policyrequest.AnswersFor([]string{"photo"}, func(string) string { return "\u202e" }),
	} {
		if err := send(a, pid, in); wrong(err) == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if o.Count(`audit_log`) != before || o.Count(`policy_requests`) != 0 || o.Count(`mail_outbox where kind = 'policy_request_waiting'`) != 0 {
		t.Error("something was left behind")
	}
	refused := o.denied()
	if err := send(o.ada, pid, answers("x", "photo")); !errors.Is(err, problem.ErrDenied) || o.denied() != refused+1 {
		t.Errorf("staff: %v", err)
	}
}

func TestCON3TheSameFormTwiceIsOneRequest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, pid := o.partner("Acme"), o.partner("Other"), o.inForce("Counter", "photo")
	in := policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: pid, Answers: answers(" To open accounts. ", "photo")}
	for i, err := range o.atOnce(6, func(int) error { return o.Send(t.Context(), a, in) }) {
		if err != nil {
			t.Errorf("click %d: %v", i, err)
		}
	}
	o.want(in.ID, "pending_approval v1 s1: 1 submissions, 0 reviews, 1 events, 2 mails, 0 webhooks")
	var already *policyrequest.AlreadyAskedError
	in.Answers.Reason = "Another one."
	if err := o.Send(t.Context(), a, in); !errors.As(err, &already) || already.ID != in.ID {
		t.Errorf("other words: %v", err)
	}
	again := in
	again.ID = id.New[id.PolicyRequest]()
	if err := o.Send(t.Context(), a, again); !errors.As(err, &already) || already.ID != in.ID || !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another form: %v", err)
	}
	if err := o.Send(t.Context(), b, in); !errors.Is(err, problem.ErrConflict) || errors.As(err, &already) {
		t.Errorf("somebody else's id: %v", err)
	}
	o.must(o.Send(t.Context(), b, policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: pid, Answers: answers("x", "photo")}))
}

func TestLIM4OpenRequestsOfAPartner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.partner("Acme")
	var policies []id.Policy
	for range policyrequest.MaxOpen - 47 + 3 { // 50 are open, and some come at once
		policies = append(policies, o.inForce("P"+id.New[id.Policy]().String()))
	}
	first := o.asked(a, policies[0])
	o.Exec(`insert into policies (id, kind, group_id, name, description, status, version, review_on, created_by, created_at, updated_at)
		select gen_random_uuid(), kind, group_id, 'copy ' || n, description, 'deactivated', 1, review_on, created_by, created_at, updated_at
		from policies, generate_series(1, 46) n where id = '`+policies[0].String()+`'`, nil)
	o.Exec(`insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, created_at, updated_at)
		select gen_random_uuid(), r.partner_id, p.id, 'changes_requested', 'x', r.requested_by, r.submitted_at, r.created_at, r.updated_at
		from policy_requests r, policies p where p.name like 'copy %'`, nil) // 47 are open
	won := 0
	for _, err := range o.atOnce(len(policies)-1, func(i int) error {
		return o.Send(t.Context(), a, policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: policies[i+1], Answers: answers("x")})
	}) {
		if err == nil {
			won++
		} else if conflict(err) != "policy_request.conflict.too_many" {
			t.Error(err)
		}
	}
	if n := o.Count(`policy_requests`); won != 3 || n != policyrequest.MaxOpen {
		t.Errorf("%d were sent at once, %d are open", won, n)
	}
	o.must(o.Withdraw(t.Context(), a, first.ID, first.Version))
	o.asked(a, policies[0])
}

func TestAnswersAreChangedFieldByField(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter", "photo", "face")
	r := o.asked(a, pid, "photo", "face")
	photo, face := policyrequest.NeedField("photo"), policyrequest.NeedField("face")
	o.must(o.RequestChanges(t.Context(), o.ada, r.ID, 1, []policyrequest.FieldLine{{photo, "Why at the counter?"}, {face, ""}}, ""))
	o.want(r.ID, "changes_requested v2 s1: 1 submissions, 1 reviews, 2 events, 3 mails, 0 webhooks")
	st := o.standing(r.ID)
	if diff := cmp.Diff([]string{photo}, st.Open()); diff != "" {
		t.Fatal(diff)
	}
	with := func(changes map[string]string) func(string) string {
		return func(field string) string {
			if v, ok := changes[field]; ok {
				return v
			}
			return st.Answers.Value(field)
		}
	}
	resend := func(version int, value func(string) string) error {
		return o.Resend(t.Context(), a, r.ID, version, value)
	}
	if err := resend(2, with(map[string]string{face: "Another."})); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("AUT-5, a locked answer: %v", err)
	}
	if err := resend(2, with(map[string]string{photo: " "})); wrong(err) != photo {
		t.Errorf("nothing said: %v", err)
	}
	if err := resend(1, with(map[string]string{photo: "x"})); conflict(err) != "policy_request.conflict.asked_again" {
		t.Errorf("an old page: %v", err)
	}
	o.want(r.ID, "changes_requested v2 s1: 1 submissions, 1 reviews, 2 events, 3 mails, 0 webhooks")
	better := with(map[string]string{photo: "To compare it with the person."})
	o.must(resend(2, better))
	o.must(resend(2, better)) // a second click
	o.want(r.ID, "pending_approval v3 s2: 2 submissions, 1 reviews, 3 events, 5 mails, 0 webhooks")
	if diff := cmp.Diff([]policyrequest.Diff{{photo, "To show it at the counter.", "To compare it with the person."}}, o.standing(r.ID).Changes()); diff != "" {
		t.Error(diff)
	}
	if err := resend(2, with(map[string]string{photo: "Something else."})); conflict(err) != "policy_request.conflict.already_sent" {
		t.Errorf("sent already: %v", err)
	}
	// "Something else" opens everything; what a new version needs is open in any case.
	o.must(o.RequestChanges(t.Context(), o.bob, r.ID, 3, nil, "Tell us more."))
	if got := o.standing(r.ID).Open(); len(got) != 3 {
		t.Errorf("open: %v", got)
	}
	o.must(resend(4, o.standing(r.ID).Answers.Value))
	o.must(o.RequestChanges(t.Context(), o.ada, r.ID, 5, []policyrequest.FieldLine{{policyrequest.FieldReason, "Which accounts?"}}, ""))
	o.rewritten(pid, "photo", "biometrics")
	st = o.standing(r.ID)
	if diff := cmp.Diff([]string{policyrequest.FieldReason, policyrequest.NeedField("biometrics")}, st.Open()); diff != "" {
		t.Error(diff)
	}
	if err := resend(6, with(map[string]string{policyrequest.FieldReason: "Savings."})); wrong(err) != policyrequest.NeedField("biometrics") {
		t.Errorf("what the new version needs is not asked: %v", err)
	}
	o.decide(pid, policy.Deactivate)
	if err := resend(6, with(nil)); conflict(err) != "policy_request.conflict.policy" {
		t.Errorf("a policy that is not in force: %v", err)
	}
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter")
	r := o.asked(a, pid)
	other := o.partner("Other")
	for what, c := range map[string]struct {
		who  authz.Actor
		id   id.PolicyRequest
		want error
	}{
		"somebody else's": {other, r.ID, problem.ErrNotFound}, "none": {a, id.New[id.PolicyRequest](), problem.ErrNotFound}, "staff": {o.ada, r.ID, problem.ErrDenied},
	} {
		if err := o.Withdraw(t.Context(), c.who, c.id, 1); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := o.Withdraw(t.Context(), a, r.ID, 7); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another page: %v", err)
	}
	o.want(r.ID, "pending_approval v1 s1: 1 submissions, 0 reviews, 1 events, 2 mails, 0 webhooks")
	o.must(o.Withdraw(t.Context(), a, r.ID, 1))
	o.must(o.Withdraw(t.Context(), a, r.ID, 1))
	o.want(r.ID, "withdrawn v2 s1: 1 submissions, 0 reviews, 2 events, 2 mails, 0 webhooks")
	if err := o.Approve(t.Context(), o.ada, r.ID, 1, policyrequest.Grant{Shown: 1}); conflict(err) != "policy_request.conflict.closed.withdrawn" {
		t.Errorf("approving what was withdrawn: %v", err)
	}
	g := o.granted(a, pid)
	if err := o.Withdraw(t.Context(), a, g.ID, g.Version); conflict(err) != "policy_request.conflict.closed.approved" {
		t.Errorf("withdrawing a grant: %v", err)
	}
}
