package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"portal/internal/app"
	"portal/internal/auditproof"
	"portal/internal/job"
	"portal/internal/mail"
	"portal/web"
)

// drainPause is how long a stopping portal still takes requests after it said
// that it is not ready, so that balancers notice (security.md OPS-5).
const drainPause = 5 * time.Second

func serve(ctx context.Context, c call) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	if err := cfg.Require("public-url", "database-url", "secret-key"); err != nil {
		return err
	}
	if cfg.SecondFactor == "optional" {
		return errors.New("--second-factor=optional is for portal dev alone: leave it out")
	}
	logTo(c.log, cfg)
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	if ok, err := a.DB.Migrated(ctx); err != nil {
		slog.WarnContext(ctx, "the database does not answer yet", "error", err.Error())
	} else if !ok {
		return errors.New("the database has an older schema; run: portal migrate")
	}
	if err := durable(ctx, a, cfg.Secure()); err != nil {
		return err
	}
	if cfg.AuditHeads != "" {
		if err := auditproof.Writable(cfg.AuditHeads); err != nil {
			return err
		}
	}
	var send mail.Transport
	if cfg.Mail.Host == "" {
		slog.WarnContext(ctx, "no mail server is configured: mails wait in the outbox")
	} else if send, err = mail.SMTP(cfg.Mail); err != nil {
		return err
	}
	slog.InfoContext(ctx, "starting", "config", cfg, "version", version)
	return listen(ctx, a, web.Options{Build: version}, send, drainPause)
}

// durable refuses a real installation on a database that may forget what it
// has acknowledged (security.md OPS-3).
func durable(ctx context.Context, a *app.App, secure bool) error {
	off, err := a.DB.NotDurable(ctx)
	if err != nil || len(off) == 0 {
		return nil //nolint:nilerr // a database that is away is told of by /readyz
	}
	if secure {
		return fmt.Errorf("the database may lose what it acknowledged: switch on %v", off)
	}
	slog.WarnContext(ctx, "the database may lose what it acknowledged", "off", off)
	return nil
}

// listen serves until ctx ends: first it says it is not ready, then it finishes
// what it has begun, then the background work stops (security.md OPS-5).
func listen(ctx context.Context, a *app.App, o web.Options, send mail.Transport, pause time.Duration) error {
	memory()
	portal := web.New(a, o)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	main := server(portal.Handler)
	servers := []*http.Server{main}
	group, groupCtx := errgroup.WithContext(context.WithoutCancel(ctx))
	group.Go(func() error { return closed(main.Serve(netutil.LimitListener(listener, 1000))) })
	if a.Config.MetricsAddr != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", portal.Metrics)
		metrics := server(mux)
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.MetricsAddr)
		if err != nil {
			slog.WarnContext(ctx, "metrics are not served", "error", err.Error())
		} else {
			servers = append(servers, metrics)
			group.Go(func() error { return closed(metrics.Serve(l)) })
		}
	}
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	group.Go(func() error {
		job.Loop(jobs, a.Jobs(web.MailText(a), send))
		return nil
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
		case <-groupCtx.Done(): // a server failed
		}
		a.Drain()
		time.Sleep(pause)
		deadline, cancel := context.WithTimeout(context.Background(), 25*time.Second)
		defer cancel()
		var errs []error
		for _, s := range servers {
			errs = append(errs, s.Shutdown(deadline))
		}
		stopJobs()
		return errors.Join(errs...)
	})
	return group.Wait()
}

// server has every limit set (security.md LIM-2).
func server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// memory trades memory for speed as measured (measured.md §6), unless the
// operator has chosen otherwise.
func memory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(512 << 20)
	}
}
