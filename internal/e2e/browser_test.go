//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step may take before it has failed.
const patience = 20 * time.Second

// mode is one way of looking at the portal.
type mode struct {
	name  string
	lang  string
	width int64
	plain bool // scripts are off
}

var (
	script = mode{name: "script", lang: "en", width: 1280}
	plain  = mode{name: "no script", lang: "en", width: 1280, plain: true}
	arabic = mode{name: "Arabic on a telephone", lang: "ar", width: 375}
)

// Browser is one person's browser. Whatever goes wrong in it fails the test:
// errors in the console, uncaught exceptions, violations of the content
// security policy, failed requests, requests to another site, broken pages.
type Browser struct {
	t    *testing.T
	ctx  context.Context
	base string // scheme and host of the portal
	mode

	scope string // text of the row, card or section to look in
	want  int    // the status that the next page should have

	mu     sync.Mutex
	faults []string
}

// newBrowser opens a window with cookies of its own.
func newBrowser(t *testing.T, base string, m mode) *Browser {
	t.Helper()
	chromium, err := startChromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	b := &Browser{t: t, ctx: ctx, base: base, mode: m}
	t.Cleanup(func() {
		b.settle()
		if t.Failed() {
			b.photograph()
		}
		cancel()
	})
	if err := chromedp.Listen(ctx, b.watch); err != nil {
		t.Fatal(err)
	}
	b.do(
		call(audits.Enable, cdp.Empty{}),
		call(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": m.lang}}),
		call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: m.plain}),
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		chromedp.EmulateViewport(m.width, 800),
	)
	b.paint("light")
	return b
}

// paint shows the page as somebody sees it who asks for light or for dark.
func (b *Browser) paint(scheme string) {
	b.t.Helper()
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: scheme},
	}}))
}

// call is a protocol command as a step.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// watch sees every event of the tab before the command that caused it returns.
// It must not block and must not call the browser.
func (b *Browser) watch(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.fault("uncaught exception: %s", exception(ev.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == "error" || ev.Type == "assert" || ev.Type == "warning" {
			b.fault("console.%s: %s", ev.Type, arguments(ev.Args))
		}
	case *log.EventEntryAdded:
		// The browser also notes every answer of 400 and more here; visit
		// judges those of pages, and the responses below the others.
		if e := ev.Entry; (e.Level == "error" || e.Level == "warning") && e.Source != "network" {
			b.fault("browser log: %s: %s", e.Source, e.Text)
		}
	case *audits.EventIssueAdded:
		if d := ev.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			b.fault("content security policy: %s refused (%s)", d.ContentSecurityPolicyIssueDetails.BlockedURL, d.ContentSecurityPolicyIssueDetails.ViolatedDirective)
		}
	case *network.EventRequestWillBeSent:
		u := ev.Request.URL
		if !strings.HasPrefix(u, b.base+"/") && !strings.HasPrefix(u, "data:") {
			b.fault("a request leaves the portal: %s", u)
		}
	case *network.EventResponseReceived:
		if ev.Type != network.ResourceTypeDocument && ev.Response.Status >= 400 {
			b.fault("%s answers %d", ev.Response.URL, ev.Response.Status)
		}
	case *network.EventLoadingFailed:
		// A download ends as a page load that is given up.
		if !ev.Canceled && ev.ErrorText != "net::ERR_ABORTED" {
			b.fault("request failed: %s %s", ev.ErrorText, ev.BlockedReason)
		}
	case *page.EventJavascriptDialogOpening:
		if ev.Type != page.DialogTypeBeforeunload {
			b.fault("unexpected dialog: %s", ev.Message)
		}
		go func() { // the tab stands still until this is answered
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	}
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

func arguments(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, string(a.Value)+a.Description)
	}
	return strings.Join(words, " ")
}

func (b *Browser) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// taken are the faults since the last call.
func (b *Browser) taken() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}

// settle reports what went wrong so far. The round trip makes sure that every
// event before it has been seen.
func (b *Browser) settle() {
	b.t.Helper()
	_, _ = run(b, chromedp.Evaluate[bool](`true`))
	for _, f := range b.taken() {
		b.t.Errorf("%s: %s", b.name, f)
	}
}

// photograph leaves a picture of a failure where ARTIFACTS says, else in
// internal/e2e/failures.
func (b *Browser) photograph() {
	dir := os.Getenv("ARTIFACTS")
	if dir == "" {
		dir, _ = filepath.Abs("failures")
	}
	where, _ := run(b, chromedp.Location())
	picture, err := run(b, chromedp.FullScreenshot(90))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d.jpg", strings.NewReplacer("/", "-", " ", "-").Replace(b.t.Name()), time.Now().UnixMilli()))
	if err == nil {
		err = os.WriteFile(name, picture, 0o644)
	}
	b.t.Logf("it stood at %s; picture: %s (%v)", where, name, err)
}

func run[T any](b *Browser, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, a)
}

func (b *Browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if _, err := run(b, chromedp.Steps(steps...)); err != nil {
		b.t.Fatalf("%s: %v", b.name, err)
	}
}

// ask calls one of the functions of library.js in the page.
func ask[T any](b *Browser, function string, args ...any) T {
	b.t.Helper()
	list, err := json.Marshal(args)
	if err != nil {
		b.t.Fatal(err)
	}
	v, err := run(b, chromedp.Evaluate[T](library+function+".apply(null, "+string(list)+"); })()"))
	if err != nil {
		b.t.Fatalf("%s: %s%s: %v", b.name, function, list, err)
	}
	return v
}
