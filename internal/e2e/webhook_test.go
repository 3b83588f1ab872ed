//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"portal/internal/authz"
)

// receiver is another system on this machine. It knows a secret and accepts what
// is signed with it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	bodies []string // what was accepted
}

func listen(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		body, err := io.ReadAll(q.Body)
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.secret, "whsec_"))
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(q.Header.Get("webhook-id") + "." + q.Header.Get("webhook-timestamp") + "." + string(body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); err != nil || len(key) == 0 || q.Header.Get("webhook-signature") != want {
			http.Error(w, "unknown signature", http.StatusUnauthorized)
			return
		}
		r.bodies = append(r.bodies, string(body))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) learns(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

func (r *receiver) accepted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.bodies...)
}

func TestJ19Webhooks(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		r := listen(t)
		work := func() {
			if err := p.App.WebhookWorker().Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b, _ := p.staff(authz.PartnerAdmin)

		// A webhook is made; its secret is shown once.
		b.menu("nav.webhooks")
		b.see("webhook.empty")
		b.follow("webhook.create")
		b.fill("common.description", "Authentication service")
		b.fill("webhook.url", "http://auth.example.org/")
		b.expect(http.StatusUnprocessableEntity).press("webhook.new.do")
		b.see("webhook.problem.url_https")
		b.holds("common.description", "Authentication service")
		b.fill("webhook.url", r.URL+"/events")
		b.press("webhook.new.do")
		b.see("webhook.reveal.once")
		secret := ask[string](b, "text", "")
		secret = secret[strings.Index(secret, "whsec_"):][:len("whsec_")+44]
		b.follow("webhook.reveal.done")
		page := b.path()

		// The receiver does not know it yet: the log says what it answered.
		b.press("webhook.test")
		b.see("webhook.flash.tested")
		work()
		b.open(page)
		b.see("webhook.standing.failing")
		b.follow("webhook.event.portal.ping")
		b.see("unknown signature")

		// Now it does, and the event is sent again.
		r.learns(secret)
		b.press("webhook.send_now")
		b.see("webhook.flash.resent")
		work()
		if got := r.accepted(); len(got) != 1 || !strings.Contains(got[0], `"portal.ping"`) {
			t.Errorf("%s: accepted %q", p.name, got)
		}
		b.open(page)
		b.miss("webhook.standing.failing")

		// A partner is admitted: the receiver knows at once.
		own := p.Admitted(authz.AuthPartner).Actor
		acme, err := p.App.Partners.Partner(t.Context(), own.Scope(), own.Partner)
		if err != nil {
			t.Fatal(err)
		}
		name := acme.Organisation
		work()
		if got := r.accepted(); len(got) != 2 || !strings.Contains(got[1], name) || !strings.Contains(got[1], `"partner.activated"`) {
			t.Errorf("%s: accepted %q", p.name, got)
		}
		b.open(page)
		b.follow("webhook.latest.all")
		b.see("webhook.event.partner.activated")
		b.see(name)

		// It ends for good.
		b.open(page)
		b.follow("webhook.deactivate")
		b.press("webhook.deactivate.do")
		b.see("webhook.standing.deactivated")
		b.miss("webhook.test")
	}, arabic)
}
