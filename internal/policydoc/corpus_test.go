package policydoc

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what Check finds into testdata/faulty; read the difference before keeping it")

// faulty is a document of testdata/faulty with what is to be found in it.
//
//	=== auth: name
//	the document
//	---
//	2:3+4 JS-020 comma_missing /path → add
//
// An error is not called so, any other level is; → is the fix that is offered.
type faulty struct {
	name  string
	kind  Kind
	doc   string
	wants string
}

func readFaulty(t testing.TB, file string) []faulty {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []faulty
	for part := range strings.SplitSeq(strings.TrimPrefix(string(raw), "=== "), "\n=== ") {
		head, rest, _ := strings.Cut(part, "\n")
		kind, name, ok := strings.Cut(head, ": ")
		doc, wants, found := strings.Cut(rest, "\n---\n")
		if !ok || !found {
			t.Fatalf("%s: cannot read %q", file, head)
		}
		out = append(out, faulty{name, Kind(kind), doc, strings.TrimSpace(wants)})
	}
	return out
}

// show is a finding as the corpus has it.
func show(f Finding) string {
	level := ""
	if f.Level != Error {
		level = string(f.Level) + " "
	}
	s := fmt.Sprintf("%d:%d+%d %s%s %s %s", f.Line, f.Column, f.Length, level, f.Code,
		strings.TrimPrefix(f.Key, "policydoc.finding."), f.Pointer())
	if s = strings.TrimSpace(s); f.Fix != nil {
		s += " → " + strings.TrimPrefix(f.Fix.Key, "policydoc.fix.")
	}
	return s
}

func showAll(findings []Finding) string {
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = show(f)
	}
	return strings.Join(lines, "\n")
}

// Every faulty document is refused (or warned of) with the code, at the place
// and with the path that a person would expect.
func TestFaultyDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/faulty/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no faulty documents", err)
	}
	seen := make(map[string]bool)
	for _, file := range files {
		cases := readFaulty(t, file)
		var b strings.Builder
		for _, c := range cases {
			got := showAll(Check(c.kind, []byte(c.doc), testAround).Findings)
			if got == "" {
				t.Errorf("%s: %s: no finding", file, c.name)
			}
			if diff := cmp.Diff(c.wants, got); diff != "" && !*update {
				t.Errorf("%s: %s (-want +got)\n%s", file, c.name, diff)
			}
			if id := string(c.kind) + c.doc; seen[id] {
				t.Errorf("%s: %s: there twice", file, c.name)
			} else {
				seen[id] = true
			}
			fmt.Fprintf(&b, "=== %s: %s\n%s\n---\n%s\n\n", c.kind, c.name, c.doc, got)
		}
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d faulty documents", len(seen))
	}
}
