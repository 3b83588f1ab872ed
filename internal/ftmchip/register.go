package ftmchip

import (
	"context"
	"errors"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Input is a chip as its form sends it. The form proposes the ID, so that the same
// form sent twice is one chip (security.md CON-3).
type Input struct {
	ID    id.FTMChip
	Make  string
	Model string
}

// check reads make and model as they are kept (domain.md §3.7).
func (in Input) check() (Input, error) {
	var f problem.Fields
	in.Make, in.Model = f.Line(FieldMake, in.Make, MaxName, true), f.Line(FieldModel, in.Model, MaxName, true)
	return in, f.Err()
}

// Register writes down a chip of the actor's own provider. Nobody decides on it
// before it has a certificate. It needs authz.FTMChipSend. Errors:
// *problem.InvalidError by field, also for a model that the provider has already;
// *problem.ConflictError with MaxUndecided chips undecided, or where the provider is
// not active any more. The same form sent twice is no error.
func (s *Service) Register(ctx context.Context, a authz.Actor, in Input) error {
	if !a.May(authz.FTMChipSend) {
		return s.db.Deny(ctx, a, authz.FTMChipSend)
	}
	in, err := in.check()
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, a, authz.FTMChipSend, func(tx *pg.Tx) (audit.Event, error) { return register(ctx, tx, a, in) })
	if pg.Violates(err, "ftm_chips_pkey") || pg.Violates(err, "ftm_chips_model_key") {
		err = s.registeredBefore(ctx, a, in, err)
	}
	return done("register FTM chip", err)
}

func register(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input) (audit.Event, error) {
	if err := share(ctx, tx, a.Partner); err != nil {
		return audit.Event{}, err
	}
	if err := roomFor(ctx, tx, a.Partner); err != nil {
		return audit.Event{}, err
	}
	_, err := tx.Exec(ctx, `
		insert into ftm_chips (id, partner_id, make, model, status, registered_by, created_at, updated_at)
		values (@id, @partner, @make, @model, 'pending_certificate', @by, @now, @now)`,
		pg.Args{"id": in.ID, "partner": a.Partner, "make": in.Make, "model": in.Model, "by": a.User, "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	c, err := chipByID(ctx, tx, own(a), in.ID)
	if err != nil {
		return audit.Event{}, err
	}
	e := c.event(audit.FTMChipRegistered, audit.Diff(audit.Diff(nil, FieldMake, "", c.Make), FieldModel, "", c.Model))
	e.Before, e.After = 0, c.Version
	return e, c.blocked()
}

// registeredBefore tells a second click from a model that is there already.
func (s *Service) registeredBefore(ctx context.Context, a authz.Actor, in Input, why error) error {
	c, err := chipByID(ctx, s.db.Read(), own(a), in.ID)
	switch {
	case err == nil && c.RegisteredBy == a.User && c.Make == in.Make && c.Model == in.Model:
		return approval.ErrReplayed
	case err == nil:
		return problem.ErrConflict
	case errors.Is(err, problem.ErrNotFound):
		return taken(why)
	}
	return err
}

// Edit changes make and model of an own chip on which nobody has decided. One that
// was sent is sent again with it, so that nobody decides on what it was; but where
// an admin asked for another certificate, it waits for that. version is the row
// version that the actor looked at.
//
// It needs authz.FTMChipSend. Errors: problem.ErrNotFound; *problem.InvalidError by
// field; problem.ErrBadRequest for a change of what was not asked for (security.md
// AUT-5); *problem.ConflictError when it was decided or changed meanwhile. Sending
// the same twice is no error.
func (s *Service) Edit(ctx context.Context, a authz.Actor, cid id.FTMChip, version int, in Input) error {
	if !a.May(authz.FTMChipSend) {
		return s.db.Deny(ctx, a, authz.FTMChipSend)
	}
	in, err := in.check()
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, a, authz.FTMChipSend, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, own(a), cid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Undecided() && c.Make == in.Make && c.Model == in.Model && c.Status != approval.ChangesRequested:
			return audit.Event{}, approval.ErrReplayed
		case !c.Undecided() || c.Version != version:
			return audit.Event{}, c.meanwhile()
		}
		if err := c.blocked(); err != nil {
			return audit.Event{}, err
		}
		return edit(ctx, tx, a, c, in)
	})
	return done("edit FTM chip", taken(err))
}

