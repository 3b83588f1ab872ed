package account

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/session"
	"portal/internal/throttle"
)

// storedHash is what the database keeps of a password.
func (o *office) storedHash(a authz.Actor) string {
	o.t.Helper()
	p, err := byID(o.t.Context(), o.db.Read(), a.User)
	o.must(err)
	return p.Password
}

// A hash of an earlier key is replaced by the first sign-in, and only then.
func TestPWD3OldHashIsRenewedBySignIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old, current := []byte("k9Fv2mQ7xLpT4wZr8NcB1hYs6DgJ3uEa"), []byte("Zq3NvR7tYb1MxK5wPc9LhG2sFd8JuA4e")
	before, err := secret.NewKeys(old)
	o.must(err)
	rotated, err := secret.NewKeys(current, old)
	o.must(err)
	o.Service = strongOn(o.db, before)
	owner := o.staff("owner", authz.PolicyManager)
	first := o.storedHash(owner)
	if !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1") {
		t.Errorf("stored: %q", first)
	}
	_, err = o.signIn(1, "owner", good, "")
	o.must(err)
	if o.storedHash(owner) != first {
		t.Error("a current hash was replaced")
	}
	o.Service = strongOn(o.db, rotated)
	if _, err := o.signIn(1, "owner", other, ""); !errors.Is(err, ErrWrong) || o.storedHash(owner) != first {
		t.Errorf("a wrong password changed the hash (%v)", err)
	}
	_, err = o.signIn(1, "owner", good, "")
	o.must(err)
	if renewed := o.storedHash(owner); renewed == first || o.hasher.NeedsRehash(renewed) {
		t.Errorf("not renewed: %q", renewed)
	}
	_, err = o.signIn(1, "owner", good, "")
	o.must(err)
}

func TestPWD3UnreadableHashFitsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := o.staff("owner", authz.PolicyManager)
	for _, stored := range []string{"x", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAA$AAAA"} {
		o.must(o.db.Housekeep(t.Context(), "damage", func(tx *pg.Tx) error {
			return pg.Exec1(t.Context(), tx, `update users set password = @p where id = @id`, pg.Args{"p": stored, "id": owner.User})
		}))
		if _, err := o.signIn(1, "owner", good, ""); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", stored, err)
		}
	}
}

// Nobody holds a connection while a password is hashed.
func TestPWD4NoConnectionWhileHashing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	free := o.verify
	o.verify = func(ctx context.Context, typed, stored string) (bool, error) {
		write, read := o.db.Stat()
		if n := write.AcquiredConns() + read.AcquiredConns(); n != 0 {
			t.Errorf("%d connections are held", n)
		}
		return free(ctx, typed, stored)
	}
	e, err := o.signIn(1, "owner", good, "")
	o.must(err)
	_, err = o.ChangePassword(t.Context(), e.Actor, good, other, begin(token()))
	o.must(err)
}

// begin is starter for a session that goes on.
func begin(token string) func() (session.New, error) {
	return func() (session.New, error) { return starter(token)(time.Now().Add(time.Hour)) }
}

// signedIn is a browser of somebody.
func (o *office) signedIn(name, token string) authz.Actor {
	o.t.Helper()
	e, err := o.SignIn(o.t.Context(), visitor(99), Credentials{Email: name + "@office.test", Password: good}, starter(token))
	o.must(err)
	return e.Actor
}

func TestPWD5ChangeEndsTheOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	here, there, renewed := token(), token(), token()
	a := o.signedIn("owner", here)
	o.signedIn("owner", there)
	o.must(o.ForgotPassword(t.Context(), visitor(3), "owner@office.test", "en"))
	open := o.link(challenge.Reset, "owner@office.test")

	unchanged := func(why string, err error, field, key string) {
		t.Helper()
		wantField(t, err, field, key)
		if !o.whose(here).SignedIn() || !o.whose(there).SignedIn() {
			t.Errorf("%s: a session ended", why)
		}
	}
	start := func() (session.New, error) { t.Error("a session was prepared for nothing"); return begin(renewed)() }
	_, err := o.ChangePassword(t.Context(), a, "", other, start)
	unchanged("no current one", err, "current", "problem.required")
	_, err = o.ChangePassword(t.Context(), a, good, "", start)
	unchanged("no new one", err, "password", "problem.required")
	_, err = o.ChangePassword(t.Context(), a, good, "too short", start)
	unchanged("too short", err, "password", "password.too_short")
	_, err = o.ChangePassword(t.Context(), a, good, "owner@office.test owner", start)
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		t.Errorf("one's own address as password: %v", err)
	}
	_, err = o.ChangePassword(t.Context(), a, good, good, start)
	unchanged("the same", err, "password", "account.problem.same_password")
	_, err = o.ChangePassword(t.Context(), a, other, other+"!", start)
	unchanged("wrong current one", err, "current", "account.problem.current_wrong")

	now, err := o.ChangePassword(t.Context(), a, good, other, begin(renewed))
	o.must(err)
	if o.whose(here).SignedIn() || o.whose(there).SignedIn() {
		t.Error("an old token still works")
	}
	if got := o.whose(renewed); got.User != a.User || string(got.Session) != string(now.Session) {
		t.Errorf("this browser is %+v", got)
	}
	if outcome, err := o.ResetPassword(t.Context(), visitor(3), open, good); outcome != challenge.AlreadyUsed || err != nil {
		t.Errorf("an open link still works: %s, %v", outcome, err)
	}
	if got := o.mails("owner@office.test"); !slices.Contains(got, string(mail.PasswordChanged)) {
		t.Errorf("mails: %q", got)
	}
	if log := o.actions(); !has(log, audit.PasswordChanged, "failed owner Tester") || !has(log, audit.PasswordChanged, "done owner Tester") {
		t.Errorf("events: %q", log)
	}
	_, err = o.signIn(4, "owner", other, "")
	o.must(err)
}

