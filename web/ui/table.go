package ui

import (
	"context"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/web/i18n"
)

// TableOf is a list page: one page of rows and how to draw them. Path is the list's address without query.
type TableOf[T any] struct {
	Page                 list.Page[T]
	Caption              string // says what the rows are, for screen readers
	Columns              []Column[T]
	Empty, EmptyFiltered templ.Component // nothing yet; nothing matches (nil: a general sentence)
	Path                 string
	CSV                  bool // the list's file is at Path + ".csv"
}

// Column draws one value of a row. The first column names the row and is its link.
type Column[T any] struct {
	Sort    string // name in the address, "" if not sortable
	Label   string
	Cell    func(T) templ.Component // nil: not on the screen
	File    func(T) string          // the value in the list's CSV file; nil: not in it
	Numeric bool
	Class   string // "end": at the end side, as narrow as its content
}

// drawn are the columns that stand on the screen.
func (t TableOf[T]) drawn() []Column[T] {
	return slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool { return c.Cell == nil })
}

// FilterField is one filter of a list: a drop-down if it has options, else a text.
type FilterField struct {
	Name, Label string
	Options     []Option
	Type        string // of the text input: "text" if empty, "date"…
}

// searchable adds the field of a search that led here to a list that has none of its own, so that it can be seen and removed.
func searchable(ctx context.Context, q list.Query, fields []FilterField) []FilterField {
	if q.Filter("q") == "" || slices.ContainsFunc(fields, func(f FilterField) bool { return f.Name == "q" }) {
		return fields
	}
	return append([]FilterField{{Name: "q", Label: i18n.T(ctx, "ui.search")}}, fields...)
}

// sorted gives the value of aria-sort, "" for the columns the list is not sorted by.
func sorted(q list.Query, column string) string {
	switch {
	case column == "" || q.Sort != column:
		return ""
	case q.Desc:
		return "descending"
	default:
		return "ascending"
	}
}

func sortIcon(q list.Query, column string) string {
	switch sorted(q, column) {
	case "ascending":
		return "sort-asc"
	case "descending":
		return "sort-desc"
	default:
		return "sort"
	}
}

func cellClass[T any](c Column[T]) string {
	if c.Numeric && c.Class == "" {
		return "num"
	}
	return c.Class
}

// href keeps a link to the defaults from being empty, which would mean "this page again".
func href(path string, q list.Query) string { return path + q.URL() }

// window lists the page numbers to show; 0 stands for a gap.
func window(current, last int) []int {
	var pages []int
	for n := 1; n <= last; n++ {
		near := n >= current-1 && n <= current+1
		if n == 1 || n == last || near || last <= 7 {
			pages = append(pages, n)
		} else if pages[len(pages)-1] != 0 {
			pages = append(pages, 0)
		}
	}
	return pages
}

// span says which rows of how many are shown.
func span[T any](ctx context.Context, p list.Page[T]) string {
	first := p.Query.Offset() + 1
	key := "ui.rows"
	if p.Bounded {
		key = "ui.rows_bounded"
	}
	return i18n.T(ctx, key, "First", first, "Last", first+len(p.Items)-1, "Count", p.Total)
}

// chosen is one filter that is set.
type chosen struct{ Name, Label, Value, Href string }

func chosenFilters(path string, q list.Query, fields []FilterField) []chosen {
	var set []chosen
	for _, f := range fields {
		value := q.Filter(f.Name)
		if value == "" {
			continue
		}
		if i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == value }); i >= 0 {
			value = f.Options[i].Text
		}
		set = append(set, chosen{Name: f.Name, Label: f.Label, Value: value, Href: href(path, q.Without(f.Name))})
	}
	return set
}

// unfiltered is the same list with its sorting and size but no filter.
func unfiltered(q list.Query, fields []FilterField) list.Query {
	for _, f := range fields {
		q = q.Without(f.Name)
	}
	return q.AtPage(1)
}

// kept are the parts of the address that the filter form must carry along.
func kept(q list.Query, fields []FilterField) []Hidden2 {
	values, err := url.ParseQuery(trimQuery(unfiltered(q, fields).URL()))
	if err != nil {
		return nil
	}
	var hidden []Hidden2
	for _, name := range []string{"sort", "size"} {
		if v := values.Get(name); v != "" {
			hidden = append(hidden, Hidden2{Name: name, Value: v})
		}
	}
	return hidden
}

func trimQuery(s string) string {
	if s != "" && s[0] == '?' {
		return s[1:]
	}
	return s
}

// filterOptions puts "any" before the choices of a filter and marks the one that is set.
func filterOptions(ctx context.Context, q list.Query, f FilterField) []Option {
	options := []Option{{Text: i18n.T(ctx, "ui.any")}}
	for _, o := range f.Options {
		o.Selected = o.Value == q.Filter(f.Name)
		options = append(options, o)
	}
	return options
}

func filterInput(q list.Query, f FilterField) Field {
	return Field{Name: f.Name, Label: f.Label, Type: f.Type, Value: q.Filter(f.Name)}
}
