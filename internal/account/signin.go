package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/throttle"
)

// Credentials are what somebody types to sign in, and what the browser adds.
type Credentials struct {
	Email    string // as typed
	Password string // as typed
	Device   string // the value of Entry.Device from an earlier sign-in; may be ""
}

// Entry is a session that has begun; or, where the password is not enough, a
// sign-in that awaits a code.
type Entry struct {
	Actor     authz.Actor
	Device    string // for the browser to keep for DeviceLifetime
	Pending   string // for the browser to keep until SignInCode; then nobody is signed in yet
	Recovered bool   // by a recovery code: the app has to be set up anew
}

// StartSession prepares a session that ends at until whatever happens, and
// tells what to store for it.
type StartSession func(until time.Time) (session.New, error)

// SignIn lets somebody in: visitor a becomes the account's person (permission
// authz.SignIn). start is called once, after the password was found right and
// before the session is stored.
//
// The attempt is counted before anything is compared (security.md LGN-2 …
// LGN-5), nothing waits for the hash while it holds a connection (PWD-4), and
// account and password are read again in the transaction that stores the
// session (LGN-6). A hash of earlier parameters is replaced (PWD-3). For an account
// with a second factor no session begins: see Entry.Pending.
//
// Errors: ErrWrong, ErrDisabled, *problem.ThrottledError, *problem.BusyError.
// The event's actor is the visitor, its subject the account: until the moment
// of the event nobody was anybody.
func (s *Service) SignIn(ctx context.Context, a authz.Actor, c Credentials, start StartSession) (Entry, error) {
	found, err := byAddress(ctx, s.db.Read(), c.Email)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	r, err := s.reserve(ctx, s.signInBucket(a, c, found))
	if err != nil {
		return Entry{}, err
	}
	stored := found.Password
	if found.Status != Active {
		stored = ""
	}
	right, err := s.verify(ctx, c.Password, stored)
	if err != nil {
		return Entry{}, errors.Join(err, s.release(ctx, r))
	}
	if !right {
		return Entry{}, s.refuse(ctx, a, c, found, r)
	}
	e, err := s.enter(ctx, a, c, found, r, start)
	if errors.Is(err, ErrWrong) {
		return Entry{}, s.refuse(ctx, a, c, found, r)
	}
	return e, err
}

// signInBucket is the account's bucket for strangers, and the browser's own
// for one that was let in before. A known browser does not suffer from the
// others of its network either: its own bucket limits it enough (LGN-3).
func (s *Service) signInBucket(a authz.Actor, c Credentials, found person) bucket {
	if key, ok := s.deviceBucket(c.Device, found); ok {
		return bucket{key: key}
	}
	account := throttle.AccountKey(s.keys, c.Email)
	return bucket{key: account, net: throttle.NetKey(a.IP), account: account}
}

// refuse records a failed sign-in and gives the one answer for all of them.
func (s *Service) refuse(ctx context.Context, a authz.Actor, c Credentials, found person, r reservation) error {
	event := found.event(audit.SignInFailed, nil)
	if id.IsZero(found.ID) {
		event.Subject = audit.Subject{Kind: audit.User, Name: s.nickname(c.Email)}
	}
	if err := s.db.Record(ctx, a, event, audit.Failed); err != nil {
		return err
	}
	if r.failures == throttle.DisabledAfter {
		event.Action = audit.PasswordDisabled
		if err := s.db.Record(ctx, a, event, audit.Done); err != nil {
			return err
		}
	}
	return ErrWrong
}

// enter stores the session of somebody whose password was right a moment ago.
func (s *Service) enter(ctx context.Context, a authz.Actor, c Credentials, found person, r reservation, start StartSession) (Entry, error) {
	hash := found.Password
	if s.hasher.NeedsRehash(hash) {
		if renewed, err := s.hasher.Hash(ctx, c.Password); err == nil { // else at the next sign-in
			hash = renewed
		}
	}
	needed, err := hasFactor(ctx, s.db.Read(), found.ID)
	if err != nil {
		return Entry{}, err
	}
	if needed {
		token, err := s.await(ctx, a, found, hash, r)
		return Entry{Pending: token}, err
	}
	begun, err := start(s.db.Now().Add(session.Lifetime(found.staff())))
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	var now person
	err = s.db.Change(ctx, a, authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		now, err = lockByID(ctx, tx, found.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if now.Status != Active || now.Password != found.Password {
			return audit.Event{}, ErrWrong
		}
		if needed, err := hasFactor(ctx, tx, now.ID); err != nil {
			return audit.Event{}, err
		} else if needed { // set up since the password was compared
			return audit.Event{}, errFactor
		}
		if err := session.Start(ctx, tx, begun, now.ID); err != nil {
			return audit.Event{}, err
		}
		if err := pg.Exec1(ctx, tx, `update users set last_sign_in_at = @now, password = @hash where id = @id`,
			pg.Args{"id": now.ID, "hash": hash, "now": tx.Now()}); err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.SignedIn, nil), r.clear(ctx, tx)
	})
	if errors.Is(err, errFactor) {
		token, err := s.await(ctx, a, found, hash, r)
		return Entry{Pending: token}, err
	}
	if err != nil {
		return Entry{}, err
	}
	return Entry{Actor: entered(a, now, begun), Device: s.newDevice(now.ID, now.AuthEpoch)}, nil
}

// entered is a's request as the person whose session has begun.
func entered(a authz.Actor, p person, begun session.New) authz.Actor {
	actor := p.actor()
	actor.Session, _ = base64.RawURLEncoding.DecodeString(begun.Token) // made by web/session
	actor.ProvedAt = begun.FactorAt
	actor.IP, actor.RequestID = a.IP, a.RequestID
	return actor
}

// sessionToken is under which the actor's session is stored.
func sessionToken(a authz.Actor) string { return base64.RawURLEncoding.EncodeToString(a.Session) }

// SignOut ends the session of this request for good (authz.AccountEdit;
// security.md SES-4). Ending it twice is no error.
func (s *Service) SignOut(ctx context.Context, a authz.Actor) error {
	err := s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		n, err := tx.Exec(ctx, `update sessions set revoked_at = now(), data = '' where token = @token and user_id = @user and revoked_at is null`,
			pg.Args{"token": sessionToken(a), "user": a.User})
		if err == nil && n == 0 {
			err = problem.ErrConflict
		}
		return audit.Event{
			Action: audit.SignedOut, Partner: a.Partner,
			Subject: audit.Subject{Kind: audit.User, ID: a.User.String(), Name: a.Name},
		}, err
	})
	if errors.Is(err, problem.ErrConflict) {
		return nil
	}
	return err
}

// endEverything makes all that was handed out for an account useless: its
// sessions and known browsers, and the links in its mails.
func endEverything(ctx context.Context, tx *pg.Tx, uid id.User) error {
	if err := session.EndAll(ctx, tx, uid); err != nil {
		return err
	}
	return challenge.EndAll(ctx, tx, uid)
}
