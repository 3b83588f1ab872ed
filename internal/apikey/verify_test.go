package apikey_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/apikey"
	"portal/internal/apikey/apikeytest"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// links are the links of a key's chain that somebody can break and mend, as the
// areas that own them leave them behind.
var links = []struct {
	standing      apikey.Standing
	breaks, mends string
}{
	{apikey.PartnerDeactivated, `update partners set status = 'deactivated'`, `update partners set status = 'active'`},
	{
		apikey.GrantRevoked, `update policy_requests set status = 'revoked', ended_at = now(), ended_reason = 'x'`,
		`update policy_requests set status = 'approved', ended_at = null, ended_reason = ''`,
	},
	{apikey.GrantEnded, `update policy_requests set ends_on = ends_on - 300`, `update policy_requests set ends_on = ends_on + 300`},
	{apikey.GrantPaused, `update policy_requests set paused_at = now()`, `update policy_requests set paused_at = null`},
	{apikey.PolicyDeactivated, `update policies set status = 'deactivated'`, `update policies set status = 'active'`},
	{apikey.GroupDeactivated, `update policy_groups set status = 'deactivated'`, `update policy_groups set status = 'active'`},
}

// TestKEY3EveryLinkStopsTheKeyAtOnce breaks and mends each link of the chain in
// turn: nothing is remembered between two questions.
func TestKEY3EveryLinkStopsTheKeyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Watched")
	token := made.Token.Reveal()
	for _, l := range links {
		d.Exec(l.breaks, nil)
		if v := d.verify(token); v.Standing != l.standing || v.Good() || v.Subject == nil || v.Subject.Document != "" || v.Subject.PartnerID != d.p.ID {
			t.Errorf("%s: %+v", l.standing, v)
		}
		if k := d.key(made.Key.ID); k.Standing != l.standing || k.Shown() != apikey.ShownStopped {
			t.Errorf("its page at %s: %s", l.standing, k.Standing)
		}
		g, err := d.s.Policy(t.Context(), d.p.ID, d.policy)
		if err != nil || g.Standing != l.standing || g.Document != "" {
			t.Errorf("the policy at %s: %+v %v", l.standing, g, err)
		}
		d.Exec(l.mends, nil)
		if v := d.verify(token); !v.Good() {
			t.Errorf("%s mended: %+v", l.standing, v)
		}
	}
	d.Exec(`update api_keys set paused_at = now()`, nil)
	if v := d.verify(token); v.Standing != apikey.KeyPaused {
		t.Errorf("paused: %+v", v)
	}
	d.Exec(`update api_keys set paused_at = null`, nil)
	// Days end in the portal's zone.
	last := d.key(made.Key.ID).EndsOn
	d.clock.Advance(last.Add(24*time.Hour - time.Second).Sub(d.DB.Now()))
	if v := d.verify(token); !v.Good() {
		t.Errorf("in the last second of its last day: %+v", v)
	}
	d.s.WithZone(time.FixedZone("", 3600))
	if v := d.verify(token); v.Standing != apikey.KeyEnded {
		t.Errorf("an hour east: %+v", v)
	}
	d.s.WithZone(time.UTC)
	d.clock.Advance(time.Second)
	if v := d.verify(token); v.Standing != apikey.KeyEnded {
		t.Errorf("a second later: %+v", v)
	}
}

func TestVerifySaysWhoseKeyItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Branch offices")
	v := d.verify(made.Token.Reveal())
	s := v.Subject
	if !v.Good() || s == nil {
		t.Fatalf("%+v", v)
	}
	if s.Label != "Branch offices" || s.PublicID != d.p.PublicID || s.Organisation != "Meridian" || s.PartnerType != authz.AuthPartner ||
		s.GrantID != d.grant || s.PolicyID != d.policy || s.PolicyKind != "auth" || s.Number != 2 || s.Document != apikeytest.Document ||
		len(s.Thumbprint) != 32 || s.NotAfter == nil {
		t.Errorf("%+v", s)
	}
	// A certificate that counts no more is told, and stops nothing.
	d.Exec(`update partner_certificates set status = 'withdrawn', ended_at = now()`, nil)
	if v := d.verify(made.Token.Reveal()); !v.Good() || v.Subject.Thumbprint != nil || v.Subject.NotAfter != nil {
		t.Errorf("without a certificate: %+v", v)
	}
}

func TestKEY2WrongTokensAreOfTwoKinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.make("Guessed").Token.Reveal()
	if v := d.verify(token[:len(token)-1] + "!"); v.Standing != apikey.Malformed || v.Subject != nil {
		t.Errorf("mistyped: %+v", v)
	}
	// Right id, wrong secret, good checksum: what a forger would send. And an id
	// that nobody has.
	for name, sql := range map[string]string{
		"wrong secret": `update key_secrets set hash = sha256('x')`,
		"unknown id":   `update key_secrets set id = 'AAAAAAAAAA'`,
	} {
		d.Exec(sql, nil)
		if v := d.verify(token); v.Standing != apikey.Unknown || v.Subject != nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestKEY3OneQuestionToTheDatabase counts the statements: one for a key in use,
// none for a mistyped one, and a write of the last use once a minute.
func TestKEY3OneQuestionToTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.make("Busy").Token.Reveal()
	d.verify(token) // the first use is written down
	for _, c := range []struct {
		token string
		wait  time.Duration
		want  int
	}{
		{token, 0, 1},
		{token, 59 * time.Second, 1},
		{"pms_live_nothing", 0, 0},
		{token, time.Second, 4}, // question, begin, write, commit
		{token, 59 * time.Second, 1},
	} {
		d.clock.Advance(c.wait)
		d.trace.take()
		d.verify(c.token)
		if sql := d.trace.take(); len(sql) != c.want {
			t.Errorf("after %s: %d statements, want %d:\n%s", c.wait, len(sql), c.want, strings.Join(sql, "\n"))
		}
	}
}

