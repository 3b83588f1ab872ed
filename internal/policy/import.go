package policy

import (
	"bytes"
	"path"
	"strings"
	"unicode"

	"portal/internal/policydoc"
	"portal/internal/problem"
)

// The limits of one import. A bundle holds many versions, so its file may be
// larger than a document (MaxBundleBytes). A browser may send less: see
// web/policyimport.
const (
	MaxImportFiles = 50
	MaxImportBytes = 32 << 20 // of all files together
)

// File is something to import: a policy document as MOSIP knows it, or a Bundle.
// Name is what the file was called.
type File struct {
	Name string
	Text []byte
}

// Import is one file read: the policy that it would make, and what is wrong with
// it. JudgeImports fills in Report and Wrong.
type Import struct {
	File    string
	Input   Input          // without group; the description is empty where the file has none
	Trouble *problem.Field // why nothing can be read from the file; nil if it can. Its Name is empty
	Untold  bool           // the text fits one kind no more than the other: somebody has to say
	Bundle  *Taken         // where the file is a bundle
	Report  policydoc.Report
	Wrong   []problem.Field // with the name and the description
}

// Taken says what is taken of a bundle, and what stays behind in it.
type Taken struct {
	Number  int // of the version that is taken
	Others  int // how many versions are not
	Waiting int // number of the version that waits there and is not taken; 0: none
}

// Readable reports that the file itself is right: what may still be wrong can be
// set right beside it.
func (i Import) Readable() bool { return i.Trouble == nil && i.Report.OK() }

// OK reports that the file can be imported.
func (i Import) OK() bool { return i.Readable() && i.Input.Kind.Valid() && len(i.Wrong) == 0 }

// BaseName is what the file was called, fit for a sentence: without folders,
// control characters and excessive length.
func (i Import) BaseName() string {
	return cut(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, base(i.File)), MaxName)
}

// ReadFile reads a file. kind is what somebody says a document is; "": it is
// told by its keys. Nothing is refused here and no document is judged: a file of
// which nothing can be read has a Trouble.
func ReadFile(f File, kind Kind) Import {
	in := Import{File: strings.ToValidUTF8(f.Name, string(unicode.ReplacementChar))}
	in.Input = Input{Name: nameOf(in.File), Document: string(f.Text)}
	if key := unreadable(f.Text); key != "" {
		in.Trouble = &problem.Field{Key: key, Args: []any{"Max", MaxBundleBytes >> 20}}
		return in
	}
	format := bundleFormat(f.Text)
	if format != "" {
		in.readBundle(f.Text, format)
		return in
	}
	guess, told := policydoc.GuessKind(f.Text)
	in.Untold = !told
	if in.Input.Kind = kind; kind == "" && told {
		in.Input.Kind = guess
	}
	return in
}

// unreadable is the message that a file is no text at all, "" for a text. A
// document that is a wrong text has findings instead.
func unreadable(text []byte) string {
	switch {
	case len(text) > MaxBundleBytes:
		return "policy_import.trouble.large"
	case len(bytes.TrimSpace(text)) == 0:
		return "policy_import.trouble.empty"
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return "policy_import.trouble.zip"
	case bytes.IndexByte(text, 0) >= 0:
		return "policy_import.trouble.binary"
	}
	return ""
}

// readBundle takes a version out of a bundle.
func (i *Import) readBundle(text []byte, format string) {
	i.Input.Document = ""
	if format != BundleFormat {
		i.Trouble = &problem.Field{Key: "policy_import.trouble.format"}
		return
	}
	b, ok := parseBundle(text)
	if !ok {
		i.Trouble = &problem.Field{Key: "policy_import.trouble.bundle"}
		return
	}
	i.Input, i.Bundle = b.input(), b.taken()
}

// base is a file's name without its folders, of whatever system.
func base(file string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	if file == "" || strings.HasSuffix(file, "/") {
		return ""
	}
	return path.Base(file)
}

// nameOf is the name of the policy that a file makes: the file's own, without
// folder and ending; "" where the standard input has none.
func nameOf(file string) string {
	name := base(file)
	if name == "-" {
		return ""
	}
	return cut(strings.TrimSuffix(name, path.Ext(name)), MaxName)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
