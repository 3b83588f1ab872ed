package policydoc

import (
	"slices"
	"strconv"
	"strings"
)

// AddRow adds an empty row at the end of a list: "" adds a shared attribute with
// one source, the ID of an attribute's row adds a source to it, that of a
// source's row a filter. It is false if there is no such row or no room for
// another one. The form itself stays as it is.
func (f Form) AddRow(path string) (Form, bool) {
	if f.Kind != KindDataShare || f.TooLarge || f.Share.rows()+2 > MaxFormRows {
		return f, false
	}
	f.Share.Attributes = slices.Clone(f.Share.Attributes)
	if path == "" {
		row := AttributeRow{ID: newLabel("", f.Share.Attributes, AttributeRow.id), Origin: -1}
		row.missing()
		row.Encrypted.set("true") // who wants it otherwise says so
		row.addSource()
		f.Share.Attributes = append(f.Share.Attributes, row)
		return f, true
	}
	i := slices.IndexFunc(f.Share.Attributes, func(r AttributeRow) bool { return within(path, r.ID) })
	if i < 0 {
		return f, false
	}
	row := &f.Share.Attributes[i]
	row.Sources = slices.Clone(row.Sources)
	if path == row.ID {
		row.addSource()
		return f, true
	}
	j := slices.IndexFunc(row.Sources, func(r SourceRow) bool { return path == r.ID })
	if j < 0 {
		return f, false
	}
	row.Sources[j].addFilter()
	return f, true
}

// RemoveRow takes the row of that ID away, with all rows below it. It is false
// if there is no such row. The form itself stays as it is.
func (f Form) RemoveRow(path string) (Form, bool) {
	if f.Kind != KindDataShare || path == "" {
		return f, false
	}
	rows, gone := withoutRow(f.Share.Attributes, path, AttributeRow.id)
	if gone {
		f.Share.Attributes = rows
		return f, true
	}
	for i := range rows {
		if !within(path, rows[i].ID) {
			continue
		}
		if rows[i].Sources, gone = withoutSource(rows[i].Sources, path); gone {
			f.Share.Attributes = rows
			return f, true
		}
	}
	return f, false
}

func withoutSource(sources []SourceRow, path string) ([]SourceRow, bool) {
	rows, gone := withoutRow(sources, path, SourceRow.id)
	for i := 0; i < len(rows) && !gone; i++ {
		rows[i].Filters, gone = withoutRow(rows[i].Filters, path, FilterRow.id)
	}
	return rows, gone
}

func (r AttributeRow) id() string { return r.ID }
func (r SourceRow) id() string    { return r.ID }
func (r FilterRow) id() string    { return r.ID }

func (r *AttributeRow) addSource() {
	row := SourceRow{ID: newLabel(r.ID+":"+keySource+":", r.Sources, SourceRow.id), Origin: -1}
	row.missing()
	r.Sources = append(r.Sources[:len(r.Sources):len(r.Sources)], row)
}

func (r *SourceRow) addFilter() {
	row := FilterRow{ID: newLabel(r.ID+":"+keyFilter+":", r.Filters, FilterRow.id), Origin: -1}
	row.missing()
	r.Filters = append(r.Filters[:len(r.Filters):len(r.Filters)], row)
}

// withoutRow copies rows, but for the one of that ID.
func withoutRow[R any](rows []R, id string, idOf func(R) string) ([]R, bool) {
	rows = slices.Clone(rows)
	i := slices.IndexFunc(rows, func(r R) bool { return idOf(r) == id })
	if i < 0 {
		return rows, false
	}
	return slices.Delete(rows, i, i+1), true
}

// within reports whether a row is the row of id or below it.
func within(path, id string) bool { return path == id || strings.HasPrefix(path, id+":") }

// newLabel is an ID that none of the rows has: the first free number.
func newLabel[R any](prefix string, rows []R, idOf func(R) string) string {
	taken := make(map[string]bool, len(rows))
	for _, r := range rows {
		taken[idOf(r)] = true
	}
	for i := 0; ; i++ {
		if id := prefix + "n" + strconv.Itoa(i); !taken[id] {
			return id
		}
	}
}

// rows counts the rows of all levels.
func (f ShareForm) rows() int {
	n := len(f.Attributes)
	for _, a := range f.Attributes {
		n += len(a.Sources)
		for _, s := range a.Sources {
			n += len(s.Filters)
		}
	}
	return n
}
