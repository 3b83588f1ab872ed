package challenge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portal/internal/code"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/throttle"
)

// fixture is an engine over a database of its own.
type fixture struct {
	*testing.T
	db    *pg.DB
	clock *pgtest.Clock
	codes code.Codes
	e     *Engine
}

func setUp(t *testing.T) *fixture {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	codes := code.New(secret.RandomKeys())
	return &fixture{T: t, db: db, clock: clock, codes: codes, e: New(db, codes)}
}

func address(t testing.TB, s string) email.Address {
	t.Helper()
	a, err := email.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try begins n as it is, and returns what Begin said.
func (f *fixture) try(n NewChallenge) (cid id.Challenge, err error) {
	f.Helper()
	err = f.db.Housekeep(f.Context(), "test", func(tx *pg.Tx) error {
		cid, err = f.e.Begin(f.Context(), tx, n)
		return err
	})
	return cid, err
}

func (f *fixture) begin(p Purpose, to string) id.Challenge {
	f.Helper()
	cid, err := f.try(NewChallenge{Purpose: p, Address: address(f, to), NetKey: to, Lang: "en"})
	if err != nil {
		f.Fatal(err)
	}
	return cid
}

func (f *fixture) handOff(cid id.Challenge) {
	f.Helper()
	f.must(f.db.Housekeep(f.Context(), "test", func(tx *pg.Tx) error { return HandedOff(f.Context(), tx, cid) }))
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantTry(cid id.Challenge, typed string, want Result) {
	f.Helper()
	got, err := f.e.Try(f.Context(), cid, Register, typed)
	if err != nil || got != want {
		f.Errorf("Try(%q) = %+v, %v; want %+v", typed, got, err, want)
	}
}

func (f *fixture) wantResend(cid id.Challenge, want Outcome) {
	f.Helper()
	if got, err := f.e.Resend(f.Context(), cid); err != nil || got != want {
		f.Errorf("Resend = %s, %v; want %s", got, err, want)
	}
}

func (f *fixture) state(cid id.Challenge) State {
	f.Helper()
	s, err := f.e.State(f.Context(), cid)
	f.must(err)
	return s
}

func (f *fixture) count(sql string, args pg.Args) int {
	f.Helper()
	n, err := pg.Value[int](f.Context(), f.db.Read(), sql, args)
	f.must(err)
	return n
}

func (f *fixture) wrong(cid id.Challenge) string {
	right := f.codes.Code(cid.UUID, f.state(cid).Sends)
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, right)
}

func TestREG4CodeOfTheLastSendAlone(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	first := f.codes.Code(cid.UUID, 1)
	f.clock.Advance(time.Minute)
	f.wantResend(cid, OK)
	f.wantTry(cid, first, Result{Outcome: Wrong, Left: 4, Compared: true})
	f.wantTry(cid, f.codes.Code(cid.UUID, 2), Result{Outcome: OK, Compared: true})
	f.wantTry(cid, f.codes.Code(cid.UUID, 2), Result{Outcome: AlreadyUsed})
}

func TestREG4NothingSecretRests(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	dump, err := pg.Value[string](t.Context(), f.db.Read(), `select
		(select string_agg(concat_ws(' ', email, email_key, net_key, silent, attempts), '') from challenges)
		|| (select string_agg(concat_ws(' ', kind, recipient, params, last_error), '') from mail_outbox)`, pg.Args{})
	f.must(err)
	for _, hidden := range []string{f.codes.Code(cid.UUID, 1), f.codes.LinkToken("register", cid.UUID, 1)} {
		if strings.Contains(dump, hidden) {
			t.Errorf("the database holds %q", hidden)
		}
	}
	if !strings.Contains(dump, `"Send": "1"`) {
		t.Errorf("the mail does not say which send it is: %s", dump)
	}
}

func TestREG5TenMinutesFromHandOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slow, age time.Duration // until hand-off; from then on
		want      Outcome
	}{
		"9:59 after a quick mail": {time.Second, 9*time.Minute + 59*time.Second, OK},
		"10:00":                   {time.Second, 10 * time.Minute, Expired},
		"10:01":                   {time.Second, 10*time.Minute + time.Second, Expired},
		"9:59 after a slow mail":  {40 * time.Minute, 9*time.Minute + 59*time.Second, OK},
		"59:59 in all":            {52 * time.Minute, 7*time.Minute + 59*time.Second, OK},
		"60:00 in all":            {52 * time.Minute, 8 * time.Minute, Expired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setUp(t)
			cid := f.begin(Register, "ann@example.org")
			f.clock.Advance(c.slow)
			f.handOff(cid)
			f.clock.Advance(c.age)
			if got := f.state(cid).Open(f.db.Now()); got != c.want {
				t.Errorf("Open = %s, want %s", got, c.want)
			}
			f.wantTry(cid, f.codes.Code(cid.UUID, 1), Result{Outcome: c.want, Compared: c.want == OK})
		})
	}
}

