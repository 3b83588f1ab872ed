package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"portal/web/webtest"
)

var changing = regexp.MustCompile(`name="_token" value="[^"]*"|\b[0-9a-f]{16}\b`)

// bare is a page without what differs at every request: tokens, the request's
// id, and its own address.
func bare(body, path string) string {
	return changing.ReplaceAllString(strings.ReplaceAll(body, path, "PATH"), "X")
}

// TestWEB1FormsOfOtherSites sends every form as each kind of site could.
func TestWEB1FormsOfOtherSites(t *testing.T) {
	t.Parallel()
	c := newCast(t, "--public-url", "https://portal.test")
	const own = "https://portal.test"
	cases := []struct {
		name         string
		site, origin string // "" is: not sent
		token        string // "" is: the right one
		pass         bool
	}{
		{"same origin", "same-origin", own, "", true},
		{"typed in by the user", "none", "", "", true},
		{"origin alone", "", own, "", true},
		{"fetch metadata alone", "same-origin", "", "", true},
		{"same site", "same-site", "https://other.portal.test", "", false},
		{"same site without origin", "same-site", "", "", false},
		{"cross site", "cross-site", "https://evil.test", "", false},
		{"cross site without origin", "cross-site", "", "", false},
		{"neither header", "", "", "", false},
		{"origin null", "", "null", "", false},
		{"origin null, claims same origin", "same-origin", "null", "", false},
		{"http origin", "", "http://portal.test", "", false},
		{"http origin, claims same origin", "same-origin", "http://portal.test", "", false},
		{"other port", "", "https://portal.test:8443", "", false},
		{"upper case", "", "https://PORTAL.test", "", false},
		{"garbage", "", "portal.test", "", false},
		{"bad token", "same-origin", own, "bad", false},
		{"no token", "same-origin", own, "-", false},
		{"token of another browser", "same-origin", own, "other", false},
	}
	other := c.Visitor().Token()
	for _, rt := range table(c, http.MethodPost) {
		browser := c.someone(t, rt)
		token := browser.Token()
		for _, tc := range cases {
			body := "_token=" + map[string]string{"": token, "bad": "bad", "-": "", "other": other}[tc.token] + "&no_such_field=1"
			r := browser.Request(http.MethodPost, unknown(rt), []byte(body), "application/x-www-form-urlencoded")
			for name, value := range map[string]string{"Sec-Fetch-Site": tc.site, "Origin": tc.origin} {
				r.Header.Del(name)
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if rec := browser.Do(r); (rec.Code != http.StatusForbidden) != tc.pass || rec.Code >= 500 {
				t.Errorf("POST %s, %s: %d", rt.Pattern, tc.name, rec.Code)
			}
		}
	}
}

// TestAUT5UnknownFields adds to every form what it does not have.
func TestAUT5UnknownFields(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, rt := range table(c, http.MethodPost) {
		browser := c.someone(t, rt)
		for _, fields := range []string{"no_such_field=1", "partner_id=1", "created_by=1", "password_hash=1", "_token=twice", "%ff=1", "name=%ff%fe&no=1"} {
			path := c.within(t, rt, browser)[0]
			if rec := browser.Do(post(browser, path, fields)); rec.Code != http.StatusBadRequest {
				t.Errorf("POST %s with %s: %d, want 400", rt.Pattern, fields, rec.Code)
			}
		}
		for name, kind := range map[string]string{"json": "application/json", "no type": "", "plain": "text/plain", "no boundary": "multipart/form-data"} {
			r := browser.Request(http.MethodPost, unknown(rt), []byte(`{"_token":"x"}`), kind)
			if rec := browser.Do(r); rec.Code != http.StatusBadRequest {
				t.Errorf("POST %s as %s: %d, want 400", rt.Pattern, name, rec.Code)
			}
		}
	}
}

// TestLIM1Bodies sends every form one byte too much, with a length and without.
func TestLIM1Bodies(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	for _, rt := range table(c, http.MethodPost) {
		browser := c.someone(t, rt)
		start := "_token=" + browser.Token() + "&no_such_field="
		send := func(size int64, chunked bool) int {
			body := start + strings.Repeat("x", int(size)-len(start))
			r := browser.Request(http.MethodPost, unknown(rt), []byte(body), "application/x-www-form-urlencoded")
			if chunked {
				r.ContentLength = -1
				r.Body = io.NopCloser(io.MultiReader(strings.NewReader(body)))
			}
			return browser.Do(r).Code
		}
		if code := send(rt.Limit, false); code == http.StatusRequestEntityTooLarge || code >= 500 {
			t.Errorf("POST %s with %d bytes: %d, but that is allowed", rt.Pattern, rt.Limit, code)
		}
		for _, chunked := range []bool{false, true} {
			if code := send(rt.Limit+1, chunked); code != http.StatusRequestEntityTooLarge {
				t.Errorf("POST %s with %d bytes (chunked %v): %d, want 413", rt.Pattern, rt.Limit+1, chunked, code)
			}
		}
		most := int64(1 << 20)
		if strings.HasPrefix(rt.Pattern, "/auth-policies") || strings.HasPrefix(rt.Pattern, "/datashare-policies") {
			most = 3 << 20 // four texts of 256 KiB with all line ends doubled, and the fields around them
		}
		if rt.Pattern == "/policies/import" {
			most = 6 << 20 // 4 MiB of files in base64, and the fields around them
		}
		if strings.HasPrefix(rt.Pattern, "/devices/imports") {
			most += 64 << 10 // a file of 1 MiB, and what stands around it
		}
		if rt.Limit > most {
			t.Errorf("POST %s takes %d bytes", rt.Pattern, rt.Limit)
		}
	}
}

// TestWEB3WEB4Headers looks at every kind of answer.
func TestWEB3WEB4Headers(t *testing.T) {
	t.Parallel()
	c := newCast(t, "--public-url", "https://portal.test")
	visitor, partner := c.Visitor(), c.roles["AUTH_PARTNER"]
	style, _ := visitor.Get("/").Doc.Find("link[rel=stylesheet]").Attr("href")
	tooLarge := bytes.Repeat([]byte("x"), 1<<20)
	elsewhere := visitor.Request(http.MethodGet, "/", nil, "")
	elsewhere.Host = "evil.test"
	fresh := webtest.New(t, "--public-url", "https://portal.test").Visitor()
	ready := fresh.Do(fresh.Request(http.MethodGet, "/readyz", nil, "")) // at once: a test's clock stands, and readyz compares it
	if ready.Code != http.StatusOK {
		t.Errorf("ready: %d", ready.Code)
	}
	checkHeaders(t, ready)
	for name, tc := range map[string]struct {
		by     *webtest.Client
		r      *http.Request
		status int
	}{
		"page":              {visitor, visitor.Request(http.MethodGet, "/", nil, ""), 200},
		"page, signed in":   {partner, partner.Request(http.MethodGet, "/home", nil, ""), 200},
		"head":              {visitor, visitor.Request(http.MethodHead, "/", nil, ""), 200},
		"static":            {visitor, visitor.Request(http.MethodGet, style, nil, ""), 200},
		"health":            {visitor, visitor.Request(http.MethodGet, "/healthz", nil, ""), 200},
		"redirect":          {visitor, visitor.Request(http.MethodGet, "/home", nil, ""), 303},
		"bad form":          {visitor, post(visitor, "/signin", "no_such_field=1"), 400},
		"denied":            {partner, partner.Request(http.MethodGet, "/partners", nil, ""), 403},
		"not found":         {visitor, visitor.Request(http.MethodGet, "/no-such-page", nil, ""), 404},
		"static not found":  {visitor, visitor.Request(http.MethodGet, "/static/no-such-file.css", nil, ""), 404},
		"wrong method":      {visitor, visitor.Request(http.MethodDelete, "/signin", nil, ""), 405},
		"trace":             {visitor, visitor.Request(http.MethodTrace, "/", nil, ""), 405},
		"too large":         {visitor, visitor.Request(http.MethodPost, "/signin", tooLarge, "application/x-www-form-urlencoded"), 413},
		"long address":      {visitor, visitor.Request(http.MethodGet, "/?"+strings.Repeat("x", 5000), nil, ""), 414},
		"other host":        {visitor, elsewhere, 421},
		"unprocessable":     {visitor, post(visitor, "/register/type", "type="), 422},
		"address with %00":  {visitor, visitor.Request(http.MethodGet, "/policy-groups/%00", nil, ""), 303},
		"public list":       {visitor, visitor.Request(http.MethodGet, "/approved-devices", nil, ""), 200},
		"public nonsense":   {visitor, visitor.Request(http.MethodGet, "/approved-devices.json?after=x", nil, ""), 400},
		"encoded traversal": {visitor, visitor.Request(http.MethodGet, "/static/..%2f..%2fgo.mod", nil, ""), 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := tc.by.Do(tc.r)
			if rec.Code != tc.status {
				t.Errorf("status %d, want %d", rec.Code, tc.status)
			}
			checkHeaders(t, rec)
		})
	}
}

