//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/apikey/apikeytest"
	"portal/internal/authz"
	"portal/internal/partner/partnertest"
)

// shown is the token that the page shows, the only time it does.
func (b *Browser) shown(kind string) string {
	b.t.Helper()
	token := regexp.MustCompile(kind + `[0-9A-Za-z]{10}_[0-9A-Za-z]{49}`).FindString(ask[string](b, "text", ""))
	if token == "" {
		b.t.Fatalf("%s: no %s token is shown", b.name, kind)
	}
	return token
}

// reason asks the API as another system does, and gives what stops a key.
func (p *portal) reason(service, key string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base+"/api/v1/keys/verify", strings.NewReader(`{"key":"`+key+`"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+service)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var verdict struct {
		Good   bool
		Reason string
	}
	if err := json.NewDecoder(res.Body).Decode(&verdict); err != nil || res.StatusCode != http.StatusOK || verdict.Good != (verdict.Reason == "") {
		p.t.Fatalf("verify: %d %+v %v", res.StatusCode, verdict, err)
	}
	return verdict.Reason
}

// TestJ18APIKeys: an admin lets another system ask; a partner makes a key and
// rotates it; the admin ends it, and the other system learns of each at once.
func TestJ18APIKeys(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		world := apikeytest.New(partnertest.World{T: t, DB: p.App.DB})
		partner := p.Admitted(authz.AuthPartner)
		of := world.Load(partner.Actor.Partner)
		world.Certificate(of)
		world.Grant(of, world.Policy("Counter", p.Group("Telecom")), 100)

		a, _ := p.staff(authz.PartnerAdmin)
		a.menu("nav.service_accounts")
		a.follow("service_account.create")
		a.fill("common.name", "Authentication service")
		a.tick("field-rights")
		a.press("service_account.create")
		a.see("service_account.made.once")
		service := a.shown("pms_svc_")
		a.follow("service_account.made.done")

		b := p.carry(partner)
		b.open("/home")
		b.menu("nav.api_keys")
		b.follow("api_key.create")
		b.fill("api_key.label", "Branch offices")
		b.press("api_key.create")
		b.see("api_key.made.once")
		first := b.shown("pms_live_")
		if got := p.reason(service, first); got != "" {
			t.Errorf("the new key: %s", got)
		}
		b.follow("api_key.made.done")
		b.see("api_key.standing.works")
		address := b.path()

		b.follow("api_key.rotate")
		b.choose("tokens.overlap.0")
		b.press("api_key.rotate")
		b.see("tokens.old_gone")
		second := b.shown("pms_live_")
		if old, now := p.reason(service, first), p.reason(service, second); old != "secret_ended" || now != "" {
			t.Errorf("after rotating: %q, %q", old, now)
		}

		a.open(address)
		a.follow("api_key.deactivate")
		a.fill("common.reason", "It stood in a public repository.")
		a.press("api_key.deactivate")
		a.see("api_key.standing.key_deactivated")
		if got := p.reason(service, second); got != "key_deactivated" {
			t.Errorf("after deactivating: %q", got)
		}
		b.open(address)
		b.see("It stood in a public repository.")
	})
}
