package devicetype

import (
	"context"
	"time"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

// Entry is one line of the list: a sub-type with its type, or a type that has no
// sub-types yet.
type Entry struct {
	TypeID                                      id.DeviceType
	Code, LabelEn, LabelFr, LabelAr             string
	RetiredSince                                *time.Time
	Version                                     int // of the type
	SubTypeID                                   *id.DeviceSubType
	SubCode, SubLabelEn, SubLabelFr, SubLabelAr string
	SubRetiredSince                             *time.Time
	Devices                                     int // live ones
}

// Label is what people call the type.
func (e Entry) Label() Label { return Label{e.LabelEn, e.LabelFr, e.LabelAr} }

// SubLabel is what people call the sub-type.
func (e Entry) SubLabel() Label { return Label{e.SubLabelEn, e.SubLabelFr, e.SubLabelAr} }

// Usable reports whether new devices may be of it.
func (e Entry) Usable() bool {
	return e.SubTypeID != nil && e.RetiredSince == nil && e.SubRetiredSince == nil
}

// Values of the filter "status".
const (
	StatusUsable  = "usable"
	StatusRetired = "retired"
)

// live are the devices that stand for a model: those that wait and those that were
// approved and not ended.
const live = `status in ('pending_approval', 'changes_requested', 'approved')`

const (
	columns = `t.id as type_id, t.code, t.label_en, t.label_fr, t.label_ar, t.retired_since, t.version, s.id as sub_type_id,
		coalesce(s.code, '') as sub_code, coalesce(s.label_en, '') as sub_label_en, coalesce(s.label_fr, '') as sub_label_fr,
		coalesce(s.label_ar, '') as sub_label_ar, s.retired_since as sub_retired_since, coalesce(d.devices, 0) as devices`
	from = `from device_types t left join device_sub_types s on s.type_id = t.id
		left join (select sub_type_id, count(*)::integer as devices from devices where ` + live + ` group by sub_type_id) d on d.sub_type_id = s.id`
)

// ListIn is how the types can be sorted and filtered for a reader of a language:
// labels sort as that reader sees them. A language that the portal does not speak
// is taken for English.
func ListIn(lang string) *list.Spec {
	if spec := lists[lang]; spec != nil {
		return spec
	}
	return lists["en"]
}

var lists = map[string]*list.Spec{"en": listBy("label_en"), "fr": listBy("label_fr"), "ar": listBy("label_ar")}

func listBy(label string) *list.Spec {
	return &list.Spec{
		Sorts: map[string]string{
			"place": "(t.position, coalesce(s.position, 0))", "type": "lower(t." + label + ")", "sub_type": "lower(coalesce(s." + label + ", ''))",
			"devices": "coalesce(d.devices, 0)",
		},
		Default:  "place",
		Filters:  []string{"type", "status", "q"},
		TieBreak: "t.id, s.id",
	}
}

// Page is one page of the list, by a query of ListIn.
func (s *Service) Page(ctx context.Context, q list.Query) (list.Page[Entry], error) {
	p, err := s.Listing(q).Page(ctx)
	return p, wrap("device types", err)
}

// Listing is the list behind Page, to be exported as a whole.
func (s *Service) Listing(q list.Query) pg.Listing[Entry] {
	var w pg.Where
	if v := q.Filter("type"); v != "" {
		w.And("lower(t.code) = lower(@type)", "type", v)
	}
	switch q.Filter("status") {
	case StatusUsable:
		w.And("t.retired_since is null and s.id is not null and s.retired_since is null", "", nil)
	case StatusRetired:
		w.And("(t.retired_since is not null or s.retired_since is not null)", "", nil)
	}
	if v := q.Filter("q"); v != "" {
		w.And(`(t.code ilike @q or t.label_en ilike @q or t.label_fr ilike @q or t.label_ar ilike @q
			or s.code ilike @q or s.label_en ilike @q or s.label_fr ilike @q or s.label_ar ilike @q)`, "q", list.Contains(v))
	}
	return pg.Listing[Entry]{DB: s.db, Query: q, Columns: columns, From: from, Where: w}
}

// Use is how far a sub-type is used.
type Use struct {
	Live int  // devices that wait or are approved
	Ever bool // whether a device was ever registered with it: its code stays
}

// UseOf tells of each sub-type of a type how far it is used; none that no device
// was registered with.
func (s *Service) UseOf(ctx context.Context, tid id.DeviceType) (map[id.DeviceSubType]Use, error) {
	rows, err := pg.All[struct {
		SubTypeID id.DeviceSubType
		Live      int
	}](ctx, s.db.Read(), `select sub_type_id, (count(*) filter (where `+live+`))::integer as live from devices where type_id = @id group by sub_type_id`,
		pg.Args{"id": tid})
	if err != nil {
		return nil, wrap("use of a device type", err)
	}
	use := make(map[id.DeviceSubType]Use, len(rows))
	for _, r := range rows {
		use[r.SubTypeID] = Use{Live: r.Live, Ever: true}
	}
	return use, nil
}
