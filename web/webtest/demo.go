package webtest

import (
	"context"
	"sync"
	"testing"

	"portal/internal/demo"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
)

// demonstration is the demonstration's data, loaded once in this process, and
// the keys without which nobody could sign in on a copy of it.
var demonstration = struct {
	pgtest.Filled
	keys func() secret.Keys
}{keys: sync.OnceValue(secret.RandomKeys)}

// NewDemo is New with the demonstration's data, its mails sent. The data is
// loaded once in a test process and copied for every portal. A package that calls
// it calls DropDemo at the end of its TestMain.
func NewDemo(t testing.TB, settings ...string) *Site {
	t.Helper()
	keys := demonstration.keys()
	address := demonstration.Copy(t, func(address string) {
		s := open(t, address, keys, nil)
		defer s.App.DB.Close()
		if err := demo.Load(t.Context(), s.App); err != nil {
			t.Fatal(err)
		}
		s.SendMail()
	})
	return open(t, address, keys, settings)
}

// DropDemo takes away what NewDemo keeps for the next portal.
func DropDemo(ctx context.Context) error { return demonstration.Drop(ctx) }
