package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/web/webtest"
)

// TestWEB2ReadingChangesNothing opens every page as everybody who may and looks
// whether a row of any table has changed, but for when sessions were last seen.
func TestWEB2ReadingChangesNothing(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, star := range stars { // choosing a language is a change, so it comes first
		c.roles[star.role].Do(post(c.roles[star.role], "/language", "to=%2F&lang=en"))
	}
	before := digests(t, c)
	for _, star := range stars {
		for _, rt := range c.Portal.Routes {
			if rt.Method != http.MethodGet || !rt.Access.Allows(c.actor(star.role)) {
				continue
			}
			for _, path := range c.within(t, rt, c.roles[star.role]) {
				browser := c.roles[star.role]
				// The audit log tells who took a list away (INJ-4), and who read the log (AUD-6).
				if !strings.HasSuffix(path, ".csv") && !strings.HasPrefix(path, "/audit") {
					browser.Do(browser.Request(http.MethodGet, path, nil, ""))
				}
				browser.Do(browser.Request(http.MethodHead, path, nil, ""))
			}
		}
	}
	after := digests(t, c)
	for table := range before {
		if before[table] != after[table] {
			t.Errorf("reading changed the table %s: %s, before %s", table, after[table], before[table])
		}
	}
	if len(before) < 10 {
		t.Errorf("only %d tables were looked at", len(before))
	}
}

// digests are the rows of every table in short.
func digests(t *testing.T, c *cast) map[string]string {
	t.Helper()
	read := c.App.DB.Read()
	tables, err := pg.Values[string](t.Context(), read, `
		select table_name::text from information_schema.tables where table_schema = 'public' and table_name <> 'goose_db_version'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range tables {
		row := "to_jsonb(x)"
		if table == "sessions" {
			row = "to_jsonb(x) - 'last_seen_at'"
		}
		out[table], err = pg.Value[string](t.Context(), read, fmt.Sprintf(
			`select count(*) || ' rows ' || coalesce(md5(string_agg((%s)::text, '|' order by (%s)::text)), '') from %s x`, row, row, table), nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestAUD1RefusalsAreRecorded: who is refused a change stands in the audit log,
// whichever check met them first; a refused look does not.
func TestAUD1RefusalsAreRecorded(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	count := func() int {
		n, err := pg.Value[int](t.Context(), c.App.DB.Read(), `select count(*) from audit_log where action = 'access.refused'`, nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	browser, role := c.roles[authz.FTMProvider], c.actor(authz.FTMProvider)
	for _, rt := range c.Portal.Routes {
		if rt.Access.Allows(role) || rt.Method == http.MethodGet && rt.Access.Allows(c.actor(authz.Visitor)) {
			continue
		}
		before, want := count(), 0
		if rt.Method == http.MethodPost {
			want = 1
			browser.Do(post(browser, unknown(rt), ""))
		} else {
			browser.Do(browser.Request(http.MethodGet, unknown(rt), nil, ""))
		}
		if got := count() - before; got != want {
			t.Errorf("%s %s: %d refusals recorded, want %d", rt.Method, rt.Pattern, got, want)
		}
	}
}

// TestWEB7WhatPeopleWriteIsText puts markup into everything that a person can
// write and looks for it on every page that shows it.
func TestWEB7WhatPeopleWriteIsText(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	const canary = `"><script>alert(1)</script><b id=canary>{{7*7}}' onload=x`
	manager := c.roles[authz.PolicyManager]
	manager.Get("/policy-groups/new").Submit(webtest.Values{"name": canary, "description": canary}).Want(http.StatusOK)
	group := c.Group(canary).String()
	p := manager.Get("/auth-policies/new").Submit(webtest.Values{"name": canary, "description": canary, "group": group, "document": `{"` + canary + `": 1}`})
	if p.Status != http.StatusOK {
		t.Fatalf("status %d: %s", p.Status, p.Text())
	}
	c.ids["policy-groups"], c.ids["auth-policies"], c.ids["policies"] = []string{group}, []string{lastPart(p.Path)}, []string{lastPart(p.Path)}
	shown := 0
	visited(t, c, "en", func(role authz.Role, path string, p *webtest.Page) {
		if p.Doc.Find("#canary, main script, [onload]").Length() > 0 || strings.Contains(p.Body, "<script>alert") {
			t.Errorf("%s %s: what a person wrote became markup", role, path)
		}
		if strings.Contains(p.Doc.Text(), "<b id=canary>") {
			shown++
		}
	})
	for _, query := range []string{"?name=", "?q=", "?description=", "?sort=", "?status="} {
		p := manager.Get("/auth-policies" + query + "%22%3E%3Cb%20id%3Dcanary%3E")
		if p.Doc.Find("#canary").Length() > 0 {
			t.Errorf("/auth-policies%s: the address became markup", query)
		}
	}
	if shown < 20 {
		t.Errorf("only %d pages showed what was written", shown)
	}
}

func lastPart(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path[strings.LastIndex(path, "/")+1:]
}
