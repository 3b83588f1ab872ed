package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/throttle"
)

func TestSignInStartsASession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	amina := o.staff("amina", authz.PartnerAdmin, authz.PolicyManager)
	tok := token()
	e, err := o.SignIn(t.Context(), visitor(1), Credentials{Email: "  Amina@OFFICE.test ", Password: good}, starter(tok))
	o.must(err)
	now := o.whose(tok)
	if now.User != amina.User || now.Name != "amina Tester" || !now.Is(authz.PartnerAdmin) || !now.Is(authz.PolicyManager) {
		t.Errorf("the session belongs to %+v", now)
	}
	if string(e.Actor.Session) != string(now.Session) || e.Actor.User != now.User || !slices.Equal(e.Actor.Roles, now.Roles) || e.Actor.IP != visitor(1).IP {
		t.Errorf("SignIn said %+v, the next request says %+v", e.Actor, now)
	}
	if got := o.actions(); !has(got, audit.SignedIn, "done amina Tester") || len(got) != 2 {
		t.Errorf("events: %q", got)
	}
	p, err := o.Profile(t.Context(), e.Actor)
	o.must(err)
	if p.LastSignInAt.IsZero() {
		t.Error("the sign-in is not noted")
	}
	left := o.count("sign_in_buckets", nil) + o.count("sign_in_attempts", nil)
	if left != 0 {
		t.Errorf("%d counters are left after a success", left)
	}
}

// Everybody who may not come in gets the same answer for the same work.
func TestLGN1OneAnswerForAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	o.staff("active", authz.PolicyManager)
	gone := o.staff("gone", authz.PolicyManager)
	o.must(o.Deactivate(t.Context(), admin, gone.User, 1))
	o.must(o.Invite(t.Context(), admin, StaffInput{
		ID: newID(), Email: "invited@office.test", FirstName: "In", LastName: "Vited", Lang: "en",
		Roles: []authz.Role{authz.PolicyManager},
	}))
	hashes := countHashes(o.Service)
	for i, c := range []struct{ name, email, typed string }{
		{"wrong password", "active@office.test", other},
		{"unknown", "nobody@office.test", good},
		{"deactivated", "gone@office.test", good},
		{"invited", "invited@office.test", good},
		{"invited, empty", "invited@office.test", ""},
		{"no address", "not an address", good},
		{"a password as the address", good, good},
		{"unreadable", "active@office.test", "\xff" + good},
		{"endless", "active@office.test", strings.Repeat("x", 100_000)},
		{"NUL", "active\x00@office.test", "\x00"},
	} {
		before, events := hashes.Load(), len(o.actions())
		_, err := o.SignIn(t.Context(), visitor(i), Credentials{Email: c.email, Password: c.typed}, starter(token()))
		if !errors.Is(err, ErrWrong) || err.Error() != ErrWrong.Error() {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := hashes.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes", c.name, n)
		}
		log := o.actions()
		if len(log) != events+1 || !has(log[events:], audit.SignInFailed, "failed ") {
			t.Errorf("%s: events %q", c.name, log[events:])
		}
		if strings.Contains(log[len(log)-1], "@") || strings.Contains(log[len(log)-1], good) {
			t.Errorf("%s: the log tells what was typed: %q", c.name, log[len(log)-1])
		}
	}
	if n := o.count("sessions", nil); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Addresses without an account are throttled at the same moment as others.
func TestLGN1UnknownAddressesThrottleAlike(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withoutHashing(o.Service)
	o.staff("known", authz.PolicyManager)
	for i := range 8 {
		_, a := o.signIn(2*i, "known", other, "")
		_, b := o.signIn(2*i+1, "unknown", other, "")
		if a.Error() != b.Error() {
			t.Errorf("attempt %d: %q for a known address, %q for an unknown one", i+1, a, b)
		}
	}
}

