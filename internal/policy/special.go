package policy

import (
	"context"
	"slices"
	"strings"

	"portal/internal/pg"
	"portal/internal/policydoc"
)

// careful is what counts as special data for four eyes. Whoever writes policies
// may also maintain the vocabulary, so its present word alone would let one
// person first call a term ordinary and then activate alone. Special is
//   - what the vocabulary calls special now;
//   - what every installation starts with as special (policydoc.Seed);
//   - a name that the vocabulary does not have: nobody has said what it is;
//   - what was special when the version in force was activated (before), by the
//     same rule: so a term stays special for a policy as long as it gives it.
type careful struct {
	words  *policydoc.Vocabulary
	before []string // as specialNames writes them
}

func (c careful) special(f policydoc.Family, name string) bool {
	if name == "" { // an optional name that is not there
		return false
	}
	_, known := c.words.Term(f, name)
	return !known || c.words.Special(f, name) || policydoc.DefaultVocabulary().Special(f, name) ||
		slices.Contains(c.before, string(f)+" "+name)
}

// vocabulary calls special what is so of the names in some documents.
func (c careful) vocabulary(meanings ...policydoc.Meaning) *policydoc.Vocabulary {
	var terms []policydoc.Term
	for _, m := range meanings {
		for _, full := range specialNames(m, c) {
			family, name, _ := strings.Cut(full, " ")
			terms = append(terms, policydoc.Term{Family: policydoc.Family(family), Name: name, Sensitivity: policydoc.Special})
		}
	}
	return policydoc.NewVocabulary(terms)
}

// specialNames are the names of special data in a document, each behind its
// family and a space, in alphabetical order.
func specialNames(m policydoc.Meaning, c careful) []string {
	var out []string
	add := func(f policydoc.Family, name string) {
		if c.special(f, name) {
			out = append(out, string(f)+" "+name)
		}
	}
	for _, w := range m.Auth.Ways {
		add(policydoc.AuthTypes, w.Type)
		add(policydoc.SubTypes, w.SubType)
	}
	for _, a := range m.Auth.Attributes {
		add(policydoc.Attributes, a.Name)
	}
	for _, a := range m.Share.Attributes {
		add(policydoc.Attributes, a.Name)
		for _, s := range a.Sources {
			add(policydoc.Attributes, s.Attribute)
			for _, f := range s.Filters {
				add(policydoc.FilterTypes, f.Type)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// specialBefore is what was special when a version was put into force; nothing
// for one that came into force before decisions were kept.
func specialBefore(ctx context.Context, q pg.Querier, v *Version) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	return pg.Values[string](ctx, q, `
		select n.name from (select d.picture from policy_decisions d
			where d.policy_id = @policy and d.version_id = @version and d.action in ('activate', 'reactivate')
			order by d.decided_at desc, d.id desc limit 1) last,
			jsonb_array_elements_text(coalesce(last.picture -> 'special_names', '[]')) n(name)`,
		pg.Args{"policy": v.PolicyID, "version": v.ID})
}

func special(changes policydoc.Delta) bool {
	return slices.ContainsFunc(changes, func(c policydoc.Change) bool { return c.Special })
}

// judgeSpecial fills in what of the decision is about special data: the version
// itself, unless it goes out of force, and everything that changes.
func (d *Drawn) judgeSpecial(kind Kind, from, to policydoc.Meaning, before []string) {
	c := careful{d.Vocabulary, before}
	words := c.vocabulary(from, to)
	d.Special = special(policydoc.Compare(from, to, words))
	if d.Action == Deactivate {
		return
	}
	d.SpecialNames = specialNames(to, c)
	d.Special = d.Special || special(policydoc.Compare(policydoc.Meaning{Kind: kind}, to, words))
}
