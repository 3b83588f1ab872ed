package policystudio

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portal/internal/policydoc"
	"portal/web/policywords"
)

// maxNotes is how many findings are shown at one field; the list of findings
// has all of them.
const maxNotes = 3

// notesAt are the findings about what a field shows. A row that was just added
// gets none: nobody has answered there yet. Nor has a form that the text does not
// agree with.
func (f formPage) notesAt(field string) []policydoc.Finding {
	if f.Report == nil || f.Both || !f.readable() || f.Added != "" && strings.HasPrefix(field, policydoc.RowField(f.Added, "")) {
		return nil
	}
	var out []policydoc.Finding
	for _, finding := range f.Report.Findings {
		if len(out) < maxNotes && f.Form.FieldAt(finding.Path) == field {
			out = append(out, finding)
		}
	}
	return out
}

// softNotes are notesAt without the errors, for a field that has its own place
// for those.
func (f formPage) softNotes(field string) []policydoc.Finding {
	return slices.DeleteFunc(f.notesAt(field), isError)
}

// errorAt are the errors at a field in words.
func (f formPage) errorAt(ctx context.Context, field string) string {
	var words []string
	for _, finding := range f.notesAt(field) {
		if isError(finding) {
			words = append(words, policywords.FindingText(ctx, finding))
		}
	}
	return strings.Join(words, " ")
}

func isError(f policydoc.Finding) bool { return f.Level == policydoc.Error }

func noteID(field string) string { return "note-" + field }

// noted are the attributes of a group of inputs that findings are about. A group
// cannot be invalid itself.
func (f formPage) noted(field string) templ.Attributes {
	a := f.described(field, "")
	delete(a, "aria-invalid")
	return a
}

// described are the attributes of an input: what describes it, and whether a
// finding says that it is wrong.
func (f formPage) described(field, hint string) templ.Attributes {
	a := templ.Attributes{}
	var ids []string
	if hint != "" {
		ids = append(ids, hint)
	}
	if notes := f.notesAt(field); len(notes) > 0 {
		ids = append(ids, noteID(field))
		if slices.ContainsFunc(notes, isError) {
			a["aria-invalid"] = "true"
		}
	}
	if len(ids) > 0 {
		a["aria-describedby"] = strings.Join(ids, " ")
	}
	return a
}

// cellHint is the id of the hint below a cell, "" without one.
func cellHint(name, hint string) string {
	if hint == "" {
		return ""
	}
	return "hint-" + name
}

// matter is the place of the page that the standing is about.
func (f formPage) matter() string {
	if f.Both {
		return "studio-both"
	}
	return "studio-findings"
}
