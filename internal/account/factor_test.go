package account

import (
	"context"
	"encoding/hex"
	"errors"
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
	"portal/internal/throttle"
)

func valuesOf(o *office, sql string) ([]string, error) {
	return pg.Values[string](o.t.Context(), o.db.Read(), sql, nil)
}

func isWrongCode(err error) bool {
	var invalid *problem.InvalidError
	return errors.As(err, &invalid) && invalid.Fields[0].Key == "second_factor.problem.wrong"
}

func TestMFA2CountsOnlyOnceConfirmed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	amina := o.staff("amina", authz.PartnerAdmin)
	_, err := o.SetUpFactor(t.Context(), amina, other)
	wantField(t, err, "current", "account.problem.current_wrong")
	if n := o.count("second_factors", nil); n != 0 {
		t.Errorf("%d secrets without the password", n)
	}
	setup, err := o.SetUpFactor(t.Context(), amina, good)
	o.must(err)
	if e, err := o.signIn(1, "amina", good, ""); err != nil || e.Pending != "" {
		t.Errorf("before it is confirmed: %+v %v", e, err)
	}
	_, _, err = o.ConfirmFactor(t.Context(), amina, "000000", onward(token()))
	wantField(t, err, "code", "second_factor.problem.setup")
	again, err := o.Setup(t.Context(), amina)
	o.must(err)
	if again != setup {
		t.Error("after a wrong code another secret is shown")
	}
	_, secret, err := o.beingSetUp(t.Context(), amina.User)
	o.must(err)
	o.clock.Advance(setupLifetime + time.Second)
	if _, _, err := o.ConfirmFactor(t.Context(), amina, secret.Code(o.now()), onward(token())); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("confirmed after half an hour: %v", err)
	}
	o.enrol(amina)
	if _, err := o.Setup(t.Context(), amina); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("the secret is shown once it counts: %v", err)
	}
	o.password("amina")
	if got := o.mails("amina@office.test"); !slices.Equal(got, []string{string(mail.SecondFactorOn)}) {
		t.Errorf("mails: %q", got)
	}
	if !has(o.actions(), audit.FactorOn, "done amina Tester") {
		t.Errorf("log: %q", o.actions())
	}
}

// A row that is moved to another user opens nothing, and nothing secret rests in
// the database.
func TestMFA2DumpHoldsNoSecret(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner, p := o.enrol(o.staff("owner", authz.PolicyManager))
	thief := o.staff("thief", authz.PolicyManager)
	pending := o.password("owner")
	dump := strings.ToLower(o.dump())
	plain := strings.ToLower(strings.ReplaceAll(p.Text(), " ", ""))
	secrets := []string{plain, pending, p.Code(o.now())}
	raw, err := base32Bytes(p.Text())
	o.must(err)
	secrets = append(secrets, hex.EncodeToString(raw))
	for _, c := range p.recovery {
		secrets = append(secrets, c, strings.ReplaceAll(c, "-", ""))
	}
	for _, s := range secrets {
		if strings.Contains(dump, strings.ToLower(s)) {
			t.Errorf("the dump holds %q", s)
		}
	}
	if !strings.Contains(dump, owner.User.String()) {
		t.Error("the dump is empty: the search proves nothing")
	}
	o.must(o.db.Housekeep(t.Context(), "move", func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `update second_factors set user_id = @thief`, pg.Args{"thief": thief.User})
		return err
	}))
	if _, err := o.code(o.password("thief"), p.Code(o.now()), token()); err == nil || isWrongCode(err) {
		t.Errorf("a secret moved to another user: %v", err)
	}
}

