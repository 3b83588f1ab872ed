// Package note is what staff write down for each other about a thing. No partner
// ever sees a note, or that there is one: it stands in no history of the thing,
// and its events belong to no partner's trail. What a thing is, package thing
// says.
package note

import (
	"context"
	"fmt"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/thing"
)

const (
	// MaxText is how long a note may be, in characters.
	MaxText = 2000
	// EditTime is how long its author may change a note: then others have read it.
	EditTime = 15 * time.Minute
	// maxShown is how many notes a page shows, the newest.
	maxShown = 100
)

// Note is one note. Of a removed one only author and times are left.
type Note struct {
	ID          id.Note
	SubjectKind audit.Kind
	SubjectID   string
	Text        string
	AuthorID    id.User
	AuthorName  string
	CreatedAt   time.Time
	EditedAt    *time.Time
	RemovedAt   *time.Time
	Version     int
}

// Mine reports whether the actor wrote the note and can still remove it.
func (n Note) Mine(a authz.Actor) bool { return n.AuthorID == a.User && n.RemovedAt == nil }

// Editable reports whether the actor may still change the text.
func (n Note) Editable(a authz.Actor, now time.Time) bool {
	return n.Mine(a) && now.Before(n.CreatedAt.Add(EditTime))
}

// Service keeps the notes.
type Service struct{ db *pg.DB }

// NewService keeps notes in db.
func NewService(db *pg.DB) *Service { return &Service{db: db} }

const columns = `select n.id, n.subject_kind, n.subject_id::text as subject_id, n.text, n.author_id,
	btrim(u.first_name || ' ' || u.last_name) as author_name, n.created_at, n.edited_at, n.removed_at, n.version
	from internal_notes n join users u on u.id = n.author_id`

// Of are the notes about a thing, newest first, at most 100; none for who may not
// read notes about it, so that a page can ask for everybody.
func (s *Service) Of(ctx context.Context, a authz.Actor, kind audit.Kind, of string) ([]Note, error) {
	tid, err := id.Parse[id.Thing](of)
	if err != nil || !Reads(a, kind) {
		return nil, nil //nolint:nilerr // an id of another shape is that of nothing with notes
	}
	notes, err := pg.All[Note](ctx, s.db.Read(), columns+`
		where n.subject_kind = @kind and n.subject_id = @id order by n.created_at desc, n.id desc limit @max`,
		pg.Args{"kind": string(kind), "id": tid, "max": maxShown})
	return notes, wrap("notes", err)
}

// Reads reports whether the actor may read and write notes about things of a kind.
func Reads(a authz.Actor, kind audit.Kind) bool {
	return a.May(authz.NoteWrite) && thing.Noted(kind) && thing.Opens(a, kind)
}

// About is the thing that a note is about; problem.ErrNotFound if the actor may
// not open it.
func (s *Service) About(ctx context.Context, a authz.Actor, kind audit.Kind, of string) (thing.Thing, error) {
	t, err := thing.Find(ctx, s.db.Read(), a, kind, of)
	return t, wrap("about", err)
}

// Note is one note about a thing that the actor may open, and that thing;
// problem.ErrNotFound for any other.
func (s *Service) Note(ctx context.Context, a authz.Actor, nid id.Note) (Note, thing.Thing, error) {
	n, t, err := byID(ctx, s.db.Read(), a, nid, "")
	return n, t, wrap("note", err)
}

func byID(ctx context.Context, q pg.Querier, a authz.Actor, nid id.Note, lock string) (Note, thing.Thing, error) {
	n, err := pg.One[Note](ctx, q, columns+` where n.id = @id`+lock, pg.Args{"id": nid})
	if err != nil {
		return Note{}, thing.Thing{}, err
	}
	t, err := thing.Find(ctx, q, a, n.SubjectKind, n.SubjectID)
	return n, t, err
}

