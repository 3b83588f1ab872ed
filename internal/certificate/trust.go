package certificate

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/state"
	"portal/internal/webhook"
)

// CAStatus is where a certificate of the trust store stands.
type CAStatus string

// The states. A root that was refused or taken out of use waits for a second
// person again before it is trusted.
const (
	Waiting  CAStatus = "waiting" // for a second Partner Admin, or with its root
	InUse    CAStatus = "in_use"
	Refused  CAStatus = "refused"
	OutOfUse CAStatus = "out_of_use"
)

// CAStatuses are the allowed moves.
var CAStatuses = state.New(map[CAStatus][]CAStatus{
	Waiting:  {InUse, Refused},
	InUse:    {OutOfUse},
	Refused:  {Waiting, InUse},
	OutOfUse: {Waiting, InUse},
})

// CAKind is what a certificate of the trust store is to a chain.
type CAKind string

// The kinds.
const (
	Root         CAKind = "root"
	Intermediate CAKind = "intermediate"
)

// CA is a certificate of the trust store.
type CA struct {
	ID         id.CACertificate
	Domain     string
	Kind       CAKind
	Subject    string // RFC 2253, as is the issuer
	Issuer     string
	Serial     string
	Key        string
	NotBefore  time.Time
	NotAfter   time.Time
	Thumbprint []byte
	Status     CAStatus
	ProposedBy id.User
	ProposedAt time.Time
	Version    int
	TakenBy    string // whose work a root is that waits, in lists; "" for nobody's
}

const caPlain = `ca.id, ca.domain, ca.kind, ca.subject, ca.issuer, ca.serial, ca.key, ca.not_before, ca.not_after, ca.thumbprint,
	ca.status, ca.proposed_by, ca.proposed_at, ca.version`

const caColumns = caPlain + `, '' as taken_by`

// caRound is that of the decision which a root waits for (package thing).
const caRound = `case when ca.status = 'waiting' and ca.kind = 'root' then ca.version end`

var caListed = caPlain + `, ` + assignment.HolderSQL(audit.CACertificate, "ca.id", caRound) + ` as taken_by`

// FullCA is one with its bytes, and who did what to it.
type FullCA struct {
	CA
	DER          []byte `db:"der"`
	ProposedName string
	DecidedBy    *id.User // who took it into use or refused it
	DecidedName  string
	DecidedAt    *time.Time
	EndedBy      *id.User
	EndedName    string
	EndedAt      *time.Time
	Reason       string
}

const (
	fullColumns = caColumns + `, ca.der, proposer.first_name || ' ' || proposer.last_name as proposed_name, ca.decided_by,
	coalesce(decider.first_name || ' ' || decider.last_name, '') as decided_name, ca.decided_at, ca.ended_by,
	coalesce(ender.first_name || ' ' || ender.last_name, '') as ended_name, ca.ended_at, ca.reason`
	fullFrom = `from ca_certificates ca join users proposer on proposer.id = ca.proposed_by
	left join users decider on decider.id = ca.decided_by left join users ender on ender.id = ca.ended_by`
)

// TrustList is what /trust-store can be sorted and filtered by. within is a number
// of days in which a certificate in use ends.
var TrustList = list.Spec{
	Sorts: map[string]string{
		"subject": "lower(ca.subject)", "issuer": "lower(ca.issuer)", "domain": "ca.domain", "kind": "ca.kind",
		"ends": "ca.not_after", "status": "ca.status", "added": "ca.proposed_at",
	},
	Default:  "subject",
	Filters:  []string{"q", "subject", "issuer", "domain", "kind", "status", "within", "assigned"},
	TieBreak: "ca.id",
}

// TrustStore lists it for a reader. An unknown value of a filter matches nothing.
func (s *Service) TrustStore(scope authz.Scope, q list.Query) pg.Listing[CA] {
	var w pg.Where
	assignment.Filter(&w, q.Filter("assigned"), scope, audit.CACertificate, "ca.id", caRound)
	if v := q.Filter("q"); v != "" {
		w.And("(ca.subject ilike @search or ca.issuer ilike @search or ca.serial = lower(@serial))", "search", list.Contains(v))
		w.Let("serial", v)
	}
	if v := q.Filter("subject"); v != "" {
		w.And("ca.subject ilike @subject", "subject", list.Contains(v))
	}
	if v := q.Filter("issuer"); v != "" {
		w.And("ca.issuer ilike @issuer", "issuer", list.Contains(v))
	}
	for _, name := range []string{"domain", "kind", "status"} {
		if v := q.Filter(name); v != "" {
			w.And("ca."+name+" = @"+name, name, v)
		}
	}
	if v := q.Filter("within"); v != "" {
		now := s.db.Now()
		w.And("ca.status = 'in_use' and ca.not_after > @now", "now", now)
		w.And("ca.not_after <= @until", "until", now.AddDate(0, 0, withinDays(v)))
	}
	return pg.Listing[CA]{DB: s.db, Query: q, Columns: caListed, From: "from ca_certificates ca", Where: w}
}