// A stolen session cannot guess the password, nor lock its owner out.
func TestPWD5CurrentPasswordIsThrottled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	hashes := withoutHashing(o.Service)
	o.staff("owner", authz.PolicyManager)
	a := o.signedIn("owner", token())
	before := hashes.Load()
	for range 50 {
		_, _ = o.ChangePassword(t.Context(), a, "a wrong one, typed", other, begin(token()))
	}
	if n := hashes.Load() - before; n != throttle.FreeFailures {
		t.Errorf("%d were compared", n)
	}
	if _, err := o.ChangePassword(t.Context(), a, good, other, begin(token())); throttled(err) == 0 {
		t.Errorf("not throttled: %v", err)
	}
	_, err := o.signIn(7, "owner", good, "")
	o.must(err)
}

func TestPWD7ResetByMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	withoutHashing(o.Service)
	owner := o.staff("owner", authz.PolicyManager)
	here := token()
	o.signedIn("owner", here)
	for range throttle.FreeFailures {
		_, _ = o.signIn(5, "owner", other, "")
	}
	o.must(o.ForgotPassword(t.Context(), visitor(3), "OWNER@office.TEST", "fr"))
	first := o.link(challenge.Reset, "owner@office.test")
	o.clock.Advance(time.Millisecond)
	o.must(o.ForgotPassword(t.Context(), visitor(3), "owner@office.test", "fr"))
	second := o.link(challenge.Reset, "owner@office.test")

	for range 3 { // looking uses nothing up
		l, outcome, err := o.Link(t.Context(), first)
		if err != nil || outcome != challenge.OK || l.Email != "owner@office.test" || l.Purpose != challenge.Reset {
			t.Fatal(l, outcome, err)
		}
	}
	if _, err := o.ResetPassword(t.Context(), visitor(3), first, "short"); err == nil {
		t.Error("a bad password was taken")
	}
	outcome, err := o.ResetPassword(t.Context(), visitor(3), first, other)
	if err != nil || outcome != challenge.OK {
		t.Fatal(outcome, err)
	}
	if o.whose(here).SignedIn() || o.count("sessions where revoked_at is null", nil) != 0 {
		t.Error("there is a session")
	}
	for name, token := range map[string]string{"the same": first, "another open": second} {
		if outcome, err := o.ResetPassword(t.Context(), visitor(3), token, good); outcome != challenge.AlreadyUsed || err != nil {
			t.Errorf("%s link: %s, %v", name, outcome, err)
		}
	}
	if got := o.mails("owner@office.test"); !slices.Equal(got, []string{"password_reset", "password_reset", "password_changed"}) {
		t.Errorf("mails: %q", got)
	}
	if !has(o.actions(), audit.PasswordReset, "done owner Tester") {
		t.Errorf("events: %q", o.actions())
	}
	o.verify = o.compare
	if _, err := o.signIn(6, "owner", other, ""); err != nil { // the failures are cleared, too
		t.Errorf("the new password: %v", err)
	}
	if o.storedHash(owner) == "" {
		t.Error("no hash")
	}
}

// One link, many at once: one wins.
func TestPWD7LinkWorksOnce(t *testing.T) {
	t.Parallel()
	three := replicas(t, 3, randomKeys())
	o := three[0]
	o.staff("owner", authz.PolicyManager)
	o.must(o.ForgotPassword(t.Context(), visitor(3), "owner@office.test", "en"))
	link := o.link(challenge.Reset, "owner@office.test")
	outcomes := atOnce(12, func(i int) challenge.Outcome {
		outcome, err := three[i%3].ResetPassword(t.Context(), visitor(i), link, other)
		if err != nil {
			t.Error(err)
		}
		return outcome
	})
	won := 0
	for _, outcome := range outcomes {
		switch outcome {
		case challenge.OK:
			won++
		case challenge.AlreadyUsed:
		default:
			t.Errorf("outcome %s", outcome)
		}
	}
	if won != 1 || o.count(`audit_log where action = 'user.password_reset'`, nil) != 1 {
		t.Errorf("%d won", won)
	}
}

