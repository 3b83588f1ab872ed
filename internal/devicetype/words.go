package devicetype

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/problem"
)

// Limits. Those of the texts are in characters and equal the constraints; those
// of the numbers keep every form that offers the types short.
const (
	MaxCode     = 36 // domain.md §3.7
	MaxLabel    = 64
	MaxTypes    = 50
	MaxSubTypes = 50 // of one type
)

// Words are what a person says of a type or a sub-type.
type Words struct {
	Code  string
	Label Label
	Place int // where it stands among the others, from 1; anything else: at the end
}

// Input is a new type.
type Input struct {
	ID id.DeviceType // proposed by the form, so that a form sent twice makes one type; zero: a new one
	Words
}

// SubInput is a new sub-type.
type SubInput struct {
	ID id.DeviceSubType // as Input's
	Words
}

// codePattern is what other systems can be relied on to take.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]*$`)

func (w Words) check() (Words, error) {
	var f problem.Fields
	required(&f, "code", w.Code)
	if w.Code = f.Line("code", w.Code, MaxCode, true); !codePattern.MatchString(w.Code) {
		f.Add("code", "device_type.problem.code_characters")
	}
	for _, l := range []struct {
		name string
		text *string
	}{{"label_en", &w.Label.En}, {"label_fr", &w.Label.Fr}, {"label_ar", &w.Label.Ar}} {
		required(&f, l.name, *l.text)
		*l.text = f.Line(l.name, *l.text, MaxLabel, true)
	}
	return w, f.Err()
}

// required says which field is empty: a summary of several times the same sentence
// helps nobody.
func required(f *problem.Fields, name, value string) {
	if strings.TrimSpace(value) == "" {
		f.Add(name, "device_type.problem."+name)
	}
}

// changes tells the audit log in what two of them differ.
func changes(detail []audit.Change, codeBefore, codeAfter string, before, after Label) []audit.Change {
	detail = audit.Diff(detail, "code", codeBefore, codeAfter)
	detail = audit.Diff(detail, "label_en", before.En, after.En)
	detail = audit.Diff(detail, "label_fr", before.Fr, after.Fr)
	return audit.Diff(detail, "label_ar", before.Ar, after.Ar)
}

// retirement is how the audit log writes since when something is retired.
func retirement(since *time.Time) string {
	if since == nil {
		return ""
	}
	return since.Format(time.DateOnly)
}

// about names the sub-type that a change of the type is about.
func about(s SubType) []audit.Change { return audit.Diff(nil, "sub_type", "", s.Code) }

func (t Type) event(action audit.Action, before int, detail ...audit.Change) audit.Event {
	return audit.Event{
		Action:  action,
		Subject: audit.Subject{Kind: audit.DeviceType, ID: t.ID.String(), Name: t.Code},
		Before:  before, After: t.Version, Detail: detail,
	}
}

// One is a type by its id, retired or not; problem.ErrNotFound if there is none.
func (ts Types) One(tid id.DeviceType) (Type, error) {
	if i := slices.IndexFunc(ts, func(t Type) bool { return t.ID == tid }); i >= 0 {
		return ts[i], nil
	}
	return Type{}, problem.ErrNotFound
}

// Sub is a sub-type by its id, as One.
func (t Type) Sub(sid id.DeviceSubType) (SubType, error) {
	if i := t.at(sid); i >= 0 {
		return t.SubTypes[i], nil
	}
	return SubType{}, problem.ErrNotFound
}

func (t Type) at(sid id.DeviceSubType) int {
	return slices.IndexFunc(t.SubTypes, func(s SubType) bool { return s.ID == sid })
}

// Place is where a type stands, from 1; 0 if it is none of them.
func (ts Types) Place(tid id.DeviceType) int {
	return 1 + slices.IndexFunc(ts, func(t Type) bool { return t.ID == tid })
}

// Place is where a sub-type stands in its type, from 1; 0 if it is none of it.
func (t Type) Place(sid id.DeviceSubType) int { return 1 + t.at(sid) }

// placed puts an element at a place from 1, wherever it stood before; 0 and
// places that there are not: at the end.
func placed[T any](all []T, is func(T) bool, e T, place int) []T {
	rest := slices.DeleteFunc(slices.Clone(all), is)
	if place < 1 || place > len(rest) {
		return append(rest, e)
	}
	return slices.Insert(rest, place-1, e)
}

// order is how the audit log writes it.
func order[T any](all []T, code func(T) string) string {
	codes := make([]string, len(all))
	for i, e := range all {
		codes[i] = code(e)
	}
	return strings.Join(codes, ", ")
}

func (ts Types) order() string { return order(ts, func(t Type) string { return t.Code }) }
func (t Type) order() string   { return order(t.SubTypes, func(s SubType) string { return s.Code }) }
