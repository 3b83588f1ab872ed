package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

// Rendered is a mail as it goes out: plain text, the header set fixed by the
// transport (security.md INJ-2).
type Rendered struct {
	Subject, Text string
	Unsubscribe   string // the address that switches mails like this off; "" for an essential one
}

// Outgoing is a Rendered with its addresses. ID makes the Message-ID, the same
// for every try.
type Outgoing struct {
	ID id.Message
	To string
	Rendered
}

// Transport hands a mail over. An error that is a *PermanentError is not tried again.
type Transport func(ctx context.Context, m Outgoing) error

// PermanentError is a refusal that no retry can change.
type PermanentError struct{ Err error }

func (p *PermanentError) Error() string { return p.Err.Error() }
func (p *PermanentError) Unwrap() error { return p.Err }

// Worker sends what stands in the outbox. Several replicas may run one each:
// rows are claimed under a lease with SKIP LOCKED.
type Worker struct {
	DB     *pg.DB
	Render func(Message) (Rendered, error)
	Send   Transport
	// HandedOff runs in the transaction that marks a mail as sent: a code's
	// life begins here (security.md REG-5).
	HandedOff func(ctx context.Context, tx *pg.Tx, challenge id.Challenge) error
}

const (
	lease     = 2 * time.Minute
	sendLimit = 30 * time.Second
	batch     = 20
	giveUp    = 24 * time.Hour
	firstWait = 10 * time.Second
	longWait  = time.Hour
	keepSent  = 30 * 24 * time.Hour
)

// wait is how long to wait after so many tries: 10 s, doubled up to an hour.
func wait(attempts int) time.Duration {
	d := firstWait
	for range attempts - 1 {
		if d *= 2; d >= longWait {
			return longWait
		}
	}
	return d
}

type claimed struct {
	ID          id.Message
	Kind        Kind
	Recipient   string
	UserID      id.User
	Lang        string
	Params      string
	ChallengeID id.Challenge
	Attempts    int // this one included: with the id it names the claim
	CreatedAt   time.Time
	Codes       [][]byte
	Names       []string
}

func (c claimed) message() (Message, error) {
	m := Message{Kind: c.Kind, To: c.Recipient, User: c.UserID, Lang: c.Lang, Challenge: c.ChallengeID}
	for i := range min(len(c.Codes), len(c.Names)) {
		m.Receipts = append(m.Receipts, Receipt{c.Codes[i], c.Names[i]})
	}
	err := json.Unmarshal([]byte(c.Params), &m.Params)
	return m, err
}

// claimedColumns are those of a mail m with the receipts r of its change. Only a
// partner's people get some: of their own partner and of what is nobody's, such as a
// policy. Staff see theirs where they decide.
const (
	claimedColumns = `m.id, m.kind, m.recipient, m.user_id, m.lang, m.params::text as params, m.challenge_id, m.attempts, m.created_at,
		coalesce(r.codes, '{}') as codes, coalesce(r.names, '{}') as names`
	withReceipts = ` left join lateral (
		select array_agg(x.code) as codes, array_agg(x.subject_name) as names from (
			select r.code, l.subject_name from receipts r join audit_log l on l.seq = r.seq join users u on u.id = m.user_id
			where r.change_id = m.change_id and u.partner_id is not null and (l.partner_id is null or l.partner_id = u.partner_id)
			order by r.seq limit @receipts) as x) as r on true`
)

// Run sends everything that is due, oldest first. An error means that the
// database is away; a mail that could not be sent is no error, it waits.
func (w *Worker) Run(ctx context.Context) error {
	for {
		mails, until, err := w.claim(ctx)
		if err != nil || len(mails) == 0 {
			return err
		}
		for i, m := range mails {
			if !w.DB.Now().Add(2 * sendLimit).Before(until) { // one for the connection, one for the mail
				if err := w.giveBack(ctx, mails[i:]); err != nil {
					return err
				}
				break
			}
			if err := w.deliver(ctx, m); err != nil {
				return err
			}
		}
	}
}

