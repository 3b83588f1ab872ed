package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/webhook"
)

func TestOPS10EventsArriveSignedInOrder(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	_, s := o.to(r.URL + "/events?tenant=1")
	r.secrets = []string{s.Text()}
	o.say(webhook.PolicyActivated, 1, 2, 3)
	o.say(webhook.GrantRevoked, 4)
	if err := o.abandon(sample(webhook.PolicyActivated, 9)); !errors.Is(err, errAbandoned) {
		t.Fatal(err)
	}
	o.work()
	got := r.messages()
	if len(got) != 4 {
		t.Fatalf("%d messages", len(got))
	}
	for i, m := range got {
		var body struct {
			Type      webhook.Type
			Timestamp time.Time
			Data      map[string]any
		}
		if err := json.Unmarshal([]byte(m.Body), &body); err != nil {
			t.Fatal(err)
		}
		if body.Data["version"] != float64(i+1) || !body.Timestamp.Equal(o.DB.Now()) || m.Header.Get("Content-Type") != "application/json" {
			t.Errorf("message %d: %s %q", i, m.Body, m.Header)
		}
		if len(strings.Fields(m.Signature)) != 1 {
			t.Errorf("signatures %q", m.Signature)
		}
	}
	for _, d := range o.deliveries() {
		if f := o.full(d.ID); f.Status != webhook.Delivered || f.Attempts != 1 || len(f.Log) != 1 || f.Log[0].Outcome != webhook.OutcomeDelivered || f.Log[0].Status != 204 {
			t.Errorf("%+v", f)
		}
	}
	o.work()
	if n := len(r.messages()); n != 4 {
		t.Errorf("%d messages: something came twice", n)
	}
	if f := o.full(o.deliveries()[0].ID); f.Body != got[0].Body || f.EventID.String() != got[0].ID {
		t.Errorf("the log shows %s, sent was %s", f.Body, got[0].Body)
	}
}

func TestAddressesGetWhatTheyChose(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	all, some, paused, over := listen(t), listen(t), listen(t), listen(t)
	o.to(all.URL)
	o.to(some.URL, webhook.GrantRevoked, webhook.PartnerDeactivated)
	p, _ := o.to(paused.URL)
	d, _ := o.to(over.URL)
	if err := errors.Join(o.Pause(ctx, o.admin, p.ID, p.Version), o.Deactivate(ctx, o.admin, d.ID, d.Version)); err != nil {
		t.Fatal(err)
	}
	o.say(webhook.GrantApproved, 1)
	o.say(webhook.GrantRevoked, 2)
	o.work()
	for name, c := range map[string]struct {
		r    *receiver
		want int
	}{"all": {all, 2}, "some": {some, 1}, "paused": {paused, 0}, "deactivated": {over, 0}} {
		if n := len(c.r.messages()); n != c.want {
			t.Errorf("%s got %d, want %d", name, n, c.want)
		}
	}
	// What a paused one collected comes when it goes on.
	if w := o.now(p.ID); w.Waiting != 2 {
		t.Errorf("%d wait", w.Waiting)
	}
	if err := o.Resume(ctx, o.admin, p.ID, p.Version+1); err != nil {
		t.Fatal(err)
	}
	o.work()
	if n := len(paused.messages()); n != 2 {
		t.Errorf("%d came after the pause", n)
	}
}

