package policydoc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// random makes meanings of few words, so that two of them often agree in
// something, with much said twice and in any order.
type random struct{ *rand.Rand }

func (r random) of(words ...string) string { return words[r.IntN(len(words))] }

func (r random) meaning(kind Kind) Meaning {
	m := Meaning{Kind: kind}
	if r.IntN(20) == 0 {
		return m
	}
	if kind == KindAuth {
		m.Auth = r.auth()
	} else {
		m.Share = r.share()
	}
	return m
}

func (r random) auth() AuthMeaning {
	a := AuthMeaning{TokenType: Said{r.of(tokenTypeNames...), 1}}
	for range 1 + r.IntN(4) {
		a.Ways = append(a.Ways, Way{Type: r.of("otp", "bio", "own", "kyc", "otp-request"), SubType: r.of("", "", "IRIS", "FACE"), Mandatory: r.IntN(3) == 0, Line: 2})
	}
	for range r.IntN(4) {
		a.Attributes = append(a.Attributes, Said{r.of("fullName", "photo", "age", "own"), 3})
	}
	for range r.IntN(3) {
		a.Languages = append(a.Languages, Said{r.of("eng", "ara", "xyz"), 4})
	}
	return a
}

func (r random) share() ShareMeaning {
	s := ShareMeaning{
		TypeOfShare: Said{r.of(shareTypeNames...), 1}, Encryption: Said{r.of(encryptionNames...), 1}, Domain: Said{r.of("a.example", "b.example"), 1},
		Source: Said{r.of("Print", "own"), 1}, Protocol: Said{r.of("", "http", "https"), 1}, ValidMinutes: 1 + r.IntN(3), Transactions: 1 + r.IntN(2),
	}
	for range 1 + r.IntN(4) {
		a := SharedAttribute{
			Name: r.of("fullName", "biometrics"), Group: r.of("", "CBEFF"), Format: r.of("", "", "YYYY", "own"), Encrypted: r.IntN(2) == 0, Line: 5,
		}
		for range 1 + r.IntN(2) {
			source := Source{Attribute: r.of("fullName", "photo"), Line: 6}
			for range r.IntN(3) {
				f := Filter{Type: r.of("", "Iris", "Finger"), Language: r.of("", "", "eng")}
				if f.Type != "" {
					f.SubTypes = [][]string{nil, {"Left"}, {"Left", "Right"}}[r.IntN(3)]
				} else {
					f.Language = "eng"
				}
				source.Filters = append(source.Filters, f)
			}
			a.Sources = append(a.Sources, source)
		}
		s.Attributes = append(s.Attributes, a)
	}
	return s
}

// shuffled says the same as m in another order, with something said twice.
func (r random) shuffled(m Meaning) Meaning {
	m.Auth.Ways = again(r, m.Auth.Ways)
	m.Auth.Attributes, m.Auth.Languages = again(r, m.Auth.Attributes), again(r, m.Auth.Languages)
	m.Share.Attributes = again(r, m.Share.Attributes)
	for i := range m.Share.Attributes {
		m.Share.Attributes[i].Sources = again(r, m.Share.Attributes[i].Sources)
		for j, s := range m.Share.Attributes[i].Sources {
			m.Share.Attributes[i].Sources[j].Filters = again(r, s.Filters)
		}
	}
	return m
}

// near is m with one small thing changed, of the kind that folding must see
// through or must not.
func (r random) near(m Meaning) Meaning {
	m = r.shuffled(m)
	if ways := m.Auth.Ways; len(ways) > 0 {
		i := r.IntN(len(ways))
		switch r.IntN(4) {
		case 0:
			ways[i].Mandatory = !ways[i].Mandatory
		case 1:
			m.Auth.Ways = slices.Delete(ways, i, i+1)
		case 2:
			m.Auth.Ways = append(ways, Way{Type: ways[i].Type, SubType: r.of("", "IRIS"), Mandatory: ways[i].Mandatory})
		case 3:
			m.Auth.Languages = nil
		}
	}
	if shared := m.Share.Attributes; len(shared) > 0 {
		a := &shared[r.IntN(len(shared))]
		source := &a.Sources[r.IntN(len(a.Sources))]
		switch r.IntN(5) {
		case 0:
			a.Encrypted = !a.Encrypted
		case 1:
			a.Format = r.of("", "YYYY")
		case 2:
			source.Filters = append(source.Filters, Filter{Type: "Iris", SubTypes: []string{"Left"}, Language: r.of("", "eng")})
		case 3:
			source.Filters = nil
		case 4:
			m.Share.Attributes = shared[1:]
		}
	}
	return m
}

func again[T any](r random, all []T) []T {
	if len(all) == 0 {
		return nil
	}
	out := append([]T{all[r.IntN(len(all))]}, all...)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// eachPair calls test with many pairs of meanings, some of which say the same.
func eachPair(t *testing.T, test func(a, b Meaning) error) {
	t.Helper()
	r := random{rand.New(rand.NewPCG(3, 7))}
	same := 0
	for i := range 6_000 {
		kind := Kinds()[i%2]
		a := r.meaning(kind)
		b := r.meaning(kind)
		switch i % 10 {
		case 0, 1:
			b = r.shuffled(a)
		case 2, 3, 4, 5, 6, 7:
			b = r.near(a)
		}
		if Canonical(a) == Canonical(b) {
			same++
		}
		if err := test(a, b); err != nil {
			t.Fatalf("pair %d: %v\nA: %+v\n%s\nB: %+v\n%s", i, err, a, Canonical(a), b, Canonical(b))
		}
	}
	if same < 1_200 || same > 4_500 {
		t.Errorf("%d pairs say the same", same)
	}
}

func TestTheWayBackIsTheInverse(t *testing.T) {
	t.Parallel()
	v := DefaultVocabulary()
	eachPair(t, func(a, b Meaning) error {
		there, back := Compare(a, b, v), Compare(b, a, v)
		if diff := cmp.Diff(there.Inverse(), back); diff != "" {
			return fmt.Errorf("(-inverse +back)\n%s", diff)
		}
		if diff := cmp.Diff(there, back.Inverse()); diff != "" {
			return fmt.Errorf("(-there +inverse)\n%s", diff)
		}
		return nil
	})
}

func TestNoDifferenceExactlyWhenCanonicalFormsAreEqual(t *testing.T) {
	t.Parallel()
	v := DefaultVocabulary()
	eachPair(t, func(a, b Meaning) error {
		d := Compare(a, b, v)
		if same := Canonical(a) == Canonical(b); same != (len(d) == 0) {
			return fmt.Errorf("same: %v, differences: %v", same, d)
		}
		return nil
	})
}

func TestSentencesAreEqualExactlyWhenCanonicalFormsAre(t *testing.T) {
	t.Parallel()
	v := DefaultVocabulary()
	eachPair(t, func(a, b Meaning) error {
		x, y := Sentences(a, v), Sentences(b, v)
		equal := len(x) == len(y)
		for i := 0; equal && i < len(x); i++ {
			equal = x[i].Same(y[i])
		}
		if same := Canonical(a) == Canonical(b); same != equal {
			return fmt.Errorf("same: %v, sentences:\n%+v\n%+v", same, x, y)
		}
		ids := make(map[string]bool)
		for _, s := range x {
			if ids[s.ID] {
				return fmt.Errorf("%q is there twice", s.ID)
			}
			ids[s.ID] = true
		}
		return nil
	})
}
