package vocabulary_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// desk is a vocabulary with two people who maintain it and one who may not.
type desk struct {
	*vocabulary.Service
	t             *testing.T
	db            *pg.DB
	clock         *pgtest.Clock
	ada, bea, max authz.Actor
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	d := &desk{Service: vocabulary.NewService(db), t: t, db: db, clock: clock}
	d.ada, d.bea = d.person("Ada", authz.PartnerAdmin), d.person("Bea", authz.PartnerAdmin)
	d.max = d.person("Max", authz.PolicyManager)
	return d
}

// person is an account as terms need it: a row to point at.
func (d *desk) person(name string, role authz.Role) authz.Actor {
	d.t.Helper()
	a := authz.Actor{User: id.New[id.User](), Name: name, Lang: "en", Roles: []authz.Role{role}}
	d.exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, created_at, updated_at)
		values (@id, @email, @email, @name, '', '', 'en', 'fits nothing', 'active', @now, @now)`,
		pg.Args{"id": a.User, "email": a.User.String() + "@desk.test", "name": name, "now": d.db.Now()})
	return a
}

func (d *desk) exec(sql string, args pg.Args) {
	d.t.Helper()
	d.must(d.db.Housekeep(context.Background(), "test", func(tx *pg.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args)
		return err
	}))
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// about is what the tests say of a term.
func about(label string) vocabulary.About {
	return vocabulary.About{LabelEn: label, LabelFr: label + " (fr)", LabelAr: label + " (ar)", DescriptionEn: "d", Sensitivity: policydoc.Personal}
}

func (d *desk) create(f policydoc.Family, name string) vocabulary.Term {
	d.t.Helper()
	t, err := d.Create(d.t.Context(), d.ada, vocabulary.Input{Family: f, Name: name, About: about("l")})
	d.must(err)
	return t
}

func (d *desk) term(tid id.Term) vocabulary.Term {
	d.t.Helper()
	t, err := d.Term(d.t.Context(), tid)
	d.must(err)
	return t
}

// seeded is a term that came with the portal.
func (d *desk) seeded(f policydoc.Family, name string) vocabulary.Term {
	d.t.Helper()
	for _, t := range d.list("size=100").Items {
		if t.Family == f && t.Name == name {
			return t
		}
	}
	d.t.Fatalf("no %s %s", f, name)
	return vocabulary.Term{}
}

func (d *desk) list(address string) (p page) {
	d.t.Helper()
	v, err := url.ParseQuery(address)
	d.must(err)
	p, err = d.Terms(d.t.Context(), vocabulary.ListIn("en").Parse(v))
	d.must(err)
	return p
}

// logged is the number of the last row of the audit log.
func (d *desk) logged() int {
	d.t.Helper()
	n, err := pg.Value[int](d.t.Context(), d.db.Read(), `select seq from audit_head`, nil)
	d.must(err)
	return n
}

type event struct{ Actor, Action, Result, Name, Detail string }

func (d *desk) since(n int) []event {
	d.t.Helper()
	es, err := pg.All[event](d.t.Context(), d.db.Read(), `
		select actor_name as actor, action, result, subject_name as name, detail from audit_log where seq > @n order by seq`, pg.Args{"n": n})
	d.must(err)
	return es
}

// onlyEvent fails unless exactly one event was logged since n, with this action,
// result and details.
func (d *desk) onlyEvent(n int, action, result string, details ...string) {
	d.t.Helper()
	es := d.since(n)
	if len(es) != 1 || es[0].Action != action || es[0].Result != result {
		d.t.Fatalf("events %+v, want one %s %s", es, action, result)
	}
	for _, want := range details {
		if !strings.Contains(es[0].Detail, want) {
			d.t.Errorf("the detail of %s lacks %s: %s", action, want, es[0].Detail)
		}
	}
}

func (d *desk) noEvent(n int) {
	d.t.Helper()
	if es := d.since(n); len(es) > 0 {
		d.t.Fatalf("events %+v, want none", es)
	}
}

// atOnce lets n calls start together, over connections that are all open: a
// cold pool would line them up and hide a race (security.md M16).
func (d *desk) atOnce(n int, do func(i int) error) []error {
	d.t.Helper()
	var warm sync.WaitGroup
	write, read := d.db.Stat()
	for range write.MaxConns() {
		warm.Go(func() { d.exec(`select pg_sleep(0.1)`, nil) })
	}
	for range read.MaxConns() {
		warm.Go(func() {
			_, err := pg.All[struct{ Done int }](d.t.Context(), d.db.Read(), `select 1 as done from pg_sleep(0.1)`, nil)
			if err != nil {
				d.t.Error(err)
			}
		})
	}
	warm.Wait()
	start, errs := make(chan struct{}), make([]error, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	done.Wait()
	return errs
}

// fields are the findings of an input, "name: key".
func fields(err error) []string {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return nil
	}
	var out []string
	for _, f := range invalid.Fields {
		out = append(out, f.Name+": "+f.Key)
	}
	return out
}
