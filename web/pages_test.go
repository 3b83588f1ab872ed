package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/web/i18n"
	"portal/web/webtest"
)

// visited calls look for every page that a role can open: each route with each
// thing of the demonstration, in one language. Developers' pages are left out.
func visited(t *testing.T, c *cast, lang string, look func(role authz.Role, path string, p *webtest.Page)) {
	t.Helper()
	for _, star := range stars {
		browser := c.roles[star.role]
		browser.Do(post(browser, "/language", "to=%2F&lang="+lang))
		for _, rt := range c.Portal.Routes {
			if rt.Method != http.MethodGet || !rt.Access.Allows(c.actor(star.role)) || path.Ext(rt.Pattern) != "" ||
				strings.HasPrefix(rt.Pattern, "/dev/") {
				continue
			}
			for _, path := range c.within(t, rt, c.roles[star.role]) {
				look(star.role, path, browser.Get(path))
			}
		}
	}
}

var leftover = regexp.MustCompile(`\[[a-z_]+(\.[\w-]+)+\]`)

// TestEveryPageInEveryLanguage opens all there is as everybody who may.
func TestEveryPageInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Languages {
		t.Run(lang.Code, func(t *testing.T) {
			t.Parallel()
			c := newCast(t)
			titles := map[string]string{}
			visited(t, c, lang.Code, func(role authz.Role, path string, p *webtest.Page) {
				where := string(role) + " " + path
				if p.Status != http.StatusOK {
					t.Errorf("%s: status %d", where, p.Status)
				}
				if n := p.Doc.Find("h1").Length(); n != 1 {
					t.Errorf("%s: %d main headings", where, n)
				}
				html := p.Doc.Find("html")
				if html.AttrOr("lang", "") != lang.Code || html.AttrOr("dir", "") != lang.Dir {
					t.Errorf("%s: lang %q, dir %q", where, html.AttrOr("lang", ""), html.AttrOr("dir", ""))
				}
				if missing := leftover.FindAllString(p.Body, -1); missing != nil {
					t.Errorf("%s: no words for %v", where, missing)
				}
				title := p.Doc.Find("title").Text()
				pathOnly, _, _ := strings.Cut(p.Path, "?")
				if first, ok := titles[string(role)+title]; ok && first != pathOnly && !same(first, pathOnly) {
					t.Errorf("%s: the title %q is also that of %s", where, title, first)
				}
				titles[string(role)+title] = pathOnly
				structure(t, where, p.Doc)
			})
		})
	}
}

// same reports whether two addresses show different things under one name:
// things of the demonstration may share a name, pages of a thing may not.
func same(a, b string) bool {
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	return id.ReplaceAllString(a, "") == id.ReplaceAllString(b, "")
}

// structure is what every page must be in its parts.
func structure(t *testing.T, where string, doc *goquery.Document) {
	t.Helper()
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if ids[id] {
			t.Errorf("%s: two elements have the id %q", where, id)
		}
		ids[id] = true
	})
	for _, attr := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attr, "")) {
				if !ids[id] {
					t.Errorf("%s: %s names %q, which is not there", where, attr, id)
				}
			}
		})
	}
	doc.Find("form").Each(func(_ int, f *goquery.Selection) {
		if f.AttrOr("method", "") == "post" && f.Find("input[name=_token]").Length() != 1 {
			t.Errorf("%s: a form to %s has no token", where, f.AttrOr("action", ""))
		}
	})
	if n := doc.Find("[style], [onclick], [onload], style, script:not([src])").Length(); n > 0 {
		t.Errorf("%s: %d inline styles or scripts", where, n)
	}
	doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
		href := a.AttrOr("href", "")
		if !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") && !strings.HasPrefix(href, "?") {
			t.Errorf("%s: a link leads to %q", where, href)
		}
		if strings.TrimSpace(a.Text()) == "" {
			t.Errorf("%s: the link to %s has no words", where, href)
		}
	})
	if doc.Find("body").Children().First().AttrOr("href", "") != "#main" {
		t.Errorf("%s: does not begin with the link that skips to the content", where)
	}
}

// TestEveryLinkLeadsSomewhere follows every link of every page.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	asked := map[string]bool{}
	visited(t, c, "en", func(role authz.Role, path string, p *webtest.Page) {
		p.Doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			href, fragment, _ := strings.Cut(a.AttrOr("href", ""), "#")
			if fragment != "" && href == "" && p.Doc.Find("[id='"+fragment+"']").Length() == 0 {
				t.Errorf("%s %s: nothing is at #%s", role, path, fragment)
			}
			if strings.HasPrefix(href, "?") {
				href = path + href
			}
			if href == "" || asked[string(role)+href] || strings.Contains(href, "sort=") {
				return
			}
			asked[string(role)+href] = true
			if rec := c.roles[role].Do(c.roles[role].Request(http.MethodGet, href, nil, "")); rec.Code >= 400 {
				t.Errorf("%s %s: the link %q to %s leads to %d", role, path, strings.TrimSpace(a.Text()), href, rec.Code)
			}
		})
	})
}

