package sbi

import (
	"bytes"
	"context"
	"errors"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Register keeps a new SBI as a draft of the actor's own organisation. It needs
// authz.SBISend. Errors: *problem.InvalidError by field, "sbi_version" also for one
// that the provider has registered and that was neither rejected nor withdrawn;
// *problem.ConflictError with MaxOpen SBIs open, or when the organisation is not
// active. problem.ErrNotFound for a MadeFrom that is not its own. The same form sent
// twice is no error.
func (s *Service) Register(ctx context.Context, a authz.Actor, in Input) error {
	err := s.db.Change(ctx, a, authz.SBISend, func(tx *pg.Tx) (audit.Event, error) {
		v, err := in.read(s.dayOf(tx.Now()))
		if err != nil {
			return audit.Event{}, err
		}
		if err := share(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		if !id.IsZero(in.MadeFrom) {
			if _, err := byID(ctx, tx, own(a), in.MadeFrom); err != nil {
				return audit.Event{}, err
			}
		}
		if err := roomFor(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		if err := insert(ctx, tx, a, in, v); err != nil {
			return audit.Event{}, err
		}
		x, err := byID(ctx, tx, own(a), in.ID)
		if err != nil {
			return audit.Event{}, err
		}
		e := x.event(audit.SBIRegistered, logged(nil, x.Answers()))
		e.Before, e.After = 0, x.Version
		return e, x.active()
	})
	if pg.Violates(err, "sbis_pkey") || pg.Violates(err, "sbis_version_key") {
		err = s.registeredBefore(ctx, a, in)
	}
	return s.change("register SBI", err)
}

// registeredBefore tells a second click from a version that is there already.
func (s *Service) registeredBefore(ctx context.Context, a authz.Actor, in Input) error {
	x, err := byID(ctx, s.db.Read(), own(a), in.ID)
	if errors.Is(err, problem.ErrNotFound) {
		return errSameVersion()
	}
	if err != nil {
		return err
	}
	if v, err := in.read(s.Today()); err == nil && x.RegisteredBy == a.User && x.says(v) {
		return approval.ErrReplayed
	}
	return problem.ErrConflict
}

// says reports whether the SBI is as these values tell.
func (x SBI) says(v values) bool {
	return x.SBIVersion == v.version && bytes.Equal(x.Hash, v.hash) && x.CreatedOn.Equal(v.createdOn) && x.ExpiresOn.Equal(v.expiresOn)
}

// active is a *problem.ConflictError unless the SBI's partner is active.
func (x SBI) active() error {
	if x.PartnerStatus != "active" {
		return &problem.ConflictError{Key: "approval.conflict.partner", Args: []any{"Name", x.Organisation}}
	}
	return nil
}

// logged is what the audit log tells of answers that changed.
func logged(before, after approval.Answers) []audit.Change {
	var detail []audit.Change
	for _, d := range Things.Differences(before, after) {
		detail = audit.Diff(detail, d.Field, d.Before, d.After)
	}
	return detail
}

// Edit changes an SBI on which nobody has decided: a draft, one that waits, or one
// of which changes were asked for, which goes back into the queue and is told to
// every Partner Admin. Where changes were asked for, only what Standing.Open names
// may differ. version is the row version that the actor looked at.
//
// It needs authz.SBISend and reaches the own partner's only. Errors:
// problem.ErrNotFound; *problem.InvalidError by field as Register's;
// problem.ErrBadRequest when a locked answer differs (security.md AUT-5);
// *problem.ConflictError when it was changed, decided on or ended meanwhile. Sending
// the same twice is no error.
func (s *Service) Edit(ctx context.Context, a authz.Actor, sid id.SBI, version int, in Input) error {
	err := s.db.Change(ctx, a, authz.SBISend, func(tx *pg.Tx) (audit.Event, error) {
		x, err := Hold(ctx, tx, own(a), sid, "for update")
		if err != nil {
			return audit.Event{}, err
		}
		today := s.dayOf(tx.Now())
		if x.Version != version || x.Status != approval.Draft && !x.Status.Undecided() {
			return audit.Event{}, x.notOpen(version, in, today)
		}
		v, err := in.read(today)
		if err != nil {
			return audit.Event{}, err
		}
		if x.says(v) && x.Status != approval.ChangesRequested {
			return audit.Event{}, approval.ErrReplayed // nothing to change
		}
		return s.edit(ctx, tx, a, x, v)
	})
	return s.change("edit SBI", err)
}

func (s *Service) edit(ctx context.Context, tx *pg.Tx, a authz.Actor, x SBI, v values) (audit.Event, error) {
	now := v.in(x)
	detail := logged(x.Answers(), now.Answers())
	if x.Status == approval.Draft {
		return x.event(audit.SBIEdited, detail), write(ctx, tx, x, v, approval.Draft)
	}
	st, err := standingOf(ctx, tx, x)
	if err != nil {
		return audit.Event{}, err
	}
	if err := Things.Keeps(st.Open(s.dayOf(tx.Now())), x.Answers(), now.Answers()); err != nil {
		return audit.Event{}, err
	}
	if err := x.active(); err != nil {
		return audit.Event{}, err
	}
	if err := write(ctx, tx, x, v, approval.PendingApproval); err != nil {
		return audit.Event{}, err
	}
	if err := Things.Send(ctx, tx, a, approval.Sent{ID: x.ID.UUID, Number: x.Submission + 1, Answers: now.Answers()}); err != nil {
		return audit.Event{}, err
	}
	if x.Status == approval.PendingApproval {
		return x.event(audit.SBIEdited, detail), nil // it was told when it was sent
	}
	detail = append(audit.Diff(nil, "status", string(x.Status), string(approval.PendingApproval)), detail...)
	return x.event(audit.SBIResent, detail), Things.TellStaff(ctx, tx, now.news(""))
}

// notOpen says why an SBI cannot be changed now.
func (x SBI) notOpen(version int, in Input, today time.Time) error {
	v, err := in.read(today)
	if err == nil && x.Version == version+1 && x.says(v) && (x.Status == approval.Draft || x.Status == approval.PendingApproval) {
		return approval.ErrReplayed
	}
	return x.moved()
}

// moved tells a provider how an SBI stands that is not as its page showed it,
// without naming who of the staff it was.
func (x SBI) moved() error {
	return &problem.ConflictError{Key: "sbi.conflict.moved." + string(x.Status), Args: []any{"When", x.UpdatedAt}}
}

// Send sends a draft for approval, and mails every Partner Admin. It needs
// authz.SBISend and reaches the own partner's only. Errors: problem.ErrNotFound;
// *problem.InvalidError by field, when a day has passed since it was written;
// *problem.ConflictError when it is no draft any more, was changed, or the
// organisation is not active. A second click is no error.
func (s *Service) Send(ctx context.Context, a authz.Actor, sid id.SBI, version int) error {
	err := s.db.Change(ctx, a, authz.SBISend, func(tx *pg.Tx) (audit.Event, error) {
		x, err := Hold(ctx, tx, own(a), sid, "for update")
		switch {
		case err != nil:
			return audit.Event{}, err
		case x.Status == approval.PendingApproval && x.Version == version+1:
			return audit.Event{}, approval.ErrReplayed
		case x.Status != approval.Draft || x.Version != version:
			return audit.Event{}, x.moved()
		}
		v, err := x.Input().read(s.dayOf(tx.Now()))
		if err != nil {
			return audit.Event{}, err
		}
		if err := x.active(); err != nil {
			return audit.Event{}, err
		}
		if err := write(ctx, tx, x, v, approval.PendingApproval); err != nil {
			return audit.Event{}, err
		}
		if err := Things.Send(ctx, tx, a, approval.Sent{ID: x.ID.UUID, Number: 1, Answers: x.Answers()}); err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "status", string(x.Status), string(approval.PendingApproval))
		return x.event(audit.SBISent, append(detail, logged(nil, x.Answers())...)), Things.TellStaff(ctx, tx, x.news(""))
	})
	return s.change("send SBI", err)
}

// Input is the SBI as its form would send it.
func (x SBI) Input() Input {
	a := x.Answers()
	return Input{ID: x.ID, Version: a[FieldVersion], Hash: a[FieldHash], CreatedOn: a[FieldCreatedOn], ExpiresOn: a[FieldExpiresOn]}
}

// Withdraw takes back an SBI on which nobody has decided, or discards a draft. It
// needs authz.SBISend and reaches the own partner's only. Errors:
// problem.ErrNotFound; *problem.ConflictError when it was decided on meanwhile. A
// second click is no error.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, sid id.SBI, version int) error {
	err := s.db.Change(ctx, a, authz.SBISend, func(tx *pg.Tx) (audit.Event, error) {
		x, err := Hold(ctx, tx, own(a), sid, "for update")
		switch {
		case err != nil:
			return audit.Event{}, err
		case x.Status == approval.Withdrawn:
			return audit.Event{}, approval.ErrReplayed
		case x.Version != version || !Statuses.Can(x.Status, approval.Withdrawn):
			return audit.Event{}, x.moved()
		}
		return x.event(audit.SBIWithdrawn, audit.Diff(nil, "status", string(x.Status), string(approval.Withdrawn))),
			Things.End(ctx, tx, a, approval.Withdrawn, "", x.Item())
	})
	return s.change("withdraw SBI", err)
}
