package account

import (
	"context"
	"errors"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/factor"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
)

// setupLifetime is how long a secret may be set up before it has to be made anew.
const setupLifetime = 30 * time.Minute

// WithSecondFactor says whether staff need a second factor, and by which name
// authenticator apps show this portal.
func (s *Service) WithSecondFactor(required bool, issuer string) *Service {
	s.factorRequired, s.issuer = required, issuer
	return s
}

// SecondFactor is what somebody's own page says of their second factor.
type SecondFactor struct {
	On        bool
	Since     time.Time
	CodesLeft int  // recovery codes that were not used
	Needed    bool // this person cannot do without
}

// SecondFactor is the actor's own.
func (s *Service) SecondFactor(ctx context.Context, a authz.Actor) (SecondFactor, error) {
	f, err := pg.One[struct {
		Since     *time.Time
		CodesLeft int
	}](ctx, s.db.Read(), `select
		(select confirmed_at from second_factors where user_id = @user and confirmed_at is not null) as since,
		(select count(*) from recovery_codes where user_id = @user and used_at is null) as codes_left`, pg.Args{"user": a.User})
	if err != nil {
		return SecondFactor{}, err
	}
	out := SecondFactor{CodesLeft: f.CodesLeft, Needed: s.factorRequired && a.Staff()}
	if f.Since != nil {
		out.On, out.Since = true, *f.Since
	}
	return out, nil
}

// Setup is a secret that its owner puts into an authenticator app.
type Setup struct {
	Text string // to be typed
	URI  string // to be photographed
}

// SetUpFactor makes a new secret for the actor's authenticator app and shows it
// (authz.AccountEdit). It counts only after ConfirmFactor; an app that counts goes
// on until then (security.md MFA-2). It needs the current password, throttled like
// a sign-in: a stolen session must not be able to lock its owner out.
//
// Errors: *problem.InvalidError at "current", *problem.ThrottledError,
// ErrDisabled, *problem.BusyError.
func (s *Service) SetUpFactor(ctx context.Context, a authz.Actor, current string) (Setup, error) {
	if current == "" {
		return Setup{}, problem.Invalid("current", "problem.required")
	}
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return Setup{}, err
	}
	counted, err := s.checkCurrent(ctx, a, p, current, audit.FactorBegun)
	if err != nil {
		return Setup{}, err
	}
	made := factor.New()
	err = s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		now, err := lockByID(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if _, err := tx.Exec(ctx, `delete from second_factors where user_id = @user and confirmed_at is null`, pg.Args{"user": p.ID}); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `insert into second_factors (id, user_id, kind, secret, key_id, created_at)
			values (@id, @user, 'totp', @secret, @key, @now)`, pg.Args{
			"id": id.New[id.SecondFactor](), "user": p.ID, "secret": made.Seal(s.keys, p.ID.UUID), "key": s.keys.ID(), "now": tx.Now(),
		})
		if err != nil {
			return audit.Event{}, err
		}
		return now.event(audit.FactorBegun, nil), counted.clear(ctx, tx)
	})
	if err != nil {
		return Setup{}, err
	}
	return s.shown(made, p)
}

func (s *Service) shown(f factor.Secret, p person) (Setup, error) {
	uri, err := f.URI(s.issuer, p.Email)
	return Setup{Text: f.Text(), URI: uri}, err
}

// Setup shows a secret once more while it is being set up, after a code that did
// not fit. problem.ErrNotFound when there is none (any more).
func (s *Service) Setup(ctx context.Context, a authz.Actor) (Setup, error) {
	_, f, err := s.beingSetUp(ctx, a.User)
	if err != nil {
		return Setup{}, err
	}
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return Setup{}, err
	}
	return s.shown(f, p)
}

func (s *Service) beingSetUp(ctx context.Context, uid id.User) (id.SecondFactor, factor.Secret, error) {
	row, err := pg.One[struct {
		ID     id.SecondFactor
		Secret []byte
	}](ctx, s.db.Read(), `select id, secret from second_factors where user_id = @user and confirmed_at is null and created_at > @since`,
		pg.Args{"user": uid, "since": s.db.Now().Add(-setupLifetime)})
	if err != nil {
		return row.ID, factor.Secret{}, err
	}
	f, err := factor.Open(s.keys, uid.UUID, row.Secret)
	return row.ID, f, err
}

