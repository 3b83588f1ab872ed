package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// Worker sends what waits. Several replicas may run several each: an address is
// claimed under a lease with SKIP LOCKED, so that its events keep their order.
type Worker struct {
	DB     *pg.DB
	Keys   secret.Keys
	Client *http.Client
}

const (
	batch     = 10                          // tries under one lease
	lease     = (batch + 2) * sendLimit     // longer than all of them can take
	tellAfter = 24 * time.Hour              // of nothing accepted: staff are told
	keep      = 90 * 24 * time.Hour         // how long the log remembers
	agent     = "Partner-Portal-Webhooks/1" // who asks, for the receiver's log
)

// waits are the pauses after each failure, as Standard Webhooks proposes them:
// together a little over three days. After the last one a delivery is given up.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// claim is an address that this worker alone sends to until its lease ends.
type claim struct {
	ID         id.Webhook
	URL        string
	Secret     []byte
	OldSecret  []byte // nil: one secret signs
	LeaseUntil time.Time
}

// due is a delivery whose turn it is.
type due struct {
	ID      id.WebhookDelivery
	EventID id.WebhookEvent
	eventRow
}

// Run sends all that is due. An error means that the database is away; a receiver
// that does not accept is no error, its events wait.
func (w *Worker) Run(ctx context.Context) error {
	for {
		c, err := w.claim(ctx)
		if errors.Is(err, problem.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.serve(ctx, c); err != nil {
			return err
		}
	}
}

// claim takes the address whose oldest event has waited longest.
func (w *Worker) claim(ctx context.Context) (c claim, err error) {
	err = w.DB.Housekeep(ctx, "claim webhooks", func(tx *pg.Tx) error {
		c, err = pg.One[claim](ctx, tx, `
			with next as (
				select w.id from webhooks w
				cross join lateral (
					select d.not_before from webhook_deliveries d
					where d.webhook_id = w.id and d.status = 'queued' and d.not_before <= @now
					order by d.not_before limit 1) as first
				where w.status = 'active' and (w.lease_until is null or w.lease_until <= @now)
				order by first.not_before, w.id limit 1 for no key update of w skip locked)
			update webhooks w set lease_until = @lease from next where w.id = next.id
			returning w.id, w.url, w.secret, w.lease_until, case when w.old_secret_ends_at > @now then w.old_secret end as old_secret`,
			pg.Args{"now": tx.Now(), "lease": tx.Now().Add(lease)})
		return err
	})
	return c, err
}

// serve sends to one address in the order of its events, until all that is due is
// sent, one is not accepted (the others are tried at the next turn), or it has had
// its share.
func (w *Worker) serve(ctx context.Context, c claim) error {
	waiting, err := pg.All[due](ctx, w.DB.Read(), `
		select d.id, d.event_id, e.type, e.data::text as data, e.created_at as event_at
		from webhook_deliveries d join webhook_events e on e.id = d.event_id
		where d.webhook_id = @webhook and d.status = 'queued' and d.not_before <= @now
		order by d.position limit @batch`, pg.Args{"webhook": c.ID, "now": w.DB.Now(), "batch": batch})
	if err != nil {
		return err
	}
	for _, d := range waiting {
		tried := w.try(ctx, c, d)
		if ctx.Err() != nil {
			return ctx.Err() // shutting down: the lease runs out and another worker tries again
		}
		if err := w.record(ctx, c, d, tried); err != nil {
			return err
		}
		if tried.Outcome != OutcomeDelivered {
			break
		}
	}
	return w.DB.Housekeep(ctx, "release a webhook", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update webhooks set lease_until = null where id = @id and lease_until = @lease`,
			pg.Args{"id": c.ID, "lease": c.LeaseUntil})
		return err
	})
}

// try sends one event once. It never fails: what came of it is its answer.
func (w *Worker) try(ctx context.Context, c claim, d due) Attempt {
	a := Attempt{At: w.DB.Now()}
	start := time.Now() //nolint:forbidigo // how long it took is measured, whatever the application's clock says
	r, err := w.request(ctx, c, d, a.At)
	if err != nil {
		a.Outcome = OutcomeBroken
		return a
	}
	answer, err := w.Client.Do(r)
	if err == nil {
		a.Status, a.Outcome = answer.StatusCode, outcomeOf(answer.StatusCode)
		text, _ := io.ReadAll(io.LimitReader(answer.Body, answerRead)) // what did not come is not needed
		_ = answer.Body.Close()                                        // it was only read
		a.Answer = legible(text)
	} else {
		a.Outcome = outcomeOfError(err)
	}
	a.TookMS = int(time.Since(start).Milliseconds())
	return a
}

// request is the message with its signature, or two while a secret is changed.
func (w *Worker) request(ctx context.Context, c claim, d due, at time.Time) (*http.Request, error) {
	body, err := d.body()
	if err != nil {
		return nil, err
	}
	var signatures []string
	for _, sealed := range [][]byte{c.Secret, c.OldSecret} {
		if sealed == nil {
			continue
		}
		s, err := open(w.Keys, sealed, c.ID)
		if err != nil {
			return nil, err
		}
		signature, err := s.Sign(d.EventID.String(), at, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Webhook-Id", d.EventID.String())
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return r, nil
}

// legible is the beginning of an answer, as text that can be stored and shown.
func legible(answer []byte) string {
	if len(answer) > answerKept {
		answer = answer[:answerKept]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(answer), ""))
}

// record writes down what came of a try, and what follows from it. The address is
// locked first, as everywhere.
func (w *Worker) record(ctx context.Context, c claim, d due, a Attempt) error {
	if a.Outcome == OutcomeGone {
		return w.recordGone(ctx, c, d, a)
	}
	return w.DB.Housekeep(ctx, "record a webhook's try", func(tx *pg.Tx) error {
		hook, err := lockForRecord(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if err := store(ctx, tx, d.ID, a); err != nil {
			return err
		}
		return hook.judge(ctx, tx, a)
	})
}

// recordGone pauses an address that says it is gone. It goes on collecting: a
// receiver that says so by mistake loses nothing.
func (w *Worker) recordGone(ctx context.Context, c claim, d due, a Attempt) error {
	err := w.DB.Change(ctx, authz.SystemActor(), authz.SystemWork, func(tx *pg.Tx) (audit.Event, error) {
		hook, err := lockForRecord(ctx, tx, c.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if err := store(ctx, tx, d.ID, a); err != nil {
			return audit.Event{}, err
		}
		if err := hook.tell(ctx, tx, mail.WebhookGone); err != nil {
			return audit.Event{}, err
		}
		return moveTo(ctx, tx, hook.Webhook, Paused, audit.WebhookGone)
	})
	if errors.Is(err, problem.ErrConflict) { // somebody paused or ended it meanwhile: nothing is left to do but to remember the try
		return w.DB.Housekeep(ctx, "record a webhook's try", func(tx *pg.Tx) error { return store(ctx, tx, d.ID, a) })
	}
	return err
}

// hook is an address whose try is recorded.
type hook struct {
	Webhook
	ToldAt *time.Time
}

func lockForRecord(ctx context.Context, tx *pg.Tx, wid id.Webhook) (hook, error) {
	return pg.One[hook](ctx, tx, `select `+webhookColumns+`, w.told_at`+webhookFrom+` where w.id = @id for no key update of w`, pg.Args{"id": wid})
}

// store adds a try to its delivery, and says what becomes of that.
func store(ctx context.Context, tx *pg.Tx, did id.WebhookDelivery, a Attempt) error {
	before, err := pg.One[struct {
		Failures, Attempts int
		Status             string
	}](ctx, tx, `select failures, attempts, status from webhook_deliveries where id = @id for update`, pg.Args{"id": did})
	if errors.Is(err, problem.ErrNotFound) {
		return nil // purged meanwhile
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		insert into webhook_attempts (delivery_id, number, at, took_ms, outcome, status, answer)
		values (@id, @number, @at, @took, @outcome, @status, @answer)`,
		pg.Args{
			"id": did, "number": before.Attempts + 1, "at": a.At, "took": a.TookMS, "outcome": string(a.Outcome),
			"status": a.Status, "answer": a.Answer,
		}); err != nil {
		return err
	}
	next, failures, after := "queued", before.Failures+1, tx.Now()
	switch {
	case a.Outcome == OutcomeDelivered, before.Status == "delivered":
		next, failures = "delivered", before.Failures
	case before.Failures >= len(waits):
		next = "given_up"
	default:
		after = after.Add(waits[before.Failures])
	}
	_, err = tx.Exec(ctx, `
		update webhook_deliveries set attempts = attempts + 1, failures = @failures, status = @next, not_before = @after,
			delivered_at = case when @next = 'delivered' then coalesce(delivered_at, @now) end
		where id = @id`, pg.Args{"id": did, "failures": failures, "next": next, "after": after, "now": tx.Now()})
	return err
}

// judge remembers since when an address accepts nothing, and tells staff once when
// that is long.
func (h hook) judge(ctx context.Context, tx *pg.Tx, a Attempt) error {
	if a.Outcome == OutcomeDelivered {
		_, err := tx.Exec(ctx, `update webhooks set failing_since = null, told_at = null where id = @id and failing_since is not null`, pg.Args{"id": h.ID})
		return err
	}
	if h.FailingSince == nil {
		_, err := tx.Exec(ctx, `update webhooks set failing_since = @now where id = @id`, pg.Args{"id": h.ID, "now": tx.Now()})
		return err
	}
	if h.ToldAt != nil || tx.Now().Sub(*h.FailingSince) < tellAfter {
		return nil
	}
	if _, err := tx.Exec(ctx, `update webhooks set told_at = @now where id = @id`, pg.Args{"id": h.ID, "now": tx.Now()}); err != nil {
		return err
	}
	return h.tell(ctx, tx, mail.WebhookFailing)
}

func (h hook) tell(ctx context.Context, tx *pg.Tx, kind mail.Kind) error {
	return account.TellStaff(ctx, tx, authz.WebhookManage, kind, id.User{},
		map[string]string{"Webhook": h.Description, "Path": "/webhooks/" + h.ID.String()})
}

// Purge forgets what happened long ago, whatever became of it.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge webhooks", func(tx *pg.Tx) error {
		before := pg.Args{"before": tx.Now().Add(-keep)}
		if _, err := tx.Exec(ctx, `delete from webhook_deliveries where created_at < @before`, before); err != nil {
			return fmt.Errorf("deliveries: %w", err)
		}
		_, err := tx.Exec(ctx, `delete from webhook_events e where created_at < @before
			and not exists (select 1 from webhook_deliveries d where d.event_id = e.id)`, before)
		return err
	})
}