func TestREG5ResendAfterExpiryBringsAFreshLife(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	f.handOff(cid)
	f.clock.Advance(11 * time.Minute)
	f.wantResend(cid, OK)
	f.handOff(cid)
	f.clock.Advance(9 * time.Minute)
	f.wantTry(cid, f.codes.Code(cid.UUID, 2), Result{Outcome: OK, Compared: true})
	late := f.begin(Register, "bob@example.org")
	f.clock.Advance(time.Hour)
	f.wantResend(late, Expired)
}

func TestREG6ResendWaitsAndKeepsAttempts(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	f.wantResend(cid, TooSoon)
	f.wantTry(cid, f.wrong(cid), Result{Outcome: Wrong, Left: 4, Compared: true})
	f.clock.Advance(throttle.ResendAfter - time.Microsecond)
	f.wantResend(cid, TooSoon)
	f.clock.Advance(time.Microsecond)
	for range throttle.SendsPerChallenge - 1 {
		f.wantResend(cid, OK)
		if s := f.state(cid); s.Sends < throttle.SendsPerChallenge {
			f.wantResend(cid, TooSoon)
		}
		f.clock.Advance(throttle.ResendAfter)
	}
	f.wantResend(cid, NoMoreSends)
	if s := f.state(cid); s.Sends != 5 || s.AttemptsLeft != 4 || !s.ResendAt.IsZero() {
		t.Errorf("after all sends: %+v", s)
	}
	if n := f.count(`select count(*) from mail_outbox where status = 'queued'`, pg.Args{}); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
}

func TestREG6FiveChallengesAndTenMailsPerAddress(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	begin := func(to string) id.Challenge {
		f.Helper()
		cid, err := f.try(NewChallenge{Purpose: Register, Address: address(t, to), NetKey: "192.0.2.1", Lang: "fr"})
		f.must(err)
		return cid
	}
	first := begin("ann@example.org")
	for range 4 {
		begin("ANN@Example.org") // another spelling of the same mailbox
	}
	sixth := begin("ann@example.org")
	if got := f.count(`select count(*) from mail_outbox where status = 'queued'`, pg.Args{}); got != 5 {
		t.Errorf("%d mails go out, want 5", got)
	}
	if got := f.count(`select count(*) from mail_outbox`, pg.Args{}); got != 6 {
		t.Errorf("%d outbox rows, want one per answer", got)
	}
	f.wantTry(sixth, f.codes.Code(sixth.UUID, 1), Result{Outcome: Wrong, Left: 4, Compared: true})
	for range 4 { // 6 + 4 mails
		f.clock.Advance(time.Minute)
		f.wantResend(first, OK)
	}
	if got := f.count(`select count(*) from mail_outbox where status = 'queued' and lang = 'fr'`, pg.Args{}); got != 9 {
		t.Errorf("%d mails go out, want 9: the withheld one counts as the tenth", got)
	}
	second := begin("bob@example.org")
	f.wantTry(second, f.codes.Code(second.UUID, 1), Result{Outcome: OK, Compared: true})
	f.clock.Advance(24 * time.Hour)
	again := begin("ann@example.org")
	f.wantTry(again, f.codes.Code(again.UUID, 1), Result{Outcome: OK, Compared: true})
}

func TestREG6TwentyChallengesPerNetworkAndHour(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	// 60 visitors of one network at once, over the pools of "replicas".
	results := atOnce(t, 60, func(i int) error {
		_, err := f.try(NewChallenge{Purpose: Reset, Address: address(t, fmt.Sprintf("u%d@example.org", i)), NetKey: "192.0.2.0", Lang: "en", Silent: true})
		return err
	})
	passed := 0
	for _, err := range results {
		var throttled *problem.ThrottledError
		switch {
		case err == nil:
			passed++
		case !errors.As(err, &throttled) || throttled.RetryAfter <= 59*time.Minute || throttled.RetryAfter > time.Hour:
			t.Errorf("refused with %v", err)
		}
	}
	if passed != throttle.NetChallenges {
		t.Errorf("%d challenges, want %d", passed, throttle.NetChallenges)
	}
	_, err := f.try(NewChallenge{Purpose: Reset, Address: address(t, "z@example.org"), NetKey: "192.0.2.1", Lang: "en"})
	f.must(err)
	_, err = f.try(NewChallenge{Purpose: Invite, Address: address(t, "z@example.org"), NetKey: "192.0.2.0", Lang: "en"})
	f.must(err) // staff invite from an office that is one network
	f.clock.Advance(time.Hour)
	_, err = f.try(NewChallenge{Purpose: Reset, Address: address(t, "z@example.org"), NetKey: "192.0.2.0", Lang: "en"})
	f.must(err)
}

