package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// ErrSealed says that a sealed value cannot be opened: it was altered, belongs
// to another purpose or context, or its master key is no longer held.
var ErrSealed = errors.New("secret: sealed value cannot be opened")

const sealVersion = 1

// Seal encrypts plaintext with AES-256-GCM under the key of this purpose. The
// result binds aad (what the value belongs to, such as a table and row id; may
// be nil) and starts with a version byte and the master key's id; it is 33
// bytes longer than the plaintext. Nonces are random, so one purpose may seal
// at most 2³² values under one master key.
func (k Keys) Seal(purpose string, aad, plaintext []byte) []byte {
	m := k.current()
	header := append([]byte{sealVersion}, m.id[:]...)
	return m.aead(purpose).Seal(header, nil, plaintext, bind(header, aad))
}

// Open reverses Seal, also for values sealed under an earlier master key. The
// error is ErrSealed and does not tell which check failed.
func (k Keys) Open(purpose string, aad, sealed []byte) ([]byte, error) {
	k.current() // a zero Keys is a mistake, not a bad value
	const size = 1 + idBytes
	if len(sealed) < size || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	header, box := sealed[:size], sealed[size:]
	for _, m := range k.ring {
		if m.id != [idBytes]byte(header[1:]) {
			continue
		}
		if plain, err := m.aead(purpose).Open(nil, nil, box, bind(header, aad)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSealed
}

func (m *master) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(m.derive("seal:"+purpose, nil, 32))
	if err != nil {
		panic(err) // impossible: 32 bytes are an AES-256 key
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // impossible: the block is AES
	}
	return gcm
}

// bind puts the fixed-size header before aad, so that it is authenticated too.
func bind(header, aad []byte) []byte {
	return append(append(make([]byte, 0, len(header)+len(aad)), header...), aad...)
}