// TestINJGarbageInAddresses asks for lists in ways that no link does.
func TestINJGarbageInAddresses(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	queries := []string{
		"page=1000000000", "page=-1", "page=99999999999999999999", "page=x&size=7", "size=1000000", "sort=no_such", "sort=--name", "sort=name;drop",
		"status=no_such&group=no_such&type=no_such", "group=00000000-0000-0000-0000-000000000000", "name=%00", "name=%ff%fe", "q=%25%5F%5C", "q=" + strings.Repeat("x", 3000),
		"name=a&name=b&page=2&page=3", "%ff=%ff", "action=no_such&person=%00&from=2026-99-99&to=x", "before=x", "before=-1", "before=99999999999999999999",
		"from=0001-01-01&to=9999-12-31", "token=%00", "token=" + strings.Repeat("x", 3000), "next=//evil.test", "kind=x&object=%00", "&&&===", "%zz",
	}
	for _, rt := range c.Portal.Routes {
		if rt.Method != http.MethodGet {
			continue
		}
		browser := c.someone(t, rt)
		for _, query := range queries {
			path := c.within(t, rt, browser)[0] + "?" + query
			rec := browser.Do(browser.Request(http.MethodGet, path, nil, ""))
			dead := (rt.Pattern == "/reset" || rt.Pattern == "/unsubscribe") && rec.Code == http.StatusGone // a link that does not work
			dead = dead || strings.Contains(rt.Pattern, "/waiting/") && rec.Code == http.StatusNotFound     // a chip of which no certificate waits
			if rec.Code != http.StatusOK && rec.Code != http.StatusSeeOther && !dead {
				t.Errorf("GET %s: %d", path, rec.Code)
			}
			if location := rec.Header().Get("Location"); location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//")) {
				t.Errorf("GET %s leads to %s", path, location)
			}
		}
	}
}

// lists are the addresses of the lists, with everything that costs a statement.
var lists = []string{"/partners/changes", "/policy-groups", "/auth-policies", "/datashare-policies", "/policy-reviews", "/vocabulary", "/device-types", "/partners", "/certificates", "/ftm-chips", "/trust-store", "/policy-requests", "/sbis", "/devices", "/api-keys", "/service-accounts", "/webhooks", "/webhook-deliveries", "/staff", "/mail", "/audit"}

// TestListsCostAFewStatements counts what a page asks the database, the session
// included (issue: at most 4 for a list page).
func TestListsCostAFewStatements(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	browser := c.roles[authz.PartnerAdmin]
	for _, list := range lists {
		for _, query := range []string{"", "?size=10&page=2", "?name=a&q=a&description=a&status=active", "?page=1000000000"} {
			browser.Get(list + query) // what is prepared or remembered once is not the page's
			c.Statements.Take()
			browser.Get(list + query).Want(http.StatusOK)
			if sql := c.Statements.Take(); len(sql) > 4 || len(sql) == 0 {
				t.Errorf("%s%s costs %d statements:\n%s", list, query, len(sql), strings.Join(sql, "\n"))
			}
		}
	}
}

const kib = 1024

// TestWeight holds the budget of product.md (e.3), in bytes as they are sent.
func TestWeight(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	fetched := map[string]int{}
	weigh := func(browser *webtest.Client, path string) (int, *goquery.Document) {
		r := browser.Request(http.MethodGet, path, nil, "")
		r.Header.Set("Accept-Encoding", "gzip")
		rec := browser.Do(r)
		n := rec.Body.Len()
		if strings.HasPrefix(path, "/static/") {
			if rec.Code != http.StatusOK || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: status %d, Cache-Control %q", path, rec.Code, rec.Header().Get("Cache-Control"))
			}
			return n, nil
		}
		var body io.Reader = rec.Body
		if rec.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(rec.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		doc, err := goquery.NewDocumentFromReader(body)
		if err != nil {
			t.Fatal(err)
		}
		return n, doc
	}
	heaviest, where := 0, ""
	visited(t, c, "ar", func(role authz.Role, path string, p *webtest.Page) {
		html, doc := weigh(c.roles[role], p.Path)
		first, requests := html, 1
		doc.Find("link[href], script[src], img[src]").Each(func(_ int, s *goquery.Selection) {
			file := s.AttrOr("href", s.AttrOr("src", ""))
			if fetched[file] == 0 {
				fetched[file], _ = weigh(c.roles[role], file)
			}
			first, requests = first+fetched[file], requests+1
			limit := 10 * kib
			if strings.HasSuffix(file, ".js") {
				limit = 3 * kib
				switch {
				case doc.Find("textarea[data-editor]").Length() > 0:
					limit = 7 * kib
				case doc.Find("[data-hash]").Length() > 0:
					limit = 4*kib + kib/2
				}
			}
			if fetched[file] > limit {
				t.Errorf("%s: %s weighs %d bytes, more than %d", path, file, fetched[file], limit)
			}
		})
		if html > 20*kib || first > 40*kib || requests > 4 {
			t.Errorf("%s as %s: %d bytes, %d at first view, %d requests", path, role, html, first, requests)
		}
		if first > heaviest {
			heaviest, where = first, path
		}
	})
	t.Logf("the heaviest first view is %s with %d bytes; files: %v", where, heaviest, fetched)
}

