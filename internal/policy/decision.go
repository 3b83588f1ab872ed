package policy

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
)

// Eyes says when a second person has to put a version into force (design
// decision 1; setting four-eyes).
type Eyes string

// The settings.
const (
	EyesAlways Eyes = "always" // each time
	EyesByRisk Eyes = "risk"   // not where a change only narrows or is neutral, holds no special data, and is not the first
	EyesOff    Eyes = "off"    // never: an office of one person
)

// Action is a decision on a policy. Each has a page that shows a Picture first.
type Action string

// The actions.
const (
	Activate   Action = "activate"   // put the version that waits into force
	Deactivate Action = "deactivate" // take the policy out of force
	Reactivate Action = "reactivate" // put the deactivated version back into force
	Restore    Action = "restore"    // make an old version a new one that waits
)

// Picture is what a decision will do, as facts: its page shows it, and it is
// kept with the decision. Everything of it is plain data.
type Picture struct {
	Action          Action          `json:"action"`
	Row             int             `json:"row"`                        // row version of the policy
	Number          int             `json:"number"`                     // of the version that the decision is about
	Against         int             `json:"against,omitempty"`          // of the version that it is compared with; 0: with nothing
	Document        string          `json:"document"`                   // SHA-256 of the version's text, in hex
	AgainstDocument string          `json:"against_document,omitempty"` // of the other's
	Changes         policydoc.Delta `json:"changes"`
	Class           policydoc.Class `json:"class"`
	Special         bool            `json:"special"` // the version, or the change, is about special data
	First           bool            `json:"first"`   // the policy was never in force
	Own             bool            `json:"own"`     // whoever looks wrote the version or edited it last
	Eyes            Eyes            `json:"eyes"`
	Partners        []Touched       `json:"partners"` // by name, at most maxTouched
	PartnersTotal   int             `json:"partners_total"`
	Pending         []Touched       `json:"pending"` // requests that would be judged by the new text, oldest first
	PendingTotal    int             `json:"pending_total"`
}

// Alone reports whether the person who looks may carry the decision out although
// the version is their own.
func (p Picture) Alone() bool {
	return !p.Own || p.Action == Deactivate || p.Action == Restore || p.Eyes == EyesOff ||
		p.Eyes == EyesByRisk && p.Action == Activate && p.Class != policydoc.Widens && !p.Special && !p.First
}

// Touched is a partner that a decision touches, by the name that it had then.
type Touched struct {
	ID   id.Partner `json:"id"`
	Name string     `json:"name"`
}

// Seen is what a person decided on: the row version and the fingerprint of the
// picture that their page showed, and, in an emergency, why nobody else could be
// asked.
type Seen struct {
	Version   int
	Picture   string
	Emergency bool
	Reason    string // of an emergency, 1 to MaxReason characters
}

// MaxReason and MaxNote limit what people write with a decision and with a
// saved version, in characters.
const (
	MaxReason = 2000
	MaxNote   = 500
)

// Decision is one that was taken, with its picture.
type Decision struct {
	ID            id.PolicyDecision
	PolicyID      id.Policy
	Action        Action
	Number        int // of the version
	Emergency     bool
	Reason        string
	Picture       Picture
	DecidedBy     id.User
	DecidedByName string
	DecidedAt     time.Time
}

// Fingerprint is the same for two pictures exactly when they show the same.
func (p Picture) Fingerprint() string { panic("policy: to be written") }

// Picture draws what an action on a policy would do, for a person. number is the
// version to restore and is read for Restore only. A *problem.ConflictError
// tells that the policy's state does not allow the action.
func (s *Service) Picture(ctx context.Context, a authz.Actor, pid id.Policy, action Action, number int) (Picture, error) {
	panic("policy: to be written")
}

// Decisions are those on a policy, newest first, at most 100.
func (s *Service) Decisions(ctx context.Context, pid id.Policy) ([]Decision, error) {
	panic("policy: to be written")
}

// Decision is one of them; problem.ErrNotFound if it is not of this policy.
func (s *Service) Decision(ctx context.Context, pid id.Policy, did id.PolicyDecision) (Decision, error) {
	panic("policy: to be written")
}

// RestoreVersion makes a new inactive version with the text of an old one; what
// waited is replaced by it. Permission: authz.PolicyWrite.
func (s *Service) RestoreVersion(ctx context.Context, a authz.Actor, pid id.Policy, number int, saw Seen) (Policy, error) {
	panic("policy: to be written")
}

// DiscardVersion throws the waiting version away; it stays readable. A policy
// that was never in force goes with it. Permission: authz.PolicyWrite.
func (s *Service) DiscardVersion(ctx context.Context, a authz.Actor, pid id.Policy, version int) (Policy, error) {
	panic("policy: to be written")
}

// Judge says what is wrong with a text as a policy of this kind in this group,
// beside the neighbours of the policy pid (zero for a new one), and the
// vocabulary that it was judged by.
func (s *Service) Judge(ctx context.Context, kind Kind, gid id.PolicyGroup, pid id.Policy, document string) (policydoc.Report, *policydoc.Vocabulary, error) {
	panic("policy: to be written")
}
