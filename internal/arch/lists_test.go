package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Lists that other tests go through, such as that every mail has its words, name
// each constant of their type once.
func TestListsNameEachConstantOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, kind, list, but string }{
		{file: "../audit/actions.go", kind: "Action", list: "Actions"},
		{file: "../mail/mail.go", kind: "Kind", list: "Kinds"},
		{file: "../webhook/event.go", kind: "Type", list: "Types", but: "Ping"}, // sent by hand, never chosen
	} {
		file, err := parser.ParseFile(token.NewFileSet(), c.file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var constants, listed []string
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == c.kind && spec.Names[0].Name != c.but {
				constants = append(constants, spec.Names[0].Name)
			}
			if spec.Names[0].Name == c.list {
				for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
					listed = append(listed, e.(*ast.Ident).Name)
				}
			}
			return true
		})
		slices.Sort(constants)
		slices.Sort(listed)
		if diff := cmp.Diff(constants, listed); diff != "" || len(listed) == 0 {
			t.Errorf("%s: constants and %s differ: %s", c.file, c.list, diff)
		}
	}
}

// A page of the README shows a picture or leads to a file that is there.
func TestReadmeShowsWhatIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([\w./-]+)\)`).FindAllSubmatch(text, -1)
	for _, link := range links {
		if _, err := os.Stat("../../" + string(link[1])); err != nil {
			t.Errorf("README: %v", err)
		}
	}
	if len(links) < 5 {
		t.Errorf("only %d links were found", len(links))
	}
}
