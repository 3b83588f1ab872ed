// Package assignment says whose work something is that waits for a decision. It
// is a sign and no lock: whoever may decide may do so at any time, and deciding
// ends it, since the sign counts only for the round of the decision that
// somebody took on. What waits, package thing says; it decides nothing.
package assignment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/thing"
)

// Person is a member of staff.
type Person struct {
	ID   id.User
	Name string
}

// Work is how a thing stands: it waits (or not), and whose work it is.
type Work struct {
	thing.Thing
	Holder Person    // zero: nobody's
	Since  time.Time // it is the holder's
}

// Item is one thing that waits and is somebody's work.
type Item struct {
	Kind    audit.Kind
	ID      string
	Name    string
	Since   time.Time // it waits
	TakenAt time.Time
}

// Path is the thing's page.
func (i Item) Path() string { return thing.Path(i.Kind, i.ID) }

// Service keeps the signs.
type Service struct{ db *pg.DB }

// NewService keeps them in db.
func NewService(db *pg.DB) *Service { return &Service{db: db} }

// maxMine is how much of somebody's work is listed.
const maxMine = 50

// Mine is what waits and is the actor's work, what has waited longest first, at
// most 50.
func (s *Service) Mine(ctx context.Context, a authz.Actor) ([]Item, error) {
	items, err := pg.All[Item](ctx, s.db.Read(), `
		select w.kind, w.id::text as id, w.name, w.since, a.assigned_at as taken_at
		from assignments a join (`+thing.WaitingSQL()+`) w on w.kind = a.subject_kind and w.id = a.subject_id and w.round = a.round
		where a.user_id = @user order by w.since, w.id limit @max`, pg.Args{"user": a.User, "max": maxMine})
	return items, wrap("my work", err)
}

// Of is how a thing stands. problem.ErrNotFound if the actor may not open it.
func (s *Service) Of(ctx context.Context, a authz.Actor, kind audit.Kind, of string) (Work, error) {
	w, err := find(ctx, s.db.Read(), a, kind, of)
	return w, wrap("work", err)
}

func find(ctx context.Context, q pg.Querier, a authz.Actor, kind audit.Kind, of string) (Work, error) {
	t, err := thing.Find(ctx, q, a, kind, of)
	if err != nil || !t.Waits() {
		return Work{Thing: t}, err
	}
	h, err := pg.One[struct {
		ID         id.User
		Name       string
		AssignedAt time.Time
	}](ctx, q, `
		select u.id, btrim(u.first_name || ' ' || u.last_name) as name, a.assigned_at from assignments a join users u on u.id = a.user_id
		where a.subject_kind = @kind and a.subject_id = @id and a.round = @round and u.status = 'active'`,
		pg.Args{"kind": string(kind), "id": of, "round": t.Round})
	if errors.Is(err, problem.ErrNotFound) {
		return Work{Thing: t}, nil
	}
	return Work{Thing: t, Holder: Person{h.ID, h.Name}, Since: h.AssignedAt}, err
}

// Colleagues are those who may decide on things of a kind, by name: to choose
// from.
func (s *Service) Colleagues(ctx context.Context, kind audit.Kind) ([]Person, error) {
	people, err := pg.All[Person](ctx, s.db.Read(), people+` order by lower(u.first_name || ' ' || u.last_name), u.id`,
		pg.Args{"roles": authz.StaffWith(thing.Decides(kind))})
	return people, wrap("colleagues", err)
}

const people = `select u.id, btrim(u.first_name || ' ' || u.last_name) as name from users u
	where u.status = 'active' and u.partner_id is null and u.password is not null
		and exists (select 1 from user_roles r where r.user_id = u.id and r.role = any(@roles))`

