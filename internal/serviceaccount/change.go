package serviceaccount

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
	"portal/internal/keysecret"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Input is what a Partner Admin says of an account.
type Input struct {
	ID          id.ServiceAccount // made when the form is drawn, so that sending it twice makes one account
	Name        string            // 1 to MaxName characters, unique
	Description string            // up to MaxDescription characters
	Rights      []string          // of Rights, at least one
	EndsOn      string            // its last day, "2026-11-30"
}

// check trims the input and reports what is wrong with it.
func (in *Input) check(today time.Time) (endsOn time.Time, err error) {
	var f problem.Fields
	in.Name = f.Line("name", strings.Join(strings.Fields(in.Name), " "), MaxName, true)
	in.Description = f.Line("description", in.Description, MaxDescription, false)
	if len(in.Rights) == 0 {
		f.Add("rights", "service_account.problem.no_right")
	}
	for _, r := range in.Rights {
		if !slices.Contains(Rights, authz.Permission(r)) {
			f.Add("rights", "problem.choose")
		}
	}
	in.Rights = slices.Compact(slices.Sorted(slices.Values(in.Rights)))
	last := today.AddDate(0, 0, MaxDays)
	switch endsOn, err = time.Parse(time.DateOnly, in.EndsOn); {
	case err != nil:
		f.Add("ends_on", "service_account.problem.day")
	case endsOn.Before(today):
		f.Add("ends_on", "service_account.problem.past")
	case endsOn.After(last):
		f.Add("ends_on", "service_account.problem.too_far", "Max", MaxDays)
	}
	return endsOn, f.Err()
}

// Made is an account right after it was made or rotated: the only place that
// ever holds its token.
type Made struct {
	Account Account
	Token   keysecret.Token
}

// Create makes an account with a first token (authz.ServiceManage); the other
// Partner Admins get a mail. Errors: *problem.InvalidError at "name",
// "description", "rights", "ends_on"; ErrShown when the form was sent before.
func (s *Service) Create(ctx context.Context, a authz.Actor, in Input) (Made, error) {
	endsOn, invalid := in.check(s.Today())
	var made Made
	err := s.db.Change(ctx, a, authz.ServiceManage, func(tx *pg.Tx) (audit.Event, error) {
		by, err := pg.Value[id.User](ctx, tx, `select created_by from service_accounts where id = @id`, pg.Args{"id": in.ID})
		switch {
		case err == nil && by == a.User:
			return audit.Event{}, ErrShown
		case err == nil:
			return audit.Event{}, problem.ErrConflict // somebody else's id: no form of ours sends that
		case !errors.Is(err, problem.ErrNotFound):
			return audit.Event{}, err
		case invalid != nil:
			return audit.Event{}, invalid
		}
		if err := insert(ctx, tx, a, in, endsOn); err != nil {
			return audit.Event{}, err
		}
		if made.Token, err = keysecret.Issue(ctx, tx, s.keys, keysecret.OfService(in.ID), a.User, 0); err != nil {
			return audit.Event{}, err
		}
		if made.Account, err = s.byID(ctx, tx, in.ID); err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "description", "", in.Description)
		detail = append(detail, rightChanges(nil, in.Rights)...)
		detail = audit.Diff(detail, "ends_on", "", in.EndsOn)
		return made.Account.event(audit.ServiceCreated, 0, detail),
			account.TellStaff(ctx, tx, authz.ServiceManage, mail.ServiceCreated, a.User, made.Account.mailParams(a))
	})
	if err != nil {
		return Made{}, err
	}
	return made, nil
}

func insert(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input, endsOn time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into service_accounts (id, name, description, rights, status, ends_on, created_by, created_at, updated_at)
		values (@id, @name, @description, @rights, 'active', @ends, @by, @now, @now)`,
		pg.Args{
			"id": in.ID, "name": in.Name, "description": in.Description, "rights": in.Rights, "ends": endsOn,
			"by": a.User, "now": tx.Now(),
		})
	if pg.Violates(err, "service_accounts_pkey") {
		return ErrShown // the same form, sent twice at the same moment
	}
	return taken(err)
}

func taken(err error) error {
	if pg.Violates(err, "service_accounts_name_key") {
		return problem.Invalid("name", "service_account.problem.name_taken")
	}
	return err
}

// rightChanges lists which rights went and came, each on its own, so that the
// log can be read in any language.
func rightChanges(before, after []string) []audit.Change {
	var detail []audit.Change
	for _, r := range before {
		if !slices.Contains(after, r) {
			detail = append(detail, audit.Change{Field: "rights", Before: r})
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			detail = append(detail, audit.Change{Field: "rights", After: r})
		}
	}
	return detail
}

// Edit changes what is said of an account, its rights and its last day
// (authz.ServiceManage); its tokens stay, and the other Partner Admins get a mail. version is the row version that the
// person saw. Errors are Create's and problem.ErrNotFound, and a
// *problem.ConflictError when somebody was faster or it is deactivated.
func (s *Service) Edit(ctx context.Context, a authz.Actor, said id.ServiceAccount, version int, in Input) error {
	endsOn, invalid := in.check(s.Today())
	return s.db.Change(ctx, a, authz.ServiceManage, func(tx *pg.Tx) (audit.Event, error) {
		old, err := s.forUpdate(ctx, tx, said)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.current(ctx, tx, a, old, version); err != nil {
			return audit.Event{}, err
		}
		if invalid != nil {
			return audit.Event{}, invalid
		}
		detail := audit.Diff(nil, "name", old.Name, in.Name)
		detail = audit.Diff(detail, "description", old.Description, in.Description)
		detail = append(detail, rightChanges(old.Rights, in.Rights)...)
		detail = audit.Diff(detail, "ends_on", old.EndsOn.Format(time.DateOnly), endsOn.Format(time.DateOnly))
		if len(detail) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		_, err = tx.Exec(ctx, `
			update service_accounts set name = @name, description = @description, rights = @rights, ends_on = @ends,
				version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": said, "name": in.Name, "description": in.Description, "rights": in.Rights, "ends": endsOn, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, taken(err)
		}
		old.Name, old.Version = in.Name, version+1
		return old.event(audit.ServiceEdited, version, detail),
			account.TellStaff(ctx, tx, authz.ServiceManage, mail.ServiceEdited, a.User, old.mailParams(a))
	})
}

