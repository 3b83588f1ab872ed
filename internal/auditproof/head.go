// Package auditproof keeps the audit log honest against whoever owns the database: it
// signs the end of the log's chain and carries it outside, and it checks the log, an
// exported copy of it, and the state of things against what was carried out.
package auditproof

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"portal/internal/pg"
	"portal/internal/secret"
)

// headFormat is the version of what is signed.
const headFormat = 1

// Head is a signed statement: at this time the audit log had so many rows, and this
// was the hash of the last one.
type Head struct {
	Format int       `json:"v"`
	Seq    int64     `json:"seq"`
	Hash   string    `json:"hash"` // hexadecimal
	Time   time.Time `json:"time"`
	Key    string    `json:"key"` // KeyID of the public key
	Sig    string    `json:"sig"` // Ed25519 of Signed, base64
}

// Signed is the text under the signature: five lines, so that others can check it with
// whatever knows Ed25519.
func (h Head) Signed() []byte {
	return fmt.Appendf(nil, "portal audit head %d\n%d\n%s\n%s\n%s\n", h.Format, h.Seq, h.Hash, h.Time.UTC().Format(time.RFC3339Nano), h.Key)
}

// Line is the head as one line of a file, a log or a mail.
func (h Head) Line() string {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings, numbers and a time of this age
	}
	return string(b)
}

// private is the key that signs heads. It is derived from the secret key, so it stands
// where that one stands: outside the database.
func private(keys secret.Keys) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(keys.Derive("audit-head", nil, ed25519.SeedSize))
}

// Public is the key by which others check the heads of an installation.
func Public(keys secret.Keys) ed25519.PublicKey {
	return ed25519.PublicKey(private(keys)[ed25519.SeedSize:])
}

// Publics are the public keys of all secret keys that are held, so that heads from
// before a rotation still count.
func Publics(keys secret.Keys) []ed25519.PublicKey {
	var all []ed25519.PublicKey
	for _, one := range keys.Each() {
		all = append(all, Public(one))
	}
	return all
}

// KeyID names a public key in heads: 16 hexadecimal digits of its SHA-256.
func KeyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256(k)
	return hex.EncodeToString(sum[:8])
}

// ParseKey reads a public key as `portal audit key` prints it: base64 of 32 bytes.
func ParseKey(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("a public key is base64 of 32 bytes, as portal audit key prints it")
	}
	return b, nil
}

// sign is the head of a chain at a time.
func sign(keys secret.Keys, c pg.Chain, at time.Time) Head {
	key := private(keys)
	h := Head{Format: headFormat, Seq: c.Rows, Hash: hex.EncodeToString(c.Hash), Time: at.UTC(), Key: KeyID(Public(keys))}
	h.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(key, h.Signed()))
	return h
}

// check says what is wrong with a head itself; "" if one of the keys has signed it.
func (h Head) check(keys []ed25519.PublicKey) string {
	sig, err := base64.StdEncoding.DecodeString(h.Sig)
	if err != nil || h.Format != headFormat || h.Seq < 1 {
		return "is no head"
	}
	for _, k := range keys {
		if KeyID(k) != h.Key {
			continue
		}
		if ed25519.Verify(k, h.Signed(), sig) {
			return ""
		}
		return "has a wrong signature"
	}
	return "is signed with a key that is not this installation's (" + h.Key + ")"
}

// ReadHeads takes the heads out of a text: the file that the portal writes, its log, or
// a mail that somebody kept. Lines that hold none are passed over, but a line that
// begins like a head and cannot be read is an error, and so is a text without any.
func ReadHeads(name string, r io.Reader) ([]Head, error) {
	var heads []Head
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		var logged struct {
			Head string `json:"head"`
		}
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &logged) == nil && logged.Head != "" {
			text = logged.Head
		}
		if !strings.HasPrefix(text, `{"v":`) {
			continue
		}
		var h Head
		if err := json.Unmarshal([]byte(text), &h); err != nil {
			return nil, fmt.Errorf("%s, line %d: this is no whole head: %w", name, n, err)
		}
		heads = append(heads, h)
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(heads) == 0:
		return nil, fmt.Errorf("%s: no head is in it", name)
	}
	return heads, nil
}

// Append writes a head to the end of a file and returns when the disk has it.
func Append(path string, h Head) error {
	f, err := toEnd(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString(h.Line() + "\n")
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Writable says at the start what would else fail every minute.
func Writable(path string) error {
	f, err := toEnd(path)
	if err != nil {
		return fmt.Errorf("the file for the heads of the audit log: %w", err)
	}
	return f.Close()
}

func toEnd(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640) //nolint:gosec // the operator names the file, and a group may read what is public
}
