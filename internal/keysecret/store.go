package keysecret

import (
	"context"
	"slices"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// Overlaps are how many days an old secret may go on beside a new one.
var Overlaps = []int{0, 1, 7, 30}

// CheckOverlap refuses what the form does not offer, at the input "overlap".
func CheckOverlap(days int) error {
	if !slices.Contains(Overlaps, days) {
		return problem.Invalid("overlap", "problem.choose")
	}
	return nil
}

// UsedEvery is how often the last use of a secret is written down (KEY-3).
const UsedEvery = time.Minute

// Owner is what a secret belongs to.
type Owner struct {
	column string // constant SQL
	kind   Kind
	id     any
}

// OfAPIKey is a partner's key as an owner.
func OfAPIKey(k id.APIKey) Owner { return Owner{column: "api_key_id", kind: Live, id: k} }

// OfService is a service account as an owner.
func OfService(s id.ServiceAccount) Owner {
	return Owner{column: "service_account_id", kind: Service, id: s}
}

// Secret is what is known of one secret of a key: never the secret, never its
// hash (security.md AUT-8).
type Secret struct {
	ID            string // public
	Last4         string
	CreatedBy     id.User
	CreatedByName string
	CreatedAt     time.Time
	EndsAt        *time.Time // the end of the overlap after a rotation
	LastUsedAt    *time.Time
}

// Live reports whether it is good at a moment, as far as it depends on itself.
func (s Secret) Live(at time.Time) bool { return s.EndsAt == nil || s.EndsAt.After(at) }

// Issue makes an owner's new secret. The secrets before it end: the newest of
// them after the overlap, any other one now, so that never more than two are
// good. The caller holds the owner's row.
func Issue(ctx context.Context, tx *pg.Tx, keys secret.Keys, o Owner, by id.User, overlap time.Duration) (Token, error) {
	_, err := tx.Exec(ctx, `
		update key_secrets s set ends_at = least(s.ends_at, case when s.ends_at is null then @until else @now end)
		where s.`+o.column+` = @owner and (s.ends_at is null or s.ends_at > @now)`,
		pg.Args{"owner": o.id, "now": tx.Now(), "until": tx.Now().Add(overlap)})
	if err != nil {
		return Token{}, err
	}
	t := New(o.kind)
	_, err = tx.Exec(ctx, `
		insert into key_secrets (id, `+o.column+`, hash, last4, created_by, created_at)
		values (@id, @owner, @hash, @last4, @by, @now)`,
		pg.Args{"id": t.id, "owner": o.id, "hash": t.hash(keys), "last4": t.Last4(), "by": by, "now": tx.Now()})
	return t, err
}

// Of are an owner's secrets, the newest first, as many as a page shows. The newest
// is the one without an end.
func Of(ctx context.Context, q pg.Querier, o Owner) ([]Secret, error) {
	const most = 20
	return pg.All[Secret](ctx, q, `
		select s.id, s.last4, s.created_by, trim(u.first_name || ' ' || u.last_name) as created_by_name, s.created_at, s.ends_at, s.last_used_at
		from key_secrets s join users u on u.id = s.created_by
		where s.`+o.column+` = @owner order by s.ends_at is null desc, s.created_at desc, s.id limit @most`, pg.Args{"owner": o.id, "most": most})
}

// IssuedBy reports whether an owner's newest secret was made by this person at
// this moment: their form was sent before, and its answer showed the token.
func IssuedBy(ctx context.Context, q pg.Querier, o Owner, by id.User, at time.Time) (bool, error) {
	return pg.Value[bool](ctx, q, `
		select exists (select 1 from key_secrets s where s.`+o.column+` = @owner and s.ends_at is null and s.created_by = @by and s.created_at = @at)`,
		pg.Args{"owner": o.id, "by": by, "at": at})
}

// Used writes down that a secret was used, if the last time is a while ago.
// lastUsed is what the caller has just read. Those who come together do not
// wait for each other: one of them writes.
func Used(ctx context.Context, db *pg.DB, public string, lastUsed *time.Time) error {
	if lastUsed != nil && db.Now().Sub(*lastUsed) < UsedEvery {
		return nil
	}
	return db.Housekeep(ctx, "last use of a key", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `
			update key_secrets set last_used_at = @now where id = (
				select id from key_secrets where id = @id and (last_used_at is null or last_used_at <= @before)
				for update skip locked)`,
			pg.Args{"id": public, "now": tx.Now(), "before": tx.Now().Add(-UsedEvery)})
		return err
	})
}
