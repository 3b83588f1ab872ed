// Package secret holds the server's master key and everything that is derived
// from it: MACs, subkeys, sealed values. It also makes and hashes the random
// tokens that stand in cookies and links, and wraps configuration secrets so
// that they cannot reach a log.
//
// It refuses to know where keys come from (package config) and what a purpose
// means: a purpose is a label chosen by the caller, and two purposes never
// share a key.
package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// MinMaster is the fewest bytes a master key may have (security.md OPS-9).
const MinMaster = 32

const idBytes = 4

// Keys derives all keys of the server. The zero value is unusable: it panics
// instead of working with an empty key. Keys prints as REDACTED.
type Keys struct{ ring []*master } // newest first

type master struct {
	id  [idBytes]byte
	key func() []byte // a function: fmt follows pointers when a verb does not fit, and would print the bytes
}

// NewKeys makes Keys from the current master key and, while a rotation is
// under way, the earlier ones: what they sealed, signed or peppered stays
// readable, and everything new is made with the current one.
//
// A master key is at least MinMaster bytes of randomness in any encoding
// (`openssl rand -base64 48`). Short, repetitive and sample values are an
// error, so that a copied example never protects a real installation
// (security.md OPS-9). Errors never quote the key.
func NewKeys(current []byte, earlier ...[]byte) (Keys, error) {
	var k Keys
	for i, key := range append([][]byte{current}, earlier...) {
		if err := checkMaster(key); err != nil {
			return Keys{}, fmt.Errorf("secret: master key %d of %d: %w", i+1, len(earlier)+1, err)
		}
		own := bytes.Clone(key)
		m := &master{key: func() []byte { return own }}
		copy(m.id[:], m.derive("id", nil, idBytes))
		k.ring = append(k.ring, m)
	}
	return k, nil
}

// RandomKeys makes Keys from a master key that nobody can ever know again:
// for tests, and for a development server without stored data.
func RandomKeys() Keys {
	key := make([]byte, MinMaster)
	rand.Read(key)
	k, err := NewKeys(key)
	if err != nil {
		panic(err) // 32 random bytes are never a sample value
	}
	return k
}

// ID names the current master key (8 hexadecimal digits, not secret). It is
// stored beside what depends on the key, so that a rotation can be noticed.
func (k Keys) ID() string { return hex.EncodeToString(k.current().id[:]) }

// ByID returns Keys whose current master key is the held one with this ID.
func (k Keys) ByID(id string) (Keys, bool) {
	for _, one := range k.Each() {
		if one.ID() == id {
			return one, true
		}
	}
	return Keys{}, false
}

// Each returns one Keys per held master key, newest first: for checking what
// may have been made before a rotation.
func (k Keys) Each() []Keys {
	all := make([]Keys, len(k.ring))
	for i, m := range k.ring {
		all[i] = Keys{ring: []*master{m}}
	}
	return all
}

// MAC is the HMAC-SHA-256 (32 bytes) of the parts under the key of this
// purpose. Each part is prefixed with its length: ("ab","c") and ("a","bc")
// differ.
func (k Keys) MAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.current().derive("mac:"+purpose, nil, sha256.Size))
	for _, p := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write(p)
	}
	return h.Sum(nil)
}

// ValidMAC tells in constant time whether mac was made by MAC with the same
// purpose and parts, under the current or an earlier master key.
func (k Keys) ValidMAC(mac []byte, purpose string, parts ...[]byte) bool {
	ok := false
	for _, one := range k.Each() {
		ok = hmac.Equal(mac, one.MAC(purpose, parts...)) || ok
	}
	return ok
}

// Derive makes a subkey of n bytes (1 to 8,160) by HKDF-SHA-256. The same
// purpose, salt and n always give the same bytes; the salt need not be secret.
func (k Keys) Derive(purpose string, salt []byte, n int) []byte {
	return k.current().derive("derive:"+purpose, salt, n)
}

func (k Keys) current() *master {
	if len(k.ring) == 0 {
		panic("secret: zero Keys used; make them with NewKeys")
	}
	return k.ring[0]
}

func (m *master) derive(info string, salt []byte, n int) []byte {
	out, err := hkdf.Key(sha256.New, m.key(), salt, "portal/1/"+info, n)
	if err != nil {
		panic(err) // only for n out of range: a programming mistake
	}
	return out
}

// samples are pieces of the values that documentation, examples and lazy
// fingers put where a key belongs. None is shorter than six characters: a random
// base64 key holds a given word of four about once in 25,000 times.
var samples = []string{
	"change", "example", "sample", "secret", "password", "default", "insecure", "replace",
	"your-key", "your_key", "yourkey", "placeholder", "0123456789", "1234567890", "abcdefgh", "qwerty",
}

func checkMaster(key []byte) error {
	if len(key) < MinMaster {
		return fmt.Errorf("too short: %d bytes, at least %d are needed", len(key), MinMaster)
	}
	var seen [256]bool
	distinct, steady := 0, true
	for i, b := range key {
		if !seen[b] {
			seen[b] = true
			distinct++
		}
		if i > 1 && b-key[i-1] != key[1]-key[0] {
			steady = false
		}
	}
	// 32 random hexadecimal digits, the poorest alphabet in use, show fewer
	// than 7 different ones about once in a million million keys.
	if distinct < 7 || steady {
		return errors.New("not random: too few different bytes or a plain sequence")
	}
	if half := len(key) / 2; bytes.HasPrefix(key, key[half:]) && len(key)%2 == 0 {
		return errors.New("not random: the same half twice")
	}
	lower := bytes.ToLower(key)
	for _, s := range samples {
		if bytes.Contains(lower, []byte(s)) {
			return errors.New("a sample value; make one with: openssl rand -base64 48")
		}
	}
	return nil
}
