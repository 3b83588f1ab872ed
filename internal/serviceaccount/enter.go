package serviceaccount

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// ErrRefused means: this token is not taken. It is the one answer to every wrong
// one (security.md KEY-2).
var ErrRefused = errors.New("the token is not taken")

// Presented is a token as it came, and from where.
type Presented struct {
	Token     string
	IP        netip.Addr
	RequestID string
}

// holder is the account that a token belongs to.
type holder struct {
	Hash         []byte
	SecretEndsAt *time.Time
	LastUsedAt   *time.Time
	ID           id.ServiceAccount
	Name         string
	Rights       []string
	Good         bool // in use, and its last day is not over
}

// Enter makes an actor of who brings a good token, with the rights of the
// account and no more. It asks the database once; the use is written down, once
// a minute at most.
//
// Errors: ErrRefused; *problem.ThrottledError for a network that brought too
// many wrong tokens (security.md LGN-4). A good token is let in whatever its
// network did: guessing 256 bits gains nothing by it, and nobody can lock a
// service out by failing in its name (LGN-3).
func (s *Service) Enter(ctx context.Context, p Presented) (authz.Actor, error) {
	now := s.db.Now()
	token, ok := keysecret.Parse(keysecret.Service, p.Token)
	var h holder
	if ok {
		var err error
		if h, err = s.holder(ctx, token); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return authz.Actor{}, err
		}
		if token.Proves(s.keys, h.Hash) && h.Good && (h.SecretEndsAt == nil || h.SecretEndsAt.After(now)) {
			return h.actor(p), keysecret.Used(ctx, s.db, token.ID(), h.LastUsedAt)
		}
	}
	return authz.Actor{}, s.refuse(ctx, p, h)
}

func (h holder) actor(p Presented) authz.Actor {
	rights := make([]authz.Permission, len(h.Rights))
	for i, r := range h.Rights {
		rights[i] = authz.Permission(r)
	}
	a := authz.ServiceActor(h.Name, rights)
	a.IP, a.RequestID = p.IP, p.RequestID
	return a
}

func (s *Service) holder(ctx context.Context, token keysecret.Token) (holder, error) {
	return pg.One[holder](ctx, s.db.Read(), `
		select x.hash, x.ends_at as secret_ends_at, x.last_used_at, a.id, a.name, a.rights,
			a.status = 'active' and a.ends_on >= @today as good
		from key_secrets x join service_accounts a on a.id = x.service_account_id where x.id = @id`,
		pg.Args{"id": token.ID(), "today": s.Today()})
}

// refuse counts and records a wrong token, or says that its network brought too
// many. Counting comes first and stands in a transaction of its own, so that
// those who come together share one limit on all replicas (security.md LGN-5).
func (s *Service) refuse(ctx context.Context, p Presented, h holder) error {
	net, key := throttle.NetKey(p.IP), s.keys.MAC("api-refusal", []byte(p.Token))
	err := s.db.Housekeep(ctx, "refuse token", func(tx *pg.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(@net, 5))`, pg.Args{"net": net}); err != nil {
			return err
		}
		n, err := pg.One[struct{ Failures, Tokens int }](ctx, tx, `
			select count(*) as failures, count(distinct token_key) as tokens from api_refusals where net_key = @net and at > @since`,
			pg.Args{"net": net, "since": tx.Now().Add(-throttle.NetWindow)})
		if err != nil {
			return err
		}
		if n.Failures >= throttle.NetFailures || n.Tokens >= throttle.NetAccounts {
			return &problem.ThrottledError{RetryAfter: throttle.NetWait}
		}
		_, err = tx.Exec(ctx, `insert into api_refusals (net_key, token_key, at) values (@net, @key, @now)`,
			pg.Args{"net": net, "key": key, "now": tx.Now()})
		return err
	})
	if err != nil {
		return err
	}
	// A token in the log would be a secret in the log: a wrong one may be a slip of
	// a right one (security.md AUD-2).
	subject := audit.Subject{Kind: audit.Service, Name: "#" + hex.EncodeToString(key[:4])}
	if !id.IsZero(h.ID) {
		subject = audit.Subject{Kind: audit.Service, ID: h.ID.String(), Name: h.Name}
	}
	visitor := authz.VisitorAt(p.IP, p.RequestID)
	if err := s.db.Record(ctx, visitor, audit.Event{Action: audit.ServiceRefused, Subject: subject}, audit.Failed); err != nil {
		return err
	}
	return ErrRefused
}

// Purge forgets refused tokens that count no more; a job calls it.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge refused tokens", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from api_refusals where at < @before`, pg.Args{"before": tx.Now().Add(-throttle.NetWindow)})
		return err
	})
}
