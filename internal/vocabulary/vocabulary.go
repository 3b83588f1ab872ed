// Package vocabulary keeps the names that policy documents of this deployment
// may use: attributes, ways of authenticating and the like, with what people
// call them and how much care they need. It refuses to know documents; package
// policydoc holds them against the vocabulary.
package vocabulary

import (
	"context"
	"fmt"

	"portal/internal/pg"
	"portal/internal/policydoc"
)

// Service changes and reads the vocabulary.
type Service struct{ db *pg.DB }

// NewService makes a service.
func NewService(db *pg.DB) *Service { return &Service{db: db} }

// All is the whole vocabulary as it stands now, for judging and showing
// documents.
func (s *Service) All(ctx context.Context) (*policydoc.Vocabulary, error) {
	return Load(ctx, s.db.Read())
}

// Load is All inside a transaction: the vocabulary that a decision is judged by.
func Load(ctx context.Context, q pg.Querier) (*policydoc.Vocabulary, error) {
	rows, err := pg.All[Term](ctx, q, `select `+columns+` from vocabulary_terms t order by t.family, t.position, t.id`, nil)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	terms := make([]policydoc.Term, len(rows))
	for i, r := range rows {
		terms[i] = r.word()
	}
	return policydoc.NewVocabulary(terms), nil
}

// word is a term as documents are held against it.
func (t Term) word() policydoc.Term {
	w := policydoc.Term{
		Family: t.Family, Name: t.Name, Labels: map[string]string{}, Descriptions: map[string]string{},
		Sensitivity: t.Sensitivity, Deprecated: t.DeprecatedSince,
	}
	for _, lang := range []string{"en", "fr", "ar"} {
		w.Labels[lang] = t.Label(lang)
		if text := t.Description(lang); text != "" {
			w.Descriptions[lang] = text
		}
	}
	return w
}
