package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portal/internal/problem"
	"portal/internal/secret"
)

const good = "correct horse battery staple"

var (
	fast  = params{memory: 64, time: 1, threads: 1}
	keyA  = []byte("k9Fv2mQ7xLpT4wZr8NcB1hYs6DgJ3uEa")
	keyB  = []byte("Zq3NvR7tYb1MxK5wPc9LhG2sFd8JuA4e")
	zeros = strings.Repeat("A", 22) // 16 bytes
	tag32 = strings.Repeat("A", 43)
)

func hasher(t *testing.T, cost params, keys ...[]byte) *Hasher {
	t.Helper()
	k, err := secret.NewKeys(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return newHasher(k, NewGate(), cost)
}

func hash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	text, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func verify(t *testing.T, h *Hasher, password, text string) bool {
	t.Helper()
	ok, err := h.Verify(t.Context(), password, text)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestPWD3HashesAreArgon2idWithTheDecidedCost(t *testing.T) {
	t.Parallel()
	h := hasher(t, current, keyA)
	text := hash(t, h, good)
	if want := "$argon2id$v=19$m=19456,t=2,p=1,keyid=" + h.keys.ID() + "$"; !strings.HasPrefix(text, want) {
		t.Errorf("hash %q does not start with %q", text, want)
	}
	s, err := parse(text)
	if err != nil || len(s.salt) != 16 || len(s.tag) != 32 {
		t.Errorf("salt and tag of %q: %d and %d bytes, %v", text, len(s.salt), len(s.tag), err)
	}
	if !verify(t, h, good, text) || verify(t, h, good+" ", text) || h.NeedsRehash(text) {
		t.Error("Verify or NeedsRehash is wrong")
	}
}

func TestPWD3VerifyAcceptsOnlyThePassword(t *testing.T) {
	t.Parallel()
	h := hasher(t, fast, keyA)
	text := hash(t, h, "  Café au lait, s'il vous plaît  ")
	for password, want := range map[string]bool{
		"  Café au lait, s'il vous plaît  ":             true,
		"  Cafe\u0301 au lait, s'il vous plai\u0302t  ": true, // another keyboard
		"Café au lait, s'il vous plaît":                 false,
		"  café au lait, s'il vous plaît  ":             false,
		"  Café au lait, s'il vous plaît  \x00":         false,
		"":     false,
		"\xff": false,
		"  Café au lait, s'il vous plaît  " + strings.Repeat("\x00", 1<<20):                false,
		strings.Repeat("  Café au lait, s'il vous plaît  ", 1000):                          false,
		strings.ReplaceAll("  Café au lait, s'il vous plaît  ", "é", "\u00e9\u0301\u0301"): false,
	} {
		if got := verify(t, h, password, text); got != want {
			t.Errorf("Verify(%.60q) = %t", password, got)
		}
	}
	// What is hashed in place of an unreadable password must open nothing.
	if empty := hash(t, h, ""); verify(t, h, "\xff", empty) || verify(t, h, strings.Repeat("a", 1<<20), empty) {
		t.Error("an unreadable password equals the empty one")
	}
	if first, second := hash(t, h, good), hash(t, h, good); first == second {
		t.Error("two hashes of one password are equal: no salt")
	}
}

func TestPWD3PepperAndItsRotation(t *testing.T) {
	t.Parallel()
	before, after, other := hasher(t, fast, keyA), hasher(t, fast, keyB, keyA), hasher(t, fast, keyB)
	text := hash(t, before, good)
	if !verify(t, after, good, text) || !after.NeedsRehash(text) || before.NeedsRehash(text) {
		t.Error("a hash from before the rotation must verify and be made anew")
	}
	if ok, err := other.Verify(t.Context(), good, text); ok || !errors.Is(err, ErrKey) {
		t.Errorf("without the key: %t, %v", ok, err)
	}
	// The key id in the text is a hint, not a proof.
	if forged := strings.Replace(text, before.keys.ID(), other.keys.ID(), 1); verify(t, other, good, forged) {
		t.Error("the hash does not depend on the key")
	}
	for _, cost := range []params{{memory: 65, time: 1, threads: 1}, {memory: 64, time: 2, threads: 1}, {memory: 64, time: 1, threads: 2}} {
		if !hasher(t, cost, keyA).NeedsRehash(text) || !verify(t, hasher(t, cost, keyA), good, text) {
			t.Errorf("cost %v: an old hash must verify and be made anew", cost)
		}
	}
}

func TestPWD3HostileStoredHashesAreRefused(t *testing.T) {
	t.Parallel()
	phc := func(costs, salt, tag string) string { return "$argon2id$v=19$" + costs + "$" + salt + "$" + tag }
	if _, err := parse(phc("m=262144,t=10,p=4,keyid=0123abcd", zeros, tag32)); err != nil {
		t.Fatalf("the largest allowed cost: %v", err)
	}
	h := hasher(t, fast, keyA)
	for name, text := range map[string]string{
		"empty": "", "plain": good, "bcrypt": "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
		"257 MiB":       phc("m=263168,t=2,p=1,keyid=0123abcd", zeros, tag32),
		"4 TiB":         phc("m=4294967295,t=2,p=1,keyid=0123abcd", zeros, tag32),
		"overflow":      phc("m=4294967360,t=2,p=1,keyid=0123abcd", zeros, tag32),
		"t=11":          phc("m=64,t=11,p=1,keyid=0123abcd", zeros, tag32),
		"p=5":           phc("m=64,t=1,p=5,keyid=0123abcd", zeros, tag32),
		"p=257":         phc("m=64,t=1,p=257,keyid=0123abcd", zeros, tag32),
		"t=0":           phc("m=64,t=0,p=1,keyid=0123abcd", zeros, tag32),
		"p=0":           phc("m=64,t=1,p=0,keyid=0123abcd", zeros, tag32),
		"m=7":           phc("m=7,t=1,p=1,keyid=0123abcd", zeros, tag32),
		"negative":      phc("m=-64,t=1,p=1,keyid=0123abcd", zeros, tag32),
		"plus":          phc("m=+64,t=1,p=1,keyid=0123abcd", zeros, tag32),
		"leading zero":  phc("m=064,t=1,p=1,keyid=0123abcd", zeros, tag32),
		"other order":   phc("t=1,m=64,p=1,keyid=0123abcd", zeros, tag32),
		"no key":        phc("m=64,t=1,p=1", zeros, tag32),
		"empty key":     phc("m=64,t=1,p=1,keyid=", zeros, tag32),
		"long key":      phc("m=64,t=1,p=1,keyid="+strings.Repeat("a", 90), zeros, tag32),
		"argon2i":       strings.Replace(phc("m=64,t=1,p=1,keyid=0123abcd", zeros, tag32), "2id", "2i", 1),
		"version 16":    strings.Replace(phc("m=64,t=1,p=1,keyid=0123abcd", zeros, tag32), "v=19", "v=16", 1),
		"no salt":       phc("m=64,t=1,p=1,keyid=0123abcd", "", tag32),
		"short salt":    phc("m=64,t=1,p=1,keyid=0123abcd", "AAAA", tag32),
		"no tag":        phc("m=64,t=1,p=1,keyid=0123abcd", zeros, ""),
		"short tag":     phc("m=64,t=1,p=1,keyid=0123abcd", zeros, zeros),
		"loose base64":  phc("m=64,t=1,p=1,keyid=0123abcd", zeros[:21]+"B", tag32),
		"padded base64": phc("m=64,t=1,p=1,keyid=0123abcd", zeros+"==", tag32),
		"line break":    phc("m=64,t=1,p=1,keyid=0123abcd", zeros, tag32[:20]+"\n"+tag32[20:]),
		"more fields":   phc("m=64,t=1,p=1,keyid=0123abcd", zeros, tag32) + "$x",
		"huge":          phc("m=64,t=1,p=1,keyid=0123abcd", zeros, strings.Repeat("A", 1<<20)),
	} {
		if ok, err := h.Verify(t.Context(), good, text); ok || !errors.Is(err, ErrFormat) || !h.NeedsRehash(text) {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
}

func FuzzPWD3Parse(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1,keyid=0123abcd$" + zeros + "$" + tag32)
	f.Add("$argon2id$v=19$m=262145,t=11,p=5,keyid=$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err != nil {
			return
		}
		if s.String() != text {
			t.Fatalf("%q is read as %q", text, s)
		}
		if s.memory > maxMemory || s.time > maxTime || s.threads > maxThreads || s.time == 0 || s.threads == 0 || s.memory < 8*uint32(s.threads) {
			t.Fatalf("cost %v accepted", s.params)
		}
	})
}

func TestPWD4GateLimitsWhatRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2)
		var running, most, done atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				err := g.Do(t.Context(), func() {
					if n := running.Add(1); n > most.Load() {
						most.Store(n)
					}
					time.Sleep(50 * time.Millisecond) // the bubble's clock: no real time passes
					running.Add(-1)
				})
				if err == nil {
					done.Add(1)
				}
			})
		}
		wg.Wait()
		if most.Load() > 2 || done.Load() != 40 {
			t.Errorf("%d ran at once, %d were done", most.Load(), done.Load())
		}
	})
}