func TestLGN2WaitsDoubleAndSuccessClears(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withoutHashing(o.Service)
	o.staff("owner", authz.PolicyManager)
	networks := 0
	from := func() int { networks++; return networks } // each from a network of its own
	failed := func() error {
		_, err := o.signIn(from(), "owner", other, "")
		return err
	}
	for n := 1; n <= 12; n++ {
		if err := failed(); !errors.Is(err, ErrWrong) {
			t.Fatalf("failure %d: %v", n, err)
		}
		wait := throttle.Wait(n)
		if wait == 0 {
			continue
		}
		if _, err := o.signIn(from(), "owner", good, ""); throttled(err) != wait {
			t.Errorf("after %d failures the right password is told %v, want a wait of %s", n, err, wait)
		}
		o.clock.Advance(wait - time.Second)
		if _, err := o.signIn(from(), "owner", good, ""); throttled(err) != time.Second {
			t.Errorf("a second before the end of wait %d: %v", n, err)
		}
		o.clock.Advance(time.Second)
	}
	_, err := o.signIn(from(), "owner", good, "")
	o.must(err)
	for n := range throttle.FreeFailures {
		if err := failed(); !errors.Is(err, ErrWrong) {
			t.Errorf("failure %d after a success: %v", n+1, err)
		}
	}
}

// A hundred failures in a row disable the password; the right one does not help
// any more, a reset by mail does.
func TestLGN2HundredFailuresNeedAReset(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hashes := withoutHashing(o.Service)
	o.staff("owner", authz.PolicyManager)
	for n := range throttle.DisabledAfter {
		if _, err := o.signIn(n, "owner", other, ""); !errors.Is(err, ErrWrong) {
			t.Fatalf("failure %d: %v", n+1, err)
		}
		o.clock.Advance(throttle.LongestWait)
	}
	o.clock.Advance(24 * time.Hour)
	o.must(Purge(t.Context(), o.db))
	o.clock.Advance(60 * 24 * time.Hour)
	o.must(Purge(t.Context(), o.db))
	compared := hashes.Load()
	if _, err := o.signIn(200, "owner", good, ""); !errors.Is(err, ErrDisabled) {
		t.Errorf("after %d failures: %v", throttle.DisabledAfter, err)
	}
	if hashes.Load() != compared {
		t.Error("a disabled password was compared")
	}
	if !has(o.actions(), audit.PasswordDisabled, "done owner Tester") {
		t.Error("the log does not tell of it")
	}
	o.must(o.ForgotPassword(t.Context(), visitor(201), "owner@office.test", "en"))
	outcome, err := o.ResetPassword(t.Context(), visitor(201), o.link(challenge.Reset, "owner@office.test"), other)
	if err != nil || outcome != challenge.OK {
		t.Fatal(outcome, err)
	}
	o.verify = o.compare
	_, err = o.signIn(202, "owner", other, "")
	o.must(err)
}

// guess is SignIn, or a wrong version of it that the test must catch.
type guess func(ctx context.Context, o *office, i int) error

func real(ctx context.Context, o *office, i int) error {
	_, err := o.SignIn(ctx, visitor(i), Credentials{Email: "owner@office.test", Password: other}, starter("unused"))
	return err
}

// naive reads, compares, then counts: the mistake of security.md (e) 4.
func naive(ctx context.Context, o *office, i int) error {
	key := throttle.AccountKey(o.keys, "owner@office.test")
	failures, err := pg.Value[int](ctx, o.db.Read(), `select coalesce(max(failures), 0) from sign_in_buckets where key = @key`, pg.Args{"key": key})
	if err != nil {
		return err
	}
	if failures >= throttle.FreeFailures {
		return &problem.ThrottledError{}
	}
	if _, err := o.verify(ctx, other, "x"); err != nil {
		return err
	}
	return o.db.Housekeep(ctx, "naive", func(tx *pg.Tx) error {
		_, err := take(ctx, tx, key)
		return err
	})
}

