// Package apikey is about a partner's keys: each proves to other systems that a
// request comes from this partner, under one grant of one policy. It says who
// may make one and until when it is good, and judges a key by everything that it
// hangs on, at the moment of the question. It reads partners, grants, policies
// and their groups by their tables, because no key is good without them; it
// changes none of them. It refuses to know that there is a browser or an API.
package apikey

import (
	"context"
	"errors"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/secret"
	"portal/internal/state"
	"portal/internal/webhook"
)

// The limits of a key (security.md KEY-3, LIM-4, domain.md §3.5).
const (
	MaxLabel  = 36  // characters
	MaxDays   = 365 // from the day on which it is made to its last one
	MaxLive   = 10  // keys of one partner that have not ended
	MaxReason = 2000
)

// Status is what somebody decided on a key.
type Status string

// The states of a key. Deactivating one is final.
const (
	Active      Status = "active"
	Deactivated Status = "deactivated"
)

// Statuses are the allowed moves.
var Statuses = state.New(map[Status][]Status{Active: {Deactivated}, Deactivated: {}})

// Standing says whether a key is good now, and if not what stops it: the first
// broken link of its chain. Its words are part of the API.
type Standing string

// The standings. Malformed, Unknown and SecretEnded are of a token that somebody
// brings; the others are of a key.
const (
	Works              Standing = "works"
	Malformed          Standing = "malformed"    // no key of this portal, or mistyped
	Unknown            Standing = "unknown"      // no such key, or a wrong secret
	SecretEnded        Standing = "secret_ended" // replaced by a newer secret, and its overlap is over
	KeyDeactivated     Standing = "key_deactivated"
	KeyEnded           Standing = "key_ended"
	PartnerDeactivated Standing = "partner_deactivated"
	GrantRevoked       Standing = "grant_revoked"
	GrantEnded         Standing = "grant_ended"
	GrantPaused        Standing = "grant_paused"
	PolicyDeactivated  Standing = "policy_deactivated"
	GroupDeactivated   Standing = "group_deactivated"
	KeyPaused          Standing = "key_paused"
)

// Standings are all of them, for the API's description.
var Standings = []Standing{
	Works, Malformed, Unknown, SecretEnded, KeyDeactivated, KeyEnded, PartnerDeactivated, GrantRevoked, GrantEnded,
	GrantPaused, PolicyDeactivated, GroupDeactivated, KeyPaused,
}

// The one rule of when a key is good (security.md KEY-3), as SQL over the tables
// of chainFrom: a certificate that no longer counts does not stop a key, since
// no secret depends on it; whoever verifies is told. A day ends in the portal's
// zone: @today.
const (
	chainStops = `
		when p.status <> 'active' then 'partner_deactivated'
		when r.status <> 'approved' then 'grant_revoked'
		when r.ends_on < @today then 'grant_ended'
		when r.paused_at is not null then 'grant_paused'
		when po.status <> 'active' then 'policy_deactivated'
		when g.status <> 'active' then 'group_deactivated'`
	grantStanding = `case` + chainStops + ` else 'works' end`
	keyStanding   = `case when k.status = 'deactivated' then 'key_deactivated'
		when k.ends_on < @today then 'key_ended'` + chainStops + `
		when k.paused_at is not null then 'key_paused' else 'works' end`
	chainFrom = ` join partners p on p.id = r.partner_id join policies po on po.id = r.policy_id join policy_groups g on g.id = po.group_id`
	keyFrom   = ` from api_keys k join policy_requests r on r.id = k.request_id` + chainFrom +
		` cross join lateral (select ` + keyStanding + ` as standing) st`
)

// Key is a partner's key as its people and staff see it: without anything that
// proves it (security.md AUT-8).
type Key struct {
	ID            id.APIKey
	PartnerID     id.Partner
	Organisation  string
	PublicID      string // of the partner
	GrantID       id.PolicyRequest
	GrantEndsOn   time.Time
	PolicyID      id.Policy
	PolicyName    string
	PolicyKind    policydoc.Kind
	GroupName     string
	Label         string
	Status        Status
	Standing      Standing
	EndsOn        time.Time // its last day
	CreatedBy     id.User
	CreatedByName string
	CreatedAt     time.Time
	DeactivatedAt *time.Time
	EndedReason   string // what was said when it was deactivated
	SecretID      string // public part of its newest secret
	Last4         string
	LastUsedAt    *time.Time // of any of its secrets
	Version       int
	UpdatedAt     time.Time
}

