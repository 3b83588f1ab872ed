package organisation

import (
	"context"
	"errors"
	"strings"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
	"portal/internal/webhook"
)

// MaxReason is how long the reason of a decision may be, in characters.
const MaxReason = 2000

// Certificate is the certificate that counts for the partner of a change, which
// names its organisation; problem.ErrNotFound if there is none.
func (s *Service) Certificate(ctx context.Context, pid id.Partner) (certificate.Certificate, error) {
	return certificate.Counting(ctx, s.db.Read(), pid, s.db.Now())
}

// Approve carries a change out (authz.PartnerDecide). A new name is told to the
// partner's people and to other systems; a new address signs in from then on,
// all sessions and links of its owner end (security.md SES-5), and both addresses
// are told. version is that of the change which the page showed.
//
// Errors: problem.ErrNotFound; *problem.ConflictError when it was decided or
// withdrawn meanwhile, the partner was deactivated, or the address got an account
// of its own. The same person deciding the same twice is no error.
func (s *Service) Approve(ctx context.Context, a authz.Actor, cid id.PartnerChange, version int) error {
	return s.decide(ctx, a, cid, version, Approved, "")
}

// Reject turns a change down; reason (1 to MaxReason characters) is mailed to
// the partner's people. Permission and errors are Approve's;
// *problem.InvalidError at "reason".
func (s *Service) Reject(ctx context.Context, a authz.Actor, cid id.PartnerChange, version int, reason string) error {
	var f problem.Fields
	reason = f.Lines("reason", reason, MaxReason, true)
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PartnerDecide, err)
	}
	return s.decide(ctx, a, cid, version, Rejected, reason)
}

func (s *Service) decide(ctx context.Context, a authz.Actor, cid id.PartnerChange, version int, to ChangeStatus, reason string) error {
	return s.db.Change(ctx, a, authz.PartnerDecide, func(tx *pg.Tx) (audit.Event, error) {
		pid, err := pg.Value[id.Partner](ctx, tx, `select partner_id from partner_changes where id = @id`, pg.Args{"id": cid})
		if err != nil {
			return audit.Event{}, err
		}
		p, err := lock(ctx, tx, pid)
		if err != nil {
			return audit.Event{}, err
		}
		c, err := pg.One[Change](ctx, tx, changeSelect+` where c.id = @id`, pg.Args{"id": cid})
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Status == to && c.EndedBy == a.User && c.EndedReason == reason:
			return audit.Event{}, pg.ErrNothing // a second click
		case c.Status != Pending:
			return audit.Event{}, c.decided()
		case c.Version != version:
			return audit.Event{}, problem.ErrConflict
		}
		if err := end(ctx, tx, a, c, to, reason); err != nil {
			return audit.Event{}, err
		}
		detail := c.detail()
		if to == Rejected {
			detail = append(detail, audit.Change{Field: "reason", After: reason})
			return p.event(audit.ChangeRejected, detail), account.TellPartner(ctx, tx, pid, mail.ChangeRejected,
				map[string]string{"Organisation": p.Organisation, "Reason": reason, "Path": "/organisation"})
		}
		carryOut := rename
		if c.Field == Address {
			carryOut = readdress
		}
		event := p.event(audit.ChangeApproved, detail)
		event.Before, event.After = p.Version, p.Version+1
		return event, errors.Join(carryOut(ctx, tx, p, c), p.bump(ctx, tx))
	})
}

// rename gives a partner its new name. What was said with the old one stays as
// it was said.
func rename(ctx context.Context, tx *pg.Tx, p locked, c Change) error {
	if err := pg.Exec1(ctx, tx, `update partners set organisation = @name where id = @id and organisation = @before`,
		pg.Args{"id": p.ID, "name": c.After, "before": c.Before}); err != nil {
		return err
	}
	err := webhook.Publish(ctx, tx, webhook.Event{Type: webhook.PartnerChanged, Partner: p.ID, Data: map[string]any{
		"partner": p.PublicID, "organisation": c.After, "previous": c.Before,
	}})
	if err != nil {
		return err
	}
	return account.TellPartner(ctx, tx, p.ID, mail.NameChanged,
		map[string]string{"Organisation": c.After, "Before": c.Before, "Path": "/organisation"})
}

// readdress gives a partner's owner their new address.
func readdress(ctx context.Context, tx *pg.Tx, p locked, c Change) error {
	var f problem.Fields
	address := email.Field(&f, "email", c.After)
	if f.Err() != nil {
		return f.Err()
	}
	u, err := pg.One[struct{ FirstName, LastName, Lang string }](ctx, tx, `
		update users set email = @email, email_key = @key, version = version + 1, updated_at = @now
		where id = @id and partner_id = @partner and owner and status = 'active'
		returning first_name, last_name, lang`,
		pg.Args{"id": c.RequestedBy, "partner": p.ID, "email": address.String(), "key": address.Canonical(), "now": tx.Now()})
	switch {
	case pg.Violates(err, "users_email_key_key"):
		return &problem.ConflictError{Key: "organisation.conflict.address_taken"}
	case errors.Is(err, problem.ErrNotFound):
		return problem.ErrConflict
	case err != nil:
		return err
	}
	tx.Also(audit.Event{
		Action: audit.AddressChanged, Partner: p.ID, Detail: c.detail(),
		Subject: audit.Subject{Kind: audit.User, ID: c.RequestedBy.String(), Name: strings.TrimSpace(u.FirstName + " " + u.LastName)},
	})
	if err := session.EndAll(ctx, tx, c.RequestedBy); err != nil {
		return err
	}
	if err := challenge.EndAll(ctx, tx, c.RequestedBy); err != nil {
		return err
	}
	_, domain, _ := strings.Cut(address.Canonical(), "@")
	if _, err := tx.Exec(ctx, `update partners set email_domain = @domain where id = @id`, pg.Args{"id": p.ID, "domain": domain}); err != nil {
		return err
	}
	for _, to := range []string{c.Before, c.After} {
		var whose id.User // the old address is nobody's now
		if to == c.After {
			whose = c.RequestedBy
		}
		err := mail.Enqueue(ctx, tx, mail.Message{
			Kind: mail.AddressChanged, To: to, User: whose, Lang: u.Lang,
			Params: map[string]string{"Name": u.FirstName, "Organisation": p.Organisation, "Path": "/signin"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
