package account

import (
	"context"
	"errors"

	"portal/internal/authz"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// lockStaff is lockByID for members of staff: an account of a partner is none.
func lockStaff(ctx context.Context, tx *pg.Tx, uid id.User) (person, error) {
	p, err := lockByID(ctx, tx, uid)
	if err == nil && !p.staff() {
		return person{}, problem.ErrNotFound
	}
	return p, err
}

// lockForChange is lockStaff for what may take a Partner Admin away.
func (s *Service) lockForChange(ctx context.Context, tx *pg.Tx, uid id.User) (person, error) {
	if err := s.serialise(ctx, tx); err != nil {
		return person{}, err
	}
	return lockStaff(ctx, tx, uid)
}

// lockAdmins makes those who could take the last Partner Admin away wait for
// each other: two admins who deactivate each other must not both succeed
// (security.md AUT-6).
func lockAdmins(ctx context.Context, tx *pg.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('portal.staff.admins', 4))`, nil)
	return err
}

// anotherAdmin refuses to take p away when nobody else could act as a Partner
// Admin. An invited person without a password cannot.
func anotherAdmin(ctx context.Context, tx *pg.Tx, p person) error {
	if p.Status != Active || !p.actor().Is(authz.PartnerAdmin) {
		return nil
	}
	another, err := adminExists(ctx, tx, p.ID)
	if err == nil && !another {
		return &problem.ConflictError{Key: "staff.conflict.last_admin", Args: []any{"Name", p.name()}}
	}
	return err
}

// adminExists reports whether somebody else than but can act as a Partner Admin.
func adminExists(ctx context.Context, q pg.Querier, but id.User) (bool, error) {
	return pg.Value[bool](ctx, q, `select exists (
		select 1 from users u join user_roles r on r.user_id = u.id
		where r.role = 'PARTNER_ADMIN' and u.status = 'active' and u.password is not null and u.partner_id is null and u.id <> @but)`,
		pg.Args{"but": but})
}

// insertStaff makes an account with roles. by is who grants them: zero for the
// portal itself. Errors are insertPerson's.
func insertStaff(ctx context.Context, tx *pg.Tx, in StaffInput, address email.Address, hash string, by id.User) (person, error) {
	err := insertPerson(ctx, tx, person{
		ID: in.ID, Email: address.String(), FirstName: in.FirstName, LastName: in.LastName, Lang: in.Lang, Password: hash,
	}, address)
	if err != nil {
		return person{}, err
	}
	if err := replaceRoles(ctx, tx, in.ID, roleNames(in.Roles), by); err != nil {
		return person{}, err
	}
	return byID(ctx, tx, in.ID)
}

// insertPerson makes an account, a partner's if p has one. The same id and
// address again is pg.ErrNothing: the form was sent twice. An address that has an
// account is a *problem.InvalidError at "email".
func insertPerson(ctx context.Context, tx *pg.Tx, p person, address email.Address) error {
	n, err := tx.Exec(ctx, `
		insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, partner_id, created_at, updated_at)
		values (@id, @email, @key, @first, @last, '', @lang, nullif(@password, ''), 'active', @partner, @now, @now)
		on conflict do nothing`,
		pg.Args{
			"id": p.ID, "email": address.String(), "key": address.Canonical(), "first": p.FirstName, "last": p.LastName,
			"lang": p.Lang, "password": p.Password, "partner": id.OrNull(p.PartnerID), "now": tx.Now(),
		})
	if err == nil && n == 0 {
		err = alreadyThere(ctx, tx, p, address)
	}
	return err
}

func alreadyThere(ctx context.Context, tx *pg.Tx, p person, address email.Address) error {
	there, err := pg.One[struct {
		ID        id.User
		PartnerID id.Partner
	}](ctx, tx, `select id, partner_id from users where email_key = @key`, pg.Args{"key": address.Canonical()})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return problem.ErrConflict // the id is somebody else's: no form of ours sends that
	case err != nil:
		return err
	case there.ID == p.ID && there.PartnerID == p.PartnerID:
		return pg.ErrNothing
	}
	return problem.Invalid("email", "staff.problem.email_taken")
}

func replaceRoles(ctx context.Context, tx *pg.Tx, uid id.User, roles []string, by id.User) error {
	if _, err := tx.Exec(ctx, `delete from user_roles where user_id = @user and role <> all(@roles::text[])`,
		pg.Args{"user": uid, "roles": roles}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		insert into user_roles (user_id, role, granted_by, granted_at)
		select @user, unnest(@roles::text[]), @by, @now on conflict (user_id, role) do nothing`,
		pg.Args{"user": uid, "roles": roles, "by": id.OrNull(by), "now": tx.Now()})
	return err
}

// bump raises the row's version, if it is still the one that the actor saw.
func bump(ctx context.Context, tx *pg.Tx, uid id.User, version int, status Status) error {
	return pg.Exec1(ctx, tx, `update users set status = @status, version = version + 1, updated_at = @now
		where id = @id and version = @version`, pg.Args{"id": uid, "version": version, "status": string(status), "now": tx.Now()})
}
