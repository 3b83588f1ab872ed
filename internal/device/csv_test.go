package device

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/problem"
)

func lines(s sheet) []string {
	var all []string
	for _, l := range s.Lines {
		all = append(all, fmt.Sprintf("%d %s|%s|%s|%s", l.Number, l.Value("type"), l.Value("sub_type"), l.Value("make"), l.Value("model")))
	}
	return all
}

func TestFilesAreReadAsSpreadsheetsWriteThem(t *testing.T) {
	t.Parallel()
	want := []string{"2 Finger|Slap|Acme|X 1", "4 Iris|Single|Acme, Ltd|X \"2\""}
	for what, text := range map[string]string{
		"plain":              "type,sub_type,make,model\nFinger,Slap,Acme,X 1\n\nIris,Single,\"Acme, Ltd\",\"X \"\"2\"\"\"\n",
		"with a mark":        "\ufefftype,sub_type,make,model\r\nFinger,Slap,Acme,X 1\r\n\r\nIris,Single,\"Acme, Ltd\",\"X \"\"2\"\"\"\r\n",
		"semicolons":         "type;sub_type;make;model\r\nFinger;Slap;Acme;X 1\r\n;;;\r\nIris;Single;Acme, Ltd;\"X \"\"2\"\"\"",
		"tabs":               "type\tsub_type\tmake\tmodel\nFinger\tSlap\tAcme\tX 1\n\t\t\t\nIris\tSingle\tAcme, Ltd\t\"X \"\"2\"\"\"\n",
		"empty columns":      "type,sub_type,make,model,,\nFinger,Slap,Acme,X 1,,\n,,,,,\nIris,Single,\"Acme, Ltd\",\"X \"\"2\"\"\",,\n",
		"another order":      "Model,Make,Sub Type,TYPE\nX 1,Acme,Slap,Finger\n , ,\t,\n\"X \"\"2\"\"\",\"Acme, Ltd\",Single,Iris\n",
		"old line ends":      "type,subtype,make,model\rFinger,Slap,Acme,X 1\r\rIris,Single,\"Acme, Ltd\",\"X \"\"2\"\"\"\r",
		"headings in quotes": "\"type\",\"sub-type\",\"make\",\"model\"\nFinger,Slap,Acme,X 1\n,,,\nIris,Single,\"Acme, Ltd\",\"X \"\"2\"\"\"\n",
	} {
		s, err := readCSV([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if diff := cmp.Diff(want, lines(s)); diff != "" || len(s.Findings) > 0 {
			t.Errorf("%s: %s %v", what, diff, s.Findings)
		}
	}
}

func TestAFileMayNameItsSeparator(t *testing.T) {
	t.Parallel()
	s, err := readCSV([]byte("\ufeffsep=;\r\ntype;sub_type;make;model\r\nFinger;Slap;Acme, Ltd;X,1,2\r\n"))
	if err != nil || len(s.Findings) > 0 {
		t.Fatal(err, s.Findings)
	}
	if diff := cmp.Diff([]string{"3 Finger|Slap|Acme, Ltd|X,1,2"}, lines(s)); diff != "" {
		t.Error(diff)
	}
}

func TestUPL1FilesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	const head = "type,sub_type,make,model\n"
	for text, want := range map[string]string{
		"":                                     "empty",
		" \n \n":                               "empty",
		"\ufeff":                               "empty",
		head:                                   "nothing",
		head + ",,,\n":                         "nothing",
		"\xff\xfet\x00y\x00":                   "utf16",
		"\xfe\xff\x00t\x00y":                   "utf16",
		"PK\x03\x04rest":                       "spreadsheet",
		"\xd0\xcf\x11\xe0rest":                 "spreadsheet",
		head + "Finger,Slap,A\x00,B\n":         "binary",
		head + "Finger,Slap,Soci\xe9t\xe9,B\n": "encoding",
		"type,sub_type,make\nFinger,Slap,A\n":  "column_missing",
		"type,sub_type,make,model,price\nFinger,Slap,A,B,1":  "column_unknown",
		"type,sub_type,make,make,model\nFinger,Slap,A,A,B\n": "column_twice",
		"Finger,Slap,A,B\n": "column_unknown",
		head + strings.Repeat("Finger,Slap,A,B\n", 5001): "too_many",
		head + strings.Repeat("x", MaxFile):              "too_large",
		"\"type,sub_type,make,model\nFinger,Slap,A,B\n":  "empty",
	} {
		_, err := readCSV([]byte(text))
		var invalid *problem.InvalidError
		if !errors.As(err, &invalid) || invalid.Fields[0].Name != "file" || invalid.Fields[0].Key != "device.file.problem."+want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
	if s, err := readCSV([]byte(head + strings.Repeat("Finger,Slap,A,B\n", MaxMany))); err != nil || len(s.Lines) != MaxMany {
		t.Errorf("the largest file: %d lines, %v", len(s.Lines), err)
	}
}

func TestLinesThatAreBrokenAreNamed(t *testing.T) {
	t.Parallel()
	s, err := readCSV([]byte("type,sub_type,make,model\nFinger,Slap,A\nFinger,Slap,A,B,C\nFinger,Slap,A,B\nFinger,Sl\"ap,A,B\nFinger,Slap,A,C\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Findings {
		got = append(got, fmt.Sprint(f.Line, " ", f.Key))
	}
	if diff := cmp.Diff([]string{"2 device.finding.cells", "3 device.finding.cells", "5 device.finding.quotes"}, got); diff != "" {
		t.Error(diff)
	}
	if !s.Lines[0].broken || !s.Lines[1].broken || s.Lines[2].broken || len(s.Lines) != 3 {
		t.Errorf("%+v", s.Lines)
	}
}

// FuzzCSV: whatever is sent, the reader does not panic, and what it says is about
// lines that the file has, in their order.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"type,sub_type,make,model\nFinger,Slap,A,B\n", "\ufefftype;sub_type;make;model\r\n\"a\n\";b;c;d\r\n", "type,sub_type,make,model\n\"",
		"model,make,sub type,TYPE\r1,2,3,4\r\r5", "type,sub_type,make,model\n,,,\n,\n\"\"\"\",\"\n\n\",,\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := readCSV(content)
		if err != nil {
			var invalid *problem.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("%q: %v", content, err)
			}
			return
		}
		most, last := strings.Count(strings.ReplaceAll(string(content), "\r", "\n"), "\n")+1, 1
		for _, l := range s.Lines {
			if l.Number <= last || l.Number > most {
				t.Fatalf("line %d of %d after %d: %q", l.Number, most, last, content)
			}
			last = l.Number
		}
		for _, x := range s.Findings {
			if x.Line < 2 || x.Line > most {
				t.Fatalf("a finding in line %d of %d: %q", x.Line, most, content)
			}
		}
		if len(s.Lines) > MaxMany {
			t.Fatalf("%d lines", len(s.Lines))
		}
	})
}
