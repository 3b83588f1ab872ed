// Package arch holds the import rules of the house (architecture.md B3). It has
// no code of its own.
package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "portal/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// leaves import nothing of ours but each other.
var leaves = []string{
	"portal/internal/id", "portal/internal/problem", "portal/internal/state", "portal/internal/list",
	"portal/internal/job", "portal/internal/secret", "portal/internal/email", "portal/internal/code",
	"portal/internal/textdiff", "portal/internal/standing", "portal/internal/guess",
}

// pieces are the parts of web/ that screens share; a screen imports these and
// no other screen.
var pieces = []string{"route", "page", "form", "i18n", "ui", "static", "session", "mailtpl", "policywords", "certwords", "export", "tokens", "decide", "confirm"}

func TestImportRules(t *testing.T) {
	t.Parallel()
	all := packages(t)
	if len(all) < 20 {
		t.Fatalf("only %d packages were found", len(all))
	}
	for _, p := range all {
		for _, imported := range p.Imports {
			if why := forbidden(p.ImportPath, imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

func forbidden(from, to string) string {
	within := func(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
	switch {
	case within(from, "portal/internal") && !within(from, "portal/internal/e2e") && within(to, "portal/web"):
		return "the application knows no browser"
	case within(to, "portal/cmd"):
		return "nothing imports a command"
	case strings.HasSuffix(to, "/pgxpool") && !within(from, "portal/internal/pg"):
		return "only internal/pg holds a pool"
	case slices.Contains(leaves, from) && within(to, "portal") && !slices.Contains(leaves, to):
		return "it stands at the bottom"
	case from == "portal/web/ui" && within(to, "portal/internal") && to != "portal/internal/list":
		return "ui knows no domain"
	case screen(from) && screen(to):
		return "a screen imports no other screen"
	}
	return ""
}

func screen(path string) bool {
	name, ok := strings.CutPrefix(path, "portal/web/")
	return ok && !slices.Contains(pieces, name) && !strings.HasPrefix(name, "webtest")
}

// TestRuleIsAlive shows that each rule refuses what it is there to refuse.
func TestRuleIsAlive(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"portal/internal/policy", "portal/web/ui"},
		{"portal/internal/policy", "github.com/jackc/pgx/v5/pgxpool"},
		{"portal/internal/id", "portal/internal/pg"},
		{"portal/web/ui", "portal/internal/policy"},
		{"portal/web/policy", "portal/web/partner"},
		{"portal/web", "portal/cmd/portal"},
	} {
		if forbidden(pair[0], pair[1]) == "" {
			t.Errorf("%s may import %s", pair[0], pair[1])
		}
	}
}
