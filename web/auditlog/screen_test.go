package auditlog_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/web/webtest"
)

// TestAUD6ReadingAndTakingTheLogIsTold: each page of it and each file is one row more,
// with what was looked for, and no whole address of a person.
func TestAUD6ReadingAndTakingTheLogIsTold(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	told := func() (n int, last string) {
		t.Helper()
		row, err := pg.One[struct {
			Count int
			Last  string
		}](t.Context(), s.App.DB.Read(), `select count(*) as count, coalesce((array_agg(action || ' ' || subject_id || ' ' || detail order by seq desc))[1], '') as last
			from audit_log where actor_id = @id and action in ('list.read', 'list.exported')`, pg.Args{"id": admin.Actor.User})
		if err != nil {
			t.Fatal(err)
		}
		return row.Count, row.Last
	}
	for i, path := range []string{"/audit", "/audit?person=amina%40demo.test", "/audit?before=3", "/audit.csv"} {
		if rec := admin.Do(admin.Request(http.MethodGet, path, nil, "")); rec.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, rec.Code)
		}
		n, last := told()
		if n != i+1 || !strings.Contains(last, " audit ") || strings.Contains(last, "amina") {
			t.Errorf("%s: %d rows, %s", path, n, last)
		}
	}
	admin.Do(admin.Request(http.MethodHead, "/audit", nil, ""))
	if n, _ := told(); n != 4 {
		t.Errorf("%d rows after a HEAD", n)
	}
}

// TestAUD6APartnerSeesOnlyItsOwnRows: neither the log nor another's history.
func TestAUD6APartnerSeesOnlyItsOwnRows(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	a, b := s.Admitted(authz.AuthPartner), s.Admitted(authz.AuthPartner)
	name, err := pg.Value[string](t.Context(), s.App.DB.Read(), `select organisation from partners where id = @id`, pg.Args{"id": a.Actor.Partner})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/audit", "/audit.csv"} {
		if rec := b.Do(b.Request(http.MethodGet, path, nil, "")); rec.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	if rec := b.Do(b.Request(http.MethodGet, "/partners/"+a.Actor.Partner.String(), nil, "")); rec.Code != http.StatusNotFound && rec.Code != http.StatusForbidden {
		t.Errorf("the page of another partner: %d", rec.Code)
	}
	own, other := b.Get("/organisation").Want(http.StatusOK).Text(), a.Get("/organisation").Want(http.StatusOK).Text()
	named := regexp.MustCompile(regexp.QuoteMeta(name) + `\b`)
	if named.MatchString(own) || !named.MatchString(other) {
		t.Errorf("%s of somebody else: %s", name, own)
	}
}
