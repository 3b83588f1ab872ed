package policyrequest

import (
	"context"
	"errors"
	"slices"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// Input is a request as its form sends it. The form proposes the ID, so that the
// same form sent twice is one request (security.md CON-3).
type Input struct {
	ID      id.PolicyRequest
	Policy  id.Policy
	Answers Answers
}

// Send asks for an active policy of the actor's own group, and mails every
// Partner Admin. It needs authz.PolicyRequestSend. Errors: problem.ErrNotFound
// for a policy that the partner cannot ask for, whatever the cause
// (security.md AUT-3); *problem.InvalidError by field; *AlreadyAskedError when
// it has asked or has it; *problem.ConflictError with MaxOpen requests open, or
// when the policy was deactivated meanwhile. The same form sent twice is no error.
func (s *Service) Send(ctx context.Context, a authz.Actor, in Input) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestSend, func(tx *pg.Tx) (audit.Event, error) {
		return s.send(ctx, tx, a, in)
	})
	if pg.Violates(err, "policy_requests_pkey") || pg.Violates(err, "policy_requests_open_key") {
		err = s.sentBefore(ctx, a, in)
	}
	return s.change("send policy request", err)
}

func (s *Service) send(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input) (audit.Event, error) {
	gid, err := pg.Value[id.PolicyGroup](ctx, tx, `select group_id from policies where id = @id`, pg.Args{"id": in.Policy})
	if err != nil {
		return audit.Event{}, err
	}
	if err := share(ctx, tx, gid, in.Policy, a.Partner); err != nil {
		return audit.Event{}, err
	}
	o, err := offerOf(ctx, tx, a.Partner, in.Policy)
	if err != nil {
		return audit.Event{}, err
	}
	words, err := vocabulary.Load(ctx, tx)
	if err != nil {
		return audit.Event{}, err
	}
	in.Answers = AnswersFor(Special(words, o.Kind, o.Document), in.Answers.Value)
	if err := in.Answers.check(in.Answers.Fields()); err != nil {
		return audit.Event{}, err
	}
	if err := roomFor(ctx, tx, a.Partner); err != nil {
		return audit.Event{}, err
	}
	if err := insertRequest(ctx, tx, a, in); err != nil {
		return audit.Event{}, err
	}
	r, err := requestByID(ctx, tx, a.Scope(), in.ID)
	if err != nil {
		return audit.Event{}, err
	}
	e := r.event(audit.PolicyRequestSent, audit.Diff(nil, "reason", "", in.Answers.Reason))
	e.Before, e.After = 0, r.Version
	return e, r.tellAdmins(ctx, tx, mail.PolicyRequestWaiting, in.Answers.Reason)
}

