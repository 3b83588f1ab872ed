// Package certificate is the screens of partners' certificates: a partner sends
// its own, looks at each check before it counts, and finds help to make one; a
// Partner Admin sees everybody's. It decides nothing: what is good, and which one
// counts, is told by internal/certificate.
package certificate

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	certs *certificate.Service
	trail page.Trail
}

// The addresses (design README, "Addresses").
const (
	listURL = "/certificates"
	newURL  = listURL + "/new"
	helpURL = listURL + "/help"
)

// formLimit is how many bytes an upload's form may send: the certificate in base64
// on the second page, and the fields around it (security.md LIM-1).
const formLimit = certdoc.MaxBytes/3*4 + 10<<10

// Routes are the rows of partners' certificates. Reading needs certificate.read,
// and reaches the reader's own; sending and withdrawing certificate.upload.
func Routes(certs *certificate.Service, trail page.Trail) []route.Route {
	h := handlers{certs: certs, trail: trail}
	read, upload := route.Needs(authz.CertificateRead), route.Needs(authz.CertificateUpload)
	return []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(newURL, upload, h.choose),
		route.Post(listURL, upload, h.submit).WithLimit(formLimit),
		route.Get(helpURL, upload, h.help),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/original.cer", read, h.original),
		route.Get(listURL+"/{id}/certificate.pem", read, h.pem),
		route.Get(listURL+"/{id}/chain.p7b", read, h.p7b),
		route.Get(listURL+"/{id}/withdraw", upload, h.ask),
		route.Post(listURL+"/{id}/withdraw", upload, h.withdraw),
	}
}

func showURL(cid id.Certificate) string { return listURL + "/" + cid.String() }

func withdrawURL(cid id.Certificate) string { return showURL(cid) + "/withdraw" }

// load finds the certificate of the address, as far as the reader's scope
// reaches.
func (h handlers) load(r *http.Request) (certificate.Full, error) {
	cid, err := id.Parse[id.Certificate](chi.URLParam(r, "id"))
	if err != nil {
		return certificate.Full{}, err
	}
	return h.certs.Certificate(r.Context(), page.Actor(r.Context()).Scope(), cid)
}
