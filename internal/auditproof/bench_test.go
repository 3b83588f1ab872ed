package auditproof_test

import (
	"bytes"
	"testing"

	"portal/internal/audit"
	"portal/internal/auditproof"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

// BenchmarkVerify says how many rows a second are recomputed, of a database and of an
// exported log (security.md AUD-5 asks for 20,000).
func BenchmarkVerify(b *testing.B) {
	const rows = 50_000
	db := pgtest.New(b)
	admin := authz.Actor{Name: "Aisha", Roles: []authz.Role{authz.PartnerAdmin}}
	for range rows / 5000 {
		err := db.Change(b.Context(), admin, authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
			event := audit.Event{
				Action: audit.SignedIn, Subject: audit.Subject{Kind: audit.User, ID: "0190a6c8-0000-7000-8000-000000000001", Name: "Telecom"},
				Detail: audit.Diff(nil, "name", "old", "new"),
			}
			for range 4999 {
				tx.Also(event)
			}
			return event, nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var file bytes.Buffer
	if _, err := auditproof.Export(b.Context(), db, &file); err != nil {
		b.Fatal(err)
	}
	for name, verify := range map[string]func() (auditproof.Result, error){
		"database": func() (auditproof.Result, error) { return auditproof.Verify(b.Context(), db, nil, nil) },
		"export": func() (auditproof.Result, error) {
			return auditproof.VerifyExport(bytes.NewReader(file.Bytes()), nil, nil)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if r, err := verify(); err != nil || r.Rows != rows {
					b.Fatal(r, err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
