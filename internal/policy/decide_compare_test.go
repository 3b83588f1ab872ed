package policy_test

import (
	"slices"
	"testing"

	"portal/internal/policy"
	"portal/internal/policydoc"
)

// edit changes a document as an editor would, in one place.
func (c chance) edit(m policydoc.Meaning) policydoc.Meaning {
	m.Auth.Ways, m.Auth.Attributes = slices.Clone(m.Auth.Ways), slices.Clone(m.Auth.Attributes)
	m.Auth.Languages, m.Share.Attributes = slices.Clone(m.Auth.Languages), slices.Clone(m.Share.Attributes)
	if m.Kind == policydoc.KindDataShare {
		m.Share.Attributes = dropOne(c, m.Share.Attributes)
		if c.IntN(3) == 0 {
			m.Share.Attributes = append(m.Share.Attributes, c.shared(pick(c, someAttributes)))
		}
		return m
	}
	switch c.IntN(6) {
	case 0:
		m.Auth.Ways = append(m.Auth.Ways, c.way(c.IntN(2) == 0))
	case 1:
		m.Auth.Attributes = dropOne(c, m.Auth.Attributes)
	case 2:
		m.Auth.Languages = dropOne(c, m.Auth.Languages)
	case 3:
		m.Auth.Languages = append(m.Auth.Languages, policydoc.Said{Name: pick(c, someLanguages), Line: 1})
	case 4:
		if len(m.Auth.Ways) > 0 {
			i := c.IntN(len(m.Auth.Ways))
			m.Auth.Ways[i].Mandatory = !m.Auth.Ways[i].Mandatory
		}
	default:
		m.Auth.Ways = dropOne(c, m.Auth.Ways)
	}
	return m
}

func dropOne[T any](c chance, list []T) []T {
	if len(list) == 0 {
		return list
	}
	i := c.IntN(len(list))
	return slices.Delete(list, i, i+1)
}

// What the comparison calls no widening allows nothing new: neither a request
// that was refused, nor an attribute, nor, under an Auth policy, a value.
func TestWhatDoesNotWidenAllowsNothingNew(t *testing.T) {
	t.Parallel()
	tried := map[policydoc.Class]int{}
	cases(t, func(c chance, m policydoc.Meaning, q policy.Question) {
		later := c.edit(m)
		class := policydoc.Compare(m, later, policydoc.DefaultVocabulary()).Class()
		after := policy.Decide(later, q)
		if class == policydoc.Widens || !after.Allowed {
			return
		}
		tried[class]++
		before := policy.Decide(m, q)
		if !before.Allowed {
			t.Fatalf("%s, yet it allows what was refused:\n%+v\n%+v\n%+v\nbefore: %+v", class, m, later, q, before.Reasons)
		}
		for _, item := range after.Released {
			had := valuesOf(before, item.Attribute)
			if had == nil {
				t.Fatalf("%s, yet it gives %s", class, item.Attribute)
			}
			for _, v := range item.Values {
				if m.Kind == policydoc.KindAuth && !slices.Contains(had, v) {
					t.Fatalf("%s, yet it gives a new value of %s: %+v\n%+v\n%+v", class, item.Attribute, v, m, later)
				}
			}
		}
	})
	for _, class := range []policydoc.Class{policydoc.Narrows, policydoc.Neutral} {
		if tried[class] < 50 {
			t.Errorf("only %d cases are %s: they prove little", tried[class], class)
		}
	}
}

// valuesOf are the values of an attribute, nil if it is not handed over.
func valuesOf(a policy.Answer, attribute string) []policy.Value {
	var out []policy.Value
	for _, item := range a.Released {
		if item.Attribute == attribute {
			out = append(slices.Grow(out, 1), item.Values...)
		}
	}
	return out
}
