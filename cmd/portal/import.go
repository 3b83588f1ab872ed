package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"portal/internal/app"
	"portal/internal/config"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/i18n"
)

// policyImport makes inactive policies of files: documents as MOSIP has them, or
// bundles that a portal wrote. All of them or none.
func policyImport(ctx context.Context, c call) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.log)
	group := flags.String("group", "", "name of the active policy group that the policies come under")
	as := flags.String("as", "", "e-mail address of the member of staff who writes them, and so cannot activate them")
	description := flags.String("description", "", "description of policies whose file has none; \"Imported from FILE\" if empty")
	own, settings := split(flags, c.args)
	if err := flags.Parse(own); err != nil {
		return err
	}
	cfg, paths, err := config.Load(c.name, settings, c.getenv, c.log)
	if err != nil {
		return err
	}
	if err := cfg.Require("database-url", "secret-key"); err != nil {
		return err
	}
	if *group == "" || *as == "" {
		return errors.New("say under which policy group and in whose name: --group NAME --as EMAIL DIR|FILE…")
	}
	names, err := documents(paths)
	if err != nil {
		return err
	}
	if len(names) > policy.MaxImportFiles {
		return fmt.Errorf("%d files; at most %d can be imported at once", len(names), policy.MaxImportFiles)
	}
	files := make([]policy.File, len(names))
	for i, name := range names {
		files[i].Name = name
		if files[i].Text, err = document(name, policy.MaxImportBytes); err != nil {
			return err
		}
	}
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	return importFiles(ctx, c, a, files, *group, *as, *description)
}

func importFiles(ctx context.Context, c call, a *app.App, files []policy.File, group, as, description string) error {
	gid, err := pg.Value[id.PolicyGroup](ctx, a.DB.Read(), `select id from policy_groups where lower(name) = lower(@name)`, pg.Args{"name": group})
	if err != nil {
		return fmt.Errorf("policy group %q: %w", group, err)
	}
	actor, err := a.Accounts.StaffActor(ctx, as)
	if err != nil {
		return fmt.Errorf("no active member of staff has the address %q: %w", as, err)
	}
	words, err := a.Vocabulary.All(ctx)
	if err != nil {
		return err
	}
	var ins []policy.Input
	faulty := 0
	for _, f := range files {
		read := policy.ReadFile(f, words)
		if err := printFindings(i18n.WithLang(ctx, actor.Lang), c.log, f.Name, read.Report); err != nil {
			return err
		}
		if !read.OK() {
			faulty++
		}
		if read.Input.Description == "" {
			read.Input.Description = description
		}
		if read.Input.Description == "" {
			read.Input.Description = i18n.In(actor.Lang, "policy_import.description", "File", filepath.Base(f.Name))
		}
		ins = append(ins, read.Input)
	}
	if faulty > 0 {
		return fmt.Errorf("nothing was imported: %d of %d files have errors", faulty, len(files))
	}
	made, err := a.Policies.ImportPolicies(ctx, actor, gid, ins)
	if err != nil {
		return explainImport(actor.Lang, files, err)
	}
	for i, p := range made {
		_, _ = fmt.Fprintf(c.out, "%s\t%s\t%s\t%s\n", files[i].Name, p.Kind, p.Name, p.ID)
	}
	return nil
}

// explainImport says in words which file was refused and why.
func explainImport(lang string, files []policy.File, err error) error {
	var failed *policy.ImportError
	var invalid *problem.InvalidError
	if !errors.As(err, &failed) {
		return err
	}
	why := failed.Err.Error()
	if errors.As(err, &invalid) {
		var lines []string
		for _, f := range invalid.Fields {
			lines = append(lines, i18n.In(lang, f.Key, f.Args...))
		}
		why = strings.Join(lines, " ")
	}
	return fmt.Errorf("nothing was imported: %s: %s", files[failed.Index].Name, why)
}
