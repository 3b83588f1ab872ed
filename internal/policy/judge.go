package policy

import (
	"context"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// Judge says what is wrong with a text as a policy of this kind in this group,
// by a vocabulary and beside the neighbours of the policy pid (zero for a new
// one). A group that is not chosen yet (zero) has no neighbours. Saving and
// activating judge in the same way.
func (s *Service) Judge(ctx context.Context, words *policydoc.Vocabulary, kind Kind, gid id.PolicyGroup, pid id.Policy, document string) (policydoc.Report, error) {
	report, err := judge(ctx, s.db.Read(), words, Policy{ID: pid, Kind: kind, GroupID: gid}, document)
	return report, wrap("judge", err)
}

func judge(ctx context.Context, q pg.Querier, words *policydoc.Vocabulary, p Policy, document string) (policydoc.Report, error) {
	around, err := surroundings(ctx, q, words, p)
	return policydoc.Check(p.Kind, []byte(document), around), err
}

// surroundings are what a policy's text is judged by besides itself.
func surroundings(ctx context.Context, q pg.Querier, words *policydoc.Vocabulary, p Policy) (policydoc.Around, error) {
	around := policydoc.Around{Vocabulary: words}
	var err error
	if !id.IsZero(p.GroupID) {
		around.Neighbours, err = neighbours(ctx, q, p)
	}
	return around, err
}

// neighbours are the other policies in force of a policy's kind in its group,
// those whose attributes were counted.
func neighbours(ctx context.Context, q pg.Querier, p Policy) (policydoc.Neighbours, error) {
	return pg.One[policydoc.Neighbours](ctx, q, `
		select count(v.attributes) as policies, coalesce(max(v.attributes), 0) as most_attributes
		from policies p join policy_versions v on v.policy_id = p.id and v.status = 'active'
		where p.group_id = @group and p.kind = @kind and p.status = 'active' and p.id <> @policy`,
		pg.Args{"group": p.GroupID, "kind": p.Kind, "policy": p.ID})
}

// judged is a text that is about to be stored, with what is known of it.
func judged(ctx context.Context, q pg.Querier, words *policydoc.Vocabulary, p Policy, document string) (text, policydoc.Report, error) {
	around, err := surroundings(ctx, q, words, p)
	if err != nil {
		return text{}, policydoc.Report{}, err
	}
	m, report, ok := policydoc.Read(p.Kind, []byte(document), around)
	now := text{document: document, errors: report.Errors}
	if ok {
		now.attributes = counted(m)
	}
	return now, report, nil
}

// attributes counts the attributes that a text hands out; nil if it cannot be
// understood.
func attributes(kind Kind, document string) *int {
	m, ok := policydoc.Understand(kind, []byte(document))
	if !ok {
		return nil
	}
	return counted(m)
}

// counted counts the attributes of a document, each name once.
func counted(m policydoc.Meaning) *int {
	names := map[string]bool{}
	for _, a := range m.Auth.Attributes {
		names[a.Name] = true
	}
	for _, a := range m.Share.Attributes {
		names[a.Name] = true
	}
	n := len(names)
	return &n
}

// meaning reads a text; "" is no text, which allows nothing. It is false for one
// that cannot be understood.
func meaning(kind Kind, document string) (policydoc.Meaning, bool) {
	if document == "" {
		return policydoc.Meaning{Kind: kind}, true
	}
	return policydoc.Understand(kind, []byte(document))
}
