package devicetype_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

// desk is the types that come with the portal, two people who maintain them and a
// provider, who may not.
type desk struct {
	*devicetype.Service
	t                  *testing.T
	db                 *pg.DB
	ada, bea, provider authz.Actor
	maker              id.Partner // of devices
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := pgtest.New(t)
	d := &desk{Service: devicetype.NewService(db), t: t, db: db}
	d.ada, d.bea = d.person("Ada", authz.PartnerAdmin), d.person("Bea", authz.PartnerAdmin)
	p := partnertest.World{T: t, DB: db}.Pending("Camera Works", id.PolicyGroup{})
	d.provider, d.maker = partnertest.Person(p), p.ID
	return d
}

// person is an account as types need it: a row to point at.
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

// words are what the tests say of a type.
func words(code string) devicetype.Words {
	return devicetype.Words{Code: code, Label: devicetype.Label{En: code, Fr: code + " (fr)", Ar: code + " (ar)"}}
}

func (d *desk) create(code string) devicetype.Type {
	d.t.Helper()
	t, err := d.Create(d.t.Context(), d.ada, devicetype.Input{Words: words(code)})
	d.must(err)
	return t
}

func (d *desk) all() devicetype.Types {
	d.t.Helper()
	ts, err := d.All(d.t.Context())
	d.must(err)
	return ts
}

// find is a type and a sub-type by their codes.
func (d *desk) find(code, sub string) (devicetype.Type, devicetype.SubType) {
	d.t.Helper()
	t, s, ok := d.all().Find(code, sub)
	if !ok {
		d.t.Fatalf("no %s %s", code, sub)
	}
	return t, s
}

// order is what there is: "Finger[Slap Single Touchless] …".
func (d *desk) order() string { return order(d.all()) }

func order(ts devicetype.Types) string {
	var out []string
	for _, t := range ts {
		var subs []string
		for _, s := range t.SubTypes {
			subs = append(subs, s.Code)
		}
		out = append(out, t.Code+"["+strings.Join(subs, " ")+"]")
	}
	return strings.Join(out, " ")
}

func (d *desk) list(address string) []devicetype.Entry {
	d.t.Helper()
	v, err := url.ParseQuery(address)
	d.must(err)
	p, err := d.Page(d.t.Context(), devicetype.ListIn("en").Parse(v))
	d.must(err)
	return p.Items
}

// device registers a device of a sub-type as it stands in the table.
func (d *desk) device(code, sub, status string) {
	d.t.Helper()
	t, s := d.find(code, sub)
	partner, sbi := d.maker, id.New[id.SBI]()
	d.exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, version, registered_by, created_at, updated_at)
		values (@id, @partner, @version, decode(repeat('00', 32), 'hex'), '2026-01-01', '2030-01-01', 'draft', 1, @user, @now, @now)`,
		pg.Args{"id": sbi, "partner": partner, "version": sbi.String(), "user": d.provider.User, "now": d.db.Now()})
	d.exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, ended_at, registered_by, created_at, updated_at)
		values (@id, @partner, @sbi, @type, @sub, 'Acme', @model, @status, @now, @now, case when @status in ('withdrawn', 'deactivated') then @now::timestamptz end, @user, @now, @now)`,
		pg.Args{"id": id.New[id.Device](), "model": sbi.String(), "partner": partner, "sbi": sbi, "type": t.ID, "sub": s.ID, "status": status, "user": d.provider.User, "now": d.db.Now()})
}

// logged is the number of the last row of the audit log.
func (d *desk) logged() int {
	d.t.Helper()
	n, err := pg.Value[int](d.t.Context(), d.db.Read(), `select seq from audit_head`, nil)
	d.must(err)
	return n
}

type event struct{ Action, Result, Name, Detail string }

func (d *desk) since(n int) []event {
	d.t.Helper()
	es, err := pg.All[event](d.t.Context(), d.db.Read(), `
		select action, result, subject_name as name, detail from audit_log where seq > @n order by seq`, pg.Args{"n": n})
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

// refused fails unless err says this of a field, and nothing was logged since n.
func (d *desk) refused(n int, err error, field, key string) {
	d.t.Helper()
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) || invalid.Fields[0].Name != field || invalid.Fields[0].Key != key {
		d.t.Errorf("%v, want %s at %s", err, key, field)
	}
	if es := d.since(n); len(es) > 0 {
		d.t.Errorf("events %+v, want none", es)
	}
}

// conflict fails unless err is a conflict, and nothing was logged since n.
func (d *desk) conflict(n int, err error) {
	d.t.Helper()
	if !errors.Is(err, problem.ErrConflict) {
		d.t.Errorf("%v, want a conflict", err)
	}
	if es := d.since(n); len(es) > 0 {
		d.t.Errorf("events %+v, want none", es)
	}
}
