// Package publiclist is what anybody may know: which devices and FTM chips are
// approved, by whom they are made, and until when. It tells nothing of people, and
// of a thing no more than a buyer needs to check an offer. What counts is said by
// standing, so what stops counting leaves the list with it.
package publiclist

import (
	"context"
	"time"

	"github.com/google/uuid"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/standing"
)

const (
	// FileLimit is how many things stand in one file, and how far pages go: a list
	// that anybody may ask for must not cost more than it tells.
	FileLimit = 10_000
	// StepLimit is how many things one step through the list for programs holds.
	StepLimit = 500
	// Lasts is how old an answer may be that somebody is shown, wherever it was kept on
	// the way.
	Lasts = 5 * time.Minute
	// Kept is how long this process gives the same answer again.
	Kept = time.Minute

	atOnce = 4 // questions to the database; the others wait for what comes of them
)

// Label is a name in the portal's languages.
type Label struct{ En, Fr, Ar string }

// In is the name in a language.
func (l Label) In(lang string) string {
	switch lang {
	case "fr":
		return l.Fr
	case "ar":
		return l.Ar
	default:
		return l.En
	}
}

// Device is an approved device.
type Device struct {
	ID           id.Device
	Type         string // the code
	TypeEn       string
	TypeFr       string
	TypeAr       string
	SubType      string // the code
	SubTypeEn    string
	SubTypeFr    string
	SubTypeAr    string
	Make         string
	Model        string
	Organisation string // its provider
	SBIVersion   string
	ExpiresOn    time.Time // the last day of its SBI, and so its own
}

// TypeLabel is what people call its type.
func (d Device) TypeLabel() Label { return Label{d.TypeEn, d.TypeFr, d.TypeAr} }

// SubTypeLabel is what people call its sub-type.
func (d Device) SubTypeLabel() Label { return Label{d.SubTypeEn, d.SubTypeFr, d.SubTypeAr} }

// FTMChip is an approved chip.
type FTMChip struct {
	ID           id.FTMChip
	Make         string
	Model        string
	Organisation string    // its provider
	NotAfter     time.Time // until when its certificate is valid
}

// Kind is a type or sub-type of which there may be devices.
type Kind struct {
	TypeCode   string
	Code       string // "" for a type
	En, Fr, Ar string
}

// Label is what people call it.
func (k Kind) Label() Label { return Label{k.En, k.Fr, k.Ar} }

// Devices and FTMChips are how the lists can be filtered. They have one order, in
// which the database holds them.
var (
	Devices = list.Spec{
		Sorts: map[string]string{"make": "lower(d.make)"}, Default: "make", TieBreak: "lower(d.model), d.id",
		Filters: []string{"q", "type", "sub_type"},
	}
	FTMChips = list.Spec{
		Sorts: map[string]string{"make": "lower(f.make)"}, Default: "make", TieBreak: "lower(f.model), f.id",
		Filters: []string{"q"},
	}
)

// Read is an answer and the moment at which it was so.
type Read[T any] struct {
	Data T
	AsOf time.Time
}

// Step is a part of a list for programs.
type Step[T any] struct {
	Items []T
	Next  uuid.UUID // zero: it was the last
}

// Service reads the lists. It keeps an answer for Kept in this process, so that a
// crowd costs as much as one reader.
type Service struct {
	db   *pg.DB
	zone *time.Location // in which days begin and end
	gate chan struct{}

	kinds       *keeper[[]Kind]
	devices     *keeper[list.Page[Device]]
	chips       *keeper[list.Page[FTMChip]]
	deviceSteps *keeper[Step[Device]]
	chipSteps   *keeper[Step[FTMChip]]
	deviceFiles *keeper[Step[Device]]
	chipFiles   *keeper[Step[FTMChip]]
}

// NewService makes the service over db. What it keeps at most is some 50 MB.
func NewService(db *pg.DB, zone *time.Location) *Service {
	s := &Service{db: db, zone: zone, gate: make(chan struct{}, atOnce)}
	s.kinds = newKeeper[[]Kind](s, 1)
	s.devices, s.chips = newKeeper[list.Page[Device]](s, 200), newKeeper[list.Page[FTMChip]](s, 200)
	s.deviceSteps, s.chipSteps = newKeeper[Step[Device]](s, 40), newKeeper[Step[FTMChip]](s, 40)
	s.deviceFiles, s.chipFiles = newKeeper[Step[Device]](s, 3), newKeeper[Step[FTMChip]](s, 3)
	return s
}

// Devices is a page of the devices that count, for anybody. Pages end at FileLimit.
func (s *Service) Devices(ctx context.Context, q list.Query) (Read[list.Page[Device]], error) {
	q = bounded(q)
	return s.devices.get(ctx, q.URL(), func(ctx context.Context) (list.Page[Device], error) {
		return pg.List[Device](ctx, s.db.Read(), q, deviceColumns, deviceFrom, s.deviceWhere(q))
	})
}

// FTMChips is a page of the chips that count, for anybody; see Devices.
func (s *Service) FTMChips(ctx context.Context, q list.Query) (Read[list.Page[FTMChip]], error) {
	q = bounded(q)
	return s.chips.get(ctx, q.URL(), func(ctx context.Context) (list.Page[FTMChip], error) {
		return pg.List[FTMChip](ctx, s.db.Read(), q, chipColumns, chipFrom, s.chipWhere(q))
	})
}

// bounded keeps a page within what may be asked for.
func bounded(q list.Query) list.Query {
	if last := FileLimit / q.Size; q.Page > last {
		return q.AtPage(last)
	}
	return q
}