func TestPWD4GateTurnsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		release := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { _ = g.Do(t.Context(), func() { <-release }) })
		synctest.Wait()

		start := time.Now()
		errs := make(chan error, 2*maxWaiting)
		for range maxWaiting {
			wg.Go(func() { errs <- g.Do(t.Context(), func() { t.Error("ran without room") }) })
		}
		synctest.Wait()
		if len(errs) != 0 {
			t.Fatalf("%d of %d were not let wait", len(errs), maxWaiting)
		}
		var busy *problem.BusyError
		if err := g.Do(t.Context(), func() {}); !errors.As(err, &busy) || busy.RetryAfter != 2*time.Second || time.Since(start) != 0 {
			t.Errorf("one more: %v after %s, want busy at once", err, time.Since(start))
		}
		for range maxWaiting {
			if err := <-errs; !errors.As(err, &busy) {
				t.Errorf("after waiting: %v", err)
			}
		}
		if time.Since(start) != 3*time.Second {
			t.Errorf("waited %s, want 3 s", time.Since(start))
		}

		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { errs <- g.Do(ctx, func() {}) })
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("a visitor who left: %v", err)
		}
		close(release)
		wg.Wait()
		if err := g.Do(t.Context(), func() {}); err != nil || g.waiting.Load() != 0 {
			t.Errorf("afterwards: %v, %d waiting", err, g.waiting.Load())
		}
	})
}

func TestPWD4EveryHashWaitsAtTheGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(secret.RandomKeys(), newGate(1), fast)
		text := hash(t, h, good)
		h.gate.slots <- struct{}{}
		for name, f := range map[string]func() error{
			"Hash":        func() error { _, err := h.Hash(t.Context(), good); return err },
			"Verify":      func() error { _, err := h.Verify(t.Context(), good, text); return err },
			"bad stored":  func() error { _, err := h.Verify(t.Context(), good, "x"); return err },
			"VerifyDummy": func() error { return h.VerifyDummy(t.Context(), good) },
		} {
			var busy *problem.BusyError
			if err := f(); !errors.As(err, &busy) {
				t.Errorf("%s: %v, want busy", name, err)
			}
		}
		<-h.gate.slots
		defer func() {
			if recover() == nil || len(h.gate.slots) != 0 {
				t.Error("a panic keeps the slot")
			}
		}()
		_ = h.gate.Do(t.Context(), func() { panic("on purpose") })
	})
}
