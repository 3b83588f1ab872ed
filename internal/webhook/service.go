package webhook

import (
	"context"
	"slices"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// Service keeps the addresses. Sending is Worker's.
type Service struct {
	db      *pg.DB
	keys    secret.Keys
	private bool
}

// NewService keeps addresses in db, their secrets sealed with keys. private lets
// addresses in the installation's own network be used (setting webhook-private).
func NewService(db *pg.DB, keys secret.Keys, private bool) *Service {
	return &Service{db: db, keys: keys, private: private}
}

// Create adds an active address and returns its secret, which nobody can see
// again (security.md KEY-1). Permission: authz.WebhookManage. The same form sent
// again makes nothing and returns no secret; with other words in it it is a
// *problem.ConflictError. Errors: *problem.InvalidError at "url", "description",
// "types".
func (s *Service) Create(ctx context.Context, a authz.Actor, in Input) (Secret, error) {
	made, stored := newSecret(), false
	err := s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		if err := in.check(s.private); err != nil {
			return audit.Event{}, err
		}
		n, err := tx.Exec(ctx, `
			insert into webhooks (id, url, description, types, status, secret, secret_made_at, created_by, created_at, updated_at)
			values (@id, @url, @description, @types, 'active', @secret, @now, @by, @now, @now)
			on conflict (id) do nothing`,
			pg.Args{
				"id": in.ID, "url": in.URL, "description": in.Description, "types": typeNames(in.Types),
				"secret": seal(s.keys, made, in.ID), "by": a.User, "now": tx.Now(),
			})
		if err != nil {
			return audit.Event{}, err
		}
		if stored = n == 1; !stored {
			return audit.Event{}, s.sentBefore(ctx, tx, a, in)
		}
		if err := room(ctx, tx); err != nil {
			return audit.Event{}, err
		}
		w := Webhook{ID: in.ID, Description: in.Description}
		return w.event(audit.WebhookCreated, 0, 1, in.diff(nil)), nil
	})
	if err != nil || !stored {
		return Secret{}, err
	}
	return made, nil
}

// sentBefore is pg.ErrNothing for the same form of the same person.
func (s *Service) sentBefore(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input) error {
	there, err := pg.One[struct {
		URL         string
		Description string
		Types       []string
		CreatedBy   id.User
	}](ctx, tx, `select url, description, types, created_by from webhooks where id = @id`, pg.Args{"id": in.ID})
	if err != nil {
		return err
	}
	if there.CreatedBy == a.User && there.URL == in.URL && there.Description == in.Description && slices.Equal(there.Types, typeNames(in.Types)) {
		return pg.ErrNothing
	}
	return &problem.ConflictError{Key: "webhook.conflict.sent_before"}
}

// room refuses one address too many (security.md LIM-4). Those who add one wait
// for each other.
func room(ctx context.Context, tx *pg.Tx) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('portal.webhooks', 4))`, nil); err != nil {
		return err
	}
	n, err := pg.Value[int](ctx, tx, `select count(*) from webhooks where status <> 'deactivated'`, nil)
	if err == nil && n > MaxLive {
		err = problem.Invalid("url", "webhook.problem.too_many", "Max", MaxLive)
	}
	return err
}

// Edit changes what is known of an address; its secret stays. version is the row
// version that the person saw. Permission: authz.WebhookManage. Errors: Create's,
// problem.ErrNotFound, a problem.ErrConflict for a stale page and for one that is
// deactivated. An edit that changes nothing leaves no trace.
func (s *Service) Edit(ctx context.Context, a authz.Actor, wid id.Webhook, version int, in Input) error {
	return s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := lock(ctx, tx, a, wid, version)
		if err != nil {
			return audit.Event{}, err
		}
		if w.Status == Deactivated {
			return audit.Event{}, &state409
		}
		if err := in.check(s.private); err != nil {
			return audit.Event{}, err
		}
		before := Input{URL: w.URL, Description: w.Description, Types: typesOf(w.Types)}
		if before.URL == in.URL && before.Description == in.Description && slices.Equal(before.Types, in.Types) {
			return audit.Event{}, pg.ErrNothing
		}
		w.Description = in.Description
		_, err = tx.Exec(ctx, `update webhooks set url = @url, description = @description, types = @types,
				version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": wid, "url": in.URL, "description": in.Description, "types": typeNames(in.Types), "now": tx.Now()})
		return w.event(audit.WebhookEdited, version, version+1, in.diff(&before)), err
	})
}

