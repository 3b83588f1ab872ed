package approval

import (
	"slices"

	"portal/internal/problem"
)

// Open are the answers that a provider may change now, in the order of the form:
// all while nobody has decided; when changes were asked for, those that were asked
// about, and all once something was asked that fits no field (product.md (c) 8).
// None once a thing is decided on or ended.
func (k Kind) Open(s Status, t Trail) []string {
	switch s {
	case Draft, PendingCertificate, PendingApproval:
		return k.Fields
	case ChangesRequested:
		last := t.Last()
		if last == nil || last.Reason != "" {
			return k.Fields
		}
		return slices.DeleteFunc(slices.Clone(k.Fields), func(f string) bool { return last.Line(f) == "" })
	default:
		return nil
	}
}

// Keeps is nil if the answers differ in nothing but what is open; else
// problem.ErrBadRequest, since no form offers the others (security.md AUT-5).
func (k Kind) Keeps(open []string, before, after Answers) error {
	for _, d := range k.Differences(before, after) {
		if !slices.Contains(open, d.Field) {
			return problem.ErrBadRequest
		}
	}
	return nil
}