func TestOPS10FailuresAreTriedForThreeDaysAndThenGivenUp(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t, status(500))
	w, _ := o.to(r.URL)
	o.say(webhook.PartnerDeactivated, 1)
	o.work()
	for _, wait := range []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	} {
		before := len(r.messages())
		o.later(wait - time.Second)
		if n := len(r.messages()); n != before {
			t.Errorf("tried again %s too early", time.Second)
		}
		o.later(time.Second)
		if n := len(r.messages()); n != before+1 {
			t.Errorf("not tried again after %s", wait)
		}
	}
	d := o.only()
	if d.Status != webhook.GivenUp || d.Attempts != 10 || len(d.Log) != 10 || d.Log[0].Outcome != webhook.OutcomeRefused || d.Log[0].Status != 500 {
		t.Errorf("%+v", d)
	}
	o.later(1000 * time.Hour)
	if n := len(r.messages()); n != 10 {
		t.Errorf("%d tries", n)
	}
	for _, m := range r.messages() {
		if m.ID != d.EventID.String() {
			t.Errorf("webhook-id %s, want %s", m.ID, d.EventID)
		}
	}
	// Staff were told once, after a day.
	if got := o.mails(); !slices.Equal(got, []string{"webhook_failing " + o.admin.Email}) {
		t.Errorf("mails %q", got)
	}
	trouble, err := o.Trouble(t.Context())
	if err != nil || trouble != (webhook.Trouble{GivenUp: 1, Failing: 1}) {
		t.Errorf("%+v %v", trouble, err)
	}
	// Sent again by hand it arrives, and all is well.
	r.answers = nil
	if err := o.Resend(t.Context(), o.admin, d.ID, d.Resends); err != nil {
		t.Fatal(err)
	}
	o.work()
	if d := o.only(); d.Status != webhook.Delivered || d.Attempts != 11 || d.DeliveredAt == nil || o.now(w.ID).FailingSince != nil {
		t.Errorf("%+v", d)
	}
	if trouble, err := o.Trouble(t.Context()); err != nil || trouble != (webhook.Trouble{}) {
		t.Errorf("%+v %v", trouble, err)
	}
}

func TestWhatReceiversAnswer(t *testing.T) {
	t.Parallel()
	elsewhere := listen(t)
	big := strings.Repeat("<script>é", 100_000)
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		outcome webhook.Outcome
		status  int
		says    string
	}{
		"created":     {status(201), webhook.OutcomeDelivered, 201, ""},
		"bad request": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\x00 such\x1b[1m tenant", 400) }, webhook.OutcomeRefused, 400, "no such[1m tenant\n"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, webhook.OutcomeRedirected, 307, ""},
		"big": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); _, _ = w.Write([]byte(big)) }, webhook.OutcomeRefused, 503, big[:1000]},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = c.Close()
			}
		}, webhook.OutcomeBroken, 0, ""},
		"nonsense": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = c.Write([]byte("SSH-2.0-OpenSSH\r\n\r\n"))
				_ = c.Close()
			}
		}, webhook.OutcomeBroken, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := newOffice(t), listen(t, c.answer)
			o.to(r.URL)
			o.say(webhook.PolicyActivated, 1)
			o.work()
			d := o.only()
			if len(d.Log) != 1 || d.Log[0].Outcome != c.outcome || d.Log[0].Status != c.status || !strings.HasPrefix(d.Log[0].Answer, c.says) || len(d.Log[0].Answer) > 1024 {
				t.Errorf("%+v", d.Log)
			}
			if delivered := c.outcome == webhook.OutcomeDelivered; (d.Status == webhook.Delivered) != delivered {
				t.Errorf("%s", d.Status)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(elsewhere.messages()); n != 0 {
			t.Errorf("a redirect was followed %d times", n)
		}
	})
}

func TestWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + free.Addr().String()
	_ = free.Close()
	unknown := httptest.NewUnstartedServer(status(204))
	unknown.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // it says that it is not trusted; so do we
	unknown.StartTLS()
	t.Cleanup(unknown.Close)
	plain := listen(t)
	for name, c := range map[string]struct {
		url     string
		outcome webhook.Outcome
	}{
		"nobody listens":               {closed, webhook.OutcomeUnreachable},
		"a certificate nobody trusts":  {unknown.URL, webhook.OutcomeTLS},
		"no TLS at all":                {strings.Replace(plain.URL, "http:", "https:", 1), webhook.OutcomeBroken},
		"a name that leads nowhere":    {"https://nowhere.invalid/", webhook.OutcomeUnknownHost},
		"a name that no one can spell": {"https://0x7f.0.0.1.invalid/", webhook.OutcomeUnknownHost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.to(c.url)
			o.say(webhook.PolicyActivated, 1)
			o.work()
			if d := o.only(); len(d.Log) != 1 || d.Log[0].Outcome != c.outcome || d.Log[0].Status != 0 {
				t.Errorf("%+v", d.Log)
			}
		})
	}
}

