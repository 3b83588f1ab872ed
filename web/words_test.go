package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"portal/web/i18n"
)

var keyShape = regexp.MustCompile(`^[a-z_]+(\.[A-Za-z0-9_-]+)+$`)

// speakers are the functions that take a message's key, with its place among
// their arguments.
var speakers = map[string]int{
	"i18n.T": 1, "page.Flash": 1, "problem.Invalid": 1, "f.Add": 1, "fields.Add": 1, "errs.Add": 1, "i18n.In": 1,
}

// TestEveryKeyHasWords reads the sources: every key that is written out as a
// whole has a message. Generated files stand for the templ files.
func TestEveryKeyHasWords(t *testing.T) {
	t.Parallel()
	found := 0
	for _, root := range []string{"../web", "../internal"} {
		err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, root+"/"+path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				key, at := keyOf(n)
				if key == "" {
					return true
				}
				found++
				// Where one key stands for a page, its title and text have words.
				if !i18n.Has("en", key) && !i18n.Has("en", key+".title") {
					t.Errorf("%s: no words for %q", set.Position(at), key)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 300 {
		t.Errorf("only %d keys were found: the search is broken", found)
	}
}

// keyOf is the message key that a piece of source names: the argument of one of
// the speakers, or the value of a field called Key.
func keyOf(n ast.Node) (string, token.Pos) {
	switch n := n.(type) {
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return "", 0
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return "", 0
		}
		if i, ok := speakers[x.Name+"."+sel.Sel.Name]; ok && i < len(n.Args) {
			return literal(n.Args[i])
		}
	case *ast.KeyValueExpr:
		if name, ok := n.Key.(*ast.Ident); ok && (name.Name == "Key" || strings.HasSuffix(name.Name, "Key")) {
			return literal(n.Value)
		}
	}
	return "", 0
}

func literal(e ast.Expr) (string, token.Pos) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", 0
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil || !keyShape.MatchString(s) {
		return "", 0
	}
	return s, lit.Pos()
}