// Add notes something about a thing. Permission: authz.NoteWrite, and the thing
// must be one that the actor may open, else problem.ErrNotFound. nid comes from
// the form: one sent twice makes one note.
func (s *Service) Add(ctx context.Context, a authz.Actor, nid id.Note, kind audit.Kind, of, text string) error {
	err := s.db.Change(ctx, a, authz.NoteWrite, func(tx *pg.Tx) (audit.Event, error) {
		t, err := thing.Find(ctx, tx, a, kind, of)
		if err == nil && !thing.Noted(kind) {
			err = problem.ErrNotFound
		}
		if err != nil {
			return audit.Event{}, err
		}
		if text, err = checked(text); err != nil {
			return audit.Event{}, err
		}
		n, err := tx.Exec(ctx, `
			insert into internal_notes (id, subject_kind, subject_id, text, author_id, created_at)
			values (@id, @kind, @of, @text, @author, @now) on conflict (id) do nothing`,
			pg.Args{"id": nid, "kind": string(kind), "of": of, "text": text, "author": a.User, "now": tx.Now()})
		if err == nil && n == 0 {
			err = pg.ErrNothing
		}
		return event(audit.NoteAdded, t, 0, 1), err
	})
	return wrap("add note", err)
}

// Edit changes the text of the actor's own note while it is young: later, or if
// it was changed or removed meanwhile, it is a problem.ErrConflict.
func (s *Service) Edit(ctx context.Context, a authz.Actor, nid id.Note, version int, text string) error {
	return s.change(ctx, a, nid, audit.NoteEdited, func(tx *pg.Tx, n Note) error {
		text, err := checked(text)
		switch {
		case err != nil:
			return err
		case n.RemovedAt != nil:
			return &problem.ConflictError{Key: "note.conflict.removed"}
		case !n.Editable(a, tx.Now()):
			return &problem.ConflictError{Key: "note.conflict.late"}
		case n.Text == text:
			return pg.ErrNothing
		case n.Version != version:
			return &problem.ConflictError{Key: "problem.changed_by_you"} // nobody else can
		}
		return pg.Exec1(ctx, tx, `update internal_notes set text = @text, edited_at = @now, version = version + 1 where id = @id`,
			pg.Args{"id": nid, "text": text, "now": tx.Now()})
	})
}

// Remove takes the text of the actor's own note away for good, at any time. That
// there was one stays. A second time changes nothing.
func (s *Service) Remove(ctx context.Context, a authz.Actor, nid id.Note) error {
	return s.change(ctx, a, nid, audit.NoteRemoved, func(tx *pg.Tx, n Note) error {
		if n.RemovedAt != nil {
			return pg.ErrNothing
		}
		return pg.Exec1(ctx, tx, `update internal_notes set text = '', removed_at = @now, version = version + 1 where id = @id`,
			pg.Args{"id": nid, "now": tx.Now()})
	})
}

// change does something with the actor's own note; somebody else's is problem.ErrDenied.
func (s *Service) change(ctx context.Context, a authz.Actor, nid id.Note, action audit.Action, do func(*pg.Tx, Note) error) error {
	err := s.db.Change(ctx, a, authz.NoteWrite, func(tx *pg.Tx) (audit.Event, error) {
		n, t, err := byID(ctx, tx, a, nid, " for update of n")
		switch {
		case err != nil:
			return audit.Event{}, err
		case n.AuthorID != a.User:
			return audit.Event{}, problem.ErrDenied
		}
		return event(action, t, n.Version, n.Version+1), do(tx, n)
	})
	return wrap(string(action), err)
}

// event tells that there is, or was, a note: not what it says, so that removing
// one removes it.
func event(action audit.Action, t thing.Thing, before, after int) audit.Event {
	return audit.Event{
		Action:  action,
		Subject: audit.Subject{Kind: audit.Note, ID: string(t.Kind) + "/" + t.ID, Name: t.Name},
		Before:  before, After: after,
	}
}

func checked(text string) (string, error) {
	var f problem.Fields
	text = f.Lines("internal_note", text, MaxText, true)
	return text, f.Err()
}

// wrap names the work at the border of the package.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
