// Package webtest is a browser without a window: it opens pages of the whole
// portal on a real database, follows redirects, fills the forms that the pages
// really contain and sends what a browser would send.
package webtest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/app"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/mail"
	"portal/internal/password"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
	"portal/web"
)

// Origin is where the portal of a test stands, unless its settings say
// otherwise.
const Origin = "http://portal.test"

// Site is one portal on a database of its own.
type Site struct {
	T          testing.TB
	App        *app.App
	Clock      *pgtest.Clock
	Statements *Statements
	Portal     *web.Portal
	Handler    http.Handler
	Lang       string // of the accounts that fixtures make

	first sync.Once
	admin authz.Actor // see Admin
}

// New starts a portal with four eyes on, and without need for a second factor.
// settings change the configuration, as flags would: "--four-eyes=off".
func New(t testing.TB, settings ...string) *Site {
	t.Helper()
	return open(t, pgtest.URL(t), secret.RandomKeys(), settings)
}

// open starts a portal on the database at an address.
func open(t testing.TB, address string, keys secret.Keys, settings []string) *Site {
	t.Helper()
	statements := &Statements{}
	db, clock := pgtest.Open(t, address, statements)
	settings = append([]string{"--public-url", Origin, "--metrics-addr", "", "--webhook-private", "on", "--second-factor", "optional"}, settings...)
	cfg, _, err := config.Load("test", settings, func(string) string { return "" }, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	a := app.NewWith(cfg, db, keys, password.NewWeakHasher(keys))
	p := web.New(a, web.Options{Build: "test", Dev: true})
	return &Site{T: t, App: a, Clock: clock, Statements: statements, Portal: p, Handler: p.Handler, Lang: "en"}
}

// SendMail lets the outbox's worker hand everything over, as the background
// work would.
func (s *Site) SendMail() {
	s.T.Helper()
	if err := s.App.MailWorker(web.MailText(s.App), mail.Mailbox).Run(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
}

// Mails are the texts in the outbox to one address, oldest first, after SendMail.
func (s *Site) Mails(to string) []mail.Rendered {
	s.T.Helper()
	s.SendMail()
	q := mail.OutboxList.Parse(url.Values{"q": {to}, "sort": {"created"}, "size": {"100"}})
	p, err := mail.Outbox(s.T.Context(), s.App.DB, q)
	if err != nil {
		s.T.Fatal(err)
	}
	var out []mail.Rendered
	for _, e := range p.Items {
		if e.Recipient != to {
			continue
		}
		m, _, err := mail.Load(s.T.Context(), s.App.DB, e.ID)
		if err != nil {
			s.T.Fatal(err)
		}
		r, err := web.MailText(s.App)(m)
		if err != nil {
			s.T.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// Client is one browser: it keeps cookies.
type Client struct {
	Site  *Site
	Actor authz.Actor // who has signed in; zero for a visitor
	Jar   *cookiejar.Jar
	Lang  string // Accept-Language
	IP    string // of the connection
}

// Visitor is a fresh browser.
func (s *Site) Visitor() *Client {
	jar, _ := cookiejar.New(nil) // never fails
	return &Client{Site: s, Jar: jar, Lang: "en", IP: "192.0.2.1"}
}

// Page is what a browser shows after following redirects.
type Page struct {
	Client *Client
	Status int
	Header http.Header
	Path   string // where it ended, with the query
	Body   string
	Doc    *goquery.Document
	Hops   []string // the redirects on the way
}

// Get opens a page.
func (c *Client) Get(path string) *Page {
	c.Site.T.Helper()
	return c.follow(c.Do(c.Request(http.MethodGet, path, nil, "")), path)
}

// Request makes a request as this browser would send it: same origin.
func (c *Client) Request(method, path string, body []byte, contentType string) *http.Request {
	origin := c.Site.App.Config.Origin()
	r := httptest.NewRequestWithContext(c.Site.T.Context(), method, origin+path, bytes.NewReader(body))
	r.RemoteAddr = c.IP + ":4711"
	r.Header.Set("Accept-Language", c.Lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "webtest")
	if method != http.MethodGet && method != http.MethodHead {
		r.Header.Set("Origin", origin)
		r.Header.Set("Content-Type", contentType)
	}
	for _, cookie := range c.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	return r
}

// Do sends a request and keeps the answer's cookies; it follows nothing.
func (c *Client) Do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	c.Site.Handler.ServeHTTP(rec, r)
	c.Jar.SetCookies(r.URL, rec.Result().Cookies())
	return rec
}

// Post sends a form's fields raw, as a program would that knows the form's
// token: for what no page of ours would send.
func (c *Client) Post(path string, fields url.Values) *Page {
	c.Site.T.Helper()
	if fields == nil {
		fields = url.Values{}
	}
	if !fields.Has("_token") {
		fields.Set("_token", c.Token())
	}
	return c.follow(c.Do(c.Request(http.MethodPost, path, []byte(fields.Encode()), "application/x-www-form-urlencoded")), path)
}

// Token is a form token of this browser, taken from a page that everybody has.
func (c *Client) Token() string {
	c.Site.T.Helper()
	for _, path := range []string{"/signin", "/account"} {
		if v, ok := c.Get(path).Doc.Find("input[name=_token]").First().Attr("value"); ok {
			return v
		}
	}
	c.Site.T.Fatal("no page gives a form token")
	return ""
}

// Answer is the page behind what Do brought, after redirects.
func (c *Client) Answer(rec *httptest.ResponseRecorder, path string) *Page {
	c.Site.T.Helper()
	return c.follow(rec, path)
}

func (c *Client) follow(rec *httptest.ResponseRecorder, path string) *Page {
	c.Site.T.Helper()
	p := &Page{Client: c, Path: path}
	for range 6 {
		if rec.Code != http.StatusSeeOther {
			break
		}
		path, _, _ = strings.Cut(rec.Header().Get("Location"), "#") // a browser keeps the fragment to itself
		p.Hops = append(p.Hops, path)
		if !strings.HasPrefix(path, "/") {
			c.Site.T.Fatalf("a redirect leaves the portal: %q", path)
		}
		rec = c.Do(c.Request(http.MethodGet, path, nil, ""))
	}
	p.Status, p.Header, p.Path, p.Body = rec.Code, rec.Header(), path, rec.Body.String()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.Body))
	if err != nil {
		c.Site.T.Fatal(err)
	}
	p.Doc = doc
	return p
}

// Values are what is filled into a form. A value that is a File goes into a
// file field.
type Values map[string]any

// File is an upload.
type File struct{ Name, Content string }

// Submit fills the page's main form and sends it: the first form of the main
// part that has any of the fields, else the first one.
func (p *Page) Submit(values Values) *Page {
	p.Client.Site.T.Helper()
	forms := p.Doc.Find("main form[method=post]")
	for i := range forms.Length() {
		if f := forms.Eq(i); hasAny(f, values) {
			return p.send(f, values)
		}
	}
	if forms.Length() == 0 {
		p.Client.Site.T.Fatalf("%s (%d) has no form:\n%s", p.Path, p.Status, p.Text())
	}
	return p.send(forms.First(), values)
}

// SubmitTo fills and sends the form whose action is path.
func (p *Page) SubmitTo(path string, values Values) *Page {
	p.Client.Site.T.Helper()
	form := p.Doc.Find("form[method=post]").FilterFunction(func(_ int, f *goquery.Selection) bool {
		action, _ := f.Attr("action")
		return action == path
	})
	if form.Length() == 0 {
		p.Client.Site.T.Fatalf("%s (%d) has no form to %s:\n%s", p.Path, p.Status, path, p.Text())
	}
	return p.send(form.First(), values)
}

func hasAny(form *goquery.Selection, values Values) bool {
	for name := range values {
		if form.Find(`[name="`+name+`"]`).Length() > 0 {
			return true
		}
	}
	return false
}

func (p *Page) send(form *goquery.Selection, values Values) *Page {
	t := p.Client.Site.T
	t.Helper()
	fields := Fields(form)
	files := map[string]File{}
	for name, value := range values {
		if form.Find(`[name="`+name+`"]`).Length() == 0 {
			t.Fatalf("the form at %s has no field %q", p.Path, name)
		}
		switch v := value.(type) {
		case string:
			fields.Set(name, v)
		case []string:
			fields[name] = v
		case bool:
			fields.Del(name)
			if v {
				box, _ := form.Find(`[name="` + name + `"]`).Attr("value")
				fields.Set(name, box)
			}
		case File:
			files[name] = v
		default:
			t.Fatalf("%s: %T cannot be filled in", name, value)
		}
	}
	action, _ := form.Attr("action")
	body, kind := encode(form, fields, files)
	return p.Client.follow(p.Client.Do(p.Client.Request(http.MethodPost, action, body, kind)), action)
}

func encode(form *goquery.Selection, fields url.Values, files map[string]File) ([]byte, string) {
	if enctype, _ := form.Attr("enctype"); enctype != "multipart/form-data" {
		return []byte(fields.Encode()), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range sortedKeys(fields) {
		for _, v := range fields[name] {
			_ = w.WriteField(name, v) // a buffer takes everything
		}
	}
	form.Find("input[type=file]").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		part, _ := w.CreateFormFile(name, files[name].Name)
		_, _ = part.Write([]byte(files[name].Content))
	})
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func sortedKeys(v url.Values) []string {
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Fields is what a browser would send of a form that nobody touched.
func Fields(form *goquery.Selection) url.Values {
	v := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, ok := s.Attr("name")
		if _, disabled := s.Attr("disabled"); !ok || disabled {
			return
		}
		switch goquery.NodeName(s) {
		case "textarea":
			v.Add(name, strings.ReplaceAll(strings.TrimPrefix(s.Text(), "\n"), "\n", "\r\n"))
		case "select":
			option := s.Find("option[selected]").First()
			if option.Length() == 0 {
				option = s.Find("option").First()
			}
			v.Add(name, option.AttrOr("value", option.Text()))
		default:
			kind := s.AttrOr("type", "text")
			_, checked := s.Attr("checked")
			if kind == "file" || kind == "submit" || (kind == "radio" || kind == "checkbox") && !checked {
				return
			}
			v.Add(name, s.AttrOr("value", ""))
		}
	})
	return v
}

// Click opens the link with this text.
func (p *Page) Click(text string) *Page {
	t := p.Client.Site.T
	t.Helper()
	link := p.Doc.Find("a").FilterFunction(func(_ int, a *goquery.Selection) bool {
		return strings.Join(strings.Fields(a.Text()), " ") == text
	})
	href, ok := link.First().Attr("href")
	if !ok {
		t.Fatalf("%s has no link %q:\n%s", p.Path, text, p.Text())
	}
	return p.Client.Get(href)
}

// Want fails the test unless the page has this status.
func (p *Page) Want(status int) *Page {
	p.Client.Site.T.Helper()
	if p.Status != status {
		p.Client.Site.T.Fatalf("%s: status %d, want %d:\n%s", p.Path, p.Status, status, p.Text())
	}
	return p
}

// Has reports whether the page shows a text.
func (p *Page) Has(text string) bool { return strings.Contains(p.Text(), text) }

// Text is what a reader sees, blanks folded.
func (p *Page) Text() string { return strings.Join(strings.Fields(p.Doc.Find("body").Text()), " ") }

// Title is the page's heading.
func (p *Page) Title() string {
	return strings.Join(strings.Fields(p.Doc.Find("h1").First().Text()), " ")
}

// FieldError is the message at a field, "" without one.
func (p *Page) FieldError(name string) string {
	input := p.Doc.Find(`[name="` + name + `"]`).First()
	if v, _ := input.Attr("aria-invalid"); v != "true" && p.Doc.Find(`#error-`+name).Length() == 0 {
		return ""
	}
	return strings.Join(strings.Fields(p.Doc.Find("#error-"+name).Text()), " ")
}