func TestPolicyOfAGrant(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g, err := d.s.Policy(t.Context(), d.p.ID, d.policy)
	if err != nil || g.Standing != apikey.Works || g.Document != apikeytest.Document || g.Number != 2 {
		t.Errorf("%+v %v", g, err)
	}
	other := d.Policy("Never asked for", d.group)
	stranger := d.Partner("Other", d.group)
	for name, ask := range map[string]func() (apikey.Granted, error){
		"policy without a grant":  func() (apikey.Granted, error) { return d.s.Policy(t.Context(), d.p.ID, other) },
		"partner without a grant": func() (apikey.Granted, error) { return d.s.Policy(t.Context(), stranger.ID, d.policy) },
		"no such partner":         func() (apikey.Granted, error) { return d.s.Policy(t.Context(), id.New[id.Partner](), d.policy) },
		"no such policy":          func() (apikey.Granted, error) { return d.s.Policy(t.Context(), d.p.ID, id.New[id.Policy]()) },
	} {
		if _, err := ask(); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Asked for again after a revocation: the new grant counts.
	d.Exec(`update policy_requests set status = 'revoked', ended_at = now(), ended_reason = 'x'`, nil)
	d.Grant(d.p, d.policy, 10)
	if g, err := d.s.Policy(t.Context(), d.p.ID, d.policy); err != nil || g.Standing != apikey.Works {
		t.Errorf("granted again: %+v %v", g, err)
	}
}

// TestPauseAndResume is what happens to keys with their partner and their grant.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	kept, ended := d.make("Kept"), d.make("Ended")
	if err := d.s.Deactivate(t.Context(), d.person, ended.Key.ID, 1, ""); err != nil {
		t.Fatal(err)
	}
	change := func(fn func(*pg.Tx) (int, error), want int) {
		t.Helper()
		err := d.DB.Change(t.Context(), d.Admin, authz.PartnerDeactivate, func(tx *pg.Tx) (audit.Event, error) {
			n, err := fn(tx)
			if n != want {
				t.Errorf("%d keys, want %d", n, want)
			}
			return audit.Event{Action: audit.PolicyReviewed, Subject: audit.Subject{Kind: audit.Partner, ID: d.p.ID.String()}}, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pause := func(tx *pg.Tx) (int, error) { return apikey.Pause(t.Context(), tx, d.p.ID) }
	resume := func(tx *pg.Tx) (int, error) { return apikey.Resume(t.Context(), tx, d.p.ID) }
	change(pause, 1)
	if v := d.verify(kept.Token.Reveal()); v.Standing != apikey.KeyPaused {
		t.Errorf("paused: %s", v.Standing)
	}
	change(pause, 0)
	change(resume, 1)
	if !d.verify(kept.Token.Reveal()).Good() || d.verify(ended.Token.Reveal()).Good() {
		t.Error("resuming brought back the wrong keys")
	}
	change(func(tx *pg.Tx) (int, error) {
		return apikey.EndOfGrant(t.Context(), tx, d.Admin, d.grant, "The project is over")
	}, 1)
	if k := d.key(kept.Key.ID); k.Status != apikey.Deactivated || k.EndedReason != "The project is over" {
		t.Errorf("the key of a revoked grant: %+v", k)
	}
	if got := d.left("api_key.deactivated"); got != "2 events, 1 mails, 2 webhooks" {
		t.Error(got)
	}
	if d.left("api_key.paused")[:1] != "1" || d.left("api_key.resumed")[:1] != "1" {
		t.Error("pausing left no trace in the key's history")
	}
}

func TestListsFilter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	soon := d.input("Soon")
	soon.EndsOn = d.s.Today().AddDate(0, 0, 20).Format(time.DateOnly)
	if _, err := d.s.Create(t.Context(), d.person, soon); err != nil {
		t.Fatal(err)
	}
	d.make("100% late")
	gone := d.make("Gone")
	if err := d.s.Deactivate(t.Context(), d.person, gone.Key.ID, 1, ""); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"": 3, "status=works": 2, "status=stopped": 0, "status=deactivated": 1, "status=ended": 0, "status=x": 3,
		"label=0%25": 1, "label=_": 0, "partner=merid": 3, "partner=x": 0, "policy=one-time": 3, "policy=two": 0,
		"expiring=30": 1, "expiring=7": 0, "expiring=90": 1, "expiring=x": 3, "expiring=-1": 3, "sort=-ends": 3, "page=99": 3,
	} {
		q := apikey.List.Parse(parse(t, query))
		for name, scope := range map[string]authz.Scope{"staff": d.Admin.Scope(), "own": d.person.Scope()} {
			p, err := d.s.Keys(t.Context(), scope, q)
			if err != nil || len(p.Items) != want || p.Total != want {
				t.Errorf("%s, %s: %d of %d rows, want %d: %v", name, query, len(p.Items), p.Total, want, err)
			}
		}
	}
	if p, err := d.s.Keys(t.Context(), authz.Scope{}, apikey.List.Parse(nil)); err != nil || len(p.Items) != 0 {
		t.Errorf("nobody sees %d keys: %v", len(p.Items), err)
	}
	desk, err := d.s.Desk(t.Context(), d.p.ID)
	if err != nil || len(desk.Grants) != 1 || !desk.Certificate || desk.Live != 2 {
		t.Errorf("%+v %v", desk, err)
	}
}