// A name may lead anywhere, at any time: what counts is what is dialled.
func TestPrivateNetworksAreRefusedWhenDialled(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	o.to(strings.Replace(r.URL, "127.0.0.1", "localhost", 1))
	o.say(webhook.PolicyActivated, 1)
	w := o.worker()
	w.Client = webhook.NewClient(false, nil)
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := o.only(); len(d.Log) != 1 || d.Log[0].Outcome != webhook.OutcomeForbidden || len(r.messages()) != 0 {
		t.Errorf("%+v", d.Log)
	}
}

func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	done := make(chan struct{})
	r := listen(t, func(http.ResponseWriter, *http.Request) { <-done })
	t.Cleanup(func() { close(done) })
	o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	w := o.worker()
	w.Client.Timeout = 20 * time.Millisecond
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := o.only(); len(d.Log) != 1 || d.Log[0].Outcome != webhook.OutcomeTimeout {
		t.Errorf("%+v", d.Log)
	}
}

func TestGoneIsPausedAndTold(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t, status(410))
	w, _ := o.to(r.URL)
	o.say(webhook.PolicyActivated, 1, 2)
	o.work()
	o.later(time.Hour)
	now := o.now(w.ID)
	if len(r.messages()) != 1 || now.Status != webhook.Paused || !now.Gone || now.Waiting != 2 {
		t.Errorf("%d messages, %+v", len(r.messages()), now)
	}
	if got := o.mails(); !slices.Equal(got, []string{"webhook_gone " + o.admin.Email}) {
		t.Errorf("mails %q", got)
	}
	if got := o.actions(); !slices.Equal(got, []string{"webhook.created done PARTNER_ADMIN", "webhook.gone done SYSTEM"}) {
		t.Errorf("audit %q", got)
	}
	if trouble, err := o.Trouble(t.Context()); err != nil || trouble.Gone != 1 {
		t.Errorf("%+v %v", trouble, err)
	}
	// Resumed, it starts anew.
	r.answers = nil
	if err := o.Resume(t.Context(), o.admin, w.ID, now.Version); err != nil {
		t.Fatal(err)
	}
	o.work()
	if now := o.now(w.ID); now.Gone || now.Waiting != 0 || len(r.messages()) != 3 {
		t.Errorf("%+v, %d messages", now, len(r.messages()))
	}
}

// One that is not accepted does not hold up those behind it for long, and comes
// itself later.
func TestFailureDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t, status(500), status(204))
	o.to(r.URL)
	o.say(webhook.PolicyActivated, 1, 2, 3)
	o.work()
	o.later(5 * time.Second)
	if got, want := versions(r), "1 2 3 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func versions(r *receiver) string {
	var out []string
	for _, m := range r.messages() {
		var body struct{ Data struct{ Version int } }
		_ = json.Unmarshal([]byte(m.Body), &body)
		out = append(out, fmt.Sprint(body.Data.Version))
	}
	return strings.Join(out, " ")
}

// Several replicas at once: nothing is lost, nothing comes twice, and each
// address sees its events in order.
func TestOPS10ManyWorkersSendEachEventOnceInOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const hooks, events, workers = 3, 25, 6
	var receivers []*receiver
	for range hooks {
		r := listen(t)
		o.to(r.URL)
		receivers = append(receivers, r)
	}
	var want []string
	for n := range events {
		o.say(webhook.PolicyActivated, n+1)
		want = append(want, fmt.Sprint(n+1))
	}
	for _, err := range atOnce(workers, func(int) error { return o.worker().Run(t.Context()) }) {
		if err != nil {
			t.Error(err)
		}
	}
	o.work() // what the last of them left to another
	for i, r := range receivers {
		if got := versions(r); got != strings.Join(want, " ") {
			t.Errorf("receiver %d got %s", i, got)
		}
	}
}

