package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/sbi"
)

// sbis are the software of the active Device Provider's cameras, in every state: the
// one in use, the one that follows it, and what came of others.
func (l *loader) sbis(ctx context.Context) {
	camera := l.owner(ctx, "camera@demo.test")
	first := l.approvedSBI(ctx, camera, "1.4.0", -700, 40, id.SBI{})
	l.approvedSBI(ctx, camera, "2.0.3", -300, 900, first)
	l.sendSBI(ctx, camera, l.newSBI(ctx, camera, "2.1.0", -20, 1000, first))
	l.newSBI(ctx, camera, "3.0.0-beta", -2, 500, id.SBI{})

	asked := l.sendSBI(ctx, camera, l.newSBI(ctx, camera, "2.0.4", -30, 700, first))
	l.do(func() error {
		return l.app.SBIs.RequestChanges(ctx, l.admin, asked, 2, []approval.Line{
			{Field: sbi.FieldHash, Message: "This is the hash of the test build. Please send that of the released binary."},
		}, "")
	})
	turned := l.sendSBI(ctx, camera, l.newSBI(ctx, camera, "1.9.9", -400, 300, id.SBI{}))
	l.do(func() error {
		return l.app.SBIs.Reject(ctx, l.admin, turned, 2, "The liveness check failed in the tests.")
	})
	taken := l.sendSBI(ctx, camera, l.newSBI(ctx, camera, "2.0.2", -310, 600, id.SBI{}))
	l.do(func() error { return l.app.SBIs.Withdraw(ctx, camera, taken, 2) })
	ended := l.approvedSBI(ctx, camera, "1.2.0", -900, 200, id.SBI{})
	l.do(func() error {
		return l.app.Devices.DeactivateSBI(ctx, l.admin, ended, 3, "A flaw in the encryption of captures was found.")
	})
}

// newSBI is a draft; days count from today.
func (l *loader) newSBI(ctx context.Context, a authz.Actor, version string, created, expires int, from id.SBI) id.SBI {
	sum := sha256.Sum256([]byte(version))
	in := sbi.Input{
		ID: id.New[id.SBI](), Version: version, Hash: hex.EncodeToString(sum[:]), MadeFrom: from,
		CreatedOn: l.app.SBIs.Today().AddDate(0, 0, created).Format(time.DateOnly),
		ExpiresOn: l.app.SBIs.Today().AddDate(0, 0, expires).Format(time.DateOnly),
	}
	l.do(func() error { return l.app.SBIs.Register(ctx, a, in) })
	return in.ID
}

func (l *loader) sendSBI(ctx context.Context, a authz.Actor, sid id.SBI) id.SBI {
	l.do(func() error { return l.app.SBIs.Send(ctx, a, sid, 1) })
	return sid
}

func (l *loader) approvedSBI(ctx context.Context, a authz.Actor, version string, created, expires int, from id.SBI) id.SBI {
	sid := l.sendSBI(ctx, a, l.newSBI(ctx, a, version, created, expires, from))
	l.do(func() error { return l.app.SBIs.Approve(ctx, l.admin, sid, 2) })
	return sid
}
