// Package session keeps who is signed in, in PostgreSQL. Identity stands in
// columns and is read with every request; the values that scs keeps hold
// nothing but messages for the next page. It knows no cookie.
package session

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// How long a session lives: idle, and at most (security.md SES-3).
const (
	StaffIdle       = 15 * time.Minute
	PartnerIdle     = 30 * time.Minute
	StaffLifetime   = 8 * time.Hour
	PartnerLifetime = 12 * time.Hour
)

// Lifetime is how long a session of this actor may last, whatever it does.
func Lifetime(staff bool) time.Duration {
	if staff {
		return StaffLifetime
	}
	return PartnerLifetime
}

// Store is a scs.CtxStore. Tokens that reach it are hashes already
// (scs.HashTokenInStore).
type Store struct{ db *pg.DB }

// NewStore keeps sessions in db.
func NewStore(db *pg.DB) *Store { return &Store{db: db} }

type holderKey struct{}

// Holder receives who the session found by FindCtx belongs to. It exists
// because scs hands on nothing but bytes, and a second query for the same row
// would be waste.
type Holder struct{ Actor authz.Actor }

// WithHolder prepares a context for FindCtx.
func WithHolder(ctx context.Context) (context.Context, *Holder) {
	h := &Holder{}
	return context.WithValue(ctx, holderKey{}, h), h
}

type row struct {
	Data      []byte
	UserID    id.User
	Name      string
	Email     string
	Lang      string
	Shortcuts bool
	Roles     []string
	PartnerID id.Partner
	Stale     bool

	SecondFactor bool
	FactorAt     *time.Time
}

// Roles is SQL for the roles that a session of the account u has, whose partner, if
// any, is p: staff have those that they were given, a partner's people those of its
// type, an owner's in addition, and nothing but APPLICANT while it is not active.
const Roles = `case when p.id is null
		then (select coalesce(array_agg(role order by role desc), '{}') from user_roles where user_id = u.id)
		when p.status <> 'active' then array['APPLICANT']
		when u.owner then array[p.type, 'PARTNER_OWNER']
		else array[p.type] end`

// HasSecondFactor is SQL for whether the account u has a second factor that counts.
const HasSecondFactor = `exists (select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null)`

// find is one statement: session, account and roles, judged by the database's
// clock (security.md SES-3, SES-5). The row is absent for a finished session, a
// deactivated account, or an account whose epoch moved on.
const find = `
	select s.data, u.id as user_id, trim(u.first_name || ' ' || u.last_name) as name, u.email, u.lang, u.shortcuts,
		` + Roles + ` as roles,
		p.id as partner_id, s.last_seen_at < now() - interval '1 minute' as stale,
		s.factor_at, ` + HasSecondFactor + ` as second_factor
	from sessions s
	join users u on u.id = s.user_id
	left join partners p on p.id = u.partner_id
	where s.token = @token and s.revoked_at is null and s.expires_at > now()
		and u.status = 'active' and u.auth_epoch = s.auth_epoch
		and s.last_seen_at > now() - case when p.id is null then @staff_idle::interval else @partner_idle::interval end`

// FindCtx implements scs.CtxStore and fills the Holder.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	r, err := pg.One[row](ctx, s.db.Read(), find, pg.Args{"token": token, "staff_idle": StaffIdle, "partner_idle": PartnerIdle})
	if errors.Is(err, problem.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if r.Stale {
		if err := s.touch(ctx, token); err != nil {
			return nil, false, err
		}
	}
	if h, ok := ctx.Value(holderKey{}).(*Holder); ok {
		h.Actor = authz.Actor{User: r.UserID, Name: r.Name, Email: r.Email, Lang: r.Lang, Shortcuts: r.Shortcuts, Partner: r.PartnerID, SecondFactor: r.SecondFactor}
		if r.FactorAt != nil {
			h.Actor.ProvedAt = *r.FactorAt
		}
		h.Actor.Session, _ = base64.RawURLEncoding.DecodeString(token)
		for _, role := range r.Roles {
			h.Actor.Roles = append(h.Actor.Roles, authz.Role(role))
		}
	}
	return r.Data, true, nil
}

// touch moves the idle limit, at most once a minute. It cannot bring a finished
// session back.
func (s *Store) touch(ctx context.Context, token string) error {
	return s.db.Housekeep(ctx, "session seen", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update sessions set last_seen_at = now() where token = @token and revoked_at is null`, pg.Args{"token": token})
		return err
	})
}

// CommitCtx implements scs.CtxStore. It writes values only: the row itself
// comes from Start, and a finished one stays finished whatever is in flight
// (security.md SES-4).
func (s *Store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return s.db.Housekeep(ctx, "session values", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update sessions set data = @data where token = @token and revoked_at is null`,
			pg.Args{"token": token, "data": b})
		return err
	})
}

type keptKey struct{}

// Kept lets DeleteCtx pass: the row is ended by the change that replaces it, so that
// a change that fails costs nobody their session; see Renew.
func Kept(ctx context.Context) context.Context { return context.WithValue(ctx, keptKey{}, true) }

