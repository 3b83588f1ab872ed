// Package page answers requests: it renders a page into a buffer before the
// first byte goes out, redirects after a change, and turns every error into
// the right page, in one place. It knows no screen.
package page

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/web/i18n"
	"portal/web/session"
	"portal/web/ui"
)

// Handler answers a request or returns why it could not; see Fail.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Site is what every page of one portal shares.
type Site struct {
	DB       *pg.DB
	Sessions *session.Manager
	Origin   string // scheme and host by which browsers reach the portal
	Secure   bool   // reached by https
	Zone     *time.Location
	Build    string
	// Menu is the navigation of an actor at a path, in the reader's language.
	Menu func(ctx context.Context, a authz.Actor, path string) []ui.NavGroup
	// Notices are the banners that an actor sees on every page.
	Notices func(ctx context.Context, a authz.Actor) []string
	// PublicLinks stand at the foot of the pages for visitors.
	PublicLinks func(ctx context.Context) []ui.Link
}

type siteKey struct{}

// request is what the pages of one request share.
type request struct {
	site   *Site
	http   *http.Request
	shared bool // the same for everybody; see Shared
}

// With puts the site and the reader's language into the request. It runs after
// the session is loaded.
func (s *Site) With(r *http.Request) *http.Request {
	ctx := i18n.WithZone(i18n.WithLang(r.Context(), s.lang(r)), s.Zone)
	req := &request{site: s}
	r = r.WithContext(context.WithValue(ctx, siteKey{}, req))
	req.http = r
	return r
}

// Shared is With for pages that anybody may keep a copy of: no session is read and
// no cookie is set, so that nothing of a reader can stand in them. Their language
// stands in the address, else it is that of this browser.
func (s *Site) Shared(r *http.Request) *http.Request {
	lang := r.URL.Query().Get("lang")
	if !i18n.Known(lang) {
		lang = s.lang(r)
	}
	req := &request{site: s, shared: true}
	r = r.WithContext(context.WithValue(i18n.WithZone(i18n.WithLang(r.Context(), lang), s.Zone), siteKey{}, req))
	req.http = r
	return r
}

// lang is the account's language, else the one chosen in this browser, else
// the one the browser asks for.
func (s *Site) lang(r *http.Request) string {
	if a := session.Actor(r.Context()); a.SignedIn() {
		return a.Lang
	}
	if code := s.Sessions.Read(r, "lang"); i18n.Known(code) {
		return code
	}
	return i18n.Negotiate(r)
}

// SetLang remembers a language in this browser for a year.
func (s *Site) SetLang(w http.ResponseWriter, code string) {
	http.SetCookie(w, s.Sessions.Cookie("lang", code, 365*24*time.Hour))
}

func of(ctx context.Context) *request {
	req, _ := ctx.Value(siteKey{}).(*request)
	return req
}

// Actor is who sent the request, for handlers and templates.
func Actor(ctx context.Context) authz.Actor { return session.Actor(ctx) }

// May reports whether the reader may do something: for drawing buttons.
func May(ctx context.Context, p authz.Permission) bool { return session.Actor(ctx).May(p) }

// PublicLinks lead to what anybody may see without an account.
func PublicLinks(ctx context.Context) []ui.Link {
	if req := of(ctx); req != nil && req.site.PublicLinks != nil {
		return req.site.PublicLinks(ctx)
	}
	return nil
}

// Now is the application's clock, for "3 days ago".
func Now(ctx context.Context) time.Time {
	if req := of(ctx); req != nil {
		return req.site.DB.Now()
	}
	return time.Time{}
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render sends a page. Nothing is sent before the whole page is rendered and
// the session saved, so a failure can still become an error page.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	ctx := ui.WithShell(r.Context(), shell(r))
	if err := c.Render(ctx, buf); err != nil {
		return err
	}
	if err := session.Save(r.Context(), w); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store") // security.md SES-8
	h.Add("Vary", "Accept-Encoding, Cookie, Accept-Language")
	return send(w, r, status, buf.Bytes())
}

// Copy is an answer that anybody may keep for a while.
type Copy struct {
	ContentType string
	Body        []byte
	Tag         string        // names what it says; weak, since it may be compressed
	Age, Lasts  time.Duration // how old it is, and when it is too old
}

// Draw renders a page that anybody may keep.
func Draw(r *http.Request, c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	err := c.Render(ui.WithShell(r.Context(), shell(r)), &b)
	return b.Bytes(), err
}

// SendCopy answers with a copy, or with 304 to who has it (RFC 9111).
func SendCopy(w http.ResponseWriter, r *http.Request, c Copy) error {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(c.Lasts/time.Second)))
	h.Set("Age", strconv.Itoa(max(0, int(c.Age/time.Second))))
	h.Set("ETag", c.Tag)
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	for tag := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(c.Tag, "W/") {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Type", c.ContentType)
	return send(w, r, http.StatusOK, c.Body)
}

var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, 1) // level 1: measured.md §6
	return z
}}

