package apikey_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"portal/internal/apikey"
	"portal/internal/apikey/apikeytest"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/secret"
)

// desk is a partner with a grant, ready to make keys.
type desk struct {
	apikeytest.World
	t      *testing.T
	clock  *pgtest.Clock
	trace  *tracer
	s      *apikey.Service
	group  id.PolicyGroup
	p      partner.Partner
	person authz.Actor
	policy id.Policy
	grant  id.PolicyRequest
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	trace := &tracer{}
	db, clock := pgtest.NewTraced(t, trace)
	d := &desk{t: t, clock: clock, trace: trace, World: apikeytest.New(partnertest.World{T: t, DB: db})}
	d.s = apikey.NewService(db, secret.RandomKeys())
	d.group = d.Group("Telecom")
	d.p = d.Partner("Meridian", d.group)
	d.person = partnertest.Person(d.p)
	d.policy = d.Policy("One-time code", d.group)
	d.grant = d.Grant(d.p, d.policy, 200)
	return d
}

func (d *desk) input(label string) apikey.Input {
	return apikey.Input{ID: id.New[id.APIKey](), Grant: d.grant, Label: label}
}

func (d *desk) make(label string) apikey.Made {
	d.t.Helper()
	made, err := d.s.Create(d.t.Context(), d.person, d.input(label))
	if err != nil {
		d.t.Fatal(err)
	}
	return made
}

func (d *desk) verify(token string) apikey.Verdict {
	d.t.Helper()
	v, err := d.s.Verify(d.t.Context(), token)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *desk) key(kid id.APIKey) apikey.Full {
	d.t.Helper()
	k, err := d.s.Key(d.t.Context(), d.person.Scope(), kid)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// field is the message at an input, "" if err is not about it.
func field(err error, name string) string {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return ""
	}
	for _, f := range invalid.Fields {
		if f.Name == name {
			return f.Key
		}
	}
	return ""
}

// left are the traces of a change: rows of audit log, outbox and events.
func (d *desk) left(action string) string {
	d.t.Helper()
	n, err := pg.Value[string](d.t.Context(), d.DB.Read(), `
		select (select count(*) from audit_log where action = @action and result = 'done') || ' events, '
			|| (select count(*) from mail_outbox where kind = replace(@action, '.', '_')) || ' mails, '
			|| (select count(*) from webhook_events where type = @action) || ' webhooks'`, pg.Args{"action": action})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// mustNotHold fails if a row of any table holds the text, or its middle.
func (d *desk) mustNotHold(token string) {
	d.t.Helper()
	secretPart := token[len("pms_live_")+11 : len("pms_live_")+11+43]
	tables, err := pg.Values[string](d.t.Context(), d.DB.Read(), `
		select table_name::text from information_schema.tables where table_schema = 'public'`, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := pg.Values[string](d.t.Context(), d.DB.Read(), "select to_jsonb(x)::text from "+table+" x", nil)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, row := range rows {
			if strings.Contains(row, secretPart) || strings.Contains(row, secretPart[:20]) {
				d.t.Errorf("%s holds a token: %s", table, row)
			}
		}
	}
	if len(tables) < 20 {
		d.t.Errorf("only %d tables were looked at", len(tables))
	}
}

func parse(t *testing.T, query string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