func compared(t *testing.T, try guess) int64 {
	t.Helper()
	three := replicas(t, 3, randomKeys())
	three[0].staff("owner", authz.PolicyManager)
	var total int64
	counters := []func() int64{}
	for _, o := range three {
		counters = append(counters, withoutHashing(o.Service).Load)
	}
	errs := atOnce(1000, func(i int) error { return try(t.Context(), three[i%3], i) })
	for _, count := range counters {
		total += count()
	}
	for _, err := range errs {
		if throttled(err) == 0 && !errors.Is(err, ErrWrong) && err != nil && !errors.As(err, new(*problem.ThrottledError)) {
			t.Errorf("an attempt ended with %v", err)
		}
	}
	return total
}

func TestLGN2ThousandGuessesAtThreeReplicas(t *testing.T) {
	t.Parallel()
	if n := compared(t, real); n != throttle.FreeFailures {
		t.Errorf("%d guesses were compared in the first window, want %d", n, throttle.FreeFailures)
	}
}

// The test above would notice a program that counts afterwards.
func TestLGN2MutantIsCaught(t *testing.T) {
	t.Parallel()
	if n := compared(t, naive); n <= throttle.FreeFailures {
		t.Errorf("counting after comparing let only %d through: the test is blind", n)
	}
}

// An attempt that was never compared costs nobody anything.
func TestLGN2BusyIsNoFailure(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	busy := &problem.BusyError{RetryAfter: 2 * time.Second}
	o.verify = func(context.Context, string, string) (bool, error) { return false, busy }
	for i := range 30 {
		if _, err := o.signIn(1, "owner", good, ""); !errors.As(err, new(*problem.BusyError)) {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	o.verify = o.compare
	_, err := o.signIn(1, "owner", good, "")
	o.must(err)
}

// A stranger's failures do not keep the owner's browser out.
func TestLGN3KnownBrowserHasItsOwnBucket(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withoutHashing(o.Service)
	o.staff("owner", authz.PolicyManager)
	e, err := o.signIn(1, "owner", good, "")
	o.must(err)
	for n := range 1000 { // from the owner's own network and from others
		_, _ = o.signIn(n%3, "owner", other, "")
	}
	if _, err := o.signIn(1, "owner", good, ""); throttled(err) == 0 {
		t.Errorf("an unknown browser is let in: %v", err)
	}
	again, err := o.signIn(1, "owner", good, e.Device)
	o.must(err)
	for n := range throttle.FreeFailures {
		if _, err := o.signIn(1, "owner", other, again.Device); !errors.Is(err, ErrWrong) {
			t.Errorf("failure %d of the known browser: %v", n+1, err)
		}
	}
	if _, err := o.signIn(1, "owner", good, again.Device); throttled(err) != throttle.FirstWait {
		t.Errorf("the known browser is not throttled: %v", err)
	}
}

func TestLGN3WhatMakesABrowserUnknown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withoutHashing(o.Service)
	admin := o.staff("admin", authz.PartnerAdmin)
	owner := o.staff("owner", authz.PolicyManager)
	e, err := o.signIn(1, "owner", good, "")
	o.must(err)
	stranger, err := o.signIn(2, "admin", good, "")
	o.must(err)
	found, err := byID(t.Context(), o.db.Read(), owner.User)
	o.must(err)
	if _, ok := o.deviceBucket(e.Device, found); !ok {
		t.Fatal("the browser is not known at all")
	}
	body, mac, _ := strings.Cut(e.Device, ".")
	for name, value := range map[string]string{
		"nothing": "", "garbage": "x.y", "no signature": body, "another's signature": body + "." + strings.Split(stranger.Device, ".")[1],
		"another person's": stranger.Device, "changed": "B" + body[1:] + "." + mac, "endless": strings.Repeat("A", 10_000) + ".A",
	} {
		if _, ok := o.deviceBucket(value, found); ok {
			t.Errorf("%s: known", name)
		}
	}
	o.clock.Advance(DeviceLifetime)
	if _, ok := o.deviceBucket(e.Device, found); ok {
		t.Error("known for longer than 90 days")
	}
	o.clock.Advance(-DeviceLifetime)
	o.must(o.SetRoles(t.Context(), admin, owner.User, 1, []authz.Role{authz.PartnerAdmin}))
	found, err = byID(t.Context(), o.db.Read(), owner.User)
	o.must(err)
	if _, ok := o.deviceBucket(e.Device, found); ok {
		t.Error("known although the sessions were ended")
	}
}

func TestLGN4OneNetwork(t *testing.T) {
	t.Parallel()
	t.Run("failures", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		withoutHashing(o.Service)
		o.staff("owner", authz.PolicyManager)
		for n := range throttle.NetFailures {
			name := []string{"a", "b", "c", "d", "e"}[n%5] // five accounts, four failures each
			if _, err := o.signIn(1, name, other, ""); !errors.Is(err, ErrWrong) {
				t.Fatalf("failure %d: %v", n+1, err)
			}
			if n == 10 {
				_, err := o.signIn(1, "owner", good, "")
				o.must(err) // a success clears nothing
			}
		}
		if _, err := o.signIn(1, "owner", good, ""); throttled(err) != throttle.NetWait {
			t.Errorf("failure 21: %v", err)
		}
		if _, err := o.signIn(2, "owner", good, ""); err != nil {
			t.Errorf("another network: %v", err)
		}
		o.clock.Advance(throttle.NetWindow)
		o.must(Purge(t.Context(), o.db))
		if _, err := o.signIn(1, "owner", good, ""); err != nil {
			t.Errorf("after ten minutes: %v", err)
		}
	})
	t.Run("accounts", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		withoutHashing(o.Service)
		for n := range throttle.NetAccounts {
			if _, err := o.signIn(1, "name"+string(rune('a'+n)), other, ""); !errors.Is(err, ErrWrong) {
				t.Fatalf("account %d: %v", n+1, err)
			}
		}
		if _, err := o.signIn(1, "namea", other, ""); throttled(err) != throttle.NetWait {
			t.Errorf("after ten accounts: %v", err)
		}
	})
}

