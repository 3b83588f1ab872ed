package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrFormat says that a stored hash is not one of ours, or asks for more work
// than we are willing to do.
var ErrFormat = errors.New("password: stored hash has a bad format")

// Bounds for stored hashes (security.md PWD-3). They are far above what we
// make; their use is that a hash smuggled into the database cannot make every
// sign-in cost gigabytes.
const (
	maxMemory  = 256 << 10 // KiB
	maxTime    = 10
	maxThreads = 4

	saltLen = 16
	tagLen  = 32
)

// params is the cost of argon2id.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// current is the cost of new hashes: 31–43 ms and 19 MiB on the measured
// machine. Raise it here; stored hashes follow at the next sign-in.
var current = params{memory: 19456, time: 2, threads: 1}

// stored is a parsed hash.
type stored struct {
	params
	keyID string // secret.Keys.ID of the pepper
	salt  []byte // saltLen bytes
	tag   []byte // tagLen bytes
}

var b64 = base64.RawStdEncoding.Strict()

// String is the PHC form,
// "$argon2id$v=19$m=19456,t=2,p=1,keyid=0123abcd$<salt>$<tag>", where the tag
// is not argon2's own but its HMAC under the key that keyid names.
func (s stored) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d,keyid=%s$%s$%s",
		s.memory, s.time, s.threads, s.keyID, b64.EncodeToString(s.salt), b64.EncodeToString(s.tag))
}

// parse reads what String writes and nothing else. The error is ErrFormat.
func parse(text string) (stored, error) {
	const prefix, longest = "$argon2id$v=19$", 160
	rest, ok := strings.CutPrefix(text, prefix)
	fields := strings.Split(rest, "$")
	if !ok || len(text) > longest || len(fields) != 3 {
		return stored{}, ErrFormat
	}
	values := strings.Split(fields[0], ",")
	if len(values) != 4 {
		return stored{}, ErrFormat
	}
	threads := number(values[2], "p=", maxThreads)
	s := stored{
		params: params{
			memory:  number(values[0], "m=", maxMemory),
			time:    number(values[1], "t=", maxTime),
			threads: uint8(threads), // at most maxThreads
		},
		keyID: strings.TrimPrefix(values[3], "keyid="),
	}
	var saltErr, tagErr error
	s.salt, saltErr = b64.DecodeString(fields[1])
	s.tag, tagErr = b64.DecodeString(fields[2])
	switch {
	case s.time == 0, threads == 0, s.memory < 8*threads, // argon2's own lower bounds
		saltErr != nil, len(s.salt) != saltLen, tagErr != nil, len(s.tag) != tagLen,
		len(s.keyID) != 8 || strings.Trim(s.keyID, "0123456789abcdef") != "",
		s.String() != text: // leading zeros, signs, other orders: one hash has one spelling
		return stored{}, ErrFormat
	}
	return s, nil
}

// number reads "<name><decimal>" up to most; 0 stands for everything else.
func number(text, name string, most uint32) uint32 {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, name), 10, 32)
	if err != nil || n > uint64(most) {
		return 0
	}
	return uint32(n)
}
