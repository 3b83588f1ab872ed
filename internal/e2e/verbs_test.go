//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"portal/web/i18n"
)

// T is a message in this browser's language. A text that is no message's key is
// itself: verbs take both, so a journey reads the same in every language.
func (b *Browser) T(text string, args ...any) string {
	if i18n.Has(b.lang, text) {
		text = i18n.In(b.lang, text, args...)
	}
	return strings.Join(strings.Fields(unmarked.Replace(text)), " ")
}

// unmarked takes away the marks of direction around names.
var unmarked = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u200e", "", "\u200f", "")

// in looks, for one step, only in the row, card or section that holds a text.
func (b *Browser) in(text string, args ...any) *Browser {
	b.scope = b.T(text, args...)
	return b
}

func (b *Browser) scoped() string {
	s := b.scope
	b.scope = ""
	return s
}

// expect says which status the next page has; otherwise it must be 200.
func (b *Browser) expect(status int) *Browser {
	b.want = status
	return b
}

// open types an address.
func (b *Browser) open(path string) {
	b.t.Helper()
	b.visit("open "+path, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: b.base + path})
		return err
	}))
}

// back is the browser's Back button.
func (b *Browser) back() {
	b.t.Helper()
	b.visit("back", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		h, err := cdp.Call(ctx, t, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: h.Entries[h.CurrentIndex-1].ID})
		return err
	}))
}

type state struct {
	Path, Title, Lang, Dir string
	H1                     []string
	Status                 int
	Missing, Wide          string
}

// visit does what leads to another page, waits until that has loaded, and looks
// at what every page must be.
func (b *Browser) visit(step string, trigger chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if _, err := run(b, chromedp.WaitEvent(page.LoadEventFired, nil, trigger)); err != nil {
		b.t.Fatalf("%s: %s: no page came: %v", b.name, step, err)
	}
	want := b.want
	b.want = 0
	if want == 0 {
		want = http.StatusOK
	}
	s := b.state()
	if s.Status != want {
		b.t.Errorf("%s: %s leads to %s with status %d, want %d: %q", b.name, step, s.Path, s.Status, want, ask[string](b, "text", ""))
	}
	if len(s.H1) != 1 {
		b.t.Errorf("%s: %s has %d main headings: %q", b.name, s.Path, len(s.H1), s.H1)
	}
	if s.Missing != "" {
		b.t.Errorf("%s: %s has no words for %s", b.name, s.Path, s.Missing)
	}
	if s.Wide != "" {
		b.t.Errorf("%s: %s is wider than the window: %s", b.name, s.Path, s.Wide)
	}
	if dir := map[bool]string{true: "rtl", false: "ltr"}[s.Lang == "ar"]; s.Lang == "" || s.Dir != dir {
		b.t.Errorf("%s: %s: lang %q, dir %q", b.name, s.Path, s.Lang, s.Dir)
	}
	b.settle()
	if b.t.Failed() {
		b.t.FailNow() // what follows would only be noise
	}
}

func (b *Browser) state() state {
	b.t.Helper()
	return ask[state](b, "state")
}

type spot struct {
	Found, Met bool
	By         string
	X, Y       float64
}

// click meets an element with the mouse.
func (b *Browser) click(kind, text string, args ...any) chromedp.Action[chromedp.Void] {
	b.t.Helper()
	name := b.T(text, args...)
	at := ask[spot](b, "at", kind, name, b.scoped())
	switch {
	case !at.Found:
		b.t.Fatalf("%s: %s has nothing to %s named %q; it has: %s", b.name, b.state().Path, kind, name, at.By)
	case !at.Met:
		b.t.Fatalf("%s: %s: %q is covered by %s", b.name, b.state().Path, name, at.By)
	}
	return chromedp.MouseClickXY(at.X, at.Y)
}

// press presses a button that leads to another page.
func (b *Browser) press(text string, args ...any) {
	b.t.Helper()
	b.visit("press "+text, b.click("press", text, args...))
}

// follow follows a link.
func (b *Browser) follow(text string, args ...any) {
	b.t.Helper()
	b.visit("follow "+text, b.click("follow", text, args...))
}

