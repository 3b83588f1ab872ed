package serviceaccount_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/serviceaccount"
)

type desk struct {
	partnertest.World
	t     *testing.T
	clock *pgtest.Clock
	s     *serviceaccount.Service
	admin authz.Actor
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	d := &desk{t: t, clock: clock, World: partnertest.World{T: t, DB: db}, s: serviceaccount.NewService(db, secret.RandomKeys())}
	d.admin = d.Staff("Ada Admin", "en", authz.PartnerAdmin)
	d.Staff("Otto Other", "fr", authz.PartnerAdmin)
	return d
}

func (d *desk) input(name string, rights ...string) serviceaccount.Input {
	return serviceaccount.Input{
		ID: id.New[id.ServiceAccount](), Name: name, Description: "Asks on behalf of the country", Rights: rights,
		EndsOn: d.s.Today().AddDate(0, 0, 100).Format(time.DateOnly),
	}
}

func (d *desk) make(name string, rights ...string) serviceaccount.Made {
	d.t.Helper()
	made, err := d.s.Create(d.t.Context(), d.admin, d.input(name, rights...))
	if err != nil {
		d.t.Fatal(err)
	}
	return made
}

var here = netip.MustParseAddr("192.0.2.7")

func (d *desk) enter(token string) (authz.Actor, error) {
	return d.s.Enter(d.t.Context(), serviceaccount.Presented{Token: token, IP: here, RequestID: "r"})
}

func (d *desk) left(action string) int {
	return d.Count("audit_log where result = 'done' and action = '" + action + "'")
}

func TestCreateAndEnterWithLeastRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make(" Login   service ", string(authz.KeyVerify))
	a, err := d.enter(made.Token.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "Login service" || !a.May(authz.KeyVerify) || a.May(authz.PolicyServe) || a.SignedIn() || a.Staff() || a.Scope() != (authz.Scope{}) {
		t.Errorf("%+v", a)
	}
	if d.left("service_account.created") != 1 || d.Count("mail_outbox where kind = 'service_created'") != 1 {
		t.Error("no event, or no mail to the other Partner Admin")
	}
	full, err := d.s.Account(t.Context(), made.Account.ID)
	if err != nil || full.LastUsedAt == nil || len(full.Secrets) != 1 || !full.Works() {
		t.Errorf("%+v %v", full, err)
	}
	if _, err := d.s.Create(t.Context(), d.admin, serviceaccount.Input{ID: made.Account.ID, Name: "X"}); !errors.Is(err, serviceaccount.ErrShown) {
		t.Errorf("the same form: %v", err)
	}
	other := d.Staff("Olga Other", "en", authz.PartnerAdmin)
	if _, err := d.s.Create(t.Context(), other, serviceaccount.Input{ID: made.Account.ID, Name: "X"}); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's id: %v", err)
	}
	for _, role := range authz.Roles {
		if role == authz.PartnerAdmin {
			continue
		}
		if _, err := d.s.Create(t.Context(), authz.Actor{Roles: []authz.Role{role}}, d.input("X", "api_key.verify")); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s makes a service account: %v", role, err)
		}
	}
}

func TestCreateRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.make("Taken", "api_key.verify")
	at := func(days int) string { return d.s.Today().AddDate(0, 0, days).Format(time.DateOnly) }
	for name, c := range map[string]struct {
		change     func(*serviceaccount.Input)
		input, key string
	}{
		"no name":     {func(in *serviceaccount.Input) { in.Name = " " }, "name", "problem.required"},
		"long name":   {func(in *serviceaccount.Input) { in.Name = strings.Repeat("x", 65) }, "name", "problem.too_long"},
		"taken":       {func(in *serviceaccount.Input) { in.Name = "tAKEN" }, "name", "service_account.problem.name_taken"},
		"long text":   {func(in *serviceaccount.Input) { in.Description = strings.Repeat("x", 257) }, "description", "problem.too_long"},
		"no right":    {func(in *serviceaccount.Input) { in.Rights = nil }, "rights", "service_account.problem.no_right"},
		"other right": {func(in *serviceaccount.Input) { in.Rights = []string{"audit.read"} }, "rights", "problem.choose"},
		"no day":      {func(in *serviceaccount.Input) { in.EndsOn = "" }, "ends_on", "service_account.problem.day"},
		"past":        {func(in *serviceaccount.Input) { in.EndsOn = at(-1) }, "ends_on", "service_account.problem.past"},
		"366 days":    {func(in *serviceaccount.Input) { in.EndsOn = at(366) }, "ends_on", "service_account.problem.too_far"},
	} {
		in := d.input("New", "policy.serve")
		c.change(&in)
		_, err := d.s.Create(t.Context(), d.admin, in)
		var invalid *problem.InvalidError
		if !errors.As(err, &invalid) || invalid.Fields[0].Name != c.input || invalid.Fields[0].Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d.Count("service_accounts") != 1 || d.Count("key_secrets") != 1 {
		t.Error("a refused account left something behind")
	}
}

