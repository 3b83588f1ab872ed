package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/session"
)

const (
	good  = "correct horse battery staple"
	other = "seven quiet otters paint fences"
)

// office is a service on a database of its own, with the clock in the test's
// hand.
type office struct {
	*Service
	t     testing.TB
	clock *pgtest.Clock
}

func newOffice(t testing.TB) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	return &office{Service: serviceOn(db, secret.RandomKeys()), t: t, clock: clock}
}

// serviceOn hashes cheaply: these tests are not about argon2.
func serviceOn(db *pg.DB, keys secret.Keys) *Service {
	return NewService(db, keys, password.NewWeakHasher(keys), challenge.New(db, code.New(keys)))
}

// strongOn hashes as the portal does.
func strongOn(db *pg.DB, keys secret.Keys) *Service {
	return NewService(db, keys, password.NewHasher(keys, password.NewGate()), challenge.New(db, code.New(keys)))
}

// countHashes lets the service compare as it does, and counts how often.
func countHashes(s *Service) *atomic.Int64 {
	var n atomic.Int64
	real := s.verify
	s.verify = func(ctx context.Context, typed, stored string) (bool, error) {
		n.Add(1)
		return real(ctx, typed, stored)
	}
	return &n
}

// withoutHashing compares plainly: for tests of limits, which need many
// attempts and no argon2. The right password is good.
func withoutHashing(s *Service) *atomic.Int64 {
	var n atomic.Int64
	s.verify = func(_ context.Context, typed, stored string) (bool, error) {
		n.Add(1)
		return stored != "" && typed == good, nil
	}
	return &n
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// staff is a member of staff with the password good.
func (o *office) staff(name string, roles ...authz.Role) authz.Actor {
	o.t.Helper()
	a, err := o.CreateWithPassword(o.t.Context(), StaffInput{
		Email: name + "@office.test", FirstName: name, LastName: "Tester",
		Lang: "en", Roles: roles,
	}, good)
	o.must(err)
	return a
}

// visitor is somebody at the n-th address of a network of our own.
func visitor(n int) authz.Actor {
	return authz.VisitorAt(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), "test")
}

var tokens atomic.Int64

func token() string {
	raw := secret.Hash(fmt.Sprint("token ", tokens.Add(1)))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// starter is a browser that gets the session called token.
func starter(token string) StartSession {
	return func(until time.Time) (session.New, error) {
		return session.New{Token: token, IP: "10.0.0.1", UserAgent: "test", Expires: until}, nil
	}
}

// signIn is an attempt from an address that nobody else uses.
func (o *office) signIn(n int, name, typed, device string) (Entry, error) {
	return o.SignIn(o.t.Context(), visitor(n), Credentials{Email: name + "@office.test", Password: typed, Device: device}, starter(token()))
}

// whose is who a session belongs to now; the zero actor for nobody.
func (o *office) whose(token string) authz.Actor {
	o.t.Helper()
	ctx, holder := session.WithHolder(o.t.Context())
	_, _, err := session.NewStore(o.db).FindCtx(ctx, token)
	o.must(err)
	return holder.Actor
}

// actions are the events of the log, in order, as "action result subject".
func (o *office) actions() []string {
	o.t.Helper()
	lines, err := pg.Values[string](o.t.Context(), o.db.Read(),
		`select action || ' ' || result || ' ' || subject_name from audit_log order by seq`, nil)
	o.must(err)
	return lines
}

func (o *office) count(from string, args pg.Args) int {
	o.t.Helper()
	n, err := pg.Value[int](o.t.Context(), o.db.Read(), `select count(*) from `+from, args)
	o.must(err)
	return n
}

func (o *office) mails(to string) []string {
	o.t.Helper()
	kinds, err := pg.Values[string](o.t.Context(), o.db.Read(), `select kind from mail_outbox where recipient = @to order by position`, pg.Args{"to": to})
	o.must(err)
	return kinds
}

// link is the token in the latest mail of a purpose to somebody.
func (o *office) link(p challenge.Purpose, address string) string {
	o.t.Helper()
	c, err := pg.One[struct {
		ID    [16]byte
		Sends int
	}](o.t.Context(), o.db.Read(), `select id, sends from challenges where purpose = @p and email = @to order by created_at desc, id desc limit 1`,
		pg.Args{"p": string(p), "to": address})
	o.must(err)
	return o.codes.LinkToken(string(p), c.ID, c.Sends)
}

func (o *office) version(a authz.Actor) int {
	o.t.Helper()
	m, err := o.StaffMember(o.t.Context(), a.User)
	o.must(err)
	return m.Version
}

func wantField(t testing.TB, err error, name, key string) {
	t.Helper()
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Fields, func(f problem.Field) bool { return f.Name == name && f.Key == key }) {
		t.Errorf("%v, want %s at %s", err, key, name)
	}
}

func throttled(err error) time.Duration {
	var e *problem.ThrottledError
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

func has(lines []string, action audit.Action, rest string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, string(action)+" "+rest) })
}

// atOnce calls fn n times, all behind one barrier.
func atOnce[T any](n int, fn func(i int) T) []T {
	results, start := make([]T, n), make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			results[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return results
}

// replicaConns is the size of each replica's two pools.
const replicaConns = 6

// replicas are services in processes of their own over one database, every
// connection open: against a cold pool even a naive program looks right
// (security.md M16).
func replicas(t testing.TB, n int, keys secret.Keys) []*office {
	t.Helper()
	address := pgtest.URL(t)
	var all []*office
	for range n {
		db, err := pg.Open(t.Context(), address, pg.Options{MaxConns: replicaConns})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		o := &office{Service: serviceOn(db, keys), t: t}
		for _, err := range atOnce(replicaConns, func(int) error {
			return db.Housekeep(t.Context(), "warm", func(tx *pg.Tx) error {
				_, err := tx.Exec(t.Context(), `select pg_sleep(0.02)`, nil)
				return err
			})
		}) {
			o.must(err)
		}
		all = append(all, o)
	}
	return all
}

func newID() id.User { return id.New[id.User]() }

func randomKeys() secret.Keys { return secret.RandomKeys() }
