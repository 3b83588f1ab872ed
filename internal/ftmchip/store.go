package ftmchip

import (
	"context"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const chipColumns = `f.id, f.partner_id, p.public_id, p.organisation, p.status as partner_status, p.lang as partner_lang, f.make, f.model, f.status,
	f.submission, f.submitted_at, f.approved_at, f.registered_by, btrim(u.first_name || ' ' || u.last_name) as registered_by_name,
	f.ended_by, coalesce(btrim(e.first_name || ' ' || e.last_name), '') as ended_by_name, f.ended_at, f.ended_reason,
	f.version, f.created_at, f.updated_at`

const chipFrom = ` from ftm_chips f join partners p on p.id = f.partner_id join users u on u.id = f.registered_by
	left join users e on e.id = f.ended_by`

// chipByID is one chip in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func chipByID(ctx context.Context, q pg.Querier, scope authz.Scope, cid id.FTMChip) (Chip, error) {
	return pg.One[Chip](ctx, q, `select `+chipColumns+chipFrom+` where f.id = @id and (@all or f.partner_id = @scope)`,
		pg.Args{"id": cid, "all": scope.All, "scope": scope.Partner})
}

// hold keeps the provider as it is and locks the chip, in this order everywhere, so
// that nothing that a decision stands on changes before it is stored (security.md
// CON-4).
func hold(ctx context.Context, tx *pg.Tx, scope authz.Scope, cid id.FTMChip) (Chip, error) {
	at, err := chipByID(ctx, tx, scope, cid)
	if err != nil {
		return Chip{}, err
	}
	if err := share(ctx, tx, at.PartnerID); err != nil {
		return Chip{}, err
	}
	if _, err := pg.Value[bool](ctx, tx, `select true from ftm_chips where id = @id for update`, pg.Args{"id": cid}); err != nil {
		return Chip{}, err
	}
	return chipByID(ctx, tx, scope, cid)
}

// share keeps a provider as it is until the end of the transaction.
func share(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select true from partners where id = @id for share`, pg.Args{"id": pid})
	return err
}

// roomFor counts the undecided chips of a provider (security.md LIM-4). A lock of
// its own lets one count at a time: the provider's row is shared with those who
// decide.
func roomFor(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select pg_advisory_xact_lock(hashtextextended('ftm_chips ' || @partner::text, 0)) is null`,
		pg.Args{"partner": pid.String()})
	if err != nil {
		return err
	}
	open, err := pg.Value[int](ctx, tx, `select count(*) from ftm_chips where partner_id = @partner
		and status in ('pending_certificate', 'pending_approval', 'changes_requested')`, pg.Args{"partner": pid})
	if err == nil && open >= MaxUndecided {
		err = &problem.ConflictError{Key: "ftm_chip.conflict.too_many", Args: []any{"Max", MaxUndecided}}
	}
	return err
}

// settle moves a chip's certificate that waits on: into service, or away from it.
// It is one statement that decides who was first (security.md CON-2).
func settle(ctx context.Context, tx *pg.Tx, a authz.Actor, c Certificate, to CertStatus, reason string) error {
	return pg.Exec1(ctx, tx, `update ftm_chip_certificates set status = @to, decided_by = @by, decided_at = @now, reason = @reason, version = version + 1
		where id = @id and status = 'waiting' and version = @version`,
		pg.Args{"id": c.ID, "to": string(to), "by": a.User, "now": tx.Now(), "reason": reason, "version": c.Version})
}

// taken turns the violations of keys into what a person can act on.
func taken(err error) error {
	if pg.Violates(err, "ftm_chips_model_key") {
		return problem.Invalid(FieldModel, "ftm_chip.problem.model_taken")
	}
	return err
}
