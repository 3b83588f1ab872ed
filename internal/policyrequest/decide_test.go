package policyrequest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

func TestApprovingIsStoredToldAndLogged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter", "photo")
	r := o.granted(a, pid, "photo")
	o.want(r.ID, "approved v2 s1: 1 submissions, 1 reviews, 2 events, 3 mails, 1 webhooks")
	if want := o.Today().AddDate(0, 12, 0); !r.EndsOn.Equal(want) || r.ApprovedNumber != 1 {
		t.Errorf("until %s by version %d", r.EndsOn, r.ApprovedNumber)
	}
	data, err := pg.Value[string](t.Context(), o.DB.Read(), `select data::text from webhook_events where type = 'grant.approved'`, nil)
	o.must(err)
	if want := fmt.Sprintf(`{"policy": "%s", "ends_on": "%s", "partner": "acme", "version": 1, "partner_id": "%s"}`,
		pid, r.EndsOn.Format(time.DateOnly), a.Partner); data != want {
		t.Errorf("other systems are told %s, want %s", data, want)
	}
}

func TestApprovingIsJudgedByWhatIsInForce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter", "fullName")
	r := o.asked(a, pid)
	approve := func(g policyrequest.Grant) error { return o.Approve(t.Context(), o.ada, r.ID, 1, g) }
	today := o.Today()
	for what, on := range map[string]time.Time{"today": today, "too late": today.AddDate(0, 24, 1), "long ago": today.AddDate(-1, 0, 0)} {
		if err := approve(policyrequest.Grant{EndsOn: on, Shown: 1}); wrong(err) != "ends_on" {
			t.Errorf("%s: %v", what, err)
		}
	}
	o.rewritten(pid, "fullName", "gender")
	var changed *policyrequest.VersionChangedError
	if err := approve(policyrequest.Grant{Shown: 1}); !errors.As(err, &changed) || *changed != (policyrequest.VersionChangedError{Shown: 1, Now: 2}) || !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another version: %v", err)
	}
	o.decide(pid, policy.Deactivate)
	if err := approve(policyrequest.Grant{Shown: 2}); conflict(err) != "policy_request.conflict.policy" {
		t.Errorf("no version: %v", err)
	}
	o.Exec(`update policies set status = 'active'`, nil)
	o.Exec(`update policy_versions set status = 'active' where status = 'deactivated'`, nil)
	for table, key := range map[string]string{"policy_groups": "policy_request.conflict.group", "partners": "policy_request.conflict.partner"} {
		o.Exec(`update `+table+` set status = 'deactivated'`, nil)
		if err := approve(policyrequest.Grant{Shown: 2}); conflict(err) != key {
			t.Errorf("%s: %v", table, err)
		}
		o.Exec(`update `+table+` set status = 'active'`, nil)
	}
	o.want(r.ID, "pending_approval v1 s1: 1 submissions, 0 reviews, 1 events, 2 mails, 0 webhooks")
	o.must(approve(policyrequest.Grant{EndsOn: today.AddDate(0, 24, 0), Shown: 2}))
	if r = o.now(r.ID); r.ApprovedNumber != 2 || !r.EndsOn.Equal(today.AddDate(0, 24, 0)) {
		t.Errorf("%+v", r)
	}
}

func TestDecidingIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter")
	r := o.asked(a, pid)
	both := a // somebody who would hold both sides
	both.Roles = append([]authz.Role{authz.PartnerAdmin}, a.Roles...)
	for what, c := range map[string]struct {
		who  authz.Actor
		want error
	}{"a partner": {a, problem.ErrDenied}, "a Policy Manager": {o.max, problem.ErrDenied}, "AUT-6, its own": {both, problem.ErrDenied}} {
		n := o.denied()
		if err := o.Approve(t.Context(), c.who, r.ID, 1, policyrequest.Grant{Shown: 1}); !errors.Is(err, c.want) {
			t.Errorf("%s approves: %v", what, err)
		}
		if err := o.Reject(t.Context(), c.who, r.ID, 1, "No."); !errors.Is(err, c.want) {
			t.Errorf("%s rejects: %v", what, err)
		}
		if o.denied() != n+2 {
			t.Errorf("%s: the refusal is not in the log", what)
		}
	}
	if err := o.Reject(t.Context(), a, r.ID, 1, ""); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner learns what is wrong with the input: %v", err)
	}
	for what, err := range map[string]error{
		"reason": o.Reject(t.Context(), o.ada, r.ID, 1, " "), "note": o.RequestChanges(t.Context(), o.ada, r.ID, 1, nil, ""),
	} {
		if wrong(err) != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := o.RequestChanges(t.Context(), o.ada, r.ID, 1, []policyrequest.FieldLine{{"status", "x"}}, ""); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("no field: %v", err)
	}
	if err := o.Approve(t.Context(), o.ada, id.New[id.PolicyRequest](), 1, policyrequest.Grant{}); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	o.want(r.ID, "pending_approval v1 s1: 1 submissions, 0 reviews, 1 events, 2 mails, 0 webhooks")
}

