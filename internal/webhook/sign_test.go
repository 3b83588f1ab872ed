package webhook

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/id"
	"portal/internal/secret"
)

// The vector that Standard Webhooks' own libraries are tested with.
func TestSignatureIsTheStandards(t *testing.T) {
	t.Parallel()
	s := Secret{secret.NewText("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}
	got, err := s.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	for _, bad := range []string{"", "whsec_", "whsec_!"} {
		if _, err := (Secret{secret.NewText(bad)}).Sign("m", time.Unix(1, 0), nil); err == nil {
			t.Errorf("%q signs", bad)
		}
	}
}

func TestSecretsAreStrongSealedAndHidden(t *testing.T) {
	t.Parallel()
	keys, wid := secret.RandomKeys(), id.New[id.Webhook]()
	a, b := newSecret(), newSecret()
	if a.Text() == b.Text() || !strings.HasPrefix(a.Text(), "whsec_") || len(a.Text()) != len("whsec_")+44 {
		t.Errorf("%q %q", a.Text(), b.Text())
	}
	if s := fmt.Sprintf("%v %+v %#v", a, a, a); strings.Contains(s, a.Text()[6:]) {
		t.Error("a secret prints")
	}
	sealed := seal(keys, a, wid)
	if strings.Contains(string(sealed), a.Text()[6:]) {
		t.Error("it is stored in clear")
	}
	if got, err := open(keys, sealed, wid); err != nil || got.Text() != a.Text() {
		t.Errorf("%v", err)
	}
	if _, err := open(keys, sealed, id.New[id.Webhook]()); err == nil {
		t.Error("it opens for another address")
	}
}

// What the portal never asks, however it is spelt, and what it asks only where
// the installation's own networks are allowed (SSRF).
func TestForbiddenNetworks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ public, private bool }{
		"93.184.216.34":          {false, false},
		"2606:2800:220:1::1":     {false, false},
		"::ffff:93.184.216.34":   {false, false},
		"127.0.0.1":              {true, false},
		"127.9.9.9":              {true, false},
		"::1":                    {true, false},
		"::ffff:127.0.0.1":       {true, false},
		"10.1.2.3":               {true, false},
		"172.16.0.1":             {true, false},
		"172.32.0.1":             {false, false},
		"192.168.1.1":            {true, false},
		"100.64.0.1":             {true, false},
		"fd12::1":                {true, false},
		"169.254.169.254":        {true, true},
		"::ffff:169.254.169.254": {true, true},
		"64:ff9b::a9fe:a9fe":     {true, true},
		"2002:a9fe:a9fe::1":      {true, true},
		"::a9fe:a9fe":            {true, true},
		"fd00:ec2::254":          {true, true},
		"168.63.129.16":          {true, true},
		"100.100.100.200":        {true, true},
		"fd20:ce::254":           {true, true},
		"fe80::1":                {true, true},
		"fe80::1%eth0":           {true, true},
		"0.0.0.0":                {true, true},
		"::":                     {true, true},
		"224.0.0.1":              {true, true},
		"255.255.255.255":        {true, true},
		"ff02::1":                {true, true},
		"2001:0:a9fe::1":         {true, true},
		"198.18.0.1":             {true, true},
	} {
		ip := netip.MustParseAddr(text)
		if got := forbidden(ip, false); got != want.public {
			t.Errorf("%s: %v", text, got)
		}
		if got := forbidden(ip, true); got != want.private {
			t.Errorf("%s, own networks allowed: %v", text, got)
		}
	}
	if !forbidden(netip.Addr{}, true) {
		t.Error("no address at all is allowed")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ public, private string }{
		"https://auth.example.org/events":     {"", ""},
		"https://auth.example.org:8443/e?k=v": {"", ""},
		"https://93.184.216.34/":              {"", ""},
		"https://10.0.0.1/":                   {"webhook.problem.url_private", ""},
		"https://localhost/":                  {"webhook.problem.url_private", ""},
		"https://[::1]/":                      {"webhook.problem.url_private", ""},
		"https://169.254.169.254/latest":      {"webhook.problem.url_private", "webhook.problem.url_private"},
		"http://auth.example.org/":            {"webhook.problem.url_https", "webhook.problem.url_https"},
		"http://10.0.0.1/":                    {"webhook.problem.url_https", "webhook.problem.url_https"},
		"http://127.0.0.1:9000/":              {"webhook.problem.url_https", ""},
		"http://localhost:9000/":              {"webhook.problem.url_https", ""},
		"https://user:pass@example.org/":      {"webhook.problem.url_user", "webhook.problem.url_user"},
		"https://example.org/#here":           {"webhook.problem.url", "webhook.problem.url"},
		"https:///path":                       {"webhook.problem.url", "webhook.problem.url"},
		"https://:443/":                       {"webhook.problem.url", "webhook.problem.url"},
		"ftp://example.org/":                  {"webhook.problem.url", "webhook.problem.url"},
		"https:example.org":                   {"webhook.problem.url", "webhook.problem.url"},
		"example.org":                         {"webhook.problem.url", "webhook.problem.url"},
		"https://exa mple.org/":               {"webhook.problem.url", "webhook.problem.url"},
		"https://example.org:port/":           {"webhook.problem.url", "webhook.problem.url"},
		"https://example.org:99999/":          {"webhook.problem.url", "webhook.problem.url"},
		"javascript:alert(1)":                 {"webhook.problem.url", "webhook.problem.url"},
	} {
		if got := badURL(text, false); got != want.public {
			t.Errorf("%s: %q", text, got)
		}
		if got := badURL(text, true); got != want.private {
			t.Errorf("%s, own networks allowed: %q", text, got)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"https://example.org/", "http://127.0.0.1", "https://[::1%25eth0]/", "https://0x7f.1/", "//x", "https://\u202e.org"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if badURL(text, false) != "" {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			t.Errorf("%q was accepted", text)
		}
	})
}

func TestAnswersAreKeptLegible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ok": "ok", "a\x00b\x1b[31m": "ab[31m", "\xff\xfe": "", "ligne\nمرحبا\t.": "ligne\nمرحبا\t.",
		"a\u202eb": "ab", strings.Repeat("é", 2000): strings.Repeat("é", answerKept/2),
	} {
		if got := legible([]byte(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestWaitsAddUpToThreeDays(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	for _, w := range waits {
		sum += w
	}
	if sum < 72*time.Hour || sum > 80*time.Hour {
		t.Errorf("%s", sum)
	}
}

func TestEveryTypeIsDocumented(t *testing.T) {
	t.Parallel()
	for _, typ := range append(Types, Ping) {
		if len(Fields(typ)) == 0 {
			t.Errorf("%s has no fields", typ)
		}
	}
	for name, e := range map[string]Event{
		"unknown":    {Type: "partner.vanished", Data: map[string]any{"partner": "x"}},
		"less":       {Type: Ping, Data: map[string]any{}},
		"more":       {Type: Ping, Data: map[string]any{"webhook": 1, "secret": 2}},
		"other name": {Type: Ping, Data: map[string]any{"hook": 1}},
	} {
		if e.documented() == nil {
			t.Errorf("%s: it would be sent", name)
		}
	}
}
