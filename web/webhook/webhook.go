// Package webhook is where a Partner Admin says which other systems are told of
// what is decided here, and sees what was sent to them. It decides nothing;
// package webhook of internal does. A secret stands on one page only, the answer to
// the form that made it (security.md KEY-1).
package webhook

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/webhook"
	"portal/web/export"
	"portal/web/page"
	"portal/web/route"
)

// The addresses of these pages.
const (
	listURL       = "/webhooks"
	eventsURL     = listURL + "/events"
	deliveriesURL = "/webhook-deliveries"
)

func showURL(wid id.Webhook) string             { return listURL + "/" + wid.String() }
func doURL(wid id.Webhook, verb string) string  { return showURL(wid) + "/" + verb }
func deliveryURL(did id.WebhookDelivery) string { return deliveriesURL + "/" + did.String() }
func deliveriesOf(wid id.Webhook, more string) string {
	return deliveriesURL + "?webhook=" + wid.String() + more
}

type handlers struct {
	hooks *webhook.Service
	trail page.Trail
}

// Routes are the pages about webhooks, for Partner Admins.
func Routes(hooks *webhook.Service, trail page.Trail) []route.Route {
	h := handlers{hooks: hooks, trail: trail}
	needs := route.Needs(authz.WebhookManage)
	return []route.Route{
		route.Get(listURL, needs, h.list),
		route.Get(listURL+".csv", needs, h.file),
		route.Post(listURL, needs, h.create),
		route.Get(listURL+"/new", needs, h.blank),
		route.Get(eventsURL, needs, h.events),
		route.Get(listURL+"/{id}", needs, h.show),
		route.Post(listURL+"/{id}", needs, h.save),
		route.Get(listURL+"/{id}/edit", needs, h.edit),
		route.Post(listURL+"/{id}/test", needs, h.test),
		route.Post(listURL+"/{id}/pause", needs, h.pause),
		route.Post(listURL+"/{id}/resume", needs, h.resume),
		route.Get(listURL+"/{id}/deactivate", needs, h.askDeactivate),
		route.Post(listURL+"/{id}/deactivate", needs, h.deactivate),
		route.Get(listURL+"/{id}/rotate", needs, h.askRotate),
		route.Post(listURL+"/{id}/rotate", needs, h.rotate),
		route.Get(deliveriesURL, needs, h.deliveries),
		route.Get(deliveriesURL+".csv", needs, h.deliveriesFile),
		route.Get(deliveriesURL+"/{id}", needs, h.delivery),
		route.Post(deliveriesURL+"/{id}/resend", needs, h.resend),
	}
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	p, err := h.hooks.Webhooks(r.Context(), webhook.List.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := webhook.List.Parse(r.URL.Query())
	return export.Send(w, r, export.File[webhook.Webhook]{
		Name: "webhooks", Needs: authz.WebhookManage, Rows: h.hooks.Listing(q),
		Columns: table(r.Context(), list.Page[webhook.Webhook]{Query: q}).Columns,
	})
}

// load is the address that the page is about.
func (h handlers) load(r *http.Request) (webhook.Webhook, error) {
	wid, err := id.Parse[id.Webhook](chi.URLParam(r, "id"))
	if err != nil {
		return webhook.Webhook{}, err
	}
	return h.hooks.Webhook(r.Context(), wid)
}

// shownLatest is how many deliveries stand on the page of their address.
const shownLatest = 10

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	hook, err := h.load(r)
	if err != nil {
		return err
	}
	q := webhook.DeliveryList.Parse(map[string][]string{"webhook": {hook.ID.String()}})
	q.Size = shownLatest
	latest, err := h.hooks.Deliveries(r.Context(), q)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(hook, latest.Items, h.trail))
}

func (h handlers) events(w http.ResponseWriter, r *http.Request) error {
	return page.Render(w, r, http.StatusOK, eventsPage())
}

// log is the list of deliveries with what its filter offers.
type log struct {
	list.Page[webhook.Delivery]
	Names []webhook.Name
}

func (h handlers) deliveries(w http.ResponseWriter, r *http.Request) error {
	p, err := h.hooks.Deliveries(r.Context(), webhook.DeliveryList.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	names, err := h.hooks.Names(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, deliveriesPage(log{p, names}))
}

// deliveriesFile is the log for a spreadsheet, without what was sent.
func (h handlers) deliveriesFile(w http.ResponseWriter, r *http.Request) error {
	return export.Send(w, r, export.File[webhook.Delivery]{
		Name: "webhook-deliveries", Needs: authz.WebhookManage, Columns: deliveryColumns(r.Context(), true),
		Rows: h.hooks.DeliveryListing(webhook.DeliveryList.Parse(r.URL.Query())),
	})
}

// loadDelivery is the delivery that the page is about.
func (h handlers) loadDelivery(r *http.Request) (webhook.Full, error) {
	did, err := id.Parse[id.WebhookDelivery](chi.URLParam(r, "id"))
	if err != nil {
		return webhook.Full{}, err
	}
	return h.hooks.Delivery(r.Context(), did)
}

func (h handlers) delivery(w http.ResponseWriter, r *http.Request) error {
	d, err := h.loadDelivery(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, deliveryPage(d))
}