func TestCON2DecidingTwiceIsOneDecision(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, pid := o.partner("Acme"), o.inForce("Counter")
	r := o.asked(a, pid)
	o.must(o.Reject(t.Context(), o.ada, r.ID, 1, "Not yet."))
	o.must(o.Reject(t.Context(), o.ada, r.ID, 1, "Not yet."))
	o.want(r.ID, "rejected v2 s1: 1 submissions, 1 reviews, 2 events, 3 mails, 0 webhooks")
	for what, err := range map[string]error{
		"another reason": o.Reject(t.Context(), o.ada, r.ID, 1, "Never."),
		"somebody else":  o.Reject(t.Context(), o.bob, r.ID, 1, "Not yet."),
		"another way":    o.Approve(t.Context(), o.ada, r.ID, 1, policyrequest.Grant{Shown: 1}),
	} {
		if conflict(err) != "policy_request.conflict.rejected" {
			t.Errorf("%s: %v", what, err)
		}
	}
	again := o.asked(a, pid) // a rejected policy can be asked for anew
	o.must(o.RequestChanges(t.Context(), o.ada, again.ID, 1, nil, "More."))
	o.must(o.Resend(t.Context(), a, again.ID, 2, func(string) string { return "Here." }))
	if err := o.Approve(t.Context(), o.bob, again.ID, 1, policyrequest.Grant{Shown: 1}); conflict(err) != "policy_request.conflict.sent_again" {
		t.Errorf("an old page: %v", err)
	}
}

func TestCON2OneOfManyDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admins := []authz.Actor{o.ada, o.bob}
	for i := range 4 {
		admins = append(admins, o.Staff(fmt.Sprintf("Admin N%d", i), "en", authz.PartnerAdmin))
	}
	a := o.partner("Acme")
	for round := range 5 {
		r := o.asked(a, o.inForce(fmt.Sprint("P", round)))
		won := 0
		for i, err := range o.atOnce(len(admins)+1, func(i int) error {
			switch {
			case i == len(admins):
				return o.Withdraw(t.Context(), a, r.ID, 1)
			case i%2 == 0:
				return o.Approve(t.Context(), admins[i], r.ID, 1, policyrequest.Grant{Shown: 1})
			}
			return o.Reject(t.Context(), admins[i], r.ID, 1, "No.")
		}) {
			if err == nil {
				won++
			} else if !errors.Is(err, problem.ErrConflict) || conflict(err) == "" {
				t.Errorf("round %d, %d: a loser is not told what happened: %v", round, i, err)
			}
		}
		if n := o.Count(`audit_log where subject_kind = 'policy_request' and subject_id = '` + r.ID.String() + `'`); won != 1 || n != 2 {
			t.Fatalf("round %d: %d won, %d events", round, won, n)
		}
	}
}

// Whoever approves while a policy goes out of force is either first, and then the
// picture shows its grant, or told.
func TestCON4ApprovingAgainstDeactivating(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.partner("Acme")
	for round := range 10 {
		pid := o.inForce(fmt.Sprint("P", round))
		r := o.asked(a, pid)
		picture, err := o.policies.Picture(t.Context(), o.max, pid, policy.Deactivate, 0)
		o.must(err)
		errs := o.atOnce(2, func(i int) error {
			if i == round%2 {
				return o.Approve(t.Context(), o.ada, r.ID, 1, policyrequest.Grant{Shown: 1})
			}
			return o.policies.DeactivatePolicy(t.Context(), o.max, pid, policy.Seen{Version: picture.Row, Picture: picture.Fingerprint()})
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v", round, errs)
		}
	}
}

func TestAUT3OnesOwnRowsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b, pid := o.partner("Acme"), o.partner("Other"), o.inForce("Counter")
	r := o.granted(a, pid)
	if _, err := o.Request(t.Context(), b.Scope(), r.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if _, err := o.Standing(t.Context(), b.Scope(), r.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if _, err := o.Review(t.Context(), a.Scope(), r.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a partner reads a review: %v", err)
	}
	page := func(scope authz.Scope) int {
		p, err := o.Requests(t.Context(), scope, policyrequest.RequestList.Parse(nil))
		o.must(err)
		return len(p.Items)
	}
	if page(a.Scope()) != 1 || page(b.Scope()) != 0 || page(o.ada.Scope()) != 1 || page(o.max.Scope()) != 0 {
		t.Error("a list reaches too far or not far enough")
	}
	for what, err := range map[string]error{
		"extension": o.AskExtension(t.Context(), b, r.ID, "x"),
		"answers":   o.Resend(t.Context(), b, r.ID, 1, func(string) string { return "x" }),
	} {
		if !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
