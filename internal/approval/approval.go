// Package approval is what the things of device and FTM providers have in common:
// they are sent, sent again, decided on by a Partner Admin, and ended. It keeps
// what was sent each time and what was decided, for one thing or for thousands at
// once with the same number of statements. What a thing is, who hears of a
// decision and what else hangs on it, the packages of the things know (sbi,
// device, ftmchip).
package approval

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/problem"
	"portal/internal/state"
)

// Status is where a thing stands. Which of them a kind of thing knows, its Moves
// say.
type Status string

// The states.
const (
	Draft              Status = "draft"               // only its provider knows of it
	PendingCertificate Status = "pending_certificate" // of a chip: without one nobody can approve it
	PendingApproval    Status = "pending_approval"
	ChangesRequested   Status = "changes_requested"
	Approved           Status = "approved"
	Rejected           Status = "rejected"
	Withdrawn          Status = "withdrawn" // by its provider, before a decision
	Deactivated        Status = "deactivated"
)

// Undecided reports whether a thing was sent and nobody has decided finally.
func (s Status) Undecided() bool { return s == PendingApproval || s == ChangesRequested }

// Limits in characters; they equal the constraints.
const (
	MaxLine  = 500  // what an admin asks to change of one answer
	MaxWords = 2000 // what somebody writes with a decision or an end
)

// Kind is what a kind of thing has of its own. Table has the columns id,
// partner_id, status, submission, submitted_at, approved_at, ended_by, ended_at,
// ended_reason, version and updated_at.
type Kind struct {
	Kind   audit.Kind // also in the tables of this package and in the messages
	Table  string     // constant SQL
	Moves  state.Machine[Status]
	Decide authz.Permission
	Fields []string // of its answers, in the order of the form
}

// Item is a thing as its row stands. Who decides on it or ends it has locked it.
type Item struct {
	ID         uuid.UUID
	Status     Status
	Submission int // the newest; 0 if it never was sent
	Version    int // of the row
}

// Answers are what a provider says of a thing, by field.
type Answers map[string]string

// Diff is one answer before and after.
type Diff struct{ Field, Before, After string }

// Differences is in what b differs from a, in the order of the form.
func (k Kind) Differences(a, b Answers) []Diff {
	var all []Diff
	for _, f := range k.Fields {
		if a[f] != b[f] {
			all = append(all, Diff{f, a[f], b[f]})
		}
	}
	return all
}

// Submission is what was sent one of the times.
type Submission struct {
	Number          int
	Answers         Answers
	SubmittedBy     uuid.UUID
	SubmittedByName string
	SubmittedAt     time.Time
}

// Line asks to change one answer.
type Line struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Decision is what a Partner Admin said to one submission.
type Decision struct {
	Submission    int
	Verdict       Status // Approved, ChangesRequested or Rejected
	Reason        string // to reject: why; to ask for changes: what fits no field
	Lines         []Line
	DecidedByID   uuid.UUID
	DecidedByName string
	DecidedAt     time.Time
}

// Line is what was asked about a field, "" if nothing was.
func (d Decision) Line(field string) string {
	for _, l := range d.Lines {
		if l.Field == field {
			return l.Message
		}
	}
	return ""
}

// Trail is everything that was sent and said of one thing.
type Trail struct {
	Submissions []Submission // newest first
	Decisions   []Decision   // newest first
}

// Last is the newest decision, nil before the first one.
func (t Trail) Last() *Decision {
	if len(t.Decisions) == 0 {
		return nil
	}
	return &t.Decisions[0]
}

// Answers are those that were sent last; none for what never was sent.
func (t Trail) Answers() Answers {
	if len(t.Submissions) == 0 {
		return nil
	}
	return t.Submissions[0].Answers
}

// Changes is in what the last submission differs from the one before; nothing for
// a first one.
func (k Kind) Changes(t Trail) []Diff {
	if len(t.Submissions) < 2 {
		return nil
	}
	return k.Differences(t.Submissions[1].Answers, t.Submissions[0].Answers)
}

// Ruling is a decision to be taken.
type Ruling struct {
	To     Status // Approved, ChangesRequested or Rejected
	Reason string
	Lines  []Line
}

// Approve is the ruling without words.
func Approve() Ruling { return Ruling{To: Approved} }

// Reject is a ruling with a reason of 1 to MaxWords characters; else a
// *problem.InvalidError for the input "reason".
func Reject(reason string) (Ruling, error) {
	reason, err := Reason(reason)
	return Ruling{To: Rejected, Reason: reason}, err
}

// Reason is a reason as it is kept: 1 to MaxWords characters; else a
// *problem.InvalidError for the input "reason".
func Reason(text string) (string, error) {
	var f problem.Fields
	text = f.Lines("reason", text, MaxWords, true)
	return text, f.Err()
}

// RequestChanges is a ruling that gives a thing back: lines say which answers to
// change (fields of the kind, each at most once, up to MaxLine characters; those
// without a message are left out), note what fits no field (up to MaxWords); one
// of the two is needed (product.md (c) 8). *problem.InvalidError names the inputs
// "note" and "line_<field>"; problem.ErrBadRequest for a field that there is not.
func (k Kind) RequestChanges(lines []Line, note string) (Ruling, error) {
	r := Ruling{To: ChangesRequested}
	var f problem.Fields
	seen := map[string]bool{}
	for _, l := range lines {
		if !k.has(l.Field) || seen[l.Field] {
			return Ruling{}, problem.ErrBadRequest
		}
		seen[l.Field] = true
		if l.Message = f.Lines("line_"+l.Field, l.Message, MaxLine, false); l.Message != "" {
			r.Lines = append(r.Lines, l)
		}
	}
	r.Reason = f.Lines("note", note, MaxWords, false)
	if r.Reason == "" && len(r.Lines) == 0 && f.Err() == nil {
		f.Add("note", "approval.problem.nothing_asked")
	}
	return r, f.Err()
}

func (k Kind) has(field string) bool {
	for _, f := range k.Fields {
		if f == field {
			return true
		}
	}
	return false
}

// Detail is what the audit log tells of a ruling on a thing that waits.
func (r Ruling) Detail() []audit.Change {
	detail := audit.Diff(nil, "status", string(PendingApproval), string(r.To))
	for _, l := range r.Lines {
		detail = audit.Diff(detail, l.Field, "", l.Message)
	}
	word := "reason"
	if r.To == ChangesRequested {
		word = "note"
	}
	return audit.Diff(detail, word, "", r.Reason)
}

// Words are a ruling's words for a mail, each on a line of its own.
func (r Ruling) Words() string {
	text := ""
	for _, l := range r.Lines {
		text += l.Message + "\n"
	}
	return text + r.Reason
}

// ErrReplayed ends a transaction that would repeat what the same person did
// already: a second click on the same button (security.md CON-2). It is no error
// for whoever clicked.
var ErrReplayed = errors.New("replayed")

// ErrOwn is a decision on what the same person sent (security.md AUT-6): refused.
var ErrOwn = errors.New("one's own submission")