func TestWEB4HeadersOfFailures(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, "--public-url", "https://portal.test")
	visitor := s.Visitor()
	s.App.DB.Close()
	r := visitor.Request(http.MethodGet, "/home", nil, "")
	r.AddCookie(&http.Cookie{Name: "__Host-portal", Value: strings.Repeat("x", 43)})
	rec := visitor.Do(r)
	if rec.Code < 500 || strings.Contains(rec.Body.String(), "pool") {
		t.Errorf("status %d: %s", rec.Code, rec.Body)
	}
	checkHeaders(t, rec)
}

func checkHeaders(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	h := rec.Header()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Errorf("Permissions-Policy: %q", h.Get("Permissions-Policy"))
	}
	for name := range h {
		if name == "Server" || name == "X-Powered-By" || strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %q is sent", name, h.Get(name))
		}
	}
	if rec.Body.Len() > 0 && !strings.Contains(h.Get("Content-Type"), "charset=utf-8") && !strings.HasPrefix(h.Get("Content-Type"), "image/") {
		t.Errorf("Content-Type: %q", h.Get("Content-Type"))
	}
}

// TestSES1Cookies opens and sends everything once and looks at every cookie.
func TestSES1Cookies(t *testing.T) {
	t.Parallel()
	c := newCast(t, "--public-url", "https://portal.test")
	visitor := c.Visitor()
	seen := map[string]bool{}
	look := func(rec *httptest.ResponseRecorder, from string) {
		for _, cookie := range rec.Result().Cookies() {
			seen[cookie.Name] = true
			if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly ||
				cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
				t.Errorf("%s sets %s", from, cookie.Raw)
			}
			// The session ends with the browser; only the choice of a language
			// and a half-finished registration outlive it.
			if (cookie.Name == "__Host-portal" || cookie.Name == "__Host-visitor") && (cookie.MaxAge > 0 || !cookie.Expires.IsZero() && cookie.Value != "") {
				t.Errorf("%s sets a lasting %s", from, cookie.Raw)
			}
			if len(cookie.Value) > 0 && cookie.Name == "__Host-portal" && len(cookie.Value) < 43 {
				t.Errorf("%s sets a session token of %d characters", from, len(cookie.Value))
			}
		}
	}
	for _, rt := range c.Portal.Routes {
		for _, browser := range []*webtest.Client{c.Visitor(), c.someone(t, rt)} {
			r := browser.Request(http.MethodGet, unknown(rt), nil, "")
			if rt.Method == http.MethodPost {
				r = post(browser, unknown(rt), "")
			}
			look(browser.Do(r), rt.Method+" "+rt.Pattern)
		}
	}
	look(visitor.Do(visitor.Request(http.MethodGet, "/register", nil, "")), "the registration")
	look(visitor.Do(post(visitor, "/register/type", "type=DEVICE_PROVIDER")), "the registration")
	look(visitor.Do(post(visitor, "/language", "lang=fr&to=/")), "the language")
	look(visitor.Do(post(visitor, "/signin", "email=admin@demo.test&password=correct+horse+battery+staple")), "the sign-in")
	for _, name := range []string{"__Host-portal", "__Host-visitor", "__Host-registration", "__Host-lang"} {
		if !seen[name] {
			t.Errorf("nobody set %s, so it was not looked at", name)
		}
	}
}
