package approval

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Sent is one thing that is sent: Number counts its submissions from 1.
type Sent struct {
	ID      uuid.UUID
	Number  int
	Answers Answers
}

// Send keeps what the actor sends, of any number of things, in one statement. The
// things' own rows the caller writes. A submission that is there already is a
// problem.ErrConflict.
func (k Kind) Send(ctx context.Context, tx *pg.Tx, a authz.Actor, things ...Sent) error {
	var ids []uuid.UUID
	var numbers []int
	var answers []string
	for _, t := range things {
		text, err := json.Marshal(t.Answers)
		if err != nil {
			return err
		}
		ids, numbers, answers = append(ids, t.ID), append(numbers, t.Number), append(answers, string(text))
	}
	_, err := tx.Exec(ctx, `
		insert into approval_submissions (kind, subject_id, number, answers, submitted_by, submitted_at)
		select @kind, t.id, t.number, t.answers::jsonb, @by, @now
		from unnest(@ids::uuid[], @numbers::integer[], @answers::text[]) as t (id, number, answers)`,
		pg.Args{"kind": string(k.Kind), "by": a.User, "now": tx.Now(), "ids": ids, "numbers": numbers, "answers": answers})
	if pg.Violates(err, "approval_submissions_pkey") {
		return problem.ErrConflict
	}
	return err
}

// Rule takes a decision on things that wait, all with the same words: it stores the
// decisions and moves the rows, in a few statements however many there are. The
// caller has locked the rows, audits each, and tells of it. Errors:
// problem.ErrConflict if one of them does not wait as it is given here (security.md
// CON-2); ErrOwn if the actor sent one of them (AUT-6); *state.MoveError for a
// ruling that the kind does not know.
func (k Kind) Rule(ctx context.Context, tx *pg.Tx, a authz.Actor, r Ruling, things ...Item) error {
	if err := k.Moves.Check(PendingApproval, r.To); err != nil {
		return err
	}
	if err := k.insertDecisions(ctx, tx, a, r, things); err != nil {
		return err
	}
	return k.move(ctx, tx, things, `status = @to,
		approved_at = case when @to = 'approved' then @now else t.approved_at end`, pg.Args{"from": string(PendingApproval), "to": string(r.To)})
}

func (k Kind) insertDecisions(ctx context.Context, tx *pg.Tx, a authz.Actor, r Ruling, things []Item) error {
	lines, err := json.Marshal(append([]Line{}, r.Lines...))
	if err != nil {
		return err
	}
	ids, subjects, numbers := make([]uuid.UUID, len(things)), make([]uuid.UUID, len(things)), make([]int, len(things))
	for i, t := range things {
		ids[i], subjects[i], numbers[i] = id.New[id.Review]().UUID, t.ID, t.Submission
	}
	n, err := tx.Exec(ctx, `
		insert into approval_decisions (id, kind, subject_id, submission, submitted_by, decision, reason, lines, decided_by, decided_at)
		select t.id, s.kind, s.subject_id, s.number, s.submitted_by, @to, @reason, @lines::jsonb, @by, @now
		from unnest(@ids::uuid[], @subjects::uuid[], @numbers::integer[]) as t (id, subject, number)
		join approval_submissions s on s.kind = @kind and s.subject_id = t.subject and s.number = t.number`,
		pg.Args{
			"kind": string(k.Kind), "ids": ids, "subjects": subjects, "numbers": numbers, "to": string(r.To),
			"reason": r.Reason, "lines": string(lines), "by": a.User, "now": tx.Now(),
		})
	switch {
	case pg.Violates(err, "approval_decisions_submission_key"):
		return problem.ErrConflict
	case pg.Violates(err, "approval_decisions_four_eyes_check"):
		return ErrOwn
	case err == nil && n != int64(len(things)):
		return problem.ErrConflict
	}
	return err
}

// End withdraws or deactivates things, all for the same reason (up to MaxWords
// characters, checked by the caller). Errors as Rule's, but for ErrOwn.
func (k Kind) End(ctx context.Context, tx *pg.Tx, a authz.Actor, to Status, reason string, things ...Item) error {
	if err := k.may(to, things); err != nil {
		return err
	}
	return k.move(ctx, tx, things, `status = @to, ended_by = @by, ended_at = @now, ended_reason = @reason`,
		pg.Args{"from": nil, "to": string(to), "by": a.User, "reason": reason})
}

