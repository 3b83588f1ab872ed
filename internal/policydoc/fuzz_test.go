package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzCheck holds whatever comes against what callers rely on: no panic, every
// position inside the text, messages fit to be shown, and an accepted text is
// read the same by every other reader of JSON.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("testdata/faulty/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		for _, c := range readFaulty(f, file) {
			f.Add(c.kind == KindDataShare, []byte(c.doc))
		}
	}
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			f.Add(k == KindDataShare, s.Document)
		}
	}
	for _, odd := range []string{"", "\xff\xfe", "\uFEFF{}", "{\r\r\n\n\"\\u", "\"\\\n", "[1e9999,\x00]", "“«'"} {
		f.Add(true, []byte(odd))
	}
	f.Fuzz(func(t *testing.T, share bool, doc []byte) {
		kind := KindAuth
		if share {
			kind = KindDataShare
		}
		before := bytes.Clone(doc)
		root, r := check(kind, doc, testAround)
		if !bytes.Equal(before, doc) {
			t.Fatal("the document was changed")
		}
		checkReport(t, doc, r)
		if again := Check(kind, doc, testAround); !cmp.Equal(r, again) {
			t.Fatal("a second check says otherwise:\n" + cmp.Diff(r, again))
		}
		if r.OK() {
			checkAccepted(t, kind, doc, root)
		}
		m, ok := Understand(kind, doc)
		if ok != r.OK() {
			t.Fatal("a faulty document is understood, or a good one is not")
		}
		if both, report, good := Read(kind, doc, testAround); good != ok || !cmp.Equal(both, m) || !cmp.Equal(report, r) {
			t.Fatal("Read says something else than Check and Understand")
		}
		if root != nil {
			checkAgreement(t, kind, root)
		}
		checkFixes(t, kind, doc, r)
	})
}

// checkFixes applies every fix of a report.
func checkFixes(t *testing.T, kind Kind, doc []byte, r Report) {
	t.Helper()
	for _, f := range r.Findings {
		after, ok := ApplyFix(kind, doc, testAround, f.ID())
		if ok != (f.Fix != nil) {
			t.Fatalf("%s: applied: %t", show(f), ok)
		}
		if ok {
			checkApplied(t, doc, after, f)
			Check(kind, after, testAround)
		}
	}
}

func checkReport(t *testing.T, doc []byte, r Report) {
	t.Helper()
	if len(r.Findings) > MaxFindings+1 || (r.Errors+r.Notes > 0) != (len(r.Findings) > 0) {
		t.Fatalf("%d findings for %d errors and %d warnings", len(r.Findings), r.Errors, r.Notes)
	}
	lines := splitLines(string(doc))
	at := 0
	for _, f := range r.Findings {
		if f.Line < 1 || f.Line > len(lines) {
			t.Fatalf("%s: line %d of %d", show(f), f.Line, len(lines))
		}
		width := utf8.RuneCountInString(lines[f.Line-1])
		if f.Column < 1 || f.Column > width+1 || f.Length < 0 || f.Column+f.Length > width+1 {
			t.Fatalf("%s: the line has %d characters", show(f), width)
		}
		if f.Offset < at || f.Offset > len(doc) {
			t.Fatalf("%s: offset %d after %d, of %d", show(f), f.Offset, at, len(doc))
		}
		at = f.Offset
		checkWords(t, f)
	}
}

// splitLines is what the locator does, written another way.
func splitLines(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
}

func checkWords(t *testing.T, f Finding) {
	t.Helper()
	if len(f.Args)%2 != 0 || f.Code == "" || f.Key == "" {
		t.Fatalf("half a message: %+v", f)
	}
	for i, arg := range f.Args {
		switch v := arg.(type) {
		case int:
		case string:
			if i%2 == 1 && (v == "" && f.Args[i-1] == "Allowed" || !utf8.ValidString(v)) {
				t.Fatalf("%s: argument %q", show(f), v)
			}
			for _, c := range v {
				if _, odd := oddRune(c); odd {
					t.Fatalf("%s: argument %q is not fit to be shown", show(f), v)
				}
			}
		default:
			t.Fatalf("%s: argument of type %T", show(f), arg)
		}
	}
	if len(PathWords(f.Path)) == 0 {
		t.Fatalf("%s: no words for the path", show(f))
	}
}

func checkAccepted(t *testing.T, kind Kind, doc []byte, root *node) {
	t.Helper()
	if !utf8.Valid(doc) || bytes.IndexByte(doc, 0) >= 0 || len(doc) > MaxBytes {
		t.Fatal("accepted what no database keeps")
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatal("encoding/json refuses it:", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatal("encoding/json sees more:", err)
	}
	if diff := cmp.Diff(value, root.value(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatal("encoding/json reads something else:\n" + diff)
	}
	if err := compiledSchemas[kind]().root.Validate(value); err != nil {
		t.Fatal("the schema refuses it:", err)
	}
	again, err := json.Marshal(value)
	if err != nil || strings.Contains(string(again), `\ufffd`) || bytes.Contains(again, []byte(`\u0000`)) {
		t.Fatalf("written again: %v %s", err, again)
	}
}

// Every text that is one byte away from a good one is safe to check, too.
func TestOneByteAway(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			if s.ID != "one_time_code" && s.ID != "few_data" {
				continue // longer, with nothing that is not in these
			}
			for i := range s.Document {
				for _, b := range []byte("\x00\"{}[],:\\\n'x1\xff") {
					doc := bytes.Clone(s.Document)
					doc[i] = b
					root, r := check(k, doc, testAround)
					checkReport(t, doc, r)
					if r.OK() {
						checkAccepted(t, k, doc, root)
					}
				}
				checkReport(t, s.Document[:i], Check(k, s.Document[:i], testAround))
			}
		}
	}
}
