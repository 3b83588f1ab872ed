package partner

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Every class of address gets the same answers, and costs the same rows.
func TestREG1AnswersAreUniform(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	existing, disabled, throttled, fresh := k.answers(1), k.answers(2), k.answers(3), k.answers(4)
	k.register(existing)
	k.register(disabled)
	k.exec(`update users set status = 'deactivated' where email = @email`, pg.Args{"email": disabled.Email})
	for range 6 {
		k.send(k.fill(throttled))
	}
	k.clock.Advance(2 * time.Hour) // the network is free again, the address is not
	undeliverable := k.answers(5)
	undeliverable.Email = "nobody@no-such-domain.example"

	var first []string
	for i, a := range []Answers{fresh, existing, disabled, throttled, undeliverable} {
		a.PublicID = fmt.Sprintf("other-%d", i)
		got := k.observe(a)
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("class %d is answered differently (-new +this):\n%s", i, diff)
		}
	}
	k.wantCount("mail_outbox where kind = 'already_registered' and status = 'queued'", 4)
	k.wantCount("users where partner_id is not null", 2)
}

// observe walks through a registration with wrong codes and tells what a
// visitor, and a clock on the outside, could see.
func (k *desk) observe(a Answers) []string {
	k.t.Helper()
	token := k.fill(a)
	var seen []string
	note := func(what string, result any, err error) {
		seen = append(seen, fmt.Sprintf("%s: %v %v; %d new mails", what, result, err, k.count("mail_outbox where challenge_id = '"+k.draft(token).challenge.String()+"'")))
	}
	sent, err := k.regs.Send(k.t.Context(), k.visitor, token)
	note("send", sent, err)
	sent, err = k.regs.Send(k.t.Context(), k.visitor, token)
	note("send again", sent, err)
	_, st, err := k.regs.Proof(k.t.Context(), token)
	note("state", []any{st.Sends, st.AttemptsLeft, st.ResendAt.Sub(k.db.Now()), st.ExpiresAt.Sub(k.db.Now()), st.Verified(k.db.Now())}, err)
	outcome, err := k.regs.Resend(k.t.Context(), k.visitor, token)
	note("resend at once", outcome, err)
	k.clock.Advance(time.Minute)
	outcome, err = k.regs.Resend(k.t.Context(), k.visitor, token)
	note("resend", outcome, err)
	for range 6 {
		res, err := k.regs.Confirm(k.t.Context(), k.visitor, token, k.wrongCode(k.draft(token).challenge))
		note("wrong", res, err)
	}
	return seen
}

func TestREG1ExistingOwnerIsMailedAndNoCodeIsRight(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	k.register(a)
	b := k.answers(2)
	b.Email = "ANN1@Example.org" // another spelling
	token := k.fill(b)
	cid := k.send(token)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.Wrong {
		t.Errorf("Confirm = %s", got)
	}
	k.wantCount("mail_outbox where kind = 'already_registered'", 1)
	k.wantCount("users where partner_id is not null", 1)
}

func TestREG2NothingCanBeReadBeforeTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	token := k.fill(a)
	k.send(token)
	k.wantCount("partners", 0)
	k.wantCount("users where partner_id is not null", 0)
	dump := k.text(`select encode(answers, 'escape') || token from registration_drafts union all select email || net_key from challenges
		union all select params::text || recipient from mail_outbox union all select detail from audit_log`)
	for _, hidden := range []string{a.Organisation, a.Purpose, a.PublicID, a.Phone, "Main Street", testPassword, "argon2", token} {
		if strings.Contains(dump, hidden) {
			t.Errorf("the database holds %q before the address is verified", hidden)
		}
	}
	// The row alone, or another browser's token, opens nothing.
	other := k.save("", StepType, a)
	k.exec(`update registration_drafts set answers = (select answers from registration_drafts where token = @from) where token = @to`,
		pg.Args{"from": draftKey(token), "to": draftKey(other)})
	if _, err := k.regs.Draft(t.Context(), other); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a stolen row opens with another token: %v", err)
	}
}

func TestREG2ChallengeDiesAfterAnHour(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	cid := k.send(token)
	k.clock.Advance(time.Hour)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.Expired {
		t.Errorf("an hour later: %s", got)
	}
	if next := k.send(token); next == cid {
		t.Error("no new challenge after an hour")
	}
}

// The attacker began first, with the victim's address; the victim registers.
func TestREG2AnotherOnesRegistrationIsUseless(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	bad, good := k.answers(1), k.answers(2)
	bad.Email, bad.Organisation, good.Email = "victim@example.org", "Evil Ltd", "victim@example.org"
	attacker := k.fill(bad)
	cid := k.send(attacker)
	k.register(good)
	hash := k.text(`select password from users where email = 'victim@example.org'`)
	// Even the right code of the attacker's own challenge changes nothing now.
	_, err := k.regs.Confirm(t.Context(), k.visitor, attacker, k.rightCode(cid))
	if got := invalidField(err); got != "email partner.problem.email_taken" {
		t.Errorf("Confirm: %s", got)
	}
	k.wantCount("partners where organisation = 'Evil Ltd'", 0)
	k.wantCount("users where email = 'victim@example.org'", 1)
	if now := k.text(`select password from users where email = 'victim@example.org'`); now != hash {
		t.Error("a registration changed an existing account")
	}
}

