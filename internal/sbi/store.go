package sbi

import (
	"context"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const columns = `s.id, s.partner_id, p.public_id, p.organisation, p.status as partner_status, p.lang as partner_lang,
	s.sbi_version, s.hash, s.created_on, s.expires_on, s.made_from, s.status, s.submission, s.submitted_at, s.approved_at,
	coalesce(btrim(e.first_name || ' ' || e.last_name), '') as ended_by_name, s.ended_at, s.ended_reason, s.version,
	s.registered_by, btrim(u.first_name || ' ' || u.last_name) as registered_by_name, s.created_at, s.updated_at`

const from = ` from sbis s
	join partners p on p.id = s.partner_id
	join users u on u.id = s.registered_by
	left join users e on e.id = s.ended_by`

// reach limits a query to what a scope reaches. Nobody but its provider knows of a
// draft.
const reach = ` and (s.partner_id = @scope or @all and s.submission > 0)`

// byID is one SBI in scope; problem.ErrNotFound if there is none or it is somebody
// else's (security.md AUT-3).
func byID(ctx context.Context, q pg.Querier, scope authz.Scope, sid id.SBI) (SBI, error) {
	return pg.One[SBI](ctx, q, `select `+columns+from+` where s.id = @id`+reach,
		pg.Args{"id": sid, "all": scope.All, "scope": scope.Partner})
}

// Hold keeps a provider as it is and locks one of its SBIs in scope: lock is
// "for share" or "for update". It is the beginning of the order of locks: partner,
// SBI, devices. problem.ErrNotFound for an SBI outside the scope (security.md AUT-2).
func Hold(ctx context.Context, tx *pg.Tx, scope authz.Scope, sid id.SBI, lock string) (SBI, error) {
	at, err := byID(ctx, tx, scope, sid)
	if err != nil {
		return SBI{}, err
	}
	if err := share(ctx, tx, at.PartnerID); err != nil {
		return SBI{}, err
	}
	if _, err := pg.Value[id.SBI](ctx, tx, `select id from sbis where id = @id `+lock, pg.Args{"id": sid}); err != nil {
		return SBI{}, err
	}
	return byID(ctx, tx, scope, sid)
}

// share keeps a partner as it is until the end of the transaction.
func share(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select true from partners where id = @id for share`, pg.Args{"id": pid})
	return err
}

func insert(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input, v values) error {
	_, err := tx.Exec(ctx, `
		insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, made_from, status, registered_by, created_at, updated_at)
		values (@id, @partner, @version, @hash, @created, @expires, @from, 'draft', @by, @now, @now)`,
		pg.Args{
			"id": in.ID, "partner": a.Partner, "version": v.version, "hash": v.hash, "created": v.createdOn, "expires": v.expiresOn,
			"from": id.OrNull(in.MadeFrom), "by": a.User, "now": tx.Now(),
		})
	return err
}

// write stores the answers of an SBI that is locked, in the state to. A row that is
// not as x says is a problem.ErrConflict (security.md CON-1).
func write(ctx context.Context, tx *pg.Tx, x SBI, v values, to approval.Status) error {
	n := x.Submission
	if to != approval.Draft {
		n++
	}
	err := pg.Exec1(ctx, tx, `
		update sbis set sbi_version = @text, hash = @hash, created_on = @created, expires_on = @expires, status = @to, submission = @n,
			submitted_at = case when @n > submission then @now else submitted_at end, version = version + 1, updated_at = @now
		where id = @id and status = @from and version = @version`,
		pg.Args{
			"id": x.ID, "text": v.version, "hash": v.hash, "created": v.createdOn, "expires": v.expiresOn, "to": string(to), "n": n,
			"from": string(x.Status), "version": x.Version, "now": tx.Now(),
		})
	if pg.Violates(err, "sbis_version_key") {
		return errSameVersion()
	}
	return err
}

// roomFor counts the SBIs of a provider on which nobody has decided (security.md
// LIM-4). A lock of its own lets one count at a time: the partner's row is shared.
func roomFor(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select pg_advisory_xact_lock(hashtextextended('sbis ' || @partner::text, 0)) is null`,
		pg.Args{"partner": pid.String()})
	if err != nil {
		return err
	}
	open, err := pg.Value[int](ctx, tx, `
		select count(*) from sbis where partner_id = @partner and status in ('draft', 'pending_approval', 'changes_requested')`,
		pg.Args{"partner": pid})
	if err == nil && open >= MaxOpen {
		err = &problem.ConflictError{Key: "sbi.conflict.too_many", Args: []any{"Max", MaxOpen}}
	}
	return err
}

// own is the scope of work that only a provider's own people do.
func own(a authz.Actor) authz.Scope { return authz.Scope{Partner: a.Partner} }
