package pg_test

import (
	"fmt"
	"net/url"
	"testing"

	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

func TestListPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	spec := &list.Spec{Sorts: map[string]string{"n": "n"}, Default: "n", TieBreak: "n"}
	type row struct{ N int }
	for _, c := range []struct {
		rows, page                 int
		first, items, total, shown int
		bounded                    bool
	}{
		{0, 1, 0, 0, 0, 1, false},
		{0, 7, 0, 0, 0, 1, false},
		{25, 1, 1, 25, 25, 1, false},
		{26, 1, 1, 25, 26, 1, false},
		{26, 2, 26, 1, 26, 2, false},
		{26, 9, 26, 1, 26, 2, false},
		{26, 1_000_000, 26, 1, 26, 2, false},
		{1000, 1, 1, 25, 1000, 1, false},
		{1001, 1, 1, 25, 1000, 1, true},
		{1500, 40, 976, 25, 1000, 40, true},
		{1500, 41, 1001, 25, 1025, 41, true},
		{1500, 60, 1476, 25, 1500, 60, false},
		{1500, 61, 1476, 25, 1500, 60, false},
	} {
		q := spec.Parse(url.Values{"page": {fmt.Sprint(c.page)}})
		p, err := pg.List[row](t.Context(), db.Read(), q, "n", fmt.Sprintf("from generate_series(1, %d) as rows (n)", c.rows), pg.Where{})
		if err != nil {
			t.Fatal(err)
		}
		first := 0
		if len(p.Items) > 0 {
			first = p.Items[0].N
		}
		if first != c.first || len(p.Items) != c.items || p.Total != c.total || p.Bounded != c.bounded || p.Query.Page != c.shown {
			t.Errorf("page %d of %d rows: %d from %d, total %d (bounded %v), shown as page %d; want %+v",
				c.page, c.rows, len(p.Items), first, p.Total, p.Bounded, p.Query.Page, c)
		}
	}
}
