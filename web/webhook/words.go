package webhook

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/internal/webhook"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

var tagKinds = map[webhook.Status]string{webhook.Active: "good", webhook.Paused: "waiting", webhook.Deactivated: "neutral"}

func statusText(ctx context.Context, s webhook.Status) string {
	return i18n.T(ctx, "webhook.status."+string(s))
}

var deliveryKinds = map[webhook.DeliveryStatus]string{
	webhook.Queued: "waiting", webhook.Delivered: "good", webhook.GivenUp: "bad", webhook.Cancelled: "neutral",
}

func deliveryText(ctx context.Context, s webhook.DeliveryStatus) string {
	return i18n.T(ctx, "webhook.delivery."+string(s))
}

// typeText says what an event is about.
func typeText(ctx context.Context, t webhook.Type) string {
	return i18n.T(ctx, "webhook.event."+string(t))
}

func outcomeText(ctx context.Context, o webhook.Outcome) string {
	return i18n.T(ctx, "webhook.outcome."+string(o))
}

func table(ctx context.Context, p list.Page[webhook.Webhook]) ui.TableOf[webhook.Webhook] {
	type hook = webhook.Webhook
	return ui.TableOf[hook]{
		Page: p, Path: listURL, CSV: true, Caption: i18n.T(ctx, "webhook.title"),
		Empty: ui.Empty(i18n.T(ctx, "webhook.empty"), i18n.T(ctx, "webhook.empty_text"), &ui.Link{Href: listURL + "/new", Text: i18n.T(ctx, "webhook.create")}),
		Columns: []ui.Column[hook]{
			{Sort: "description", Label: i18n.T(ctx, "common.description"), Cell: func(w hook) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(w.ID), Text: w.Description})
			}, File: func(w hook) string { return w.Description }},
			// The whole address often ends in a key, which belongs in no file.
			{Label: i18n.T(ctx, "webhook.host"), Cell: func(w hook) templ.Component { return ui.Code(w.Host()) }, File: hook.Host},
			{
				Label: i18n.T(ctx, "webhook.events"), Cell: func(w hook) templ.Component { return plain(chosenText(ctx, w)) },
				File: func(w hook) string { return cmp.Or(strings.Join(w.Types, "\n"), chosenText(ctx, w)) },
			},
			{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(w hook) templ.Component {
				return ui.Tag(tagKinds[w.Status], statusText(ctx, w.Status))
			}, File: func(w hook) string { return statusText(ctx, w.Status) }},
			{
				Label: i18n.T(ctx, "webhook.last"), Cell: func(w hook) templ.Component { return lastCell(w) },
				File: func(w hook) string { return export.Moment(w.LastDeliveredAt) },
			},
			{
				Label: i18n.T(ctx, "webhook.waiting"), Numeric: true, Cell: func(w hook) templ.Component { return plain(strconv.Itoa(w.Waiting)) },
				File: func(w hook) string { return strconv.Itoa(w.Waiting) },
			},
			{Label: i18n.T(ctx, "export.id"), File: func(w hook) string { return w.ID.String() }},
		},
	}
}

// chosenText says how many events an address gets.
func chosenText(ctx context.Context, w webhook.Webhook) string {
	if len(w.Types) == 0 {
		return i18n.T(ctx, "webhook.all_events")
	}
	return i18n.T(ctx, "webhook.some_events", "Count", len(w.Types))
}

func filters(ctx context.Context) []ui.FilterField {
	var statuses []ui.Option
	for _, s := range []webhook.Status{webhook.Active, webhook.Paused, webhook.Deactivated} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: statusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "webhook.search")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}

// rows are what is known of an address.
func rows(ctx context.Context, w webhook.Webhook) []ui.Row {
	all := []ui.Row{
		{Label: i18n.T(ctx, "webhook.url"), Component: ui.Code(w.URL)},
		{Label: i18n.T(ctx, "webhook.events"), Component: chosenTypes(w)},
	}
	if w.Status != webhook.Deactivated {
		secret := ui.Row{Label: i18n.T(ctx, "webhook.secret"), Value: i18n.T(ctx, "webhook.secret.made", "When", i18n.DateTime(ctx, w.SecretMadeAt))}
		if w.Overlapping(page.Now(ctx)) {
			secret.Note = i18n.T(ctx, "webhook.secret.overlap", "When", i18n.DateTime(ctx, *w.OldSecretEndsAt))
		}
		all = append(all, secret, ui.Row{Label: i18n.T(ctx, "webhook.waiting"), Component: waitingCell(w)})
	}
	return append(all,
		ui.Row{Label: i18n.T(ctx, "webhook.last"), Component: lastCell(w)},
		ui.Row{Label: i18n.T(ctx, "common.created"), Component: ui.Time(w.CreatedAt), Note: w.CreatedByName},
	)
}

