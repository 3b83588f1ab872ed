package policy

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// Input is what a person says of a policy.
type Input struct {
	ID          id.Policy // proposed by the form, so that a form sent twice makes one policy; zero: a new one
	Kind        Kind
	GroupID     id.PolicyGroup // zero when editing: the group stays
	Name        string
	Description string
	Document    string
	Note        string    // why it is saved; stands on the version that this makes, if it makes one; may be empty
	ReviewOn    time.Time // a day; zero: twelve months on for a new policy, the present one for an old
}

// check reads the input on a day, beside the review date that the policy has
// (zero for a new one). Findings in the document are no error here: a draft may
// have them (issue J7).
func (in Input) check(today, reviewOn time.Time) (Input, error) {
	if !in.Kind.Valid() {
		return in, problem.ErrBadRequest
	}
	var f problem.Fields
	in.checkWords(&f)
	in.Note = f.Lines("note", in.Note, MaxNote, false)
	in.ReviewOn = checkReview(&f, in.ReviewOn, today, reviewOn)
	switch d := in.Document; {
	case strings.TrimSpace(d) == "":
		f.Add("document", "problem.required")
	case len(d) > policydoc.MaxBytes:
		f.Add("document", "policy_rule.document_too_large", "Max", policydoc.MaxBytes/1024)
	case !utf8.ValidString(d), strings.ContainsRune(d, 0):
		f.Add("document", "policy_rule.document_not_text")
	}
	return in, f.Err()
}

// checkWords reads what the policy is called and what it is for.
func (in *Input) checkWords(f *problem.Fields) {
	in.Name = f.Line("name", in.Name, MaxName, true)
	in.Description = f.Lines("description", in.Description, MaxDescription, true)
}

// maxReviewYears is how far ahead a review date may lie.
const maxReviewYears = 5

// checkReview reads a review date. One that stays as it is may have passed.
func checkReview(f *problem.Fields, typed, today, before time.Time) time.Time {
	switch typed = pg.Day(typed); {
	case typed.IsZero() && before.IsZero():
		return today.AddDate(1, 0, 0)
	case typed.IsZero(), typed.Equal(before):
		return before
	case !typed.After(today), typed.After(today.AddDate(maxReviewYears, 0, 0)):
		f.Add("review_on", "policy_rule.review_day", "Years", maxReviewYears)
	}
	return typed
}

// dayText is a day in the audit log.
func dayText(t time.Time) string { return t.Format(time.DateOnly) }

// allWrong joins the findings of several checks, so that a form tells all of
// them at once; any other error comes first.
func allWrong(errs ...error) error {
	var f problem.Fields
	for _, err := range errs {
		if err != nil && !f.AddError(err) {
			return err
		}
	}
	return f.Err()
}

// sameDocument reports whether two texts are the same document. A browser sends
// every line end of a text area as CR LF, which is no edit.
func sameDocument(a, b string) bool {
	return a == b || strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

// text is a document as the audit log knows it: by its bytes and its findings,
// never by its words.
type text struct {
	document   string
	errors     int
	attributes *int // that it hands out; nil if it cannot be understood
}

func (t text) fingerprint() string {
	if t.document == "" {
		return ""
	}
	return fmt.Sprintf("sha256:%x, %d B", sha256.Sum256([]byte(t.document)), len(t.document))
}

// diffDocument tells of another document.
func diffDocument(to []audit.Change, before, after text) []audit.Change {
	to = audit.Diff(to, "document", before.fingerprint(), after.fingerprint())
	return audit.Diff(to, "errors", strconv.Itoa(before.errors), strconv.Itoa(after.errors))
}

// policyTaken turns the constraint into words at the field.
func policyTaken(err error) error {
	if pg.Violates(err, "policies_group_id_name_key") {
		return problem.Invalid("name", "policy_rule.name_taken")
	}
	return err
}
