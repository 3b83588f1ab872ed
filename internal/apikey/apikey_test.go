package apikey_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/apikey"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestStatesEqualTheConstraint(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	text, err := pg.Value[string](t.Context(), d.DB.Read(), `select pg_get_constraintdef(oid) from pg_constraint where conname = 'api_keys_status_check'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(text, -1) {
		states = append(states, m[1])
	}
	if diff := cmp.Diff([]apikey.Status{apikey.Active, apikey.Deactivated}, apikey.Statuses.All()); diff != "" || !slices.Equal(states, []string{"active", "deactivated"}) {
		t.Errorf("%s %v", diff, states)
	}
	if apikey.Statuses.Can(apikey.Deactivated, apikey.Active) {
		t.Error("a deactivated key comes back")
	}
}

func TestLastDayIsTwelveMonthsAtMost(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range [][3]string{
		{"2026-11-30", "2030-01-01", "2027-11-30"},
		{"2026-11-30", "2027-03-01", "2027-03-01"},
		{"2027-11-30", "2030-01-01", "2028-11-29"}, // over a leap day twelve months are 366 days
		{"2028-02-29", "2030-01-01", "2029-02-28"},
	} {
		if got := apikey.LastDay(day(c[0]), day(c[1])); !got.Equal(day(c[2])) {
			t.Errorf("from %s, grant until %s: %s, want %s", c[0], c[1], got.Format(time.DateOnly), c[2])
		}
	}
}

func TestKEY1CreateShowsTheTokenAndKeepsNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("  Branch \t offices ")
	token := made.Token.Reveal()
	if v := d.verify(token); !v.Good() || v.Subject.KeyID != made.Key.ID {
		t.Errorf("the new key: %+v", v)
	}
	k := d.key(made.Key.ID)
	if k.Label != "Branch offices" || !strings.HasPrefix(token, k.Prefix()) || !strings.HasSuffix(token, k.Last4) || k.Standing != apikey.Works ||
		!k.EndsOn.Equal(k.GrantEndsOn) || len(k.Secrets) != 1 {
		t.Errorf("stored: %+v", k)
	}
	if got := d.left("api_key.created"); got != "1 events, 1 mails, 1 webhooks" {
		t.Error(got)
	}
	d.mustNotHold(token)
	// The same form once more, changed or not, makes nothing and shows nothing.
	for _, label := range []string{"Branch offices", "Other"} {
		again, err := d.s.Create(t.Context(), d.person, apikey.Input{ID: made.Key.ID, Grant: d.grant, Label: label})
		if !errors.Is(err, apikey.ErrShown) || again.Token.ID() != "" {
			t.Errorf("sent again: %v", err)
		}
	}
	if d.Count("api_keys") != 1 || d.Count("key_secrets") != 1 {
		t.Error("a second key was made")
	}
}

func TestCreateRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.make("Taken")
	today := d.s.Today()
	at := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
	for name, c := range map[string]struct {
		change     func(*apikey.Input)
		input, key string
	}{
		"no label":       {func(in *apikey.Input) { in.Label = " \t " }, "label", "problem.required"},
		"long label":     {func(in *apikey.Input) { in.Label = strings.Repeat("é", 37) }, "label", "problem.too_long"},
		"control":        {func(in *apikey.Input) { in.Label = "a\x00b" }, "label", "problem.bad_characters"},
		"taken label":    {func(in *apikey.Input) { in.Label = " tAKEN " }, "label", "api_key.problem.label_taken"},
		"no day":         {func(in *apikey.Input) { in.EndsOn = "soon" }, "ends_on", "api_key.problem.day"},
		"no such day":    {func(in *apikey.Input) { in.EndsOn = "2027-02-30" }, "ends_on", "api_key.problem.day"},
		"yesterday":      {func(in *apikey.Input) { in.EndsOn = at(-1) }, "ends_on", "api_key.problem.past"},
		"366 days":       {func(in *apikey.Input) { in.EndsOn = at(366) }, "ends_on", "api_key.problem.too_far"},
		"after grant":    {func(in *apikey.Input) { in.EndsOn = at(201) }, "ends_on", "api_key.problem.after_grant"},
		"year 9999":      {func(in *apikey.Input) { in.EndsOn = "9999-12-31" }, "ends_on", "api_key.problem.too_far"},
		"no grant":       {func(in *apikey.Input) { in.Grant = id.PolicyRequest{} }, "grant", "problem.choose"},
		"unknown grant":  {func(in *apikey.Input) { in.Grant = id.New[id.PolicyRequest]() }, "grant", "problem.choose"},
		"label, no cert": {func(in *apikey.Input) { in.Label = "" }, "label", "problem.required"},
	} {
		in := d.input("New")
		c.change(&in)
		if _, err := d.s.Create(t.Context(), d.person, in); field(err, c.input) != c.key {
			t.Errorf("%s: %v, want %s: %s", name, err, c.input, c.key)
		}
	}
	for _, days := range []string{at(0), at(200)} {
		in := d.input("Until " + days)
		in.EndsOn = days
		if made, err := d.s.Create(t.Context(), d.person, in); err != nil || made.Key.EndsOn.Format(time.DateOnly) != days {
			t.Errorf("last day %s: %v", days, err)
		}
	}
	if n := d.Count("api_keys"); n != 3 || d.Count("key_secrets") != 3 {
		t.Errorf("%d keys are left behind", n)
	}
}

