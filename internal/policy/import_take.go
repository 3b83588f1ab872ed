package policy

import (
	"context"
	"errors"
	"fmt"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// ImportError tells what keeps a file of an import from being taken: all of them
// or none are.
type ImportError struct {
	Index int // of the file
	Err   error
}

func (e *ImportError) Error() string { return fmt.Sprintf("file %d: %v", e.Index+1, e.Err) }
func (e *ImportError) Unwrap() error { return e.Err }

// ImportPolicies makes an inactive policy of each file under one group, all of
// them or none. Permission: authz.PolicyWrite. Unlike a draft, an imported
// document has no errors: a *FindingsError. That and what CreatePolicy would
// refuse come as an *ImportError that says which file is meant. A review date
// that may not be chosen any more gives way to the usual one. The same form sent
// again returns the policies that it made (security.md CON-3).
func (s *Service) ImportPolicies(ctx context.Context, a authz.Actor, gid id.PolicyGroup, ins []Import) ([]Policy, error) {
	if len(ins) == 0 || len(ins) > MaxImportFiles {
		return nil, problem.ErrBadRequest
	}
	var made []Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		made = nil
		words, err := vocabulary.Load(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		var last audit.Event
		for i, in := range ins {
			in.Input.GroupID, in.Input.ReviewOn = gid, keptReview(in.Input.ReviewOn, s.dayOf(tx.Now()))
			p, event, err := s.importIn(ctx, tx, a, words, in)
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

func (s *Service) importIn(ctx context.Context, tx *pg.Tx, a authz.Actor, words *policydoc.Vocabulary, in Import) (Policy, audit.Event, error) {
	p, report, event, err := s.createIn(ctx, tx, a, words, in.Input)
	if err == nil && !report.OK() {
		err = &FindingsError{Report: report}
	}
	event.Action = audit.PolicyImported
	event.Detail = audit.Diff(event.Detail, "file", "", in.BaseName())
	return p, event, err
}

// replayedImport is what an import that was sent before made.
func (s *Service) replayedImport(ctx context.Context, a authz.Actor, gid id.PolicyGroup, ins []Import) ([]Policy, error) {
	var made []Policy
	for _, in := range ins {
		in.Input.GroupID, in.Input.ReviewOn = gid, keptReview(in.Input.ReviewOn, s.Today())
		p, err := s.replayedPolicy(ctx, a, in.Input.ID, in.Input)
		if err != nil {
			return nil, wrap("import policies", err)
		}
		made = append(made, p)
	}
	return made, nil
}
