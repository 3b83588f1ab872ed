// Command security prints every security requirement with the tests that name it,
// and fails when one has none. It runs in the project's folder: make security.
//
// A requirement of a part that does not exist yet is listed as such; once a test
// names it, the list has to say so.
package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed rows.txt
var rows string

// naming is a test of one or more requirements: TestREG4…, TestAUT3AUT4….
var (
	naming = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)((?:[A-Z]{3}\d+)+)\w*)\(`)
	each   = regexp.MustCompile(`(REG|PWD|LGN|MFA|SES|WEB|INJ|AUT|CON|LIM|UPL|KEY|AUD|OPS)(\d+)`)
)

func main() {
	tests, err := named(os.DirFS("."))
	if err == nil {
		err = report(os.Stdout, rows, tests)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// named finds the tests of each requirement: "REG-4" to their names.
func named(root fs.FS) (map[string][]string, error) {
	tests := map[string][]string{}
	return tests, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(root, path)
		for _, m := range naming.FindAllSubmatch(source, -1) {
			for _, id := range each.FindAllSubmatch(m[2], -1) {
				key := string(id[1]) + "-" + string(id[2])
				tests[key] = append(tests[key], filepath.Dir(path)+" "+string(m[1]))
			}
		}
		return err
	})
}

// report prints the requirements of list, one a line: its id, a tab, what must hold;
// before it "later: " and the missing part, where that does not exist yet.
func report(w io.Writer, list string, tests map[string][]string) error {
	var wrong []string
	known := map[string]bool{}
	held, waiting := 0, 0
	in := bufio.NewScanner(strings.NewReader(list))
	for in.Scan() {
		id, must, _ := strings.Cut(in.Text(), "\t")
		known[id] = true
		found := slices.Sorted(slices.Values(tests[id]))
		part, later := strings.CutPrefix(must, "later: ")
		_, _ = fmt.Fprintf(w, "%-7s %s\n", id, must)
		for _, t := range found {
			_, _ = fmt.Fprintf(w, "        %s\n", t)
		}
		switch {
		case len(found) > 0 && later:
			wrong = append(wrong, id+" is held by a test, and listed as waiting for "+part)
		case len(found) > 0:
			held++
		case later:
			waiting++
		default:
			wrong = append(wrong, id+" has no test")
		}
	}
	for id := range tests {
		if !known[id] {
			wrong = append(wrong, id+" is named by a test and is no requirement")
		}
	}
	_, _ = fmt.Fprintf(w, "%d requirements: %d held by tests, %d of parts that do not exist yet\n", len(known), held, waiting)
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}
