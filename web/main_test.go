package web_test

import (
	"log/slog"
	"os"
	"testing"
)

// TestMain keeps the access log out of the tests' output: these tests make
// thousands of requests.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	os.Exit(m.Run())
}
