// Package vocabulary keeps the names that policy documents of this deployment
// may use: attributes, ways of authenticating and the like, with what people
// call them and how much care they need. It refuses to know documents; package
// policydoc holds them against the vocabulary.
package vocabulary

import (
	"context"
	"fmt"
	"time"

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
	rows, err := pg.All[struct {
		Family          policydoc.Family
		Name            string
		LabelEn         string
		LabelFr         string
		LabelAr         string
		Description     string
		Sensitivity     policydoc.Sensitivity
		DeprecatedSince *time.Time
	}](ctx, q, `
		select family, name, label_en, label_fr, label_ar, description, sensitivity, deprecated_since
		from vocabulary_terms order by family, position, id`, nil)
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	terms := make([]policydoc.Term, len(rows))
	for i, r := range rows {
		terms[i] = policydoc.Term{
			Family: r.Family, Name: r.Name, Labels: map[string]string{"en": r.LabelEn, "fr": r.LabelFr, "ar": r.LabelAr},
			Description: r.Description, Sensitivity: r.Sensitivity, Deprecated: r.DeprecatedSince,
		}
	}
	return policydoc.NewVocabulary(terms), nil
}
