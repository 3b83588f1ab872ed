package policy

import (
	"fmt"

	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// GroupInUseError tells which policies keep a group from being deactivated:
// those in force and those that are not finished (domain.md §3.4).
type GroupInUseError struct {
	Policies []Ref // by name, at most 50
	Total    int
}

func (e *GroupInUseError) Error() string {
	return fmt.Sprintf("%d policies stand in the way", e.Total)
}

// FindingsError tells what keeps a document from being put into force.
type FindingsError struct{ Report policydoc.Report }

func (e *FindingsError) Error() string {
	return fmt.Sprintf("the document has %d errors", e.Report.Errors)
}

// FourEyesError tells that the actor wrote this version, or edited it last, and
// so cannot be the one who puts it into force (security.md AUT-6).
type FourEyesError struct {
	Policy  id.Policy
	Number  int  // of the version
	Written bool // by the actor; else the actor edited it last
}

func (e *FourEyesError) Error() string { return "the version needs a second person" }

// PictureChangedError tells that a decision would do something else now than
// what the person saw: here is what it would do. It is an ErrConflict, and
// nothing was stored (security.md CON-2).
type PictureChangedError struct{ Picture Picture }

func (e *PictureChangedError) Error() string { return "the decision would do something else now" }

// Is makes every PictureChangedError an ErrConflict.
func (e *PictureChangedError) Is(target error) bool { return target == problem.ErrConflict }

// discarded is the conflict of working on a policy that was thrown away.
func discarded() error { return &problem.ConflictError{Key: "policy_rule.discarded"} }

// groupDeactivated is the conflict of putting something into force under a
// group that is out of use.
func groupDeactivated(name string) error {
	return &problem.ConflictError{Key: "policy_rule.group_deactivated", Args: []any{"Name", name}}
}
