package device

import (
	"context"
	"slices"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Standing is a device with everything that was sent and said of it.
type Standing struct {
	Device
	approval.Trail
}

// Answers are those that were sent last.
func (s Standing) Answers() approval.Answers { return s.Trail.Answers() }

// Open are the answers that the provider may change on a day: see approval.Open. An
// SBI that does not count can always be changed, since nothing can be sent with it.
func (s Standing) Open(today time.Time) []string {
	open := Things.Open(s.Status, s.Trail)
	if s.Status == approval.ChangesRequested && !s.SBICounts(today) && !slices.Contains(open, FieldSBI) {
		open = append(slices.Clone(open), FieldSBI)
	}
	return open
}

// Device is one device in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func (s *Service) Device(ctx context.Context, scope authz.Scope, did id.Device) (Device, error) {
	return deviceByID(ctx, s.db.Read(), scope, did)
}

// Devices are the devices with these ids in scope, in the order of their sending.
// Others are left out.
func (s *Service) Devices(ctx context.Context, scope authz.Scope, ids []id.Device) ([]Device, error) {
	return devicesByID(ctx, s.db.Read(), scope, uuids(ids))
}

// Standing is one device in scope with what was said of it. problem.ErrNotFound as
// for Device.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, did id.Device) (Standing, error) {
	d, err := s.Device(ctx, scope, did)
	if err != nil {
		return Standing{}, err
	}
	trail, err := Things.TrailOf(ctx, s.db.Read(), d.ID.UUID)
	return Standing{d, trail}, err
}

// Review is everything that a Partner Admin weighs before deciding.
type Review struct {
	Standing
	Certificate certificate.Held // of the provider, that counts now, else the one that says best why none does
	Elsewhere   []Row            // the same make and model of other providers, at most 20
	Before      []Row            // the same model of this provider that has ended, newest first, at most 20
	Waiting     Waiting          // on the same SBI, this one included
	Approved    int              // devices of the same SBI
}

// maxOthers is how many other devices a review names.
const maxOthers = 20

// Review reads it. It shows other providers, so a scope that does not reach
// everybody finds nothing (security.md AUT-2).
func (s *Service) Review(ctx context.Context, scope authz.Scope, did id.Device) (Review, error) {
	if !scope.All {
		return Review{}, problem.ErrNotFound
	}
	st, err := s.Standing(ctx, scope, did)
	if err != nil {
		return Review{}, err
	}
	q, r := s.db.Read(), Review{Standing: st}
	if r.Certificate, err = certificate.Standing(ctx, q, st.PartnerID, s.db.Now()); err != nil {
		return Review{}, err
	}
	if r.Elsewhere, err = others(ctx, q, st.Device, `d.partner_id <> @partner`); err != nil {
		return Review{}, err
	}
	if r.Before, err = others(ctx, q, st.Device, `d.partner_id = @partner and d.status in ('rejected', 'withdrawn', 'deactivated')`); err != nil {
		return Review{}, err
	}
	if r.Approved, _, err = ReachOf(ctx, q, st.SBIID); err != nil {
		return Review{}, err
	}
	r.Waiting, err = s.WaitingOf(ctx, scope, st.SBIID)
	return r, err
}

// others are other devices of the same make and model.
func others(ctx context.Context, q pg.Querier, d Device, which string) ([]Row, error) {
	return pg.All[Row](ctx, q, `select `+rowColumns+` `+rowFrom+`
		where lower(d.make) = lower(@make) and lower(d.model) = lower(@model) and d.id <> @id and `+which+`
		order by d.submitted_at desc, d.id desc limit @max`,
		pg.Args{"make": d.Make, "model": d.Model, "id": d.ID, "partner": d.PartnerID, "max": maxOthers})
}

// OldestOf are the devices of an SBI that wait, those that wait longest first, at
// most so many: what a page names of them. The scope is WaitingOf's.
func (s *Service) OldestOf(ctx context.Context, scope authz.Scope, sid id.SBI, most int) ([]Device, error) {
	if !scope.All {
		return nil, problem.ErrNotFound
	}
	return pg.All[Device](ctx, s.db.Read(), `select `+deviceColumns+deviceFrom+`
		where d.sbi_id = @sbi and d.status = 'pending_approval' order by d.submitted_at, d.id limit @max`, pg.Args{"sbi": sid, "max": most})
}

// Elsewhere tells of which devices another provider has registered the same make and
// model, and how often. Only staff may know.
func (s *Service) Elsewhere(ctx context.Context, scope authz.Scope, all []Device) (map[id.Device]int, error) {
	if !scope.All {
		return nil, problem.ErrNotFound
	}
	found, err := pg.All[struct {
		ID    id.Device
		Count int
	}](ctx, s.db.Read(), `
		select d.id, count(*)::integer as count from devices d
		join devices o on lower(o.make) = lower(d.make) and lower(o.model) = lower(d.model) and o.partner_id <> d.partner_id
		where d.id = any(@ids) group by d.id`, pg.Args{"ids": idsOf(all)})
	if err != nil {
		return nil, err
	}
	counts := map[id.Device]int{}
	for _, f := range found {
		counts[f.ID] = f.Count
	}
	return counts, nil
}
