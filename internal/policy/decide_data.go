package policy

import (
	"slices"
	"strings"

	"portal/internal/policydoc"
)

// Person is the record of somebody, as far as it is known: values by attribute.
// An attribute without values is one that the person does not have.
type Person struct {
	ID     string // of a made-up person; names the messages about them
	Values map[string][]Value
}

// Value is one recorded value: a text, a picture, or a piece of biometrics. A
// record may have a text in several languages.
type Value struct {
	Language string `json:"language,omitempty"` // "" if it is the same in all
	Text     string `json:"text,omitempty"`
	Photo    Photo  `json:"photo,omitzero"`
	Part     Part   `json:"part,omitzero"`
	Template bool   `json:"template,omitempty"` // the biometric template instead of the image
	Example  bool   `json:"example,omitempty"`  // stands for a value of an attribute that the portal does not know
}

// Photo describes a picture in place of it.
type Photo struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Part is a piece of biometrics, in the words of a filter (domain.md §8.2).
type Part struct {
	Type    string `json:"type"`
	SubType string `json:"sub_type,omitempty"`
}

// Absence says why an attribute that a policy grants comes without a value.
type Absence string

// The absences.
const (
	NotRecorded   Absence = "not_recorded"   // the person has none
	OtherLanguage Absence = "other_language" // recorded, but in no language that the policy grants
	FilteredOut   Absence = "filtered_out"   // recorded, but the filters leave nothing of it
)

// Absences lists all of them.
func Absences() []Absence { return []Absence{NotRecorded, OtherLanguage, FilteredOut} }

// Item is one attribute as the partner receives it.
type Item struct {
	Attribute string             `json:"attribute"` // as the partner calls it
	Line      int                `json:"line"`
	Group     string             `json:"group,omitempty"`
	Values    []Value            `json:"values,omitempty"`
	Absent    Absence            `json:"absent,omitempty"` // why there are no values; "" if there are
	Format    string             `json:"format,omitempty"`
	Formatted bool               `json:"formatted,omitempty"` // the format changed the values; false with a format: they are as recorded
	Encrypted bool               `json:"encrypted,omitempty"`
	Filters   []policydoc.Filter `json:"filters,omitempty"`
	From      []string           `json:"from,omitempty"` // the recorded attributes that the values come from
}

// release is what the person's record gives for the attributes asked for, in the
// order of the document. It is called for a question that is allowed.
func (d *decider) release() []Item {
	asked := make(map[string]bool, len(d.q.Attributes))
	for _, name := range d.q.Attributes {
		asked[name] = true
	}
	var out []Item
	seen := map[string]bool{}
	languages := d.languages()
	for _, a := range d.m.Auth.Attributes {
		if asked[a.Name] && !seen[a.Name] {
			seen[a.Name] = true
			out = append(out, kycItem(*d.q.Person, a, languages))
		}
	}
	for _, a := range d.m.Share.Attributes {
		if asked[a.Name] {
			out = append(out, sharedItem(*d.q.Person, a))
		}
	}
	return out
}

// languages are those of the answer: the ones asked for, which are granted, else
// the policy's; empty means all.
func (d *decider) languages() map[string]bool {
	set := map[string]bool{}
	for _, l := range d.q.Languages {
		set[l] = true
	}
	if len(set) == 0 {
		for _, l := range d.m.Auth.Languages {
			set[l.Name] = true
		}
	}
	return set
}

func kycItem(p Person, a policydoc.Said, languages map[string]bool) Item {
	item := Item{Attribute: a.Name, Line: a.Line}
	recorded := p.Values[a.Name]
	for _, v := range recorded {
		if v.Language == "" || len(languages) == 0 || languages[v.Language] {
			item.Values = append(item.Values, v)
		}
	}
	switch {
	case len(recorded) == 0:
		item.Absent = NotRecorded
	case len(item.Values) == 0:
		item.Absent = OtherLanguage
	default:
		item.From = []string{a.Name}
	}
	return item
}

// sharedItem takes what the filters leave of every source and puts it into the
// format.
func sharedItem(p Person, a policydoc.SharedAttribute) Item {
	item := Item{Attribute: a.Name, Line: a.Line, Group: a.Group, Format: a.Format, Encrypted: a.Encrypted}
	recorded := false
	var taken []Value
	for _, s := range a.Sources {
		item.Filters = append(item.Filters, s.Filters...)
		name := p.recordedAs(s.Attribute)
		recorded = recorded || len(p.Values[name]) > 0
		before := len(taken)
		for _, v := range p.Values[name] {
			if passes(v, s.Filters) {
				taken = append(taken, v)
			}
		}
		if len(taken) > before && !slices.Contains(item.From, name) {
			item.From = append(item.From, name)
		}
	}
	for _, v := range once(taken) {
		v, changed := format(a.Format, v)
		item.Formatted = item.Formatted || changed
		item.Values = append(item.Values, v)
	}
	item.Values = once(item.Values)
	switch {
	case !recorded:
		item.Absent = NotRecorded
	case len(item.Values) == 0:
		item.Absent = FilteredOut
	}
	return item
}

// recordedAs is the attribute of the record that a source means. A source may
// name the system that collected the attribute before its name:
// "enrolment/NEW/individualBiometrics".
func (p Person) recordedAs(source string) string {
	if len(p.Values[source]) > 0 {
		return source
	}
	return source[strings.LastIndexByte(source, '/')+1:]
}

// passes reports whether one of the filters lets a value through; without any,
// everything passes. A value that is the same in all languages passes a filter
// by language; one that has no type does not pass a filter by type.
func passes(v Value, filters []policydoc.Filter) bool {
	if len(filters) == 0 {
		return true
	}
	return slices.ContainsFunc(filters, func(f policydoc.Filter) bool {
		return (f.Language == "" || v.Language == "" || v.Language == f.Language) &&
			(f.Type == "" || v.Part.Type == f.Type) &&
			(len(f.SubTypes) == 0 || slices.Contains(f.SubTypes, v.Part.SubType))
	})
}

// format puts a value into a format. Two are known (domain.md §8.2): YYYY keeps
// the year of a date, extraction gives templates in place of biometric images.
// Any other leaves values as recorded; changed is then false.
func format(name string, v Value) (out Value, changed bool) {
	switch {
	case name == "YYYY" && isDate(v.Text):
		v.Text = v.Text[:4]
		return v, true
	case name == "extraction" && (v.Part != Part{} || v.Photo != Photo{}):
		v.Template = true
		return v, true
	}
	return v, false
}

// isDate tells a date of a record, "1991/05/23", from other texts.
func isDate(s string) bool {
	if len(s) != len("2006/01/02") {
		return false
	}
	for i, c := range []byte(s) {
		if separator := i == 4 || i == 7; separator != (c == '/' || c == '-') || !separator && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