// roomFor counts the open requests of a partner (security.md LIM-4). A lock of
// its own lets one count at a time: the partner's row is shared with those who
// decide.
func roomFor(ctx context.Context, tx *pg.Tx, partner id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select pg_advisory_xact_lock(hashtextextended('policy_requests ' || @partner::text, 0)) is null`,
		pg.Args{"partner": partner.String()})
	if err != nil {
		return err
	}
	open, err := pg.Value[int](ctx, tx, `
		select count(*) from policy_requests where partner_id = @partner and status in ('pending_approval', 'changes_requested')`,
		pg.Args{"partner": partner})
	if err == nil && open >= MaxOpen {
		err = &problem.ConflictError{Key: "policy_request.conflict.too_many", Args: []any{"Max", MaxOpen}}
	}
	return err
}

// sentBefore tells a second click from a policy that is asked for already.
func (s *Service) sentBefore(ctx context.Context, a authz.Actor, in Input) error {
	q := s.db.Read()
	r, err := requestByID(ctx, q, authz.Scope{Partner: a.Partner}, in.ID)
	switch {
	case err == nil && r.PolicyID == in.Policy && r.RequestedBy == a.User:
		all, err := submissions(ctx, q, r.ID)
		if err != nil {
			return err
		}
		first := all[len(all)-1].Answers
		sent := AnswersFor(attributesOf(first), in.Answers.Value)
		_ = sent.check(sent.Fields()) // only to compare like with like
		if first.equal(sent) {
			return errReplayed
		}
	case err != nil && !errors.Is(err, problem.ErrNotFound):
		return err
	}
	rid, err := pg.Value[id.PolicyRequest](ctx, q, `
		select id from policy_requests where partner_id = @partner and policy_id = @policy
			and status in ('pending_approval', 'changes_requested', 'approved')`, pg.Args{"partner": a.Partner, "policy": in.Policy})
	if errors.Is(err, problem.ErrNotFound) { // it was decided meanwhile
		return problem.ErrConflict
	}
	if err != nil {
		return err
	}
	return &AlreadyAskedError{ID: rid}
}

func attributesOf(a Answers) []string {
	var names []string
	for _, n := range a.Needs {
		names = append(names, n.Attribute)
	}
	return names
}

// Resend sends a request again after changes were asked for. value gives the
// answers by field; only those that Standing.Open names may differ from the
// present ones. version is the row version that the actor looked at.
//
// It needs authz.PolicyRequestSend and reaches no request but the own partner's.
// It writes a new submission, puts the request back into the queue and mails
// every Partner Admin. Errors: problem.ErrNotFound; *problem.InvalidError by
// field; problem.ErrBadRequest when a locked answer differs (security.md AUT-5);
// *problem.ConflictError when it does not wait for the partner any more, or the
// policy is not in force. Sending the same twice is no error.
func (s *Service) Resend(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, value func(field string) string) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestSend, func(tx *pg.Tx) (audit.Event, error) {
		r, err := hold(ctx, tx, own(a), rid)
		if err != nil {
			return audit.Event{}, err
		}
		st, err := standingOf(ctx, tx, r)
		if err != nil {
			return audit.Event{}, err
		}
		if r.Status != ChangesRequested || r.Version != version {
			return audit.Event{}, st.notOpen(version, value)
		}
		if err := r.blocked(); err != nil {
			return audit.Event{}, err
		}
		answers, err := st.accept(value)
		if err != nil {
			return audit.Event{}, err
		}
		return s.resend(ctx, tx, a, st, answers)
	})
	return s.change("send policy request again", err)
}

func (s *Service) resend(ctx context.Context, tx *pg.Tx, a authz.Actor, st Standing, answers Answers) (audit.Event, error) {
	r := st.Request
	err := pg.Exec1(ctx, tx, `
		update policy_requests set status = 'pending_approval', reason = @reason, submission = submission + 1, submitted_at = @now,
			version = version + 1, updated_at = @now
		where id = @id and status = 'changes_requested' and version = @version`,
		pg.Args{"id": r.ID, "reason": answers.Reason, "version": r.Version, "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	if err := insertSubmission(ctx, tx, a, r.ID, r.Submission+1, answers); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(ChangesRequested), string(PendingApproval))
	for _, d := range differences(st.Answers, answers) {
		detail = append(detail, logged(d.Field, d.Before, d.After))
	}
	return r.event(audit.PolicyRequestResent, detail), r.tellAdmins(ctx, tx, mail.PolicyRequestWaiting, answers.Reason)
}

// logged is what the audit log tells of a field: which attribute a line is about
// stands in its value, because the log has words for fields alone.
func logged(field, before, after string) audit.Change {
	name := AttributeOf(field)
	if name == "" {
		return audit.Change{Field: field, Before: before, After: after}
	}
	about := func(text string) string {
		if text == "" {
			return ""
		}
		return name + ": " + text
	}
	return audit.Change{Field: "need", Before: about(before), After: about(after)}
}

// accept puts the open answers over the present ones, checks them, and refuses
// any change of the others.
func (s Standing) accept(value func(field string) string) (Answers, error) {
	open := s.Open()
	for _, field := range s.Answers.Fields() {
		if !slices.Contains(open, field) && value(field) != s.Answers.Value(field) {
			return Answers{}, problem.ErrBadRequest
		}
	}
	answers := AnswersFor(s.Special, value)
	return answers, answers.check(open)
}

// notOpen says why a request cannot be sent again now.
func (s Standing) notOpen(version int, value func(field string) string) error {
	r := s.Request
	sent := AnswersFor(attributesOf(s.Answers), value)
	_ = sent.check(sent.Fields()) // only to compare like with like
	switch {
	case r.Status == PendingApproval && r.Version == version+1 && sent.equal(s.Answers):
		return errReplayed
	case r.Undecided():
		return r.moved()
	default:
		return r.closed()
	}
}

// moved tells a partner what happened to an undecided request since its page was
// drawn, without naming who of the staff it was.
func (r Request) moved() error {
	if r.Status == PendingApproval {
		return &problem.ConflictError{Key: "policy_request.conflict.already_sent", Args: []any{"When", r.SubmittedAt}}
	}
	return &problem.ConflictError{Key: "policy_request.conflict.asked_again", Args: []any{"When", r.UpdatedAt}}
}

// closed says that a request was decided or ended.
func (r Request) closed() error {
	return &problem.ConflictError{Key: "policy_request.conflict.closed." + string(r.Status), Args: []any{"When", r.UpdatedAt}}
}

// Withdraw takes back a request that nobody has decided. It needs
// authz.PolicyRequestSend and reaches the own partner's only. Errors:
// problem.ErrNotFound; *problem.ConflictError when it was decided meanwhile.
// A second click is no error.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestSend, func(tx *pg.Tx) (audit.Event, error) {
		r, err := hold(ctx, tx, own(a), rid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case r.Status == Withdrawn:
			return audit.Event{}, errReplayed
		case !r.Undecided():
			return audit.Event{}, r.closed()
		case r.Version != version:
			return audit.Event{}, r.moved()
		}
		return r.event(audit.PolicyRequestWithdrawn, audit.Diff(nil, "status", string(r.Status), string(Withdrawn))),
			r.end(ctx, tx, a, Withdrawn, "")
	})
	return s.change("withdraw policy request", err)
}

// end moves a request to one of the states that somebody ends it with.
func (r Request) end(ctx context.Context, tx *pg.Tx, a authz.Actor, to Status, reason string) error {
	if err := Statuses.Check(r.Status, to); err != nil {
		return err
	}
	return pg.Exec1(ctx, tx, `
		update policy_requests set status = @to, ended_by = @by, ended_at = @now, ended_reason = @reason, version = version + 1, updated_at = @now
		where id = @id and status = @from and version = @version`,
		pg.Args{"id": r.ID, "to": string(to), "from": string(r.Status), "by": a.User, "reason": reason, "version": r.Version, "now": tx.Now()})
}

// own is the scope of work that only a partner's own people do.
func own(a authz.Actor) authz.Scope { return authz.Scope{Partner: a.Partner} }

// tellAdmins mails whoever may decide.
func (r Request) tellAdmins(ctx context.Context, tx *pg.Tx, kind mail.Kind, reason string) error {
	return account.TellStaff(ctx, tx, authz.PolicyRequestDecide, kind, id.User{}, r.mailParams(reason))
}

func (r Request) mailParams(reason string) map[string]string {
	return map[string]string{
		"Organisation": r.Organisation, "Policy": r.PolicyName, "Reason": reason, "Path": "/policy-requests/" + r.ID.String(),
	}
}

// offerOf is an active policy of the partner's group and type with the document
// in force; problem.ErrNotFound for any other, a conflict if it went meanwhile.
func offerOf(ctx context.Context, q pg.Querier, partner id.Partner, pid id.Policy) (Offer, error) {
	o, err := pg.One[struct {
		Offer
		Status policy.Status
	}](ctx, q, `select `+offerColumns+`, p.status`+offerFrom+` where `+offerWhere+` and p.id = @policy`,
		pg.Args{"partner": partner, "policy": pid})
	switch {
	case err != nil:
	case o.Status == policy.Inactive || o.Status == policy.Discarded:
		err = problem.ErrNotFound // it never was in force: nobody outside knows of it
	case o.Status != policy.Active || o.Number == 0:
		err = &problem.ConflictError{Key: "policy_request.conflict.policy", Args: []any{"Policy", o.Name}}
	}
	return o.Offer, err
}
