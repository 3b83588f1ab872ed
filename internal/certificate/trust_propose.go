package certificate

import (
	"context"
	"crypto/x509"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Outcome is what becomes of a certificate that is sent to the trust store.
type Outcome string

// The outcomes.
const (
	Taken    Outcome = "taken"     // it is in use
	Waits    Outcome = "waits"     // for a second admin
	WaitsFor Outcome = "waits_for" // for its root, which waits
	Exists   Outcome = "exists"    // it was there already
	NotTaken Outcome = "not_taken" // a check failed
)

// Proposal is one certificate of an upload to the trust store.
type Proposal struct {
	certdoc.Judgement
	ID      id.CACertificate // once it is stored, or was before
	Kind    CAKind
	Outcome Outcome
	Idle    bool // it exists, but was refused or taken out of use
	cert    *x509.Certificate
}

// PreviewCAs says what would become of each certificate of a file in the order in
// which they stand there. It stores nothing. Errors: *certdoc.RefusalError for a file
// that cannot be read; problem.InvalidError "domain".
func (s *Service) PreviewCAs(ctx context.Context, domain string, file []byte) ([]Proposal, error) {
	certs, err := readBundle(domain, file)
	if err != nil {
		return nil, err
	}
	store, err := loadStore(ctx, s.db.Read(), "")
	if err != nil {
		return nil, err
	}
	return s.plan(ctx, certs, domain, store)
}

func readBundle(domain string, file []byte) ([]*x509.Certificate, error) {
	if !known(domain) {
		return nil, problem.Invalid("domain", "trust_store.problem.domain")
	}
	return certdoc.ReadBundle(file)
}

func known(domain string) bool {
	for _, d := range certdoc.Domains {
		if d == domain {
			return true
		}
	}
	return false
}

// plan judges the certificates of one file, issuers before what they issued,
// each against the store and what of the file came before it.
func (s *Service) plan(ctx context.Context, certs []*x509.Certificate, domain string, store []certdoc.Authority) (out []Proposal, err error) {
	out = make([]Proposal, len(certs))
	err = s.verifying(ctx, func() {
		for progress := true; progress; {
			progress = false
			for i, c := range certs {
				if out[i].Outcome != "" && out[i].Outcome != NotTaken {
					continue
				}
				if out[i] = s.propose(c, domain, store); out[i].Outcome == NotTaken {
					continue
				}
				progress = true
				if out[i].Outcome != Exists {
					out[i].ID = id.New[id.CACertificate]()
					store = append(store, certdoc.Authority{
						ID: out[i].ID, Cert: c, Domain: domain, Root: out[i].Kind == Root,
						InUse: out[i].Outcome == Taken, Waiting: out[i].Outcome != Taken,
					})
				}
			}
		}
	})
	return out, err
}

// propose says what becomes of one certificate.
func (s *Service) propose(c *x509.Certificate, domain string, store []certdoc.Authority) Proposal {
	now := s.db.Now()
	p := Proposal{Judgement: certdoc.ForStore(c, domain, store, s.rules, now), Kind: Intermediate, cert: c}
	if certdoc.Root(c) {
		p.Kind = Root
	}
	for _, a := range store {
		if a.Domain == domain && a.Cert.Equal(c) {
			p.ID, p.Outcome, p.Idle = a.ID, Exists, !a.InUse && !a.Waiting
			return p
		}
	}
	switch {
	case p.Good() && p.Kind == Root && !s.alone:
		p.Outcome = Waits
	case p.Good():
		p.Outcome = Taken
	default:
		p.Outcome = NotTaken
		if later := certdoc.ForStore(c, domain, trusting(store), s.rules, now); later.Good() {
			p.Judgement, p.Outcome = later, WaitsFor
		}
	}
	return p
}

// trusting is the store as if all that waits were in use.
func trusting(store []certdoc.Authority) []certdoc.Authority {
	out := make([]certdoc.Authority, len(store))
	for i, a := range store {
		a.InUse = a.InUse || a.Waiting
		out[i] = a
	}
	return out
}

// ProposeCAs stores what of a file is good: an intermediate is in use at once, a
// root waits for a second Partner Admin, who is told by mail (security.md AUT-6).
// The answer says what became of each; one that is there already is no error.
//
// It needs authz.TrustStoreManage. Errors are those of PreviewCAs.
func (s *Service) ProposeCAs(ctx context.Context, a authz.Actor, domain string, file []byte) ([]Proposal, error) {
	if !a.May(authz.TrustStoreManage) {
		return nil, s.db.Deny(ctx, a, authz.TrustStoreManage)
	}
	certs, err := readBundle(domain, file)
	if err != nil {
		return nil, err
	}
	var out []Proposal
	err = s.db.Change(ctx, a, authz.TrustStoreManage, func(tx *pg.Tx) (audit.Event, error) {
		// Two uploads of the same file wait for each other.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('trust store', 0))`, pg.Args{}); err != nil {
			return audit.Event{}, err
		}
		store, err := loadStore(ctx, tx, forShare)
		if err != nil {
			return audit.Event{}, err
		}
		if out, err = s.plan(ctx, certs, domain, store); err != nil {
			return audit.Event{}, err
		}
		return s.store(ctx, tx, a, domain, out)
	})
	return out, err
}

