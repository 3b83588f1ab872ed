package organisation

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// AskAddress asks for another address of the actor, who owns a partner
// (authz.OrganisationEdit). A code goes to the new address first; see
// ProveAddress. An address that has an account looks like any other, but only
// its owner is told and no code is right (security.md REG-1). Asking for a
// second address takes the first one back as long as it is not proved.
//
// Errors: *problem.InvalidError at "email" or "reason"; *problem.ConflictError
// while another change waits for a decision; *problem.ThrottledError.
func (s *Service) AskAddress(ctx context.Context, a authz.Actor, typed, reason string) error {
	var f problem.Fields
	address := email.Field(&f, "email", typed)
	reason = f.Lines("reason", reason, MaxWhy, true)
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.OrganisationEdit, err)
	}
	return s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockActive(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		u, err := pg.One[struct {
			Email, EmailKey, FirstName, Lang string
			Taken                            bool
		}](ctx, tx, `select email, email_key, first_name, lang, exists (select 1 from users where email_key = @key) as taken from users where id = @id`,
			pg.Args{"id": a.User, "key": address.Canonical()})
		if err != nil {
			return audit.Event{}, err
		}
		if u.EmailKey == address.Canonical() {
			return audit.Event{}, problem.Invalid("email", "organisation.problem.same")
		}
		if err := s.takeBack(ctx, tx, a, p, address.String()); err != nil {
			return audit.Event{}, err
		}
		c := Change{ID: id.New[id.PartnerChange](), PartnerID: p.ID, Field: Address, Status: Unproved, Before: u.Email, After: address.String(), Reason: reason}
		c.ChallengeID, err = s.challenges.Begin(ctx, tx, challenge.NewChallenge{
			Purpose: challenge.NewAddress, Address: address, User: a.User, NetKey: throttle.NetKey(a.IP), Silent: u.Taken, Lang: u.Lang,
			Params: map[string]string{"Name": u.FirstName},
		})
		if err != nil {
			return audit.Event{}, err
		}
		if err := ask(ctx, tx, a, c); err != nil {
			return audit.Event{}, err
		}
		return p.event(audit.ChangeRequested, c.detail()), nil
	})
}

// takeBack withdraws an unproved change for another address, or one whose code
// cannot be used any more. The same address again is pg.ErrNothing.
func (s *Service) takeBack(ctx context.Context, tx *pg.Tx, a authz.Actor, p locked, address string) error {
	there, err := openChange(ctx, tx, p.ID, Address)
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return nil
	case err != nil:
		return err
	case there.Status == Pending:
		return &problem.ConflictError{Key: "organisation.conflict.open", Args: []any{"Value", there.After, "When", there.RequestedAt}}
	}
	if there.After == address {
		st, err := s.challenges.State(ctx, there.ChallengeID)
		switch {
		case err == nil && st.Open(tx.Now()) == challenge.OK:
			return pg.ErrNothing
		case err != nil && !errors.Is(err, problem.ErrNotFound):
			return err
		}
	}
	tx.Also(p.event(audit.ChangeWithdrawn, there.detail()))
	return end(ctx, tx, a, there, Withdrawn, "")
}

// Proof is the change of address that the actor has not proved yet, and how its
// code stands; problem.ErrNotFound if there is none.
func (s *Service) Proof(ctx context.Context, a authz.Actor) (Change, challenge.State, error) {
	c, err := openChange(ctx, s.db.Read(), a.Partner, Address)
	if err == nil && c.Status != Unproved {
		err = problem.ErrNotFound
	}
	if err != nil {
		return Change{}, challenge.State{}, err
	}
	st, err := s.challenges.State(ctx, c.ChallengeID)
	return c, st, err
}

// ProveAddress tries the code that went to the new address
// (authz.OrganisationEdit). The right one sends the change to the Partner
// Admins, and tells the old address. Left is how many attempts remain after a
// wrong one. Errors: *problem.InvalidError at "code" for no code at all;
// problem.ErrNotFound if nothing waits for one.
func (s *Service) ProveAddress(ctx context.Context, a authz.Actor, typed string) (challenge.Result, error) {
	if !a.May(authz.OrganisationEdit) {
		return challenge.Result{}, s.db.Deny(ctx, a, authz.OrganisationEdit)
	}
	c, _, err := s.Proof(ctx, a)
	if err != nil {
		return challenge.Result{}, err
	}
	if typed == "" {
		return challenge.Result{}, problem.Invalid("code", "problem.required")
	}
	res, err := s.challenges.Try(ctx, c.ChallengeID, challenge.NewAddress, typed)
	if err != nil || res.Outcome != challenge.OK && res.Outcome != challenge.AlreadyUsed {
		return res, err
	}
	// A code that was right before, when what follows failed, needs not be right again.
	err = s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		return s.submitAddress(ctx, tx, a, c)
	})
	if err == nil {
		res.Outcome = challenge.OK
	}
	return res, err
}

func (s *Service) submitAddress(ctx context.Context, tx *pg.Tx, a authz.Actor, c Change) (audit.Event, error) {
	p, err := lockActive(ctx, tx, a.Partner)
	if err != nil {
		return audit.Event{}, err
	}
	var f problem.Fields
	address := email.Field(&f, "email", c.After)
	if f.Err() != nil {
		return audit.Event{}, f.Err()
	}
	if _, err := s.challenges.Consume(ctx, tx, challenge.NewAddress, c.ChallengeID, address.Canonical()); err != nil {
		return audit.Event{}, err
	}
	err = pg.Exec1(ctx, tx, `update partner_changes set status = 'pending_approval', submitted_at = @now, version = version + 1
		where id = @id and status = 'unproved' and requested_by = @by`, pg.Args{"id": c.ID, "by": a.User, "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	err = mail.Enqueue(ctx, tx, mail.Message{
		Kind: mail.AddressChangeAsked, To: a.Email, Lang: a.Lang,
		Params: map[string]string{"Name": a.Name, "Organisation": p.Organisation, "Path": "/organisation"},
	})
	if err != nil {
		return audit.Event{}, err
	}
	return p.event(audit.ChangeSubmitted, c.detail()), tellWaiting(ctx, tx, p, c)
}

// ResendCode mails the code for the new address again (authz.OrganisationEdit);
// see challenge.Engine.Resend. problem.ErrNotFound if nothing waits for one.
func (s *Service) ResendCode(ctx context.Context, a authz.Actor) error {
	if !a.May(authz.OrganisationEdit) {
		return s.db.Deny(ctx, a, authz.OrganisationEdit)
	}
	c, _, err := s.Proof(ctx, a)
	if err == nil {
		_, err = s.challenges.Resend(ctx, c.ChallengeID)
	}
	return err
}
