package certificate

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// ConfirmCA takes a certificate that waits into use; intermediates that waited for
// it come along. version is the row version that the actor looked at.
//
// It needs authz.TrustStoreManage, and a second person for a root, unless the
// installation has one admin only (security.md AUT-6; the table says so too).
// Errors: problem.ErrNotFound; a *problem.ConflictError where the actor proposed
// it, somebody decided meanwhile, or it is not good any more.
func (s *Service) ConfirmCA(ctx context.Context, a authz.Actor, cid id.CACertificate, version int) error {
	return s.decideCA(ctx, a, cid, version, InUse, "", func(tx *pg.Tx, ca FullCA) (audit.Event, error) {
		if ca.Kind == Root && ca.ProposedBy == a.User && !s.alone {
			return audit.Event{}, &problem.ConflictError{Key: "trust_store.conflict.own"}
		}
		if err := s.stillGood(ctx, tx, ca); err != nil {
			return audit.Event{}, err
		}
		event, err := s.take(ctx, tx, a, ca)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.takeBelow(ctx, tx, a, ca.Domain); err != nil {
			return audit.Event{}, err
		}
		return event, tellProposer(ctx, tx, a, ca.CA, mail.CATaken, "")
	})
}

// RefuseCA turns a certificate down that waits; reason (1 to MaxReason
// characters) is mailed to who proposed it, who may refuse it too. Permission and
// errors are ConfirmCA's; *problem.InvalidError names "reason".
func (s *Service) RefuseCA(ctx context.Context, a authz.Actor, cid id.CACertificate, version int, reason string) error {
	reason, err := s.reason(ctx, a, authz.TrustStoreManage, reason)
	if err != nil {
		return err
	}
	return s.decideCA(ctx, a, cid, version, Refused, reason, func(tx *pg.Tx, ca FullCA) (audit.Event, error) {
		err := pg.Exec1(ctx, tx, `update ca_certificates set status = 'refused', decided_by = @actor, decided_at = @now, reason = @reason,
			version = version + 1, updated_at = @now where id = @id`, pg.Args{"id": cid, "actor": a.User, "now": tx.Now(), "reason": reason})
		if err != nil {
			return audit.Event{}, err
		}
		event := moved(audit.CARefused, ca.CA, Refused, reason)
		return event, tellProposer(ctx, tx, a, ca.CA, mail.CARefused, reason)
	})
}

// TakeOutCA takes a certificate out of use from this moment on: no certificate
// below it counts any more, but for those to which the trust store gives another
// chain. Partners who are left without one that counts get a
// mail with the reason (1 to MaxReason characters). Permission and errors are
// ConfirmCA's; *problem.InvalidError names "reason".
func (s *Service) TakeOutCA(ctx context.Context, a authz.Actor, cid id.CACertificate, version int, reason string) error {
	reason, err := s.reason(ctx, a, authz.TrustStoreManage, reason)
	if err != nil {
		return err
	}
	return s.decideCA(ctx, a, cid, version, OutOfUse, reason, func(tx *pg.Tx, ca FullCA) (audit.Event, error) {
		lost, kept, err := s.orphans(ctx, tx, cid, tx.Now(), forShare)
		if err != nil {
			return audit.Event{}, err
		}
		if err := rehang(ctx, tx, kept); err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `update ca_certificates set status = 'out_of_use', ended_by = @actor, ended_at = @now, reason = @reason,
			version = version + 1, updated_at = @now where id = @id`, pg.Args{"id": cid, "actor": a.User, "now": tx.Now(), "reason": reason})
		if err != nil {
			return audit.Event{}, err
		}
		if err := tellOrphaned(ctx, tx, lost, reason); err != nil {
			return audit.Event{}, err
		}
		event := moved(audit.CATakenOut, ca.CA, OutOfUse, reason)
		return event, publishCA(ctx, tx, webhook.CATakenOut, ca.CA)
	})
}