var (
	latin = regexp.MustCompile(`[A-Za-z]{3,}`)
	// What a page puts into a sentence from elsewhere stands between marks of
	// direction.
	isolated = regexp.MustCompile("[\u2066-\u2068][^\u2069]*\u2069")
	// Names of keys, formats, devices and languages are the same everywhere.
	international = regexp.MustCompile(`\b(PEM|DER|RSA|SHA|OpenSSL|AUTH|DEVICE|API|JSON|CSV|KYC|KiB|MiB|UTC|UTF|NUL|FTM|SBI|MOSIP|Tab|Esc|English)\b`)
)

// TestNothingIsUntranslated looks for words of the English catalogue in Arabic
// pages, beside what the demonstration's people wrote.
func TestNothingIsUntranslated(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	english := map[string]bool{}
	for key := range i18n.Keys("en") {
		for _, word := range latin.FindAllString(i18n.In("en", key, "Count", 2), -1) {
			english[strings.ToLower(word)] = true
		}
	}
	theirs := written(t, c)
	reported := map[string]bool{}
	visited(t, c, "ar", func(role authz.Role, path string, p *webtest.Page) {
		doc := p.Doc
		doc.Find(`bdi, [dir=ltr], [lang]:not(html), .doc, code, textarea, script, style`).Remove()
		for _, text := range append(doc.Find("body *, title").Map(ownText), attributes(doc)...) {
			rest := international.ReplaceAllString(isolated.ReplaceAllString(theirs.Replace(text), ""), "")
			for _, word := range latin.FindAllString(rest, -1) {
				if english[strings.ToLower(word)] && !reported[text] {
					reported[text] = true
					t.Errorf("%s %s shows %q (%s)", role, path, text, word)
				}
			}
		}
	})
}

// written takes away what people of the demonstration wrote, and the vocabulary,
// which is theirs too, in the language of these pages: its other languages show
// only where they are set apart.
func written(t *testing.T, c *cast) *strings.Replacer {
	t.Helper()
	texts, err := pg.Values[string](t.Context(), c.App.DB.Read(), `
		select name from policy_groups union select description from policy_groups union select name from policies
		union select description from policies union select organisation from partners union select public_id from partners
		union select purpose from partners union select address from partners union select first_name || ' ' || last_name from users
		union select first_name from users union select last_name from users union select email from users where email <> ''
		union select message from partner_review_fields union select reason from partner_reviews where reason <> ''
		union select text from internal_notes where text <> ''
		union select label from api_keys union select ended_reason from api_keys where ended_reason <> ''
		union select name from service_accounts union select description from service_accounts where description <> ''
		union select reason from ca_certificates where reason <> '' union select reason from partner_certificates where reason <> ''
		union select substring(subject from 'CN=([^,]+)') from ca_certificates union select substring(subject from 'CN=([^,]+)') from partner_certificates
		union select substring(subject from 'CN=([^,]+)') from ftm_chip_certificates
		union select reason from policy_requests union select reason from policy_request_reviews where reason <> ''
		union select message from policy_request_review_fields union select reason from policy_request_extensions
		union select reason from partner_changes union select after from partner_changes union select reason from partner_deactivations
		union select reason from policy_decisions where reason <> '' union select note from policy_versions where note <> ''
		union select description from webhooks
		union select reason from approval_decisions where reason <> ''
		union select l ->> 'message' from approval_decisions, jsonb_array_elements(lines) as l
		union select sbi_version from sbis union select ended_reason from sbis where ended_reason <> ''
		union select make || ' ' || model from devices union select make from devices union select model from devices
		union select ended_reason from devices where ended_reason <> '' union select file_name from device_imports
		union select label_ar from device_types union select label_ar from device_sub_types
		union select make from ftm_chips union select model from ftm_chips union select ended_reason from ftm_chips where ended_reason <> ''
		union select reason from ftm_chip_certificates where reason <> ''
		union select label_ar from vocabulary_terms union select description_ar from vocabulary_terms`, nil)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) }) // the longest first
	var pairs []string
	for _, text := range texts {
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			pairs = append(pairs, text, "")
		}
	}
	return strings.NewReplacer(pairs...)
}

// ownText is an element's text without that of the elements in it.
func ownText(_ int, s *goquery.Selection) string {
	c := s.Clone()
	c.Children().Remove()
	return strings.Join(strings.Fields(c.Text()), " ")
}

// attributes are the texts that stand in attributes.
func attributes(doc *goquery.Document) []string {
	var texts []string
	for _, name := range []string{"aria-label", "alt", "title", "placeholder", "data-label", "data-hide", "data-done", "data-replace"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) { texts = append(texts, s.AttrOr(name, "")) })
	}
	return texts
}
