package policy

import (
	"cmp"
	"time"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/policydoc"
	"portal/internal/state"
)

// Kind is what a policy is about.
type Kind = policydoc.Kind

// Status is where a policy stands.
type Status string

// The states of a policy.
const (
	Inactive    Status = "inactive" // was never in force
	Active      Status = "active"
	Deactivated Status = "deactivated"
	Discarded   Status = "discarded" // was never in force, and nobody wants it any more
)

// Statuses are the allowed moves (design README, "Words"). Putting a new
// version of an active policy into force moves only the versions.
var Statuses = state.New(map[Status][]Status{
	Inactive:    {Active, Discarded},
	Active:      {Deactivated},
	Deactivated: {Active},
	Discarded:   {},
})

// VersionStatus is where one version of a policy stands.
type VersionStatus string

// The states of a version. A policy has at most one inactive version (the one
// that waits), and at most one that is active or deactivated.
const (
	VersionInactive    VersionStatus = "inactive"
	VersionActive      VersionStatus = "active"
	VersionDeactivated VersionStatus = "deactivated"
	VersionSuperseded  VersionStatus = "superseded" // a later one came into force
	VersionReplaced    VersionStatus = "replaced"   // never in force: a later save took its place
	VersionDiscarded   VersionStatus = "discarded"  // never in force, and thrown away
)

// VersionStatuses are the allowed moves.
var VersionStatuses = state.New(map[VersionStatus][]VersionStatus{
	VersionInactive:    {VersionActive, VersionReplaced, VersionDiscarded},
	VersionActive:      {VersionDeactivated, VersionSuperseded},
	VersionDeactivated: {VersionActive, VersionSuperseded},
	VersionSuperseded:  {},
	VersionReplaced:    {},
	VersionDiscarded:   {},
})

// Policy is what stays the same over its versions.
type Policy struct {
	ID            id.Policy
	Kind          Kind
	GroupID       id.PolicyGroup
	GroupName     string
	GroupStatus   GroupStatus
	Name          string
	Description   string
	Status        Status
	Version       int       // of the row, not of the document; every change raises it
	ReviewOn      time.Time // a day: by then somebody looks whether the policy is still right
	CreatedBy     id.User
	CreatedByName string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Version is one document of a policy.
type Version struct {
	ID              id.PolicyVersion
	PolicyID        id.Policy
	Number          int    // from 1
	Document        string // as it was typed; "" in Full.Versions where it neither is nor can come into force
	Status          VersionStatus
	Errors          int    // findings that keep it from being activated, when it was saved
	Note            string // why it was saved; may be empty
	Origin          *int   // number of the version that it restores; nil: written anew
	AuthorID        id.User
	AuthorName      string
	LastEditorID    id.User
	LastEditorName  string
	CreatedAt       time.Time
	UpdatedAt       time.Time // when the document was saved
	ActivatedBy     *id.User  // who put it into force last; nil if nobody
	ActivatedByName string
	ActivatedAt     *time.Time
	Periods         []Period `db:"-"` // when it was in force, newest first
}

// WrittenBy reports whether a person wrote the version or edited it last, and so
// cannot put it into force while four eyes are needed (security.md AUT-6).
func (v Version) WrittenBy(u id.User) bool { return v.AuthorID == u || v.LastEditorID == u }

// Period is a time in which a version was in force.
type Period struct {
	From time.Time
	To   *time.Time // nil: it still is
}

// Live are the versions of a policy that something can still be done with.
type Live struct {
	InForce     *Version // nil if none is
	Waiting     *Version // the inactive one, nil if none
	Deactivated *Version // what ReactivatePolicy would put back into force
}

// take puts a version into its place, if it has one.
func (l *Live) take(v *Version) {
	switch v.Status {
	case VersionActive:
		l.InForce = v
	case VersionInactive:
		l.Waiting = v
	case VersionDeactivated:
		l.Deactivated = v
	case VersionSuperseded, VersionReplaced, VersionDiscarded:
	}
}

// Newest is the version that an edit starts from: the one that waits, else the
// one that is or was last in force. Nil only for a discarded policy.
func (l Live) Newest() *Version { return cmp.Or(l.Waiting, l.InForce, l.Deactivated) }

// Full is a policy with its versions.
type Full struct {
	Policy
	Live
	Versions []Version // newest first, at most 100: see Service.Versions for others
}

// Row is a policy in a list.
type Row struct {
	ID            id.Policy
	Kind          Kind
	GroupID       id.PolicyGroup
	GroupName     string
	GroupStatus   GroupStatus
	Name          string
	Description   string
	Status        Status
	Version       int
	Newest        int     // number of the newest version, whatever became of it
	Waiting       bool    // a version waits for activation
	WaitingErrors int     // findings that keep it from that
	WaitingAuthor id.User // zero if none waits
	WaitingEditor id.User
	ReviewOn      time.Time // as in Policy
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// WaitingCount is how many policies have a version that waits, by kind, and in
// how many of them it waits for somebody else than the actor.
type WaitingCount struct {
	Auth, DataShare         int
	MineAuth, MineDataShare int // written or edited last by the actor; 0 unless each version needs a second person (EyesAlways)
}

// StatusWaiting is the value of the filter "status" for policies that have an
// inactive version, whatever their own state.
const StatusWaiting = "waiting"

// PolicyList is how policies can be sorted and filtered.
var PolicyList = list.Spec{
	Sorts: map[string]string{
		"name": "lower(p.name)", "description": "lower(p.description)", "group": "lower(g.name)",
		"status": "p.status", "created": "p.created_at", "updated": "p.updated_at",
	},
	Default:  "name",
	Filters:  []string{"name", "description", "group", "status", "q"},
	TieBreak: "p.id",
}

func (p Policy) event(action audit.Action, before int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action:  action,
		Subject: audit.Subject{Kind: audit.Policy, ID: p.ID.String(), Name: p.Name},
		Before:  before, After: p.Version, Detail: detail,
	}
}
