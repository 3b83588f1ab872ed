package receipt

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/netip"
	"time"

	"portal/internal/audit"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
	"portal/internal/throttle"
)

// How often one network may ask; see throttle.NetKey.
const (
	maxChecks = 30
	window    = 10 * time.Minute
)

// Service answers who holds a code.
type Service struct {
	db   *pg.DB
	keys secret.Keys
}

// NewService checks codes that were made with keys.
func NewService(db *pg.DB, keys secret.Keys) *Service { return &Service{db: db, keys: keys} }

// Proof is what a genuine code tells. Whoever asks holds the letter or has read it, so
// it is the least with which they see that the letter says what was decided: which kind
// of decision, on which day, and on what. It keeps to itself who decided, why, at which
// hour, and every name of a person or of an organisation; the partner is there by the ID
// that it chose as its public name. A key's label is the partner's own word and is not
// told either.
type Proof struct {
	Action  audit.Action
	At      time.Time // the page shows its day
	Kind    audit.Kind
	Name    string // "" where the partner is all that can be told
	Partner string // its partner ID; "" where the decision is on nobody's thing
}

// named are the kinds of things whose name may be told: what they are called stands in
// the trust store, in certificates, on the public lists or in policies that partners read.
var named = map[audit.Kind]bool{
	audit.Policy: true, audit.PolicyGroup: true, audit.PolicyRequest: true, audit.CACertificate: true, audit.Certificate: true,
	audit.SBI: true, audit.Device: true, audit.FTMChip: true,
}

// Check reads a code that somebody typed. Anybody may ask. Errors: ErrMistyped;
// problem.ErrNotFound for a code that stands for nothing, or for a row that is not what
// it was; a *problem.ThrottledError for a network that asks too often. A text that is no
// code asks nothing of the database; every code costs the same, known or not.
func (s *Service) Check(ctx context.Context, ip netip.Addr, typed string) (Proof, error) {
	code, err := Parse(typed)
	if err != nil {
		return Proof{}, err
	}
	if err := s.count(ctx, ip); err != nil {
		return Proof{}, err
	}
	found, err := pg.One[struct {
		Action  audit.Action
		At      time.Time
		Kind    audit.Kind
		Name    string
		Partner string
		Hash    []byte
	}](ctx, s.db.Read(), `
		select l.action, l.at, l.subject_kind as kind, l.subject_name as name, coalesce(p.public_id, '') as partner, l.hash
		from receipts r join audit_log l on l.seq = r.seq left join partners p on p.id = l.partner_id
		where r.code = @code`, pg.Args{"code": code})
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Proof{}, err
	}
	if !genuine(s.keys, code, found.Hash) || err != nil {
		return Proof{}, problem.ErrNotFound
	}
	p := Proof{Action: found.Action, At: found.At, Kind: found.Kind, Partner: found.Partner}
	if named[found.Kind] {
		p.Name = found.Name
	}
	return p, nil
}

// count lets a network ask again, or not.
func (s *Service) count(ctx context.Context, ip netip.Addr) error {
	var checks int
	var since time.Time
	err := s.db.Housekeep(ctx, "count receipt checks", func(tx *pg.Tx) error {
		n, err := pg.One[struct {
			Checks int
			Since  time.Time
		}](ctx, tx, `
			insert into receipt_checks as c (net_key, since, checks) values (@net, @now, 1)
			on conflict (net_key) do update set
				checks = case when c.since <= @before then 1 else least(c.checks + 1, @most) end,
				since = case when c.since <= @before then @now else c.since end
			returning checks, since`,
			pg.Args{"net": throttle.NetKey(ip), "now": tx.Now(), "before": tx.Now().Add(-window), "most": maxChecks + 1})
		checks, since = n.Checks, n.Since
		return err
	})
	if err == nil && checks > maxChecks {
		return &problem.ThrottledError{RetryAfter: max(time.Second, since.Add(window).Sub(s.db.Now()))}
	}
	return err
}

// Purge forgets networks that have not asked for a while.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge receipt checks", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from receipt_checks where since < @before`, pg.Args{"before": tx.Now().Add(-window)})
		return err
	})
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// Maker is what gives pg.DB the codes of its decisions.
func Maker(keys secret.Keys) func(hash []byte) []byte {
	return func(hash []byte) []byte { return Code(keys, hash) }
}