// A process that dies between sending and remembering: the event comes again,
// from another one, once the lease has run out, with the same webhook-id.
func TestOPS10RestartInTheMiddle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, die := context.WithCancel(t.Context())
	var tries atomic.Int32
	r := listen(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries.Add(1) == 1 {
			die()
		}
		w.WriteHeader(http.StatusNoContent)
	})
	o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	if err := o.worker().Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if d := o.only(); d.Status != webhook.Queued || d.Attempts != 0 {
		t.Errorf("%+v", d)
	}
	o.later(time.Second)
	if n := len(r.messages()); n != 1 {
		t.Errorf("another worker did not respect the lease: %d messages", n)
	}
	o.later(5 * time.Minute)
	got := r.messages()
	if len(got) != 2 || got[0].ID != got[1].ID || got[0].Body != got[1].Body || o.only().Status != webhook.Delivered {
		t.Errorf("%+v", got)
	}
}

func TestRotationSignsWithBothForAWhile(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	w, old := o.to(r.URL)
	fresh, err := o.Rotate(t.Context(), o.admin, w.ID, w.Version, "day")
	if err != nil || fresh.Text() == old.Text() {
		t.Fatal(err)
	}
	o.say(webhook.PolicyActivated, 1)
	o.work()
	m := r.messages()[0]
	if !verifies(m, old.Text()) || !verifies(m, fresh.Text()) || len(strings.Fields(m.Signature)) != 2 {
		t.Errorf("%q", m.Signature)
	}
	o.clock.Advance(24 * time.Hour)
	o.say(webhook.PolicyActivated, 2)
	o.work()
	if m := r.messages()[1]; verifies(m, old.Text()) || !verifies(m, fresh.Text()) {
		t.Errorf("after the overlap: %q", m.Signature)
	}
	// One that leaked ends at once.
	last, err := o.Rotate(t.Context(), o.admin, w.ID, w.Version+1, "none")
	if err != nil {
		t.Fatal(err)
	}
	o.say(webhook.PolicyActivated, 3)
	o.work()
	if m := r.messages()[2]; verifies(m, fresh.Text()) || !verifies(m, last.Text()) {
		t.Errorf("after a leak: %q", m.Signature)
	}
}

func TestPurgeForgetsAfterNinetyDays(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	o.work()
	o.clock.Advance(89 * 24 * time.Hour)
	o.say(webhook.PolicyActivated, 2)
	for _, want := range []int{2, 1} {
		if err := webhook.Purge(t.Context(), o.DB); err != nil {
			t.Fatal(err)
		}
		if d, e := o.Count("webhook_deliveries"), o.Count("webhook_events"); d != want || e != want {
			t.Errorf("%d deliveries and %d events, want %d", d, e, want)
		}
		o.clock.Advance(2 * 24 * time.Hour)
	}
	if n := o.Count("webhook_attempts"); n != 0 {
		t.Errorf("%d attempts of nothing", n)
	}
}

// Who admits and who decides on policies is tested where they stand; here, that
// nobody may touch an address without the right.
func TestOnlyWhoMayTouchAddresses(t *testing.T) {
	t.Parallel()
	o, r := newOffice(t), listen(t)
	w, _ := o.to(r.URL)
	o.say(webhook.PolicyActivated, 1)
	manager := o.Staff("Paul", "en", authz.PolicyManager)
	d := o.only()
	for name, do := range map[string]func(context.Context) error{
		"create":     func(ctx context.Context) error { _, err := o.Create(ctx, manager, webhook.Input{}); return err },
		"edit":       func(ctx context.Context) error { return o.Edit(ctx, manager, w.ID, w.Version, webhook.Input{}) },
		"pause":      func(ctx context.Context) error { return o.Pause(ctx, manager, w.ID, w.Version) },
		"resume":     func(ctx context.Context) error { return o.Resume(ctx, manager, w.ID, w.Version) },
		"deactivate": func(ctx context.Context) error { return o.Deactivate(ctx, manager, w.ID, w.Version) },
		"rotate":     func(ctx context.Context) error { _, err := o.Rotate(ctx, manager, w.ID, w.Version, "none"); return err },
		"test":       func(ctx context.Context) error { return o.SendTest(ctx, manager, w.ID, w.Version) },
		"resend":     func(ctx context.Context) error { return o.Resend(ctx, manager, d.ID, d.Resends) },
	} {
		denied(t, o, name, do)
	}
}