// Kinds are the types with their sub-types, in their order.
func (s *Service) Kinds(ctx context.Context) (Read[[]Kind], error) {
	return s.kinds.get(ctx, "", func(ctx context.Context) ([]Kind, error) {
		return pg.All[Kind](ctx, s.db.Read(), `
			select type_code, code, en, fr, ar from (
				select t.code as type_code, '' as code, t.label_en as en, t.label_fr as fr, t.label_ar as ar, t.position as type_position, 0 as position, t.id
				from device_types t
				union all
				select t.code, st.code, st.label_en, st.label_fr, st.label_ar, t.position, st.position, st.id
				from device_sub_types st join device_types t on t.id = st.type_id) k
			order by type_position, type_code, code <> '', position, id`, nil)
	})
}

// DeviceStep is a part of the list for programs, of StepLimit devices from the one
// after the given one on; zero is the beginning. After one that never was there,
// nothing follows.
func (s *Service) DeviceStep(ctx context.Context, q list.Query, after uuid.UUID) (Read[Step[Device]], error) {
	return s.deviceSteps.get(ctx, after.String()+q.URL(), s.deviceStep(q, after, StepLimit))
}

// DeviceFile is the list as one file, FileLimit devices of it.
func (s *Service) DeviceFile(ctx context.Context, q list.Query) (Read[Step[Device]], error) {
	return s.deviceFiles.get(ctx, q.Whole().URL(), s.deviceStep(q, uuid.Nil, FileLimit))
}

// FTMChipStep is a part of the list for programs; see DeviceStep.
func (s *Service) FTMChipStep(ctx context.Context, q list.Query, after uuid.UUID) (Read[Step[FTMChip]], error) {
	return s.chipSteps.get(ctx, after.String()+q.URL(), s.chipStep(q, after, StepLimit))
}

// FTMChipFile is the list as one file; see DeviceFile.
func (s *Service) FTMChipFile(ctx context.Context, q list.Query) (Read[Step[FTMChip]], error) {
	return s.chipFiles.get(ctx, q.Whole().URL(), s.chipStep(q, uuid.Nil, FileLimit))
}

func (s *Service) deviceStep(q list.Query, after uuid.UUID, limit int) func(context.Context) (Step[Device], error) {
	return func(ctx context.Context) (Step[Device], error) {
		w := s.deviceWhere(q)
		if after != uuid.Nil {
			w.And(`(lower(d.make), lower(d.model), d.id) >
				((select lower(make) from devices where id = @after), (select lower(model) from devices where id = @after), @after)`, "after", after)
		}
		return step(ctx, s.db, limit, deviceColumns, deviceFrom, "lower(d.make), lower(d.model), d.id", w, func(d Device) uuid.UUID { return d.ID.UUID })
	}
}

func (s *Service) chipStep(q list.Query, after uuid.UUID, limit int) func(context.Context) (Step[FTMChip], error) {
	return func(ctx context.Context) (Step[FTMChip], error) {
		w := s.chipWhere(q)
		if after != uuid.Nil {
			w.And(`(lower(f.make), lower(f.model), f.id) >
				((select lower(make) from ftm_chips where id = @after), (select lower(model) from ftm_chips where id = @after), @after)`, "after", after)
		}
		return step(ctx, s.db, limit, chipColumns, chipFrom, "lower(f.make), lower(f.model), f.id", w, func(c FTMChip) uuid.UUID { return c.ID.UUID })
	}
}

const (
	deviceColumns = `d.id, t.code as type, t.label_en as type_en, t.label_fr as type_fr, t.label_ar as type_ar,
		st.code as sub_type, st.label_en as sub_type_en, st.label_fr as sub_type_fr, st.label_ar as sub_type_ar,
		d.make, d.model, p.organisation, s.sbi_version, s.expires_on`
	deviceFrom = `from devices d join sbis s on s.id = d.sbi_id join partners p on p.id = d.partner_id
		join device_types t on t.id = d.type_id join device_sub_types st on st.id = d.sub_type_id`

	chipColumns = `f.id, f.make, f.model, p.organisation, c.not_after`
	chipFrom    = `from ftm_chips f join partners p on p.id = f.partner_id
		join ftm_chip_certificates c on c.chip_id = f.id and c.status = 'in_service'`
)

func (s *Service) deviceWhere(q list.Query) pg.Where {
	var w pg.Where
	w.And(standing.DeviceCounts, "today", pg.Day(s.db.Now().In(s.zone)))
	if v := q.Filter("q"); v != "" {
		w.And("(d.make ilike @q or d.model ilike @q or d.partner_id in (select id from partners where organisation ilike @q))", "q", list.Contains(v))
	}
	if v := q.Filter("type"); v != "" {
		w.And("lower(t.code) = lower(@type::text)", "type", v)
	}
	if v := q.Filter("sub_type"); v != "" {
		w.And("lower(st.code) = lower(@sub_type::text)", "sub_type", v)
	}
	return w
}

func (s *Service) chipWhere(q list.Query) pg.Where {
	var w pg.Where
	w.And(standing.FTMChipCounts, "now", s.db.Now())
	if v := q.Filter("q"); v != "" {
		w.And("(f.make ilike @q or f.model ilike @q or f.partner_id in (select id from partners where organisation ilike @q))", "q", list.Contains(v))
	}
	return w
}

func step[T any](ctx context.Context, db *pg.DB, limit int, columns, from, order string, w pg.Where, of func(T) uuid.UUID) (Step[T], error) {
	w.Let("limit", limit+1)
	items, err := pg.All[T](ctx, db.Read(), "select "+columns+" "+from+w.SQL()+" order by "+order+" limit @limit", w.Args())
	if err != nil || len(items) <= limit {
		return Step[T]{Items: items}, err
	}
	items = items[:limit]
	return Step[T]{Items: items, Next: of(items[len(items)-1])}, nil
}
