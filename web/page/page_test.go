package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"portal/internal/problem"
	"portal/internal/state"
	"portal/web/i18n"
)

func TestINJ5OnlyOwnPathsAreFollowed(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"/", "/home", "/partners?status=active&page=2", "/policy-groups/0199-a/edit", "/partners?q=a%20b"} {
		if got := Local(good, "/x"); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "home", "//e", "///e", `/\e`, `\\e`, `/\/e`, "/%2f/e", "/%5ce", "/\t/e", "/\n/e", "/ /e", "https:e", "https://e",
		"HTTP://e", "javascript:alert(1)", "data:text/html,x", "@e", "/@e", "/e@f", "e.test", "./e", "../e", "/../e", "/a/../../e", "?x", "#x", "/a#b",
		"/\x00", "/\u2028", "/é", "/a//b", "mailto:a@b", "ftp://e", "blob:x", "/\\evil.test", "/%09/e", "%2f%2fe", "///", "/" + strings.Repeat("a", 2001),
	} {
		if got := Local(bad, "/x"); got != "/x" {
			t.Errorf("%q was followed as %q", bad, got)
		}
	}
}

// FuzzINJ5Redirect: whatever comes, the result is a path of this host.
func FuzzINJ5Redirect(f *testing.F) {
	for _, s := range []string{"/home", "//e", `/\e`, "/%2f/e", "https:e"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://portal.test/signin")
	f.Fuzz(func(t *testing.T, s string) {
		got := Local(s, "/")
		u, err := base.Parse(got)
		if err != nil || u.Host != "portal.test" || u.Scheme != "https" || !strings.HasPrefix(got, "/") {
			t.Errorf("%q leads to %v (%v)", s, u, err)
		}
	})
}

func TestErrorsBecomeAnswers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct {
		err    error
		status int
	}{
		{problem.ErrNotFound, 404},
		{fmt.Errorf("load group: %w", problem.ErrNotFound), 404},
		{problem.ErrDenied, 403},
		{problem.ErrConflict, 409},
		{&problem.ConflictError{Key: "x"}, 409},
		{&state.MoveError{}, 409},
		{&problem.ThrottledError{RetryAfter: time.Minute}, 429},
		{&problem.BusyError{}, 503},
		{&http.MaxBytesError{}, 413},
		{problem.ErrBadRequest, 400},
		{problem.Invalid("a", "b"), 422},
		{&pgconn.PgError{Code: "57P01"}, 503},
		{&pgconn.PgError{Code: "53100"}, 503},
		{context.DeadlineExceeded, 503},
		{&pgconn.PgError{Code: "42601"}, 500},
		{errors.New("anything else"), 500},
	} {
		f := classify(ctx, c.err)
		if f.Status != c.status {
			t.Errorf("%v: status %d, want %d", c.err, f.Status, c.status)
		}
		for _, l := range i18n.Languages {
			if !i18n.Has(l.Code, f.Key+".title") || !i18n.Has(l.Code, f.Key+".text") {
				t.Errorf("%s has no words in %s", f.Key, l.Code)
			}
		}
	}
}