// withinDays reads a filter; what is no sensible number of days matches nothing.
func withinDays(v string) int {
	var n int
	if _, err := fmt.Sscan(v, &n); err != nil || n < 0 || n > maxWithin {
		return 0
	}
	return n
}

const maxWithin = 3650

// CA is one certificate of the trust store; problem.ErrNotFound where there is
// none.
func (s *Service) CA(ctx context.Context, cid id.CACertificate) (FullCA, error) {
	return fullCA(ctx, s.db.Read(), cid)
}

func fullCA(ctx context.Context, q pg.Querier, cid id.CACertificate) (FullCA, error) {
	return pg.One[FullCA](ctx, q, `select `+fullColumns+` `+fullFrom+` where ca.id = @id`, pg.Args{"id": cid})
}

// ChainAbove are the certificates above one of the trust store, up to its root,
// whatever their state.
func (s *Service) ChainAbove(ctx context.Context, ca FullCA) ([]FullCA, error) {
	c, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		return nil, err
	}
	store, err := loadStore(ctx, s.db.Read(), "")
	if err != nil {
		return nil, err
	}
	var ids []id.CACertificate
	if err := s.verifying(ctx, func() { ids = idsOf(certdoc.Above(c, ca.Domain, store)) }); err != nil {
		return nil, err
	}
	return casByID(ctx, s.db.Read(), ids)
}

// JudgeCA holds a certificate of the trust store against the rules as they are now:
// what stands in the way of taking it into use, or back.
func (s *Service) JudgeCA(ctx context.Context, ca FullCA) (certdoc.Judgement, error) {
	return s.judgeCA(ctx, s.db.Read(), ca, s.db.Now(), "")
}

func (s *Service) judgeCA(ctx context.Context, q pg.Querier, ca FullCA, now time.Time, lock string) (j certdoc.Judgement, err error) {
	c, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		return j, err
	}
	store, err := loadStore(ctx, q, lock)
	if err != nil {
		return j, err
	}
	err = s.verifying(ctx, func() { j = certdoc.ForStore(c, ca.Domain, store, s.rules, now) })
	return j, err
}

// casByID are certificates of the trust store in the order of ids.
func casByID(ctx context.Context, q pg.Querier, ids []id.CACertificate) ([]FullCA, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return pg.All[FullCA](ctx, q, `select `+fullColumns+` `+fullFrom+` where ca.id = any(@ids) order by array_position(@ids, ca.id)`, pg.Args{"ids": ids})
}

func idsOf(chain []certdoc.Authority) []id.CACertificate {
	ids := make([]id.CACertificate, len(chain))
	for i, a := range chain {
		ids[i] = a.ID
	}
	return ids
}

// forShare keeps what a judgement stands on from changing until its transaction
// ends (security.md CON-4).
const forShare = " for share"

// loadStore reads the whole trust store, all domains and states: a judgement
// wants to say that an issuer stands elsewhere or is out of use. It is small: an
// installation trusts tens of authorities.
func loadStore(ctx context.Context, q pg.Querier, lock string) ([]certdoc.Authority, error) {
	rows, err := pg.All[struct {
		ID     id.CACertificate
		Domain string
		Kind   CAKind
		Status CAStatus
		DER    []byte `db:"der"`
	}](ctx, q, `select id, domain, kind, status, der from ca_certificates order by id`+lock, pg.Args{})
	if err != nil {
		return nil, err
	}
	store := make([]certdoc.Authority, len(rows))
	for i, r := range rows {
		c, err := x509.ParseCertificate(r.DER)
		if err != nil {
			return nil, fmt.Errorf("CA certificate %s: %w", r.ID, err)
		}
		store[i] = certdoc.Authority{
			ID: r.ID, Cert: c, Domain: r.Domain, Root: r.Kind == Root, InUse: r.Status == InUse, Waiting: r.Status == Waiting,
		}
	}
	return store, nil
}

// caEvent is an audit event about a certificate of the trust store.
func caEvent(action audit.Action, ca CA, before int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Before: before, After: ca.Version, Detail: detail,
		Subject: audit.Subject{Kind: audit.CACertificate, ID: ca.ID.String(), Name: ca.Subject},
	}
}

// publishCA tells other systems of a change of the trust store.
func publishCA(ctx context.Context, tx *pg.Tx, kind webhook.Type, ca CA) error {
	return webhook.Publish(ctx, tx, webhook.Event{Type: kind, Data: map[string]any{
		"certificate": ca.ID.String(), "domain": ca.Domain, "kind": string(ca.Kind), "subject": ca.Subject,
		"thumbprint": fmt.Sprintf("%x", ca.Thumbprint), "not_after": ca.NotAfter.Format(time.RFC3339),
	}})
}

// path is the page of a certificate of the trust store, for mails.
func (ca CA) path() string { return "/trust-store/" + ca.ID.String() }

// lockCA reads a certificate of the trust store to change it.
func lockCA(ctx context.Context, tx *pg.Tx, cid id.CACertificate) (FullCA, error) {
	return pg.One[FullCA](ctx, tx, `select `+fullColumns+` `+fullFrom+` where ca.id = @id for update of ca`, pg.Args{"id": cid})
}
