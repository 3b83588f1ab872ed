package partner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// admitToQueue writes everything that a sent request is made of.
func (r *Registrations) admitToQueue(ctx context.Context, tx *pg.Tx, token string, d Draft, proof challenge.State) (audit.Event, error) {
	pid := id.New[id.Partner]()
	// The proof is of one spelling of the address; no other is written to
	// (security.md REG-3).
	d.Answers.Email = proof.Email
	address, err := d.addressOf()
	if err != nil {
		return audit.Event{}, err
	}
	if d.Answers.PolicyGroupID != "" {
		if err := openGroup(ctx, tx, d.Answers.PolicyGroupID); err != nil {
			return audit.Event{}, closedGroup(err)
		}
	}
	if err := insertPartner(ctx, tx, pid, d, address.Domain(), proof.VerifiedAt); err != nil {
		return audit.Event{}, err
	}
	if err := insertOwner(ctx, tx, pid, d, address); err != nil {
		return audit.Event{}, err
	}
	if err := tellOfRequest(ctx, tx, pid, d.Answers); err != nil {
		return audit.Event{}, err
	}
	a := d.Answers
	sent := Draft{Receipt: &Receipt{Organisation: a.Organisation, PublicID: a.PublicID, Email: a.Email, SentAt: tx.Now()}, challenge: d.challenge}
	if err := r.store(ctx, tx, token, sent); err != nil {
		return audit.Event{}, err
	}
	return sentEvent(pid, d), nil
}

// closedGroup says it in the registration's own words.
func closedGroup(err error) error {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) {
		return problem.Invalid("policy_group", "partner.problem.group_closed")
	}
	return err
}

func insertPartner(ctx context.Context, tx *pg.Tx, pid id.Partner, d Draft, domain string, verified time.Time) error {
	a := d.Answers
	var group any
	if gid, err := id.Parse[id.PolicyGroup](a.PolicyGroupID); err == nil {
		group = gid
	}
	_, err := tx.Exec(ctx, `
		insert into partners (id, public_id, type, purpose, organisation, address, policy_group_id, email_domain, lang,
			status, submission, submitted_at, address_verified_at, terms_version, consented_at, created_at, updated_at)
		values (@id, @public_id, @type, @purpose, @organisation, @address, @group, @domain, @lang,
			@status, 1, @now, @verified, @terms, @consented, @now, @now)`,
		pg.Args{
			"id": pid, "public_id": a.PublicID, "type": string(a.Type), "purpose": a.Purpose, "organisation": a.Organisation,
			"address": a.Address, "group": group, "domain": domain, "lang": a.Lang, "status": string(PendingApproval),
			"now": tx.Now(), "verified": verified, "terms": d.Terms, "consented": d.ConsentedAt,
		})
	if pg.Violates(err, "partners_public_id_key") {
		return problem.Invalid("public_id", "partner.problem.public_id_taken")
	}
	if err != nil {
		return fmt.Errorf("store partner: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into partner_submissions (partner_id, number, answers, submitted_at) values (@id, 1, @answers, @now)`,
		pg.Args{"id": pid, "answers": a, "now": tx.Now()})
	return err
}

func insertOwner(ctx context.Context, tx *pg.Tx, pid id.Partner, d Draft, address email.Address) error {
	a := d.Answers
	_, err := tx.Exec(ctx, `
		insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, partner_id, owner, created_at, updated_at)
		values (@id, @email, @key, @first, @last, @phone, @lang, @password, 'active', @partner, true, @now, @now)`,
		pg.Args{
			"id": id.New[id.User](), "email": address.String(), "key": address.Canonical(), "first": a.FirstName, "last": a.LastName,
			"phone": a.Phone, "lang": a.Lang, "password": d.Password, "partner": pid, "now": tx.Now(),
		})
	if pg.Violates(err, "users_email_key_key") {
		return problem.Invalid("email", "partner.problem.email_taken")
	}
	if err != nil {
		return fmt.Errorf("store account: %w", err)
	}
	return nil
}

// tellOfRequest mails the partner in its language and every Partner Admin in
// theirs.
func tellOfRequest(ctx context.Context, tx *pg.Tx, pid id.Partner, a Answers) error {
	about := map[string]string{
		"Organisation": a.Organisation, "PublicID": a.PublicID, "Name": a.FirstName,
		"Type": string(a.Type), "Partner": pid.String(), "ID": pid.String(),
	}
	if err := mail.Enqueue(ctx, tx, mail.Message{Kind: mail.RegistrationReceived, To: a.Email, Lang: a.Lang, Params: about}); err != nil {
		return err
	}
	return tellAdmins(ctx, tx, about)
}

// tellAdmins mails those who decide that a request waits.
func tellAdmins(ctx context.Context, tx *pg.Tx, about map[string]string) error {
	return account.TellStaff(ctx, tx, authz.PartnerDecide, mail.RegistrationWaiting, id.User{}, about)
}

// sentEvent names what was sent. Address, phone and e-mail stand in the
// submission, not in the log (security.md AUD-2).
func sentEvent(pid id.Partner, d Draft) audit.Event {
	a := d.Answers
	detail := audit.Diff(nil, "status", "", string(PendingApproval))
	detail = audit.Diff(detail, "type", "", string(a.Type))
	detail = audit.Diff(detail, "organisation", "", a.Organisation)
	detail = audit.Diff(detail, "public_id", "", a.PublicID)
	return audit.Event{
		Action: audit.RegistrationSent, Partner: pid, After: 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.Partner, ID: pid.String(), Name: a.Organisation},
	}
}
