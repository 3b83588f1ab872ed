package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// Token makes 256 random bits as 43 characters of base64url, for cookies and
// form tokens. The database keeps only its Hash.
func Token() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: the runtime aborts instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is the SHA-256 (32 bytes) under which a Token is stored and looked up.
// A plain hash is enough because a Token has 256 bits; passwords and short
// codes must never be stored this way.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
