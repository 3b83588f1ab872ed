// Package truststore is a Partner Admin's screens of the trust store: the list,
// an upload that is looked through before it counts, one certificate with its
// chain, and the ways to decide on it. It decides nothing: what is good, and who
// may, is told by internal/certificate.
package truststore

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/assignment"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/list"
	"portal/web/certwords"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
	"portal/web/ui"
)

type handlers struct {
	certs *certificate.Service
	trail page.Trail
	work  page.Trail // whose work a root is that waits
}

// listURL is the address of the trust store (design README, "Addresses").
const listURL = "/trust-store"

// formLimit is how many bytes an upload's form may send: the file in base64 on
// the second page, and the fields around it (security.md LIM-1).
const formLimit = certdoc.MaxBundleBytes/3*4 + 8<<10

// Routes are the rows of the trust store; all need trust_store.manage.
func Routes(certs *certificate.Service, trail, work page.Trail) []route.Route {
	h := handlers{certs: certs, trail: trail, work: work}
	manage := route.Needs(authz.TrustStoreManage)
	rows := []route.Route{
		route.Get(listURL, manage, h.list),
		route.Get(listURL+".csv", manage, h.file),
		route.Get(listURL+"/new", manage, h.choose),
		route.Post(listURL, manage, h.submit).WithLimit(formLimit),
		route.Get(listURL+"/{id}", manage, h.show),
		route.Get(listURL+"/{id}/certificate.pem", manage, h.pem),
		route.Get(listURL+"/{id}/chain.p7b", manage, h.p7b),
	}
	for _, d := range decisions {
		rows = append(rows,
			route.Get(listURL+"/{id}/"+d.verb, manage, h.ask(d)),
			route.Post(listURL+"/{id}/"+d.verb, manage, h.decide(d)))
	}
	return rows
}

func showURL(cid id.CACertificate) string { return listURL + "/" + cid.String() }

func doURL(cid id.CACertificate, verb string) string { return showURL(cid) + "/" + verb }

// load finds the certificate of the address.
func (h handlers) load(r *http.Request) (certificate.FullCA, error) {
	cid, err := id.Parse[id.CACertificate](chi.URLParam(r, "id"))
	if err != nil {
		return certificate.FullCA{}, err
	}
	return h.certs.CA(r.Context(), cid)
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	rows, err := h.certs.TrustStore(page.Actor(r.Context()).Scope(), certificate.TrustList.Parse(r.URL.Query())).Page(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(rows))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := certificate.TrustList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[certificate.CA]{
		Name: "trust-store", Needs: authz.TrustStoreManage, Rows: h.certs.TrustStore(page.Actor(r.Context()).Scope(), q),
		Columns: table(r.Context(), list.Page[certificate.CA]{Query: q}).Columns,
	})
}

func table(ctx context.Context, rows list.Page[certificate.CA]) ui.TableOf[certificate.CA] {
	return ui.TableOf[certificate.CA]{
		Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "trust_store.caption"), Empty: emptyList(),
		Columns: []ui.Column[certificate.CA]{
			{
				Sort: "subject", Label: i18n.T(ctx, "trust_store.issued_to"),
				Cell: func(ca certificate.CA) templ.Component {
					return caLink(ca)
				},
				File: func(ca certificate.CA) string { return ca.Subject },
			},
			{
				Sort: "issuer", Label: i18n.T(ctx, "trust_store.issued_by"),
				Cell: func(ca certificate.CA) templ.Component { return ui.Text(certwords.Name(ca.Issuer)) },
				File: func(ca certificate.CA) string { return ca.Issuer },
			},
			{
				Sort: "kind", Label: i18n.T(ctx, "trust_store.kind"),
				Cell: func(ca certificate.CA) templ.Component { return oneLine(kindText(ctx, ca.Kind)) },
				File: func(ca certificate.CA) string { return kindText(ctx, ca.Kind) },
			},
			{
				Sort: "domain", Label: i18n.T(ctx, "certificate.domain"),
				Cell: func(ca certificate.CA) templ.Component { return certwords.Key(ca.Domain) },
				File: func(ca certificate.CA) string { return ca.Domain },
			},
			{
				Sort: "ends", Label: i18n.T(ctx, "certificate.valid_until"),
				Cell: func(ca certificate.CA) templ.Component { return certwords.End(ca.NotAfter) },
				File: func(ca certificate.CA) string { return export.Time(ca.NotAfter) },
			},
			{
				Sort: "status", Label: i18n.T(ctx, "common.status"),
				Cell: func(ca certificate.CA) templ.Component { return certwords.CATag(ctx, ca.Status) },
				File: func(ca certificate.CA) string { return certwords.CAStatusText(ctx, ca.Status) },
			},
			{Label: i18n.T(ctx, "assignment.column"), File: func(ca certificate.CA) string { return ca.TakenBy }},
			{Label: i18n.T(ctx, "export.id"), File: func(ca certificate.CA) string { return ca.ID.String() }},
		},
	}
}

func kindText(ctx context.Context, k certificate.CAKind) string {
	return i18n.T(ctx, "trust_store.kind."+string(k))
}

func filters(ctx context.Context) []ui.FilterField {
	kinds, statuses := []ui.Option{}, []ui.Option{}
	for _, k := range []certificate.CAKind{certificate.Root, certificate.Intermediate} {
		kinds = append(kinds, ui.Option{Value: string(k), Text: kindText(ctx, k)})
	}
	for _, s := range []certificate.CAStatus{certificate.Waiting, certificate.InUse, certificate.OutOfUse, certificate.Refused} {
		statuses = append(statuses, ui.Option{Value: string(s), Text: certwords.CAStatusText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "subject", Label: i18n.T(ctx, "trust_store.issued_to")},
		{Name: "issuer", Label: i18n.T(ctx, "trust_store.issued_by")},
		{Name: "domain", Label: i18n.T(ctx, "certificate.domain"), Options: certwords.DomainOptions(ctx, "")},
		{Name: "kind", Label: i18n.T(ctx, "trust_store.kind"), Options: kinds},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: statuses},
		{Name: "assigned", Label: i18n.T(ctx, "assignment.filter"), Options: []ui.Option{
			{Value: assignment.ByMe, Text: i18n.T(ctx, "assignment.filter.me")}, {Value: assignment.ByNobody, Text: i18n.T(ctx, "assignment.filter.nobody")},
		}},
		{Name: "within", Label: i18n.T(ctx, "certificate.ends_within"), Options: certwords.WithinOptions(ctx)},
	}
}
