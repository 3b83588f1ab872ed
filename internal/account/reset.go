package account

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// ForgotPassword mails a link to set a new password (authz.SignIn). lang is the
// language of the page, for an address without an account.
//
// Every address gets the same answer and one mail: one without an account, or
// with a deactivated one, is told so where only its owner can read it
// (security.md REG-1). Errors: *problem.InvalidError at "email" for what is no
// address; *problem.ThrottledError for too many from one network.
func (s *Service) ForgotPassword(ctx context.Context, a authz.Actor, typed, lang string) error {
	var f problem.Fields
	address := email.Field(&f, "email", typed)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		n := challenge.NewChallenge{Purpose: challenge.Reset, Address: address, NetKey: throttle.NetKey(a.IP), Silent: true, Lang: lang}
		event := audit.Event{
			Action:  audit.PasswordResetRequested,
			Subject: audit.Subject{Kind: audit.User, Name: s.nickname(typed)},
		}
		p, err := byAddress(ctx, tx, typed)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return audit.Event{}, err
		}
		if err == nil && p.Status == Active {
			if n.Address, err = p.address(); err != nil {
				return audit.Event{}, err
			}
			n.Silent, n.User, n.Lang = false, p.ID, p.Lang
			n.Params = map[string]string{"Name": p.FirstName}
			event = p.event(audit.PasswordResetRequested, nil)
		}
		_, err = s.challenges.Begin(ctx, tx, n)
		return event, err
	})
}

// Link is what the link of a mail opens.
type Link struct {
	Purpose challenge.Purpose // Reset, or Invite: the first password
	Email   string            // of the account, for the browser's password manager
	KeptOut string            // the organisation that has to be re-activated before the link works; else ""
	person  person
}

// Link looks at a link without using it up: mail programs and virus scanners
// open links too. The outcome is OK, Expired, AlreadyUsed or Wrong; Purpose is
// set for all but the last. Nobody chooses their first password while their
// partner is deactivated: that is Wrong with KeptOut, and the link stays good.
func (s *Service) Link(ctx context.Context, token string) (Link, challenge.Outcome, error) {
	for _, purpose := range []challenge.Purpose{challenge.Reset, challenge.Invite} {
		l, outcome, err := s.challenges.TryLink(ctx, purpose, token)
		if err != nil {
			return Link{}, outcome, err
		}
		if outcome == challenge.Wrong {
			continue
		}
		p, err := byID(ctx, s.db.Read(), l.User)
		if err != nil {
			return Link{}, challenge.Wrong, err
		}
		if outcome == challenge.OK && p.Status != Active {
			return Link{}, challenge.Wrong, nil
		}
		if outcome == challenge.OK && p.keptOut() {
			return Link{Purpose: purpose, KeptOut: p.Organisation}, challenge.Wrong, nil
		}
		return Link{Purpose: purpose, Email: p.Email, person: p}, outcome, nil
	}
	return Link{}, challenge.Wrong, nil
}

// ResetPassword sets the password of the account that a link belongs to, once.
// It signs nobody in, ends all sessions and other links of the account, clears
// its failures, and tells the owner (security.md PWD-7). An invitation's link
// makes the account usable in this way.
//
// The link alone is the permission: who is signed in in this browser does not
// matter, so the event's actor is a visitor. An outcome other than OK says why
// the link does not work (any more). Errors: *problem.InvalidError at
// "password", *problem.BusyError.
func (s *Service) ResetPassword(ctx context.Context, a authz.Actor, token, typed string) (challenge.Outcome, error) {
	l, outcome, err := s.Link(ctx, token)
	if err != nil || outcome != challenge.OK {
		return outcome, err
	}
	if err := l.person.checkPassword("password", typed); err != nil {
		return challenge.OK, err
	}
	hash, err := s.hasher.Hash(ctx, typed)
	if err != nil {
		return challenge.OK, err
	}
	err = s.db.Change(ctx, authz.VisitorAt(a.IP, a.RequestID), authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		used, err := s.challenges.ConsumeLink(ctx, tx, l.Purpose, token)
		if err != nil {
			return audit.Event{}, err
		}
		p, err := lockByID(ctx, tx, used.User)
		if err != nil {
			return audit.Event{}, err
		}
		if p.Status != Active || p.keptOut() {
			return audit.Event{}, problem.ErrConflict
		}
		return p.event(audit.PasswordReset, nil), s.setPassword(ctx, tx, p, hash)
	})
	if errors.Is(err, problem.ErrConflict) {
		_, outcome, err = s.Link(ctx, token)
		return outcome, err
	}
	return challenge.OK, err
}

// setPassword stores a new password with all that follows from it (security.md
// PWD-5, PWD-7, SES-5).
func (s *Service) setPassword(ctx context.Context, tx *pg.Tx, p person, hash string) error {
	err := pg.Exec1(ctx, tx, `update users set password = @hash, updated_at = @now where id = @id`,
		pg.Args{"id": p.ID, "hash": hash, "now": tx.Now()})
	if err != nil {
		return err
	}
	if err := endEverything(ctx, tx, p.ID); err != nil {
		return err
	}
	for _, key := range [][]byte{throttle.AccountKey(s.keys, p.Email), s.changeKey(p.ID)} {
		if err := clearBucket(ctx, tx, key); err != nil {
			return err
		}
	}
	return mail.Enqueue(ctx, tx, mail.Message{
		Kind: mail.PasswordChanged, To: p.Email, Lang: p.Lang,
		Params: map[string]string{"Name": p.FirstName},
	})
}