// ConfirmFactor makes the app that SetUpFactor began count, once a code of it
// fits, in the place of an earlier one (authz.AccountEdit). It returns ten recovery
// codes, shown this once; earlier ones are void. Every other session ends, and the
// owner is told. start prepares the session with which this browser goes on.
//
// Errors: *problem.InvalidError at "code"; problem.ErrNotFound when nothing is
// being set up; problem.ErrConflict when the account changed at the same moment.
func (s *Service) ConfirmFactor(ctx context.Context, a authz.Actor, typed string, start func() (session.New, error)) (authz.Actor, []string, error) {
	fid, f, err := s.beingSetUp(ctx, a.User)
	if err != nil {
		return authz.Actor{}, nil, err
	}
	step, ok := f.Step(typed, s.db.Now())
	if !ok {
		return authz.Actor{}, nil, problem.Invalid("code", "second_factor.problem.setup")
	}
	codes := factor.NewRecoveryCodes()
	actor, err := s.changeFactor(ctx, a, start, mail.SecondFactorOn, func(tx *pg.Tx, p person) (audit.Event, error) {
		replaced, err := tx.Exec(ctx, `delete from second_factors where user_id = @user and confirmed_at is not null`, pg.Args{"user": p.ID})
		if err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `update second_factors set confirmed_at = @now, last_step = @step where id = @id and confirmed_at is null`,
			pg.Args{"id": fid, "step": step, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		action := audit.FactorOn
		if replaced > 0 {
			action = audit.FactorReplaced
		}
		return p.event(action, nil), storeRecoveryCodes(ctx, tx, p.ID, codes)
	})
	actor.SecondFactor = true
	return actor, codes, err
}

// RenewRecoveryCodes makes ten new recovery codes and voids the earlier ones
// (authz.AccountEdit). What follows is ConfirmFactor's. problem.ErrConflict where
// there is no second factor.
func (s *Service) RenewRecoveryCodes(ctx context.Context, a authz.Actor, start func() (session.New, error)) (authz.Actor, []string, error) {
	codes := factor.NewRecoveryCodes()
	actor, err := s.changeFactor(ctx, a, start, mail.RecoveryCodesRenewed, func(tx *pg.Tx, p person) (audit.Event, error) {
		if err := mustHaveFactor(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		return p.event(audit.RecoveryCodesRenewed, nil), storeRecoveryCodes(ctx, tx, p.ID, codes)
	})
	actor.SecondFactor = true
	return actor, codes, err
}

// RemoveFactor switches the actor's second factor off (authz.AccountEdit); from
// then on the password is enough. What follows is ConfirmFactor's. Errors:
// problem.ErrDenied for staff who need one; problem.ErrConflict where there is none.
func (s *Service) RemoveFactor(ctx context.Context, a authz.Actor, start func() (session.New, error)) (authz.Actor, error) {
	if s.factorRequired && a.Staff() {
		return authz.Actor{}, s.db.Deny(ctx, a, authz.AccountEdit)
	}
	actor, err := s.changeFactor(ctx, a, start, mail.SecondFactorOff, func(tx *pg.Tx, p person) (audit.Event, error) {
		if err := mustHaveFactor(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		return p.event(audit.FactorOff, nil), s.forgetFactor(ctx, tx, p.ID)
	})
	actor.SecondFactor, actor.ProvedAt = false, time.Time{}
	return actor, err
}

// ResetFactor takes away the second factor of somebody who lost it, so that they
// can set up another one (authz.StaffManage; security.md MFA-7). Their sessions end
// and they are told who did it. Nobody resets their own: problem.ErrDenied. Where
// there is none, nothing happens. problem.ErrNotFound for nobody's account.
func (s *Service) ResetFactor(ctx context.Context, a authz.Actor, uid id.User) error {
	if uid == a.User {
		return s.db.Deny(ctx, a, authz.StaffManage)
	}
	return s.db.Change(ctx, a, authz.StaffManage, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockByID(ctx, tx, uid)
		if err != nil {
			return audit.Event{}, err
		}
		on, err := hasFactor(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if !on {
			return audit.Event{}, pg.ErrNothing
		}
		if err := s.forgetFactor(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		if err := endEverything(ctx, tx, p.ID); err != nil {
			return audit.Event{}, err
		}
		return p.event(audit.FactorReset, nil), tellFactor(ctx, tx, p, mail.SecondFactorReset, map[string]string{"Actor": a.Name})
	})
}

// changeFactor is what all changes of the own second factor have in common: every
// session ends but this browser's, which goes on with another token (security.md
// SES-2, SES-5), and the owner is told (LGN-7).
func (s *Service) changeFactor(ctx context.Context, a authz.Actor, start func() (session.New, error), kind mail.Kind,
	change func(*pg.Tx, person) (audit.Event, error),
) (authz.Actor, error) {
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return authz.Actor{}, err
	}
	begun, err := start()
	if err != nil {
		return authz.Actor{}, err
	}
	begun.FactorAt = s.db.Now()
	err = s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		now, err := lockByID(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if now.Status != Active || now.AuthEpoch != p.AuthEpoch {
			return audit.Event{}, problem.ErrConflict
		}
		event, err := change(tx, now)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.clearFactorBuckets(ctx, tx, now.ID); err != nil {
			return audit.Event{}, err
		}
		if err := endEverything(ctx, tx, now.ID); err != nil {
			return audit.Event{}, err
		}
		if err := session.Start(ctx, tx, begun, now.ID); err != nil {
			return audit.Event{}, err
		}
		return event, tellFactor(ctx, tx, now, kind, nil)
	})
	if err != nil {
		return authz.Actor{}, err
	}
	return entered(a, p, begun), nil
}

// tellFactor mails the owner of an account about its second factor. The mail's link
// leads to where they can look at it.
func tellFactor(ctx context.Context, tx *pg.Tx, p person, kind mail.Kind, params map[string]string) error {
	told := map[string]string{"Name": p.FirstName, "Path": "/account/second-factor"}
	for k, v := range params {
		told[k] = v
	}
	return mail.Enqueue(ctx, tx, mail.Message{Kind: kind, To: p.Email, Lang: p.Lang, Params: told})
}

// hasFactor reports whether an account has a second factor that counts.
func hasFactor(ctx context.Context, q pg.Querier, uid id.User) (bool, error) {
	return pg.Value[bool](ctx, q, `select `+session.HasSecondFactor+` from users u where u.id = @id`, pg.Args{"id": uid})
}

// mustHaveFactor is problem.ErrConflict where there is no second factor (any more).
func mustHaveFactor(ctx context.Context, tx *pg.Tx, uid id.User) error {
	on, err := hasFactor(ctx, tx, uid)
	if err == nil && !on {
		return problem.ErrConflict
	}
	return err
}

// forgetFactor takes everything of an account's second factor away.
func (s *Service) forgetFactor(ctx context.Context, tx *pg.Tx, uid id.User) error {
	for _, sql := range []string{
		`delete from second_factors where user_id = @user`,
		`delete from recovery_codes where user_id = @user`,
		`delete from pending_sign_ins where user_id = @user`,
	} {
		if _, err := tx.Exec(ctx, sql, pg.Args{"user": uid}); err != nil {
			return err
		}
	}
	return s.clearFactorBuckets(ctx, tx, uid)
}

func storeRecoveryCodes(ctx context.Context, tx *pg.Tx, uid id.User, codes []string) error {
	if _, err := tx.Exec(ctx, `delete from recovery_codes where user_id = @user`, pg.Args{"user": uid}); err != nil {
		return err
	}
	var hashes [][]byte
	for _, c := range codes {
		hash, ok := factor.RecoveryHash(c)
		if !ok {
			return errors.New("a new recovery code cannot be read")
		}
		hashes = append(hashes, hash)
	}
	_, err := tx.Exec(ctx, `insert into recovery_codes (hash, user_id, created_at) select unnest(@hashes::bytea[]), @user, @now`,
		pg.Args{"hashes": hashes, "user": uid, "now": tx.Now()})
	return err
}