func TestREG7FiveAttempts(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	for left := 4; left > 0; left-- {
		f.wantTry(cid, f.wrong(cid), Result{Outcome: Wrong, Left: left, Compared: true})
	}
	f.wantTry(cid, f.wrong(cid), Result{Outcome: UsedUp, Compared: true})
	f.wantTry(cid, f.codes.Code(cid.UUID, 1), Result{Outcome: UsedUp})
	f.clock.Advance(time.Minute)
	f.wantResend(cid, UsedUp)
}

func TestREG8OnePurposeNeverServesAnother(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	ctx := t.Context()
	for _, p := range []Purpose{Register, Reset, Invite} {
		to := string(p) + "@example.org"
		cid := f.begin(p, to)
		for _, other := range []Purpose{Register, Reset, Invite, ""} {
			token := f.codes.LinkToken(string(p), cid.UUID, 1)
			_, outcome, err := f.e.TryLink(ctx, other, token)
			f.must(err)
			if (outcome == OK) != (other == p) {
				t.Errorf("the link of %s tried as %q: %s", p, other, outcome)
			}
			if other == p {
				continue
			}
			if _, err := f.e.Try(ctx, cid, other, f.codes.Code(cid.UUID, 1)); !errors.Is(err, problem.ErrNotFound) {
				t.Errorf("a challenge of %s tried as %q: %v", p, other, err)
			}
		}
	}
	if n := f.count(`select sum(attempts) from challenges`, pg.Args{}); n != 0 {
		t.Errorf("attempts of another purpose were counted: %d", n)
	}
}

func TestREG8ConsumeReReadsTheProof(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid := f.begin(Register, "ann@example.org")
	consume := func(p Purpose, cid id.Challenge, key string) error {
		return f.db.Housekeep(t.Context(), "test", func(tx *pg.Tx) error {
			_, err := f.e.Consume(t.Context(), tx, p, cid, key)
			return err
		})
	}
	refused := func(why string, err error) {
		f.Helper()
		if !errors.Is(err, problem.ErrConflict) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("not verified", consume(Register, cid, "ann@example.org"))
	f.wantTry(cid, f.codes.Code(cid.UUID, 1), Result{Outcome: OK, Compared: true})
	refused("another purpose", consume(Reset, cid, "ann@example.org"))
	refused("another address", consume(Register, cid, "bob@example.org"))
	refused("another challenge", consume(Register, id.New[id.Challenge](), "ann@example.org"))
	f.must(consume(Register, cid, "ann@example.org"))
	refused("twice", consume(Register, cid, "ann@example.org"))

	late := f.begin(Register, "cid@example.org")
	f.wantTry(late, f.codes.Code(late.UUID, 1), Result{Outcome: OK, Compared: true})
	f.clock.Advance(time.Hour)
	refused("an hour later", consume(Register, late, "cid@example.org"))
}

func TestSilentChallengesAreNeverRight(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	cid, err := f.try(NewChallenge{Purpose: Register, Address: address(t, "ann@example.org"), NetKey: "n", Lang: "ar", Silent: true})
	f.must(err)
	f.wantTry(cid, f.codes.Code(cid.UUID, 1), Result{Outcome: Wrong, Left: 4, Compared: true})
	f.clock.Advance(time.Minute)
	f.wantResend(cid, OK)
	if n := f.count(`select count(*) from mail_outbox where kind = 'already_registered' and lang = 'ar'`, pg.Args{}); n != 2 {
		t.Errorf("%d mails to the owner of the account, want 2", n)
	}
	reset, err := f.try(NewChallenge{Purpose: Reset, Address: address(t, "ann@example.org"), NetKey: "n", Lang: "ar", Silent: true})
	f.must(err)
	if _, outcome, err := f.e.TryLink(t.Context(), Reset, f.codes.LinkToken("reset", reset.UUID, 1)); err != nil || outcome != Wrong {
		t.Errorf("silent link: %s, %v", outcome, err)
	}
}

func TestPurgeKeepsWhatCounts(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	f.begin(Register, "ann@example.org")
	f.clock.Advance(keep - time.Second)
	f.begin(Register, "bob@example.org")
	f.must(Purge(t.Context(), f.db))
	if n := f.count(`select count(*) from challenges`, pg.Args{}); n != 2 {
		t.Errorf("%d challenges, want 2", n)
	}
	f.clock.Advance(2 * time.Second)
	f.must(Purge(t.Context(), f.db))
	if n := f.count(`select count(*) from challenges`, pg.Args{}); n != 1 {
		t.Errorf("%d challenges, want 1", n)
	}
}
