package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/policy"
	"portal/internal/policydoc"
)

// The names that chance puts together: few, so that they meet.
var (
	someWays       = []policy.Use{{Type: "otp"}, {Type: "bio"}, {Type: "bio", SubType: "IRIS"}, {Type: "bio", SubType: "FACE"}, {Type: "kyc"}, {Type: "kycexchange"}, {Type: "pin"}}
	someAttributes = []string{"fullName", "phone", "photo", "individualBiometrics", "ownName"}
	someLanguages  = []string{"eng", "fra", "ara"}
	someFormats    = []string{"", "", "YYYY", "extraction", "other"}
	someFilters    = []policydoc.Filter{{Type: "Iris"}, {Type: "Finger", SubTypes: []string{"Left Thumb"}}, {Language: "ara"}, {Type: "Face", Language: "eng"}}
)

type chance struct{ *rand.Rand }

func pick[T any](c chance, from []T) T { return from[c.IntN(len(from))] }

// few is up to n of a list, perhaps some twice.
func few[T any](c chance, from []T, n int) []T {
	var out []T
	for range c.IntN(n + 1) {
		out = append(out, pick(c, from))
	}
	return out
}

func (c chance) meaning() policydoc.Meaning {
	if c.IntN(2) == 0 {
		m := policydoc.Meaning{Kind: policydoc.KindDataShare}
		for range c.IntN(5) {
			m.Share.Attributes = append(m.Share.Attributes, c.shared(pick(c, someAttributes)))
		}
		return m
	}
	m := policydoc.Meaning{Kind: policydoc.KindAuth}
	for range c.IntN(6) {
		m.Auth.Ways = append(m.Auth.Ways, c.way(c.IntN(6) == 0))
	}
	for _, name := range few(c, someAttributes, 4) {
		m.Auth.Attributes = append(m.Auth.Attributes, policydoc.Said{Name: name, Line: 1 + c.IntN(40)})
	}
	for _, name := range few(c, someLanguages, 2) {
		m.Auth.Languages = append(m.Auth.Languages, policydoc.Said{Name: name, Line: 1 + c.IntN(40)})
	}
	return m
}

func (c chance) way(mandatory bool) policydoc.Way {
	use := pick(c, someWays)
	return policydoc.Way{Type: use.Type, SubType: use.SubType, Mandatory: mandatory, Line: 1 + c.IntN(40)}
}

func (c chance) shared(name string) policydoc.SharedAttribute {
	a := policydoc.SharedAttribute{Name: name, Line: 1 + c.IntN(40), Format: pick(c, someFormats), Encrypted: c.IntN(2) == 0}
	for range 1 + c.IntN(2) {
		a.Sources = append(a.Sources, policydoc.Source{Attribute: pick(c, someAttributes), Filters: few(c, someFilters, 2)})
	}
	return a
}

func (c chance) question(m policydoc.Meaning) policy.Question {
	q := policy.Question{Ways: few(c, someWays, 5), Attributes: few(c, someAttributes, 4), Languages: few(c, someLanguages, 1)}
	if c.IntN(2) == 0 {
		q = policy.Everything(m) // chance alone is refused nearly always
	} else if m.Kind == policydoc.KindDataShare {
		q.Ways, q.Languages = nil, nil
	}
	q.Person = &policy.People(peopleDay, m)[c.IntN(3)]
	return q
}

// attributes are the names that a document grants.
func attributes(m policydoc.Meaning) []string { return policy.Everything(m).Attributes }

// cases calls look with many pairs of documents and questions, the same in
// every run.
func cases(t *testing.T, look func(c chance, m policydoc.Meaning, q policy.Question)) {
	t.Helper()
	yes := 0
	const n = 5_000
	c := chance{rand.New(rand.NewPCG(1, 2))}
	for range n {
		m := c.meaning()
		q := c.question(m)
		if policy.Decide(m, q).Allowed {
			yes++
		}
		look(c, m, q)
	}
	if yes < n/10 || yes > 9*n/10 {
		t.Errorf("%d of %d are allowed: the cases prove little", yes, n)
	}
}