func TestCreateNeedsAWholeChainAndACertificate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, l := range links {
		d.Exec(l.breaks, nil)
		if _, err := d.s.Create(t.Context(), d.person, d.input("New")); field(err, "grant") != "api_key.standing."+string(l.standing) {
			t.Errorf("%s: %v", l.standing, err)
		}
		d.Exec(l.mends, nil)
	}
	d.Exec(`update partner_certificates set status = 'withdrawn', ended_at = now()`, nil)
	if _, err := d.s.Create(t.Context(), d.person, d.input("New")); field(err, "grant") != "api_key.problem.no_certificate" {
		t.Errorf("without a certificate: %v", err)
	}
	if d.Count("api_keys") != 0 || d.Count("webhook_events") != 0 || d.Count("mail_outbox") != 0 {
		t.Error("a refused key left something behind")
	}
}

func TestAUT3KeysOfOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Ours")
	other := d.Partner("Other", d.group)
	stranger := partnertest.Person(other)
	d.Grant(other, d.policy, 100)
	in := d.input("Theirs")
	if _, err := d.s.Create(t.Context(), stranger, in); field(err, "grant") != "problem.choose" {
		t.Errorf("a key for somebody else's grant: %v", err)
	}
	if _, err := d.s.Key(t.Context(), stranger.Scope(), made.Key.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("read: %v", err)
	}
	if _, err := d.s.Rotate(t.Context(), stranger, made.Key.ID, 1, 0); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("rotate: %v", err)
	}
	if err := d.s.Deactivate(t.Context(), stranger, made.Key.ID, 1, ""); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("deactivate: %v", err)
	}
	p, err := d.s.Keys(t.Context(), stranger.Scope(), apikey.OwnList.Parse(nil))
	if err != nil || len(p.Items) != 0 {
		t.Errorf("list: %d, %v", len(p.Items), err)
	}
	stolen := d.input("Mine")
	stolen.ID = made.Key.ID // an id that is another partner's
	if _, err := d.s.Create(t.Context(), stranger, stolen); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's id: %v", err)
	}
}

func TestOnlyPartnersMakeKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Ours")
	for _, a := range []authz.Actor{
		d.Admin, d.Staff("Mia Manager", "en", authz.PolicyManager),
		{Roles: []authz.Role{authz.DeviceProvider}, Partner: d.p.ID, User: d.person.User},
		{Roles: []authz.Role{authz.Applicant}, Partner: d.p.ID, User: d.person.User},
		authz.ServiceActor("IDA", []authz.Permission{authz.KeyVerify, authz.APIKeyCreate}),
	} {
		if _, err := d.s.Create(t.Context(), a, d.input("X")); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%v makes a key: %v", a.Roles, err)
		}
		if _, err := d.s.Rotate(t.Context(), a, made.Key.ID, 1, 0); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%v rotates: %v", a.Roles, err)
		}
	}
}

func TestLIM4TenLiveKeysAtMost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var wg sync.WaitGroup
	errs := make([]error, 14)
	for i := range errs {
		wg.Go(func() { _, errs[i] = d.s.Create(t.Context(), d.person, d.input(fmt.Sprint("Key ", i))) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case field(err, "grant") != "api_key.problem.too_many":
			t.Errorf("refused: %v", err)
		}
	}
	if made != apikey.MaxLive || d.Count("api_keys") != apikey.MaxLive {
		t.Errorf("%d keys were made", made)
	}
	// One that ended makes room.
	p, err := d.s.Keys(t.Context(), d.person.Scope(), apikey.OwnList.Parse(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.s.Deactivate(t.Context(), d.person, p.Items[0].ID, p.Items[0].Version, ""); err != nil {
		t.Fatal(err)
	}
	d.make("In its place")
}

func TestCON2OneFormSentTwiceAtOnceMakesOneKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.input("Once")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = d.s.Create(t.Context(), d.person, in) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, apikey.ErrShown) {
			t.Errorf("the others: %v", err)
		}
	}
	if made != 1 || d.left("api_key.created") != "1 events, 1 mails, 1 webhooks" {
		t.Errorf("%d answers showed a token; %s", made, d.left("api_key.created"))
	}
}