// The counters hold over replicas and lie in tables that survive a crash.
func TestLGN5CountersAreShared(t *testing.T) {
	t.Parallel()
	three := replicas(t, 3, randomKeys())
	for _, o := range three {
		withoutHashing(o.Service)
	}
	for n := range throttle.FreeFailures {
		if _, err := three[n%3].signIn(n, "nobody", other, ""); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	for _, o := range three {
		if _, err := o.signIn(9, "nobody", other, ""); throttled(err) == 0 {
			t.Errorf("a replica knows nothing: %v", err)
		}
	}
	if n := three[0].count(`pg_class where relname in ('sign_in_buckets', 'sign_in_attempts') and relpersistence = 'p'`, nil); n != 2 {
		t.Errorf("%d of 2 counter tables are logged", n)
	}
}

// What happens between the password and the session decides.
func TestLGN6LastStepLooksAgain(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(o *office, admin, owner authz.Actor) error{
		"deactivated": func(o *office, admin, owner authz.Actor) error {
			return o.Deactivate(o.t.Context(), admin, owner.User, 1)
		},
		"password reset": func(o *office, _, _ authz.Actor) error {
			if err := o.ForgotPassword(o.t.Context(), visitor(8), "owner@office.test", "en"); err != nil {
				return err
			}
			_, err := o.ResetPassword(o.t.Context(), visitor(8), o.link(challenge.Reset, "owner@office.test"), other)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			admin, owner := o.staff("admin", authz.PartnerAdmin), o.staff("owner", authz.PolicyManager)
			tok := token()
			_, err := o.SignIn(t.Context(), visitor(1), Credentials{Email: "owner@office.test", Password: good},
				func(until time.Time) (session.New, error) { // after the password was compared
					o.must(between(o, admin, owner))
					return starter(tok)(until)
				})
			if !errors.Is(err, ErrWrong) {
				t.Errorf("signed in all the same: %v", err)
			}
			if o.whose(tok).SignedIn() || o.count("sessions", nil) != 0 {
				t.Error("there is a session")
			}
			if has(o.actions(), audit.SignedIn, "") {
				t.Error("the log says that somebody signed in")
			}
		})
	}
}
