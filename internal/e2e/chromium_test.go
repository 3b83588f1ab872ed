//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// names is where a browser may stand, in the order of preference: those without a
// window of their own take half the time. The Makefile looks in the same places.
var names = []string{
	"headless_shell", "headless-shell", "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
}

var errNoChromium = errors.New(`the browser tests need Chromium or Google Chrome, and none was found.
Install one, on Debian: sudo apt-get install -y chromium
or say where it is:     PORTAL_CHROMIUM=/path/to/chromium`)

func findChromium() (string, error) {
	if given := os.Getenv("PORTAL_CHROMIUM"); given != "" {
		path, err := exec.LookPath(given)
		if err != nil {
			return "", fmt.Errorf("PORTAL_CHROMIUM: %w", err)
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoChromium
}

// One Chromium serves all tests of the process; every person in a test gets a
// browser context of their own in it, with its own cookies.
var (
	startChromium = sync.OnceValues(start)
	stopChromium  = func() {}
)

func start() (context.Context, error) {
	path, err := findChromium()
	if err != nil {
		return nil, err
	}
	// The machine's own proxy is not for addresses of this machine.
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("no-proxy-server", true),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		"disable-default-apps", "disable-dev-shm-usage", "disable-breakpad", "disable-background-timer-throttling",
		"disable-backgrounding-occluded-windows", "disable-renderer-backgrounding", "hide-scrollbars", "mute-audio",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox itself as root
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	stopChromium = func() { cancel(); stopAllocator() }
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	return ctx, nil
}

func TestMain(m *testing.M) {
	quiet()
	code := m.Run()
	stopChromium()
	os.Exit(code)
}