// state409 is a change to an address that is over.
var state409 = problem.ConflictError{Key: "webhook.conflict.deactivated"}

// Pause keeps back what is to be sent to an address; it goes on collecting.
// Permission: authz.WebhookManage. A stale page, or a state that it cannot be
// paused from, is a problem.ErrConflict.
func (s *Service) Pause(ctx context.Context, a authz.Actor, wid id.Webhook, version int) error {
	return s.move(ctx, a, wid, version, Paused, audit.WebhookPaused)
}

// Resume sends again, what was collected first. Permission and errors: Pause's.
func (s *Service) Resume(ctx context.Context, a authz.Actor, wid id.Webhook, version int) error {
	return s.move(ctx, a, wid, version, Active, audit.WebhookResumed)
}

// Deactivate ends an address for good: its secret is forgotten, and what waits is
// never sent. Permission and errors: Pause's.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, wid id.Webhook, version int) error {
	return s.move(ctx, a, wid, version, Deactivated, audit.WebhookDeactivated)
}

func (s *Service) move(ctx context.Context, a authz.Actor, wid id.Webhook, version int, to Status, action audit.Action) error {
	return s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := lock(ctx, tx, a, wid, version)
		if err != nil {
			return audit.Event{}, err
		}
		return moveTo(ctx, tx, w, to, action)
	})
}

// moveTo moves a locked address. What failed before is forgotten where it starts
// anew.
func moveTo(ctx context.Context, tx *pg.Tx, w Webhook, to Status, action audit.Action) (audit.Event, error) {
	if err := Statuses.Check(w.Status, to); err != nil {
		return audit.Event{}, err
	}
	_, err := tx.Exec(ctx, `
		update webhooks set status = @to, gone = @gone, failing_since = null, told_at = null,
			secret = case when @to = 'deactivated' then null else secret end,
			old_secret = case when @to = 'deactivated' then null else old_secret end,
			old_secret_ends_at = case when @to = 'deactivated' then null else old_secret_ends_at end,
			version = version + 1, updated_at = @now
		where id = @id`,
		pg.Args{"id": w.ID, "to": string(to), "gone": action == audit.WebhookGone, "now": tx.Now()})
	detail := audit.Diff(nil, "status", string(w.Status), string(to))
	return w.event(action, w.Version, w.Version+1, detail), err
}

// Overlaps are how long the old secret may go on signing beside a new one, as the
// form names them.
var Overlaps = map[string]time.Duration{"none": 0, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}

// Rotate makes a new secret and returns it, once. For overlap the old one signs
// too, so that the receiver can change over; with 0 it is forgotten at once, for
// one that leaked. Permission: authz.WebhookManage. Errors: Pause's, and
// *problem.InvalidError at "overlap".
func (s *Service) Rotate(ctx context.Context, a authz.Actor, wid id.Webhook, version int, overlap string) (Secret, error) {
	made := newSecret()
	err := s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := lock(ctx, tx, a, wid, version)
		if err != nil {
			return audit.Event{}, err
		}
		if w.Status == Deactivated {
			return audit.Event{}, &state409
		}
		keep, ok := Overlaps[overlap]
		if !ok {
			return audit.Event{}, problem.Invalid("overlap", "problem.choose")
		}
		_, err = tx.Exec(ctx, `
			update webhooks set secret = @secret, secret_made_at = @now,
				old_secret = case when @keep then secret end,
				old_secret_ends_at = case when @keep then @ends::timestamptz end,
				version = version + 1, updated_at = @now
			where id = @id`,
			pg.Args{"id": wid, "secret": seal(s.keys, made, wid), "keep": keep > 0, "ends": tx.Now().Add(keep), "now": tx.Now()})
		return w.event(audit.WebhookRotated, version, version+1, nil), err
	})
	if err != nil {
		return Secret{}, err
	}
	return made, nil
}

