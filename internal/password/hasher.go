package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"

	"golang.org/x/crypto/argon2"

	"portal/internal/secret"
)

// ErrKey says that a stored hash needs a master key that this server does not
// hold: its owner cannot sign in until the key is given back or the password
// is reset.
var ErrKey = errors.New("password: stored hash needs a key that is not held")

const pepper = "password-pepper"

// Hasher makes and checks the stored form of passwords: argon2id, then HMAC
// with a key that is not in the database, so a stolen database alone does not
// even allow guessing (security.md PWD-3). All methods that hash wait at the
// Gate and may return its errors.
type Hasher struct {
	keys secret.Keys
	gate *Gate
	cost params
}

// NewHasher makes a Hasher with the current cost.
func NewHasher(keys secret.Keys, gate *Gate) *Hasher { return newHasher(keys, gate, current) }

// NewWeakHasher makes a Hasher that costs next to nothing and protects nothing:
// for tests that sign many people in. The linter keeps it out of everything
// else.
func NewWeakHasher(keys secret.Keys) *Hasher {
	return newHasher(keys, NewGate(), params{memory: 64, time: 1, threads: 1})
}

func newHasher(keys secret.Keys, gate *Gate, cost params) *Hasher {
	return &Hasher{keys: keys, gate: gate, cost: cost}
}

// Hash makes the text to store for a password that Check has accepted. Two
// hashes of one password differ.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	s := stored{params: h.cost, keyID: h.keys.ID(), salt: make([]byte, saltLen)}
	rand.Read(s.salt)
	var err error
	if s.tag, err = h.tag(ctx, s, h.keys, password); err != nil {
		return "", err
	}
	return s.String(), nil
}

// Verify tells whether password is the one that text was made from. When it is
// and NeedsRehash(text), store a new Hash. Errors other than the Gate's
// (ErrFormat, ErrKey) are about the stored text; the person is told no more
// than "wrong", and such a text costs the same time as a good one.
func (h *Hasher) Verify(ctx context.Context, password, text string) (bool, error) {
	s, err := parse(text)
	if err != nil {
		return false, errors.Join(err, h.VerifyDummy(ctx, password))
	}
	keys, ok := h.keys.ByID(s.keyID)
	if !ok {
		return false, errors.Join(ErrKey, h.VerifyDummy(ctx, password))
	}
	tag, err := h.tag(ctx, s, keys, password)
	if err != nil {
		return false, err
	}
	_, readable := normalise(password)
	return subtle.ConstantTimeCompare(tag, s.tag) == 1 && readable, nil
}

// VerifyDummy takes as long as Verify of a current hash. Call it for unknown
// names, so that nobody can tell them from wrong passwords (security.md LGN-1).
func (h *Hasher) VerifyDummy(ctx context.Context, password string) error {
	_, err := h.tag(ctx, stored{params: h.cost, salt: make([]byte, saltLen)}, h.keys, password)
	return err
}

// NeedsRehash tells whether text was made with another cost or key than a new
// hash would be, or cannot be read at all.
func (h *Hasher) NeedsRehash(text string) bool {
	s, err := parse(text)
	return err != nil || s.params != h.cost || s.keyID != h.keys.ID()
}

func (h *Hasher) tag(ctx context.Context, s stored, keys secret.Keys, password string) ([]byte, error) {
	// An unreadable password is hashed as an empty one, so that its refusal
	// takes as long as any other.
	text, _ := normalise(password)
	var tag []byte
	err := h.gate.Do(ctx, func() {
		tag = argon2.IDKey([]byte(text), s.salt, s.time, s.memory, s.threads, tagLen)
	})
	if err != nil {
		return nil, err
	}
	return keys.MAC(pepper, tag), nil
}
