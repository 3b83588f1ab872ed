package vocabulary

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// errReplayed ends a Change whose form was sent before.
var errReplayed = errors.New("replayed")

// Create adds a term at the end of its family. Permission:
// authz.VocabularyManage. A name that the family has, in exactly this spelling,
// is an error of the field "name". The same form sent again returns the term
// that it made (security.md CON-3); with other words in it, it is a conflict.
func (s *Service) Create(ctx context.Context, a authz.Actor, in Input) (Term, error) {
	var t Term
	err := s.db.Change(ctx, a, authz.VocabularyManage, func(tx *pg.Tx) (audit.Event, error) {
		in, err := in.check()
		if err != nil {
			return audit.Event{}, err
		}
		if id.IsZero(in.ID) {
			in.ID = id.New[id.Term]()
		}
		t = Term{ID: in.ID, Family: in.Family, Name: in.Name, About: in.About, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		detail := audit.Diff(nil, "family", "", string(t.Family))
		return t.event(audit.TermCreated, 0, append(detail, t.changes(About{})...)...), insert(ctx, tx, t, a.User)
	})
	if errors.Is(err, errReplayed) {
		return s.replayed(ctx, a, t)
	}
	return t, wrap("create term", taken(err))
}

func insert(ctx context.Context, tx *pg.Tx, t Term, by id.User) error {
	n, err := tx.Exec(ctx, `
		insert into vocabulary_terms (id, family, name, label_en, label_fr, label_ar,
			description_en, description_fr, description_ar, sensitivity, position, version, created_by, created_at, updated_at)
		values (@id, @family, @name, @label_en, @label_fr, @label_ar,
			@description_en, @description_fr, @description_ar, @sensitivity,
			(select coalesce(max(position), 0) + 1 from vocabulary_terms where family = @family), @version, @by, @now, @now)
		on conflict (id) do nothing`,
		pg.Args{
			"id": t.ID, "family": t.Family, "name": t.Name, "label_en": t.LabelEn, "label_fr": t.LabelFr, "label_ar": t.LabelAr,
			"description_en": t.DescriptionEn, "description_fr": t.DescriptionFr, "description_ar": t.DescriptionAr,
			"sensitivity": t.Sensitivity, "version": t.Version, "by": id.OrNull(by), "now": t.CreatedAt,
		})
	if err == nil && n == 0 {
		return errReplayed
	}
	return err
}

// replayed is what a form that was sent before made, if it said the same.
func (s *Service) replayed(ctx context.Context, a authz.Actor, sent Term) (Term, error) {
	t, err := s.Term(ctx, sent.ID)
	if err != nil {
		return Term{}, err
	}
	mine, err := pg.Value[bool](ctx, s.db.Read(), `select created_by is not distinct from @by from vocabulary_terms where id = @id`,
		pg.Args{"id": sent.ID, "by": id.OrNull(a.User)})
	if err != nil {
		return Term{}, wrap("create term", err)
	}
	if !mine || t.Family != sent.Family || t.Name != sent.Name || t.About != sent.About {
		return Term{}, &problem.ConflictError{Key: "policy_rule.already_sent"}
	}
	return t, nil
}

// Edit changes what people call a term, its description and its sensitivity.
// version is the row version that the person saw; a stale one is a
// problem.ErrConflict that says who was faster (security.md CON-1). Permission:
// authz.VocabularyManage. An edit that changes nothing leaves no trace. One that
// would lower the term is ErrLowers: see Lower.
func (s *Service) Edit(ctx context.Context, a authz.Actor, tid id.Term, version int, about About) (Term, error) {
	return s.edit(ctx, a, tid, version, about, false)
}

func (s *Service) edit(ctx context.Context, a authz.Actor, tid id.Term, version int, about About, lower bool) (Term, error) {
	var t Term
	err := s.db.Change(ctx, a, authz.VocabularyManage, func(tx *pg.Tx) (audit.Event, error) {
		old, err := forUpdate(ctx, tx, a, tid, version)
		if err != nil {
			return audit.Event{}, err
		}
		about, err := about.check()
		if err != nil {
			return audit.Event{}, err
		}
		t = old
		if t.About = about; t.About == old.About {
			return audit.Event{}, pg.ErrNothing
		}
		if old.loweredBy(about) {
			if !lower {
				return audit.Event{}, ErrLowers
			}
			if err := tell(ctx, tx, a, t); err != nil {
				return audit.Event{}, err
			}
		}
		err = update(ctx, tx, &t)
		return t.event(audit.TermEdited, old.Version, t.changes(old.About)...), err
	})
	return t, wrap("edit term", err)
}

// Deprecate says from now on that a term should not be used any more. Nothing in
// force changes: documents that use it get a warning, and forms do not offer it.
// A term that is deprecated already is a problem.ErrConflict. Permission:
// authz.VocabularyManage.
func (s *Service) Deprecate(ctx context.Context, a authz.Actor, tid id.Term, version int) error {
	return wrap("deprecate term", s.move(ctx, a, tid, version, true))
}

// Restore puts a deprecated term back into use; one in use is a
// problem.ErrConflict. Permission: authz.VocabularyManage.
func (s *Service) Restore(ctx context.Context, a authz.Actor, tid id.Term, version int) error {
	return wrap("restore term", s.move(ctx, a, tid, version, false))
}

func (s *Service) move(ctx context.Context, a authz.Actor, tid id.Term, version int, deprecate bool) error {
	return s.db.Change(ctx, a, authz.VocabularyManage, func(tx *pg.Tx) (audit.Event, error) {
		t, err := forUpdate(ctx, tx, a, tid, version)
		if err != nil {
			return audit.Event{}, err
		}
		before := t.DeprecatedSince
		if (before != nil) == deprecate {
			return audit.Event{}, problem.ErrConflict
		}
		action := audit.TermRestored
		t.DeprecatedSince = nil
		if deprecate {
			now := tx.Now()
			action, t.DeprecatedSince = audit.TermDeprecated, &now
		}
		err = update(ctx, tx, &t)
		return t.event(action, version, audit.Diff(nil, "deprecated_since", deprecation(before), deprecation(t.DeprecatedSince))...), err
	})
}

// forUpdate locks a term and refuses a stale page.
func forUpdate(ctx context.Context, tx *pg.Tx, a authz.Actor, tid id.Term, version int) (Term, error) {
	t, err := pg.One[Term](ctx, tx, `select `+columns+` from vocabulary_terms t where t.id = @id for update`, pg.Args{"id": tid})
	if err == nil && t.Version != version {
		err = pg.Stale(ctx, tx, a, audit.Term, tid.String())
	}
	return t, err
}

func update(ctx context.Context, tx *pg.Tx, t *Term) error {
	seen := t.Version
	t.Version, t.UpdatedAt = seen+1, tx.Now()
	return pg.Exec1(ctx, tx, `
		update vocabulary_terms set label_en = @label_en, label_fr = @label_fr, label_ar = @label_ar,
			description_en = @description_en, description_fr = @description_fr, description_ar = @description_ar,
			sensitivity = @sensitivity, deprecated_since = @since, version = @version, updated_at = @now
		where id = @id and version = @seen`,
		pg.Args{
			"id": t.ID, "label_en": t.LabelEn, "label_fr": t.LabelFr, "label_ar": t.LabelAr,
			"description_en": t.DescriptionEn, "description_fr": t.DescriptionFr, "description_ar": t.DescriptionAr,
			"sensitivity": t.Sensitivity, "since": t.DeprecatedSince, "version": t.Version, "seen": seen, "now": t.UpdatedAt,
		})
}
