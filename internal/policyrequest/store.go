package policyrequest

import (
	"context"
	"errors"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const requestColumns = `r.id, r.partner_id, t.public_id, t.organisation, t.type as partner_type, t.status as partner_status, t.lang as partner_lang,
	r.policy_id, p.kind, p.name as policy_name, p.status as policy_status,
	p.group_id, g.name as group_name, g.status as group_status, r.status, r.reason, r.submission, r.requested_by,
	btrim(u.first_name || ' ' || u.last_name) as requested_by_name, r.submitted_at,
	coalesce(a.number, 0) as approved_number, r.approved_at, r.ends_on, r.paused_at,
	coalesce(btrim(e.first_name || ' ' || e.last_name), '') as ended_by_name, r.ended_at, r.ended_reason,
	r.version, r.created_at, r.updated_at,
	v.id as version_id, coalesce(v.number, 0) as number, coalesce(v.document, '') as document`

const requestFrom = ` from policy_requests r
	join partners t on t.id = r.partner_id
	join policies p on p.id = r.policy_id
	join policy_groups g on g.id = p.group_id
	join users u on u.id = r.requested_by
	left join users e on e.id = r.ended_by
	left join policy_versions a on a.id = r.approved_version
	left join policy_versions v on v.policy_id = p.id and v.status = 'active'`

// requestByID is one request in scope; problem.ErrNotFound if there is none or it
// is somebody else's (security.md AUT-3).
func requestByID(ctx context.Context, q pg.Querier, scope authz.Scope, rid id.PolicyRequest) (Request, error) {
	return pg.One[Request](ctx, q, `select `+requestColumns+requestFrom+` where r.id = @id and (@all or r.partner_id = @scope)`,
		pg.Args{"id": rid, "all": scope.All, "scope": scope.Partner})
}

// hold locks what a request stands on, then the request itself, in the order of
// the house: policy group, policy, partner, request. So nothing of it is
// deactivated between the check and the commit (security.md CON-4), and no
// decision on the policy counts its grants at the same moment.
func hold(ctx context.Context, tx *pg.Tx, scope authz.Scope, rid id.PolicyRequest) (Request, error) {
	at, err := requestByID(ctx, tx, scope, rid)
	if err != nil {
		return Request{}, err
	}
	if err := share(ctx, tx, at.GroupID, at.PolicyID, at.PartnerID); err != nil {
		return Request{}, err
	}
	if _, err := pg.Value[id.PolicyRequest](ctx, tx, `select id from policy_requests where id = @id for update`, pg.Args{"id": rid}); err != nil {
		return Request{}, err
	}
	r, err := requestByID(ctx, tx, scope, rid)
	if err == nil && r.GroupID != at.GroupID { // the policy moved to a group that is not locked
		err = problem.ErrConflict
	}
	return r, err
}

// share keeps a group, a policy and a partner as they are until the end of the
// transaction.
func share(ctx context.Context, tx *pg.Tx, gid id.PolicyGroup, pid id.Policy, partner id.Partner) error {
	for _, lock := range []struct {
		sql string
		id  any
	}{
		{`select true from policy_groups where id = @id for share`, gid},
		{`select true from policies where id = @id for share`, pid},
		{`select true from partners where id = @id for share`, partner},
	} {
		if _, err := pg.Value[bool](ctx, tx, lock.sql, pg.Args{"id": lock.id}); err != nil {
			return err
		}
	}
	return nil
}

func insertRequest(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input) error {
	_, err := tx.Exec(ctx, `
		insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, created_at, updated_at)
		values (@id, @partner, @policy, 'pending_approval', @reason, @by, @now, @now, @now)`,
		pg.Args{"id": in.ID, "partner": a.Partner, "policy": in.Policy, "reason": in.Answers.Reason, "by": a.User, "now": tx.Now()})
	if err != nil {
		return err
	}
	return insertSubmission(ctx, tx, a, in.ID, 1, in.Answers)
}

func insertSubmission(ctx context.Context, tx *pg.Tx, a authz.Actor, rid id.PolicyRequest, number int, answers Answers) error {
	_, err := tx.Exec(ctx, `
		insert into policy_request_submissions (request_id, number, answers, submitted_by, submitted_at)
		values (@request, @number, @answers, @by, @now)`,
		pg.Args{"request": rid, "number": number, "answers": answers, "by": a.User, "now": tx.Now()})
	return err
}

// insertReview stores a decision; the key lets one through for each submission.
func insertReview(ctx context.Context, tx *pg.Tx, a authz.Actor, r Request, d ruling) error {
	sent, err := pg.Value[id.User](ctx, tx, `select submitted_by from policy_request_submissions where request_id = @id and number = @number`,
		pg.Args{"id": r.ID, "number": r.Submission})
	if err != nil {
		return err
	}
	review := id.New[id.Review]()
	_, err = tx.Exec(ctx, `
		insert into policy_request_reviews (id, request_id, submission, submitted_by, decision, reason, decided_by, decided_at)
		values (@id, @request, @submission, @sent, @decision, @reason, @by, @now)`,
		pg.Args{
			"id": review, "request": r.ID, "submission": r.Submission, "sent": sent, "decision": string(d.to),
			"reason": d.reason, "by": a.User, "now": tx.Now(),
		})
	switch {
	case pg.Violates(err, "policy_request_reviews_submission_key"):
		return problem.ErrConflict
	case pg.Violates(err, "policy_request_reviews_four_eyes_check"):
		return errOwn
	case err != nil || len(d.lines) == 0:
		return err
	}
	var fields, messages []string
	for _, l := range d.lines {
		fields, messages = append(fields, l.Field), append(messages, l.Message)
	}
	_, err = tx.Exec(ctx, `
		insert into policy_request_review_fields (review_id, position, field, message)
		select @id, l.position, l.field, l.message
		from unnest(@fields::text[], @messages::text[]) with ordinality as l (field, message, position)`,
		pg.Args{"id": review, "fields": fields, "messages": messages})
	return err
}

// errOwn is a decision on what the same person sent (security.md AUT-6).
var errOwn = errors.New("one's own request")

func submissions(ctx context.Context, q pg.Querier, rid id.PolicyRequest) ([]Submission, error) {
	return pg.All[Submission](ctx, q, `
		select s.number, s.answers, s.submitted_by, btrim(u.first_name || ' ' || u.last_name) as submitted_by_name, s.submitted_at
		from policy_request_submissions s join users u on u.id = s.submitted_by
		where s.request_id = @id order by s.number desc`, pg.Args{"id": rid})
}

// decisions are all decisions on a request with their lines, newest first.
func decisions(ctx context.Context, q pg.Querier, rid id.PolicyRequest) ([]Decision, error) {
	rows, err := pg.All[struct {
		Decision
		Fields   []string
		Messages []string
	}](ctx, q, `
		select d.submission, d.decision as verdict, d.reason, d.decided_by as decided_by_id,
			btrim(u.first_name || ' ' || u.last_name) as decided_by_name, d.decided_at,
			array(select field from policy_request_review_fields where review_id = d.id order by position) as fields,
			array(select message from policy_request_review_fields where review_id = d.id order by position) as messages
		from policy_request_reviews d join users u on u.id = d.decided_by
		where d.request_id = @id order by d.submission desc`, pg.Args{"id": rid})
	if err != nil {
		return nil, err
	}
	all := make([]Decision, len(rows))
	for i, r := range rows {
		all[i] = r.Decision
		for j, field := range r.Fields {
			all[i].Lines = append(all[i].Lines, FieldLine{Field: field, Message: r.Messages[j]})
		}
	}
	return all, nil
}

const extensionColumns = `x.id, x.reason, btrim(u.first_name || ' ' || u.last_name) as requested_by_name, x.requested_by as requested_by_id, x.requested_at, x.ended_on,
	coalesce(x.decision, '') as decision, x.decision_reason, x.ends_on, x.decided_by as decided_by_id,
	coalesce(btrim(d.first_name || ' ' || d.last_name), '') as decided_by_name, x.decided_at`

// extensions are all questions for a later last day, newest first.
func extensions(ctx context.Context, q pg.Querier, rid id.PolicyRequest) ([]Extension, error) {
	return pg.All[Extension](ctx, q, `select `+extensionColumns+`
		from policy_request_extensions x join users u on u.id = x.requested_by left join users d on d.id = x.decided_by
		where x.request_id = @id order by x.requested_at desc, x.id desc`, pg.Args{"id": rid})
}
