package hardware

import (
	"context"

	"github.com/google/uuid"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

const (
	provider = `p.id as partner_id, p.public_id, p.organisation`

	sbiColumns = `s.id, s.sbi_version, s.hash, s.created_on, s.expires_on, s.approved_at, ` + provider
	sbiFrom    = `from sbis s join partners p on p.id = s.partner_id`

	deviceColumns = `d.id, t.code as type, st.code as sub_type, d.make, d.model, d.approved_at,
		s.id as sbi_id, s.sbi_version, s.hash as sbi_hash, s.expires_on as sbi_expires_on, ` + provider
	deviceFrom = `from devices d join sbis s on s.id = d.sbi_id join partners p on p.id = d.partner_id
		join device_types t on t.id = d.type_id join device_sub_types st on st.id = d.sub_type_id`

	chipColumns = `f.id, f.make, f.model, f.approved_at, c.thumbprint, c.not_before, c.not_after, c.der, ` + provider
	chipFrom    = `from ftm_chips f join partners p on p.id = f.partner_id
		left join ftm_chip_certificates c on c.chip_id = f.id and c.status = 'in_service'`
)

// SBIs are those that count, step by step (authz.HardwareServe; the caller has let
// only a service account in). One statement, as for the others.
func (s *Service) SBIs(ctx context.Context, step Walk) (Page[SBI], error) {
	var w pg.Where
	w.And(standing.SBICounts, "today", s.today())
	partnerIs(&w, "s.partner_id", step)
	return walk(ctx, s.db, step, sbiColumns, sbiFrom, "s.id", w, func(x SBI) uuid.UUID { return x.ID.UUID })
}

// Devices are those that count; see SBIs.
func (s *Service) Devices(ctx context.Context, step Walk) (Page[Device], error) {
	var w pg.Where
	w.And(standing.DeviceCounts, "today", s.today())
	partnerIs(&w, "d.partner_id", step)
	if !id.IsZero(step.SBI) {
		w.And("d.sbi_id = @sbi", "sbi", step.SBI)
	}
	if step.Type != "" {
		w.And("lower(t.code) = lower(@type::text)", "type", step.Type)
	}
	if step.SubType != "" {
		w.And("lower(st.code) = lower(@sub_type::text)", "sub_type", step.SubType)
	}
	modelIs(&w, "d", step)
	return walk(ctx, s.db, step, deviceColumns, deviceFrom, "d.id", w, func(x Device) uuid.UUID { return x.ID.UUID })
}

// FTMChips are those that count; see SBIs.
func (s *Service) FTMChips(ctx context.Context, step Walk) (Page[FTMChip], error) {
	var w pg.Where
	w.And(standing.FTMChipCounts, "now", s.db.Now())
	partnerIs(&w, "f.partner_id", step)
	modelIs(&w, "f", step)
	return walk(ctx, s.db, step, chipColumns, chipFrom, "f.id", w, func(x FTMChip) uuid.UUID { return x.ID.UUID })
}

func partnerIs(w *pg.Where, column string, step Walk) {
	if !id.IsZero(step.Partner) {
		w.And(column+" = @partner", "partner", step.Partner)
	}
}

// modelIs compares as the constraint does by which one model is registered once.
func modelIs(w *pg.Where, alias string, step Walk) {
	if step.Make != "" {
		w.And("lower("+alias+".make) = lower(@make::text)", "make", step.Make)
	}
	if step.Model != "" {
		w.And("lower("+alias+".model) = lower(@model::text)", "model", step.Model)
	}
}

// walk reads one thing more than was asked for: so it knows whether there is a next
// step. What is asked for is the same however far the walk has come.
func walk[T any](ctx context.Context, db *pg.DB, step Walk, columns, from, order string, w pg.Where, of func(T) uuid.UUID) (Page[T], error) {
	if step.After != uuid.Nil {
		w.And(order+" > @after", "after", step.After)
	}
	w.Let("limit", step.Limit+1)
	items, err := pg.All[T](ctx, db.Read(), "select "+columns+", '' as reason "+from+w.SQL()+" order by "+order+" limit @limit", w.Args())
	if err != nil || len(items) <= step.Limit {
		return Page[T]{Items: items}, err
	}
	items = items[:step.Limit]
	return Page[T]{Items: items, Next: of(items[len(items)-1])}, nil
}

// SBI is one, with what keeps it from counting, if something does. One that was
// never sent is problem.ErrNotFound, as one that does not exist: only its provider
// knows of it (authz.HardwareServe, as above).
func (s *Service) SBI(ctx context.Context, bid id.SBI) (SBI, error) {
	return pg.One[SBI](ctx, s.db.Read(), `select `+sbiColumns+`, `+standing.SBIReason+` as reason `+sbiFrom+`
		where s.id = @id and s.submission > 0`, pg.Args{"id": bid, "today": s.today()})
}

// Device is one; see SBI.
func (s *Service) Device(ctx context.Context, did id.Device) (Device, error) {
	return pg.One[Device](ctx, s.db.Read(), `select `+deviceColumns+`, `+standing.DeviceReason+` as reason `+deviceFrom+`
		where d.id = @id`, pg.Args{"id": did, "today": s.today()})
}

// FTMChip is one; see SBI.
func (s *Service) FTMChip(ctx context.Context, fid id.FTMChip) (FTMChip, error) {
	return pg.One[FTMChip](ctx, s.db.Read(), `select `+chipColumns+`, `+standing.FTMChipReason+` as reason `+chipFrom+`
		where f.id = @id and f.submission > 0`, pg.Args{"id": fid, "now": s.db.Now()})
}