func TestEditRotateDeactivate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Service", "api_key.verify")
	first, said := made.Token.Reveal(), made.Account.ID
	in := d.input("Renamed", "policy.serve")
	if err := d.s.Edit(t.Context(), d.admin, said, 1, in); err != nil {
		t.Fatal(err)
	}
	if a, err := d.enter(first); err != nil || a.May(authz.KeyVerify) || !a.May(authz.PolicyServe) {
		t.Errorf("after editing: %+v %v", a, err)
	}
	if err := d.s.Edit(t.Context(), d.admin, said, 1, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a stale page: %v", err)
	}
	if err := d.s.Edit(t.Context(), d.admin, said, 2, in); err != nil || d.left("service_account.edited") != 1 {
		t.Errorf("nothing changed: %v", err)
	}
	again, err := d.s.Rotate(t.Context(), d.admin, said, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.s.Rotate(t.Context(), d.admin, said, 2, 1); !errors.Is(err, serviceaccount.ErrShown) {
		t.Errorf("the same form: %v", err)
	}
	second := again.Token.Reveal()
	for _, token := range []string{first, second} {
		if _, err := d.enter(token); err != nil {
			t.Errorf("in the overlap: %v", err)
		}
	}
	d.clock.Advance(24 * time.Hour)
	if _, err := d.enter(first); !errors.Is(err, serviceaccount.ErrRefused) {
		t.Errorf("after the overlap: %v", err)
	}
	for range 2 {
		if err := d.s.Deactivate(t.Context(), d.admin, said, 3); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.enter(second); !errors.Is(err, serviceaccount.ErrRefused) {
		t.Errorf("deactivated: %v", err)
	}
	if d.left("service_account.deactivated") != 1 || d.Count("mail_outbox where kind = 'service_deactivated'") != 1 {
		t.Error("event or mail")
	}
	if d.Count("mail_outbox where kind = 'service_edited'") != 1 || d.Count("mail_outbox where kind = 'service_rotated'") != 1 {
		t.Error("the other admins are not told of new rights and of a new token, each once")
	}
	for name, err := range map[string]error{
		"edit":   d.s.Edit(t.Context(), d.admin, said, 4, in),
		"rotate": func() error { _, err := d.s.Rotate(t.Context(), d.admin, said, 4, 0); return err }(),
	} {
		var conflict *problem.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != "service_account.conflict.deactivated" {
			t.Errorf("%s of a deactivated account: %v", name, err)
		}
	}
}

func TestItsLastDayEndsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.make("Service", "api_key.verify").Token.Reveal()
	d.clock.Advance(d.s.Today().AddDate(0, 0, 101).Add(-time.Second).Sub(d.DB.Now()))
	if _, err := d.enter(token); err != nil {
		t.Errorf("in the last second: %v", err)
	}
	d.clock.Advance(time.Second)
	if _, err := d.enter(token); !errors.Is(err, serviceaccount.ErrRefused) {
		t.Errorf("a second later: %v", err)
	}
	for query, want := range map[string]int{"": 1, "status=ended": 1, "status=works": 0, "status=deactivated": 0, "name=serv": 1, "name=x": 0} {
		p, err := d.s.Accounts(t.Context(), serviceaccount.List.Parse(mustQuery(t, query)))
		if err != nil || len(p.Items) != want {
			t.Errorf("%s: %d %v", query, len(p.Items), err)
		}
	}
}

// TestKEY2FailuresAreThrottled: a network that goes on is told to wait, on any
// replica; a good token is let in all the same, and wrong ones all look alike.
func TestKEY2FailuresAreThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	good := d.make("Service", "api_key.verify").Token.Reveal()
	forged := keysecret.New(keysecret.Service).Reveal()
	var wg sync.WaitGroup
	errs := make([]error, 30)
	for i := range errs {
		wg.Go(func() { _, errs[i] = d.enter(forged) })
	}
	wg.Wait()
	refused, throttled := 0, 0
	for _, err := range errs {
		var wait *problem.ThrottledError
		switch {
		case errors.Is(err, serviceaccount.ErrRefused):
			refused++
		case errors.As(err, &wait) && wait.RetryAfter == 10*time.Minute:
			throttled++
		default:
			t.Errorf("%v", err)
		}
	}
	if refused != 20 || throttled != 10 {
		t.Errorf("%d refused, %d throttled", refused, throttled)
	}
	if d.Count("audit_log where action = 'service_account.refused' and result = 'failed'") != 20 {
		t.Error("refusals are not recorded")
	}
	if _, err := d.enter(good); err != nil {
		t.Errorf("a good token from the same network: %v", err)
	}
	elsewhere := serviceaccount.Presented{Token: forged, IP: netip.MustParseAddr("198.51.100.1")}
	if _, err := d.s.Enter(t.Context(), elsewhere); !errors.Is(err, serviceaccount.ErrRefused) {
		t.Errorf("another network: %v", err)
	}
	d.clock.Advance(11 * time.Minute)
	if _, err := d.enter("pms_svc_nothing"); !errors.Is(err, serviceaccount.ErrRefused) {
		t.Errorf("later: %v", err)
	}
	if err := serviceaccount.Purge(t.Context(), d.DB); err != nil || d.Count("api_refusals") != 1 {
		t.Errorf("purge leaves %d: %v", d.Count("api_refusals"), err)
	}
	for n := range 10 { // ten different tokens are enough
		_, err := d.enter(strings.Repeat("x", n+1))
		var wait *problem.ThrottledError
		if n == 9 && !errors.As(err, &wait) {
			t.Errorf("ten tokens: %v", err)
		}
	}
	rows, err := pg.Values[string](t.Context(), d.DB.Read(), `select to_jsonb(x)::text from audit_log x union all select to_jsonb(y)::text from api_refusals y
		union all select to_jsonb(z)::text from key_secrets z`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if strings.Contains(row, forged[20:60]) || strings.Contains(row, good[20:60]) {
			t.Errorf("a token is stored: %s", row)
		}
	}
}

func mustQuery(t *testing.T, query string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