func TestPWD7LinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin, owner := o.staff("admin", authz.PartnerAdmin), o.staff("owner", authz.PolicyManager)
	o.must(o.ForgotPassword(t.Context(), visitor(3), "owner@office.test", "en"))
	link := o.link(challenge.Reset, "owner@office.test")
	for name, token := range map[string]string{"empty": "", "short": "x", "changed": link[:len(link)-1] + "_", "endless": strings.Repeat("a", 9000)} {
		if outcome, err := o.ResetPassword(t.Context(), visitor(3), token, other); outcome != challenge.Wrong || err != nil {
			t.Errorf("%s: %s, %v", name, outcome, err)
		}
	}
	o.must(o.Deactivate(t.Context(), admin, owner.User, 1))
	if outcome, err := o.ResetPassword(t.Context(), visitor(3), link, other); outcome == challenge.OK || err != nil {
		t.Errorf("deactivated: %s, %v", outcome, err)
	}
	o.must(o.Reactivate(t.Context(), admin, owner.User, 2))
	o.must(o.ForgotPassword(t.Context(), visitor(3), "owner@office.test", "en"))
	link = o.link(challenge.Reset, "owner@office.test")
	o.clock.Advance(challenge.LongestLifetime)
	if outcome, err := o.ResetPassword(t.Context(), visitor(3), link, other); outcome != challenge.Expired || err != nil {
		t.Errorf("old: %s, %v", outcome, err)
	}
}

// Asking tells nothing about an address: one mail, one event, one challenge.
func TestREG1ForgottenPasswordsLookAlike(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	o.staff("known", authz.PolicyManager)
	gone := o.staff("gone", authz.PolicyManager)
	o.must(o.Deactivate(t.Context(), admin, gone.User, 1))
	o.must(o.db.Housekeep(t.Context(), "empty", func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `delete from mail_outbox`, nil)
		return err
	}))
	for i, c := range []struct {
		typed, to string
		kind      mail.Kind
		lang      string
	}{
		{" Known@OFFICE.test ", "known@office.test", mail.PasswordReset, "en"},
		{"gone@office.test", "gone@office.test", mail.PasswordResetUnknown, "fr"},
		{"nobody@office.test", "nobody@office.test", mail.PasswordResetUnknown, "fr"},
	} {
		events := len(o.actions())
		o.must(o.ForgotPassword(t.Context(), visitor(i), c.typed, "fr"))
		if got := o.mails(c.to); !slices.Equal(got, []string{string(c.kind)}) {
			t.Errorf("%s: mails %q", c.typed, got)
		}
		if n := o.count(`mail_outbox where recipient = @to and lang = @lang`, pg.Args{"to": c.to, "lang": c.lang}); n != 1 {
			t.Errorf("%s: the mail is not in %s", c.typed, c.lang)
		}
		if n := o.count("challenges where purpose = 'reset'", nil); n != i+1 {
			t.Errorf("%s: %d challenges", c.typed, n)
		}
		log := o.actions()[events:]
		if len(log) != 1 || !has(log, audit.PasswordResetRequested, "done ") || strings.Contains(log[0], "@") {
			t.Errorf("%s: events %q", c.typed, log)
		}
	}
	wantField(t, o.ForgotPassword(t.Context(), visitor(1), " ", "en"), "email", "problem.required")
	for _, typed := range []string{"x", "a b@office.test", "known@office.test\r\nBcc: x@y.test", "\u212anown@office.test", "<known@office.test>"} {
		var invalid *problem.InvalidError
		if err := o.ForgotPassword(t.Context(), visitor(1), typed, "en"); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	many := authz.VisitorAt(netip.MustParseAddr("2001:db8::1"), "x")
	var err error
	for i := 0; err == nil && i < 50; i++ {
		err = o.ForgotPassword(t.Context(), many, strings.Repeat("x", i+1)+"@office.test", "en")
	}
	if throttled(err) == 0 {
		t.Errorf("one network asks without end: %v", err)
	}
}

// A signed-in person's rights do not reach other doors, and a partner's or
// system's actor none of these at all.
func TestSignInIsForVisitors(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	a := o.signedIn("owner", token())
	if _, err := o.SignIn(t.Context(), a, Credentials{Email: "owner@office.test", Password: good}, starter(token())); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("sign-in while signed in: %v", err)
	}
	for name, err := range map[string]error{
		"sign out":     o.SignOut(t.Context(), visitor(1)),
		"set language": o.SetLanguage(t.Context(), visitor(1), "fr"),
		"edit":         o.EditProfile(t.Context(), visitor(1), 1, ProfileInput{FirstName: "x", LastName: "y", Lang: "en"}),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s as a visitor: %v", name, err)
		}
	}
}
