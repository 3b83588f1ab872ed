package partner

import (
	"testing"

	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/pg"
)

func TestREG7ThousandParallelWrongCodes(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	cid := k.send(token)
	wrong := k.wrongCode(cid)
	k.atOnce(1000, func() { _, _ = k.regs.Confirm(t.Context(), k.visitor, token, wrong) })
	k.wantCount("audit_log where action = 'registration.code_refused'", 5)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.UsedUp {
		t.Errorf("afterwards: %s", got)
	}
}

func TestREG7HundredParallelRightCodesMakeOneAccount(t *testing.T) {
	t.Parallel()
	for range 3 {
		k := newDesk(t)
		token := k.fill(k.answers(1))
		right := k.rightCode(k.send(token))
		k.warm()
		k.atOnce(100, func() {
			if _, err := k.regs.Confirm(t.Context(), k.visitor, token, right); err != nil {
				t.Errorf("Confirm: %v", err)
			}
		})
		k.wantOneRegistration()
	}
}

// Every request that comes after the first one lands on the same final page.
func TestCON2ThousandParallelSendsMakeOneRegistration(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.verifiedButUnsent(1)
	k.warm()
	k.atOnce(1000, func() {
		if sent, err := k.regs.Send(t.Context(), k.visitor, token); err != nil || !sent {
			t.Errorf("Send = %v, %v", sent, err)
		}
	})
	k.wantOneRegistration()
}

// The race tests must catch a version that reads the proof, then writes.
func TestREG7NaiveCompletionIsCaught(t *testing.T) {
	t.Parallel()
	for range 20 {
		k := newDesk(t)
		token := k.verifiedButUnsent(1)
		k.warm()
		k.atOnce(100, func() { k.naiveComplete(token) })
		if k.count("mail_outbox where kind = 'registration_received'") > 1 {
			return
		}
	}
	t.Error("a version without locks and conditional statements passed: the race tests are blind")
}

// naiveComplete is complete without its locks: security.md (e) 3. The unique
// indexes would still stop a second account, so it makes up another name.
func (k *desk) naiveComplete(token string) {
	d, st, err := k.regs.Proof(k.t.Context(), token)
	if err != nil || d.Receipt != nil || !st.Verified(k.db.Now()) {
		return
	}
	_ = k.db.Housekeep(k.t.Context(), "naive", func(tx *pg.Tx) error {
		if err := tellOfRequest(k.t.Context(), tx, id.New[id.Partner](), d.Answers); err != nil {
			return err
		}
		d.Receipt = &Receipt{}
		return k.regs.store(k.t.Context(), tx, token, d)
	})
}

// verifiedButUnsent is a registration whose partner ID was taken between the
// check and the code, and then became free again.
func (k *desk) verifiedButUnsent(n int) string {
	k.t.Helper()
	a := k.answers(n)
	token := k.fill(a)
	right := k.rightCode(k.send(token))
	k.exec(`update policy_groups set status = 'deactivated'`, pg.Args{})
	_, err := k.regs.Confirm(k.t.Context(), k.visitor, token, right)
	if got := invalidField(err); got != "policy_group partner.problem.group_closed" {
		k.t.Fatalf("Confirm: %s", got)
	}
	k.exec(`update policy_groups set status = 'active'`, pg.Args{})
	return token
}

func (k *desk) wantOneRegistration() {
	k.t.Helper()
	k.wantCount("partners", 1)
	k.wantCount("partner_submissions", 1)
	k.wantCount("users where owner", 1)
	k.wantCount("audit_log where action = 'registration.sent'", 1)
	k.wantCount("mail_outbox where kind = 'registration_received'", 1)
	k.wantCount("mail_outbox where kind = 'registration_waiting'", 1)
}

// warm opens the connections, so that a race is one (security.md M16).
func (k *desk) warm() {
	k.t.Helper()
	k.atOnce(20, func() {
		_, _ = pg.Value[bool](k.t.Context(), k.db.Read(), `select pg_sleep(0.02) is null`, pg.Args{})
		_ = k.db.Housekeep(k.t.Context(), "warm", func(tx *pg.Tx) error {
			_, err := tx.Exec(k.t.Context(), `select pg_sleep(0.02)`, pg.Args{})
			return err
		})
	})
}

// atOnce runs fn n times behind one barrier.
func (k *desk) atOnce(n int, fn func()) {
	start, done := make(chan struct{}), make(chan struct{})
	for range n {
		go func() {
			<-start
			fn()
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
}
