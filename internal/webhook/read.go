package webhook

import (
	"context"
	"encoding/json"
	"time"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

const webhookColumns = `w.id, w.url, w.description, w.types, w.status, w.gone, w.secret_made_at, w.old_secret_ends_at, w.failing_since,
	(select count(*) from webhook_deliveries d where d.webhook_id = w.id and d.status = 'queued' and w.status <> 'deactivated')::int as waiting,
	(select max(d.delivered_at) from webhook_deliveries d where d.webhook_id = w.id) as last_delivered_at,
	btrim(u.first_name || ' ' || u.last_name) as created_by_name, w.created_at, w.version, w.updated_at`

const webhookFrom = ` from webhooks w join users u on u.id = w.created_by`

// Webhooks is one page of the addresses.
func (s *Service) Webhooks(ctx context.Context, q list.Query) (list.Page[Webhook], error) {
	return s.Listing(q).Page(ctx)
}

// Listing is the list behind Webhooks, to be exported as a whole.
func (s *Service) Listing(q list.Query) pg.Listing[Webhook] {
	var w pg.Where
	if v := q.Filter("q"); v != "" {
		w.And("(w.description ilike @q or w.url ilike @q)", "q", list.Contains(v))
	}
	if v := q.Filter("status"); v != "" {
		w.And("w.status = @status", "status", v)
	}
	return pg.Listing[Webhook]{DB: s.db, Query: q, Columns: webhookColumns, From: webhookFrom, Where: w}
}

// Webhook is one address; problem.ErrNotFound if there is none.
func (s *Service) Webhook(ctx context.Context, wid id.Webhook) (Webhook, error) {
	return pg.One[Webhook](ctx, s.db.Read(), `select `+webhookColumns+webhookFrom+` where w.id = @id`, pg.Args{"id": wid})
}

// Name is an address by what people call it.
type Name struct {
	ID          id.Webhook
	Description string
}

// maxNames is how many addresses a filter offers; those in use come first.
const maxNames = 50

// Names are the addresses by name, for a filter.
func (s *Service) Names(ctx context.Context) ([]Name, error) {
	return pg.All[Name](ctx, s.db.Read(), `select id, description from webhooks
		order by status = 'deactivated', lower(description), id limit @max`, pg.Args{"max": maxNames})
}

// DeliveryStatus is where a delivery stands, as people see it.
type DeliveryStatus string

// The states of a delivery.
const (
	Queued    DeliveryStatus = "queued" // to be sent, or tried again
	Delivered DeliveryStatus = "delivered"
	GivenUp   DeliveryStatus = "given_up"  // tried for three days
	Cancelled DeliveryStatus = "cancelled" // its address is deactivated
)

// DeliveryStatuses are all of them, in the order of the filter.
var DeliveryStatuses = []DeliveryStatus{Queued, Delivered, GivenUp, Cancelled}

// shownStatus is the state that people see: nothing waits for an address that is
// over.
const shownStatus = `case when d.status = 'queued' and w.status = 'deactivated' then 'cancelled' else d.status end`

// Delivery is one event on its way to one address.
type Delivery struct {
	ID            id.WebhookDelivery
	WebhookID     id.Webhook
	Webhook       string // its description
	WebhookStatus Status
	EventID       id.WebhookEvent // the webhook-id
	Type          Type
	About         string // what the event calls the thing that it is about; may be empty
	Status        DeliveryStatus
	NotBefore     time.Time // when it is tried next, if it waits
	Attempts      int
	Resends       int
	LastOutcome   *string // of the newest attempt
	CreatedAt     time.Time
	DeliveredAt   *time.Time
}

const deliveryColumns = `d.id, d.webhook_id, w.description as webhook, w.status as webhook_status, d.event_id, e.type,
	coalesce(e.data ->> 'label', e.data ->> 'name', e.data ->> 'organisation', e.data ->> 'partner', e.data ->> 'subject', '') as about, ` + shownStatus + ` as status,
	d.not_before, d.attempts, d.resends, d.created_at, d.delivered_at,
	(select a.outcome from webhook_attempts a where a.delivery_id = d.id order by a.number desc limit 1) as last_outcome`

const deliveryFrom = ` from webhook_deliveries d join webhooks w on w.id = d.webhook_id join webhook_events e on e.id = d.event_id`

// DeliveryList is how deliveries can be sorted and filtered: "webhook" is an id.
var DeliveryList = list.Spec{
	Sorts: map[string]string{"created": "d.position"}, Default: "-created",
	Filters: []string{"webhook", "type", "status"}, TieBreak: "d.id",
}

// Deliveries is one page of the log of what was sent.
func (s *Service) Deliveries(ctx context.Context, q list.Query) (list.Page[Delivery], error) {
	return s.DeliveryListing(q).Page(ctx)
}

// DeliveryListing is the list behind Deliveries, to be exported as a whole.
func (s *Service) DeliveryListing(q list.Query) pg.Listing[Delivery] {
	var w pg.Where
	if v := q.Filter("webhook"); v != "" {
		wid, err := id.Parse[id.Webhook](v)
		if err == nil {
			w.And("d.webhook_id = @webhook", "webhook", wid)
		} else { // no address has such an id: nothing is found
			w.And("false", "", nil)
		}
	}
	if v := q.Filter("type"); v != "" {
		w.And("e.type = @type", "type", v)
	}
	switch v := DeliveryStatus(q.Filter("status")); v {
	case "":
	case GivenUp, Delivered: // the rows' own: an index knows them
		w.And("d.status = @status", "status", string(v))
	default:
		w.And(shownStatus+" = @status", "status", string(v))
	}
	return pg.Listing[Delivery]{DB: s.db, Query: q, Columns: deliveryColumns, From: deliveryFrom, Where: w}
}

// Attempt is one try, and what came of it.
type Attempt struct {
	Number  int
	At      time.Time
	TookMS  int
	Outcome Outcome
	Status  int    // of the answer; 0: none came
	Answer  string // its beginning
}

// Full is a delivery with its body and its attempts, newest first.
type Full struct {
	Delivery
	URL  string // of the address now
	Body string // as it is sent
	Log  []Attempt
}

// Delivery is one delivery; problem.ErrNotFound if there is none.
func (s *Service) Delivery(ctx context.Context, did id.WebhookDelivery) (Full, error) {
	d, err := pg.One[Delivery](ctx, s.db.Read(), `select `+deliveryColumns+deliveryFrom+` where d.id = @id`, pg.Args{"id": did})
	if err != nil {
		return Full{}, err
	}
	more, err := pg.One[struct {
		URL string
		eventRow
	}](ctx, s.db.Read(), `select w.url, e.type, e.data::text as data, e.created_at as event_at
		from webhooks w, webhook_events e where w.id = @webhook and e.id = @event`, pg.Args{"webhook": d.WebhookID, "event": d.EventID})
	if err != nil {
		return Full{}, err
	}
	body, err := more.body()
	if err != nil {
		return Full{}, err
	}
	log, err := pg.All[Attempt](ctx, s.db.Read(), `select number, at, took_ms, outcome, status, answer
		from webhook_attempts where delivery_id = @id order by number desc limit 100`, pg.Args{"id": did})
	return Full{Delivery: d, URL: more.URL, Body: string(body), Log: log}, err
}

// eventRow is an event as it is stored.
type eventRow struct {
	Type    Type
	Data    string
	EventAt time.Time
}

// body is what is sent of an event: the same bytes each time.
func (e eventRow) body() ([]byte, error) {
	return json.Marshal(struct {
		Type      Type            `json:"type"`
		Timestamp string          `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{e.Type, e.EventAt.UTC().Format(time.RFC3339Nano), json.RawMessage(e.Data)})
}

// Trouble is what a Partner Admin should look at.
type Trouble struct {
	GivenUp int // deliveries that nobody sent again
	Failing int // active addresses that have accepted nothing for a while
	Gone    int // addresses that their receiver says are gone
}

// Trouble counts it, in one statement.
func (s *Service) Trouble(ctx context.Context) (Trouble, error) {
	return pg.One[Trouble](ctx, s.db.Read(), `select
		(select count(*) from webhook_deliveries d join webhooks w on w.id = d.webhook_id
			where d.status = 'given_up' and w.status <> 'deactivated')::int as given_up,
		(select count(*) from webhooks where status = 'active' and failing_since < @since)::int as failing,
		(select count(*) from webhooks where status = 'paused' and gone)::int as gone`,
		pg.Args{"since": s.db.Now().Add(-tellAfter)})
}

// Receivers is how many addresses are told of events of a type now.
func (s *Service) Receivers(ctx context.Context, t Type) (int, error) {
	return pg.Value[int](ctx, s.db.Read(), `select count(*) from webhooks
		where status = 'active' and (cardinality(types) = 0 or @type = any(types))`, pg.Args{"type": string(t)})
}