// current refuses a page that is older than the account, and what is
// deactivated for good.
func (s *Service) current(ctx context.Context, tx *pg.Tx, a authz.Actor, now Account, version int) error {
	switch {
	case now.Version != version:
		return pg.Stale(ctx, tx, a, audit.Service, now.ID.String())
	case now.Status != Active:
		return &problem.ConflictError{Key: "service_account.conflict.deactivated"}
	}
	return nil
}

// Rotate gives an account a new token (authz.ServiceManage); the one before goes
// on for overlap days (keysecret.Overlaps), any older one ends now. The other
// Partner Admins get a mail: whoever rotates is shown a token. version and
// errors are Edit's; *problem.InvalidError at "overlap"; ErrShown when the form
// was sent before.
func (s *Service) Rotate(ctx context.Context, a authz.Actor, said id.ServiceAccount, version, overlap int) (Made, error) {
	invalid := keysecret.CheckOverlap(overlap)
	var made Made
	err := s.db.Change(ctx, a, authz.ServiceManage, func(tx *pg.Tx) (audit.Event, error) {
		now, err := s.forUpdate(ctx, tx, said)
		if err != nil {
			return audit.Event{}, err
		}
		owner := keysecret.OfService(said)
		if err := s.mayRotate(ctx, tx, a, now, version); err != nil {
			return audit.Event{}, err
		}
		if invalid != nil {
			return audit.Event{}, invalid
		}
		if made.Token, err = keysecret.Issue(ctx, tx, s.keys, owner, a.User, time.Duration(overlap)*24*time.Hour); err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `update service_accounts set version = version + 1, updated_at = @now where id = @id and version = @version`,
			pg.Args{"id": said, "version": version, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		if made.Account, err = s.byID(ctx, tx, said); err != nil {
			return audit.Event{}, err
		}
		return made.Account.event(audit.ServiceRotated, version, audit.Diff(nil, "overlap", "", strconv.Itoa(overlap))),
			account.TellStaff(ctx, tx, authz.ServiceManage, mail.ServiceRotated, a.User, made.Account.mailParams(a))
	})
	if err != nil {
		return Made{}, err
	}
	return made, nil
}

// mayRotate is current for a new token: the person's own form, sent a second
// time, is told apart.
func (s *Service) mayRotate(ctx context.Context, tx *pg.Tx, a authz.Actor, now Account, version int) error {
	if now.Version == version+1 {
		own, err := keysecret.IssuedBy(ctx, tx, keysecret.OfService(now.ID), a.User, now.UpdatedAt)
		switch {
		case err != nil:
			return err
		case own:
			return ErrShown
		}
	}
	if err := s.current(ctx, tx, a, now, version); err != nil {
		return err
	}
	if now.Ended {
		return &problem.ConflictError{Key: "service_account.conflict.ended"}
	}
	return nil
}

// Deactivate ends an account for good (authz.ServiceManage): its tokens are
// refused from the next question on, and the other Partner Admins get a mail.
// One that is deactivated already is no error. version and errors are Edit's.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, said id.ServiceAccount, version int) error {
	return s.db.Change(ctx, a, authz.ServiceManage, func(tx *pg.Tx) (audit.Event, error) {
		now, err := s.forUpdate(ctx, tx, said)
		if err != nil {
			return audit.Event{}, err
		}
		if now.Status == Deactivated {
			return audit.Event{}, pg.ErrNothing
		}
		if err := s.current(ctx, tx, a, now, version); err != nil {
			return audit.Event{}, err
		}
		if err := Statuses.Check(now.Status, Deactivated); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `
			update service_accounts set status = 'deactivated', deactivated_by = @by, deactivated_at = @now,
				version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": said, "by": a.User, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		now.Version = version + 1
		event := now.event(audit.ServiceDeactivated, version, audit.Diff(nil, "status", string(Active), string(Deactivated)))
		return event, account.TellStaff(ctx, tx, authz.ServiceManage, mail.ServiceDeactivated, a.User, now.mailParams(a))
	})
}