func TestRotateLetsTwoSecretsLiveAtMost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Rolling")
	first := made.Token.Reveal()
	rotate := func(version, overlap int) string {
		t.Helper()
		again, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, version, overlap)
		if err != nil {
			t.Fatal(err)
		}
		return again.Token.Reveal()
	}
	good := func(want string, tokens ...string) {
		t.Helper()
		got := ""
		for _, token := range tokens {
			got += map[bool]string{true: "+", false: "-"}[d.verify(token).Good()]
		}
		if got != want {
			t.Errorf("good: %s, want %s", got, want)
		}
	}
	second := rotate(1, 7)
	good("++", first, second)
	third := rotate(2, 1) // the first ends now: never three
	good("-++", first, second, third)
	if v := d.verify(first); v.Standing != apikey.SecretEnded || v.Subject == nil || v.Subject.Document != "" {
		t.Errorf("the first: %+v", v)
	}
	d.clock.Advance(24*time.Hour - time.Second)
	good("-++", first, second, third)
	d.clock.Advance(time.Second)
	good("--+", first, second, third)
	fourth := rotate(3, 0)
	good("-+", third, fourth)
	d.mustNotHold(fourth)
	if got := d.left("api_key.rotated"); got != "3 events, 3 mails, 3 webhooks" {
		t.Error(got)
	}
	if _, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, 4, 8); field(err, "overlap") != "problem.choose" {
		t.Errorf("8 days: %v", err)
	}
}

func TestRotateAgainShowsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Rolling")
	if _, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, 1, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, 1, 0); !errors.Is(err, apikey.ErrShown) {
		t.Errorf("the same form: %v", err)
	}
	colleague := d.person
	colleague.User, colleague.Name = d.Staff("Carl", "en").User, "Carl"
	_, err := d.s.Rotate(t.Context(), colleague, made.Key.ID, 1, 0)
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != "problem.changed_by" {
		t.Errorf("a colleague's older page: %v", err)
	}
	for _, l := range links {
		d.Exec(l.breaks, nil)
		_, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, 2, 0)
		if !errors.As(err, &conflict) || conflict.Key != "api_key.standing."+string(l.standing) {
			t.Errorf("%s: %v", l.standing, err)
		}
		d.Exec(l.mends, nil)
	}
	if d.Count("key_secrets") != 2 {
		t.Error("a refused rotation made a secret")
	}
}

func TestCON2ManyRotateAtOnceOneWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Rolling")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = d.s.Rotate(t.Context(), d.person, made.Key.ID, 1, 1) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, apikey.ErrShown) {
			t.Error(err)
		}
	}
	if won != 1 || d.Count("key_secrets") != 2 {
		t.Errorf("%d rotations won", won)
	}
}

func TestDeactivateIsFinal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.make("Ending")
	if err := d.s.Deactivate(t.Context(), d.Admin, made.Key.ID, 1, "  "); field(err, "reason") != "problem.required" {
		t.Errorf("staff without a reason: %v", err)
	}
	if err := d.s.Deactivate(t.Context(), d.Admin, made.Key.ID, 7, "Leaked"); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a page of another version: %v", err)
	}
	for range 2 { // a second click is no error and changes nothing
		if err := d.s.Deactivate(t.Context(), d.Admin, made.Key.ID, 1, "Leaked"); err != nil {
			t.Fatal(err)
		}
	}
	if v := d.verify(made.Token.Reveal()); v.Standing != apikey.KeyDeactivated || v.Subject.Document != "" {
		t.Errorf("verified: %+v", v)
	}
	if k := d.key(made.Key.ID); k.Status != apikey.Deactivated || k.EndedReason != "Leaked" || k.Version != 2 || k.Live() {
		t.Errorf("stored: %+v", k)
	}
	if got := d.left("api_key.deactivated"); got != "1 events, 1 mails, 1 webhooks" {
		t.Error(got)
	}
	var conflict *problem.ConflictError
	if _, err := d.s.Rotate(t.Context(), d.person, made.Key.ID, 2, 0); !errors.As(err, &conflict) {
		t.Errorf("rotated: %v", err)
	}
	own := d.make("By ourselves")
	if err := d.s.Deactivate(t.Context(), d.person, own.Key.ID, 1, ""); err != nil {
		t.Errorf("a partner needs no reason: %v", err)
	}
}