// store writes the proposals that are new; the last one's event is returned, the
// others' stand before it.
func (s *Service) store(ctx context.Context, tx *pg.Tx, a authz.Actor, domain string, all []Proposal) (audit.Event, error) {
	var last *audit.Event
	for _, p := range all {
		if p.Outcome == Exists || p.Outcome == NotTaken {
			continue
		}
		ca := p.ca(tx, a, domain)
		if err := insertCA(ctx, tx, ca, p.cert.Raw, s.alone); err != nil {
			return audit.Event{}, err
		}
		if err := announce(ctx, tx, a, ca); err != nil {
			return audit.Event{}, err
		}
		action := audit.CAProposed
		if ca.Status == InUse {
			action = audit.CATaken
		}
		if last != nil {
			tx.Also(*last)
		}
		e := caEvent(action, ca, 0, audit.Diff(nil, "domain", "", domain))
		last = &e
	}
	if last == nil {
		return audit.Event{}, pg.ErrNothing
	}
	return *last, nil
}

func (p Proposal) ca(tx *pg.Tx, a authz.Actor, domain string) CA {
	ca := CA{
		ID: p.ID, Domain: domain, Kind: p.Kind, Subject: p.Subject, Issuer: p.Issuer, Serial: p.Serial, Key: p.Key, NotBefore: p.NotBefore,
		NotAfter: p.NotAfter, Thumbprint: p.Thumbprint, Status: Waiting, ProposedBy: a.User, ProposedAt: tx.Now(), Version: 1,
	}
	if p.Outcome == Taken {
		ca.Status = InUse
	}
	return ca
}

func insertCA(ctx context.Context, tx *pg.Tx, ca CA, der []byte, alone bool) error {
	var decidedBy, decidedAt any
	if ca.Status == InUse {
		decidedBy, decidedAt = ca.ProposedBy, tx.Now()
	}
	_, err := tx.Exec(ctx, `
		insert into ca_certificates (id, domain, kind, subject, issuer, serial, key, not_before, not_after, thumbprint, der, status, four_eyes,
			proposed_by, proposed_at, decided_by, decided_at, created_at, updated_at)
		values (@id, @domain, @kind, @subject, @issuer, @serial, @key, @not_before, @not_after, @thumbprint, @der, @status, @four_eyes,
			@proposed_by, @now, @decided_by, @decided_at, @now, @now)`,
		pg.Args{
			"id": ca.ID, "domain": ca.Domain, "kind": string(ca.Kind), "subject": ca.Subject, "issuer": ca.Issuer, "serial": ca.Serial,
			"key": ca.Key, "not_before": ca.NotBefore, "not_after": ca.NotAfter, "thumbprint": ca.Thumbprint, "der": der,
			"status": string(ca.Status), "four_eyes": !alone, "proposed_by": ca.ProposedBy, "now": tx.Now(),
			"decided_by": decidedBy, "decided_at": decidedAt,
		})
	return err
}

// announce tells other admins of a root that waits, and other systems of what is
// in use.
func announce(ctx context.Context, tx *pg.Tx, a authz.Actor, ca CA) error {
	if ca.Status == InUse {
		return publishCA(ctx, tx, webhook.CATaken, ca)
	}
	if ca.Kind != Root {
		return nil // it comes along with its root
	}
	return account.TellStaff(ctx, tx, authz.TrustStoreManage, mail.CAWaiting, a.User,
		map[string]string{"Certificate": ca.Subject, "Actor": a.Name, "Path": ca.path()})
}
