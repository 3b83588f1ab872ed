package devpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldest is the oldest major version of PostgreSQL that the application runs on.
const oldest = 15

// Programs is one installation of PostgreSQL's server programs.
type Programs struct {
	Dir   string // absolute directory that holds initdb and postgres
	Major int    // for example 17
}

func (p Programs) path(name string) string { return filepath.Join(p.Dir, name) }

// NotFoundError says that no usable server programs are installed.
// Its text holds the one command to type for this system.
type NotFoundError struct {
	Found   string // what is there but cannot be used; may be empty
	Command string // what installs PostgreSQL here
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("PostgreSQL's server programs (version %d or newer) were not found", oldest)
	if e.Found != "" {
		text += " (" + e.Found + ")"
	}
	return text + "; install them with:\n\n    " + e.Command + "\n"
}

// Find returns the newest installed server programs of a supported version.
//
// PORTAL_PG_BIN, when set, names the only directory that is looked at.
// The error is a *NotFoundError when nothing usable is installed.
func Find(ctx context.Context) (Programs, error) {
	if dir := os.Getenv("PORTAL_PG_BIN"); dir != "" {
		return findIn(ctx, []string{dir}, "PORTAL_PG_BIN="+dir)
	}
	return findIn(ctx, candidates(ctx), "")
}

// findIn takes the newest of dirs; why is told when none can be used.
func findIn(ctx context.Context, dirs []string, why string) (Programs, error) {
	installed := inspectAll(ctx, dirs)
	best := newest(installed)
	if best.Major >= oldest {
		return best, nil
	}
	if best.Major > 0 {
		why = strings.TrimSpace(fmt.Sprintf("%s version %d in %s is too old", why, best.Major, best.Dir))
	}
	return Programs{}, &NotFoundError{Found: why, Command: installCommand()}
}

func inspectAll(ctx context.Context, dirs []string) []Programs {
	var found []Programs
	seen := map[string]bool{}
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err != nil || seen[dir] {
			continue
		}
		seen[dir] = true
		if p, ok := inspect(ctx, dir); ok {
			found = append(found, p)
		}
	}
	return found
}

func newest(installed []Programs) Programs {
	var best Programs
	for _, p := range installed {
		if p.Major > best.Major {
			best = p
		}
	}
	return best
}

// inspect tells whether dir holds both programs, and of which version.
func inspect(ctx context.Context, dir string) (Programs, bool) {
	p := Programs{Dir: dir}
	if !executable(p.path("initdb")) || !executable(p.path("postgres")) {
		return p, false
	}
	out, err := exec.CommandContext(ctx, p.path("postgres"), "-V").Output()
	if err != nil {
		return p, false
	}
	p.Major = majorOf(string(out))
	return p, p.Major > 0
}

// majorOf reads "postgres (PostgreSQL) 15.18 (Debian 15.18-1)", also "18beta1"
// and "19devel"; 0 when the text is something else.
func majorOf(version string) int {
	_, rest, ok := strings.Cut(version, "(PostgreSQL) ")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	major, err := strconv.Atoi(rest[:end])
	if err != nil {
		return 0
	}
	return major
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// patterns are the places where packages put the server programs. Most systems
// keep them out of PATH, because several versions may stand side by side.
var patterns = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // PGDG packages for Red Hat and SUSE
	"/usr/lib/postgresql*/bin",          // SUSE
	"/usr/libexec/postgresql*",          // Alpine
	"/usr/local/pgsql/bin",              // built from source
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/opt/local/lib/postgresql*/bin", // MacPorts
}

func candidates(ctx context.Context) []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			continue // only a malformed pattern, and these are constants
		}
		dirs = append(dirs, found...)
	}
	return dirs
}
