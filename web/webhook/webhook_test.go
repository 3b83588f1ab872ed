package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/webhook"
	"portal/web/webtest"
)

// receiver is another system on this machine that answers with one status.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []string // the webhook-ids
}

func listen(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, q.Header.Get("webhook-id"))
		w.WriteHeader(r.status)
		if r.status >= 400 {
			_, _ = w.Write([]byte("<b>maintenance</b>"))
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) now(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) messages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

func work(t *testing.T, s *webtest.Site) {
	t.Helper()
	if err := s.App.WebhookWorker().Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

var whsec = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]{44}`)

// create fills the form and leads to the address's page.
func create(c *webtest.Client, address string) *webtest.Page {
	c.Site.T.Helper()
	p := c.Get("/webhooks/new").Want(200).Submit(webtest.Values{"description": "Authentication service", "url": address}).Want(200)
	if !whsec.MatchString(p.Body) {
		c.Site.T.Fatalf("no secret is shown: %s", p.Text())
	}
	return p.Click("I have copied it: open the webhook").Want(200)
}

func TestKEY1SecretStandsOnOnePageOnly(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PartnerAdmin)
	blank := c.Get("/webhooks/new").Want(200)
	values := webtest.Values{"description": "Auth", "url": "https://auth.example.org/e"}
	first := blank.Submit(values).Want(200)
	secret := whsec.FindString(first.Body)
	if secret == "" || first.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%q %q", secret, first.Header)
	}
	again := blank.Submit(values).Want(200) // the second half of a double click
	if whsec.MatchString(again.Body) || !again.Has("make a new secret") || !strings.HasPrefix(again.Path, "/webhooks/") {
		t.Errorf("the second time: %s", again.Text())
	}
	rotate := again.Click("Make a new secret").Want(200)
	second := rotate.Submit(webtest.Values{"overlap": "day"}).Want(200)
	if fresh := whsec.FindString(second.Body); fresh == "" || fresh == secret {
		t.Errorf("%q", fresh)
	}
	if p := rotate.Submit(webtest.Values{"overlap": "day"}).Want(200); whsec.MatchString(p.Body) || !p.Has("The old secret signs as well until") {
		t.Errorf("the second time: %s", p.Text())
	}
	for _, path := range []string{"/webhooks", again.Path, again.Path + "/edit", again.Path + "/rotate", "/webhook-deliveries", "/audit", "/home"} {
		if whsec.MatchString(c.Get(path).Want(200).Body) {
			t.Errorf("%s shows a secret", path)
		}
	}
}

func TestWhatIsWrongStandsAtItsField(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, "--webhook-private=off")
	c := s.Staff(authz.PartnerAdmin)
	blank := c.Get("/webhooks/new").Want(200)
	p := blank.Submit(webtest.Values{"url": "http://auth.example.org/<x>", "which": "some", "types": []string{}}).Want(422)
	for field, text := range map[string]string{"description": "Fill", "url": "https://", "types": "at least one event"} {
		if got := p.FieldError(field); got == "" || field != "description" && !strings.Contains(got, text) {
			t.Errorf("%s: %q", field, got)
		}
	}
	if webtest.Value(p, "url") != "http://auth.example.org/<x>" {
		t.Errorf("what was typed is lost: %q", webtest.Value(p, "url"))
	}
	p = blank.Submit(webtest.Values{"description": "x", "url": "https://127.0.0.1/", "types": []string{"grant.revoked"}}).Want(422)
	if !strings.Contains(p.FieldError("url"), "private network") {
		t.Errorf("%q", p.FieldError("url"))
	}
	if p.Doc.Find(`[name=types][value="grant.revoked"][checked]`).Length() != 1 {
		t.Error("what was ticked is lost")
	}
	for name, fields := range map[string]url.Values{
		"no id": {"description": {"x"}, "url": {"https://x.org"}}, "a foreign field": {"id": {id.New[id.Webhook]().String()}, "secret": {"whsec_x"}},
	} {
		if got := c.Post("/webhooks", fields); got.Status != 400 {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
}

func TestTestEventAndItsLog(t *testing.T) {
	t.Parallel()
	s, r := webtest.New(t), listen(t, 503)
	c := s.Staff(authz.PartnerAdmin)
	p := create(c, r.URL)
	if !p.Has("Nothing was to be sent yet") {
		t.Errorf("an empty log says nothing: %s", p.Text())
	}
	sent := p.SubmitTo(p.Path+"/test", nil).Want(200)
	p.SubmitTo(p.Path+"/test", nil).Want(200) // the second half of a double click
	if !sent.Has("A test event is on its way") {
		t.Errorf("%s", sent.Text())
	}
	work(t, s)
	p = c.Get(p.Path).Want(200)
	if !p.Has("Nothing accepted since") || !p.Has("1 event waits to be sent") || len(r.messages()) != 1 {
		t.Errorf("%d messages: %s", len(r.messages()), p.Text())
	}
	d := p.Click("Test event").Want(200)
	for _, text := range []string{"Not accepted (503)", "<b>maintenance</b>", `"type":"portal.ping"`, r.messages()[0], "Next attempt"} {
		if !d.Has(text) {
			t.Errorf("the delivery does not say %q: %s", text, d.Text())
		}
	}
	r.now(204)
	again := d.Submit(nil).Want(200)
	d.Submit(nil).Want(200) // the second half of a double click
	if !again.Has("The event is on its way again") {
		t.Errorf("%s", again.Text())
	}
	work(t, s)
	d = c.Get(d.Path).Want(200)
	if got := r.messages(); len(got) != 2 || got[0] != got[1] || !d.Has("Accepted (204)") {
		t.Errorf("%q: %s", got, d.Text())
	}
	list := c.Get("/webhook-deliveries?status=delivered").Want(200)
	if !list.Has("Test event") || !list.Has("2 attempts") || c.Get("/webhook-deliveries?status=given_up").Has("2 attempts") {
		t.Errorf("%s", list.Text())
	}
}

func TestPauseResumeDeactivate(t *testing.T) {
	t.Parallel()
	s, r := webtest.New(t), listen(t, 204)
	c, other := s.Staff(authz.PartnerAdmin), s.Staff(authz.PartnerAdmin)
	p := create(c, r.URL)
	stale := other.Get(p.Path).Want(200)
	paused := p.SubmitTo(p.Path+"/pause", nil).Want(200)
	if !paused.Has("Paused") || !paused.Has("events are collected and nothing is sent") {
		t.Errorf("%s", paused.Text())
	}
	if late := stale.SubmitTo(p.Path+"/pause", nil).Want(200); late.Path != p.Path { // it is as they wanted
		t.Errorf("%s", late.Path)
	}
	if late := stale.SubmitTo(p.Path+"/test", nil).Want(409); !late.Has("changed") {
		t.Errorf("%s", late.Text())
	}
	s.Admitted(authz.AuthPartner)
	work(t, s)
	p = c.Get(p.Path).Want(200)
	if !p.Has("1 event waits") || len(r.messages()) != 0 {
		t.Errorf("%s", p.Text())
	}
	ask := p.Click("Deactivate the webhook").Want(200)
	if !ask.Has("1 event that waits is never sent") {
		t.Errorf("%s", ask.Text())
	}
	over := ask.Submit(nil).Want(200)
	ask.Submit(nil).Want(200)
	if !over.Has("deactivated for good") || over.Doc.Find(`main form[method=post]`).Length() != 0 {
		t.Errorf("%s", over.Text())
	}
	for _, verb := range []string{"/edit", "/rotate", "/deactivate"} {
		if q := c.Get(p.Path + verb).Want(200); q.Path != p.Path {
			t.Errorf("%s leads to %s", verb, q.Path)
		}
	}
	if !c.Get("/webhook-deliveries?status=cancelled").Want(200).Has("Partner is active") {
		t.Error("what was never sent is not shown")
	}
	p.SubmitTo(p.Path+"/resume", nil).Want(409)
}

func TestStaleEditShowsBoth(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c, other := s.Staff(authz.PartnerAdmin), s.Staff(authz.PartnerAdmin)
	p := create(c, "https://auth.example.org/e")
	mine, theirs := c.Get(p.Path+"/edit").Want(200), other.Get(p.Path+"/edit").Want(200)
	theirs.Submit(webtest.Values{"description": "Theirs"}).Want(200)
	stale := mine.Submit(webtest.Values{"description": "Mine"}).Want(409)
	if !stale.Has("Nadia Berg") || !stale.Has("Theirs") || webtest.Value(stale, "description") != "Mine" {
		t.Errorf("%s", stale.Text())
	}
	if done := stale.Submit(nil).Want(200); done.Title() != "Mine" {
		t.Errorf("%q", done.Title())
	}
	if again := stale.Submit(nil).Want(200); again.Title() != "Mine" { // a second click
		t.Errorf("%q", again.Title())
	}
}

func TestUnknownThingsAreNotThere(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PartnerAdmin)
	for _, path := range []string{"/webhooks/", "/webhook-deliveries/"} {
		c.Get(path + id.New[id.Webhook]().String()).Want(404)
		c.Get(path + "nonsense").Want(404)
	}
}

// The page that tells the people who build a receiver names every field of every
// event, in every language.
func TestEveryEventIsExplained(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Staff(authz.PartnerAdmin)
	p := c.Get("/webhooks/events").Want(200)
	for _, typ := range append(webhook.Types, webhook.Ping) {
		if p.Doc.Find(`h3[id="`+string(typ)+`"]`).Length() != 1 {
			t.Errorf("%s is not explained", typ)
		}
		for _, field := range webhook.Fields(typ) {
			if !p.Has(field) {
				t.Errorf("%s: %s is not explained", typ, field)
			}
		}
	}
}