// RestoreCA brings a certificate back that was refused or taken out of use: an
// intermediate is in use at once, a root waits for a second person again.
// Permission and errors are ConfirmCA's.
func (s *Service) RestoreCA(ctx context.Context, a authz.Actor, cid id.CACertificate, version int) error {
	return s.decideCA(ctx, a, cid, version, "", "", func(tx *pg.Tx, ca FullCA) (audit.Event, error) {
		if err := s.stillGood(ctx, tx, ca); err != nil {
			return audit.Event{}, err
		}
		if ca.Kind != Root || s.alone {
			return s.take(ctx, tx, a, ca)
		}
		err := pg.Exec1(ctx, tx, `update ca_certificates set status = 'waiting', four_eyes = true, proposed_by = @actor, proposed_at = @now,
			decided_by = null, decided_at = null, version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": cid, "actor": a.User, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		event := moved(audit.CAProposed, ca.CA, Waiting, "")
		return event, announce(ctx, tx, a, CA{ID: cid, Kind: Root, Subject: ca.Subject, Status: Waiting})
	})
}

// decideCA locks a certificate, sees that it stands as the actor's page said, and
// lets fn change it. to "" is a restoring, whose end depends on the kind.
func (s *Service) decideCA(ctx context.Context, a authz.Actor, cid id.CACertificate, version int, to CAStatus, reason string,
	fn func(*pg.Tx, FullCA) (audit.Event, error),
) error {
	return s.db.Change(ctx, a, authz.TrustStoreManage, func(tx *pg.Tx) (audit.Event, error) {
		ca, err := lockCA(ctx, tx, cid)
		if err != nil {
			return audit.Event{}, err
		}
		next := to
		if to == "" {
			if next = InUse; ca.Kind == Root && !s.alone {
				next = Waiting
			}
		}
		if to == InUse && ca.Status != Waiting || !CAStatuses.Can(ca.Status, next) || ca.Version != version {
			return audit.Event{}, caMeanwhile(a, ca, next, version, reason)
		}
		return fn(tx, ca)
	})
}

// caMeanwhile says what happened to a certificate since the actor looked at it.
func caMeanwhile(a authz.Actor, ca FullCA, next CAStatus, version int, reason string) error {
	who, name, when := &ca.ProposedBy, ca.ProposedName, &ca.ProposedAt
	switch ca.Status {
	case InUse, Refused:
		who, name, when = ca.DecidedBy, ca.DecidedName, ca.DecidedAt
	case OutOfUse:
		who, name, when = ca.EndedBy, ca.EndedName, ca.EndedAt
	case Waiting:
	}
	if who == nil || when == nil {
		return problem.ErrConflict
	}
	if ca.Status == next && *who == a.User && ca.Version == version+1 && (reason == "" || ca.Reason == reason) {
		return pg.ErrNothing
	}
	return &problem.ConflictError{Key: "trust_store.conflict." + string(ca.Status), Args: []any{"Name", name, "When", *when}}
}

// stillGood judges a certificate again at the moment of the decision.
func (s *Service) stillGood(ctx context.Context, tx *pg.Tx, ca FullCA) error {
	j, err := s.judgeCA(ctx, tx, ca, tx.Now(), forShare)
	if err == nil && !j.Good() {
		err = &problem.ConflictError{Key: "trust_store.conflict.not_good"}
	}
	return err
}

// take takes a certificate into use.
func (s *Service) take(ctx context.Context, tx *pg.Tx, a authz.Actor, ca FullCA) (audit.Event, error) {
	err := pg.Exec1(ctx, tx, `update ca_certificates set status = 'in_use', four_eyes = @four_eyes, decided_by = @actor, decided_at = @now,
		ended_by = null, ended_at = null, reason = '', version = version + 1, updated_at = @now where id = @id`,
		pg.Args{"id": ca.ID, "actor": a.User, "now": tx.Now(), "four_eyes": !s.alone})
	if err != nil {
		return audit.Event{}, err
	}
	return moved(audit.CATaken, ca.CA, InUse, ""), publishCA(ctx, tx, webhook.CATaken, ca.CA)
}

// takeBelow takes the intermediates of a domain into use that have a root now, one
// level after the other.
func (s *Service) takeBelow(ctx context.Context, tx *pg.Tx, a authz.Actor, domain string) error {
	waiting, err := pg.All[FullCA](ctx, tx, `select `+fullColumns+` `+fullFrom+`
		where ca.domain = @domain and ca.kind = 'intermediate' and ca.status = 'waiting' order by ca.id for update of ca`, pg.Args{"domain": domain})
	if err != nil {
		return err
	}
	for progress := true; progress; {
		progress = false
		for i, ca := range waiting {
			if ca.Status != Waiting {
				continue
			}
			if err := s.stillGood(ctx, tx, ca); errors.Is(err, problem.ErrConflict) {
				continue
			} else if err != nil {
				return err
			}
			event, err := s.take(ctx, tx, a, ca)
			if err != nil {
				return err
			}
			tx.Also(event)
			waiting[i].Status, progress = InUse, true
		}
	}
	return nil
}

// moved is the event of a change of state.
func moved(action audit.Action, ca CA, to CAStatus, reason string) audit.Event {
	before := ca.Version
	ca.Version++
	return caEvent(action, ca, before, audit.Diff(audit.Diff(nil, "status", string(ca.Status), string(to)), "reason", "", reason))
}

// reason reads why something is taken away, but not for who may not anyway.
func (s *Service) reason(ctx context.Context, a authz.Actor, p authz.Permission, text string) (string, error) {
	if !a.May(p) {
		return "", s.db.Deny(ctx, a, p)
	}
	var f problem.Fields
	text = f.Lines("reason", text, MaxReason, true)
	return text, f.Err()
}

func tellProposer(ctx context.Context, tx *pg.Tx, a authz.Actor, ca CA, kind mail.Kind, reason string) error {
	if ca.ProposedBy == a.User {
		return nil
	}
	return account.TellUser(ctx, tx, ca.ProposedBy, kind,
		map[string]string{"Certificate": ca.Subject, "Actor": a.Name, "Reason": reason, "Path": ca.path()})
}

// tellOrphaned mails the partners who had a certificate that counted and have
// none now, and the providers of chips that do not count any more.
func tellOrphaned(ctx context.Context, tx *pg.Tx, hit []Orphan, reason string) error {
	told := map[id.Partner]bool{}
	for _, o := range hit {
		if o.OfChip() || told[o.PartnerID] {
			continue
		}
		told[o.PartnerID] = true
		_, err := Counting(ctx, tx, o.PartnerID, tx.Now())
		if !errors.Is(err, problem.ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		err = account.TellPartner(ctx, tx, o.PartnerID, mail.CertificateOrphaned,
			map[string]string{"Certificate": o.Subject, "Reason": reason, "Path": "/certificates"})
		if err != nil {
			return err
		}
	}
	return tellChipsOrphaned(ctx, tx, hit, reason)
}

// tellChipsOrphaned mails each provider once, with the chips of which the
// certificate in service lost its chain.
func tellChipsOrphaned(ctx context.Context, tx *pg.Tx, hit []Orphan, reason string) error {
	const maxNames = 20
	var providers []id.Partner
	names := map[id.Partner][]string{}
	for _, o := range hit {
		if !o.OfChip() || o.idle() {
			continue
		}
		if names[o.PartnerID] == nil {
			providers = append(providers, o.PartnerID)
		}
		names[o.PartnerID] = append(names[o.PartnerID], o.ChipName)
	}
	for _, p := range providers {
		err := account.TellPartner(ctx, tx, p, mail.FTMChipOrphaned, map[string]string{
			"Names": strings.Join(names[p][:min(maxNames, len(names[p]))], "\n"), "Count": strconv.Itoa(len(names[p])), "Reason": reason, "Path": "/ftm-chips",
		})
		if err != nil {
			return err
		}
	}
	return nil
}