// typeOptions are the boxes for the events.
func typeOptions(ctx context.Context, chosen []webhook.Type) []ui.Option {
	var options []ui.Option
	for _, t := range webhook.Types {
		options = append(options, ui.Option{Value: string(t), Text: typeText(ctx, t), Hint: isolate(string(t)), Selected: slices.Contains(chosen, t)})
	}
	return options
}

// isolate sets a technical name apart from the sentence's direction.
func isolate(s string) string { return "\u2066" + s + "\u2069" }

func whichOptions(ctx context.Context, all bool) []ui.Option {
	return []ui.Option{
		{Value: "all", Text: i18n.T(ctx, "webhook.which.all"), Hint: i18n.T(ctx, "webhook.which.all_hint"), Selected: all},
		{Value: "some", Text: i18n.T(ctx, "webhook.which.some"), Selected: !all},
	}
}

// overlapOptions are in the order from the leak to the quiet change.
func overlapOptions(ctx context.Context, chosen string) []ui.Option {
	var options []ui.Option
	for _, o := range []string{"none", "day", "week"} {
		options = append(options, ui.Option{
			Value: o, Text: i18n.T(ctx, "webhook.overlap."+o), Hint: i18n.T(ctx, "webhook.overlap."+o+".hint"), Selected: o == chosen,
		})
	}
	return options
}

func deliveryColumns(ctx context.Context, withHook bool) []ui.Column[webhook.Delivery] {
	type delivery = webhook.Delivery
	columns := []ui.Column[delivery]{
		{
			Label: i18n.T(ctx, "webhook.event"), Cell: func(d delivery) templ.Component { return eventCell(d) },
			File: func(d delivery) string { return string(d.Type) },
		},
		{Label: i18n.T(ctx, "webhook.about"), File: func(d delivery) string { return d.About }},
	}
	if withHook {
		columns = append(columns, ui.Column[delivery]{Label: i18n.T(ctx, "webhook.one"), Cell: func(d delivery) templ.Component {
			return ui.LinkTo(ui.Link{Href: showURL(d.WebhookID), Text: d.Webhook})
		}, File: func(d delivery) string { return d.Webhook }})
	}
	return append(columns,
		ui.Column[delivery]{
			Sort: "created", Label: i18n.T(ctx, "webhook.happened"), Cell: func(d delivery) templ.Component { return ui.Time(d.CreatedAt) },
			File: func(d delivery) string { return export.Time(d.CreatedAt) },
		},
		ui.Column[delivery]{Label: i18n.T(ctx, "common.status"), Cell: func(d delivery) templ.Component {
			return ui.Tag(deliveryKinds[d.Status], deliveryText(ctx, d.Status))
		}, File: func(d delivery) string { return deliveryText(ctx, d.Status) }},
		ui.Column[delivery]{
			Label: i18n.T(ctx, "webhook.result"), Cell: func(d delivery) templ.Component { return resultCell(d) },
			File: func(d delivery) string { return lastOutcome(ctx, d) },
		},
		ui.Column[delivery]{Label: i18n.T(ctx, "webhook.attempts"), File: func(d delivery) string { return strconv.Itoa(d.Attempts) }},
		ui.Column[delivery]{Label: i18n.T(ctx, "webhook.delivered_at"), File: func(d delivery) string { return export.Moment(d.DeliveredAt) }},
		ui.Column[delivery]{Label: i18n.T(ctx, "webhook.message_id"), File: func(d delivery) string { return d.EventID.String() }},
		ui.Column[delivery]{Label: i18n.T(ctx, "export.id"), File: func(d delivery) string { return d.ID.String() }},
	)
}

