package keysecret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"portal/internal/secret"
)

func TestKEY1TokenFormat(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^pms_live_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	letters := map[byte]bool{}
	for range 200 {
		token := New(Live)
		text := token.Reveal()
		if !form.MatchString(text) || seen[token.ID()] {
			t.Fatalf("token %s", text)
		}
		seen[token.ID()] = true
		for _, c := range []byte(token.secret()) {
			letters[c] = true
		}
		back, ok := Parse(Live, text)
		if !ok || back.Reveal() != text || !strings.HasPrefix(text, Prefix(Live, token.ID())) || !strings.HasSuffix(text, token.Last4()) {
			t.Fatalf("%s is read as %v", text, ok)
		}
		if strings.Contains(token.secret(), token.Last4()) && len(token.Last4()) == 4 && strings.HasSuffix(token.secret(), token.Last4()) {
			t.Errorf("the last characters of %s are the secret's", text)
		}
	}
	if len(letters) != 62 {
		t.Errorf("secrets use %d letters, want 62", len(letters))
	}
	if svc := New(Service).Reveal(); !strings.HasPrefix(svc, "pms_svc_") {
		t.Errorf("a service's token is %s", svc)
	}
}

func TestKEY2ChecksumFindsEverySlip(t *testing.T) {
	t.Parallel()
	text := New(Live).Reveal()
	for i := range text {
		for _, bad := range []string{text[:i], text[:i] + text[i+1:], text[:i] + "x" + text[i:], text[:i] + string(text[i]^1) + text[i+1:]} {
			if _, ok := Parse(Live, bad); ok && bad != text {
				t.Errorf("%s passes for %s", bad, text)
			}
		}
		if i > 0 && text[i] != text[i-1] {
			b := []byte(text)
			b[i], b[i-1] = b[i-1], b[i]
			if _, ok := Parse(Live, string(b)); ok {
				t.Errorf("two letters swapped at %d pass", i)
			}
		}
	}
	if _, ok := Parse(Service, text); ok {
		t.Error("a partner's key passes for a service's")
	}
}

func TestKEY2UnknownIdsTakeTheSamePath(t *testing.T) {
	t.Parallel()
	keys := secret.RandomKeys()
	token, other := New(Live), New(Live)
	stored := token.hash(keys)
	if !token.Proves(keys, stored) {
		t.Error("a token does not prove itself")
	}
	for name, wrong := range map[string][]byte{"another's": other.hash(keys), "none": nil, "the dummy": dummy, "cut": stored[:31]} {
		if token.Proves(keys, wrong) {
			t.Errorf("%s hash passes", name)
		}
	}
	if token.Proves(secret.RandomKeys(), stored) {
		t.Error("a hash is good without the server's key")
	}
	// The same secret under another id or kind is another token.
	moved := Token{kind: Service, id: token.id, secret: token.secret}
	if moved.Proves(keys, stored) {
		t.Error("a service's token proves a partner's key")
	}
}

func TestOPS9TokensDoNotPrint(t *testing.T) {
	t.Parallel()
	token := New(Live)
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", token, "in", struct{ T Token }{token})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", token)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		_, _ = fmt.Fprintf(&out, verb, token)
		_, _ = fmt.Fprintf(&out, verb, []any{&token, struct{ T *Token }{&token}})
	}
	b, _ := json.Marshal(map[string]any{"t": token})
	out.Write(b)
	if strings.Contains(out.String(), token.secret()) {
		t.Errorf("a token printed: %s", out.String())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(New(Live).Reveal())
	f.Add("pms_live_")
	f.Add("pms_live_0123456789_" + strings.Repeat("0", 49))
	f.Fuzz(func(t *testing.T, text string) {
		token, ok := Parse(Live, text)
		if ok && token.Reveal() != text {
			t.Errorf("%q is read as %q", text, token.Reveal())
		}
	})
}
