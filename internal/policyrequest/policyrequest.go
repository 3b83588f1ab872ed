// Package policyrequest is about partners' requests to use a policy of their
// group, and about the grants that come of them: asking, deciding, extending and
// ending. It knows policies by their documents and tables, partners and
// certificates by whether they count; it refuses to know keys, which hang on a
// grant, beyond how many there are.
package policyrequest

import (
	"errors"
	"fmt"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/internal/state"
)

// Status is where a request stands. An approved one is a grant.
type Status string

// The states. They equal policy_requests_status_check.
const (
	PendingApproval  Status = "pending_approval"
	ChangesRequested Status = "changes_requested"
	Approved         Status = "approved"
	Rejected         Status = "rejected"
	Withdrawn        Status = "withdrawn" // by the partner, before a decision
	Revoked          Status = "revoked"   // by an admin, after the approval
)

// Statuses are the allowed moves.
var Statuses = state.New(map[Status][]Status{
	PendingApproval:  {ChangesRequested, Approved, Rejected, Withdrawn},
	ChangesRequested: {PendingApproval, Withdrawn},
	Approved:         {Revoked},
	Rejected:         {},
	Withdrawn:        {},
	Revoked:          {},
})

// The limits. Those of texts are in characters and equal the constraints.
const (
	MaxReason   = 500  // why a partner asks, and each line of why it needs an attribute
	MaxLine     = 500  // what an admin asks to change of one answer
	MaxWords    = 2000 // what an admin writes with a decision
	MaxOpen     = 50   // requests of one partner that are not decided (security.md LIM-4)
	GrantMonths = 12   // how long a grant lasts unless the approver chooses otherwise
	MaxMonths   = 24
	NearDays    = 60 // before its last day, from which an extension can be asked for
)

// Service changes and reads policy requests.
type Service struct {
	db   *pg.DB
	zone *time.Location
}

// NewService keeps policy requests in db. Days begin and end in zone.
func NewService(db *pg.DB, zone *time.Location) *Service { return &Service{db: db, zone: zone} }

// Today is the day that it is in the portal's zone: what last days are held
// against.
func (s *Service) Today() time.Time { return s.dayOf(s.db.Now()) }

func (s *Service) dayOf(t time.Time) time.Time { return pg.Day(t.In(s.zone)) }

// Request is a request or a grant with what it stands on, as all of it is now.
type Request struct {
	ID              id.PolicyRequest
	PartnerID       id.Partner
	PublicID        string // of the partner
	Organisation    string
	PartnerType     authz.Role
	PartnerStatus   string
	PartnerLang     string
	PolicyID        id.Policy
	Kind            policy.Kind
	PolicyName      string
	PolicyStatus    policy.Status
	GroupID         id.PolicyGroup // of the policy
	GroupName       string
	GroupStatus     policy.GroupStatus
	Status          Status
	Reason          string
	Submission      int // how often it was sent; 1 is the first time
	RequestedBy     id.User
	RequestedByName string
	SubmittedAt     time.Time  // the last time
	ApprovedNumber  int        // of the version that was in force then; 0 if it never was approved
	ApprovedAt      *time.Time // nil if it never was
	EndsOn          *time.Time // the last day of a grant; nil if it is none
	PausedAt        *time.Time // since its partner is deactivated; nil if it is not
	EndedByName     string     // who withdrew or revoked it
	EndedAt         *time.Time
	EndedReason     string
	Version         int
	CreatedAt       time.Time
	UpdatedAt       time.Time

	VersionID id.PolicyVersion // in force now; zero if none is
	Number    int              // of it; 0 if none is
	Document  string
}

// Undecided reports whether nobody has decided finally.
func (r Request) Undecided() bool { return r.Status == PendingApproval || r.Status == ChangesRequested }

// Halt is a reason why a grant hands out nothing although it is approved.
type Halt string

// The halts, in the order in which they are told.
const (
	HaltPaused Halt = "paused" // its partner is deactivated
	HaltEnded  Halt = "ended"  // its last day is over
	HaltPolicy Halt = "policy" // nothing of the policy is in force
	HaltGroup  Halt = "group"  // the policy group is out of use
)

// Halts are the reasons why a grant hands out nothing on a day; none for one that
// works, and for what is no grant.
func (r Request) Halts(today time.Time) []Halt {
	if r.Status != Approved {
		return nil
	}
	var all []Halt
	if r.PausedAt != nil {
		all = append(all, HaltPaused)
	}
	if r.EndsOn.Before(today) {
		all = append(all, HaltEnded)
	}
	if r.PolicyStatus != policy.Active {
		all = append(all, HaltPolicy)
	}
	if r.GroupStatus != policy.GroupActive {
		all = append(all, HaltGroup)
	}
	return all
}

// NearEnd reports whether an extension of a grant can be asked for: from
// NearDays before its last day on, and after it.
func (r Request) NearEnd(today time.Time) bool {
	return r.Status == Approved && !r.EndsOn.AddDate(0, 0, -NearDays).After(today)
}

// blocked is why the policy cannot be asked for or granted now; nil if it can.
func (r Request) blocked() error {
	switch {
	case r.PolicyStatus != policy.Active || r.Number == 0:
		return &problem.ConflictError{Key: "policy_request.conflict.policy", Args: []any{"Policy", r.PolicyName}}
	case r.GroupStatus != policy.GroupActive:
		return &problem.ConflictError{Key: "policy_request.conflict.group", Args: []any{"Group", r.GroupName}}
	case r.PartnerStatus != "active":
		return &problem.ConflictError{Key: "policy_request.conflict.partner", Args: []any{"Name", r.Organisation}}
	}
	return nil
}

// VersionChangedError tells that another version is in force than the one that
// the approver's page showed. It is an ErrConflict, and nothing was stored.
type VersionChangedError struct{ Shown, Now int }

func (e *VersionChangedError) Error() string {
	return fmt.Sprintf("version %d is in force, not %d", e.Now, e.Shown)
}

// Is makes every VersionChangedError an ErrConflict.
func (e *VersionChangedError) Is(target error) bool { return target == problem.ErrConflict }

// AlreadyAskedError tells that the partner has asked for the policy, or has it:
// here is the request. It is an ErrConflict.
type AlreadyAskedError struct{ ID id.PolicyRequest }

func (e *AlreadyAskedError) Error() string { return "the policy is asked for already" }

// Is makes every AlreadyAskedError an ErrConflict.
func (e *AlreadyAskedError) Is(target error) bool { return target == problem.ErrConflict }

// errReplayed ends a transaction that would repeat what the same person did
// already: a second click on the same button (security.md CON-2).
var errReplayed = errors.New("replayed")

// change is pg.DB.Change for which a second click is no error.
func (s *Service) change(what string, err error) error {
	if err == nil || errors.Is(err, errReplayed) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// event tells of a change of the request, by what it was before.
func (r Request) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: r.PartnerID, Before: r.Version, After: r.Version + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.PolicyRequest, ID: r.ID.String(), Name: r.PolicyName},
	}
}
