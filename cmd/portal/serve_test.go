package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/app"
	"portal/internal/config"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/secret"
	"portal/web"
)

// served is a portal that serves, as `portal serve` does, until end is called; gone
// tells what became of it.
type served struct {
	*testing.T
	base, database string
	end            func()
	gone           chan error
}

func serving(t *testing.T) *served {
	t.Helper()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	s := &served{T: t, base: "http://" + addr, database: pgtest.URL(t), gone: make(chan error, 1)}
	db, err := pg.Open(t.Context(), s.database, pg.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	public, _ := url.Parse(s.base)
	a := app.New(config.Config{FourEyes: "always", Addr: addr, PublicURL: public}, db, secret.RandomKeys())
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	s.end = end
	go func() {
		err := listen(ctx, a, web.Options{Build: "test"}, nil, 3*time.Second)
		db.Close()
		s.gone <- err
	}()
	t.Cleanup(end)
	s.until("/readyz", http.StatusOK)
	return s
}

// until asks again and again until a status comes.
func (s *served) until(path string, status int) *http.Response {
	s.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for range 500 {
		r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.base+path, nil)
		if err != nil {
			s.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "portal", Value: strings.Repeat("x", 43)}) // nobody's, but it has to be looked up
		if answer, err := http.DefaultClient.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode == status {
				return answer
			}
		}
		<-again.C
	}
	s.Fatalf("%s is never answered with %d", path, status)
	return nil
}

func TestOPS3ARealInstallationNeedsADatabaseThatForgetsNothing(t *testing.T) {
	t.Parallel()
	_, a := installation(t) // on a database that is careless on purpose
	if err := durable(t.Context(), a, true); err == nil || !strings.Contains(err.Error(), "fsync") || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("a real installation: %v", err)
	}
	if err := durable(t.Context(), a, false); err != nil {
		t.Errorf("without https: %v", err)
	}
}

func TestMFA1ARealInstallationNeedsTheSecondFactor(t *testing.T) {
	t.Parallel()
	settings, _ := installation(t)
	settings["PORTAL_PUBLIC_URL"] = "http://127.0.0.1:9"
	status, _, log := portalRuns(t, settings, "serve", "--second-factor", "optional")
	if status == 0 || !strings.Contains(log, "portal dev alone") {
		t.Errorf("%d %s", status, log)
	}
}

// TestOPS5WhatWasBegunIsFinished: who was let in before the end is answered, and
// nobody new is sent.
func TestOPS5WhatWasBegunIsFinished(t *testing.T) {
	t.Parallel()
	s := serving(t)
	begun, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = begun.Close() }()
	_, _ = fmt.Fprintf(begun, "POST /signin HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nemail", strings.TrimPrefix(s.base, "http://"))
	s.until("/healthz", http.StatusOK) // the server has had time to see it
	s.end()
	s.until("/readyz", http.StatusServiceUnavailable)
	_, _ = begun.Write([]byte("=a%40"))
	answer, err := http.ReadResponse(bufio.NewReader(begun), nil)
	if err != nil {
		t.Fatalf("a request that was begun is cut off: %v", err)
	}
	_ = answer.Body.Close()
	if err := <-s.gone; err != nil {
		t.Errorf("the end: %v", err)
	}
}

// TestOPS6TheDatabaseMayComeAndGo: without it everybody is told to come again; with
// it they are served, without a restart.
func TestOPS6TheDatabaseMayComeAndGo(t *testing.T) {
	t.Parallel()
	s := serving(t)
	u, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.WithoutCancel(t.Context())) }()
	open := func(yes bool) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), fmt.Sprintf("alter database %s with allow_connections %t", pgx.Identifier{name}.Sanitize(), yes)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		open(false)
		if _, err := admin.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, name); err != nil {
			t.Fatal(err)
		}
		if got := s.until("/policy-groups", http.StatusServiceUnavailable).Header.Get("Retry-After"); got != "5" {
			t.Errorf("Retry-After %q", got)
		}
		s.until("/healthz", http.StatusOK)
		s.until("/readyz", http.StatusServiceUnavailable)
		open(true)
		s.until("/readyz", http.StatusOK)
		s.until("/signin", http.StatusOK)
	}
}