func TestREG3TheProvedSpellingIsStored(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	a.Email = "Ann@EXAMPLE.org"
	token := k.fill(a)
	cid := k.send(token)
	a.Email = "aNN@example.org" // the same mailbox, after the code went to the other spelling
	k.save(token, StepContact, a)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.OK {
		t.Fatalf("Confirm = %s", got)
	}
	k.wantCount("users where email = 'Ann@example.org' and email_key = 'ann@example.org'", 1)
	k.wantCount("partner_submissions where answers->>'email' = 'Ann@example.org'", 1)
	k.wantCount("mail_outbox where recipient = 'Ann@example.org'", 2)
}

func TestREG4ResentCodeReplacesTheFirst(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	cid := k.send(token)
	first := k.rightCode(cid)
	k.clock.Advance(time.Minute)
	if got, err := k.regs.Resend(t.Context(), k.visitor, token); err != nil || got != challenge.OK {
		t.Fatalf("Resend: %s, %v", got, err)
	}
	if got := k.confirm(token, first); got != challenge.Wrong {
		t.Errorf("the first code: %s", got)
	}
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.OK {
		t.Errorf("the second code: %s", got)
	}
}

func TestREG5TheCodeSignsNobodyIn(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	k.register(k.answers(1))
	k.wantCount("sessions", 0)
	k.wantCount("audit_log where action = 'session.started'", 0)
}

func TestREG5ExpiredCodeIsSentAnewWithinTheHour(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	cid := k.send(token)
	handOff := func() {
		k.must(func(tx *pg.Tx) error { return challenge.HandedOff(t.Context(), tx, cid) })
	}
	handOff()
	k.clock.Advance(10*time.Minute + time.Second)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.Expired {
		t.Errorf("10:01 after hand-off: %s", got)
	}
	if again := k.send(token); again != cid {
		t.Error("a second challenge for what a resend can do")
	}
	handOff()
	k.clock.Advance(9*time.Minute + 59*time.Second)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.OK {
		t.Errorf("9:59 after hand-off: %s", got)
	}
}

func TestREG6TwentyCodesPerNetworkAndHour(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	var tokens []string
	for n := range 21 {
		tokens = append(tokens, k.fill(k.answers(n)))
	}
	for _, token := range tokens[:20] {
		k.send(token)
	}
	_, err := k.regs.Send(t.Context(), k.visitor, tokens[20])
	var throttled *problem.ThrottledError
	if !errors.As(err, &throttled) || throttled.RetryAfter <= 0 {
		t.Errorf("the 21st: %v", err)
	}
	elsewhere := authz.VisitorAt(netip.MustParseAddr("2001:db8::1"), "req")
	if _, err := k.regs.Send(t.Context(), elsewhere, tokens[20]); err != nil {
		t.Errorf("from another network: %v", err)
	}
}

func TestREG8AnotherBrowserCannotUseTheCode(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	mine, theirs := k.fill(k.answers(1)), k.fill(k.answers(2))
	right := k.rightCode(k.send(mine))
	if _, err := k.regs.Confirm(t.Context(), k.visitor, theirs, right); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a browser without a code of its own: %v", err)
	}
	own := k.rightCode(k.send(theirs))
	if own != right { // one time in a million they are equal
		if got := k.confirm(theirs, right); got != challenge.Wrong {
			t.Errorf("the code of another browser: %s", got)
		}
	}
	if _, err := k.regs.Confirm(t.Context(), k.visitor, "", right); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no browser: %v", err)
	}
	if got := k.confirm(mine, right); got != challenge.OK {
		t.Errorf("the right browser: %s", got)
	}
}

func TestREG8AnotherAddressNeedsAnotherCode(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	token := k.verifiedButUnsent(1)
	first := k.draft(token).challenge
	a.Email = "somebody-else@example.org"
	k.save(token, StepContact, a)
	if _, err := k.regs.Confirm(t.Context(), k.visitor, token, k.rightCode(first)); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("the code of the earlier address: %v", err)
	}
	second := k.send(token)
	if second == first {
		t.Fatal("the proof of another address was used")
	}
	if got := k.confirm(token, k.rightCode(second)); got != challenge.OK {
		t.Errorf("the code of the new address: %s", got)
	}
	k.wantCount("users where email = 'somebody-else@example.org'", 1)
}

func TestREG8VerifiedAddressNeedsNoSecondCode(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	right := k.rightCode(k.send(token))
	other := k.answers(2)
	other.PublicID = "ACME-1" // takes the partner ID meanwhile
	k.register(other)
	_, err := k.regs.Confirm(t.Context(), k.visitor, token, right)
	if got := invalidField(err); got != "public_id partner.problem.public_id_taken" {
		t.Fatalf("Confirm: %s", got)
	}
	a := k.answers(1)
	a.PublicID = "acme-one"
	k.save(token, StepOrganisation, a)
	mails := k.count("mail_outbox where kind = 'registration_code'")
	if sent, err := k.regs.Send(t.Context(), k.visitor, token); err != nil || !sent {
		t.Errorf("Send = %v, %v", sent, err)
	}
	k.wantCount("mail_outbox where kind = 'registration_code'", mails)
	k.wantCount("partners where public_id = 'acme-one'", 1)
}