// giveBack lets go of mails that would not be handed over before their lease
// ends: a slow server, or a process that was stopped. Another worker may have
// some of them by now, and those stay its own (fault plan F11).
func (w *Worker) giveBack(ctx context.Context, mails []claimed) error {
	return w.DB.Housekeep(ctx, "give mails back", func(tx *pg.Tx) error {
		for _, m := range mails {
			if _, err := tx.Exec(ctx, `update mail_outbox set lease_until = null, attempts = attempts - 1
				where id = @id and status = 'queued' and attempts = @attempts`,
				pg.Args{"id": m.ID, "attempts": m.Attempts}); err != nil {
				return err
			}
		}
		return nil
	})
}

// claim takes what is due; until is when others may take it again.
func (w *Worker) claim(ctx context.Context) (mails []claimed, until time.Time, err error) {
	err = w.DB.Housekeep(ctx, "claim mails", func(tx *pg.Tx) error {
		until = tx.Now().Add(lease)
		mails, err = pg.All[claimed](ctx, tx, `
			with due as (
				select id from mail_outbox
				where status = 'queued' and not_before <= @now and (lease_until is null or lease_until < @now)
				order by position limit @batch for update skip locked)
			, taken as (
				update mail_outbox m set lease_until = @lease, attempts = m.attempts + 1 from due where m.id = due.id
				returning m.id, m.kind, m.recipient, m.user_id, m.lang, m.params, m.challenge_id, m.attempts, m.created_at, m.position, m.change_id)
			select `+claimedColumns+` from taken m`+withReceipts+` order by m.position`,
			pg.Args{"now": tx.Now(), "lease": until, "batch": batch, "receipts": MaxReceipts + 1})
		return err
	})
	return mails, until, err
}

func (w *Worker) deliver(ctx context.Context, c claimed) error {
	m, err := c.message()
	if err == nil {
		err = w.send(ctx, c.ID, m)
	}
	if err == nil {
		return w.sent(ctx, c, m)
	}
	if ctx.Err() != nil {
		return ctx.Err() // shutting down: the lease runs out and another worker takes it
	}
	return w.failed(ctx, c, err)
}

func (w *Worker) send(ctx context.Context, mid id.Message, m Message) error {
	r, err := w.Render(m)
	if err != nil {
		return &PermanentError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return w.Send(ctx, Outgoing{ID: mid, To: m.To, Rendered: r})
}

func (w *Worker) sent(ctx context.Context, c claimed, m Message) error {
	return w.DB.Housekeep(ctx, "mark mail as sent", func(tx *pg.Tx) error {
		if _, err := tx.Exec(ctx, `update mail_outbox set status = 'sent', sent_at = @now, lease_until = null, last_error = ''
			where id = @id and status = 'queued'`, pg.Args{"id": c.ID, "now": tx.Now()}); err != nil {
			return err
		}
		if w.HandedOff == nil || id.IsZero(m.Challenge) {
			return nil
		}
		return w.HandedOff(ctx, tx, m.Challenge)
	})
}

// failed puts a mail back for later, or gives it up where an admin sees it. A
// worker whose lease ran out says nothing of a mail that another one has claimed
// since.
func (w *Worker) failed(ctx context.Context, c claimed, cause error) error {
	var permanent *PermanentError
	now := w.DB.Now()
	status := "queued"
	if errors.As(cause, &permanent) || now.Sub(c.CreatedAt) > giveUp {
		status = "failed"
	}
	text := cause.Error()
	if len(text) > 500 {
		text = text[:500]
	}
	slog.WarnContext(ctx, "mail not sent", "mail", c.ID.String(), "kind", string(c.Kind), "attempt", c.Attempts, "given_up", status == "failed", "error", text)
	return w.DB.Housekeep(ctx, "mark mail as failed", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `update mail_outbox set status = @status, not_before = @later, lease_until = null, last_error = @error
			where id = @id and status = 'queued' and attempts = @attempts`,
			pg.Args{"id": c.ID, "attempts": c.Attempts, "status": status, "later": now.Add(wait(c.Attempts)), "error": text})
		return err
	})
}

