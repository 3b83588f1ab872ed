package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
)

const canary = "k9Fv2mQ7xLpT4wZr8NcB1hYs6DgJ3uEa"

func keys(t *testing.T, masters ...string) Keys {
	t.Helper()
	var earlier [][]byte
	for _, m := range masters[1:] {
		earlier = append(earlier, []byte(m))
	}
	k, err := NewKeys([]byte(masters[0]), earlier...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOPS9BadMasterKeysAreRefused(t *testing.T) {
	t.Parallel()
	sequence := make([]byte, 40)
	for i := range sequence {
		sequence[i] = byte(3 * i)
	}
	for name, key := range map[string][]byte{
		"none":        nil,
		"31 bytes":    []byte(canary[:31]),
		"all equal":   bytes.Repeat([]byte{7}, 64),
		"all zero":    make([]byte, 32),
		"two bytes":   bytes.Repeat([]byte("ab"), 20),
		"sequence":    sequence,
		"twice":       []byte(canary[:16] + canary[:16]),
		"change me":   []byte("CHANGE-ME-CHANGE-ME-change-me-now!"),
		"example":     []byte("this-is-an-Example-key-of-32-bytes!"),
		"digits":      []byte("01234567890123456789012345678901"),
		"hex digits":  []byte("0123456789abcdef0123456789abcdeF"),
		"your key":    []byte("put-your-key-here-k9Fv2mQ7xLpT4wZr8"),
		"placeholder": []byte("k9Fv2mQ7xLpT4wZr8-placeholder-k9Fv2"),
	} {
		_, err := NewKeys(key)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if len(key) > 0 && strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
		if _, err := NewKeys([]byte(canary), key); err == nil {
			t.Errorf("%s: accepted as an earlier key", name)
		}
	}
}

func TestOPS9GoodMasterKeysAreAccepted(t *testing.T) {
	t.Parallel()
	for i := range 5000 {
		raw := Hash(strconv.Itoa(i)) // as good as random, and the same in each run
		for _, key := range [][]byte{raw, []byte(hex.EncodeToString(raw)), []byte(base64.StdEncoding.EncodeToString(raw))} {
			if _, err := NewKeys(key); err != nil {
				t.Fatalf("a random key of %d bytes was refused: %v", len(key), err)
			}
		}
	}
}

func TestOPS9SecretsNeverPrint(t *testing.T) {
	t.Parallel()
	k, text := keys(t, canary), NewText(canary)
	type hidden struct {
		text Text
		keys Keys
	}
	type shown struct {
		Text Text
		Keys Keys
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
		for _, v := range []any{text, k, &text, &k, hidden{text, k}, shown{text, k}, []any{text, k}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	js, err := json.Marshal(map[string]any{"a": shown{text, k}, "b": hidden{text, k}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(js)
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("start", "text", text, "keys", k, "config", shown{text, k}, "hidden", hidden{text, k})
	}
	asKey := fmt.Sprintf("%x", canary)
	decimal := strings.Trim(fmt.Sprint([]byte(canary)), "[]") //nolint:staticcheck // its bytes in decimal are what must not appear
	for _, leak := range []string{canary, asKey, strings.ToUpper(asKey), decimal} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("output holds the secret as %q", leak)
		}
	}
	if !strings.Contains(out.String(), Redacted) {
		t.Error("output never says REDACTED")
	}
	if text.Reveal() != canary || text.IsZero() || !(Text{}).IsZero() {
		t.Error("Reveal or IsZero is wrong")
	}
}

func TestMACSeparatesPartsAndPurposes(t *testing.T) {
	t.Parallel()
	k := keys(t, canary)
	seen := map[string]string{}
	for name, mac := range map[string][]byte{
		"ab c":          k.MAC("p", []byte("ab"), []byte("c")),
		"a bc":          k.MAC("p", []byte("a"), []byte("bc")),
		"abc":           k.MAC("p", []byte("abc")),
		"abc and empty": k.MAC("p", []byte("abc"), nil),
		"other purpose": k.MAC("q", []byte("abc")),
		"none":          k.MAC("p"),
		"derived":       k.Derive("p", nil, 32),
		"derived mac":   k.Derive("mac:p", nil, 32),
		"salted":        k.Derive("p", []byte("salt"), 32),
	} {
		if len(mac) != 32 {
			t.Errorf("%s: %d bytes", name, len(mac))
		}
		if other, ok := seen[string(mac)]; ok {
			t.Errorf("%s = %s", name, other)
		}
		seen[string(mac)] = name
	}
	if !bytes.Equal(k.MAC("p", []byte("abc")), keys(t, canary).MAC("p", []byte("abc"))) {
		t.Error("the same key gives another MAC")
	}
	if !k.ValidMAC(k.MAC("p", []byte("a")), "p", []byte("a")) || k.ValidMAC(k.MAC("p", []byte("a")), "p", []byte("b")) || k.ValidMAC(nil, "p") {
		t.Error("ValidMAC is wrong")
	}
}

func TestSealOpensOnlyItself(t *testing.T) {
	t.Parallel()
	k := keys(t, canary)
	aad, plain := []byte("users/1"), []byte("a thing to hide")
	box := k.Seal("totp", aad, plain)
	if got, err := k.Open("totp", aad, box); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if bytes.Equal(box, k.Seal("totp", aad, plain)) {
		t.Error("sealing twice gives the same bytes")
	}
	if len(box) != len(plain)+33 || bytes.Contains(box, plain[:5]) {
		t.Errorf("sealed value has %d bytes", len(box))
	}
	refused := func(name string, k Keys, purpose string, aad, box []byte) {
		t.Helper()
		if _, err := k.Open(purpose, aad, box); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for i := range box {
		bad := bytes.Clone(box)
		bad[i] ^= 1
		refused(fmt.Sprintf("byte %d flipped", i), k, "totp", aad, bad)
		refused(fmt.Sprintf("cut to %d", i), k, "totp", aad, box[:i])
	}
	refused("other purpose", k, "other", aad, box)
	refused("other row", k, "totp", []byte("users/2"), box)
	refused("other key", RandomKeys(), "totp", aad, box)
}

func TestOPS9RotationKeepsOldValues(t *testing.T) {
	t.Parallel()
	const next = "Zq3NvR7tYb1MxK5wPc9LhG2sFd8JuA4e"
	before, after := keys(t, canary), keys(t, next, canary)
	if before.ID() == after.ID() || len(after.ID()) != 8 {
		t.Errorf("ids %q, %q", before.ID(), after.ID())
	}
	if got, err := after.Open("p", nil, before.Seal("p", nil, []byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("after rotation: %q, %v", got, err)
	}
	if _, err := before.Open("p", nil, after.Seal("p", nil, []byte("x"))); !errors.Is(err, ErrSealed) {
		t.Errorf("the old server reads the new key's value: %v", err)
	}
	mac := before.MAC("p", []byte("a"))
	if !after.ValidMAC(mac, "p", []byte("a")) || bytes.Equal(mac, after.MAC("p", []byte("a"))) {
		t.Error("MACs do not rotate")
	}
	old, ok := after.ByID(before.ID())
	if !ok || !bytes.Equal(old.MAC("p"), before.MAC("p")) {
		t.Error("ByID does not find the earlier key")
	}
	if _, ok := after.ByID("00000000"); ok {
		t.Error("ByID finds an unknown key")
	}
}

func TestZeroKeysPanic(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"MAC":  func() { Keys{}.MAC("p") },
		"Seal": func() { Keys{}.Seal("p", nil, nil) },
		"Open": func() { _, _ = Keys{}.Open("p", nil, nil) },
		"ID":   func() { Keys{}.ID() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s works with zero Keys", name)
				}
			}()
			f()
		}()
	}
}

func TestTokensAreLongAndDifferent(t *testing.T) {
	t.Parallel()
	a, b := Token(), Token()
	if raw, err := base64.RawURLEncoding.DecodeString(a); err != nil || len(raw) != 32 || a == b {
		t.Errorf("tokens %q %q: %v", a, b, err)
	}
	if got := hex.EncodeToString(Hash("abc")); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("Hash(abc) = %s", got)
	}
}
