package policydoc

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Names of the inputs of a form's page. WayField, ShareField and RowField name
// the others.
const (
	FieldTokenType    = keyTokenType
	FieldAttribute    = "attribute"     // once for each attribute that is chosen
	FieldLanguage     = "language"      // once for each language that is chosen
	FieldAddAttribute = "add_attribute" // a name that is not among the picks
	FieldAddLanguage  = "add_language"
	// FieldRow is posted once for each row of every level, with its ID, a row
	// before the rows below it: what is not posted is removed. A new row's ID
	// ends in "n" and a number that its siblings do not have.
	FieldRow = "row"
)

// Keys of ShareField and RowField are those of the document.
const (
	ShareTypeOfShare  = keyShareType
	ShareMinutes      = keyMinutes
	ShareTransactions = keyTimes
	ShareEncryption   = keyEncryption
	ShareDomain       = keyDomain
	ShareSource       = keySource
	ShareProtocol     = keyProtocol

	RowName      = keyName // of an AttributeRow
	RowGroup     = keyGroup
	RowFormat    = keyFormat
	RowEncrypted = keyEncrypted // "true", "false", or "" where the document does not say
	RowAttribute = keyRecorded  // of a SourceRow
	RowType      = keyType      // of a FilterRow
	RowSubTypes  = keySubTypes
	RowLanguage  = keyLanguage
)

// WayField names the input with the state of a way of authenticating, such as
// "way:bio:IRIS".
func WayField(typ, subType string) string {
	name := "way:" + url.QueryEscape(typ)
	if subType != "" {
		name += ":" + url.QueryEscape(subType)
	}
	return name
}

// Field is the name of the way's input.
func (a WayAnswer) Field() string { return WayField(a.Type, a.SubType) }

// ShareField names the input of a sharing rule: "share:validForInMinutes".
func ShareField(key string) string { return "share:" + key }

// RowField names an input of a row: "row:0:source:n0:attribute".
func RowField(rowID, key string) string { return FieldRow + ":" + rowID + ":" + key }

// maxPosted bounds one answer; names may be escaped, so it is more than a text
// may have.
const maxPosted = 2 * MaxTextBytes

// ReadForm reads what a browser posted for the form of base. get gives the
// values of an input, in the order of the page; none for an input that was not
// posted. What was not posted stays as it is, but for picks and rows: those are
// off, or gone.
//
// Values are taken as a text input or a list gives them; an input of type number
// would empty what is no number before anybody sees it.
//
// The error is ErrForm, for a base that has no form and for what no page of ours
// posts.
func ReadForm(kind Kind, base []byte, get func(name string) []string, v *Vocabulary) (Form, error) {
	f, ok := FormOf(kind, base, v)
	if !ok || f.TooLarge {
		return Form{}, ErrForm
	}
	r := &formReader{get: get}
	switch kind {
	case KindAuth:
		r.auth(&f.Auth, v)
	case KindDataShare:
		r.share(&f.Share)
	}
	if r.wrong {
		return Form{}, ErrForm
	}
	return f, nil
}

type formReader struct {
	get   func(string) []string
	wrong bool
}

// one is the value of an input that is there at most once.
func (r *formReader) one(name string) (string, bool) {
	values := r.get(name)
	if len(values) > 1 {
		r.wrong = true
	}
	if len(values) != 1 {
		return "", false
	}
	return values[0], r.fits(values[0])
}

func (r *formReader) fits(value string) bool {
	ok := len(value) <= maxPosted && utf8.ValidString(value)
	r.wrong = r.wrong || !ok
	return ok
}

func (r *formReader) answers(questions []question, field func(key string) string) {
	for _, q := range questions {
		value, posted := r.one(field(q.key))
		if !posted {
			continue
		}
		if q.control == flagControl && value != "" && value != "true" && value != "false" {
			r.wrong = true
		}
		if value != q.answer.Value { // a changed one: nobody means the spaces around it
			value = strings.TrimSpace(value)
		}
		q.answer.set(value)
	}
}

// set answers anew. An odd value stays while nothing is answered.
func (a *Answer) set(value string) {
	a.Value = value
	if value != "" {
		a.Odd, a.Missing = "", false
	}
}

func (r *formReader) auth(f *AuthForm, v *Vocabulary) {
	r.answers(f.questions(), func(string) string { return FieldTokenType })
	offered := make(map[wayName]bool, len(f.Ways))
	for i, w := range f.Ways {
		offered[wayName{w.Type, w.SubType}] = true
		r.way(&f.Ways[i])
	}
	// A way that became deprecated after the page was made.
	for _, w := range everyWay(v) {
		late := WayAnswer{Type: w.typ, SubType: w.sub, State: WayNo}
		if offered[w] {
			continue
		}
		if r.way(&late); late.State != WayNo {
			f.Ways = append(f.Ways, late)
		}
	}
	f.Attributes = r.picks(f.Attributes, FieldAttribute, FieldAddAttribute)
	f.Languages = r.picks(f.Languages, FieldLanguage, FieldAddLanguage)
}

func (r *formReader) way(a *WayAnswer) {
	state, posted := r.one(a.Field())
	switch {
	case !posted:
	case state == WayNo, state == WayOptional, state == WayRequired:
		a.State = state
	case state != a.State: // odd stays odd, nothing becomes it
		r.wrong = true
	}
}