// Assign makes a thing that waits the work of somebody who may decide on it: of
// the actor (taking it), or of a colleague, who gets a mail. seen is whose work
// the actor's page said it is (zero: nobody's); if it is somebody else's by now,
// that is a problem.ErrConflict that names them. Permission: to decide on things
// of the kind. What is so already leaves no trace.
func (s *Service) Assign(ctx context.Context, a authz.Actor, kind audit.Kind, of string, to, seen id.User) error {
	err := s.change(ctx, a, kind, of, func(tx *pg.Tx, w Work) (audit.Event, error) {
		person, err := pg.One[Person](ctx, tx, people+` and u.id = @id`, pg.Args{"roles": authz.StaffWith(thing.Decides(kind)), "id": to})
		if errors.Is(err, problem.ErrNotFound) {
			return audit.Event{}, problem.Invalid("to", "assignment.problem.colleague")
		}
		if err != nil {
			return audit.Event{}, err
		}
		n, err := tx.Exec(ctx, `
			insert into assignments (subject_kind, subject_id, round, user_id, assigned_by, assigned_at)
			values (@kind, @id, @round, @to, @by, @now)
			on conflict (subject_kind, subject_id) do update
			set round = excluded.round, user_id = excluded.user_id, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at
			where assignments.round <> excluded.round or assignments.user_id = @seen and assignments.user_id <> excluded.user_id
				or not exists (select 1 from users u where u.id = assignments.user_id and u.status = 'active')`,
			pg.Args{"kind": string(kind), "id": of, "round": w.Round, "to": to, "by": a.User, "now": tx.Now(), "seen": id.OrNull(seen)})
		if err != nil {
			return audit.Event{}, err
		}
		if n == 0 {
			return audit.Event{}, faster(ctx, tx, a, w.Thing, to)
		}
		if to == a.User {
			return audit.Event{Action: audit.WorkTaken, Subject: w.Subject(), Detail: taken(w.Holder)}, nil
		}
		event := audit.Event{Action: audit.WorkAssigned, Subject: w.Subject(), Detail: audit.Diff(nil, "assigned_to", w.Holder.Name, person.Name)}
		return event, account.TellUser(ctx, tx, to, mail.WorkAssigned, map[string]string{"Organisation": w.Name, "Actor": a.Name, "Path": w.Path()})
	})
	return wrap("assign", err)
}

// taken tells from whom something was taken over.
func taken(from Person) []audit.Change {
	if from.Name == "" {
		return nil
	}
	return []audit.Change{{Field: "assigned_to", Before: from.Name}}
}

// faster says whose work a thing became meanwhile.
func faster(ctx context.Context, tx *pg.Tx, a authz.Actor, t thing.Thing, to id.User) error {
	now, err := find(ctx, tx, a, t.Kind, t.ID)
	switch {
	case err != nil:
		return err
	case now.Holder.ID == to:
		return pg.ErrNothing
	}
	return &problem.ConflictError{Key: "assignment.conflict.taken", Args: []any{"Name", now.Holder.Name}}
}

// GiveBack makes a thing nobody's work again, if it is still whose the actor's
// page said. Permission and refusals as in Assign.
func (s *Service) GiveBack(ctx context.Context, a authz.Actor, kind audit.Kind, of string, seen id.User) error {
	err := s.change(ctx, a, kind, of, func(tx *pg.Tx, w Work) (audit.Event, error) {
		n, err := tx.Exec(ctx, `delete from assignments where subject_kind = @kind and subject_id = @id and round = @round and user_id = @seen`,
			pg.Args{"kind": string(kind), "id": of, "round": w.Round, "seen": seen})
		if err == nil && n == 0 {
			err = faster(ctx, tx, a, w.Thing, id.User{})
		}
		return audit.Event{Action: audit.WorkGivenBack, Subject: w.Subject(), Detail: taken(w.Holder)}, err
	})
	return wrap("give back", err)
}

// change finds the thing and does something about whose work it is. One that
// waits no more is a problem.ErrConflict.
func (s *Service) change(ctx context.Context, a authz.Actor, kind audit.Kind, of string, do func(*pg.Tx, Work) (audit.Event, error)) error {
	may := thing.Decides(kind)
	if may == "" {
		return problem.ErrNotFound
	}
	return s.db.Change(ctx, a, may, func(tx *pg.Tx) (audit.Event, error) {
		w, err := find(ctx, tx, a, kind, of)
		switch {
		case err != nil:
			return audit.Event{}, err
		case !w.Waits():
			return audit.Event{}, &problem.ConflictError{Key: "assignment.conflict.done"}
		}
		return do(tx, w)
	})
}

// wrap names the work at the border of the package.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
