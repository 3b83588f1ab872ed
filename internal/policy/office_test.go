package policy_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
)

// office is a portal with two people who may write and activate, and one group.
type office struct {
	*policy.Service
	t       testing.TB
	db      *pg.DB
	clock   *pgtest.Clock
	ada     authz.Actor // Partner Admin
	max     authz.Actor // Policy Manager
	third   authz.Actor // Policy Manager, where two are not enough
	telecom policy.Group
	warmed  bool // its pools hold all their connections
}

func newOffice(t testing.TB) *office { return officeWith(t, policy.EyesAlways) }

func officeWith(t testing.TB, eyes policy.Eyes) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{Service: policy.NewService(db, eyes), t: t, db: db, clock: clock}
	o.ada, o.max = o.person("Ada", authz.PartnerAdmin), o.person("Max", authz.PolicyManager)
	o.third = o.person("Thea", authz.PolicyManager)
	o.telecom = o.group("Telecom")
	return o
}

// person is an account as policies need it: a row to point at.
func (o *office) person(name string, roles ...authz.Role) authz.Actor {
	o.t.Helper()
	a := authz.Actor{User: id.New[id.User](), Name: name, Lang: "en", Roles: roles}
	o.exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, created_at, updated_at)
		values (@id, @email, @email, @name, '', '', 'en', 'fits nothing', 'active', @now, @now)`,
		pg.Args{"id": a.User, "email": a.User.String() + "@office.test", "name": name, "now": o.db.Now()})
	for _, r := range roles {
		o.exec(`insert into user_roles (user_id, role, granted_at) values (@id, @role, @now)`,
			pg.Args{"id": a.User, "role": string(r), "now": o.db.Now()})
	}
	return a
}

func (o *office) words() *policydoc.Vocabulary {
	o.t.Helper()
	words, err := vocabulary.Load(o.t.Context(), o.db.Read())
	o.must(err)
	return words
}

// exec runs a statement past the service.
func (o *office) exec(sql string, args pg.Args) {
	o.t.Helper()
	if err := o.try(sql, args); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) try(sql string, args pg.Args) error {
	return o.db.Housekeep(context.Background(), "test", func(tx *pg.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args)
		return err
	})
}

func (o *office) count(sql string, args pg.Args) int {
	o.t.Helper()
	n, err := pg.Value[int](o.t.Context(), o.db.Read(), sql, args)
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *office) group(name string) policy.Group {
	o.t.Helper()
	g, err := o.CreateGroup(o.t.Context(), o.max, policy.GroupInput{Name: name, Description: "Companies of " + name})
	if err != nil {
		o.t.Fatal(err)
	}
	return g
}

// sample is a good document; n chooses which.
func sample(k policy.Kind, n int) string { return string(policydoc.Samples(k)[n].Document) }

// day is the day of a moment.
func day(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// letter is an Auth policy's document: a one-time code, and these attributes.
func letter(attributes ...string) string {
	entries := make([]string, len(attributes))
	for i, name := range attributes {
		entries[i] = `{"attributeName": "` + name + `"}`
	}
	return `{"authTokenType": "partner", "allowedAuthTypes": [{"authType": "otp", "mandatory": false}], "allowedKycAttributes": [` +
		strings.Join(entries, ", ") + "]}"
}

func (o *office) input(name string) policy.Input {
	return policy.Input{
		Kind: policydoc.KindAuth, GroupID: o.telecom.ID, Name: name, Description: "For " + name,
		Document: sample(policydoc.KindAuth, 0),
	}
}

// written is an inactive policy by Ada.
func (o *office) written(name string) policy.Policy {
	o.t.Helper()
	return o.create(o.input(name))
}

func (o *office) create(in policy.Input) policy.Policy {
	o.t.Helper()
	p, err := o.CreatePolicy(o.t.Context(), o.ada, in)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// inForce is a policy by Ada that Max activated.
func (o *office) inForce(name string) policy.Full {
	o.t.Helper()
	p := o.written(name)
	o.must(o.activate(o.max, p.ID, p.Version))
	return o.full(p.ID)
}

// outOfForce is a policy by Ada that Max activated and deactivated.
func (o *office) outOfForce(name string) policy.Full {
	o.t.Helper()
	p := o.inForce(name)
	o.must(o.deactivate(o.max, p.ID, p.Version))
	return o.full(p.ID)
}

// decide looks at what a decision would do, as its page does, and takes it: at
// the row version of the policy, and with what is said of an emergency.
func (o *office) decide(a authz.Actor, pid id.Policy, action policy.Action, saw policy.Seen) error {
	o.t.Helper()
	return decide(o.t.Context(), o.Service, a, pid, action, saw)
}

func decide(ctx context.Context, s *policy.Service, a authz.Actor, pid id.Policy, action policy.Action, saw policy.Seen) error {
	picture, err := s.Picture(ctx, a, pid, action, 0)
	if err == nil { // else the decision itself has to refuse
		saw.Picture = picture.Fingerprint()
	}
	switch action {
	case policy.Activate:
		return s.ActivatePolicy(ctx, a, pid, saw)
	case policy.Deactivate:
		return s.DeactivatePolicy(ctx, a, pid, saw)
	case policy.Reactivate:
		return s.ReactivatePolicy(ctx, a, pid, saw)
	case policy.Restore:
	}
	return errors.New("no such decision")
}

func (o *office) activate(a authz.Actor, pid id.Policy, version int) error {
	return o.decide(a, pid, policy.Activate, policy.Seen{Version: version})
}

func (o *office) deactivate(a authz.Actor, pid id.Policy, version int) error {
	return o.decide(a, pid, policy.Deactivate, policy.Seen{Version: version})
}

func (o *office) reactivate(a authz.Actor, pid id.Policy, version int) error {
	return o.decide(a, pid, policy.Reactivate, policy.Seen{Version: version})
}

// restore looks at what restoring a version would do, and does it.
func (o *office) restore(a authz.Actor, p policy.Full, number int) (policy.Policy, error) {
	saw := policy.Seen{Version: p.Version}
	picture, err := o.Picture(o.t.Context(), a, p.ID, policy.Restore, number)
	if err == nil {
		saw.Picture = picture.Fingerprint()
	}
	return o.RestoreVersion(o.t.Context(), a, p.ID, number, saw)
}

// discard throws away what waits.
func (o *office) discard(a authz.Actor, p policy.Full) policy.Full {
	o.t.Helper()
	_, err := o.DiscardVersion(o.t.Context(), a, p.ID, p.Version)
	o.must(err)
	return o.full(p.ID)
}

// states are those of the versions, newest first: "inactive superseded".
func states(p policy.Full) string {
	var out []string
	for _, v := range p.Versions {
		out = append(out, string(v.Status))
	}
	return strings.Join(out, " ")
}

// rewrite is an edit of a policy that changes its document to sample n.
func (o *office) rewrite(a authz.Actor, p policy.Full, n int) policy.Full {
	o.t.Helper()
	return o.save(a, p, sample(p.Kind, n))
}

// save is an edit of a policy that changes its document.
func (o *office) save(a authz.Actor, p policy.Full, document string) policy.Full {
	o.t.Helper()
	in := policy.Input{Kind: p.Kind, Name: p.Name, Description: p.Description, Document: document}
	if _, err := o.EditPolicy(o.t.Context(), a, p.ID, p.Version, in); err != nil {
		o.t.Fatal(err)
	}
	return o.full(p.ID)
}

func (o *office) full(pid id.Policy) policy.Full {
	o.t.Helper()
	for _, k := range policydoc.Kinds() {
		if p, err := o.Policy(o.t.Context(), pid, k); err == nil {
			return p
		}
	}
	o.t.Fatalf("no policy %s", pid)
	return policy.Full{}
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// event is one row of the audit log as the tests compare it.
type event struct{ Actor, Action, Result, Name, Detail string }

// since returns what was logged after the first n rows.
func (o *office) since(n int) []event {
	o.t.Helper()
	es, err := pg.All[event](o.t.Context(), o.db.Read(), `
		select actor_name as actor, action, result, subject_name as name, detail from audit_log where seq > @n order by seq`, pg.Args{"n": n})
	if err != nil {
		o.t.Fatal(err)
	}
	return es
}

func (o *office) logged() int { return o.count(`select seq from audit_head`, nil) }

// onlyEvent fails unless exactly one event was logged since n, with this action,
// result and detail.
func (o *office) onlyEvent(n int, action, result string, details ...string) {
	o.t.Helper()
	es := o.since(n)
	if len(es) != 1 || es[0].Action != action || es[0].Result != result {
		o.t.Fatalf("events %+v, want one %s %s", es, action, result)
	}
	for _, d := range details {
		if !strings.Contains(es[0].Detail, d) {
			o.t.Errorf("the detail of %s lacks %s: %s", action, d, es[0].Detail)
		}
	}
}

func (o *office) noEvent(n int) {
	o.t.Helper()
	if es := o.since(n); len(es) > 0 {
		o.t.Fatalf("events %+v, want none", es)
	}
}

// query is an address of a list.
func query(s string) url.Values {
	v, err := url.ParseQuery(s)
	if err != nil {
		panic(err)
	}
	return v
}
