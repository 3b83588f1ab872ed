package web_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"portal/web/webtest"
)

// TestMain keeps the access log out of the tests' output: these tests make
// thousands of requests.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	code := m.Run()
	if err := webtest.DropDemo(context.Background()); err != nil {
		slog.Error("the demonstration's database stays", "error", err)
	}
	os.Exit(code)
}
