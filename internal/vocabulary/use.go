package vocabulary

import (
	"context"
	"slices"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// Use is a policy whose document uses a term.
type Use struct {
	ID      id.Policy
	Kind    policydoc.Kind
	Name    string
	InForce bool // by its version in force
	Waiting bool // by the version that waits for activation
}

// Usage is where a term is used.
type Usage struct {
	Policies []Use // by name
	AtLeast  bool  // there may be more: not every document was read
}

// How much one look at the use of a term reads. A page must not take longer the
// more policies there are.
const (
	maxDocuments = 500
	maxBytes     = 4 << 20
)

// UsedBy tells which policies use a term, in the version in force or the one
// that waits. A draft that is no good document yet uses nothing: nobody can say
// what it will.
func (s *Service) UsedBy(ctx context.Context, t Term) (Usage, error) {
	words, err := s.All(ctx)
	if err != nil {
		return Usage{}, err
	}
	// A document that has the name has it in quotes, perhaps as the end of a path,
	// or has written a letter of it as an escape; the rest need not be read.
	rows, err := pg.All[struct {
		ID         id.Policy
		Kind       policydoc.Kind
		Name       string
		InForce    bool
		Document   string
		Candidates int
	}](ctx, s.db.Read(), `
		select id, kind, name, in_force, document, candidates from (
			select p.id, p.kind, p.name, v.status = 'active' as in_force, v.document, count(*) over () as candidates,
				row_number() over by_name as nth, sum(octet_length(v.document)) over by_name as bytes
			from policy_versions v join policies p on p.id = v.policy_id
			where v.status in ('active', 'inactive') and (strpos(v.document, @quoted) > 0
					or strpos(v.document, @path) > 0 or strpos(v.document, @escape) > 0)
			window by_name as (order by lower(p.name), p.id, v.number)) as found
		where nth <= @documents and bytes <= @bytes order by nth`,
		pg.Args{"quoted": `"` + t.Name + `"`, "path": "/" + t.Name + `"`, "escape": `\`, "documents": maxDocuments, "bytes": maxBytes})
	if err != nil {
		return Usage{}, wrap("use of a term", err)
	}
	var u Usage
	for _, r := range rows {
		u.AtLeast = r.Candidates > len(rows)
		m, ok := policydoc.Understand(r.Kind, []byte(r.Document))
		if !ok || !uses(m, words, t.Family, t.Name) {
			continue
		}
		if n := len(u.Policies); n == 0 || u.Policies[n-1].ID != r.ID {
			u.Policies = append(u.Policies, Use{ID: r.ID, Kind: r.Kind, Name: r.Name})
		}
		last := &u.Policies[len(u.Policies)-1]
		last.InForce, last.Waiting = last.InForce || r.InForce, last.Waiting || !r.InForce
	}
	return u, nil
}

// uses reports whether a document names a term where names of its family stand.
func uses(m policydoc.Meaning, words *policydoc.Vocabulary, f policydoc.Family, name string) bool {
	said := func(s policydoc.Said) bool { return s.Name == name }
	way := func(is func(policydoc.Way) bool) bool { return slices.ContainsFunc(m.Auth.Ways, is) }
	shared := func(is func(policydoc.SharedAttribute) bool) bool { return slices.ContainsFunc(m.Share.Attributes, is) }
	source := func(is func(policydoc.Source) bool) bool {
		return shared(func(a policydoc.SharedAttribute) bool { return slices.ContainsFunc(a.Sources, is) })
	}
	filter := func(is func(policydoc.Filter) bool) bool {
		return source(func(s policydoc.Source) bool { return slices.ContainsFunc(s.Filters, is) })
	}
	switch f {
	case policydoc.Attributes:
		return slices.ContainsFunc(m.Auth.Attributes, said) ||
			shared(func(a policydoc.SharedAttribute) bool { return a.Name == name }) ||
			source(func(s policydoc.Source) bool {
				if t, known := words.Source(s.Attribute); known {
					return t.Name == name
				}
				return s.Attribute == name
			})
	case policydoc.AuthTypes:
		return way(func(w policydoc.Way) bool { return w.Type == name })
	case policydoc.SubTypes:
		return way(func(w policydoc.Way) bool { return w.SubType == name })
	case policydoc.Sources:
		return said(m.Share.Source)
	case policydoc.Formats:
		return shared(func(a policydoc.SharedAttribute) bool { return a.Format == name })
	case policydoc.FilterTypes:
		return filter(func(f policydoc.Filter) bool { return f.Type == name })
	case policydoc.FilterSubs:
		return filter(func(f policydoc.Filter) bool { return slices.Contains(f.SubTypes, name) })
	case policydoc.Languages:
		return slices.ContainsFunc(m.Auth.Languages, said) ||
			filter(func(f policydoc.Filter) bool { return f.Language == name })
	}
	return false
}
