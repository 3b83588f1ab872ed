package list

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

var spec = &Spec{Sorts: map[string]string{"name": "lower(name)", "created": "created_at"}, Default: "name", Filters: []string{"name", "status"}}

func parse(t testing.TB, s string) Query {
	t.Helper()
	v, err := url.ParseQuery(s)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Parse(v)
}

func TestUnknownValuesFallBack(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                                 "",
		"sort=name":                        "",
		"sort=-name":                       "?sort=-name",
		"sort=password":                    "",
		"sort=name%3Bdrop+table":           "",
		"size=25":                          "",
		"size=26":                          "",
		"size=50":                          "?size=50",
		"page=0":                           "",
		"page=-1":                          "",
		"page=x":                           "",
		"page=3":                           "?page=3",
		"page=1000000000":                  "?page=1000000",
		"page=99999999999999999999":        "?page=1000000",
		"colour=red":                       "",
		"name=+Telecom+":                   "?name=Telecom",
		"name=a%00b":                       "?name=ab",
		"name=%ff":                         "",
		"name=" + strings.Repeat("x", 300): "?name=" + strings.Repeat("x", 100),
	} {
		if got := parse(t, query).URL(); got != want {
			t.Errorf("%q became %q, want %q", query, got, want)
		}
	}
}

func TestOrderIsTotal(t *testing.T) {
	t.Parallel()
	if got := parse(t, "sort=-created").OrderBy(); got != "created_at desc, id desc" {
		t.Errorf("got %q", got)
	}
}

func TestLinksOfAList(t *testing.T) {
	t.Parallel()
	q := parse(t, "name=a&status=active&page=4")
	for got, want := range map[string]string{
		q.SortBy("created").URL():                   "?name=a&sort=created&status=active",
		q.SortBy("name").URL():                      "?name=a&sort=-name&status=active",
		q.SortBy("created").SortBy("created").URL(): "?name=a&sort=-created&status=active",
		q.AtPage(2).URL():                           "?name=a&page=2&status=active",
		q.WithSize(100).URL():                       "?name=a&size=100&status=active",
		q.Without("name").URL():                     "?status=active",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if q.URL() != "?name=a&page=4&status=active" {
		t.Errorf("making links changed the query: %q", q.URL())
	}
}

func TestINJ1WildcardsAreLiteral(t *testing.T) {
	t.Parallel()
	if got := Contains(`50%_\`); got != `%50\%\_\\%` {
		t.Errorf("got %q", got)
	}
}

// FuzzINJ1ListQuery: whatever an address says, the order comes from the
// allow-list, the numbers are in range, and the address round-trips.
func FuzzINJ1ListQuery(f *testing.F) {
	for _, s := range []string{"", "sort=-name&page=2", "size=100&name=%25", "page=1e9", "sort=name%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q := spec.Parse(v)
		allowed := []string{"lower(name), id", "lower(name) desc, id desc", "created_at, id", "created_at desc, id desc"}
		if !slices.Contains(allowed, q.OrderBy()) || !slices.Contains(Sizes, q.Size) || q.Page < 1 || q.Page > maxPage || q.Offset() < 0 {
			t.Errorf("%q: %+v orders by %q", s, q, q.OrderBy())
		}
		again, err := url.ParseQuery(strings.TrimPrefix(q.URL(), "?"))
		if err != nil || spec.Parse(again).URL() != q.URL() {
			t.Errorf("%q does not round-trip: %q", s, q.URL())
		}
	})
}
