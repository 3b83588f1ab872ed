package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portal/internal/account"
	"portal/internal/app"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/secret"
)

// installation is a migrated database with one member of staff and one group.
func installation(t *testing.T) (settings map[string]string, a *app.App) {
	t.Helper()
	settings = map[string]string{
		"PORTAL_DATABASE_URL": pgtest.URL(t), "PORTAL_SECRET_KEY": "dGhpcyBpcyBhIGtleSBvZiBhIHRlc3QsIDMyIGJ5dGVzIQ==",
	}
	db, err := pg.Open(t.Context(), settings["PORTAL_DATABASE_URL"], pg.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	a = app.New(config.Config{FourEyes: "always"}, db, secret.RandomKeys())
	_, err = a.Accounts.CreateWithPassword(t.Context(), account.StaffInput{
		Email: "ada@example.test", FirstName: "Ada", Lang: "en", Roles: []authz.Role{authz.PartnerAdmin},
	}, "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	actor, err := a.Accounts.StaffActor(t.Context(), "ADA@example.test")
	if err == nil {
		_, err = a.Policies.CreateGroup(t.Context(), actor, policy.GroupInput{Name: "Telecom", Description: "Operators"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return settings, a
}

func portalRuns(t *testing.T, settings map[string]string, args ...string) (status int, out, log string) {
	t.Helper()
	var o, l bytes.Buffer
	status = run(t.Context(), args, func(name string) string { return settings[name] }, &o, &l)
	return status, o.String(), l.String()
}

// folder holds every sample, with the line ends of a Windows machine.
func folder(t *testing.T) (dir string, texts map[string]string) {
	t.Helper()
	dir, texts = t.TempDir(), map[string]string{}
	for _, k := range policydoc.Kinds() {
		for _, s := range policydoc.Samples(k) {
			texts[s.ID] = strings.ReplaceAll(string(s.Document), "\n", "\r\n")
			if err := os.WriteFile(filepath.Join(dir, s.ID+".json"), []byte(texts[s.ID]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir, texts
}

func TestImportTakesAFolderByteForByte(t *testing.T) {
	t.Parallel()
	settings, a := installation(t)
	dir, texts := folder(t)
	status, out, log := portalRuns(t, settings, "policy", "import", "--group", "telecom", "--as", "ada@example.test", dir)
	if status != 0 || strings.Count(out, "\n") != len(texts) {
		t.Fatalf("%d %s%s", status, out, log)
	}
	for name, want := range texts {
		got, err := pg.Value[string](t.Context(), a.DB.Read(), `select v.document from policy_versions v join policies p on p.id = v.policy_id
			where p.name = @name and p.description = @description`, pg.Args{"name": name, "description": "Imported from " + name + ".json"})
		if err != nil || got != want {
			t.Errorf("%s: %v %q", name, err, got)
		}
	}
	// A second time the names are taken, and nothing is made.
	if status, out, log := portalRuns(t, settings, "policy", "import", "--group=Telecom", "--as=ada@example.test", dir); status != 1 || out != "" || !strings.Contains(log, "nothing was imported") || !strings.Contains(log, "already has a policy with this name") {
		t.Errorf("%d %s%s", status, out, log)
	}
}

func TestImportTakesAllOrNothing(t *testing.T) {
	t.Parallel()
	settings, a := installation(t)
	dir, _ := folder(t)
	write(t, dir, "zz.json", `{"authTokenType": 3}`)
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"a faulty file": {[]string{"--group", "Telecom", "--as", "ada@example.test", dir}, "nothing was imported: 1 of 7 files has something to put right"},
		"no group":      {[]string{"--as", "ada@example.test", dir}, "--group NAME"},
		"other group":   {[]string{"--group", "Banking", "--as", "ada@example.test", dir}, `no active policy group “Banking”`},
		"nobody":        {[]string{"--group", "Telecom", "--as", "eve@example.test", dir}, `“eve@example.test”`},
		"no files":      {[]string{"--group", "Telecom", "--as", "ada@example.test"}, "name at least one file"},
	} {
		status, out, log := portalRuns(t, settings, append([]string{"policy", "import"}, tc.args...)...)
		if status != 1 || out != "" || !strings.Contains(log, tc.want) {
			t.Errorf("%s: %d %s%s", name, status, out, log)
		}
	}
	if n, err := pg.Value[int](t.Context(), a.DB.Read(), `select count(*)::int from policies`, nil); err != nil || n != 0 {
		t.Errorf("%d policies, %v", n, err)
	}
}

// A single file can be named, and what the document does not tell.
func TestImportSaysWhatToAdd(t *testing.T) {
	t.Parallel()
	settings, a := installation(t)
	dir := t.TempDir()
	nameless, untold := write(t, dir, ".json", goodAuth), write(t, dir, "untold.json", `{}`)
	zip, good := write(t, dir, "zip.json", "PK\x03\x04"), write(t, dir, "good.json", goodAuth)
	huge := write(t, dir, "huge.json", strings.Repeat(" ", policy.MaxImportBytes/2+1))
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{nameless}, "Enter a name."},
		{[]string{nameless}, "Add --name NAME"},
		{[]string{"-"}, "The standard input has no name."},
		{[]string{"--name", "Both", good, nameless}, "--name is for a single file."},
		{[]string{untold}, "Add --kind auth or --kind datashare."},
		{[]string{"--kind", "misp", untold}, "--kind is auth or datashare"},
		{[]string{"--kind", "auth", untold}, "error AP-102"},
		{[]string{zip}, "zip.json: This is a ZIP file."},
		{[]string{huge, huge}, "Together the files are larger than 32 MiB."},
		{[]string{huge}, "larger than 16 MiB"},
		{[]string{good, good}, "has the same name"},
	} {
		status, out, log := portalRuns(t, settings, append([]string{"policy", "import", "--group", "Telecom", "--as", "ada@example.test"}, tc.args...)...)
		if status != 1 || out != "" || !strings.Contains(log, tc.want) {
			t.Errorf("%v: %d %s%s", tc.args, status, out, log)
		}
	}
	status, out, log := portalRuns(t, settings, "policy", "import", "--group", "Telecom", "--as", "ada@example.test", "--name", "Named", nameless)
	if status != 0 || !strings.Contains(out, "\tNamed\t") {
		t.Errorf("%d %s%s", status, out, log)
	}
	note, err := pg.Value[string](t.Context(), a.DB.Read(), `select note from policy_versions`, nil)
	if err != nil || note != "Imported from .json" {
		t.Errorf("%v %q", err, note)
	}
}

func TestImportSpeaksThePersonsLanguage(t *testing.T) {
	t.Parallel()
	settings, a := installation(t)
	_, err := a.Accounts.CreateWithPassword(t.Context(), account.StaffInput{
		Email: "zoe@example.test", FirstName: "Zoé", Lang: "fr", Roles: []authz.Role{authz.PolicyManager},
	}, "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, t.TempDir(), "a.json", `{}`)
	status, _, log := portalRuns(t, settings, "policy", "import", "--group", "Telecom", "--as", "zoe@example.test", file)
	if status != 1 || !strings.Contains(log, "Ajoutez --kind auth") || !strings.Contains(log, "rien n’a été importé") {
		t.Errorf("%d %s", status, log)
	}
}
