//go:build conformance

package policydoc

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The documents that deployments install by default are data of others: they
// are read where MOSIP says, and never copied into this repository.
//
//	MOSIP=../shared/mosip go test -tags conformance -run Conformance ./internal/policydoc
//
// A path that is not absolute counts from the top of the repository.
func conformanceDocuments(t *testing.T) map[string][]byte {
	t.Helper()
	dir := os.Getenv("MOSIP")
	if dir == "" {
		t.Fatal("MOSIP is not set: name the folder that holds policies/")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "policies", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies in %s (%v)", dir, err)
	}
	out := make(map[string][]byte)
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = doc
	}
	return out
}

func conformanceKind(t *testing.T, file string) Kind {
	t.Helper()
	prefix, _, _ := strings.Cut(file, "-")
	kind := Kind(prefix)
	if !kind.Valid() {
		t.Fatalf("%s: a name begins with auth- or datashare-", file)
	}
	return kind
}

// What the documents that deployments install by default make us say: the whole
// of it, so that a new rule shows here before it alarms everybody.
var conformanceNotes = map[string]string{
	"auth-default.json":      "56:20+8 risk AP-318 token_special /authTokenType → replace",
	"auth-kyc-basic.json":    "2:20+8 risk AP-318 token_special /authTokenType → replace",
	"auth-oidc-demo.json":    "2:20+8 risk AP-318 token_special /authTokenType → replace\n23:24+6 risk AP-317 face_and_address /allowedKycAttributes/6/attributeName",
	"datashare-basic.json":   "",
	"datashare-default.json": "",
}

func TestConformanceEveryDocumentIsAccepted(t *testing.T) {
	t.Parallel()
	for file, doc := range conformanceDocuments(t) {
		kind := conformanceKind(t, file)
		r := Check(kind, doc, testAround)
		if !r.OK() {
			t.Errorf("%s:\n%s", file, showAll(r.Findings))
		}
		if want, known := conformanceNotes[file]; known && want != showAll(r.Findings) {
			t.Errorf("%s: want\n%s\ngot\n%s", file, want, showAll(r.Findings))
		}
		if _, ok := Understand(kind, doc); !ok {
			t.Errorf("%s: not understood", file)
		}
	}
}

// plant is a fault put into a document, and where it must be found.
type plant struct {
	name string
	doc  string
	line int
	key  string // message, without its area
}

func TestConformanceEveryPlantedFaultIsFound(t *testing.T) {
	t.Parallel()
	for file, doc := range conformanceDocuments(t) {
		kind := conformanceKind(t, file)
		planted := make(map[string]bool)
		for _, p := range plants(strings.Split(string(doc), "\n")) {
			planted[p.name] = true
			if p.doc == string(doc) {
				t.Fatalf("%s: %s changed nothing", file, p.name)
			}
			r := Check(kind, []byte(p.doc), testAround)
			found := false
			for _, f := range r.Findings {
				found = found || f.Level == Error && f.Line == p.line && f.Key == "policydoc.finding."+p.key
			}
			if !found || r.OK() {
				t.Errorf("%s: %s: want %s in line %d, got\n%s", file, p.name, p.key, p.line, showAll(r.Findings))
			}
			if bytes.Contains([]byte(p.name), []byte("comma")) && r.Errors != 1 {
				t.Errorf("%s: %s: one fault, %d errors", file, p.name, r.Errors)
			}
		}
		if len(planted) < 9 {
			t.Errorf("%s: only %d kinds of faults could be planted: %v", file, len(planted), planted)
		}
	}
}

var (
	flagLine = regexp.MustCompile(`^(\s*"(?:mandatory|encrypted)": )(true|false)`)
	nameLine = regexp.MustCompile(`^(\s*"attributeName": ")`)
	keyLine  = regexp.MustCompile(`^\s*"(authTokenType|typeOfShare)": "[^"]*"`)
)

// plants makes every fault at every line that can hold it. The documents have
// one key a line.
func plants(lines []string) []plant {
	var out []plant
	add := func(name string, line int, key string, text []string) {
		out = append(out, plant{name, strings.Join(text, "\n"), line, key})
	}
	with := func(at int, text ...string) []string {
		return append(append(append([]string{}, lines[:at]...), text...), lines[at+1:]...)
	}
	add("unknown key", 2, "unknown_key", with(0, lines[0], `"colour": "blue",`))
	add("last bracket removed", len(lines)-1, "unclosed", lines[:len(lines)-1])
	add("text behind the end", len(lines)+1, "trailing", append(append([]string{}, lines...), "{}"))
	for i, line := range lines {
		if head, ok := strings.CutSuffix(line, ","); ok {
			add("comma removed", i+1, "comma_missing", with(i, head))
		}
		if nameLine.MatchString(line) {
			add("required key misspelt", i+1, "unknown_key_near", with(i, strings.Replace(line, "attributeName", "atributeName", 1)))
			add("required key removed", opener(lines, i)+1, "missing_key", withoutLine(lines, i))
			add("control character", i+1, "control", with(i, nameLine.ReplaceAllString(line, "${1}\x01")))
			add("zero character", i+1, "control", with(i, nameLine.ReplaceAllString(line, `${1}\u0000`)))
			add("quote removed", i+1, "quote_missing", with(i, strings.TrimSuffix(strings.TrimSuffix(line, ","), `"`)))
		}
		if flagLine.MatchString(line) {
			add("wrong type", i+1, "flag_quotes", with(i, flagLine.ReplaceAllString(line, `${1}"${2}"`)))
			add("required key removed", opener(lines, i)+1, "missing_key", withoutLine(lines, i))
		}
		if m := keyLine.FindString(line); m != "" {
			add("key written twice", i+2, "duplicate_key", with(i, m+",", line))
			add("value not possible", i+1, "enum", with(i, regexp.MustCompile(`"[^"]*"(,?)$`).ReplaceAllString(line, `"something else"$1`)))
		}
	}
	return out
}

// opener is the line of the { around a line, seen by the indentation.
func opener(lines []string, at int) int {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	for i := at - 1; i > 0; i-- {
		if strings.HasSuffix(lines[i], "{") && indent(lines[i]) < indent(lines[at]) {
			return i
		}
	}
	return 0
}

// withoutLine takes a line away, and the comma before it if it was the last.
func withoutLine(lines []string, at int) []string {
	out := append(append([]string{}, lines[:at]...), lines[at+1:]...)
	if !strings.HasSuffix(lines[at], ",") && at > 0 {
		out[at-1] = strings.TrimSuffix(out[at-1], ",")
	}
	return out
}
