package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"portal/internal/config"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
	"portal/web/i18n"
	"portal/web/policywords"
)

// errFaulty ends a command that has already said what is wrong.
var errFaulty = errors.New("at least one document has an error")

const lintUsage = `portal policy lint [flags] DIR|FILE…

Checks policy documents; - is the standard input. Of a folder it reads the *.json
that stand in it, not those of folders inside. Every finding is a line

    file:line:column+length: level code: sentence

whose places count characters from 1. Ends with 1 if a document has an error.`

// policyLint checks documents as the editor does, for people who keep them in
// files. Like other checkers it prints one finding a line, with its place and
// length in characters; level and code are the same words in every language, for
// programs.
func policyLint(ctx context.Context, c call) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.log)
	flags.Usage = func() {
		_, _ = fmt.Fprintln(c.log, lintUsage)
		flags.PrintDefaults()
	}
	kind := flags.String("kind", "", "auth or datashare; told by its keys if empty")
	lang := flags.String("lang", "en", "language of the sentences: en, fr or ar")
	own, settings := split(flags, c.args)
	if err := flags.Parse(own); err != nil {
		return err
	}
	if k := policydoc.Kind(*kind); k != "" && !k.Valid() {
		return fmt.Errorf("--kind is auth or datashare, not %q", *kind)
	}
	if !i18n.Known(*lang) {
		return fmt.Errorf("--lang is en, fr or ar, not %q", *lang)
	}
	cfg, args, err := config.Load(c.name, settings, c.getenv, c.log)
	if err != nil {
		return err
	}
	names, err := documents(args)
	if err != nil {
		return err
	}
	words, err := words(ctx, cfg)
	if err != nil {
		return err
	}
	l := linter{out: c.out, kind: policydoc.Kind(*kind), around: policydoc.Around{Vocabulary: words}}
	return l.all(i18n.WithLang(ctx, *lang), names)
}

// words is the vocabulary of the deployment where there is one, else the one
// that every installation starts with.
func words(ctx context.Context, cfg config.Config) (*policydoc.Vocabulary, error) {
	if cfg.DatabaseURL.Reveal() == "" {
		return policydoc.DefaultVocabulary(), nil
	}
	db, err := pg.Open(ctx, cfg.DatabaseURL.Reveal(), pg.Options{MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return vocabulary.NewService(db).All(ctx)
}

// documents are the files named by args, those of a folder by their ending;
// "-" is the standard input.
func documents(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		if arg != "-" && strings.HasPrefix(arg, "-") {
			return nil, fmt.Errorf("%s: flags stand before the files", arg)
		}
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
		case err != nil:
			return nil, err
		case info.IsDir():
			files, err := filepath.Glob(filepath.Join(globEscape.Replace(arg), "*.json"))
			if err != nil {
				return nil, err
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("%s: no *.json in it", arg)
			}
			out = append(out, files...)
			continue
		}
		out = append(out, arg)
	}
	if len(out) == 0 {
		return nil, errors.New("name at least one file or folder; - is the standard input")
	}
	return out, nil
}

var globEscape = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`)

// document reads one file, but hardly more than it may have.
func document(name string, most int64) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the person at the keyboard names the file
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	doc, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return doc, nil
}

// linter checks one document after the other and counts.
type linter struct {
	out           io.Writer
	kind          policydoc.Kind // "": by the document
	around        policydoc.Around
	errors, notes int
}

func (l *linter) all(ctx context.Context, names []string) error {
	for _, name := range names {
		doc, err := document(name, policydoc.MaxBytes)
		if err != nil {
			return err
		}
		if err := l.one(ctx, name, doc); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(l.out, "%s · %s · %s\n", i18n.T(ctx, "cli.lint.files", "Count", len(names)),
		i18n.T(ctx, "cli.lint.errors", "Count", l.errors), i18n.T(ctx, "cli.lint.notes", "Count", l.notes))
	if err == nil && l.errors > 0 {
		err = errFaulty
	}
	return err
}

func (l *linter) one(ctx context.Context, name string, doc []byte) error {
	kind := l.kind
	if kind == "" {
		kind, _ = policydoc.GuessKind(doc) // of none: one finding says so
	}
	r := policydoc.Check(kind, doc, l.around)
	l.errors += r.Errors
	l.notes += r.Notes
	return printFindings(ctx, l.out, name, r)
}

// sentence is a finding's sentence, without what only the editor can do.
func sentence(ctx context.Context, f policydoc.Finding) string {
	switch f.Key {
	case "policydoc.finding.kind":
		return i18n.T(ctx, "cli.lint.kind")
	case "policydoc.finding.empty":
		return i18n.T(ctx, "cli.lint.empty")
	}
	return policywords.FindingText(ctx, f)
}

func printFindings(ctx context.Context, out io.Writer, name string, r policydoc.Report) error {
	for _, f := range r.Findings {
		_, err := fmt.Fprintf(out, "%s:%d:%d+%d: %s %s: %s\n", name, f.Line, f.Column, f.Length, f.Level, f.Code, sentence(ctx, f))
		if err != nil {
			return err
		}
	}
	return nil
}
