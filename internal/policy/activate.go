package policy

import (
	"context"
	"errors"
	"strconv"
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

// ActivatePolicy puts the version that waits into force; the one before it is
// superseded. saw is what the person decided on; the picture is drawn again
// before it counts, and stored with the decision. Permission:
// authz.PolicyActivate, in an emergency authz.PolicyEmergency. It refuses with
//   - a problem.ErrConflict when the page was stale, nothing waits, or the group
//     is out of use (a second click is the first case: security.md CON-2);
//   - a *PictureChangedError when it would do something else than was seen;
//   - a *FindingsError when the document has errors (issue J7);
//   - a *FourEyesError, recorded as a refusal, when the version is the actor's
//     own and Picture.Alone is false; the database itself says so (AUT-6).
//
// In an emergency (saw.Emergency, with a reason: field "reason") the last does
// not hold: every member of staff who may activate is mailed, and a review is
// opened that somebody else closes. Who can do without one is refused with a
// problem.ErrConflict.
func (s *Service) ActivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, saw Seen) error {
	return wrap("activate policy", s.decide(ctx, a, pid, Activate, saw))
}

// ReactivatePolicy puts the version that was deactivated back into force; one
// that waits goes on waiting. Permission and refusals as in ActivatePolicy.
func (s *Service) ReactivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, saw Seen) error {
	return wrap("reactivate policy", s.decide(ctx, a, pid, Reactivate, saw))
}

// DeactivatePolicy takes a policy out of force; a version that waits goes on
// waiting. One person is enough. Permission: authz.PolicyActivate. A stale page,
// a policy that is not in force, or another picture than was seen is a
// problem.ErrConflict.
func (s *Service) DeactivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, saw Seen) error {
	return wrap("deactivate policy", s.decide(ctx, a, pid, Deactivate, saw))
}

// ruling is a decision that is being taken, on a policy that is locked.
type ruling struct {
	Drawn
	id     id.PolicyDecision
	actor  authz.Actor
	policy Policy
	saw    Seen
	today  time.Time
}

// errAlone is a decision that needs a second person.
var errAlone = errors.New("one pair of eyes")

// decide takes one of the decisions on what is in force. The group is held
// exclusively: no grant comes or goes, and no neighbour comes into force, between
// the picture and the commit.
func (s *Service) decide(ctx context.Context, a authz.Actor, pid id.Policy, action Action, saw Seen) error {
	var r ruling
	err := s.db.Change(ctx, a, saw.permission(), func(tx *pg.Tx) (audit.Event, error) {
		saw, err := saw.check(action)
		if err != nil {
			return audit.Event{}, err
		}
		p, err := lockPolicy(ctx, tx, a, pid, saw.Version, exclusive)
		if err != nil {
			return audit.Event{}, err
		}
		if r, err = s.rule(ctx, tx, a, p, action, 0, saw); err != nil {
			return audit.Event{}, err
		}
		if action == Deactivate {
			return r.takeOut(ctx, tx)
		}
		return r.putIn(ctx, tx)
	})
	if errors.Is(err, errAlone) || pg.Violates(err, "policy_decisions_four_eyes_check") || pg.Violates(err, "policy_versions_four_eyes_check") {
		return s.refuseFourEyes(ctx, r)
	}
	return err
}

// rule draws the picture again. Only what could be carried out otherwise is held
// against what the person saw.
func (s *Service) rule(ctx context.Context, tx *pg.Tx, a authz.Actor, p Policy, action Action, number int, saw Seen) (ruling, error) {
	d, err := s.draw(ctx, tx, a, p, action, number)
	if err != nil {
		return ruling{}, err
	}
	r := ruling{Drawn: d, id: id.New[id.PolicyDecision](), actor: a, policy: p, saw: saw, today: s.dayOf(tx.Now())}
	if err := r.may(); err != nil {
		return r, err
	}
	if d.Fingerprint() != saw.Picture {
		return r, &PictureChangedError{Picture: d.Picture}
	}
	// Last: what made an emergency needless since the page was drawn is shown first.
	if saw.Emergency && d.Alone() {
		return r, &problem.ConflictError{Key: "policy_rule.no_emergency"}
	}
	return r, nil
}

// may is what keeps a decision from being taken. An emergency lifts nothing but
// the second person.
func (r *ruling) may() error {
	if r.policy.GroupStatus != GroupActive && r.Action != Deactivate {
		return groupDeactivated(r.policy.GroupName)
	}
	if (r.Action == Activate || r.Action == Reactivate) && !r.Report.OK() {
		return &FindingsError{Report: r.Report}
	}
	if !r.Alone() && !r.saw.Emergency {
		return errAlone
	}
	return nil
}