// everyWay is every way that the vocabulary has, deprecated ones too.
func everyWay(v *Vocabulary) []wayName {
	return waysIn(v.every(AuthTypes), v.every(SubTypes))
}

func (v *Vocabulary) every(f Family) []string {
	if v == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(v.terms[f]))
}

func (r *formReader) picks(picks []Pick, field, add string) []Pick {
	values := r.get(field)
	if len(values) > len(picks)+MaxFormRows {
		r.wrong = true
		return picks
	}
	if name, posted := r.one(add); posted {
		if name = strings.TrimSpace(name); name != "" {
			values = append(values[:len(values):len(values)], name)
		}
	}
	index := make(map[string]int, len(picks))
	for i := range picks {
		picks[i].On = false
		index[picks[i].Name] = i
	}
	for _, name := range values {
		if name == "" || !r.fits(name) {
			r.wrong = true
			continue
		}
		at, known := index[name]
		if !known {
			at = len(picks)
			index[name] = at
			picks = append(picks, Pick{Name: name})
		}
		picks[at].On = true
	}
	return picks
}

func (r *formReader) share(f *ShareForm) {
	r.answers(f.questions(), ShareField)
	posted := r.rows()
	base := f.Attributes
	f.Attributes = nil
	for _, label := range posted[""] {
		row := AttributeRow{ID: label, Origin: -1}
		if origin, old := r.origin(label); old {
			if row, old = find(base, func(b AttributeRow) bool { return b.Origin == origin }); !old {
				r.wrong = true
				return
			}
		} else {
			row.missing()
		}
		r.answers(row.questions(), func(key string) string { return RowField(row.ID, key) })
		row.Sources = r.sources(row.ID, row.Sources, posted)
		f.Attributes = append(f.Attributes, row)
	}
}

func (r *formReader) sources(in string, base []SourceRow, posted map[string][]string) []SourceRow {
	var rows []SourceRow
	list := in + ":" + keySource
	for _, label := range posted[list] {
		row := SourceRow{ID: list + ":" + label, Origin: -1}
		if origin, old := r.origin(label); old {
			if row, old = find(base, func(b SourceRow) bool { return b.Origin == origin }); !old {
				r.wrong = true
				return nil
			}
		} else {
			row.missing()
		}
		r.answers(row.questions(), func(key string) string { return RowField(row.ID, key) })
		row.Filters = r.filters(row.ID, row.Filters, posted)
		rows = append(rows, row)
	}
	return rows
}

func (r *formReader) filters(in string, base []FilterRow, posted map[string][]string) []FilterRow {
	var rows []FilterRow
	list := in + ":" + keyFilter
	for _, label := range posted[list] {
		row := FilterRow{ID: list + ":" + label, Origin: -1}
		if origin, old := r.origin(label); old {
			if row, old = find(base, func(b FilterRow) bool { return b.Origin == origin }); !old {
				r.wrong = true
				return nil
			}
		} else {
			row.missing()
		}
		r.answers(row.questions(), func(key string) string { return RowField(row.ID, key) })
		rows = append(rows, row)
	}
	return rows
}

// A new row has none of its keys yet.
func (r *AttributeRow) missing() { allMissing(r.questions()) }
func (r *SourceRow) missing()    { allMissing(r.questions()) }
func (r *FilterRow) missing()    { allMissing(r.questions()) }

func allMissing(questions []question) {
	for _, q := range questions {
		q.answer.Missing = true
	}
}

func find[R any](rows []R, is func(R) bool) (R, bool) {
	for _, row := range rows {
		if is(row) {
			return row, true
		}
	}
	var none R
	return none, false
}

// rows are the labels of the posted rows by the list that they stand in: "" for
// attributes, "0:source", "0:source:0:filter".
func (r *formReader) rows() map[string][]string {
	ids := r.get(FieldRow)
	lists := make(map[string][]string)
	if len(ids) > MaxFormRows {
		r.wrong = true
		return lists
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		list, label, parent, ok := splitRow(id)
		if !ok || seen[id] || parent != "" && !seen[parent] {
			r.wrong = true
			return lists
		}
		seen[id] = true
		lists[list] = append(lists[list], label)
	}
	return lists
}

// splitRow takes a row's ID apart: the list it stands in, its label there, and
// the ID of the row that has the list.
func splitRow(id string) (list, label, parent string, ok bool) {
	parts := strings.Split(id, ":")
	if len(parts) > 5 {
		return "", "", "", false
	}
	for i, part := range parts {
		switch {
		case i == 1 && part != keySource, i == 3 && part != keyFilter, i%2 == 0 && !validLabel(part):
			return "", "", "", false
		}
	}
	last := len(parts) - 1
	if last%2 != 0 {
		return "", "", "", false
	}
	return strings.Join(parts[:last], ":"), parts[last], strings.Join(parts[:max(last-1, 0)], ":"), true
}

// validLabel holds one label against its only spelling: an index, or "n" and a
// number.
func validLabel(label string) bool {
	number := strings.TrimPrefix(label, "n")
	i, err := strconv.Atoi(number)
	return err == nil && i >= 0 && i < 1e6 && strconv.Itoa(i) == number
}

// origin is the index of a row that the document has.
func (r *formReader) origin(label string) (int, bool) {
	i, err := strconv.Atoi(label)
	return i, err == nil
}