// DeleteCtx implements scs.CtxStore by a tombstone (security.md SES-4).
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	if ctx.Value(keptKey{}) != nil {
		return nil
	}
	return s.db.Housekeep(ctx, "session end", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update sessions set revoked_at = now(), data = '' where token = @token and revoked_at is null`,
			pg.Args{"token": token})
		return err
	})
}

// Find makes Store a scs.Store, as do Commit and Delete; scs prefers the ones above.
func (s *Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is for scs alone; see Find.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is for scs alone; see Find.
func (s *Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// New is what Start needs to know. Token is the hash under which scs will look
// the session up.
type New struct {
	Token     string
	IP        string
	UserAgent string
	Expires   time.Time
	FactorAt  time.Time // when the second factor was proved; zero: it was not
}

// Start writes the session's row inside the transaction that decided to let
// the user in, with the epoch that this transaction saw (security.md LGN-6).
func Start(ctx context.Context, tx *pg.Tx, n New, user id.User) error {
	if len(n.UserAgent) > 256 {
		n.UserAgent = n.UserAgent[:256]
	}
	return pg.Exec1(ctx, tx, `
		insert into sessions (token, user_id, auth_epoch, data, ip, user_agent, expires_at, factor_at)
		select @token, id, auth_epoch, '', @ip, @user_agent, @expires, @factor_at from users where id = @user and status = 'active'`,
		pg.Args{"token": n.Token, "user": user, "ip": n.IP, "user_agent": n.UserAgent, "expires": n.Expires, "factor_at": orNull(n.FactorAt)})
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Renew puts a session in the place of a live one, old, that proved its second
// factor at the moment of tx: another token, the same end (security.md SES-2). A
// session that has ended meanwhile stays ended: problem.ErrConflict.
func Renew(ctx context.Context, tx *pg.Tx, old string, n New) error {
	return pg.Exec1(ctx, tx, `
		with ended as (
			update sessions s set revoked_at = now(), data = '' from users u
			where s.token = @old and s.revoked_at is null and s.expires_at > now()
				and u.id = s.user_id and u.status = 'active' and u.auth_epoch = s.auth_epoch
			returning s.user_id, s.auth_epoch, s.ip, s.user_agent, s.expires_at)
		insert into sessions (token, user_id, auth_epoch, data, ip, user_agent, expires_at, factor_at)
		select @token, user_id, auth_epoch, '', ip, user_agent, expires_at, @now from ended`,
		pg.Args{"old": old, "token": n.Token, "now": tx.Now()})
}

// EndAll ends every session of a user by raising the epoch that each request
// compares (security.md SES-5).
func EndAll(ctx context.Context, tx *pg.Tx, user id.User) error {
	if err := pg.Exec1(ctx, tx, `update users set auth_epoch = auth_epoch + 1 where id = @user`, pg.Args{"user": user}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update sessions set revoked_at = now(), data = '' where user_id = @user and revoked_at is null`, pg.Args{"user": user})
	return err
}

// EndPartner ends every session of a partner's people, as EndAll does for one
// person, and tells how many were open. A sign-in that is under way at the same
// moment saw the old epoch, so its session is dead when it is stored.
func EndPartner(ctx context.Context, tx *pg.Tx, partner id.Partner) (int, error) {
	args := pg.Args{"partner": partner}
	if _, err := tx.Exec(ctx, `update users set auth_epoch = auth_epoch + 1 where partner_id = @partner`, args); err != nil {
		return 0, err
	}
	return pg.Value[int](ctx, tx, `
		with ended as (
			update sessions set revoked_at = now(), data = ''
			where user_id in (select id from users where partner_id = @partner) and revoked_at is null
			returning expires_at)
		select count(*) from ended where expires_at > now()`, args)
}

// Purge forgets sessions that would have expired anyway.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge sessions", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from sessions where expires_at < now() - interval '1 day'`, nil)
		return err
	})
}

// Codec stores the deadline and text values as JSON: readable in the database,
// and a tenth of the cost of gob (measured.md §6).
type Codec struct{}

type encoded struct {
	Deadline time.Time         `json:"d"`
	Values   map[string]string `json:"v,omitempty"`
}

// Encode implements scs.Codec. Only text values are kept: sessions hold
// messages, never identity.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	e := encoded{Deadline: deadline, Values: map[string]string{}}
	for k, v := range values {
		s, ok := v.(string)
		if !ok {
			return nil, errors.New("session value " + k + " is no text")
		}
		e.Values[k] = s
	}
	return json.Marshal(e)
}

// Decode implements scs.Codec. A new session has no bytes yet.
func (Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	values := map[string]any{}
	if len(b) == 0 {
		return time.Time{}, values, nil // the manager sets it; see web/session
	}
	var e encoded
	if err := json.Unmarshal(b, &e); err != nil {
		return time.Time{}, nil, err
	}
	for k, v := range e.Values {
		values[k] = v
	}
	return e.Deadline, values, nil
}