const keyColumns = `k.id, k.partner_id, p.organisation, p.public_id, k.request_id as grant_id, r.ends_on as grant_ends_on,
	po.id as policy_id, po.name as policy_name, po.kind as policy_kind, g.name as group_name, k.label, k.status, st.standing, k.ends_on, k.created_by,
	(select trim(u.first_name || ' ' || u.last_name) from users u where u.id = k.created_by) as created_by_name, k.created_at,
	k.deactivated_at, k.ended_reason,
	coalesce((select s.id from key_secrets s where s.api_key_id = k.id and s.ends_at is null), '') as secret_id,
	coalesce((select s.last4 from key_secrets s where s.api_key_id = k.id and s.ends_at is null), '') as last4,
	(select max(s.last_used_at) from key_secrets s where s.api_key_id = k.id) as last_used_at, k.version, k.updated_at`

// Prefix is how its tokens begin: what it is recognised by.
func (k Key) Prefix() string { return keysecret.Prefix(keysecret.Live, k.SecretID) }

// Live reports whether it may still be good some day: nobody has ended it, and
// its last day is not over. It counts towards MaxLive.
func (k Key) Live() bool { return k.Standing != KeyDeactivated && k.Standing != KeyEnded }

// Service makes, ends and judges keys.
type Service struct {
	db   *pg.DB
	keys secret.Keys
	zone *time.Location // in which days begin and end

	factorRequired bool
}

// NewService makes a service whose days are those of UTC.
func NewService(db *pg.DB, keys secret.Keys) *Service {
	return &Service{db: db, keys: keys, zone: time.UTC}
}

// WithSecondFactor says whether whoever makes a key needs a second factor: a key
// reaches personal data (security.md MFA-1, decision D2).
func (s *Service) WithSecondFactor(required bool) *Service {
	s.factorRequired = required
	return s
}

// NeedsFactor reports whether the actor has to set up a second factor before making
// a key.
func (s *Service) NeedsFactor(a authz.Actor) bool { return s.factorRequired && !a.SecondFactor }

// WithZone lets days begin and end in a zone.
func (s *Service) WithZone(zone *time.Location) *Service {
	s.zone = zone
	return s
}

// Today is the day that it is in the portal's zone.
func (s *Service) Today() time.Time { return s.dayOf(s.db.Now()) }

// dayOf is the day of a moment in the portal's zone.
func (s *Service) dayOf(t time.Time) time.Time { return pg.Day(t.In(s.zone)) }

// ErrNeedsFactor means: whoever makes a key has to set up a second factor first.
var ErrNeedsFactor = errors.New("a second factor is needed")

// ErrShown means: the same form was sent before, and the answer to it showed the
// token. It is not shown again (security.md KEY-1).
var ErrShown = errors.New("the token was shown already")

func (k Key) event(action audit.Action, before int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: k.PartnerID, Before: before, After: k.Version, Detail: detail,
		Subject: audit.Subject{Kind: audit.APIKey, ID: k.ID.String(), Name: k.Label},
	}
}

// publish tells other systems of a change of the key.
func (k Key) publish(ctx context.Context, tx *pg.Tx, t webhook.Type) error {
	return webhook.Publish(ctx, tx, webhook.Event{Type: t, Partner: k.PartnerID, Data: map[string]any{
		"key": k.ID, "label": k.Label, "partner": k.PublicID, "policy": k.PolicyID, "ends_on": k.EndsOn.Format(time.DateOnly),
	}})
}

// mailParams is what the mails about a key say.
func (k Key) mailParams(a authz.Actor) map[string]string {
	return map[string]string{"Key": k.Label, "Policy": k.PolicyName, "Actor": a.Name, "Path": "/api-keys/" + k.ID.String()}
}

// byID reads a key in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func (s *Service) byID(ctx context.Context, q pg.Querier, scope authz.Scope, kid id.APIKey) (Key, error) {
	return pg.One[Key](ctx, q, `select `+keyColumns+keyFrom+` where k.id = @id and (@all or k.partner_id = @partner)`,
		pg.Args{"id": kid, "all": scope.All, "partner": scope.Partner, "today": s.Today()})
}

// forUpdate is byID for a change: nobody else changes the key until the
// transaction ends.
func (s *Service) forUpdate(ctx context.Context, tx *pg.Tx, scope authz.Scope, kid id.APIKey) (Key, error) {
	_, err := pg.Value[id.APIKey](ctx, tx, `select id from api_keys where id = @id and (@all or partner_id = @partner) for update`,
		pg.Args{"id": kid, "all": scope.All, "partner": scope.Partner})
	if err != nil {
		return Key{}, err
	}
	return s.byID(ctx, tx, scope, kid)
}