func TestMFA3StepIsTakenOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, p := o.enrol(o.staff("owner", authz.PolicyManager))
	previous, now := p.Code(o.now().Add(-30*time.Second)), p.Code(o.now())
	// The step before the present one was used up by setting the app up.
	if _, err := o.code(o.password("owner"), previous, token()); !isWrongCode(err) {
		t.Errorf("the code that set the app up: %v", err)
	}
	tok := token()
	e, err := o.code(o.password("owner"), now, tok)
	o.must(err)
	if who := o.whose(tok); who.User != e.Actor.User || !who.SecondFactor || !who.Proved(o.now()) {
		t.Errorf("the session: %+v", who)
	}
	for name, typed := range map[string]string{"the same again": now, "the one before": previous} {
		if _, err := o.code(o.password("owner"), typed, token()); !isWrongCode(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A neighbour in the future may be taken, and takes those before it along.
	o.nextStep()
	_, err = o.code(o.password("owner"), p.Code(o.now().Add(30*time.Second)), token())
	o.must(err)
	if _, err := o.code(o.password("owner"), p.Code(o.now()), token()); !isWrongCode(err) {
		t.Errorf("the present code after a later one: %v", err)
	}
}

// accept uses a step up; or is a wrong version of it that the test must catch.
type accept func(ctx context.Context, o *office, p person, given proof) error

func spendStep(ctx context.Context, o *office, p person, given proof) error {
	return o.db.Housekeep(ctx, "spend", func(tx *pg.Tx) error { return spend(ctx, tx, p, given) })
}

// naiveSpend reads, compares, then saves: CVE-2026-20779.
func naiveSpend(ctx context.Context, o *office, _ person, given proof) error {
	last, err := pg.Value[int64](ctx, o.db.Read(), `select last_step from second_factors where id = @id`, pg.Args{"id": given.factor})
	if err != nil {
		return err
	}
	if last >= given.step {
		return errNoFit
	}
	return o.db.Housekeep(ctx, "naive", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update second_factors set last_step = @step where id = @id`, pg.Args{"id": given.factor, "step": given.step})
		return err
	})
}

// accepted is how often one code is taken of a hundred at once, over replicas.
func accepted(t *testing.T, do accept) int {
	t.Helper()
	two := replicas(t, 2, randomKeys())
	o := two[0]
	a := o.staff("owner", authz.PolicyManager)
	_, err := o.SetUpFactor(t.Context(), a, good)
	o.must(err)
	_, secret, err := o.beingSetUp(t.Context(), a.User)
	o.must(err)
	_, _, err = o.ConfirmFactor(t.Context(), a, secret.Code(o.now().Add(-30*time.Second)), onward(token()))
	o.must(err)
	p, err := byID(t.Context(), o.db.Read(), a.User)
	o.must(err)
	given := proof{typed: secret.Code(o.now().Add(30 * time.Second))}
	o.must(o.fit(t.Context(), a.User, &given))
	n := 0
	for _, err := range atOnce(100, func(i int) error { return do(t.Context(), two[i%2], p, given) }) {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, errNoFit):
			t.Error(err)
		}
	}
	return n
}

func TestMFA3HundredTimesTheSameCode(t *testing.T) {
	t.Parallel()
	if n := accepted(t, spendStep); n != 1 {
		t.Errorf("one code was taken %d times", n)
	}
}

// The test above would notice a program that reads before it writes.
func TestMFA3MutantIsCaught(t *testing.T) {
	t.Parallel()
	if n := accepted(t, naiveSpend); n < 2 {
		t.Errorf("reading before writing took a code %d times: the test is blind", n)
	}
}

// The same through the whole sign-in: a hundred browsers, one code, one session.
func TestMFA3HundredSignInsWithOneCode(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	var waiting []string
	for range 100 {
		waiting = append(waiting, o.password("owner"))
	}
	typed := p.Code(o.now())
	entered := 0
	for _, err := range atOnce(100, func(i int) error { _, err := o.code(waiting[i], typed, token()); return err }) {
		switch {
		case err == nil:
			entered++
		case !isWrongCode(err) && throttled(err) == 0:
			t.Error(err)
		}
	}
	if n := o.count("sessions where user_id = @user and revoked_at is null and user_agent = 'test'", pg.Args{"user": a.User}); entered != 1 || n != 2 {
		t.Errorf("%d came in, %d sessions with the one that set the app up", entered, n)
	}
}

func TestMFA4FiveWrongCodesEndTheSignIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, p := o.enrol(o.staff("owner", authz.PolicyManager))
	pending := o.password("owner")
	for n := 1; n < throttle.Attempts; n++ {
		if _, err := o.code(pending, o.wrong(p), token()); !isWrongCode(err) {
			t.Fatalf("wrong code %d: %v", n, err)
		}
	}
	if _, err := o.code(pending, "no code at all", token()); err == nil || isWrongCode(err) {
		t.Errorf("what is no code: %v", err)
	}
	if _, err := o.code(pending, o.wrong(p), token()); !errors.Is(err, ErrSignInEnded) {
		t.Errorf("the fifth wrong code: %v", err)
	}
	if _, err := o.code(pending, p.Code(o.now()), token()); !errors.Is(err, ErrSignInEnded) {
		t.Errorf("the right code afterwards: %v", err)
	}
	// Another sign-in waits as after five wrong passwords, and its attempts are its own.
	pending = o.password("owner")
	if _, err := o.code(pending, p.Code(o.now()), token()); throttled(err) != throttle.FirstWait {
		t.Errorf("at once: %v", err)
	}
	o.clock.Advance(throttle.FirstWait)
	_, err := o.code(pending, p.Code(o.now()), token())
	o.must(err)
	// LGN-7: who has the password is told of at the third wrong code, once.
	var told int
	for _, kind := range o.mails("owner@office.test") {
		if kind == string(mail.SecondFactorGuessed) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("LGN-7: %d mails: %q", told, o.mails("owner@office.test"))
	}
}

func TestMFA4CountsOverReplicas(t *testing.T) {
	t.Parallel()
	three := replicas(t, 3, randomKeys())
	o := three[0]
	a := o.staff("owner", authz.PolicyManager)
	_, err := o.SetUpFactor(t.Context(), a, good)
	o.must(err)
	_, secret, err := o.beingSetUp(t.Context(), a.User)
	o.must(err)
	_, _, err = o.ConfirmFactor(t.Context(), a, secret.Code(o.now()), onward(token()))
	o.must(err)
	pending := o.password("owner")
	wrong := o.wrong(phone{Secret: secret})
	compared := 0
	for _, err := range atOnce(300, func(i int) error { _, err := three[i%3].code(pending, wrong, token()); return err }) {
		var invalid *problem.InvalidError
		switch {
		case errors.As(err, &invalid):
			compared++
		case errors.Is(err, ErrSignInEnded), throttled(err) > 0:
		default:
			t.Errorf("%v", err)
		}
	}
	// The fifth is compared too, and answered by the end.
	if n := o.count("audit_log where action = @action", pg.Args{"action": string(audit.FactorRefused)}); n != throttle.Attempts || compared != throttle.Attempts-1 {
		t.Errorf("%d codes were compared, %d answered as wrong", n, compared)
	}
}

func TestMFA4HundredWrongCodesDisableTheApp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	wrongs := 0
	for wrongs < throttle.DisabledAfter {
		pending := o.password("owner")
		for range throttle.Attempts {
			o.clock.Advance(throttle.LongestWait / 3) // within the pending sign-in's life
			_, err := o.code(pending, o.wrong(p), token())
			if throttled(err) == 0 && !errors.Is(err, ErrSignInEnded) && !isWrongCode(err) {
				t.Fatal(err)
			}
			wrongs = o.count("audit_log where action = @action", pg.Args{"action": string(audit.FactorRefused)})
		}
	}
	o.clock.Advance(24 * time.Hour)
	if _, err := o.code(o.password("owner"), p.Code(o.now()), token()); !errors.Is(err, ErrDisabled) {
		t.Errorf("the right code after a hundred wrong ones: %v", err)
	}
	if !has(o.actions(), audit.FactorDisabled, "done owner Tester") || !slices.Contains(o.mails("owner@office.test"), string(mail.SecondFactorDisabled)) {
		t.Error("nobody is told")
	}
	// The codes on paper still work, and lead to another app.
	e, err := o.code(o.password("owner"), p.recovery[0], token())
	o.must(err)
	if !e.Recovered || e.Actor.User != a.User {
		t.Errorf("%+v", e)
	}
	_, again := o.enrol(e.Actor)
	_, err = o.code(o.password("owner"), again.Code(o.now()), token())
	o.must(err)
}

func TestMFA5RecoveryCodesWorkOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, p := o.enrol(o.staff("owner", authz.PolicyManager))
	for _, c := range p.recovery[:2] {
		e, err := o.code(o.password("owner"), strings.ToLower(strings.ReplaceAll(c, "-", " ")), token())
		o.must(err)
		if !e.Recovered || !e.Actor.Proved(o.now()) {
			t.Errorf("%+v", e)
		}
		if _, err := o.code(o.password("owner"), c, token()); !isWrongCode(err) {
			t.Errorf("used again: %v", err)
		}
	}
	var waiting []string
	for range 100 {
		waiting = append(waiting, o.password("owner"))
	}
	entered := 0
	for _, err := range atOnce(100, func(i int) error { _, err := o.code(waiting[i], p.recovery[2], token()); return err }) {
		if err == nil {
			entered++
		} else if !isWrongCode(err) && throttled(err) == 0 {
			t.Error(err)
		}
	}
	if entered != 1 {
		t.Errorf("a recovery code let %d in at once", entered)
	}
	told := 0
	for _, kind := range o.mails("owner@office.test") {
		if kind == string(mail.RecoveryCodeUsed) {
			told++
		}
	}
	if told != 3 {
		t.Errorf("LGN-7: %d mails of three used codes", told)
	}
	if !has(o.actions(), audit.RecoveryCodeUsed, "done owner Tester") {
		t.Error("the log does not tell of it")
	}
}

func TestMFA5ANewSetVoidsTheOld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	other, _ := o.enrol(o.staff("other", authz.PolicyManager))
	tok := token()
	now, codes, err := o.RenewRecoveryCodes(t.Context(), a, onward(tok))
	o.must(err)
	if who := o.whose(tok); who.User != now.User || len(codes) != 10 {
		t.Errorf("the session goes on as %+v", who)
	}
	if o.whose(sessionToken(a)).SignedIn() {
		t.Error("SES-5: the old session goes on")
	}
	if _, err := o.code(o.password("owner"), p.recovery[0], token()); !isWrongCode(err) {
		t.Errorf("a code of the old set: %v", err)
	}
	// A code is its owner's alone.
	if _, err := o.code(o.password("other"), codes[0], token()); !isWrongCode(err) {
		t.Errorf("somebody else's: %v", err)
	}
	_, err = o.code(o.password("owner"), codes[0], token())
	o.must(err)
	if got := o.mails("owner@office.test"); !slices.Contains(got, string(mail.RecoveryCodesRenewed)) {
		t.Errorf("mails: %q", got)
	}
	_ = other
}

func TestMFA6StepUpRenewsTheSession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	until, err := pg.Value[time.Time](t.Context(), o.db.Read(), `select expires_at from sessions where token = @token`, pg.Args{"token": sessionToken(a)})
	o.must(err)
	o.clock.Advance(authz.StepUpAfter)
	if o.whose(sessionToken(a)).Proved(o.now()) {
		t.Error("10:30 after it was set up it still counts")
	}
	tok, typed := token(), p.Code(o.now())
	now, err := o.StepUp(t.Context(), a, typed, onward(tok))
	o.must(err)
	if who := o.whose(tok); !now.Proved(o.now()) || !who.Proved(o.now()) || who.User != a.User {
		t.Errorf("after it: %+v, the next request %+v", now, who)
	}
	if o.whose(sessionToken(a)).SignedIn() {
		t.Error("SES-2: the old token still works")
	}
	end, err := pg.Value[time.Time](t.Context(), o.db.Read(), `select expires_at from sessions where token = @token`, pg.Args{"token": tok})
	o.must(err)
	if !end.Equal(until) {
		t.Errorf("SES-2: the session ends at %s instead of %s", end, until)
	}
	// Neither the code nor a session that has ended does it again.
	started := false
	refused := func() error {
		_, err := o.StepUp(t.Context(), now, typed, onwardNoting(&started))
		return err
	}
	if err := refused(); !isWrongCode(err) || started {
		t.Errorf("the same code: %v, the session was touched: %v", err, started)
	}
	o.nextStep()
	if _, err := o.StepUp(t.Context(), a, p.Code(o.now()), onward(token())); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("an ended session: %v", err)
	}
}

func TestMFA6WrongCodesWaitHereToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	for n := range throttle.FreeFailures {
		if _, err := o.StepUp(t.Context(), a, o.wrong(p), onward(token())); !isWrongCode(err) {
			t.Fatalf("wrong code %d: %v", n+1, err)
		}
	}
	if _, err := o.StepUp(t.Context(), a, p.Code(o.now()), onward(token())); throttled(err) == 0 {
		t.Errorf("at once: %v", err)
	}
	if !o.whose(sessionToken(a)).SignedIn() {
		t.Error("wrong codes ended the session")
	}
}

func TestMFA7ResetIsAnotherAdmins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin, _ := o.enrol(o.staff("admin", authz.PartnerAdmin))
	a, p := o.enrol(o.staff("owner", authz.PolicyManager))
	if err := o.ResetFactor(t.Context(), admin, admin.User); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("one's own: %v", err)
	}
	if err := o.ResetFactor(t.Context(), a, admin.User); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("by a Policy Manager: %v", err)
	}
	if err := o.ResetFactor(t.Context(), admin, newID()); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("nobody's: %v", err)
	}
	waiting := o.password("owner")
	o.must(o.ResetFactor(t.Context(), admin, a.User))
	o.must(o.ResetFactor(t.Context(), admin, a.User)) // twice is no error, and nothing new
	if o.whose(sessionToken(a)).SignedIn() {
		t.Error("the session goes on")
	}
	for _, typed := range []string{p.Code(o.now()), p.recovery[0]} {
		if _, err := o.code(waiting, typed, token()); !errors.Is(err, ErrSignInEnded) {
			t.Errorf("a sign-in that was under way: %v", err)
		}
	}
	if n := o.count("recovery_codes where user_id = @user", pg.Args{"user": a.User}); n != 0 {
		t.Errorf("%d recovery codes are left", n)
	}
	e, err := o.signIn(9, "owner", good, "")
	o.must(err)
	if e.Pending != "" || e.Actor.SecondFactor {
		t.Errorf("after the reset: %+v", e)
	}
	told := 0
	for _, kind := range o.mails("owner@office.test") {
		if kind == string(mail.SecondFactorReset) {
			told++
		}
	}
	resets := 0
	for _, line := range o.actions() {
		if strings.HasPrefix(line, string(audit.FactorReset)+" done") {
			resets++
		}
	}
	if told != 1 || resets != 1 {
		t.Errorf("%d mails and %d events", told, resets)
	}
}

func TestMFA1StaffCannotRemoveWhatTheyNeed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, _ := o.enrol(o.staff("owner", authz.PolicyManager))
	o.WithSecondFactor(true, "Portal")
	if _, err := o.RemoveFactor(t.Context(), a, onward(token())); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("%v", err)
	}
	o.WithSecondFactor(false, "Portal")
	now, err := o.RemoveFactor(t.Context(), a, onward(token()))
	o.must(err)
	if now.SecondFactor || now.Proved(o.now()) {
		t.Errorf("%+v", now)
	}
	if e, err := o.signIn(1, "owner", good, ""); err != nil || e.Pending != "" {
		t.Errorf("%+v %v", e, err)
	}
}

// What happens between password and code counts at the last step.
func TestLGN6BetweenPasswordAndCode(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(o *office, admin, owner authz.Actor){
		"deactivated": func(o *office, admin, owner authz.Actor) {
			o.must(o.Deactivate(t.Context(), admin, owner.User, o.version(owner)))
		},
		"deactivated and back": func(o *office, admin, owner authz.Actor) {
			o.must(o.Deactivate(t.Context(), admin, owner.User, o.version(owner)))
			o.must(o.Reactivate(t.Context(), admin, owner.User, o.version(owner)))
		},
		"password reset": func(o *office, _, owner authz.Actor) {
			o.must(o.ForgotPassword(t.Context(), visitor(7), "owner@office.test", "en"))
			outcome, err := o.ResetPassword(t.Context(), visitor(7), o.link(challenge.Reset, "owner@office.test"), other)
			if err != nil || outcome != challenge.OK {
				t.Error(outcome, err)
			}
		},
		"other roles": func(o *office, admin, owner authz.Actor) {
			o.must(o.SetRoles(t.Context(), admin, owner.User, o.version(owner), []authz.Role{authz.PartnerAdmin}))
		},
		"too late": func(o *office, _, _ authz.Actor) { o.clock.Advance(PendingLifetime) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			admin := o.staff("admin", authz.PartnerAdmin)
			owner, p := o.enrol(o.staff("owner", authz.PolicyManager))
			waiting := o.password("owner")
			sessions := o.count("sessions", nil)
			between(o, admin, owner)
			tok := token()
			if _, err := o.code(waiting, p.Code(o.now()), tok); !errors.Is(err, ErrSignInEnded) {
				t.Errorf("%v", err)
			}
			if o.whose(tok).SignedIn() || o.count("sessions", nil) != sessions {
				t.Error("there is a session")
			}
		})
	}
}

// Nothing but the code's page takes a pending sign-in.
func TestLGN6PendingIsNoSession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.enrol(o.staff("owner", authz.PolicyManager))
	waiting := o.password("owner")
	if o.whose(waiting).SignedIn() {
		t.Error("the value is a session")
	}
	if _, err := o.code(token(), "123456", token()); !errors.Is(err, ErrSignInEnded) {
		t.Errorf("a value of nobody's: %v", err)
	}
	if ok, err := o.Awaited(t.Context(), waiting); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
}

// A link from a mail sets the password and leaves the second factor where it is.
func TestPWD7ResetLeavesTheSecondFactor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, p := o.enrol(o.staff("owner", authz.PolicyManager))
	o.must(o.ForgotPassword(t.Context(), visitor(7), "owner@office.test", "en"))
	outcome, err := o.ResetPassword(t.Context(), visitor(7), o.link(challenge.Reset, "owner@office.test"), other)
	if err != nil || outcome != challenge.OK {
		t.Fatal(outcome, err)
	}
	e, err := o.SignIn(t.Context(), visitor(1), Credentials{Email: "owner@office.test", Password: other}, starter(token()))
	o.must(err)
	if e.Pending == "" || e.Actor.SignedIn() {
		t.Fatalf("the reset let in: %+v", e)
	}
	_, err = o.code(e.Pending, p.Code(o.now()), token())
	o.must(err)
}

// Who sets an app up while somebody else signs in with the password alone: that
// sign-in needs the code too.
func TestLGN6SecondFactorSetUpMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.staff("owner", authz.PolicyManager)
	o.verify = func(ctx context.Context, typed, stored string) (bool, error) {
		o.verify = o.compare
		ok, err := o.compare(ctx, typed, stored)
		o.enrol(a)
		return ok, err
	}
	e, err := o.signIn(1, "owner", good, "")
	o.must(err)
	if e.Pending == "" || e.Actor.SignedIn() {
		t.Errorf("%+v", e)
	}
}
