package partner

import (
	"context"
	"errors"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// IncompleteError says which step has to be done before a request can be sent.
// The zero Step is the page of all answers: a code has to be asked for there.
type IncompleteError struct{ Step Step }

func (e *IncompleteError) Error() string { return "registration incomplete: " + string(e.Step) }

// Send asks for the request to be sent. Unless the address is verified already,
// a code goes to it first and sent is false: see Confirm. Sending twice mails
// one code. Whether the address has an account makes no difference to the
// answer (security.md REG-1): its owner gets another mail instead of the code.
//
// It needs authz.Register. Errors: problem.ErrNotFound without a draft,
// *IncompleteError, *problem.ThrottledError (REG-6), and those of Confirm.
func (r *Registrations) Send(ctx context.Context, a authz.Actor, token string) (sent bool, err error) {
	if !a.May(authz.Register) {
		return false, r.db.Deny(ctx, a, authz.Register)
	}
	d, err := r.Draft(ctx, token)
	if err != nil || d.Receipt != nil {
		return err == nil, err
	}
	if next := d.Next(); next != "" {
		return false, &IncompleteError{next}
	}
	st, err := r.proof(ctx, d)
	now := r.db.Now()
	switch {
	case missing(err): // no code yet, or for another address
	case err != nil:
		return false, err
	case st.Verified(now):
		return true, r.complete(ctx, a, token)
	case st.Open(now) == challenge.OK:
		return false, nil
	case st.CanResend(now) == challenge.OK:
		_, err := r.challenges.Resend(ctx, st.ID)
		return false, err
	}
	return r.mailCode(ctx, a, token, d)
}

// proof is the challenge of a draft as it stands; problem.ErrNotFound when
// there is none for its present address.
func (r *Registrations) proof(ctx context.Context, d Draft) (challenge.State, error) {
	if id.IsZero(d.challenge) {
		return challenge.State{}, problem.ErrNotFound
	}
	address, err := d.addressOf()
	if err != nil {
		return challenge.State{}, problem.ErrNotFound
	}
	st, err := r.challenges.State(ctx, d.challenge)
	if err == nil && (st.EmailKey != address.Canonical() || st.Purpose != challenge.Register) {
		return challenge.State{}, problem.ErrNotFound
	}
	return st, err
}

// mailCode begins a challenge, unless another click has sent the request or
// mailed a code since the draft was seen. Everybody costs the same statements.
func (r *Registrations) mailCode(ctx context.Context, a authz.Actor, token string, seen Draft) (sent bool, err error) {
	err = r.db.Housekeep(ctx, "mail code", func(tx *pg.Tx) error {
		d, err := r.open(ctx, tx, token, "for update")
		if err != nil {
			return err
		}
		sent = d.Receipt != nil
		if sent || d.challenge != seen.challenge {
			return nil
		}
		address, err := d.addressOf()
		if err != nil {
			return err
		}
		known, err := pg.Value[bool](ctx, tx, `select exists (select 1 from users where email_key = @key)`, pg.Args{"key": address.Canonical()})
		if err != nil {
			return err
		}
		d.challenge, err = r.challenges.Begin(ctx, tx, challenge.NewChallenge{
			Purpose: challenge.Register, Address: address,
			NetKey: throttle.NetKey(a.IP), Silent: known, Lang: d.Answers.Lang,
		})
		if err != nil {
			return err
		}
		return r.store(ctx, tx, token, d)
	})
	return sent, err
}

// Proof is where the code of a browser's draft stands, for the page that asks
// for it. problem.ErrNotFound: there is no draft, or no code for its address.
func (r *Registrations) Proof(ctx context.Context, token string) (Draft, challenge.State, error) {
	d, err := r.Draft(ctx, token)
	if err != nil || d.Receipt != nil {
		return d, challenge.State{}, err
	}
	st, err := r.proof(ctx, d)
	return d, st, err
}

// Resend mails the next code; see challenge.Engine.Resend.
func (r *Registrations) Resend(ctx context.Context, a authz.Actor, token string) (challenge.Outcome, error) {
	if !a.May(authz.Register) {
		return 0, r.db.Deny(ctx, a, authz.Register)
	}
	d, st, err := r.Proof(ctx, token)
	if err != nil {
		return 0, err
	}
	if d.Receipt != nil {
		return challenge.AlreadyUsed, nil
	}
	return r.challenges.Resend(ctx, st.ID)
}

// Confirm tries a code for the browser's own challenge (security.md REG-8) and,
// when it is right, sends the request: account, partner, first submission,
// audit event and mails, all or nothing.
//
// It needs authz.Register. The result is that of challenge.Engine.Try; OK means
// that the request was sent, now or before. Errors: problem.ErrNotFound without
// a draft or a code for its address; *problem.InvalidError for what was taken
// or closed meanwhile (public_id, email, policy_group): then the address stays
// verified, and Send needs no further code; *IncompleteError.
func (r *Registrations) Confirm(ctx context.Context, a authz.Actor, token, typed string) (challenge.Result, error) {
	if !a.May(authz.Register) {
		return challenge.Result{}, r.db.Deny(ctx, a, authz.Register)
	}
	d, st, err := r.Proof(ctx, token)
	if err != nil {
		return challenge.Result{}, err
	}
	if d.Receipt != nil {
		return challenge.Result{Outcome: challenge.OK}, nil
	}
	if strings.TrimSpace(typed) == "" {
		return challenge.Result{}, problem.Invalid("code", "problem.required") // costs no attempt
	}
	res, err := r.challenges.Try(ctx, st.ID, challenge.Register, typed)
	if err != nil {
		return res, err
	}
	if res.Compared {
		if err := r.record(ctx, a, st, res.Outcome); err != nil {
			return res, err
		}
	}
	if res.Outcome == challenge.AlreadyUsed {
		// Verified a moment ago, but not sent: a second click, or a failure
		// after the first. The proof is this browser's own, so go on.
		if st, err = r.challenges.State(ctx, st.ID); err == nil && st.Verified(r.db.Now()) {
			res.Outcome = challenge.OK
		}
	}
	if err == nil && res.Outcome == challenge.OK {
		err = r.complete(ctx, a, token)
	}
	if err == nil && res.Outcome == challenge.AlreadyUsed {
		if d, err = r.Draft(ctx, token); err == nil && d.Receipt != nil {
			res.Outcome = challenge.OK // the other click has sent it
		}
	}
	return res, err
}

// record writes what came of a code: refused codes can be counted afterwards.
func (r *Registrations) record(ctx context.Context, a authz.Actor, st challenge.State, outcome challenge.Outcome) error {
	ev := audit.Event{Action: audit.CodeRefused, Subject: audit.Subject{Kind: audit.Registration, ID: st.ID.String(), Name: masked(st.Email)}}
	result := audit.Failed
	if outcome == challenge.OK {
		ev.Action, result = audit.AddressVerified, audit.Done
	}
	return r.db.Record(ctx, a, ev, result)
}

// masked is an address as the audit log may hold it (security.md AUD-2).
func masked(address string) string {
	a, err := email.Parse(address)
	if err != nil {
		return "…"
	}
	return a.Local()[:1] + "…@" + a.Domain()
}

// complete turns a verified draft into a partner that waits for admission. It
// reads the draft and the proof again, under locks (security.md REG-8).
func (r *Registrations) complete(ctx context.Context, a authz.Actor, token string) error {
	err := r.db.Change(ctx, a, authz.Register, func(tx *pg.Tx) (audit.Event, error) {
		d, err := r.open(ctx, tx, token, "for update")
		if err != nil {
			return audit.Event{}, err
		}
		if d.Receipt != nil {
			return audit.Event{}, errReplayed
		}
		if next := d.Next(); next != "" {
			return audit.Event{}, &IncompleteError{next}
		}
		address, err := d.addressOf()
		if err != nil {
			return audit.Event{}, err
		}
		proof, err := r.challenges.Consume(ctx, tx, challenge.Register, d.challenge, address.Canonical())
		if errors.Is(err, problem.ErrConflict) {
			return audit.Event{}, &IncompleteError{} // the proof is too old, or for another address
		}
		if err != nil {
			return audit.Event{}, err
		}
		return r.admitToQueue(ctx, tx, token, d, proof)
	})
	if errors.Is(err, errReplayed) {
		return nil
	}
	return err
}
