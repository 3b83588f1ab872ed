// Package apikey is the screens of API keys. A partner makes keys for its grants,
// sees each once, rotates and deactivates them; a Partner Admin sees all and
// deactivates. It decides nothing: internal/apikey does.
package apikey

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/apikey"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/web/export"
	"portal/web/page"
	"portal/web/route"
)

const (
	listURL = "/api-keys"
	newURL  = listURL + "/new"
)

func showURL(kid id.APIKey) string            { return listURL + "/" + kid.String() }
func doURL(kid id.APIKey, verb string) string { return showURL(kid) + "/" + verb }

// madeFor is the form for a key of one grant.
func madeFor(g apikey.Grant) string { return newURL + "?grant=" + g.ID.String() }

type handlers struct {
	keys  *apikey.Service
	trail page.Trail
}

// Routes are the rows of these pages. Reading needs api_key.read, making and
// rotating api_key.create, which no staff holds, ending api_key.deactivate.
func Routes(keys *apikey.Service, trail page.Trail) []route.Route {
	h := handlers{keys: keys, trail: trail}
	read, create, end := route.Needs(authz.APIKeyRead), route.Needs(authz.APIKeyCreate), route.Needs(authz.APIKeyDeactivate)
	return []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Post(listURL, create, h.create),
		route.Get(newURL, create, h.newForm),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/rotate", create, h.askRotate),
		route.Post(listURL+"/{id}/rotate", create, h.rotate),
		route.Get(listURL+"/{id}/deactivate", end, h.askDeactivate),
		route.Post(listURL+"/{id}/deactivate", end, h.deactivate),
	}
}

// spec is how the reader sees the list: a partner by grant, staff newest first.
func spec(ctx context.Context) *list.Spec {
	if page.Actor(ctx).Staff() {
		return &apikey.List
	}
	return &apikey.OwnList
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := h.keys.Keys(ctx, page.Actor(ctx).Scope(), spec(ctx).Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := spec(ctx).Parse(r.URL.Query())
	return export.Send(w, r, export.File[apikey.Key]{
		Name: "api-keys", Needs: authz.APIKeyRead, Rows: h.keys.Listing(page.Actor(ctx).Scope(), q),
		Columns: table(ctx, list.Page[apikey.Key]{Query: q}).Columns,
	})
}

// key is what the address names, if it is in the reader's scope.
func (h handlers) key(r *http.Request) (apikey.Full, error) {
	kid, err := id.Parse[id.APIKey](chi.URLParam(r, "id"))
	if err != nil {
		return apikey.Full{}, err
	}
	return h.keys.Key(r.Context(), page.Actor(r.Context()).Scope(), kid)
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	k, err := h.key(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(k, h.trail))
}
