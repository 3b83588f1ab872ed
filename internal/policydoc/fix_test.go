package policydoc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A table of fixes:
//
//	=== auth: name
//	the document
//	--- AP-206@45 replace
//	the document after the fix of that finding, the first that has one
func TestFixes(t *testing.T) {
	t.Parallel()
	const file = "testdata/fixes.txt"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	used := make(map[string]bool)
	for part := range strings.SplitSeq(strings.TrimPrefix(string(raw), "=== "), "\n=== ") {
		head, rest, _ := strings.Cut(part, "\n")
		kind, name, _ := strings.Cut(head, ": ")
		doc, wants, found := strings.Cut(rest, "\n--- ")
		r := Check(Kind(kind), []byte(doc), testAround)
		i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Fix != nil })
		if !found || i < 0 {
			t.Fatalf("%s: no finding with a fix:\n%s", head, showAll(r.Findings))
		}
		f := r.Findings[i]
		key := strings.TrimPrefix(f.Fix.Key, "policydoc.fix.")
		used[key] = true
		after, ok := ApplyFix(Kind(kind), []byte(doc), testAround, f.ID())
		got := fmt.Sprintf("%s %s\n%s", f.ID(), key, after)
		if diff := cmp.Diff(strings.TrimRight(wants, "\n"), got); diff != "" && !*update || !ok {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		fmt.Fprintf(&all, "=== %s\n%s\n--- %s\n\n", head, doc, got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for key := range fixArgs {
		if !used[key] {
			t.Errorf("no document shows the fix %s", key)
		}
	}
}

// Every fix of every faulty document settles its finding, and leaves the text
// around its edits as it is.
func TestEveryFixSettlesItsFinding(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/faulty/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	fixes := 0
	for _, file := range files {
		for _, c := range readFaulty(t, file) {
			before := Check(c.kind, []byte(c.doc), testAround)
			for _, f := range before.Findings {
				after, ok := ApplyFix(c.kind, []byte(c.doc), testAround, f.ID())
				if ok != (f.Fix != nil) {
					t.Fatalf("%s: %s: the fix is applied: %t", c.name, show(f), ok)
				}
				if !ok {
					continue
				}
				fixes++
				checkApplied(t, []byte(c.doc), after, f)
				r := Check(c.kind, after, testAround)
				if times(r, f) >= times(before, f) {
					t.Errorf("%s: %s: is still there\n%s\n%s", c.name, show(f), after, showAll(r.Findings))
				}
				if r.Errors > before.Errors && f.Code[:2] != "JS" {
					t.Errorf("%s: %s: the fix makes errors\n%s\n%s", c.name, show(f), after, showAll(r.Findings))
				}
			}
		}
	}
	if fixes < 120 {
		t.Errorf("only %d fixes", fixes)
	}
}

// times counts the findings that say the same as f.
func times(r Report, f Finding) int {
	n := 0
	for _, g := range r.Findings {
		if g.Key == f.Key && cmp.Equal(g.Args, f.Args) {
			n++
		}
	}
	return n
}

// checkApplied holds a changed text against the edits that changed it: they lie
// inside the old one, in order, and what is around them is as it was.
func checkApplied(t *testing.T, before, after []byte, f Finding) {
	t.Helper()
	rest, last := after, 0
	for _, e := range f.Fix.Edits {
		if e.Start < last || e.End < e.Start || e.End > len(before) {
			t.Fatalf("%s: edit from %d to %d behind %d in %d bytes", show(f), e.Start, e.End, last, len(before))
		}
		kept := string(before[last:e.Start]) + e.Text
		if !bytes.HasPrefix(rest, []byte(kept)) {
			t.Fatalf("%s: changed more than its edits:\n%s", show(f), after)
		}
		rest, last = rest[len(kept):], e.End
	}
	if !bytes.Equal(rest, before[last:]) {
		t.Fatalf("%s: changed the rest:\n%s", show(f), after)
	}
}

func TestFixOfAnotherTextIsRefused(t *testing.T) {
	t.Parallel()
	doc := []byte(withName(`"fulName"`))
	for _, id := range []string{"", "AP-206", "AP-206@0", "AP-206@9999999999999999999", "AP-101@125"} {
		if got, ok := ApplyFix(KindAuth, doc, testAround, id); ok || !bytes.Equal(got, doc) {
			t.Errorf("%q: %t %s", id, ok, got)
		}
	}
	if _, ok := ApplyFix("misp", doc, testAround, "AP-100@0"); ok {
		t.Error("a kind that does not exist")
	}
}

func TestFindingsOfOneReportHaveDifferentIDs(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"{}", "[", `{"allowedAuthTypes":[{},{}]}`} {
		seen := make(map[string]bool)
		for _, f := range Check(KindAuth, []byte(doc), testAround).Findings {
			if seen[f.ID()] {
				t.Errorf("%s: %s is there twice", doc, f.ID())
			}
			seen[f.ID()] = true
		}
	}
	got, ok := ApplyFix(KindAuth, []byte("{}"), testAround, "AP-102@0.2")
	if !ok || string(got) != `{"authTokenType": "random"}` {
		t.Errorf("%t %s", ok, got)
	}
}
