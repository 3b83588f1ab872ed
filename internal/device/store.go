package device

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/sbi"
)

const deviceColumns = `d.id, d.partner_id, p.public_id, p.organisation, p.status as partner_status, p.lang as partner_lang,
	d.sbi_id, b.sbi_version, b.hash as sbi_hash, b.created_on as sbi_created_on, b.expires_on as sbi_expires_on, b.status as sbi_status,
	d.type_id, d.sub_type_id, t.code as type_code, u.code as sub_type_code, d.make, d.model, d.import_id, d.status,
	d.submission, d.submitted_at, s.submitted_by, d.approved_at,
	coalesce(btrim(e.first_name || ' ' || e.last_name), '') as ended_by_name, d.ended_at, d.ended_reason, d.ended_with_sbi,
	d.version, btrim(r.first_name || ' ' || r.last_name) as registered_by_name, d.created_at, d.updated_at`

const deviceFrom = ` from devices d
	join partners p on p.id = d.partner_id
	join sbis b on b.id = d.sbi_id
	join device_types t on t.id = d.type_id
	join device_sub_types u on u.id = d.sub_type_id
	join users r on r.id = d.registered_by
	join approval_submissions s on s.kind = 'device' and s.subject_id = d.id and s.number = d.submission
	left join users e on e.id = d.ended_by`

// deviceByID is one device in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func deviceByID(ctx context.Context, q pg.Querier, scope authz.Scope, did id.Device) (Device, error) {
	return pg.One[Device](ctx, q, `select `+deviceColumns+deviceFrom+` where d.id = @id and (@all or d.partner_id = @scope)`,
		pg.Args{"id": did, "all": scope.All, "scope": scope.Partner})
}

// devicesByID are the devices with these ids in scope, in the order of their
// sending. Others are left out.
func devicesByID(ctx context.Context, q pg.Querier, scope authz.Scope, ids []uuid.UUID) ([]Device, error) {
	return pg.All[Device](ctx, q, `select `+deviceColumns+deviceFrom+`
		where d.id = any(@ids) and (@all or d.partner_id = @scope) order by d.submitted_at, d.id`,
		pg.Args{"ids": ids, "all": scope.All, "scope": scope.Partner})
}

// hold locks what devices stand on, then the devices themselves, in the order of
// the house: partners, SBIs, devices, each by id. So nothing of it is deactivated
// between the check and the commit (security.md CON-4). Those out of scope are left
// out; the rest is in the order of their sending.
func hold(ctx context.Context, tx *pg.Tx, scope authz.Scope, ids []uuid.UUID) ([]Device, error) {
	for _, sql := range []string{
		`select true from partners where id in (select partner_id from devices where id = any(@ids) and (@all or partner_id = @scope)) order by id for share`,
		`select true from sbis where id in (select sbi_id from devices where id = any(@ids) and (@all or partner_id = @scope)) order by id for share`,
		`select true from devices where id = any(@ids) and (@all or partner_id = @scope) order by id for update`,
	} {
		if _, err := pg.Values[bool](ctx, tx, sql, pg.Args{"ids": ids, "all": scope.All, "scope": scope.Partner}); err != nil {
			return nil, err
		}
	}
	return devicesByID(ctx, tx, scope, ids)
}

// holdOne is hold for one device; problem.ErrNotFound if it is not in scope.
func holdOne(ctx context.Context, tx *pg.Tx, scope authz.Scope, did id.Device) (Device, error) {
	all, err := hold(ctx, tx, scope, []uuid.UUID{did.UUID})
	if err != nil {
		return Device{}, err
	}
	if len(all) == 0 {
		return Device{}, problem.ErrNotFound
	}
	return all[0], nil
}

// holdPartner keeps the actor's partner for whoever adds devices to it: one at a
// time, so that two cannot both find room for the last one (security.md LIM-4).
func holdPartner(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := pg.Value[bool](ctx, tx, `select true from partners where id = @id for no key update`, pg.Args{"id": pid})
	return err
}

