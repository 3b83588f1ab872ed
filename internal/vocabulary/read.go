package vocabulary

import (
	"context"
	"fmt"
	"slices"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

const columns = `t.id, t.family, t.name, t.label_en, t.label_fr, t.label_ar,
	t.description_en, t.description_fr, t.description_ar, t.sensitivity, t.deprecated_since, t.version, t.created_at, t.updated_at`

// wrap names the work at the border of the package.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Term is one term; problem.ErrNotFound if there is none.
func (s *Service) Term(ctx context.Context, tid id.Term) (Term, error) {
	t, err := pg.One[Term](ctx, s.db.Read(), `select `+columns+` from vocabulary_terms t where t.id = @id`, pg.Args{"id": tid})
	return t, wrap("term", err)
}

// Terms is one page of the vocabulary, by a query of ListIn.
func (s *Service) Terms(ctx context.Context, q list.Query) (list.Page[Term], error) {
	p, err := s.Listing(q).Page(ctx)
	return p, wrap("terms", err)
}

// Listing is the list behind Terms, to be exported as a whole.
func (s *Service) Listing(q list.Query) pg.Listing[Term] {
	var w pg.Where
	if f := policydoc.Family(q.Filter("family")); slices.Contains(policydoc.Families(), f) {
		w.And("t.family = @family", "family", f)
	}
	if s := policydoc.Sensitivity(q.Filter("sensitivity")); slices.Contains(policydoc.Sensitivities(), s) {
		w.And("t.sensitivity = @sensitivity", "sensitivity", s)
	}
	switch q.Filter("status") {
	case StatusInUse:
		w.And("t.deprecated_since is null", "", nil)
	case StatusDeprecated:
		w.And("t.deprecated_since is not null", "", nil)
	}
	if v := q.Filter("q"); v != "" {
		w.And("(t.name ilike @q or t.label_en ilike @q or t.label_fr ilike @q or t.label_ar ilike @q)", "q", list.Contains(v))
	}
	return pg.Listing[Term]{DB: s.db, Query: q, Columns: columns, From: "from vocabulary_terms t", Where: w}
}
