package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// The limits of one import. A bundle holds many versions, so its file may be
// larger than a document.
const (
	MaxImportFiles = 50
	MaxImportBytes = 4 << 20 // of all files together
)

// File is something to import: a policy document as MOSIP knows it, or a Bundle.
// Name is what the file was called.
type File struct {
	Name string
	Text []byte
}

// Import is one file read: the policy that it would make, and what is wrong with
// its document.
type Import struct {
	File   string
	Input  Input // without group; the description is empty where the file has none
	Report policydoc.Report
	Bundle bool // taken out of a bundle
	Number int  // of the bundle's version that is taken
}

// OK reports that the file can be imported.
func (i Import) OK() bool { return i.Report.OK() }

// ReadFile reads a file and judges its document by the vocabulary. Nothing is
// refused here: what is wrong stands in the report.
func ReadFile(f File, v *policydoc.Vocabulary) Import {
	in := Import{File: f.Name, Input: Input{Name: nameOf(f.Name), Document: string(f.Text)}}
	if b, ok := readBundle(f.Text); ok {
		if version, some := b.current(); some {
			in.Bundle, in.Number = true, version.Number
			in.Input = Input{Kind: b.Kind, Name: b.Name, Description: b.Description, Document: version.Document}
		}
	}
	if !in.Input.Kind.Valid() {
		in.Input.Kind, _ = policydoc.GuessKind([]byte(in.Input.Document)) // of none: a finding says so
	}
	in.Report = policydoc.Check(in.Input.Kind, []byte(in.Input.Document), policydoc.Around{Vocabulary: v})
	return in
}

// nameOf is the name of the policy that a file makes: the file's own, without
// folder and ending.
func nameOf(file string) string {
	name := strings.ReplaceAll(file, `\`, "/")
	name = strings.TrimSuffix(path.Base(name), path.Ext(name))
	if r := []rune(name); len(r) > MaxName {
		name = string(r[:MaxName])
	}
	return name
}

func readBundle(text []byte) (Bundle, bool) {
	var b Bundle
	if !bytes.Contains(text, []byte(BundleFormat)) || !utf8.Valid(text) || json.Unmarshal(text, &b) != nil {
		return Bundle{}, false
	}
	return b, b.Format == BundleFormat
}

// ImportError tells what keeps a file of an import from being taken: all of them
// or none are.
type ImportError struct {
	Index int // of the file
	Err   error
}

func (e *ImportError) Error() string { return fmt.Sprintf("file %d: %v", e.Index+1, e.Err) }
func (e *ImportError) Unwrap() error { return e.Err }

// ImportPolicies makes an inactive policy of each input under one group, all of
// them or none. Permission: authz.PolicyWrite. Unlike a draft, an imported
// document has no errors: a *FindingsError. That and what CreatePolicy would
// refuse come as an *ImportError that says which input is meant. The same form
// sent again returns the policies that it made (security.md CON-3).
func (s *Service) ImportPolicies(ctx context.Context, a authz.Actor, gid id.PolicyGroup, ins []Input) ([]Policy, error) {
	if len(ins) == 0 || len(ins) > MaxImportFiles {
		return nil, problem.ErrBadRequest
	}
	var made []Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		made = nil
		var last audit.Event
		for i, in := range ins {
			in.GroupID = gid
			p, event, err := s.importIn(ctx, tx, a, in)
			if err != nil {
				return audit.Event{}, &ImportError{Index: i, Err: policyTaken(err)}
			}
			if i > 0 {
				tx.Also(last)
			}
			last, made = event, append(made, p)
		}
		return last, nil
	})
	if errors.Is(err, errReplayed) {
		return s.replayedImport(ctx, a, gid, ins)
	}
	return made, wrap("import policies", err)
}

func (s *Service) importIn(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input) (Policy, audit.Event, error) {
	if report := policydoc.Check(in.Kind, []byte(in.Document), policydoc.Around{}); !report.OK() {
		return Policy{}, audit.Event{}, &FindingsError{Report: report}
	}
	p, event, err := s.createIn(ctx, tx, a, in)
	event.Action = audit.PolicyImported
	return p, event, err
}

// replayedImport is what an import that was sent before made.
func (s *Service) replayedImport(ctx context.Context, a authz.Actor, gid id.PolicyGroup, ins []Input) ([]Policy, error) {
	var made []Policy
	for _, in := range ins {
		in.GroupID = gid
		p, err := s.replayedPolicy(ctx, a, in.ID, in)
		if err != nil {
			return nil, wrap("import policies", err)
		}
		made = append(made, p)
	}
	return made, nil
}
