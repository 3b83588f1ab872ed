package apikey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// Verdict says whether a key is good at a moment, and for what.
type Verdict struct {
	Standing Standing
	At       time.Time
	Subject  *Subject // whose key it is; nil where nothing was proved
}

// Good reports whether the key may be relied on now.
func (v Verdict) Good() bool { return v.Standing == Works }

// Subject is what a proved key belongs to. Version, Document and ETag are of the
// policy version in force, empty while the key is not good.
type Subject struct {
	KeyID        id.APIKey
	Label        string
	EndsOn       time.Time // the key's last day
	PartnerID    id.Partner
	PublicID     string
	Organisation string
	PartnerType  authz.Role
	GrantID      id.PolicyRequest
	GrantEndsOn  time.Time
	PolicyID     id.Policy
	PolicyName   string
	PolicyKind   policydoc.Kind
	Number       int    // of the version
	Document     string // the exact text
	// The certificate that counts: zero where none does, which stops no key.
	Thumbprint []byte // SHA-256 of the DER form
	NotAfter   *time.Time
}

// ETag is the strong name of the exact text of a policy: its SHA-256.
func ETag(document string) string {
	sum := sha256.Sum256([]byte(document))
	return `"sha256-` + hex.EncodeToString(sum[:]) + `"`
}

// brought is a token's row and everything that it hangs on.
type brought struct {
	Hash         []byte
	SecretEndsAt *time.Time
	LastUsedAt   *time.Time
	Standing     Standing
	Subject
}

// Verify judges a token that somebody brought (authz.KeyVerify; the caller has
// let only a service account in). It asks the database once, whatever the token,
// and keeps nothing between two questions: what stops a key stops it at once on
// every replica (security.md KEY-3). A mistyped token costs no question at all.
// The use of a good key is written down, once a minute at most.
func (s *Service) Verify(ctx context.Context, text string) (Verdict, error) {
	v := Verdict{Standing: Malformed, At: s.db.Now()}
	token, ok := keysecret.Parse(keysecret.Live, text)
	if !ok {
		return v, nil
	}
	b, err := s.bring(ctx, token, v.At)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Verdict{}, err
	}
	if v.Standing = Unknown; !token.Proves(s.keys, b.Hash) { // an unknown id is compared too, with nothing
		return v, nil
	}
	v.Standing, v.Subject = b.Standing, &b.Subject
	if b.SecretEndsAt != nil && !b.SecretEndsAt.After(v.At) {
		v.Standing = SecretEnded
	}
	if !v.Good() {
		b.Number, b.Document = 0, ""
		return v, nil
	}
	return v, keysecret.Used(ctx, s.db, token.ID(), b.LastUsedAt)
}

// bring reads a token's row by its public id.
func (s *Service) bring(ctx context.Context, token keysecret.Token, at time.Time) (brought, error) {
	return pg.One[brought](ctx, s.db.Read(), `
		select x.hash, x.ends_at as secret_ends_at, x.last_used_at, st.standing, k.id as key_id, k.label, k.ends_on,
			p.id as partner_id, p.public_id, p.organisation, p.type as partner_type, r.id as grant_id, r.ends_on as grant_ends_on,
			po.id as policy_id, po.name as policy_name, po.kind as policy_kind,
			coalesce(v.number, 0) as number, coalesce(v.document, '') as document, c.thumbprint, c.not_after
		`+keyFrom+` join key_secrets x on x.api_key_id = k.id
		left join policy_versions v on v.policy_id = po.id and v.status = 'active'
		left join lateral (select c.thumbprint, c.not_after from partner_certificates c
			where c.partner_id = p.id and `+certificate.CountingIs+` order by `+certificate.CountingFirst+` limit 1) c on true
		where x.id = @id`, pg.Args{"id": token.ID(), "today": s.dayOf(at), "now": at})
}

// Granted is a policy as one partner has it now.
type Granted struct {
	Standing    Standing // Works, or the link that stops the grant
	PolicyKind  policydoc.Kind
	Number      int    // of the version in force
	Document    string // the exact text
	GrantEndsOn time.Time
}

// Policy is the text of a policy that a partner was granted, as it is in force
// now (authz.PolicyServe; the caller has let only a service account in). A
// partner that never had the grant is problem.ErrNotFound, as is one that does
// not exist (security.md AUT-3); a grant that does not work now says why and
// holds no text.
func (s *Service) Policy(ctx context.Context, partner id.Partner, policy id.Policy) (Granted, error) {
	g, err := pg.One[Granted](ctx, s.db.Read(), `
		select `+grantStanding+` as standing, po.kind as policy_kind, coalesce(v.number, 0) as number,
			coalesce(v.document, '') as document, r.ends_on as grant_ends_on
		from policy_requests r`+chainFrom+` left join policy_versions v on v.policy_id = po.id and v.status = 'active'
		where r.partner_id = @partner and r.policy_id = @policy and r.approved_at is not null and r.status in ('approved', 'revoked')
		order by r.status = 'approved' desc, r.approved_at desc limit 1`,
		pg.Args{"partner": partner, "policy": policy, "today": s.Today()})
	if err == nil && g.Standing != Works {
		g.Number, g.Document = 0, ""
	}
	return g, err
}
