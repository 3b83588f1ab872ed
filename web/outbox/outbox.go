// Package outbox shows the mails that wait, went out or were given up: to
// Partner Admins without their texts at /mail, and in development with the
// texts at /dev/mail, in place of a mail program.
package outbox

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/web/export"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
	"portal/web/ui"
)

type handlers struct {
	db     *pg.DB
	render func(mail.Message) (mail.Rendered, error)
}

// Routes are the admin's rows.
func Routes(db *pg.DB) []route.Route {
	h := handlers{db: db}
	return []route.Route{
		route.Get("/mail", route.Needs(authz.MailRead), h.list),
		route.Get("/mail.csv", route.Needs(authz.MailRead), h.file),
		route.Post("/mail/{id}/retry", route.Needs(authz.MailRead), h.retry),
	}
}

// DevRoutes are the development mailbox. Anybody may read it, so it must never
// be mounted where real mail is sent.
func DevRoutes(db *pg.DB, render func(mail.Message) (mail.Rendered, error)) []route.Route {
	h := handlers{db: db, render: render}
	return []route.Route{
		route.Get("/dev/mail", route.Anyone, h.mailbox),
		route.Get("/dev/mail/{id}", route.Anyone, h.message),
	}
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	p, err := mail.Outbox(r.Context(), h.db, mail.OutboxList.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the list for a spreadsheet, without the texts as on the screen.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	q := mail.OutboxList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[mail.Entry]{
		Name: "mail", Needs: authz.MailRead, Rows: mail.Listing(h.db, q), Columns: columns(r.Context()),
	})
}

func (h handlers) retry(w http.ResponseWriter, r *http.Request) error {
	mid, err := id.Parse[id.Message](chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if _, err := form.Parse(r); err != nil {
		return err
	}
	if err := mail.Retry(r.Context(), h.db, page.Actor(r.Context()), mid); err != nil {
		return err
	}
	page.Flash(r, "outbox.retried")
	return page.Redirect(w, r, "/mail?status=failed")
}

func (h handlers) mailbox(w http.ResponseWriter, r *http.Request) error {
	p, err := mail.Outbox(r.Context(), h.db, mail.OutboxList.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, mailboxPage(p))
}

func (h handlers) message(w http.ResponseWriter, r *http.Request) error {
	mid, err := id.Parse[id.Message](chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	m, entry, err := mail.Load(r.Context(), h.db, mid)
	if err != nil {
		return err
	}
	text, err := h.render(m)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, messagePage(entry, text))
}

func kind(ctx context.Context, e mail.Entry) string {
	return i18n.T(ctx, "mail."+string(e.Kind)+".name")
}

func status(ctx context.Context, e mail.Entry) templ.Component {
	kinds := map[string]string{"queued": "waiting", "sent": "good", "failed": "bad"}
	return ui.Tag(kinds[e.Status], i18n.T(ctx, "outbox.status."+e.Status))
}

func columns(ctx context.Context) []ui.Column[mail.Entry] {
	return []ui.Column[mail.Entry]{
		{
			Label: i18n.T(ctx, "outbox.mail"), Cell: func(e mail.Entry) templ.Component { return ui.Text(kind(ctx, e)) },
			File: func(e mail.Entry) string { return kind(ctx, e) },
		},
		{
			Sort: "recipient", Label: i18n.T(ctx, "outbox.to"), Cell: func(e mail.Entry) templ.Component { return ui.Code(e.Recipient) },
			File: func(e mail.Entry) string { return e.Recipient },
		},
		{
			Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(e mail.Entry) templ.Component { return status(ctx, e) },
			File: func(e mail.Entry) string { return i18n.T(ctx, "outbox.status."+e.Status) },
		},
		{
			Sort: "created", Label: i18n.T(ctx, "common.created"), Cell: func(e mail.Entry) templ.Component { return ui.Time(e.CreatedAt) },
			File: func(e mail.Entry) string { return export.Time(e.CreatedAt) },
		},
		{Label: i18n.T(ctx, "export.sent"), File: func(e mail.Entry) string { return export.Moment(e.SentAt) }},
		{
			Label: i18n.T(ctx, "outbox.problem"), Cell: func(e mail.Entry) templ.Component { return problemOf(e) },
			File: func(e mail.Entry) string { return e.LastError },
		},
		{Label: i18n.T(ctx, "export.id"), File: func(e mail.Entry) string { return e.ID.String() }},
		{Label: i18n.T(ctx, "common.actions"), Class: "end", Cell: func(e mail.Entry) templ.Component { return actions(e) }},
	}
}

func devColumns(ctx context.Context) []ui.Column[mail.Entry] {
	return []ui.Column[mail.Entry]{
		{Label: i18n.T(ctx, "outbox.mail"), Cell: func(e mail.Entry) templ.Component {
			return ui.LinkTo(ui.Link{Href: "/dev/mail/" + e.ID.String(), Text: kind(ctx, e)})
		}},
		{Sort: "recipient", Label: i18n.T(ctx, "outbox.to"), Cell: func(e mail.Entry) templ.Component { return ui.Code(e.Recipient) }},
		{Sort: "status", Label: i18n.T(ctx, "common.status"), Cell: func(e mail.Entry) templ.Component { return status(ctx, e) }},
		{Sort: "created", Label: i18n.T(ctx, "common.created"), Cell: func(e mail.Entry) templ.Component { return ui.Time(e.CreatedAt) }},
	}
}

func filters(ctx context.Context) []ui.FilterField {
	var options []ui.Option
	for _, s := range []string{"queued", "sent", "failed"} {
		options = append(options, ui.Option{Value: s, Text: i18n.T(ctx, "outbox.status."+s)})
	}
	return []ui.FilterField{
		{Name: "q", Label: i18n.T(ctx, "outbox.to")},
		{Name: "status", Label: i18n.T(ctx, "common.status"), Options: options},
	}
}

// line is one line of a mail; an address on a line of its own is a link.
type line struct{ Text, Href string }

func lines(text string) []line {
	var out []line
	for l := range strings.SplitSeq(text, "\n") {
		item := line{Text: l}
		if strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
			item.Href = l
		}
		out = append(out, item)
	}
	return out
}

func table(ctx context.Context, p list.Page[mail.Entry], path string, columns []ui.Column[mail.Entry]) ui.TableOf[mail.Entry] {
	return ui.TableOf[mail.Entry]{
		Page: p, Caption: i18n.T(ctx, "outbox.title"), Columns: columns, Path: path, CSV: path == "/mail",
		Empty: ui.Empty(i18n.T(ctx, "outbox.empty"), i18n.T(ctx, "outbox.empty_text"), nil),
	}
}