// SendTest sends a portal.ping to an address, whatever it chose, once it is not
// paused. version keeps a second click from sending a second one. Permission:
// authz.WebhookManage. Errors: Pause's.
func (s *Service) SendTest(ctx context.Context, a authz.Actor, wid id.Webhook, version int) error {
	return s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := lock(ctx, tx, a, wid, version)
		if err != nil {
			return audit.Event{}, err
		}
		if w.Status == Deactivated {
			return audit.Event{}, &state409
		}
		if err := insert(ctx, tx, wid, Event{Type: Ping, Data: map[string]any{"webhook": wid}}); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `update webhooks set version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": wid, "now": tx.Now()})
		return w.event(audit.WebhookTested, version, version+1, nil), err
	})
}

// Resend puts a delivery at the head of its queue again, with the same webhook-id
// and body, and a fresh row of tries. resends is how often that was done when the
// page was drawn: a second click, or a colleague's, does nothing more. Permission:
// authz.WebhookManage. Errors: problem.ErrNotFound, a problem.ErrConflict where
// the address is deactivated.
func (s *Service) Resend(ctx context.Context, a authz.Actor, did id.WebhookDelivery, resends int) error {
	return s.db.Change(ctx, a, authz.WebhookManage, func(tx *pg.Tx) (audit.Event, error) {
		w, err := pg.One[Webhook](ctx, tx, `select `+webhookColumns+webhookFrom+`
			where w.id = (select webhook_id from webhook_deliveries where id = @id) for no key update of w`, pg.Args{"id": did})
		if err != nil {
			return audit.Event{}, err
		}
		if w.Status == Deactivated {
			return audit.Event{}, &state409
		}
		what, err := pg.Values[string](ctx, tx, `
			update webhook_deliveries d set status = 'queued', not_before = @now, failures = 0, resends = resends + 1, delivered_at = null
			from webhook_events e where d.id = @id and d.resends = @resends and e.id = d.event_id
			returning e.type || ' ' || e.id`, pg.Args{"id": did, "resends": resends, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		if len(what) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		return w.event(audit.WebhookResent, w.Version, w.Version, []audit.Change{{Field: "event", After: what[0]}}), nil
	})
}

// lock takes an address for a change and refuses a stale page. Events that are
// published meanwhile do not wait for it.
func lock(ctx context.Context, tx *pg.Tx, a authz.Actor, wid id.Webhook, version int) (Webhook, error) {
	w, err := pg.One[Webhook](ctx, tx, `select `+webhookColumns+webhookFrom+` where w.id = @id for no key update of w`, pg.Args{"id": wid})
	if err == nil && w.Version != version {
		err = pg.Stale(ctx, tx, a, audit.Webhook, wid.String())
	}
	return w, err
}

func typeNames(types []Type) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return names
}

func typesOf(names []string) []Type {
	var types []Type
	for _, n := range names {
		types = append(types, Type(n))
	}
	return types
}

// diff is what an input changes, for the audit log; before is nil for a new one.
func (in Input) diff(before *Input) []audit.Change {
	var url, description, types string
	if before != nil {
		url, description, types = shownURL(before.URL), before.Description, before.shownTypes()
	}
	detail := audit.Diff(nil, "url", url, shownURL(in.URL))
	detail = audit.Diff(detail, "description", description, in.Description)
	return audit.Diff(detail, "event", types, in.shownTypes())
}

func (in Input) shownTypes() string {
	if len(in.Types) == 0 {
		return "all_events"
	}
	return strings.Join(typeNames(in.Types), " ")
}
