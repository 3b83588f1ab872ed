package export

import (
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/web/ui"
)

func TestINJ4NoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":              `""`,
		"plain":         `"plain"`,
		"=1+1":          `"'=1+1"`,
		"+212 5":        `"'+212 5"`,
		"-1":            `"'-1"`,
		"@SUM(A1)":      `"'@SUM(A1)"`,
		"\tx":           "\"'\tx\"",
		"\rx":           "\"'\rx\"",
		"\x00x":         "\"'\x00x\"",
		"\nx":           "\"\nx\"",
		"a=1":           `"a=1"`,
		" =1":           `" =1"`,
		`say "hi", you`: `"say ""hi"", you"`,
		"شريك":          `"شريك"`,
	} {
		if got := quoted(cell); got != want {
			t.Errorf("%q became %s, want %s", cell, got, want)
		}
	}
}

// FuzzINJ4Cells: whatever stands in a cell, a reader of CSV gets it back, with an
// apostrophe where it would be a formula.
func FuzzINJ4Cells(f *testing.F) {
	for _, s := range []string{"", "=1", `"`, `""`, "a\r\nb", ",", "\ufeff", "'=1"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		rows, err := csv.NewReader(strings.NewReader(quoted(a) + "," + quoted(b) + "\r\n")).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("%q %q: %v %v", a, b, rows, err)
		}
		for i, cell := range []string{a, b} {
			got := rows[0][i]
			if got != "" && strings.ContainsRune("=+-@\t\r\x00", rune(got[0])) {
				t.Errorf("%q is still a formula: %q", cell, got)
			}
			want := strings.ReplaceAll(cell, "\r\n", "\n") // encoding/csv reads line ends so
			if got != want && got != "'"+want {
				t.Errorf("%q came back as %q", cell, got)
			}
		}
	})
}

type number struct{ N int }

// file is a list of numbers whose rows from the 8000th on cannot be read.
func file(db *pg.DB, from string) File[number] {
	spec := &list.Spec{Sorts: map[string]string{"n": "rows.n"}, Default: "n", TieBreak: "rows.n"}
	return File[number]{
		Name: "numbers", Needs: authz.Register,
		// Something that changes is worked out after the sorting: row by row.
		Rows:    pg.Listing[number]{DB: db, Query: spec.Parse(nil), Columns: "(random() * 0)::int + 1 / (8000 - rows.n) as n", From: from},
		Columns: []ui.Column[number]{{Label: "n", File: func(number) string { return "some text that fills the buffer" }}},
	}
}

// TestHalfAFileIsNoFile: what fails before anything was sent is an error like
// any other; later the connection is cut.
func TestHalfAFileIsNoFile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var early error
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := "from generate_series(1, 9000) as rows (n)"
		if r.URL.Path == "/early" {
			from = "from generate_series(7999, 9000) as rows (n)"
		}
		err := Send(w, r, file(db, from))
		if r.URL.Path == "/early" {
			early = err
			w.WriteHeader(http.StatusTeapot)
			return
		}
		t.Errorf("came back with %v", err)
	}))
	defer server.Close()
	server.Config.ErrorLog = nil
	get := func(path string) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		_, err = csv.NewReader(res.Body).ReadAll()
		return res.StatusCode, err
	}
	if status, _ := get("/early"); status != http.StatusTeapot || early == nil || errors.Is(early, problem.ErrDenied) {
		t.Errorf("early: status %d, error %v", status, early)
	}
	if status, err := get("/late"); err == nil {
		t.Errorf("late: status %d, %v; half a file looks like a whole one", status, err)
	}
}