func TestAnswersAgreeWithTheirReasons(t *testing.T) {
	t.Parallel()
	cases(t, func(_ chance, m policydoc.Meaning, q policy.Question) {
		a := policy.Decide(m, q)
		refusals := slices.ContainsFunc(a.Reasons, func(r policy.Reason) bool { return !r.Allowed })
		if len(a.Reasons) == 0 || a.Allowed == refusals {
			t.Fatalf("%+v\n%+v\nallowed %v because %+v", m, q, a.Allowed, a.Reasons)
		}
		for _, r := range a.Reasons {
			if r.Allowed != r.Code.Allows() || !slices.Contains(policy.Codes(), r.Code) {
				t.Fatalf("a reason contradicts its code: %+v", r)
			}
		}
		if diff := cmp.Diff(a, policy.Decide(m, q)); diff != "" {
			t.Fatalf("asked twice, answered differently:\n%s", diff)
		}
	})
}

// Nothing goes out that is not granted, not asked for, or of a refused request.
func TestReleasedIsGranted(t *testing.T) {
	t.Parallel()
	cases(t, func(c chance, m policydoc.Meaning, q policy.Question) {
		a := policy.Decide(m, q)
		if !a.Allowed && len(a.Released) > 0 {
			t.Fatalf("refused, yet it gives %+v", a.Released)
		}
		for _, item := range a.Released {
			if !slices.Contains(attributes(m), item.Attribute) || !slices.Contains(q.Attributes, item.Attribute) {
				t.Fatalf("%+v\n%+v\ngives %s", m, q, item.Attribute)
			}
			if (len(item.Values) == 0) != (item.Absent != "") {
				t.Fatalf("%+v has no value and no reason for it, or both", item)
			}
		}
		if len(attributes(m)) == 0 {
			return
		}
		gone := pick(c, attributes(m))
		less := without(m, gone)
		for _, item := range append(policy.Decide(less, q).Released, policy.Decide(less, withPerson(policy.Everything(less), q.Person)).Released...) {
			if item.Attribute == gone {
				t.Fatalf("%s was removed and still goes out", gone)
			}
		}
	})
}

func withPerson(q policy.Question, p *policy.Person) policy.Question {
	q.Person = p
	return q
}

func without(m policydoc.Meaning, name string) policydoc.Meaning {
	m.Auth.Attributes = slices.DeleteFunc(slices.Clone(m.Auth.Attributes), func(a policydoc.Said) bool { return a.Name == name })
	m.Share.Attributes = slices.DeleteFunc(slices.Clone(m.Share.Attributes), func(a policydoc.SharedAttribute) bool { return a.Name == name })
	return m
}

// More in a document never refuses what was allowed, but by requiring a way.
func TestMoreInADocumentAllowsNoLess(t *testing.T) {
	t.Parallel()
	required := 0
	cases(t, func(c chance, m policydoc.Meaning, q policy.Question) {
		before := policy.Decide(m, q)
		more := m
		if m.Kind == policydoc.KindDataShare {
			more.Share.Attributes = slices.Insert(slices.Clone(m.Share.Attributes), c.IntN(len(m.Share.Attributes)+1), c.shared(pick(c, someAttributes)))
		} else if c.IntN(2) == 0 {
			more.Auth.Attributes = append(slices.Clone(m.Auth.Attributes), policydoc.Said{Name: pick(c, someAttributes), Line: 50})
		} else {
			more.Auth.Ways = slices.Insert(slices.Clone(m.Auth.Ways), c.IntN(len(m.Auth.Ways)+1), c.way(c.IntN(4) == 0))
		}
		after := policy.Decide(more, q)
		if !before.Allowed || after.Allowed {
			return
		}
		required++
		for _, r := range after.Reasons {
			if !r.Allowed && r.Code != policy.WayRequiredMissing {
				t.Fatalf("%+v\n%+v\n%+v\nwas allowed and is refused: %+v", m, more, q, r)
			}
		}
	})
	if required == 0 {
		t.Error("no case where a required way was added: the rule is not tried")
	}
}
