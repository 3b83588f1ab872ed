package auditlog

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"portal/internal/audit"
	"portal/internal/auditlog"
	"portal/internal/authz"
	"portal/internal/receipt"
	"portal/web/export"
	"portal/web/i18n"
	"portal/web/ui"
)

// file is the log for a spreadsheet, from its newest row on.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	return export.Send(w, r, export.File[auditlog.Entry]{
		Name: "audit", Needs: authz.AuditRead, Columns: columns(r.Context()),
		Rows: auditlog.Listing(h.db, auditlog.Spec.Parse(r.URL.Query()), h.zone),
	})
}

// plain takes away the marks of direction: a cell is a text of its own.
var plain = strings.NewReplacer("\u2068", "", "\u2069", "")

func columns(ctx context.Context) []ui.Column[auditlog.Entry] {
	column := func(label string, value func(auditlog.Entry) string) ui.Column[auditlog.Entry] {
		return ui.Column[auditlog.Entry]{Label: label, File: func(e auditlog.Entry) string { return plain.Replace(value(e)) }}
	}
	return []ui.Column[auditlog.Entry]{
		column(i18n.T(ctx, "export.audit.number"), func(e auditlog.Entry) string { return strconv.FormatInt(e.Seq, 10) }),
		column(i18n.T(ctx, "export.audit.time"), func(e auditlog.Entry) string { return export.Time(e.At) }),
		column(i18n.T(ctx, "audit.person"), func(e auditlog.Entry) string { return actor(ctx, e) }),
		column(i18n.T(ctx, "audit.what"), func(e auditlog.Entry) string { return i18n.T(ctx, "audit.action."+string(e.Action)) }),
		column(i18n.T(ctx, "audit.object"), func(e auditlog.Entry) string { return subject(ctx, e) }),
		column(i18n.T(ctx, "export.audit.sentence"), func(e auditlog.Entry) string { return sentence(ctx, e) }),
		column(i18n.T(ctx, "export.audit.changes"), func(e auditlog.Entry) string { return note(ctx, e) }),
		column(i18n.T(ctx, "export.audit.refused"), func(e auditlog.Entry) string { return export.YesNo(ctx, e.Result == audit.Denied) }),
		column(i18n.T(ctx, "export.audit.ip"), func(e auditlog.Entry) string { return e.IP }),
		column(i18n.T(ctx, "export.audit.receipt"), func(e auditlog.Entry) string { return receipt.Text(e.Receipt) }),
		column(i18n.T(ctx, "export.id"), func(e auditlog.Entry) string { return e.SubjectID }),
	}
}
