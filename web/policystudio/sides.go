package policystudio

import (
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// The sides of the studio, as the buttons name them.
const (
	sideForm = "form"
	sideText = "text"
)

// sides is one document as text and as form. Only one of them can have been
// changed since the page was made: that one counts, and the other is drawn anew.
type sides struct {
	Form  policydoc.Form
	Shown bool   // there is a form; otherwise the text cannot be read, or has too many rows
	Both  bool   // both were changed, and nobody has said which counts
	Added string // ID of the row that was just added
	Stuck bool   // a row could not be added or removed
}

// settle finds out which side of d counts and brings the document up to date. An
// error is problem.ErrBadRequest, for a form that no page of ours makes; what
// makes the text too long is noted in the fields.
func (d *draft) settle(k policy.Kind, v *policydoc.Vocabulary, p press, fields *problem.Fields) (sides, error) {
	var s sides
	if !d.HasForm {
		s.draw(k, v, d)
		return s, nil
	}
	typed, err := policydoc.ReadForm(k, []byte(d.Base), d.answers, v)
	if err != nil {
		return s, problem.ErrBadRequest
	}
	fillSources(typed, k, d.Base, v)
	if p.Row != nil {
		typed = s.change(typed, *p.Row)
	}
	written, err := typed.Apply([]byte(d.Base))
	if err != nil { // longer than a document may be
		fields.Add("document", "policy_studio.form.too_long", "Max", policydoc.MaxBytes>>10)
		s.Form, s.Shown = typed, true
		return s, nil
	}
	changed := string(written) != d.Base
	switch {
	case changed && d.Document != d.Base && p.Keep != sideForm && p.Keep != sideText:
		s.Form, s.Shown, s.Both = typed, true, true
		return s, nil
	case changed && p.Keep != sideText:
		d.Document = string(written)
	}
	s.draw(k, v, d)
	if p.Row != nil && !p.Row.Remove && !s.Stuck {
		s.Added = lastBelow(p.Row.Path, typed, s.Form)
	}
	return s, nil
}

// fillSources lets an attribute whose name is being typed come from the recorded
// attribute of that name, as long as nobody answered there: its source is empty,
// or is what the name was before more of it was typed. A source that the
// vocabulary knows stays: it may well be handed over under another name.
func fillSources(f policydoc.Form, k policy.Kind, base string, v *policydoc.Vocabulary) {
	before, _ := policydoc.FormOf(k, []byte(base), v)
	for _, row := range f.Share.Attributes {
		if len(row.Sources) != 1 || len(row.Sources[0].Filters) > 0 {
			continue
		}
		var name, source string
		for _, old := range before.Share.Attributes {
			if old.Origin == row.Origin && len(old.Sources) == 1 {
				name, source = old.Name.Value, old.Sources[0].Attribute.Value
			}
		}
		now := &row.Sources[0].Attribute
		_, known := v.Term(policydoc.Attributes, source)
		follows := source == "" || source == name && !known
		if follows && now.Value == source && now.Odd == "" && row.Name.Value != name && row.Name.Value != "" {
			*now = policydoc.Answer{Value: row.Name.Value}
		}
	}
}

// lastBelow is the ID of the last row below path. The path is of the form before
// its new rows had a place in the document, the ID of the form after.
func lastBelow(path string, before, after policydoc.Form) string {
	rows := after.Share.Attributes
	if path == "" && len(rows) > 0 {
		return rows[len(rows)-1].ID
	}
	for i, a := range before.Share.Attributes {
		if i >= len(rows) {
			break
		}
		if sources := rows[i].Sources; path == a.ID && len(sources) > 0 {
			return sources[len(sources)-1].ID
		}
		for j, source := range a.Sources {
			if path != source.ID || j >= len(rows[i].Sources) {
				continue
			}
			if filters := rows[i].Sources[j].Filters; len(filters) > 0 {
				return filters[len(filters)-1].ID
			}
		}
	}
	return ""
}

// change adds or removes a row of the form as it was typed.
func (s *sides) change(f policydoc.Form, row rowPress) policydoc.Form {
	next, ok := f.RemoveRow(row.Path)
	if !row.Remove {
		next, ok = f.AddRow(row.Path)
	}
	s.Stuck = !ok
	return next
}

// draw makes the form of the text.
func (s *sides) draw(k policy.Kind, v *policydoc.Vocabulary, d *draft) {
	s.Form, s.Shown = policydoc.FormOf(k, []byte(d.Document), v)
	d.Base = d.Document
}

// readable tells whether there is a form to show.
func (s sides) readable() bool { return s.Shown && !s.Form.TooLarge }
