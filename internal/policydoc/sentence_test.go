package policydoc

import (
	"slices"
	"testing"
)

// What a way is for is decided in one place: no way returns data and proves who
// somebody is, and a name that the rules do not know is taken for a proof.
func TestWaysAreOfTwoKinds(t *testing.T) {
	t.Parallel()
	var proofs, data []string
	for _, name := range append(DefaultVocabulary().Names(AuthTypes), "own") {
		if Proves(name) {
			proofs = append(proofs, name)
		}
		if ReturnsData(name) {
			data = append(data, name)
		}
	}
	slices.Sort(proofs)
	slices.Sort(data)
	if want := []string{"bio", "demo", "kbt", "otp", "own", "pin", "pwd", "wla"}; !slices.Equal(proofs, want) {
		t.Errorf("proofs: %q", proofs)
	}
	if want := []string{"kyc", "kycexchange", "vciexchange"}; !slices.Equal(data, want) {
		t.Errorf("data: %q", data)
	}
}

func namesIn(s Sentence) []string {
	var out []string
	for _, a := range s.Args {
		for _, n := range a.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

// Data that is listed is received only with a way that returns it; else it
// counts among what is not received, known to the vocabulary or not.
func TestNothingIsReceivedWithoutAWayThatReturnsData(t *testing.T) {
	t.Parallel()
	said := func(ways ...string) map[string]Sentence {
		m := Meaning{Kind: KindAuth, Auth: AuthMeaning{Attributes: []Said{{"photo", 3}, {"own", 4}}, Languages: []Said{{"eng", 5}}}}
		for _, w := range ways {
			m.Auth.Ways = append(m.Auth.Ways, Way{Type: w})
		}
		out := make(map[string]Sentence)
		for _, s := range Sentences(m, DefaultVocabulary()) {
			out[s.ID] = s
		}
		return out
	}
	for _, way := range []string{"kyc", "kycexchange", "vciexchange"} {
		got := said("otp", way)
		if s := got["auth.data"]; s.Key != "policy_says.auth.data" || !s.Special || slices.Contains(namesIn(got["not.data"]), "photo") {
			t.Errorf("%s: %+v", way, got)
		}
	}
	for _, way := range []string{"otp-request", "kycauth", "keybinding", "own"} {
		got := said("otp", way)
		not := namesIn(got["not.data"])
		if s := got["auth.data"]; s.Key != "policy_says.auth.data_unused" || s.Special || s.Count != 2 {
			t.Errorf("%s: %+v", way, s)
		}
		if s := got["auth.languages"]; s.Key != "policy_says.auth.languages_unused" {
			t.Errorf("%s: %+v", way, s)
		}
		if !slices.Contains(not, "photo") || !slices.Contains(not, "own") {
			t.Errorf("%s: not received: %q", way, not)
		}
	}
}

// Each kind of a type that must be used counts, and services count for
// themselves.
func TestWaysAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	m := Meaning{Kind: KindAuth, Auth: AuthMeaning{Ways: []Way{
		{Type: "bio", SubType: "IRIS", Mandatory: true},
		{Type: "bio", SubType: "FINGER", Mandatory: true},
		{Type: "otp", Mandatory: true},
		{Type: "bio", SubType: "FACE"},
		{Type: "kyc", Mandatory: true},
		{Type: "otp-request"},
		{Type: "keybinding"},
	}}}
	want := map[string]int{"auth.required": 3, "auth.besides": 1, "auth.service.required": 1, "auth.service.besides": 2}
	seen := 0
	for _, s := range Sentences(m, DefaultVocabulary()) {
		if n, ok := want[s.ID]; ok {
			if seen++; s.Count != n {
				t.Errorf("%s: %d, want %d", s.ID, s.Count, n)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d of %d sentences", seen, len(want))
	}
}
