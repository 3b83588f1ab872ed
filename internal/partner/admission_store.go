package partner

import (
	"context"
	"errors"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// groupStaysActive holds the partner's policy group until the transaction ends,
// so that it cannot be deactivated at the same moment (security.md CON-4).
func groupStaysActive(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	g, err := pg.One[Group](ctx, tx, `
		select g.id, g.name, g.status = 'active' as active
		from partners p join policy_groups g on g.id = p.policy_group_id
		where p.id = @id for share of g`, pg.Args{"id": pid})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return nil // a type without policies
	case err != nil:
		return err
	case !g.Active:
		return &problem.ConflictError{Key: "admission.conflict.group", Args: []any{"Group", g.Name}}
	}
	return nil
}

// moveFromPending is the one statement that decides who was first (security.md
// CON-2). No row: problem.ErrNotFound.
func moveFromPending(ctx context.Context, tx *pg.Tx, pid id.Partner, version int, to Status) (decided, error) {
	return pg.One[decided](ctx, tx, `
		with moved as (
			update partners set status = @to, version = version + 1, updated_at = @now
			where id = @id and status = 'pending_approval' and version = @version
			returning id, organisation, type, public_id, submission, version
		)
		select m.organisation, m.type, m.public_id, m.submission, m.version, u.id as owner_id, u.first_name, u.email, u.lang
		from moved m join users u on u.partner_id = m.id and u.owner`,
		pg.Args{"id": pid, "to": string(to), "version": version, "now": tx.Now()})
}

func insertDecision(ctx context.Context, tx *pg.Tx, a authz.Actor, pid id.Partner, submission int, r ruling) error {
	rid := id.New[id.Review]()
	_, err := tx.Exec(ctx, `
		insert into partner_reviews (id, partner_id, submission, decision, reason, decided_by, decided_at)
		values (@id, @partner, @submission, @decision, @reason, @by, @now)`,
		pg.Args{
			"id": rid, "partner": pid, "submission": submission, "decision": string(r.verdict), "reason": r.reason,
			"by": a.User, "now": tx.Now(),
		})
	if pg.Violates(err, "partner_reviews_submission_key") {
		return problem.ErrConflict
	}
	if err != nil || len(r.lines) == 0 {
		return err
	}
	var fields, messages []string
	for _, l := range r.lines {
		fields, messages = append(fields, l.Field), append(messages, l.Message)
	}
	_, err = tx.Exec(ctx, `
		insert into partner_review_fields (review_id, position, field, message)
		select @id, l.position, l.field, l.message
		from unnest(@fields::text[], @messages::text[]) with ordinality as l (field, message, position)`,
		pg.Args{"id": rid, "fields": fields, "messages": messages})
	return err
}

// lock makes changes of one partner wait for each other. problem.ErrNotFound if
// there is none.
func lock(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[id.Partner](ctx, tx, `select id from partners where id = @id for update`, pg.Args{"id": pid})
	return err
}

// updateOwn writes a partner's new answers and puts it back into the queue,
// if it still stands where the answers were asked for.
func updateOwn(ctx context.Context, tx *pg.Tx, p Partner, a Answers) error {
	var group any
	if gid, err := id.Parse[id.PolicyGroup](a.PolicyGroupID); err == nil {
		group = gid
	}
	err := pg.Exec1(ctx, tx, `
		update partners set type = @type, purpose = @purpose, organisation = @organisation, public_id = @public_id,
			address = @address, policy_group_id = @policy_group, status = 'pending_approval',
			submission = submission + 1, submitted_at = @now, version = version + 1, updated_at = @now
		where id = @id and status = 'changes_requested' and version = @version`,
		pg.Args{
			"id": p.ID, "version": p.Version, "type": string(a.Type), "purpose": a.Purpose, "organisation": a.Organisation,
			"public_id": a.PublicID, "address": a.Address, "policy_group": group, "now": tx.Now(),
		})
	if pg.Violates(err, "partners_public_id_key") {
		return problem.Invalid("public_id", "partner.problem.public_id_taken")
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		update users set first_name = @first_name, last_name = @last_name, phone = @phone, version = version + 1, updated_at = @now
		where id = @owner and (first_name, last_name, phone) is distinct from (@first_name, @last_name, @phone)`,
		pg.Args{"owner": p.OwnerID, "first_name": a.FirstName, "last_name": a.LastName, "phone": a.Phone, "now": tx.Now()})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into partner_submissions (partner_id, number, answers, submitted_at) values (@id, @number, @answers, @now)`,
		pg.Args{"id": p.ID, "number": p.Submission + 1, "answers": a, "now": tx.Now()})
	return err
}

// openGroup holds a policy group that new partners may still join until the
// transaction ends. One that was deactivated, or never was, is not open.
func openGroup(ctx context.Context, tx *pg.Tx, gid string) error {
	parsed, err := id.Parse[id.PolicyGroup](gid)
	if err == nil {
		_, err = pg.Value[id.PolicyGroup](ctx, tx,
			`select id from policy_groups where id = @id and status = 'active' for share`, pg.Args{"id": parsed})
	}
	if errors.Is(err, problem.ErrNotFound) {
		return problem.Invalid("policy_group", "partner.problem.group_closed")
	}
	return err
}
