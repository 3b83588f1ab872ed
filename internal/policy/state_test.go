package policy_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policy"
	"portal/internal/state"
)

// Every pair of states, allowed or not.
func TestMovesExhaustively(t *testing.T) {
	t.Parallel()
	check(t, policy.GroupStatuses, "active>deactivated", "deactivated>active")
	check(t, policy.Statuses, "inactive>active", "inactive>discarded", "active>deactivated", "deactivated>active")
	check(t, policy.VersionStatuses, "inactive>active", "inactive>replaced", "inactive>discarded", "active>deactivated", "active>superseded",
		"deactivated>active", "deactivated>superseded")
}

func check[S ~string](t *testing.T, m state.Machine[S], want ...string) {
	t.Helper()
	var got []string
	for _, from := range m.All() {
		for _, to := range m.All() {
			if m.Can(from, to) {
				got = append(got, string(from+">"+to))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T: %s", m, diff)
	}
}

var quoted = regexp.MustCompile(`'([a-z]+)'`)

// The database and the machines know the same states.
func TestStatesAreThoseOfTheConstraints(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, machine := range map[string][]string{
		"policy_groups_status_check":   names(policy.GroupStatuses.All()),
		"policies_status_check":        names(policy.Statuses.All()),
		"policy_versions_status_check": names(policy.VersionStatuses.All()),
	} {
		def, err := pg.Value[string](t.Context(), db.Read(),
			`select pg_get_constraintdef(oid) from pg_constraint where conname = @name`, pg.Args{"name": name})
		if err != nil {
			t.Fatal(name, err)
		}
		var states []string
		for _, m := range quoted.FindAllStringSubmatch(def, -1) {
			states = append(states, m[1])
		}
		slices.Sort(states)
		if diff := cmp.Diff(machine, states); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func names[S ~string](states []S) []string {
	var out []string
	for _, s := range states {
		out = append(out, string(s))
	}
	return out
}
