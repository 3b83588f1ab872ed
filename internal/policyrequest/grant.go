package policyrequest

import (
	"context"
	"errors"
	"time"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Revoke ends a grant for good, with a reason (1 to MaxWords characters) that the
// partner's people get by mail; its keys stop with it. It needs
// authz.PolicyRequestDecide. Errors: problem.ErrNotFound; the field "reason"; a
// *problem.ConflictError when it is no grant any more or changed meanwhile. A
// second click is no error.
func (s *Service) Revoke(ctx context.Context, a authz.Actor, rid id.PolicyRequest, version int, reason string) error {
	reason, wrong := checkReason(reason)
	if wrong != nil {
		return s.db.DeniedFirst(ctx, a, authz.PolicyRequestDecide, wrong)
	}
	err := s.db.Change(ctx, a, authz.PolicyRequestDecide, func(tx *pg.Tx) (audit.Event, error) {
		r, err := hold(ctx, tx, a.Scope(), rid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case r.Status == Revoked && r.EndedReason == reason && r.Version == version+1:
			return audit.Event{}, errReplayed
		case r.Status != Approved:
			return audit.Event{}, r.closed()
		case r.Version != version:
			return audit.Event{}, pg.Stale(ctx, tx, a, audit.PolicyRequest, rid.String())
		}
		if err := r.end(ctx, tx, a, Revoked, reason); err != nil {
			return audit.Event{}, err
		}
		if _, err := apikey.EndOfGrant(ctx, tx, a, rid, reason); err != nil {
			return audit.Event{}, err
		}
		if err := r.publish(ctx, tx, webhook.GrantRevoked, *r.EndsOn); err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "status", string(Approved), string(Revoked))
		return r.event(audit.PolicyRequestRevoked, audit.Diff(detail, "reason", "", reason)),
			account.TellPartner(ctx, tx, r.PartnerID, mail.PolicyRequestRevoked, r.mailParams(reason))
	})
	return s.change("revoke grant", err)
}

// Pause stops all grants of a partner that is being deactivated, in the change
// that does so; each keeps it in its history. The caller holds the partner's
// policy group for share and then the partner for update. It returns how many it
// paused.
func Pause(ctx context.Context, tx *pg.Tx, partner id.Partner) (int, error) {
	return pause(ctx, tx, partner, tx.Now(), audit.PolicyRequestPaused)
}

// Resume gives a partner back the grants that Pause stopped, in the change that
// re-activates it; what was ended meanwhile stays ended. Locks are those of Pause.
// It returns how many it resumed.
func Resume(ctx context.Context, tx *pg.Tx, partner id.Partner) (int, error) {
	return pause(ctx, tx, partner, nil, audit.PolicyRequestResumed)
}

// pause sets since when the grants of a partner are paused; nil: not any more.
func pause(ctx context.Context, tx *pg.Tx, partner id.Partner, since any, action audit.Action) (int, error) {
	rows, err := pg.All[Request](ctx, tx, `select `+requestColumns+requestFrom+`
		where r.partner_id = @partner and r.status = 'approved' and (r.paused_at is null) = (@since::timestamptz is not null)
		order by r.id for update of r`, pg.Args{"partner": partner, "since": since})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	_, err = tx.Exec(ctx, `
		update policy_requests set paused_at = @since, version = version + 1, updated_at = @now
		where partner_id = @partner and status = 'approved' and (paused_at is null) = (@since::timestamptz is not null)`,
		pg.Args{"partner": partner, "since": since, "now": tx.Now()})
	for _, r := range rows {
		tx.Also(r.event(action, nil))
	}
	return len(rows), err
}

// Extension is a partner's question for a later last day, and its answer.
type Extension struct {
	ID              id.PolicyRequestExtension
	Reason          string
	RequestedByName string
	RequestedByID   id.User
	RequestedAt     time.Time
	EndedOn         time.Time  // the grant's last day when it was asked
	Decision        string     // "extended", "refused"; "" while it waits
	DecisionReason  string     // why it was refused
	EndsOn          *time.Time // the new last day, if it was extended
	DecidedByID     *id.User
	DecidedByName   string
	DecidedAt       *time.Time
}