// toggle opens or closes a menu or a filter.
func (b *Browser) toggle(text string, args ...any) {
	b.t.Helper()
	b.do(b.click("toggle", text, args...))
}

// choose picks one of several by its name.
func (b *Browser) choose(text string, args ...any) {
	b.t.Helper()
	b.do(b.click("choice", text, args...))
}

type control struct {
	ID, Kind, Value string
	Checked         bool
}

// control is the field with a label.
func (b *Browser) control(label string, args ...any) control {
	b.t.Helper()
	name := b.T(label, args...)
	c := ask[*control](b, "field", name, b.scoped())
	if c == nil {
		b.t.Fatalf("%s: %s has no field %q", b.name, b.state().Path, name)
	}
	return *c
}

// fill types into the field with a label, or picks from its list.
func (b *Browser) fill(label, value string) {
	b.t.Helper()
	c := b.control(label)
	switch c.Kind {
	case "select":
		value = b.T(value)
		if has := ask[string](b, "select", c.ID, value); has != "" {
			b.t.Fatalf("%s: the list %q has no %q but %s", b.name, label, value, has)
		}
		return
	case "date":
		ask[chromedp.Void](b, "day", c.ID, value)
		return
	case "file":
		b.upload(c.ID, file{"policy.json", value})
		return
	}
	b.enter(c.ID, value)
}

// enter types into the field with an id.
func (b *Browser) enter(id, value string) {
	b.t.Helper()
	ask[chromedp.Void](b, "enter", id)
	if value == "" {
		b.keys("\b")
	} else {
		b.do(call(input.InsertText, input.InsertTextParams{Text: value}))
	}
	if got := ask[string](b, "typed", id); got != value {
		b.t.Fatalf("%s: %q holds %q after typing %q", b.name, id, got, value)
	}
}

// file is one on the disk of whoever sits at the browser.
type file struct{ name, content string }

// upload chooses files.
func (b *Browser) upload(field string, files ...file) {
	b.t.Helper()
	dir := b.t.TempDir()
	var paths []string
	for _, f := range files {
		paths = append(paths, filepath.Join(dir, f.name))
		if err := os.WriteFile(paths[len(paths)-1], []byte(f.content), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do(chromedp.SetUploadFiles(chromedp.ID(field), paths))
}

// keys types on the keyboard, to whatever has the focus.
func (b *Browser) keys(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// see fails the test unless the page shows a text.
func (b *Browser) see(text string, args ...any) {
	b.t.Helper()
	want := b.T(text, args...)
	scope := b.scoped()
	if got := ask[string](b, "text", scope); !strings.Contains(got, want) {
		b.t.Fatalf("%s: %s does not show %q (within %q) but: %s", b.name, b.state().Path, want, scope, got)
	}
}

// miss fails the test if the page shows a text.
func (b *Browser) miss(text string, args ...any) {
	b.t.Helper()
	want := b.T(text, args...)
	if got := ask[string](b, "text", b.scoped()); strings.Contains(got, want) {
		b.t.Fatalf("%s: %s shows %q: %s", b.name, b.state().Path, want, got)
	}
}

// heading fails the test unless the page's main heading is this.
func (b *Browser) heading(text string, args ...any) {
	b.t.Helper()
	want := b.T(text, args...)
	if s := b.state(); len(s.H1) != 1 || s.H1[0] != want {
		b.t.Fatalf("%s: %s is headed %q, want %q: %s", b.name, s.Path, s.H1, want, ask[string](b, "text", ""))
	}
}

// holds fails the test unless the field with a label has a value.
func (b *Browser) holds(label, value string) {
	b.t.Helper()
	if c := b.control(label); c.Value != value {
		b.t.Fatalf("%s: %q holds %q, want %q", b.name, label, c.Value, value)
	}
}

// path is where the browser stands, without the query.
func (b *Browser) path() string {
	b.t.Helper()
	p, _, _ := strings.Cut(b.state().Path, "?")
	return p
}

// watched opens a page without judging it, for the harness's own tests.
func (b *Browser) watched(path string) {
	b.t.Helper()
	if _, err := run(b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: b.base + path})
		return err
	}))); err != nil {
		b.t.Fatal(err)
	}
	_, _ = run(b, chromedp.Evaluate[bool](`true`))
}
