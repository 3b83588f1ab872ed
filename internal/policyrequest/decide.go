package policyrequest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// ruling is one way to decide on a request.
type ruling struct {
	to     Status
	action audit.Action
	mail   mail.Kind
	reason string
	lines  []FieldLine
	grant  *Grant // of an approval
}

// Grant is what an approval gives: until when, and by which version of the
// policy the approver judged.
type Grant struct {
	EndsOn time.Time // a day from tomorrow to MaxMonths from today; zero: GrantMonths from today
	Shown  int       // number of the version in force on the approver's page
}

// Approve makes a request that waits a grant. version is the row version that
// the actor looked at. It mails the partner's people and tells other systems.
//
// It needs authz.PolicyRequestDecide. Errors: problem.ErrNotFound; the field
// "ends_on"; *VersionChangedError when another version of the policy is in force
// than the page showed; a *problem.ConflictError when somebody decided meanwhile,
// the partner sent something newer, or policy, group or partner are not active
// (security.md CON-2, CON-4); problem.ErrDenied for one's own request (AUT-6).
// Sending the same decision twice is no error.
func (s *Service) Approve(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, g Grant) error {
	return s.decide(ctx, a, rid, version, ruling{
		to: Approved, action: audit.PolicyRequestApproved, mail: mail.PolicyRequestApproved, grant: &g,
	})
}

// RequestChanges gives a request back to the partner: lines say which answers to
// change (fields of its answers, each at most once, 1 to MaxLine characters), note
// what no field fits (up to MaxWords); one of the two is needed (product.md (c) 8).
// Lines without a message are left out.
//
// Permission and errors are Approve's, but for those of the grant;
// *problem.InvalidError names the inputs "note" and "line_<field>".
func (s *Service) RequestChanges(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, lines []FieldLine, note string) error {
	d := ruling{to: ChangesRequested, action: audit.PolicyRequestReturned, mail: mail.PolicyRequestReturned}
	var f problem.Fields
	seen := map[string]bool{}
	for _, l := range lines {
		if l.Field != FieldReason && AttributeOf(l.Field) == "" || seen[l.Field] {
			return s.db.DeniedFirst(ctx, a, authz.PolicyRequestDecide, problem.ErrBadRequest)
		}
		seen[l.Field] = true
		if l.Message = f.Lines("line_"+l.Field, l.Message, MaxLine, false); l.Message != "" {
			d.lines = append(d.lines, l)
		}
	}
	d.reason = f.Lines("note", note, MaxWords, false)
	if d.reason == "" && len(d.lines) == 0 {
		f.Add("note", "policy_request.problem.nothing_asked")
	}
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PolicyRequestDecide, err)
	}
	return s.decide(ctx, a, rid, version, d)
}

// Reject turns a request down for good; reason (1 to MaxWords characters) is
// shown to the partner and mailed to it. The partner may ask anew. Permission and
// errors are RequestChanges'; *problem.InvalidError names the input "reason".
func (s *Service) Reject(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PolicyRequestDecide, err)
	}
	return s.decide(ctx, a, rid, version, ruling{
		to: Rejected, action: audit.PolicyRequestRejected, mail: mail.PolicyRequestRejected, reason: reason,
	})
}

func checkReason(reason string) (string, error) {
	var f problem.Fields
	reason = f.Lines("reason", reason, MaxWords, true)
	return reason, f.Err()
}

// decide moves the request, writes the decision and tells of it, all or nothing.
func (s *Service) decide(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, d ruling) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestDecide, func(tx *pg.Tx) (audit.Event, error) {
		r, err := hold(ctx, tx, a.Scope(), rid)
		if err != nil {
			return audit.Event{}, err
		}
		if r.Status != PendingApproval || r.Version != version {
			return audit.Event{}, tooLate(ctx, tx, a, r, version, d)
		}
		return s.rule(ctx, tx, a, r, d)
	})
	if errors.Is(err, errOwn) {
		return s.db.Deny(ctx, a, authz.PolicyRequestDecide)
	}
	return s.change("decide on policy request", err)
}

