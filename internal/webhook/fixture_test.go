package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
	"portal/internal/webhook"
)

// office is a portal that tells other systems, on a database of its own.
type office struct {
	partnertest.World
	*webhook.Service
	clock *pgtest.Clock
	keys  secret.Keys
	admin authz.Actor
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{World: partnertest.World{T: t, DB: db}, clock: clock, keys: secret.RandomKeys()}
	o.Service = webhook.NewService(db, o.keys, true)
	o.admin = o.Staff("Amina", "en", authz.PartnerAdmin)
	return o
}

// worker is a fresh one, as another replica has it.
func (o *office) worker() *webhook.Worker {
	return &webhook.Worker{DB: o.DB, Keys: o.keys, Client: webhook.NewClient(true, nil)}
}

// work lets one worker send all that is due.
func (o *office) work() {
	o.T.Helper()
	if err := o.worker().Run(o.T.Context()); err != nil {
		o.T.Fatal(err)
	}
}

// later lets time pass and then the worker work.
func (o *office) later(d time.Duration) {
	o.T.Helper()
	o.clock.Advance(d)
	o.work()
}

// to is a new address with its secret.
func (o *office) to(url string, types ...webhook.Type) (webhook.Webhook, webhook.Secret) {
	o.T.Helper()
	in := webhook.Input{ID: id.New[id.Webhook](), URL: url, Description: "Authentication service", All: len(types) == 0, Types: types}
	s, err := o.Create(o.T.Context(), o.admin, in)
	if err != nil {
		o.T.Fatal(err)
	}
	return o.now(in.ID), s
}

func (o *office) now(wid id.Webhook) webhook.Webhook {
	o.T.Helper()
	w, err := o.Webhook(o.T.Context(), wid)
	if err != nil {
		o.T.Fatal(err)
	}
	return w
}

// say publishes events of a type, numbered by their version.
func (o *office) say(t webhook.Type, numbers ...int) {
	o.T.Helper()
	for _, n := range numbers {
		if err := o.DB.Housekeep(o.T.Context(), "say", func(tx *pg.Tx) error { return webhook.Publish(o.T.Context(), tx, sample(t, n)) }); err != nil {
			o.T.Fatal(err)
		}
	}
}

// sample is an event with every field that its type has.
func sample(t webhook.Type, number int) webhook.Event {
	data := map[string]any{}
	for _, f := range webhook.Fields(t) {
		data[f] = f
	}
	if _, ok := data["version"]; ok {
		data["version"] = number
	}
	return webhook.Event{Type: t, Data: data}
}

func (o *office) deliveries(query ...string) []webhook.Delivery {
	o.T.Helper()
	v := map[string][]string{"sort": {"created"}, "size": {"100"}}
	for i := 0; i+1 < len(query); i += 2 {
		v[query[i]] = []string{query[i+1]}
	}
	return o.page(webhook.DeliveryList.Parse(v)).Items
}

func (o *office) page(q list.Query) list.Page[webhook.Delivery] {
	o.T.Helper()
	p, err := o.Deliveries(o.T.Context(), q)
	if err != nil {
		o.T.Fatal(err)
	}
	return p
}

func (o *office) full(did id.WebhookDelivery) webhook.Full {
	o.T.Helper()
	f, err := o.Delivery(o.T.Context(), did)
	if err != nil {
		o.T.Fatal(err)
	}
	return f
}

// the only delivery there is.
func (o *office) only() webhook.Full {
	o.T.Helper()
	all := o.deliveries()
	if len(all) != 1 {
		o.T.Fatalf("%d deliveries", len(all))
	}
	return o.full(all[0].ID)
}

// actions are what the audit log tells of webhooks, oldest first, with who did it.
func (o *office) actions() []string {
	o.T.Helper()
	all, err := pg.Values[string](o.T.Context(), o.DB.Read(), `select action || ' ' || result || ' ' || actor_role from audit_log
		where subject_kind in (@kind, 'route') order by seq`, pg.Args{"kind": string(audit.Webhook)})
	if err != nil {
		o.T.Fatal(err)
	}
	return all
}

func (o *office) mails() []string {
	o.T.Helper()
	all, err := pg.Values[string](o.T.Context(), o.DB.Read(), `select kind || ' ' || recipient from mail_outbox order by position`, nil)
	if err != nil {
		o.T.Fatal(err)
	}
	return all
}

// message is what a receiver got.
type message struct {
	ID, Signature string
	Body          string
	Header        http.Header
}

// receiver is another system on this machine. It answers what it is told to, in
// turn, the last for ever.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	got     []message
	answers []http.HandlerFunc
	secrets []string // each message must be signed with one of them
	t       testing.TB
}

func listen(t testing.TB, answers ...http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{t: t, answers: answers}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.got = append(r.got, message{req.Header.Get("webhook-id"), req.Header.Get("webhook-signature"), string(body), req.Header.Clone()})
	answer := status(http.StatusNoContent)
	if len(r.answers) > 0 {
		answer = r.answers[0]
	}
	if len(r.answers) > 1 {
		r.answers = r.answers[1:]
	}
	if len(r.secrets) > 0 && !verifies(r.got[len(r.got)-1], r.secrets...) {
		r.t.Errorf("no signature of %q fits", req.Header)
	}
	r.mu.Unlock()
	answer(w, req)
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.got...)
}

// verifies does what the specification asks of a receiver, in words of its own.
func verifies(m message, secrets ...string) bool {
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil {
			return false
		}
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, m.ID+"."+m.Header.Get("webhook-timestamp")+"."+m.Body)
		want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for signature := range strings.FieldsSeq(m.Signature) {
			version, value, _ := strings.Cut(signature, ",")
			if version == "v1" && hmac.Equal([]byte(value), []byte(want)) {
				return true
			}
		}
	}
	return false
}

// atOnce runs n functions that all start at the same moment.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var ready, finished sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		finished.Go(func() {
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	finished.Wait()
	return errs
}

var errAbandoned = errors.New("the change is abandoned")

func (o *office) abandon(e webhook.Event) error {
	return o.DB.Housekeep(context.Background(), "say", func(tx *pg.Tx) error {
		if err := webhook.Publish(context.Background(), tx, e); err != nil {
			return err
		}
		return errAbandoned
	})
}
