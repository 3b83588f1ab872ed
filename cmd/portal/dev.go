package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"portal/internal/config"
	"portal/internal/demo"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/pg/devpg"
	"portal/internal/secret"
	"portal/web"
)

// dev is everything for development in one process: it starts a database
// unless one is configured, migrates, loads the demonstration and serves, with
// the mailbox at /dev/mail in place of a mail server.
func dev(ctx context.Context, c call) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	if !loopback(cfg.Addr) {
		return fmt.Errorf("portal dev has accounts with a known password and shows every mail: it listens on 127.0.0.1 only, not on %s", cfg.Addr)
	}
	if cfg.PublicURL == nil {
		cfg.PublicURL = &url.URL{Scheme: "http", Host: cfg.Addr}
	}
	if cfg.SecondFactor == "" {
		cfg.SecondFactor = "optional" // every page says so
	}
	cfg.LogFormat = "text"
	cfg.WebhookPrivate = true // receivers that are being developed stand on this machine
	logTo(c.log, cfg)
	if cfg.AuditHeads == "" {
		cfg.AuditHeads = filepath.Join(cfg.DataDir, "audit-heads.jsonl")
	}
	if cfg.SecretKey.IsZero() {
		if cfg.SecretKey, err = devKey(cfg.DataDir); err != nil {
			return err
		}
	}
	stop, err := devDatabase(ctx, &cfg, c.log)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := pg.Migrate(ctx, cfg.DatabaseURL.Reveal()); err != nil {
		return err
	}
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	if err := demo.Load(ctx, a); err != nil {
		return fmt.Errorf("demonstration data: %w", err)
	}
	send := mail.Transport(mail.Mailbox)
	if cfg.Mail.Host != "" {
		if send, err = mail.SMTP(cfg.Mail); err != nil {
			return err
		}
	}
	announce(c.out, cfg)
	return listen(ctx, a, web.Options{Build: version, Dev: true}, send, 0)
}

func loopback(addr string) bool {
	host := addr[:max(0, strings.LastIndex(addr, ":"))]
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]"
}

// devKey keeps one key per data directory, so that sessions and codes survive a
// restart.
func devKey(dir string) (secret.Text, error) {
	path := filepath.Join(dir, "secret.key")
	b, err := os.ReadFile(path) //nolint:gosec // the developer names the folder
	if errors.Is(err, fs.ErrNotExist) {
		var key [32]byte
		_, _ = rand.Read(key[:]) // never fails
		b = []byte(base64.StdEncoding.EncodeToString(key[:]) + "\n")
		if err = os.MkdirAll(dir, 0o755); err == nil { //nolint:gosec // the database server, another user, must get in
			err = os.WriteFile(path, b, 0o600)
		}
	}
	return secret.NewText(strings.TrimSpace(string(b))), err
}

// devDatabase starts a private cluster unless a database is configured.
func devDatabase(ctx context.Context, cfg *config.Config, log io.Writer) (stop func(), err error) {
	if !cfg.DatabaseURL.IsZero() {
		return func() {}, nil
	}
	server, err := devpg.Start(ctx, devpg.Options{Dir: cfg.DataDir, Durable: true, Log: log})
	if err != nil {
		return nil, err
	}
	cfg.DatabaseURL = secret.NewText(server.URL(devpg.Database))
	return func() { _ = server.Stop() }, nil // nothing is left to do about it
}

func announce(w io.Writer, cfg config.Config) {
	_, _ = fmt.Fprintf(w, "\n  Partner Portal     %s\n  Mail               %s/dev/mail\n\n  Accounts, all with the password: %s\n",
		cfg.Origin(), cfg.Origin(), demo.Password)
	for _, account := range demo.Accounts {
		_, _ = fmt.Fprintf(w, "    %-24s %s\n", account.Email, account.Is)
	}
	_, _ = fmt.Fprintln(w, "\n  Stop with Ctrl-C.")
}
