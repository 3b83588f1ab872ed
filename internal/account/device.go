package account

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"portal/internal/id"
)

// DeviceLifetime is how long a browser is known after a full sign-in
// (security.md LGN-3).
const DeviceLifetime = 90 * 24 * time.Hour

// A device value says: somebody signed in as this user in this browser. It is
// user (16 bytes), epoch (4), end as Unix seconds (8), salt (8), and their MAC.
// It opens nothing; it only gives the browser a bucket of its own, so that a
// stranger's failures do not keep the owner out. Raising the epoch revokes it
// together with the sessions.
const deviceSize = 16 + 4 + 8 + 8

func (s *Service) newDevice(uid id.User, epoch int) string {
	b := make([]byte, 0, deviceSize)
	b = append(b, uid.UUID[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(s.db.Now().Add(DeviceLifetime).Unix()))
	b = b[:deviceSize]
	_, _ = rand.Read(b[deviceSize-8:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b) + "." + base64.RawURLEncoding.EncodeToString(s.keys.MAC("device", b))
}

// deviceBucket is the key of a browser that p has signed in with before; ok is
// false for anything else.
func (s *Service) deviceBucket(value string, p person) (key []byte, ok bool) {
	body, signature, _ := strings.Cut(value, ".")
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || len(b) != deviceSize {
		return nil, false
	}
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !s.keys.ValidMAC(mac, "device", b) {
		return nil, false
	}
	same := string(b[:16]) == string(p.ID.UUID[:]) && binary.BigEndian.Uint32(b[16:]) == uint32(p.AuthEpoch)
	if !same || s.db.Now().Unix() >= int64(binary.BigEndian.Uint64(b[20:])) {
		return nil, false
	}
	return s.keys.MAC("throttle-device", b), true
}