func edit(ctx context.Context, tx *pg.Tx, a authz.Actor, c Chip, in Input) (audit.Event, error) {
	detail := audit.Diff(audit.Diff(nil, FieldMake, c.Make, in.Make), FieldModel, c.Model, in.Model)
	before, n := c, 0
	held, err := certificatesOf(ctx, tx, c.ID, tx.Now())
	if err != nil {
		return audit.Event{}, err
	}
	to, action := c.Status, audit.FTMChipEdited
	if c.Status == approval.ChangesRequested {
		trail, err := Kind.TrailOf(ctx, tx, c.ID.UUID)
		if err != nil {
			return audit.Event{}, err
		}
		open := Kind.Open(c.Status, trail)
		if err := Kind.Keeps(open, named(c.Make, c.Model), named(in.Make, in.Model)); err != nil {
			return audit.Event{}, err
		}
		if trail.Last().Line(FieldCertificate) == "" {
			to, action = approval.PendingApproval, audit.FTMChipResent
			detail = audit.Diff(detail, "status", string(c.Status), string(to))
		}
	}
	if to == approval.PendingApproval {
		n = 1
	}
	err = pg.Exec1(ctx, tx, `update ftm_chips set make = @make, model = @model, status = @to, submission = submission + @n,
		submitted_at = case when @n = 1 then @now else submitted_at end, version = version + 1, updated_at = @now
		where id = @id and version = @version`,
		pg.Args{"id": c.ID, "make": in.Make, "model": in.Model, "to": string(to), "n": n, "now": tx.Now(), "version": c.Version})
	if err != nil {
		return audit.Event{}, err
	}
	c.Make, c.Model = in.Make, in.Model
	if w := held.Waiting(); n == 1 && w != nil { // nothing is sent without one
		if err := c.send(ctx, tx, a, w.Thumbprint); err != nil {
			return audit.Event{}, err
		}
	}
	if action == audit.FTMChipResent {
		if err := Kind.TellStaff(ctx, tx, c.news("")); err != nil {
			return audit.Event{}, err
		}
	}
	return before.event(action, detail), nil
}

func named(brand, model string) approval.Answers {
	return approval.Answers{FieldMake: brand, FieldModel: model}
}

// send keeps what is sent of a chip, as it was changed in the same transaction.
func (c Chip) send(ctx context.Context, tx *pg.Tx, a authz.Actor, thumbprint []byte) error {
	return Kind.Send(ctx, tx, a, approval.Sent{ID: c.ID.UUID, Number: c.Submission + 1, Answers: approval.Answers{
		FieldMake: c.Make, FieldModel: c.Model, FieldCertificate: certdoc.Fingerprint(thumbprint),
	}})
}

// meanwhile tells a provider what happened to a chip since its page was drawn,
// without naming who of the staff it was.
func (c Chip) meanwhile() error {
	return &problem.ConflictError{Key: "ftm_chip.conflict.now." + string(c.Status), Args: []any{"When", c.UpdatedAt}}
}

// Withdraw takes back an own chip on which nobody has decided, with the certificate
// that waits. It needs authz.FTMChipSend. Errors: problem.ErrNotFound;
// *problem.ConflictError when it was decided or changed meanwhile. A second click is
// no error.
func (s *Service) Withdraw(ctx context.Context, a authz.Actor, cid id.FTMChip, version int) error {
	err := s.db.Change(ctx, a, authz.FTMChipSend, func(tx *pg.Tx) (audit.Event, error) {
		c, err := hold(ctx, tx, own(a), cid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case c.Status == approval.Withdrawn:
			return audit.Event{}, approval.ErrReplayed
		case !c.Undecided() || c.Version != version:
			return audit.Event{}, c.meanwhile()
		}
		if err := Kind.End(ctx, tx, a, approval.Withdrawn, "", c.Item()); err != nil {
			return audit.Event{}, err
		}
		held, err := certificatesOf(ctx, tx, cid, tx.Now())
		if err != nil {
			return audit.Event{}, err
		}
		if w := held.Waiting(); w != nil {
			err = settle(ctx, tx, a, *w, Withdrawn, "")
		}
		return c.event(audit.FTMChipWithdrawn, moved(c.Status, approval.Withdrawn, "")), err
	})
	return done("withdraw FTM chip", err)
}
