// Package devicetype keeps what kinds of devices there are in this deployment:
// types and their sub-types, by the codes that other systems know (domain.md
// §2.2). It knows devices only by their number; package device holds them to a
// type that is in use.
package devicetype

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
)

// Service changes and reads the types.
type Service struct{ db *pg.DB }

// NewService makes a service.
func NewService(db *pg.DB) *Service { return &Service{db: db} }

// Label is what people call a type or a sub-type, in the portal's languages.
type Label struct{ En, Fr, Ar string }

// In is the label in a language of the portal; English for any other.
func (l Label) In(lang string) string {
	switch lang {
	case "fr":
		return l.Fr
	case "ar":
		return l.Ar
	}
	return l.En
}

// SubType is one kind of devices within a type.
type SubType struct {
	ID           id.DeviceSubType
	Code         string // one of its type, in whatever capitals
	Label        Label
	RetiredSince *time.Time // nil: new devices may be of it
}

// Type is a type with its sub-types.
type Type struct {
	ID           id.DeviceType
	Code         string // one of all types, in whatever capitals
	Label        Label
	RetiredSince *time.Time // nil: new devices may be of it
	Version      int        // of the type with its sub-types; every change raises it
	UpdatedAt    time.Time
	SubTypes     []SubType // in their order
}

// Types are types in their order.
type Types []Type

// Load reads all types, retired ones too, in one statement.
func Load(ctx context.Context, q pg.Querier) (Types, error) {
	rows, err := pg.All[row](ctx, q, `
		select t.id, t.code, t.label_en, t.label_fr, t.label_ar, t.retired_since, t.version, t.updated_at,
			s.id as sub_id, s.code as sub_code, s.label_en as sub_en, s.label_fr as sub_fr, s.label_ar as sub_ar, s.retired_since as sub_retired
		from device_types t left join device_sub_types s on s.type_id = t.id
		order by t.position, t.id, s.position, s.id`, nil)
	if err != nil {
		return nil, fmt.Errorf("device types: %w", err)
	}
	var ts Types
	for _, r := range rows {
		if n := len(ts); n == 0 || ts[n-1].ID != r.ID {
			ts = append(ts, Type{
				ID: r.ID, Code: r.Code, Label: Label{r.LabelEn, r.LabelFr, r.LabelAr},
				RetiredSince: r.RetiredSince, Version: r.Version, UpdatedAt: r.UpdatedAt,
			})
		}
		if last := &ts[len(ts)-1]; r.SubID != nil {
			last.SubTypes = append(last.SubTypes, SubType{
				ID: *r.SubID, Code: *r.SubCode, Label: Label{*r.SubEn, *r.SubFr, *r.SubAr}, RetiredSince: r.SubRetired,
			})
		}
	}
	return ts, nil
}

// row is a sub-type beside its type, or a type that has none.
type row struct {
	ID                              id.DeviceType
	Code, LabelEn, LabelFr, LabelAr string
	RetiredSince                    *time.Time
	Version                         int
	UpdatedAt                       time.Time
	SubID                           *id.DeviceSubType
	SubCode, SubEn, SubFr, SubAr    *string
	SubRetired                      *time.Time
}

// All are all types, for forms and filters.
func (s *Service) All(ctx context.Context) (Types, error) { return Load(ctx, s.db.Read()) }

// Type is one type; problem.ErrNotFound if there is none.
func (s *Service) Type(ctx context.Context, tid id.DeviceType) (Type, error) {
	ts, err := s.All(ctx)
	if err != nil {
		return Type{}, err
	}
	return ts.One(tid)
}

// Find is the type and the sub-type with these codes, in whatever capitals,
// retired or not.
func (ts Types) Find(typeCode, subTypeCode string) (Type, SubType, bool) {
	for _, t := range ts {
		if !strings.EqualFold(t.Code, typeCode) {
			continue
		}
		for _, s := range t.SubTypes {
			if strings.EqualFold(s.Code, subTypeCode) {
				return t, s, true
			}
		}
	}
	return Type{}, SubType{}, false
}

// ByID is a type and its sub-type, retired or not.
func (ts Types) ByID(tid id.DeviceType, sid id.DeviceSubType) (Type, SubType, bool) {
	t, err := ts.One(tid)
	if err != nil {
		return Type{}, SubType{}, false
	}
	s, err := t.Sub(sid)
	return t, s, err == nil
}

// Usable are the types that new devices may be of, each with the sub-types that
// are in use: a type without one is none of them.
func (ts Types) Usable() Types {
	var usable Types
	for _, t := range ts {
		var subs []SubType
		for _, s := range t.SubTypes {
			if s.RetiredSince == nil {
				subs = append(subs, s)
			}
		}
		if t.RetiredSince == nil && len(subs) > 0 {
			t.SubTypes = subs
			usable = append(usable, t)
		}
	}
	return usable
}
