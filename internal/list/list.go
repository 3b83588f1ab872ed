// Package list turns the address of a list page (filters, sort, page, size)
// into a query and back. What it cannot understand it ignores: an old or
// mistyped address still shows a list. The text it gives to SQL comes from an
// allow-list only (security.md INJ-1). It knows no table.
package list

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sizes are the page sizes offered (design README, "Addresses").
var Sizes = []int{10, 25, 50, 100}

const (
	defaultSize = 25
	maxPage     = 1_000_000
	maxFilter   = 100 // characters; INJ-1
)

// Spec says what a list can be sorted and filtered by.
type Spec struct {
	Sorts    map[string]string // name in the address → SQL expression
	Default  string            // "name", or "-created" for descending
	Filters  []string          // names in the address
	TieBreak string            // SQL expression that makes the order total; "id" if empty
}

// Query is a Spec with the values of one address.
type Query struct {
	spec    *Spec
	Sort    string
	Desc    bool
	Page    int // from 1
	Size    int
	filters map[string]string
}

// Parse reads an address. Unknown names, sizes and sorts fall back to the
// defaults, pages to the nearest possible one.
func (s *Spec) Parse(v url.Values) Query {
	q := Query{spec: s, Page: 1, Size: defaultSize, filters: map[string]string{}}
	q.Sort, q.Desc = strings.TrimPrefix(s.Default, "-"), strings.HasPrefix(s.Default, "-")
	if name := strings.TrimPrefix(v.Get("sort"), "-"); s.Sorts[name] != "" {
		q.Sort, q.Desc = name, strings.HasPrefix(v.Get("sort"), "-")
	}
	if n, err := strconv.Atoi(v.Get("size")); err == nil && slices.Contains(Sizes, n) {
		q.Size = n
	}
	if n, err := strconv.Atoi(v.Get("page")); errors.Is(err, strconv.ErrRange) || n > maxPage {
		q.Page = maxPage
	} else if n > 1 {
		q.Page = n
	}
	for _, name := range s.Filters {
		if value := clean(v.Get(name)); value != "" {
			q.filters[name] = value
		}
	}
	return q
}

// clean makes a filter value safe to send to the database: valid, without NUL
// and other control characters, and not endless.
func clean(s string) string {
	if !utf8.ValidString(s) {
		return ""
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s))
	if utf8.RuneCountInString(s) > maxFilter {
		s = string([]rune(s)[:maxFilter])
	}
	return s
}

// Filter is the value of a filter, "" when it is not set.
func (q Query) Filter(name string) string { return q.filters[name] }

// Filtered reports whether any filter is set.
func (q Query) Filtered() bool { return len(q.filters) > 0 }

// OrderBy is the ORDER BY list, from the Spec's expressions alone.
func (q Query) OrderBy() string {
	tie := q.spec.TieBreak
	if tie == "" {
		tie = "id"
	}
	direction := ""
	if q.Desc {
		direction = " desc"
	}
	return q.spec.Sorts[q.Sort] + direction + ", " + tie + direction
}

// Limit is how many rows a page has.
func (q Query) Limit() int { return q.Size }

// Offset is how many rows stand before the page.
func (q Query) Offset() int { return (q.Page - 1) * q.Size }

// SortBy is the same list sorted by name; a second time turns the direction.
// It starts at the first page again.
func (q Query) SortBy(name string) Query {
	q.Desc = q.Sort == name && !q.Desc
	q.Sort, q.Page = name, 1
	return q
}

// AtPage is another page of the same list.
func (q Query) AtPage(n int) Query { q.Page = n; return q }

// WithSize is the same list in pages of n rows, from the first page.
func (q Query) WithSize(n int) Query { q.Size, q.Page = n, 1; return q }

// Whole is the list without a page: the filters and the order alone.
func (q Query) Whole() Query { return q.WithSize(defaultSize) }

// Without is the list without one filter, from the first page.
func (q Query) Without(name string) Query {
	filters := make(map[string]string, len(q.filters))
	for k, v := range q.filters {
		if k != name {
			filters[k] = v
		}
	}
	q.filters, q.Page = filters, 1
	return q
}

// URL is the query part of the list's address, "?" included; "" for the
// defaults.
func (q Query) URL() string {
	v := url.Values{}
	for name, value := range q.filters {
		v.Set(name, value)
	}
	sort := q.Sort
	if q.Desc {
		sort = "-" + sort
	}
	if sort != q.spec.Default {
		v.Set("sort", sort)
	}
	if q.Size != defaultSize {
		v.Set("size", strconv.Itoa(q.Size))
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// Page is one page of a list.
type Page[T any] struct {
	Items   []T
	Total   int
	Bounded bool // there are more than Total rows; counting on would cost too much
	Query   Query
}

// Last is the number of the last page that Total reaches, at least 1.
func (p Page[T]) Last() int { return max(1, (p.Total+p.Query.Size-1)/p.Query.Size) }

// HasNext reports whether there is a page after this one.
func (p Page[T]) HasNext() bool { return p.Bounded || p.Query.Page < p.Last() }

// Contains makes the pattern for ILIKE that finds s anywhere, its wildcards
// taken literally.
func Contains(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}
