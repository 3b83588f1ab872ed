package devpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMajorOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"postgres (PostgreSQL) 19devel\n":                        19,
		"postgres (PostgreSQL) 9.6.24\n":                         9,
		"postgres (PostgreSQL) 17":                               17,
		"postgres (EnterpriseDB) 16.1\n":                         0,
		"":                                                       0,
	} {
		if got := majorOf(text); got != want {
			t.Errorf("majorOf(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestCommandForNamesThePackageManager(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, goos, release string
		root                bool
		want                string
	}{
		{"mac", "darwin", "", false, "brew install postgresql@17"},
		{"debian as root", "linux", "ID=debian\nVERSION_ID=\"12\"\n", true, "apt-get install -y postgresql"},
		{"ubuntu", "linux", "ID=ubuntu\nID_LIKE=debian\n", false, "sudo apt-get install -y postgresql"},
		{"mint", "linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", false, "sudo apt-get install -y postgresql"},
		{"fedora", "linux", "ID=fedora\nVERSION_ID=43\n", false, "sudo dnf install -y postgresql-server postgresql-contrib"},
		{"rocky 9", "linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n", true, "dnf module enable -y postgresql:16 && dnf install -y postgresql-server postgresql-contrib"},
		{"rocky 10", "linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.0\"\n", true, "dnf install -y postgresql-server postgresql-contrib"},
		{"alpine", "linux", "ID=alpine\n", true, "apk add postgresql postgresql-contrib"},
		{"leap", "linux", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", true, "zypper --non-interactive install postgresql-server postgresql-contrib"},
		{"arch", "linux", "ID=arch\n", true, "pacman -S --noconfirm postgresql"},
	} {
		if got := commandFor(c.goos, c.release, c.root); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := commandFor("linux", "", false); !strings.Contains(got, "PORTAL_PG_BIN") {
		t.Errorf("unknown system: %q does not say how to go on", got)
	}
}

func TestNotFoundErrorHoldsTheCommand(t *testing.T) {
	t.Parallel()
	_, err := findIn(t.Context(), []string{t.TempDir()}, "")
	var missing *NotFoundError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a *NotFoundError", err)
	}
	if missing.Command == "" || !strings.Contains(err.Error(), "\n    "+missing.Command+"\n") {
		t.Errorf("the command does not stand alone on a line:\n%s", err)
	}
}

func TestFindTakesTheNewestAndNamesTheTooOld(t *testing.T) {
	t.Parallel()
	p14, p15, p16 := fakePrograms(t, "14.2"), fakePrograms(t, "15.1"), fakePrograms(t, "16.3")
	got, err := findIn(t.Context(), []string{p15, p16, p14, filepath.Join(p15, "none")}, "")
	if err != nil || got != (Programs{Dir: p16, Major: 16}) {
		t.Errorf("got %+v, %v; want version 16", got, err)
	}
	_, err = findIn(t.Context(), []string{p14}, "")
	if err == nil || !strings.Contains(err.Error(), "version 14 in "+p14+" is too old") {
		t.Errorf("got %v, want a word about version 14", err)
	}
}

// fakePrograms makes an installation that can only tell its version.
func fakePrograms(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
