package organisation

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/secret"
)

// office is a portal with a Partner Admin and the active partner Acme of the
// group Telecom, with a policy that it may use.
type office struct {
	partnertest.World
	*Service
	t      testing.TB
	clock  *pgtest.Clock
	codes  code.Codes
	admin  authz.Actor
	acme   partner.Partner
	owner  authz.Actor
	group  id.PolicyGroup
	policy id.Policy
}

func newOffice(t testing.TB) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	codes := code.New(secret.RandomKeys())
	o := &office{
		World: partnertest.World{T: t, DB: db}, t: t, clock: clock, codes: codes,
		Service: NewService(db, challenge.New(db, codes)), policy: id.New[id.Policy](),
	}
	o.group = o.Group("Telecom")
	o.admin = o.Staff("Ada Admin", "fr", authz.PartnerAdmin)
	o.acme = o.active("Acme")
	o.owner = owner(o.acme)
	o.Exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		values (@id, 'auth', @group, 'Counter', 'For tests', 'active', '2030-01-01', @by, @now, @now)`,
		pg.Args{"id": o.policy, "group": o.group, "by": o.admin.User, "now": db.Now()})
	o.Exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
		values (@id, @policy, 1, '{}', 'inactive', 0, @by, @by, @now, @now)`,
		pg.Args{"id": id.New[id.PolicyVersion](), "policy": o.policy, "by": o.admin.User, "now": db.Now()})
	return o
}

// active is an admitted partner.
func (o *office) active(name string) partner.Partner {
	o.t.Helper()
	p := o.Pending(name, o.group)
	o.Exec(`update partners set status = 'active', version = version + 1 where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

func owner(p partner.Partner) authz.Actor {
	a := partnertest.Person(p)
	a.Roles = append(a.Roles, authz.PartnerOwner)
	return a
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// grant is an approved request of a partner, as the approval leaves it.
func (o *office) grant(pid id.Partner, by id.User) id.PolicyRequest {
	o.t.Helper()
	rid := id.New[id.PolicyRequest]()
	o.must(o.DB.Housekeep(o.t.Context(), "fixture", func(tx *pg.Tx) error { return insertGrant(o.t.Context(), tx, rid, pid, o.policy, by) }))
	return rid
}

func insertGrant(ctx context.Context, tx *pg.Tx, rid id.PolicyRequest, pid id.Partner, policy id.Policy, by id.User) error {
	_, err := tx.Exec(ctx, `insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, approved_version,
			approved_at, ends_on, created_at, updated_at)
		select @id, @partner, @policy, 'approved', 'For tests', @by, @now, v.id, @now, (@now::timestamptz + interval '1 year')::date, @now, @now
		from policy_versions v where v.policy_id = @policy`,
		pg.Args{"id": rid, "partner": pid, "policy": policy, "by": by, "now": tx.Now()})
	return err
}

func (o *office) key(pid id.Partner, rid id.PolicyRequest, by id.User, label string) id.APIKey {
	o.t.Helper()
	kid := id.New[id.APIKey]()
	o.must(o.DB.Housekeep(o.t.Context(), "fixture", func(tx *pg.Tx) error { return insertKey(o.t.Context(), tx, kid, pid, rid, by, label) }))
	return kid
}

func insertKey(ctx context.Context, tx *pg.Tx, kid id.APIKey, pid id.Partner, rid id.PolicyRequest, by id.User, label string) error {
	_, err := tx.Exec(ctx, `insert into api_keys (id, partner_id, request_id, label, status, ends_on, created_by, created_at, updated_at)
		values (@id, @partner, @request, @label, 'active', (@now::timestamptz + interval '1 year')::date, @by, @now, @now)`,
		pg.Args{"id": kid, "partner": pid, "request": rid, "label": label, "by": by, "now": tx.Now()})
	return err
}

// code is the code in the latest mail to the new address.
func (o *office) code() string {
	o.t.Helper()
	c, st, err := o.Proof(o.t.Context(), o.owner)
	o.must(err)
	return o.codes.Code(c.ChallengeID.UUID, st.Sends)
}

// mails are the kinds of mails to an address, oldest first.
func (o *office) mails(to string) []string {
	o.t.Helper()
	kinds, err := pg.Values[string](o.t.Context(), o.DB.Read(), `select kind from mail_outbox where recipient = @to order by position`, pg.Args{"to": to})
	o.must(err)
	return kinds
}

// fields are the names of what an *problem.InvalidError refuses.
func fields(err error) (names []string) {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) {
		for _, f := range invalid.Fields {
			names = append(names, f.Name)
		}
	}
	return names
}

func wantConflict(t testing.TB, err error, key string) {
	t.Helper()
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

// atOnce runs functions that all start at the same moment, on a warm pool
// (security.md M16).
func (o *office) atOnce(fns ...func() error) []error {
	o.t.Helper()
	errs := make([]error, len(fns))
	start := make(chan struct{})
	var done sync.WaitGroup
	for i, fn := range fns {
		done.Go(func() {
			<-start
			errs[i] = fn()
		})
	}
	close(start)
	done.Wait()
	return errs
}

func (o *office) warm() {
	o.t.Helper()
	var fns []func() error
	for range 8 {
		fns = append(fns, func() error {
			return o.DB.Housekeep(o.t.Context(), "warm up", func(tx *pg.Tx) error {
				_, err := tx.Exec(o.t.Context(), `select pg_sleep(0.02)`, nil)
				return err
			})
		})
	}
	for _, err := range o.atOnce(fns...) {
		o.must(err)
	}
}

const why = "Their licence was withdrawn"

// minute lets time pass, so that two events are not at one moment.
func (o *office) minute() { o.clock.Advance(time.Minute) }
