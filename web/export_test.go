package web_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/web/i18n"
	"portal/web/webtest"
)

// spreadsheet reads a CSV file as strictly as RFC 4180 is.
func spreadsheet(t *testing.T, where string, rec *httptest.ResponseRecorder) [][]string {
	t.Helper()
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.HasPrefix(body, "\ufeff\"") || !strings.HasSuffix(body, "\"\r\n") {
		t.Fatalf("%s: status %d, %.40q … %.20q", where, rec.Code, body, body[max(0, len(body)-20):])
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return rows
}

// lastExport is the newest event of its kind: who, what and the details.
func lastExport(t *testing.T, c *cast) (n int, name, detail string) {
	t.Helper()
	e, err := pg.One[struct {
		N            int
		Name, Detail string
	}](t.Context(), c.App.DB.Read(), `
		select (select count(*) from audit_log where action = 'list.exported') as n,
			coalesce((select subject_name from audit_log where action = 'list.exported' order by seq desc limit 1), '') as name,
			coalesce((select detail from audit_log where action = 'list.exported' order by seq desc limit 1), '') as detail`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e.N, e.Name, e.Detail
}

// TestINJ4EveryListIsAFile opens the file of every list as everybody who may, in
// every language.
func TestINJ4EveryListIsAFile(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	files := map[string]bool{}
	for _, star := range stars {
		browser := c.roles[star.role]
		for _, rt := range table(c, http.MethodGet) {
			if !strings.HasSuffix(rt.Pattern, ".csv") || rt.Pattern == "/devices/template.csv" || !rt.Access.Allows(c.actor(star.role)) {
				continue
			}
			if rt.Access.Allows(c.actor(authz.Visitor)) {
				continue // what is public is nobody's to take away: see web/publiclist
			}
			files[strings.TrimSuffix(rt.Pattern, ".csv")] = true
			for _, lang := range i18n.Languages {
				browser.Do(post(browser, "/language", "to=%2F&lang="+lang.Code))
				where := string(star.role) + " " + rt.Pattern + " " + lang.Code
				before, _, _ := lastExport(t, c)
				if rec := browser.Do(browser.Request(http.MethodHead, rt.Pattern, nil, "")); rec.Code != http.StatusOK || rec.Body.Len() > 0 {
					t.Errorf("HEAD %s: %d, %d bytes", where, rec.Code, rec.Body.Len())
				}
				if n, _, _ := lastExport(t, c); n != before {
					t.Errorf("HEAD %s stands in the audit log, but nothing left", where)
				}
				rec := browser.Do(browser.Request(http.MethodGet, rt.Pattern, nil, ""))
				h := rec.Header()
				name := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(rt.Pattern, "/"), ".csv"), "/", "-")
				if !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="`+name+"-20") || !strings.Contains(h.Get("Content-Type"), "text/csv") ||
					!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %v", where, h)
				}
				for i, row := range spreadsheet(t, where, rec) {
					for _, cell := range row {
						if leftover.MatchString(cell) || i == 0 && cell == "" {
							t.Errorf("%s, row %d: %q", where, i, cell)
						}
					}
				}
				if n, told, _ := lastExport(t, c); n != before+1 || told != name {
					t.Errorf("%s: %d events, the last of %q", where, n-before, told)
				}
			}
		}
	}
	for _, list := range lists {
		if !files[list] {
			t.Errorf("%s has no file", list)
		}
	}
}

// TestINJ4FileIsTheFilteredList: rows, order and filters are those of the page;
// formulas are text; the log tells of the filters without addresses.
func TestINJ4FileIsTheFilteredList(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	admin := c.roles[authz.PartnerAdmin]
	for _, name := range []string{"=1+1", "=2+2", "other"} {
		admin.Get("/policy-groups/new").Submit(webtest.Values{"name": name, "description": "@canary"}).Want(http.StatusOK)
	}
	p := admin.Get("/policy-groups?description=canary&name=%3D&sort=-name&size=10&page=1").Want(http.StatusOK)
	href := p.Doc.Find("a.download").AttrOr("href", "")
	if strings.Contains(href, "size") {
		t.Errorf("the link to the file is %q", href)
	}
	rows := spreadsheet(t, href, admin.Do(admin.Request(http.MethodGet, href, nil, "")))
	if len(rows) != 3 || rows[1][0] != "'=2+2" || rows[2][0] != "'=1+1" || rows[1][1] != "'@canary" || rows[0][0] != "Name" {
		t.Errorf("%q", rows)
	}
	if _, _, detail := lastExport(t, c); !strings.Contains(detail, `{"field":"rows","after":"2"}`) || !strings.Contains(detail, `"canary"`) {
		t.Errorf("the log tells %s", detail)
	}
	admin.Do(admin.Request(http.MethodGet, "/partners.csv?email=auth@demo.test", nil, ""))
	if _, _, detail := lastExport(t, c); strings.Contains(detail, "auth@") || !strings.Contains(detail, "…@demo.test") {
		t.Errorf("the log tells %s", detail)
	}
	// Told in words, on the audit page.
	if !admin.Get("/audit").Has("downloaded a list") {
		t.Error("the audit page does not tell of it")
	}
}
