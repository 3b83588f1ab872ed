package certificate

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/list"
	"portal/web/certwords"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// list is everybody's certificates for staff, and the own ones with how they stand
// for a partner.
func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor := page.Actor(ctx)
	rows, err := h.certs.Certificates(actor.Scope(), certificate.List.Parse(r.URL.Query())).Page(ctx)
	if err != nil {
		return err
	}
	if actor.Scope().All {
		return page.Render(w, r, http.StatusOK, listPage(rows))
	}
	held, err := h.certs.Standing(ctx, actor.Scope(), actor.Partner)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, ownPage(held, rows))
}

// file is the list for a spreadsheet.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := certificate.List.Parse(r.URL.Query())
	return export.Send(w, r, export.File[certificate.Row]{
		Name: "certificates", Needs: authz.CertificateRead, Rows: h.certs.Certificates(page.Actor(r.Context()).Scope(), q),
		Columns: table(r.Context(), list.Page[certificate.Row]{Query: q}).Columns,
	})
}

func table(ctx context.Context, rows list.Page[certificate.Row]) ui.TableOf[certificate.Row] {
	t := ui.TableOf[certificate.Row]{Page: rows, Path: listURL, CSV: true, Caption: i18n.T(ctx, "certificate.caption"), Empty: emptyList()}
	if page.Actor(ctx).Scope().All {
		t.Columns = []ui.Column[certificate.Row]{
			{
				Sort: "partner", Label: i18n.T(ctx, "certificate.partner"),
				Cell: func(r certificate.Row) templ.Component {
					return ui.LinkTo(ui.Link{Href: showURL(r.ID), Text: r.Partner})
				},
				File: func(r certificate.Row) string { return r.Partner },
			},
			{
				Label: i18n.T(ctx, "certificate.public_id"), Cell: func(r certificate.Row) templ.Component { return ui.Code(r.PublicID) },
				File: func(r certificate.Row) string { return r.PublicID },
			},
			{
				Sort: "domain", Label: i18n.T(ctx, "certificate.domain"),
				Cell: func(r certificate.Row) templ.Component { return certwords.Key(r.Domain) },
				File: func(r certificate.Row) string { return r.Domain },
			},
			{Label: i18n.T(ctx, "certificate.subject"), File: func(r certificate.Row) string { return r.Subject }},
		}
	} else {
		t.Columns = []ui.Column[certificate.Row]{{
			Sort: "subject", Label: i18n.T(ctx, "certificate.subject"),
			Cell: func(r certificate.Row) templ.Component {
				return ui.LinkTo(ui.Link{Href: showURL(r.ID), Text: certwords.Name(r.Subject)})
			},
			File: func(r certificate.Row) string { return r.Subject },
		}}
	}
	t.Columns = append(t.Columns, common(ctx)...)
	return t
}

// common are the columns that everybody sees.
func common(ctx context.Context) []ui.Column[certificate.Row] {
	return []ui.Column[certificate.Row]{
		{
			Label: i18n.T(ctx, "certificate.issuer"),
			Cell:  func(r certificate.Row) templ.Component { return ui.Text(certwords.Name(r.Issuer)) },
			File:  func(r certificate.Row) string { return r.Issuer },
		},
		{Label: i18n.T(ctx, "certificate.key"), File: func(r certificate.Row) string { return r.Key }},
		{
			Sort: "ends", Label: i18n.T(ctx, "certificate.valid_until"),
			Cell: func(r certificate.Row) templ.Component { return certwords.End(r.NotAfter) },
			File: func(r certificate.Row) string { return export.Time(r.NotAfter) },
		},
		{
			Label: i18n.T(ctx, "common.status"), Cell: func(r certificate.Row) templ.Component { return certwords.StateTag(ctx, r.State) },
			File: func(r certificate.Row) string { return certwords.StateText(ctx, r.State) },
		},
		{
			Sort: "uploaded", Label: i18n.T(ctx, "certificate.sent"),
			Cell: func(r certificate.Row) templ.Component { return ui.Date(r.UploadedAt) },
			File: func(r certificate.Row) string { return export.Time(r.UploadedAt) },
		},
		{Label: i18n.T(ctx, "export.id"), File: func(r certificate.Row) string { return r.ID.String() }},
	}
}

func filters(ctx context.Context) []ui.FilterField {
	states := []ui.Option{}
	for _, s := range certificate.States {
		states = append(states, ui.Option{Value: string(s), Text: certwords.StateText(ctx, s)})
	}
	return []ui.FilterField{
		{Name: "partner", Label: i18n.T(ctx, "certificate.partner")},
		{Name: "domain", Label: i18n.T(ctx, "certificate.domain"), Options: certwords.DomainOptions(ctx, "")},
		{Name: "state", Label: i18n.T(ctx, "common.status"), Options: states},
		{Name: "within", Label: i18n.T(ctx, "certificate.ends_within"), Options: certwords.WithinOptions(ctx)},
	}
}
