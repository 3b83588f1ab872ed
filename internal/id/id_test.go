package id_test

import (
	"errors"
	"strings"
	"testing"

	"portal/internal/id"
	"portal/internal/problem"
)

func TestAUT4OneThingHasOneAddress(t *testing.T) {
	t.Parallel()
	good := id.New[id.Policy]()
	if got, err := id.Parse[id.Policy](good.String()); err != nil || got != good {
		t.Fatalf("%v %v", got, err)
	}
	s := good.String()
	for _, bad := range []string{
		"", "1", strings.ToUpper(s), "{" + s + "}", "urn:uuid:" + s, strings.ReplaceAll(s, "-", ""),
		s + " ", " " + s, s[:35] + "g", "00000000-0000-0000-0000-000000000000", strings.Repeat("a", 36), s + "%20",
	} {
		if _, err := id.Parse[id.Policy](bad); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", bad, err)
		}
	}
}