// Compressed reports whether the browser can read an answer compressed by gzip.
func Compressed(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// send compresses where the browser can read it, and knows the length.
func send(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	if len(body) > 1024 && Compressed(r) {
		out := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(out)
		out.Reset()
		z := compressors.Get().(*gzip.Writer)
		defer compressors.Put(z)
		z.Reset(out)
		if _, err := z.Write(body); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		w.Header().Set("Content-Encoding", "gzip")
		body = out.Bytes()
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(body) // a browser that went away is no failure of the page
	return nil
}

// Download sends a JSON file; see SendFile.
func Download(w http.ResponseWriter, r *http.Request, name string, file []byte) error {
	return SendFile(w, r, "application/json; charset=utf-8", name, file)
}

// SendFile sends a file of a type under a name of our own (security.md WEB-8);
// name holds no quotes.
func SendFile(w http.ResponseWriter, r *http.Request, contentType, name string, file []byte) error {
	Attach(w, contentType, name)
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(file) // a browser that went away is no failure
	}
	return nil
}

// Attach sets the headers of a file with user content (security.md WEB-8): it is
// saved under a name of our own and never becomes a page. name holds no quotes.
func Attach(w http.ResponseWriter, contentType, name string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
}

// Redirect leads to another page of the portal after a change: 303. url is made
// by the portal, never by the browser; see Local for those.
func Redirect(w http.ResponseWriter, r *http.Request, url string) error {
	if err := session.Save(r.Context(), w); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, url, http.StatusSeeOther)
	return nil
}

// Local makes an address that came from a browser safe to redirect to: a path
// of this portal, else fallback (security.md INJ-5).
func Local(to, fallback string) string {
	if len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\#@") {
		return fallback
	}
	for _, c := range []byte(to) {
		if c <= ' ' || c >= 0x7f {
			return fallback
		}
	}
	path, _, _ := strings.Cut(to, "?")
	if strings.Contains(path, "%") || strings.Contains(path, "//") || strings.Contains(path, "..") {
		return fallback
	}
	return to
}

type flash struct {
	Key      string `json:"k"`
	Args     []any  `json:"a,omitempty"`
	Href     string `json:"h,omitempty"`
	LinkKey  string `json:"lk,omitempty"`
	LinkArgs []any  `json:"la,omitempty"`
}

// Flash keeps a message for the next page of a signed-in user: a key and its
// values, translated when shown.
func Flash(r *http.Request, key string, args ...any) {
	flash{Key: key, Args: args}.keep(r)
}

// FlashLink is a link under the message of the Flash before it: where to go on.
func FlashLink(r *http.Request, href, key string, args ...any) {
	f, ok := readFlash(session.Pop(r.Context(), "flash"))
	if !ok {
		return
	}
	f.Href, f.LinkKey, f.LinkArgs = href, key, args
	f.keep(r)
}

func (f flash) keep(r *http.Request) {
	if b, err := json.Marshal(f); err == nil {
		session.Put(r.Context(), "flash", string(b))
	}
}

func popFlash(ctx context.Context) *ui.Flash {
	f, ok := readFlash(session.Pop(ctx, "flash"))
	if !ok {
		return nil
	}
	told := &ui.Flash{Text: i18n.T(ctx, f.Key, f.Args...), Href: f.Href}
	if f.LinkKey != "" {
		told.LinkText = i18n.T(ctx, f.LinkKey, f.LinkArgs...)
	}
	return told
}

// readFlash gives numbers back as the integers that they were.
func readFlash(text string) (f flash, ok bool) {
	if text == "" || json.Unmarshal([]byte(text), &f) != nil {
		return f, false
	}
	for _, args := range [][]any{f.Args, f.LinkArgs} {
		for i, a := range args {
			if n, ok := a.(float64); ok {
				args[i] = int(n)
			}
		}
	}
	return f, true
}

// shell is the frame around the page.
func shell(r *http.Request) *ui.Shell {
	ctx := r.Context()
	s := &ui.Shell{
		Lang: i18n.Lang(ctx), Dir: i18n.Dir(ctx), Path: r.URL.Path, Query: r.URL.RawQuery,
		FormToken: session.FormToken(ctx),
	}
	req, a := of(ctx), session.Actor(ctx)
	for _, l := range i18n.Languages {
		link := ui.LanguageLink{Code: l.Code, Name: l.Name, Current: l.Code == s.Lang}
		if req != nil && req.shared {
			query := r.URL.Query()
			query.Set("lang", l.Code)
			link.Href = r.URL.Path + "?" + query.Encode()
		}
		s.LanguageLinks = append(s.LanguageLinks, link)
	}
	if req == nil {
		return s
	}
	if !a.SignedIn() {
		s.PublicLinks = PublicLinks(ctx)
	}
	s.BuildID = req.site.Build
	if a.SignedIn() {
		s.SignedIn, s.UserName, s.Shortcuts = true, a.Name, a.Shortcuts
		if r.URL.Path == "/search" {
			s.Searched = r.URL.Query().Get("q")
		}
		s.UserRole = i18n.T(ctx, "common.role."+string(a.Role()))
		s.Flash = popFlash(ctx)
		s.Nav = req.site.Menu(ctx, a, r.URL.Path)
	}
	s.Notices = req.site.Notices(ctx, a)
	return s
}