// Purge forgets mails that were sent long ago.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge mails", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from mail_outbox where status = 'sent' and sent_at < @before`, pg.Args{"before": tx.Now().Add(-keepSent)})
		return err
	})
}

// Entry is a mail in the outbox's list.
type Entry struct {
	ID        id.Message
	Kind      Kind
	Recipient string
	Lang      string
	Status    string
	Attempts  int
	NotBefore time.Time
	LastError string
	CreatedAt time.Time
	SentAt    *time.Time
}

// OutboxList is how the outbox can be sorted and filtered.
var OutboxList = list.Spec{
	Sorts:    map[string]string{"created": "position", "recipient": "recipient", "status": "status"},
	Default:  "-created",
	Filters:  []string{"status", "q"},
	TieBreak: "position",
}

// Outbox is one page of the outbox without the texts, for admins and for the
// development mailbox.
func Outbox(ctx context.Context, db *pg.DB, q list.Query) (list.Page[Entry], error) {
	return Listing(db, q).Page(ctx)
}

// Listing is the list behind Outbox, to be exported as a whole.
func Listing(db *pg.DB, q list.Query) pg.Listing[Entry] {
	var w pg.Where
	if s := q.Filter("status"); s == "queued" || s == "sent" || s == "failed" {
		w.And("status = @status", "status", s)
	}
	if s := q.Filter("q"); s != "" {
		w.And("recipient ilike @q", "q", list.Contains(s))
	}
	return pg.Listing[Entry]{
		DB: db, Query: q, From: "from mail_outbox", Where: w,
		Columns: "id, kind, recipient, lang, status, attempts, not_before, last_error, created_at, sent_at",
	}
}

// Failed counts the mails that were given up.
func Failed(ctx context.Context, db *pg.DB) (int, error) {
	return pg.Value[int](ctx, db.Read(), `select count(*) from mail_outbox where status = 'failed'`, nil)
}

// Load is one mail of the outbox, to render it again.
func Load(ctx context.Context, db *pg.DB, mid id.Message) (Message, Entry, error) {
	e, err := pg.One[Entry](ctx, db.Read(), `select id, kind, recipient, lang, status, attempts, not_before, last_error, created_at, sent_at
		from mail_outbox where id = @id`, pg.Args{"id": mid})
	if err != nil {
		return Message{}, e, err
	}
	c, err := pg.One[claimed](ctx, db.Read(), `select `+claimedColumns+` from mail_outbox m`+withReceipts+` where m.id = @id`, pg.Args{"id": mid, "receipts": MaxReceipts + 1})
	if err != nil {
		return Message{}, e, err
	}
	m, err := c.message()
	return m, e, err
}

// Retry puts a given-up mail back into the queue (authz.MailRead). A mail in
// any other state is problem.ErrConflict.
func Retry(ctx context.Context, db *pg.DB, a authz.Actor, mid id.Message) error {
	return db.Change(ctx, a, authz.MailRead, func(tx *pg.Tx) (audit.Event, error) {
		kind, err := pg.Value[string](ctx, tx, `select kind from mail_outbox where id = @id for update`, pg.Args{"id": mid})
		if err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `update mail_outbox set status = 'queued', not_before = @now, created_at = @now, attempts = 0
			where id = @id and status = 'failed'`, pg.Args{"id": mid, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, fmt.Errorf("retry mail: %w", err)
		}
		return audit.Event{Action: audit.MailRetried, Subject: audit.Subject{Kind: audit.Mail, ID: mid.String(), Name: kind}}, nil
	})
}
