package webhook_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// denied fails unless do is refused, the refusal is recorded and nothing changes.
func denied(t *testing.T, o *office, name string, do func(context.Context) error) {
	t.Helper()
	before := len(o.actions())
	if err := do(t.Context()); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("%s: %v", name, err)
	}
	if got := o.actions(); len(got) != before+1 || !strings.HasPrefix(got[before], "access.refused denied") {
		t.Errorf("%s: the log says %q", name, got[before:])
	}
}

func TestCreateChecksItsInput(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := webhook.Input{ID: id.New[id.Webhook](), URL: " https://auth.example.org/e ", Description: " Auth ", Types: []webhook.Type{webhook.GrantRevoked, webhook.GrantApproved}}
	for name, c := range map[string]struct {
		change func(*webhook.Input)
		field  string
		key    string
	}{
		"no address":       {func(in *webhook.Input) { in.URL = " " }, "url", "problem.required"},
		"http":             {func(in *webhook.Input) { in.URL = "http://auth.example.org/" }, "url", "webhook.problem.url_https"},
		"a long address":   {func(in *webhook.Input) { in.URL = "https://x.org/" + strings.Repeat("x", 2000) }, "url", "problem.too_long"},
		"no description":   {func(in *webhook.Input) { in.Description = "" }, "description", "problem.required"},
		"a long one":       {func(in *webhook.Input) { in.Description = strings.Repeat("é", 129) }, "description", "problem.too_long"},
		"no type":          {func(in *webhook.Input) { in.Types = nil }, "types", "webhook.problem.no_type"},
		"no such type":     {func(in *webhook.Input) { in.Types = []webhook.Type{"x.y"} }, "types", "problem.choose"},
		"not to be chosen": {func(in *webhook.Input) { in.Types = []webhook.Type{webhook.Ping} }, "types", "problem.choose"},
	} {
		in := good
		c.change(&in)
		_, err := o.Create(t.Context(), o.admin, in)
		var invalid *problem.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Name != c.field || invalid.Fields[0].Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := o.Count("webhooks"); n != 0 || len(o.actions()) != 0 {
		t.Errorf("%d addresses, log %q", n, o.actions())
	}
	s, err := o.Create(t.Context(), o.admin, good)
	w := o.now(good.ID)
	if err != nil || s.IsZero() || w.URL != "https://auth.example.org/e" || w.Description != "Auth" || strings.Join(w.Types, " ") != "grant.approved grant.revoked" {
		t.Errorf("%+v %v", w, err)
	}
}

// The same form twice makes one address, and shows its secret once.
func TestKEY1SecretIsShownOnceAndNowhereElse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := webhook.Input{ID: id.New[id.Webhook](), URL: "https://auth.example.org/e?key=hidden", Description: "Auth", All: true}
	first, err := o.Create(t.Context(), o.admin, in)
	if err != nil {
		t.Fatal(err)
	}
	second, err := o.Create(t.Context(), o.admin, in)
	if err != nil || !second.IsZero() || o.Count("webhooks") != 1 || len(o.actions()) != 1 {
		t.Errorf("the second time: %v, log %q", err, o.actions())
	}
	in.Description = "Other"
	if _, err := o.Create(t.Context(), o.admin, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("other words under the same id: %v", err)
	}
	for _, table := range []string{"webhooks", "audit_log", "mail_outbox"} {
		texts, err := pg.Values[string](t.Context(), o.DB.Read(), "select t::text from "+table+" t", nil)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(texts, "\n")
		if strings.Contains(all, strings.TrimPrefix(first.Text(), "whsec_")) || table == "audit_log" && strings.Contains(all, "hidden") {
			t.Errorf("%s tells a secret", table)
		}
	}
}

func TestEditKeepsSecretAndTellsWhatChanged(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	ctx := t.Context()
	w, s := o.to(r.URL + "/old")
	in := webhook.Input{URL: r.URL + "/new", Description: "Renamed", Types: []webhook.Type{webhook.PolicyActivated}}
	if err := o.Edit(ctx, o.admin, w.ID, w.Version, in); err != nil {
		t.Fatal(err)
	}
	if err := o.Edit(ctx, o.admin, w.ID, w.Version+1, in); err != nil || o.now(w.ID).Version != w.Version+1 {
		t.Errorf("an edit that changes nothing: %v", err)
	}
	var stale *problem.ConflictError
	if err := o.Edit(ctx, o.admin, w.ID, w.Version, in); !errors.As(err, &stale) || stale.Key != "problem.changed_by_you" {
		t.Errorf("stale: %v", err)
	}
	if err := o.Edit(ctx, o.admin, id.New[id.Webhook](), 1, in); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
	r.secrets = []string{s.Text()}
	o.say(webhook.PolicyActivated, 1)
	o.say(webhook.GrantRevoked, 2)
	o.work()
	if got := versions(r); got != "1" {
		t.Errorf("got %s", got)
	}
}