// rule carries a decision out on a request that is locked and waits.
func (s *Service) rule(ctx context.Context, tx *pg.Tx, a authz.Actor, r Request, d ruling) (audit.Event, error) {
	if err := Statuses.Check(r.Status, d.to); err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "status", string(r.Status), string(d.to))
	if d.grant != nil {
		if err := s.mayGrant(r, d.grant, s.dayOf(tx.Now())); err != nil {
			return audit.Event{}, err
		}
		detail = audit.Diff(detail, "version", "", strconv.Itoa(r.Number))
		detail = audit.Diff(detail, "last_day", "", d.grant.EndsOn.Format(time.DateOnly))
	}
	if err := insertReview(ctx, tx, a, r, d); err != nil {
		return audit.Event{}, err
	}
	if err := d.move(ctx, tx, r); err != nil {
		return audit.Event{}, err
	}
	for _, l := range d.lines {
		detail = append(detail, logged(l.Field, "", l.Message))
	}
	why := "reason"
	if d.to == ChangesRequested {
		why = "note"
	}
	return r.event(d.action, audit.Diff(detail, why, "", d.reason)), d.tell(ctx, tx, r)
}

// mayGrant holds an approval against what is in force now, and fills in the last
// day.
func (s *Service) mayGrant(r Request, g *Grant, today time.Time) error {
	if err := r.blocked(); err != nil {
		return err
	}
	if g.EndsOn.IsZero() {
		g.EndsOn = today.AddDate(0, GrantMonths, 0)
	}
	if err := checkLastDay(g.EndsOn, today); err != nil {
		return err
	}
	if r.Number != g.Shown {
		return &VersionChangedError{Shown: g.Shown, Now: r.Number}
	}
	return nil
}

// LastDays are the first and the latest last day that a grant can have.
func LastDays(today time.Time) (first, latest time.Time) {
	return today.AddDate(0, 0, 1), today.AddDate(0, MaxMonths, 0)
}

func checkLastDay(on, today time.Time) error {
	first, latest := LastDays(today)
	if on.Before(first) || on.After(latest) {
		return problem.Invalid("ends_on", "policy_request.problem.ends_on", "Months", MaxMonths)
	}
	return nil
}

// move is the one statement that decides who was first (security.md CON-2).
func (d ruling) move(ctx context.Context, tx *pg.Tx, r Request) error {
	args := pg.Args{"id": r.ID, "to": string(d.to), "seen": r.Version, "now": tx.Now(), "granted": nil, "approved_at": nil, "ends_on": nil}
	if d.grant != nil {
		args["granted"], args["approved_at"], args["ends_on"] = r.VersionID, tx.Now(), d.grant.EndsOn
	}
	return pg.Exec1(ctx, tx, `
		update policy_requests set status = @to, approved_version = @granted, approved_at = @approved_at, ends_on = @ends_on,
			version = version + 1, updated_at = @now
		where id = @id and status = 'pending_approval' and version = @seen`, args)
}

// tell mails the partner's people, and other systems of a grant.
func (d ruling) tell(ctx context.Context, tx *pg.Tx, r Request) error {
	var texts []string
	for _, l := range d.lines {
		texts = append(texts, l.Message)
	}
	if d.reason != "" {
		texts = append(texts, d.reason)
	}
	params := r.mailParams(strings.Join(texts, "\n"))
	if d.grant != nil {
		params["Due"] = d.grant.EndsOn.Format(time.DateOnly)
		if err := r.publish(ctx, tx, webhook.GrantApproved, d.grant.EndsOn); err != nil {
			return err
		}
	}
	return account.TellPartner(ctx, tx, r.PartnerID, d.mail, params)
}

// publish tells other systems of a grant: by the names that they know.
func (r Request) publish(ctx context.Context, tx *pg.Tx, t webhook.Type, endsOn time.Time) error {
	return webhook.Publish(ctx, tx, webhook.Event{Type: t, Partner: r.PartnerID, Data: map[string]any{
		"partner": r.PublicID, "policy": r.PolicyID.String(), "version": r.Number, "ends_on": endsOn.Format(time.DateOnly),
	}})
}

// tooLate says why a decision did not find its request any more. A second click
// of the same person on the same button is no conflict: it sees the page that
// the first one leads to.
func tooLate(ctx context.Context, q pg.Querier, a authz.Actor, r Request, version int, d ruling) error {
	switch {
	case r.Status == Withdrawn:
		return r.closed()
	case r.Status == PendingApproval && r.Submission > 1:
		return &problem.ConflictError{Key: "policy_request.conflict.sent_again", Args: []any{"When", r.SubmittedAt}}
	}
	all, err := decisions(ctx, q, r.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return problem.ErrConflict
	}
	last := all[0]
	same := last.DecidedByID == a.User && last.Verdict == d.to && last.Reason == d.reason && slices.Equal(last.Lines, d.lines)
	if same && r.Version == version+1 {
		return errReplayed
	}
	return &problem.ConflictError{
		Key: "policy_request.conflict." + string(last.Verdict), Args: []any{"Name", last.DecidedByName, "When", last.DecidedAt},
	}
}