// Waits reports whether nobody has answered.
func (e Extension) Waits() bool { return e.Decision == "" }

// AskExtension asks for a later last day of an own grant, with a reason (1 to
// MaxReason characters), and mails every Partner Admin. It needs
// authz.PolicyRequestSend. Errors: problem.ErrNotFound; the field "reason"; a
// *problem.ConflictError when the grant is not near its end, is none any more, or
// an answer is awaited. Asking the same twice is no error.
func (s *Service) AskExtension(ctx context.Context, a authz.Actor, rid id.PolicyRequest, reason string) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestSend, func(tx *pg.Tx) (audit.Event, error) {
		var f problem.Fields
		reason := f.Lines("reason", reason, MaxReason, true)
		wrong := f.Err()
		r, err := hold(ctx, tx, own(a), rid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case r.Status != Approved:
			return audit.Event{}, r.closed()
		case wrong != nil:
			return audit.Event{}, wrong
		}
		if open, err := openExtension(ctx, tx, rid); err == nil {
			return audit.Event{}, open.asked(a, reason)
		} else if !errors.Is(err, problem.ErrNotFound) {
			return audit.Event{}, err
		}
		if !r.NearEnd(s.dayOf(tx.Now())) {
			return audit.Event{}, &problem.ConflictError{Key: "policy_request.conflict.not_near", Args: []any{"Count", NearDays}}
		}
		_, err = tx.Exec(ctx, `
			insert into policy_request_extensions (id, request_id, reason, ended_on, requested_by, requested_at)
			values (@id, @request, @reason, @ended, @by, @now)`,
			pg.Args{"id": id.New[id.PolicyRequestExtension](), "request": rid, "reason": reason, "ended": *r.EndsOn, "by": a.User, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		e := r.event(audit.PolicyRequestExtensionAsked, audit.Diff(nil, "reason", "", reason))
		e.After = r.Version
		return e, r.tellAdmins(ctx, tx, mail.PolicyRequestExtensionWaiting, reason)
	})
	return s.change("ask for an extension", err)
}

// asked tells a second click from a second question.
func (e Extension) asked(a authz.Actor, reason string) error {
	if e.RequestedByID == a.User && e.Reason == reason {
		return errReplayed
	}
	return &problem.ConflictError{Key: "policy_request.conflict.extension_waits", Args: []any{"Name", e.RequestedByName, "When", e.RequestedAt}}
}

func openExtension(ctx context.Context, q pg.Querier, rid id.PolicyRequest) (Extension, error) {
	return pg.One[Extension](ctx, q, `select `+extensionColumns+`
		from policy_request_extensions x join users u on u.id = x.requested_by left join users d on d.id = x.decided_by
		where x.request_id = @id and x.decision is null`, pg.Args{"id": rid})
}

// Extend gives a grant a later last day: up to MaxMonths from today, and later
// than the present one. It answers the extension xid, mails the partner's people
// and tells other systems. It needs authz.PolicyRequestDecide. Errors:
// problem.ErrNotFound; the field "ends_on"; a *problem.ConflictError when it was
// answered meanwhile, is no grant any more, or policy, group or partner are not
// active; problem.ErrDenied for one's own. A second click is no error.
func (s *Service) Extend(ctx context.Context, a authz.Actor, rid id.PolicyRequest, xid id.PolicyRequestExtension, on time.Time) error {
	return s.answer(ctx, a, rid, xid, answer{decision: "extended", endsOn: on})
}

// RefuseExtension leaves a grant's last day as it is, with a reason (1 to MaxWords
// characters) that is mailed to the partner's people. Permission and errors are
// Extend's; the field is "reason".
func (s *Service) RefuseExtension(ctx context.Context, a authz.Actor, rid id.PolicyRequest, xid id.PolicyRequestExtension, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PolicyRequestDecide, err)
	}
	return s.answer(ctx, a, rid, xid, answer{decision: "refused", reason: reason})
}

// answer is one way to answer a question for a later last day.
type answer struct {
	decision, reason string
	endsOn           time.Time
}