// putIn lets the version come into force.
func (r *ruling) putIn(ctx context.Context, tx *pg.Tx) (audit.Event, error) {
	// An active policy stays active when a new version of it comes into force.
	if r.policy.Status != Active {
		if err := Statuses.Check(r.policy.Status, Active); err != nil {
			return audit.Event{}, err
		}
	}
	replaced, err := supersede(ctx, tx, r.Subject)
	if err != nil {
		return audit.Event{}, err
	}
	if err := r.store(ctx, tx); err != nil {
		return audit.Event{}, err
	}
	if err := r.markActive(ctx, tx); err != nil {
		return audit.Event{}, err
	}
	if err := openPeriod(ctx, tx, r.Subject); err != nil {
		return audit.Event{}, err
	}
	reviewed, err := r.closeDue(ctx, tx, Changed)
	if err != nil {
		return audit.Event{}, err
	}
	r.policy.Status = Active
	if err := updatePolicy(ctx, tx, &r.policy); err != nil {
		return audit.Event{}, err
	}
	if err := r.publish(ctx, tx, webhook.PolicyActivated); err != nil {
		return audit.Event{}, err
	}
	detail := []audit.Change{{Field: "version", After: strconv.Itoa(r.Number)}}
	detail = audit.Diff(detail, "superseded", "", replaced)
	detail = audit.Diff(detail, "document", "", text{document: r.Subject.Document}.fingerprint())
	detail = audit.Diff(detail, "reason", "", r.saw.Reason)
	return r.policy.event(r.auditAction(), r.saw.Version, append(detail, reviewed...)), r.tellOthers(ctx, tx)
}

// takeOut takes the version out of force.
func (r *ruling) takeOut(ctx context.Context, tx *pg.Tx) (audit.Event, error) {
	if err := Statuses.Check(r.policy.Status, Deactivated); err != nil {
		return audit.Event{}, err
	}
	err := pg.Exec1(ctx, tx, `update policy_versions set status = 'deactivated' where id = @id and status = 'active'`,
		pg.Args{"id": r.Subject.ID})
	if err != nil {
		return audit.Event{}, err
	}
	if err := closePeriod(ctx, tx, r.policy.ID); err != nil {
		return audit.Event{}, err
	}
	if err := r.store(ctx, tx); err != nil {
		return audit.Event{}, err
	}
	reviewed, err := r.closeDue(ctx, tx, Ended)
	if err != nil {
		return audit.Event{}, err
	}
	r.policy.Status = Deactivated
	if err := updatePolicy(ctx, tx, &r.policy); err != nil {
		return audit.Event{}, err
	}
	if err := r.publish(ctx, tx, webhook.PolicyDeactivated); err != nil {
		return audit.Event{}, err
	}
	detail := []audit.Change{{Field: "version", Before: strconv.Itoa(r.Number)}}
	event := r.policy.event(audit.PolicyDeactivated, r.saw.Version, append(detail, reviewed...))
	if err := r.tellUsers(ctx, tx, mail.PolicyOutOfForce); err != nil {
		return audit.Event{}, err
	}
	return event, r.tellWriters(ctx, tx, mail.PolicyWrittenOut)
}

// publish tells other systems what is in force now. Nothing is told of a group
// that goes out of use: all its policies did before.
func (r *ruling) publish(ctx context.Context, tx *pg.Tx, what webhook.Type) error {
	p := r.policy
	return webhook.Publish(ctx, tx, webhook.Event{Type: what, Data: map[string]any{
		"policy": p.ID, "name": p.Name, "kind": p.Kind, "group": p.GroupName, "version": r.Number,
	}})
}

func (r *ruling) auditAction() audit.Action {
	switch {
	case r.saw.Emergency:
		return audit.PolicyActivatedAlone
	case r.Action == Reactivate:
		return audit.PolicyReactivated
	}
	return audit.PolicyActivated
}

// markActive is where the database refuses one pair of eyes. The row says for
// ever whether it was allowed.
func (r *ruling) markActive(ctx context.Context, tx *pg.Tx) error {
	return pg.Exec1(ctx, tx, `
		update policy_versions set status = 'active', activated_by = @by, activated_at = @now, four_eyes = @four_eyes
		where id = @id and status = @from`,
		pg.Args{
			"id": r.Subject.ID, "by": r.actor.User, "now": tx.Now(), "from": r.Subject.Status,
			"four_eyes": r.Eyes != EyesOff && (!r.Own || !r.Alone() && !r.saw.Emergency),
		})
}

// tellOthers mails partners that use the policy, and those who could have been the
// second person where there was none: in an emergency that is whoever acted too.
// Else whoever wrote the version hears what became of it.
func (r *ruling) tellOthers(ctx context.Context, tx *pg.Tx) error {
	if err := r.tellUsers(ctx, tx, mail.PolicyInForce); err != nil {
		return err
	}
	switch {
	case r.saw.Emergency:
		review, err := r.openReview(ctx, tx)
		if err != nil {
			return err
		}
		params := r.mailParams()
		params["Reason"], params["Review"] = r.saw.Reason, review.String()
		return account.TellStaff(ctx, tx, authz.PolicyActivate, mail.PolicyEmergency, id.User{}, params)
	case r.Own && r.Eyes == EyesByRisk:
		return account.TellStaff(ctx, tx, authz.PolicyActivate, mail.PolicyChangedAlone, r.actor.User, r.mailParams())
	}
	return r.tellWriters(ctx, tx, mail.PolicyWrittenIn)
}

// refuseFourEyes records who wanted to put their own words into force.
func (s *Service) refuseFourEyes(ctx context.Context, r ruling) error {
	v := r.Subject
	event := r.policy.event(r.auditAction(), r.policy.Version, []audit.Change{
		{Field: "version", After: strconv.Itoa(v.Number)},
		{Field: "four_eyes", After: "refused"},
	})
	if err := s.db.Record(ctx, r.actor, event, audit.Denied); err != nil {
		return err
	}
	return &FourEyesError{Policy: r.policy.ID, Number: v.Number, Written: v.AuthorID == r.actor.User}
}
