// Package serviceaccount is the screens of other systems' access to the API:
// list, make, show once, edit, rotate, deactivate, for Partner Admins.
package serviceaccount

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/serviceaccount"
	"portal/web/export"
	"portal/web/page"
	"portal/web/route"
)

const listURL = "/service-accounts"

func showURL(said id.ServiceAccount) string            { return listURL + "/" + said.String() }
func doURL(said id.ServiceAccount, verb string) string { return showURL(said) + "/" + verb }

type handlers struct {
	accounts *serviceaccount.Service
	trail    page.Trail
}

// Routes are the rows of these pages; all need service_account.manage.
func Routes(accounts *serviceaccount.Service, trail page.Trail) []route.Route {
	h := handlers{accounts: accounts, trail: trail}
	needs := route.Needs(authz.ServiceManage)
	return []route.Route{
		route.Get(listURL, needs, h.list),
		route.Get(listURL+".csv", needs, h.file),
		route.Post(listURL, needs, h.create),
		route.Get(listURL+"/new", needs, h.newForm),
		route.Get(listURL+"/{id}", needs, h.show),
		route.Post(listURL+"/{id}", needs, h.save),
		route.Get(listURL+"/{id}/edit", needs, h.editForm),
		route.Get(listURL+"/{id}/rotate", needs, h.askRotate),
		route.Post(listURL+"/{id}/rotate", needs, h.rotate),
		route.Get(listURL+"/{id}/deactivate", needs, h.askDeactivate),
		route.Post(listURL+"/{id}/deactivate", needs, h.deactivate),
	}
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	p, err := h.accounts.Accounts(r.Context(), serviceaccount.List.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := serviceaccount.List.Parse(r.URL.Query())
	return export.Send(w, r, export.File[serviceaccount.Account]{
		Name: "service-accounts", Needs: authz.ServiceManage, Rows: h.accounts.Listing(q),
		Columns: table(r.Context(), list.Page[serviceaccount.Account]{Query: q}).Columns,
	})
}

// account is what the address names.
func (h handlers) account(r *http.Request) (serviceaccount.Full, error) {
	said, err := id.Parse[id.ServiceAccount](chi.URLParam(r, "id"))
	if err != nil {
		return serviceaccount.Full{}, err
	}
	return h.accounts.Account(r.Context(), said)
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	a, err := h.account(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(a, h.trail))
}