// live says that a device has not ended, as SQL over devices d.
const live = `d.status not in ('rejected', 'withdrawn', 'deactivated')`

// room is how many devices a provider can still register.
func (s *Service) room(ctx context.Context, q pg.Querier, pid id.Partner) (int, error) {
	n, err := pg.Value[int](ctx, q, `select count(*) from devices d where d.partner_id = @partner and `+live, pg.Args{"partner": pid})
	return s.most - n, err
}

// roomFor is a *problem.ConflictError where there is no room for n more devices.
func (s *Service) roomFor(ctx context.Context, q pg.Querier, pid id.Partner, n int) error {
	left, err := s.room(ctx, q, pid)
	if err == nil && left < n {
		err = &problem.ConflictError{Key: "device.conflict.too_many", Args: []any{"Max", s.most}}
	}
	return err
}

// model is what makes a device another one (domain.md §2.2).
type model struct {
	ID          id.Device
	Type        id.DeviceType
	SubType     id.DeviceSubType
	Kind        string // by the codes
	Make, Model string
}

func (m model) name() string { return m.Make + " " + m.Model }

func (m model) answers(b sbi.SBI) approval.Answers {
	return approval.Answers{FieldType: m.Kind, FieldMake: m.Make, FieldModel: m.Model, FieldSBI: b.SBIVersion}
}

// insert registers models for an SBI: rows, submissions and events, in a few
// statements however many there are. The events stand in the log before the one
// that the caller returns.
func insert(ctx context.Context, tx *pg.Tx, a authz.Actor, b sbi.SBI, file *id.DeviceImport, models []model) error {
	n := len(models)
	ids, types, subs := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]uuid.UUID, n)
	makes, names := make([]string, n), make([]string, n)
	sent := make([]approval.Sent, n)
	for i, m := range models {
		ids[i], types[i], subs[i], makes[i], names[i] = m.ID.UUID, m.Type.UUID, m.SubType.UUID, m.Make, m.Model
		sent[i] = approval.Sent{ID: m.ID.UUID, Number: 1, Answers: m.answers(b)}
	}
	_, err := tx.Exec(ctx, `
		insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, import_id, status, submitted_at, registered_by, created_at, updated_at)
		select x.id, @partner, @sbi, x.type_id, x.sub_type_id, x.make, x.model, @import, 'pending_approval', @now, @by, @now, @now
		from unnest(@ids::uuid[], @types::uuid[], @subs::uuid[], @makes::text[], @models::text[]) as x (id, type_id, sub_type_id, make, model)`,
		pg.Args{
			"partner": b.PartnerID, "sbi": b.ID, "import": file, "now": tx.Now(), "by": a.User,
			"ids": ids, "types": types, "subs": subs, "makes": makes, "models": names,
		})
	if err != nil {
		return err
	}
	if err := Things.Send(ctx, tx, a, sent...); err != nil {
		return err
	}
	for _, m := range models {
		tx.Also(registered(b, m))
	}
	return nil
}

// registered tells of a new device.
func registered(b sbi.SBI, m model) audit.Event {
	var detail []audit.Change
	answers := m.answers(b)
	for _, field := range Things.Fields {
		detail = audit.Diff(detail, field, "", answers[field])
	}
	return audit.Event{
		Action: audit.DeviceRegistered, Partner: b.PartnerID, After: 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.Device, ID: m.ID.String(), Name: m.name()},
	}
}

// items are devices as their rows stand.
func items(all []Device) []approval.Item {
	out := make([]approval.Item, len(all))
	for i, d := range all {
		out[i] = d.Item()
	}
	return out
}

// uuids are the ids of devices, each once.
func uuids(ids []id.Device) []uuid.UUID {
	out := make([]uuid.UUID, len(ids))
	for i, v := range ids {
		out[i] = v.UUID
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(out)
}
