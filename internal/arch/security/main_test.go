package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestRowsWithoutATestAreFound(t *testing.T) {
	t.Parallel()
	tests, err := named(fstest.MapFS{
		"web/a_test.go":      {Data: []byte("package web\n\nfunc TestREG1REG2AnswersAreAlike(t *testing.T) {}\n// func TestREG3Comment(t *testing.T) {}\n")},
		".data/b_test.go":    {Data: []byte("func TestREG4X(t *testing.T) {}\n")},
		"internal/c_test.go": {Data: []byte("func FuzzREG5Codes(f *testing.F) {}\nfunc TestREG9Unknown(t *testing.T) {}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = report(&out, "REG-1\ta\nREG-2\tlater: b\nREG-3\tc\nREG-4\tlater: d\nREG-5\te\n", tests)
	want := "REG-2 is held by a test, and listed as waiting for b\nREG-3 has no test\nREG-9 is named by a test and is no requirement"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "web TestREG1REG2AnswersAreAlike") || !strings.HasSuffix(out.String(), "5 requirements: 2 held by tests, 1 of parts that do not exist yet\n") {
		t.Error(out.String())
	}
}

func TestThereAre94Rows(t *testing.T) {
	t.Parallel()
	if n := strings.Count(rows, "\n"); n != 94 {
		t.Errorf("%d rows", n)
	}
}