func (s *Service) answer(ctx context.Context, a authz.Actor, rid id.PolicyRequest, xid id.PolicyRequestExtension, say answer) error {
	err := s.db.Change(ctx, a, authz.PolicyRequestDecide, func(tx *pg.Tx) (audit.Event, error) {
		r, err := hold(ctx, tx, a.Scope(), rid)
		if err != nil {
			return audit.Event{}, err
		}
		x, err := extensionByID(ctx, tx, rid, xid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case !x.Waits():
			return audit.Event{}, x.answered(a, say)
		case r.Status != Approved:
			return audit.Event{}, r.closed()
		case x.RequestedByID == a.User:
			return audit.Event{}, errOwn
		}
		return say.give(ctx, tx, a, r, x, s.dayOf(tx.Now()))
	})
	if errors.Is(err, errOwn) {
		return s.db.Deny(ctx, a, authz.PolicyRequestDecide)
	}
	return s.change("answer an extension", err)
}

func extensionByID(ctx context.Context, q pg.Querier, rid id.PolicyRequest, xid id.PolicyRequestExtension) (Extension, error) {
	return pg.One[Extension](ctx, q, `select `+extensionColumns+`
		from policy_request_extensions x join users u on u.id = x.requested_by left join users d on d.id = x.decided_by
		where x.request_id = @request and x.id = @id`, pg.Args{"request": rid, "id": xid})
}

// answered tells a second click from an answer of somebody else.
func (e Extension) answered(a authz.Actor, say answer) error {
	mine := e.DecidedByID != nil && *e.DecidedByID == a.User && e.Decision == say.decision && e.DecisionReason == say.reason
	if mine && (e.EndsOn == nil || e.EndsOn.Equal(say.endsOn)) {
		return errReplayed
	}
	return &problem.ConflictError{
		Key: "policy_request.conflict.extension_" + e.Decision, Args: []any{"Name", e.DecidedByName, "When", *e.DecidedAt},
	}
}

// give stores an answer on a grant that is locked, and tells of it.
func (say answer) give(ctx context.Context, tx *pg.Tx, a authz.Actor, r Request, x Extension, today time.Time) (audit.Event, error) {
	extended := say.decision == "extended"
	args := pg.Args{"id": x.ID, "decision": say.decision, "reason": say.reason, "ends_on": nil, "by": a.User, "now": tx.Now()}
	if extended {
		if err := say.check(r, today); err != nil {
			return audit.Event{}, err
		}
		args["ends_on"] = say.endsOn
	}
	err := pg.Exec1(ctx, tx, `
		update policy_request_extensions set decision = @decision, decision_reason = @reason, ends_on = @ends_on, decided_by = @by, decided_at = @now
		where id = @id and decision is null`, args)
	if err != nil {
		return audit.Event{}, err
	}
	if !extended {
		e := r.event(audit.PolicyRequestExtensionRefused, audit.Diff(nil, "reason", "", say.reason))
		e.After = r.Version
		return e, account.TellPartner(ctx, tx, r.PartnerID, mail.PolicyRequestExtensionRefused, r.mailParams(say.reason))
	}
	err = pg.Exec1(ctx, tx, `
		update policy_requests set ends_on = @ends_on, version = version + 1, updated_at = @now
		where id = @id and status = 'approved' and version = @version`,
		pg.Args{"id": r.ID, "ends_on": say.endsOn, "version": r.Version, "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	if err := r.publish(ctx, tx, webhook.GrantApproved, say.endsOn); err != nil {
		return audit.Event{}, err
	}
	params := r.mailParams(x.Reason)
	params["Due"] = say.endsOn.Format(time.DateOnly)
	return r.event(audit.PolicyRequestExtended, audit.Diff(nil, "last_day", r.EndsOn.Format(time.DateOnly), say.endsOn.Format(time.DateOnly))),
		account.TellPartner(ctx, tx, r.PartnerID, mail.PolicyRequestExtended, params)
}

// check holds a new last day against the grant and what it stands on.
func (say answer) check(r Request, today time.Time) error {
	if err := r.blocked(); err != nil {
		return err
	}
	if !say.endsOn.After(*r.EndsOn) {
		return problem.Invalid("ends_on", "policy_request.problem.not_later", "Months", MaxMonths)
	}
	return checkLastDay(say.endsOn, today)
}
