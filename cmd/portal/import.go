package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"portal/internal/app"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/i18n"
)

// importing is what `portal policy import` was told. What it says is in the
// language of the person in whose name it works; until that person is known, in
// English.
type importing struct {
	call
	group, as, name, description string
	kind                         policy.Kind
	paths                        []string

	app   *app.App
	actor authz.Actor
}

// policyImport makes inactive policies of files: documents as MOSIP has them, or
// bundles that a portal wrote. All of them or none.
func policyImport(ctx context.Context, c call) error {
	im, cfg, err := importFlags(c)
	if err != nil {
		return err
	}
	if im.app, err = open(ctx, cfg); err != nil {
		return err
	}
	defer im.app.DB.Close()
	switch im.actor, err = im.app.Accounts.StaffActor(ctx, im.as); {
	case errors.Is(err, problem.ErrNotFound):
		return im.failed("cli.import.nobody", "Address", im.as)
	case err != nil:
		return err
	}
	return im.run(i18n.WithLang(ctx, im.actor.Lang))
}

func importFlags(c call) (*importing, config.Config, error) {
	im := &importing{call: c}
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.log)
	flags.StringVar(&im.group, "group", "", "name of the active policy group that the policies come under")
	flags.StringVar(&im.as, "as", "", "e-mail address of the member of staff who writes them, and so cannot activate them")
	flags.StringVar(&im.name, "name", "", "name of the policy of a single file; the file's name, or the bundle's, if empty")
	flags.StringVar(&im.description, "description", "", "description of policies whose file has none; \"Imported from FILE\" if empty")
	kind := flags.String("kind", "", "auth or datashare; told by the keys of each document if empty")
	own, settings := split(flags, c.args)
	if err := flags.Parse(own); err != nil {
		return nil, config.Config{}, err
	}
	cfg, paths, err := config.Load(c.name, settings, c.getenv, c.log)
	if err != nil {
		return nil, cfg, err
	}
	im.paths, im.kind = paths, policy.Kind(*kind)
	switch {
	case im.group == "" || im.as == "":
		err = im.failed("cli.import.needs")
	case *kind != "" && !im.kind.Valid():
		err = im.failed("cli.import.kind", "Kind", *kind)
	default:
		err = cfg.Require("database-url", "secret-key")
	}
	return im, cfg, err
}

// failed is an error in the person's language.
func (im *importing) failed(key string, args ...any) error {
	lang := im.actor.Lang
	if lang == "" {
		lang = "en"
	}
	return errors.New(i18n.In(lang, key, args...))
}

func (im *importing) run(ctx context.Context) error {
	gid, err := pg.Value[id.PolicyGroup](ctx, im.app.DB.Read(),
		`select id from policy_groups where lower(name) = lower(@name) and status = 'active'`, pg.Args{"name": im.group})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return im.failed("cli.import.group", "Group", im.group)
	case err != nil:
		return err
	}
	ins, err := im.read(ctx)
	if err != nil {
		return err
	}
	if err := im.app.Policies.JudgeImports(ctx, gid, ins); err != nil {
		return err
	}
	faulty := 0
	for _, in := range ins {
		if !in.OK() {
			faulty++
		}
		if err := im.tell(ctx, in); err != nil {
			return err
		}
	}
	if faulty > 0 {
		return im.failed("cli.import.nothing", "Count", faulty, "Files", len(ins))
	}
	made, err := im.app.Policies.ImportPolicies(ctx, im.actor, gid, ins)
	if err != nil {
		return im.explain(ctx, ins, err)
	}
	for i, p := range made {
		_, _ = fmt.Fprintf(im.out, "%s\t%s\t%s\t%s\n", ins[i].File, p.Kind, p.Name, p.ID)
	}
	return nil
}

// read reads the files, as many and as much as one import may have.
func (im *importing) read(ctx context.Context) ([]policy.Import, error) {
	names, err := documents(im.paths)
	if err != nil {
		return nil, err
	}
	switch {
	case len(names) > policy.MaxImportFiles:
		return nil, im.failed("cli.import.many", "Count", len(names), "Max", policy.MaxImportFiles)
	case im.name != "" && len(names) > 1:
		return nil, im.failed("cli.import.name_one")
	case im.name == "" && slices.Contains(names, "-"):
		return nil, im.failed("cli.import.stdin_name")
	}
	ins, left := make([]policy.Import, 0, len(names)), int64(policy.MaxImportBytes)
	for _, name := range names {
		text, err := document(name, left)
		if err != nil {
			return nil, err
		}
		if left -= int64(len(text)); left < 0 {
			return nil, im.failed("cli.import.large", "Max", policy.MaxImportBytes>>20)
		}
		ins = append(ins, im.described(ctx, policy.ReadFile(policy.File{Name: name, Text: text}, im.kind)))
	}
	return ins, nil
}

// described gives a file's policy the words that the file does not have.
func (im *importing) described(ctx context.Context, in policy.Import) policy.Import {
	file := in.BaseName()
	if in.File == "-" {
		file = i18n.T(ctx, "cli.import.stdin")
	}
	if im.name != "" {
		in.Input.Name = im.name
	}
	if in.Input.Description == "" {
		in.Input.Description = im.description
	}
	if in.Input.Description == "" {
		in.Input.Description = i18n.T(ctx, "policy_import.description", "File", file)
	}
	in.Input.Note = i18n.T(ctx, "policy_import.note", "File", file)
	return in
}

// tell prints what is wrong with a file, and what could be better.
func (im *importing) tell(ctx context.Context, in policy.Import) error {
	if err := printFindings(ctx, im.log, in.File, in.Report); err != nil {
		return err
	}
	var lines []string
	switch {
	case in.Trouble != nil:
		lines = append(lines, i18n.T(ctx, in.Trouble.Key, in.Trouble.Args...))
	case in.Readable() && !in.Input.Kind.Valid():
		lines = append(lines, i18n.T(ctx, "cli.import.kind_needed"))
	}
	for _, f := range in.Wrong {
		lines = append(lines, fieldWords(ctx, f))
		if f.Name == "name" && f.Key == "problem.required" {
			lines = append(lines, i18n.T(ctx, "cli.import.name_needed"))
		}
	}
	for _, text := range lines {
		if _, err := fmt.Fprintln(im.log, i18n.T(ctx, "cli.import.at", "File", in.File, "Text", text)); err != nil {
			return err
		}
	}
	return nil
}

// fieldWords is what the page would say at a field.
func fieldWords(ctx context.Context, f problem.Field) string {
	key := f.Key
	if key == "problem.required" {
		key = "policy.required." + f.Name
	}
	return i18n.T(ctx, key, f.Args...)
}

// explain says in words which file was refused and why.
func (im *importing) explain(ctx context.Context, ins []policy.Import, err error) error {
	var failed *policy.ImportError
	var invalid *problem.InvalidError
	var findings *policy.FindingsError
	if !errors.As(err, &failed) {
		return err
	}
	in := ins[failed.Index]
	switch {
	case errors.As(err, &findings):
		in.Report = findings.Report
	case errors.As(err, &invalid):
		in.Wrong = invalid.Fields
	default:
		return err
	}
	if err := im.tell(ctx, in); err != nil {
		return err
	}
	return im.failed("cli.import.nothing", "Count", 1, "Files", len(ins))
}
