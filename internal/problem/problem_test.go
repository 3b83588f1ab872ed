package problem

import (
	"errors"
	"strings"
	"testing"
)

func TestTextIsCleanedOrRefused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct{ out, key string }{
		"  Telecom  ":           {"Telecom", ""},
		"e\u0301":               {"é", ""},
		"":                      {"", "problem.required"},
		"   ":                   {"", "problem.required"},
		strings.Repeat("é", 10): {strings.Repeat("é", 10), ""},
		strings.Repeat("é", 11): {strings.Repeat("é", 11), "problem.too_long"},
		"a\x00b":                {"a\x00b", "problem.bad_characters"},
		"a\nb":                  {"a\nb", "problem.bad_characters"},
		"a\u202eb":              {"a\u202eb", "problem.bad_characters"},
		"a\xffb":                {"", "problem.bad_characters"},
		"شركة":                  {"شركة", ""},
		"می\u200cروم":           {"می\u200cروم", ""},
	} {
		var f Fields
		out := f.Line("x", in, 10, true)
		key := ""
		var invalid *InvalidError
		if errors.As(f.Err(), &invalid) {
			key = invalid.Fields[0].Key
		}
		if out != want.out || key != want.key {
			t.Errorf("%q: %q %q, want %q %q", in, out, key, want.out, want.key)
		}
	}
}

func TestSeveralLinesMayHaveLineEnds(t *testing.T) {
	t.Parallel()
	var f Fields
	if got := f.Lines("x", "a\r\nb\tc", 10, true); got != "a\nb\tc" || f.Err() != nil {
		t.Errorf("%q %v", got, f.Err())
	}
}

func TestFirstFindingOfAFieldWins(t *testing.T) {
	t.Parallel()
	var f, g Fields
	f.Add("a", "one")
	f.Add("a", "two")
	g.Add("b", "three")
	if !f.AddError(g.Err()) || f.AddError(ErrNotFound) {
		t.Error("AddError took the wrong errors")
	}
	if got := f.Err().Error(); got != "invalid input: a: one, b: three" {
		t.Error(got)
	}
}