// Return gives things that were deactivated their approval back. Errors as End's.
func (k Kind) Return(ctx context.Context, tx *pg.Tx, things ...Item) error {
	if err := k.may(Approved, things); err != nil {
		return err
	}
	return k.move(ctx, tx, things, `status = @to, ended_by = null, ended_at = null, ended_reason = ''`,
		pg.Args{"from": string(Deactivated), "to": string(Approved)})
}

func (k Kind) may(to Status, things []Item) error {
	for _, t := range things {
		if err := k.Moves.Check(t.Status, to); err != nil {
			return err
		}
	}
	return nil
}

// move is the one statement that decides who was first (security.md CON-2).
func (k Kind) move(ctx context.Context, tx *pg.Tx, things []Item, set string, args pg.Args) error {
	ids, versions, statuses := make([]uuid.UUID, len(things)), make([]int, len(things)), make([]string, len(things))
	for i, t := range things {
		ids[i], versions[i], statuses[i] = t.ID, t.Version, string(t.Status)
	}
	args["ids"], args["versions"], args["statuses"], args["now"] = ids, versions, statuses, tx.Now()
	n, err := tx.Exec(ctx, `
		update `+k.Table+` t set `+set+`, version = t.version + 1, updated_at = @now
		from unnest(@ids::uuid[], @versions::integer[], @statuses::text[]) as seen (id, version, status)
		where t.id = seen.id and t.version = seen.version and t.status = coalesce(@from::text, seen.status)`, args)
	if err == nil && n != int64(len(things)) {
		return problem.ErrConflict
	}
	return err
}

// Late says why a thing cannot be decided on as the actor's page showed it: version
// is the row version that it showed. ErrReplayed for the same decision by the same
// person; else an ErrConflict, with words where there are some.
func (k Kind) Late(ctx context.Context, q pg.Querier, a authz.Actor, t Item, version int, r Ruling) error {
	trail, err := k.TrailOf(ctx, q, t.ID)
	if err != nil {
		return err
	}
	last := trail.Last()
	switch {
	case t.Status == PendingApproval && len(trail.Submissions) > 0:
		return &problem.ConflictError{Key: "approval.conflict.newer", Args: []any{"When", trail.Submissions[0].SubmittedAt}}
	case t.Status == Withdrawn || t.Status == Deactivated || last == nil:
		return &problem.ConflictError{Key: "approval.conflict." + string(t.Status)}
	}
	same := last.DecidedByID == a.User.UUID && last.Verdict == r.To && last.Reason == r.Reason && slices.Equal(last.Lines, r.Lines)
	if same && t.Status == r.To && t.Version == version+1 {
		return ErrReplayed
	}
	return &problem.ConflictError{
		Key: "approval.conflict.decided." + string(last.Verdict), Args: []any{"Name", last.DecidedByName, "When", last.DecidedAt},
	}
}

// TrailOf is everything that was sent and said of one thing. Whose it is, the
// caller has checked.
func (k Kind) TrailOf(ctx context.Context, q pg.Querier, of uuid.UUID) (Trail, error) {
	var t Trail
	var err error
	args := pg.Args{"kind": string(k.Kind), "id": of}
	t.Submissions, err = pg.All[Submission](ctx, q, `
		select s.number, s.answers, s.submitted_by, btrim(u.first_name || ' ' || u.last_name) as submitted_by_name, s.submitted_at
		from approval_submissions s join users u on u.id = s.submitted_by
		where s.kind = @kind and s.subject_id = @id order by s.number desc`, args)
	if err != nil {
		return t, err
	}
	t.Decisions, err = pg.All[Decision](ctx, q, `
		select d.submission, d.decision as verdict, d.reason, d.lines, d.decided_by as decided_by_id,
			btrim(u.first_name || ' ' || u.last_name) as decided_by_name, d.decided_at
		from approval_decisions d join users u on u.id = d.decided_by
		where d.kind = @kind and d.subject_id = @id order by d.submission desc`, args)
	return t, err
}
