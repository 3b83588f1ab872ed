package policy

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// ActivatePolicy puts the version that waits into force; the one before it is
// superseded. Permission: authz.PolicyActivate. It refuses with
//   - a problem.ErrConflict when the page was stale, nothing waits, or the group
//     is out of use (a second click is the first case: security.md CON-2);
//   - a *FindingsError when the document has errors (issue J7);
//   - a *FourEyesError, recorded as a refusal, when the actor wrote the version
//     or edited it last; the database itself says so (AUT-6).
func (s *Service) ActivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int) error {
	return wrap("activate policy", s.putInForce(ctx, a, pid, version, VersionInactive))
}

// ReactivatePolicy puts the version that was deactivated back into force; one
// that waits goes on waiting. Permission and refusals as in ActivatePolicy.
func (s *Service) ReactivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int) error {
	return wrap("reactivate policy", s.putInForce(ctx, a, pid, version, VersionDeactivated))
}

// putInForce lets the version of a policy that is in state from come into force.
func (s *Service) putInForce(ctx context.Context, a authz.Actor, pid id.Policy, version int, from VersionStatus) error {
	var p Policy
	var v Version
	action := audit.PolicyActivated
	if from == VersionDeactivated {
		action = audit.PolicyReactivated
	}
	err := s.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		var err error
		if p, err = lockPolicy(ctx, tx, a, pid, version); err != nil {
			return audit.Event{}, err
		}
		if v, err = candidate(ctx, tx, p, from); err != nil {
			return audit.Event{}, err
		}
		replaced, err := supersede(ctx, tx, v)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.markActive(ctx, tx, a, v); err != nil {
			return audit.Event{}, err
		}
		if err := openPeriod(ctx, tx, v); err != nil {
			return audit.Event{}, err
		}
		p.Status = Active
		detail := []audit.Change{{Field: "version", After: strconv.Itoa(v.Number)}}
		detail = audit.Diff(detail, "superseded", "", replaced)
		detail = audit.Diff(detail, "document", "", text{document: v.Document}.fingerprint())
		err = updatePolicy(ctx, tx, &p)
		return p.event(action, version, detail), err
	})
	if pg.Violates(err, "policy_versions_four_eyes_check") {
		return s.refuseFourEyes(ctx, a, p, v, action)
	}
	return err
}

// candidate is the version that shall come into force, if everything but the
// fourth eye allows it.
func candidate(ctx context.Context, tx *pg.Tx, p Policy, from VersionStatus) (Version, error) {
	// An active policy stays active when a new version of it comes into force.
	if p.Status != Active || from == VersionDeactivated {
		if err := Statuses.Check(p.Status, Active); err != nil {
			return Version{}, err
		}
	}
	if p.GroupStatus != GroupActive {
		return Version{}, groupDeactivated(p.GroupName)
	}
	v, err := pg.One[Version](ctx, tx, `select `+versionColumns+versionFrom+`
		where v.policy_id = @policy and v.status = @status`, pg.Args{"policy": p.ID, "status": from})
	if errors.Is(err, problem.ErrNotFound) {
		return v, &problem.ConflictError{Key: "policy_rule.nothing_waits"}
	}
	if err != nil {
		return v, err
	}
	if report := policydoc.Check(p.Kind, []byte(v.Document), policydoc.Around{}); !report.OK() {
		return v, &FindingsError{Report: report}
	}
	return v, nil
}

// supersede ends the version that was in force, or was last, in favour of next,
// and returns its number.
func supersede(ctx context.Context, tx *pg.Tx, next Version) (string, error) {
	numbers, err := pg.Values[string](ctx, tx, `
		update policy_versions set status = 'superseded'
		where policy_id = @policy and id <> @next and status in ('active', 'deactivated') returning number::text`,
		pg.Args{"policy": next.PolicyID, "next": next.ID})
	if err != nil {
		return "", err
	}
	return strings.Join(numbers, ", "), closePeriod(ctx, tx, next.PolicyID)
}

// markActive is where the database refuses one pair of eyes.
func (s *Service) markActive(ctx context.Context, tx *pg.Tx, a authz.Actor, v Version) error {
	return pg.Exec1(ctx, tx, `
		update policy_versions set status = 'active', activated_by = @by, activated_at = @now, four_eyes = @four_eyes
		where id = @id and status = @from`,
		pg.Args{"id": v.ID, "by": a.User, "now": tx.Now(), "four_eyes": s.FourEyes(), "from": v.Status})
}

func closePeriod(ctx context.Context, tx *pg.Tx, pid id.Policy) error {
	_, err := tx.Exec(ctx, `
		update policy_periods set valid_to = greatest(@now, valid_from) where policy_id = @policy and valid_to is null`,
		pg.Args{"policy": pid, "now": tx.Now()})
	return err
}

// openPeriod starts a period where the last one ended, should the clocks of two
// machines disagree. A version that comes back at the very moment it went simply
// stays.
func openPeriod(ctx context.Context, tx *pg.Tx, v Version) error {
	_, err := tx.Exec(ctx, `
		insert into policy_periods (version_id, policy_id, valid_from)
		values (@version, @policy, greatest(@now, (select max(valid_to) from policy_periods where policy_id = @policy)))
		on conflict (version_id, valid_from) do update set valid_to = null`,
		pg.Args{"version": v.ID, "policy": v.PolicyID, "now": tx.Now()})
	return err
}

// refuseFourEyes records who wanted to put their own words into force.
func (s *Service) refuseFourEyes(ctx context.Context, a authz.Actor, p Policy, v Version, action audit.Action) error {
	event := p.event(action, p.Version, []audit.Change{
		{Field: "version", After: strconv.Itoa(v.Number)},
		{Field: "four_eyes", After: "refused"},
	})
	if err := s.db.Record(ctx, a, event, audit.Denied); err != nil {
		return err
	}
	return &FourEyesError{Policy: p.ID, Number: v.Number, Written: v.AuthorID == a.User}
}

// DeactivatePolicy takes a policy out of force; a version that waits goes on
// waiting. Permission: authz.PolicyActivate. A stale page, or a policy that is
// not in force, is a problem.ErrConflict.
func (s *Service) DeactivatePolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int) error {
	err := s.db.Change(ctx, a, authz.PolicyActivate, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockPolicy(ctx, tx, a, pid, version)
		if err != nil {
			return audit.Event{}, err
		}
		if err := Statuses.Check(p.Status, Deactivated); err != nil {
			return audit.Event{}, err
		}
		number, err := pg.Value[int](ctx, tx, `
			update policy_versions set status = 'deactivated' where policy_id = @policy and status = 'active' returning number`,
			pg.Args{"policy": pid})
		if err != nil {
			return audit.Event{}, err
		}
		if err := closePeriod(ctx, tx, pid); err != nil {
			return audit.Event{}, err
		}
		p.Status = Deactivated
		err = updatePolicy(ctx, tx, &p)
		return p.event(audit.PolicyDeactivated, version, []audit.Change{{Field: "version", Before: strconv.Itoa(number)}}), err
	})
	return wrap("deactivate policy", err)
}
