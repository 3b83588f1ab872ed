package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"

	"portal/internal/app"
	"portal/internal/config"
	"portal/internal/pg"
)

func fields(s string) iter.Seq[string] { return strings.FieldsSeq(s) }

// load reads the configuration of a command that takes no further arguments.
func load(c call) (config.Config, error) {
	cfg, rest, err := config.Load(c.name, c.args, c.getenv, c.log)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unknown argument %q; see portal help", rest[0])
	}
	return cfg, err
}

// logTo makes the logger that everything uses.
func logTo(w io.Writer, cfg config.Config) {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	var h slog.Handler = slog.NewJSONHandler(w, o)
	if cfg.LogFormat == "text" {
		h = slog.NewTextHandler(w, o)
	}
	slog.SetDefault(slog.New(h))
}

// open connects to the configured database and builds the services.
func open(ctx context.Context, cfg config.Config) (*app.App, error) {
	keys, err := cfg.Keys()
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(ctx, cfg.DatabaseURL.Reveal(), pg.Options{})
	if err != nil {
		return nil, err
	}
	return app.New(cfg, db, keys), nil
}
