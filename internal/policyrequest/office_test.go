package policyrequest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/problem"
)

// office is a portal with two admins, somebody who puts policies into force, and
// one group.
type office struct {
	*policyrequest.Service
	partnertest.World
	clock    *pgtest.Clock
	policies *policy.Service
	ada, bob authz.Actor // Partner Admins
	max      authz.Actor // Policy Manager
	group    id.PolicyGroup
}

func newOffice(t testing.TB) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{
		Service: policyrequest.NewService(db, time.UTC), World: partnertest.World{T: t, DB: db}, clock: clock,
		policies: policy.NewService(db, policy.EyesAlways),
	}
	o.ada, o.bob = o.Staff("Ada North", "en", authz.PartnerAdmin), o.Staff("Bob South", "en", authz.PartnerAdmin)
	o.max = o.Staff("Max West", "en", authz.PolicyManager)
	o.group = o.Group("Telecom")
	return o
}

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

// letter is an Auth policy's document: a one-time code, and these attributes.
func letter(attributes ...string) string {
	entries := make([]string, len(attributes))
	for i, name := range attributes {
		entries[i] = `{"attributeName": "` + name + `"}`
	}
	return `{"authTokenType": "partner", "allowedAuthTypes": [{"authType": "otp", "mandatory": false}, {"authType": "kyc", "mandatory": false}],
		"allowedKycAttributes": [` + strings.Join(entries, ", ") + "]}"
}

// inForce is an Auth policy of the group in force with these attributes.
func (o *office) inForce(name string, attributes ...string) id.Policy {
	o.T.Helper()
	p, err := o.policies.CreatePolicy(o.T.Context(), o.ada, policy.Input{
		Kind: policydoc.KindAuth, GroupID: o.group, Name: name, Description: "For tests", Document: letter(attributes...),
	})
	o.must(err)
	o.decide(p.ID, policy.Activate)
	return p.ID
}

// decide carries out what its page would show to Max.
func (o *office) decide(pid id.Policy, action policy.Action) {
	o.T.Helper()
	d, err := o.policies.Picture(o.T.Context(), o.max, pid, action, 0)
	o.must(err)
	saw := policy.Seen{Version: d.Row, Picture: d.Fingerprint()}
	do := o.policies.ActivatePolicy
	switch action {
	case policy.Deactivate:
		do = o.policies.DeactivatePolicy
	case policy.Reactivate:
		do = o.policies.ReactivatePolicy
	case policy.Activate, policy.Restore:
	}
	o.must(do(o.T.Context(), o.max, pid, saw))
}

// rewritten puts another text of a policy into force.
func (o *office) rewritten(pid id.Policy, attributes ...string) {
	o.T.Helper()
	p, err := o.policies.Policy(o.T.Context(), pid, policydoc.KindAuth)
	o.must(err)
	_, err = o.policies.EditPolicy(o.T.Context(), o.ada, pid, p.Version, policy.Input{
		Kind: p.Kind, Name: p.Name, Description: p.Description, Document: letter(attributes...),
	})
	o.must(err)
	o.decide(pid, policy.Activate)
}

// partner is somebody who acts for an active Authentication Partner of the group.
func (o *office) partner(organisation string) authz.Actor {
	o.T.Helper()
	p := o.Pending(organisation, o.group)
	o.must(partner.NewService(o.DB).Approve(o.T.Context(), o.ada, p.ID, p.Version))
	return partnertest.Person(p)
}

// answers says the same of every field.
func answers(reason string, attributes ...string) policyrequest.Answers {
	return policyrequest.AnswersFor(attributes, func(field string) string {
		if field == policyrequest.FieldReason {
			return reason
		}
		return "To show it at the counter."
	})
}

// asked is a request that waits.
func (o *office) asked(a authz.Actor, pid id.Policy, needs ...string) policyrequest.Request {
	o.T.Helper()
	in := policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: pid, Answers: answers("To open accounts.", needs...)}
	o.must(o.Send(o.T.Context(), a, in))
	return o.now(in.ID)
}

// granted is a grant until the usual day.
func (o *office) granted(a authz.Actor, pid id.Policy, needs ...string) policyrequest.Request {
	o.T.Helper()
	r := o.asked(a, pid, needs...)
	o.must(o.Approve(o.T.Context(), o.ada, r.ID, r.Version, policyrequest.Grant{Shown: r.Number}))
	return o.now(r.ID)
}

func (o *office) now(rid id.PolicyRequest) policyrequest.Request {
	o.T.Helper()
	r, err := o.Request(o.T.Context(), authz.Scope{All: true}, rid)
	o.must(err)
	return r
}

func (o *office) standing(rid id.PolicyRequest) policyrequest.Standing {
	o.T.Helper()
	st, err := o.Standing(o.T.Context(), authz.Scope{All: true}, rid)
	o.must(err)
	return st
}

// traces is what a request left behind, in one line.
func (o *office) traces(rid id.PolicyRequest) string {
	o.T.Helper()
	count := func(sql string) int {
		n, err := pg.Value[int](o.T.Context(), o.DB.Read(), `select count(*) from `+sql, pg.Args{"id": rid.String()})
		o.must(err)
		return n
	}
	r := o.now(rid)
	return fmt.Sprintf("%s v%d s%d: %d submissions, %d reviews, %d events, %d mails, %d webhooks", r.Status, r.Version, r.Submission,
		count(`policy_request_submissions where request_id::text = @id`), count(`policy_request_reviews where request_id::text = @id`),
		count(`audit_log where subject_kind = 'policy_request' and result = 'done' and subject_id = @id`),
		count(`mail_outbox where params->>'Path' = '/policy-requests/' || @id`),
		count(`webhook_events w join policy_requests r on r.id::text = @id where w.type like 'grant.%' and w.data->>'policy' = r.policy_id::text and w.partner_id = r.partner_id`))
}

func (o *office) want(rid id.PolicyRequest, traces string) {
	o.T.Helper()
	if got := o.traces(rid); got != traces {
		o.T.Errorf("got  %s\nwant %s", got, traces)
	}
}

// conflict is the key of a conflict, "" for any other error.
func conflict(err error) string {
	var c *problem.ConflictError
	if errors.As(err, &c) {
		return c.Key
	}
	return ""
}

// wrong is the first field of an invalid input, "" for any other error.
func wrong(err error) string {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Fields[0].Name
	}
	return ""
}

// denied counts the refusals in the log.
func (o *office) denied() int { return o.Count(`audit_log where result = 'denied'`) }

// atOnce runs n functions that all start at the same moment, on pools whose
// connections are open (security.md M16).
func (o *office) atOnce(n int, fn func(i int) error) []error {
	o.T.Helper()
	_ = together(8, func(int) error {
		return o.DB.Housekeep(context.Background(), "warm up", func(tx *pg.Tx) error {
			_, err := pg.Value[bool](context.Background(), tx, `select pg_sleep(0.02) is not null`, nil)
			return err
		})
	})
	return together(n, fn)
}

func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}