// onScreen are the columns that a page draws.
func onScreen(columns []ui.Column[webhook.Delivery]) []ui.Column[webhook.Delivery] {
	return slices.DeleteFunc(columns, func(c ui.Column[webhook.Delivery]) bool { return c.Cell == nil })
}

// lastOutcome is what came of the newest try, in words.
func lastOutcome(ctx context.Context, d webhook.Delivery) string {
	if d.LastOutcome == nil {
		return i18n.T(ctx, "webhook.not_tried")
	}
	return outcomeText(ctx, webhook.Outcome(*d.LastOutcome))
}

func deliveryTable(ctx context.Context, l log) ui.TableOf[webhook.Delivery] {
	return ui.TableOf[webhook.Delivery]{
		Page: l.Page, Path: deliveriesURL, CSV: true, Caption: i18n.T(ctx, "webhook.deliveries"), Columns: deliveryColumns(ctx, true),
		Empty: ui.Empty(i18n.T(ctx, "webhook.deliveries.empty"), i18n.T(ctx, "webhook.deliveries.empty_text"), &ui.Link{Href: listURL, Text: i18n.T(ctx, "webhook.title")}),
	}
}

func deliveryFilters(ctx context.Context, l log) []ui.FilterField {
	var hooks, types, statuses []ui.Option
	for _, n := range l.Names {
		hooks = append(hooks, ui.Option{Value: n.ID.String(), Text: n.Description})
	}
	for _, t := range append(slices.Clone(webhook.Types), webhook.Ping) {
		types = append(types, ui.Option{Value: string(t), Text: typeText(ctx, t)})
	}
	for _, s := range webhook.DeliveryStatuses {
		statuses = append(statuses, ui.Option{Value: string(s), Text: deliveryText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "webhook", Label: i18n.T(ctx, "webhook.one"), Options: hooks},
		{Name: "type", Label: i18n.T(ctx, "webhook.event"), Options: types},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
	}
}

// tookText is how long a try took, in the unit that people read.
func tookText(ctx context.Context, a webhook.Attempt) string {
	return i18n.T(ctx, "webhook.took", "Seconds", strconv.FormatFloat(float64(a.TookMS)/1000, 'f', 2, 64))
}

// answered is the status of an answer in words.
func answered(ctx context.Context, a webhook.Attempt) string {
	if a.Status == 0 {
		return outcomeText(ctx, a.Outcome)
	}
	return i18n.T(ctx, "webhook.answered", "Outcome", outcomeText(ctx, a.Outcome), "Status", a.Status)
}

func deliveryRows(ctx context.Context, d webhook.Full) []ui.Row {
	all := []ui.Row{
		{Label: i18n.T(ctx, "webhook.one"), Component: ui.LinkTo(ui.Link{Href: showURL(d.WebhookID), Text: d.Webhook})},
		{Label: i18n.T(ctx, "webhook.url"), Component: ui.Code(d.URL)},
		{Label: i18n.T(ctx, "webhook.event"), Component: ui.Code(string(d.Type))},
		{Label: i18n.T(ctx, "webhook.message_id"), Component: ui.Code(d.EventID.String()), Note: i18n.T(ctx, "webhook.id_note")},
		{Label: i18n.T(ctx, "webhook.happened"), Component: ui.Time(d.CreatedAt)},
	}
	if d.DeliveredAt != nil {
		all = append(all, ui.Row{Label: i18n.T(ctx, "webhook.delivered_at"), Component: ui.Time(*d.DeliveredAt)})
	}
	if d.Status == webhook.Queued && d.WebhookStatus == webhook.Active {
		all = append(all, ui.Row{Label: i18n.T(ctx, "webhook.next"), Component: ui.Time(d.NotBefore)})
	}
	return all
}

// documented is one type of event and what it holds.
type documented struct {
	Type   webhook.Type
	Fields []string
}

func catalogue() []documented {
	var all []documented
	for _, t := range append(slices.Clone(webhook.Types), webhook.Ping) {
		all = append(all, documented{t, webhook.Fields(t)})
	}
	return all
}

// fieldText says what a field holds.
func fieldText(ctx context.Context, name string) string { return i18n.T(ctx, "webhook.field."+name) }