func TestMovesOfAnAddress(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	ctx := t.Context()
	w, _ := o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	d := o.only()
	conflict := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	conflict("resume what is active", o.Resume(ctx, o.admin, w.ID, w.Version))
	conflict("a stale page", o.Pause(ctx, o.admin, w.ID, w.Version+1))
	if err := errors.Join(
		o.Pause(ctx, o.admin, w.ID, 1), o.Resume(ctx, o.admin, w.ID, 2), o.Pause(ctx, o.admin, w.ID, 3), o.Deactivate(ctx, o.admin, w.ID, 4),
	); err != nil {
		t.Fatal(err)
	}
	conflict("resume", o.Resume(ctx, o.admin, w.ID, 5))
	conflict("edit", o.Edit(ctx, o.admin, w.ID, 5, webhook.Input{}))
	conflict("test", o.SendTest(ctx, o.admin, w.ID, 5))
	_, err := o.Rotate(ctx, o.admin, w.ID, 5, "none")
	conflict("rotate", err)
	conflict("resend", o.Resend(ctx, o.admin, d.ID, 0))
	o.later(time.Hour)
	if d := o.only(); d.Status != webhook.Cancelled || len(r.messages()) != 0 || o.now(w.ID).Waiting != 0 {
		t.Errorf("%+v", d)
	}
	if n := len(o.deliveries("status", "cancelled")); n != 1 || len(o.deliveries("status", "queued")) != 0 {
		t.Errorf("the filter finds %d", n)
	}
	if n, err := pg.Value[int](ctx, o.DB.Read(), `select count(*) from webhooks where secret is not null`, nil); n != 0 || err != nil {
		t.Errorf("the secret is kept: %d %v", n, err)
	}
}

func TestTestEventGoesToOneAddressOnly(t *testing.T) {
	t.Parallel()
	o, r, other := newOffice(t), listen(t), listen(t)
	w, _ := o.to(r.URL, webhook.GrantRevoked)
	o.to(other.URL)
	if err := o.SendTest(t.Context(), o.admin, w.ID, w.Version); err != nil {
		t.Fatal(err)
	}
	if err := o.SendTest(t.Context(), o.admin, w.ID, w.Version); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a second click: %v", err)
	}
	o.work()
	if got := r.messages(); len(got) != 1 || !strings.Contains(got[0].Body, `"type":"portal.ping"`) || len(other.messages()) != 0 {
		t.Errorf("%+v, the other got %d", got, len(other.messages()))
	}
}

func TestResendTwiceSendsOnce(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	o.work()
	d := o.only()
	for _, err := range atOnce(4, func(int) error { return o.Resend(t.Context(), o.admin, d.ID, d.Resends) }) {
		if err != nil {
			t.Error(err)
		}
	}
	o.work()
	got := r.messages()
	if len(got) != 2 || got[0].ID != got[1].ID || got[0].Body != got[1].Body || len(o.actions()) != 2 {
		t.Errorf("%d messages, log %q", len(got), o.actions())
	}
	if err := o.Resend(t.Context(), o.admin, id.New[id.WebhookDelivery](), 0); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
}

// Two admins at once: one address, one state.
func TestRaceOfTwoAdmins(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	w, _ := o.to(r.URL)
	errs := atOnce(2, func(i int) error {
		if i == 0 {
			return o.Pause(t.Context(), o.admin, w.ID, w.Version)
		}
		return o.Deactivate(t.Context(), o.admin, w.ID, w.Version)
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	if won != 1 || o.now(w.ID).Version != w.Version+1 || len(o.actions()) != 2 {
		t.Errorf("%v, log %q", errs, o.actions())
	}
}

func TestLIM4SoManyAddressesAndNoMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	errs := atOnce(webhook.MaxLive+4, func(int) error {
		_, err := o.Create(t.Context(), o.admin, webhook.Input{ID: id.New[id.Webhook](), URL: "https://x.org/", Description: "x", All: true})
		return err
	})
	refused := 0
	for _, err := range errs {
		var invalid *problem.InvalidError
		if errors.As(err, &invalid) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := o.Count("webhooks"); n != webhook.MaxLive || refused != 4 {
		t.Errorf("%d addresses, %d refused", n, refused)
	}
}

func TestListsAndFilters(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	a, _ := o.to(r.URL + "/a")
	b, _ := o.to(r.URL+"/b", webhook.PolicyActivated)
	if err := o.Pause(t.Context(), o.admin, b.ID, b.Version); err != nil {
		t.Fatal(err)
	}
	o.say(webhook.PolicyActivated, 1)
	o.say(webhook.GrantRevoked, 2)
	o.work()
	for query, want := range map[string]int{
		"": 3, "webhook=" + a.ID.String(): 2, "webhook=nonsense": 0, "webhook=" + id.New[id.Webhook]().String(): 0,
		"type=grant.revoked": 1, "type=x": 0, "status=queued": 1, "status=delivered": 2, "status=given_up": 0, "status=x": 0,
	} {
		var args []string
		if name, value, ok := strings.Cut(query, "="); ok {
			args = []string{name, value}
		}
		if got := len(o.deliveries(args...)); got != want {
			t.Errorf("%q finds %d, want %d", query, got, want)
		}
	}
	for query, want := range map[string]int{"": 2, "status=paused": 1, "status=active": 1, "q=" + "/a": 1, "q=authentic": 2, "q=%": 0} {
		v := map[string][]string{}
		if name, value, ok := strings.Cut(query, "="); ok {
			v[name] = []string{value}
		}
		p, err := o.Webhooks(t.Context(), webhook.List.Parse(v))
		if err != nil || len(p.Items) != want {
			t.Errorf("%q finds %d, want %d: %v", query, len(p.Items), want, err)
		}
	}
}
