package policy

import (
	"time"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/state"
)

// GroupStatus is where a group stands.
type GroupStatus string

// The states of a group.
const (
	GroupActive      GroupStatus = "active"
	GroupDeactivated GroupStatus = "deactivated"
)

// GroupStatuses are the allowed moves (design README, "Words").
var GroupStatuses = state.New(map[GroupStatus][]GroupStatus{
	GroupActive:      {GroupDeactivated},
	GroupDeactivated: {GroupActive},
})

// Group is a regulator or sector under which policies stand.
type Group struct {
	ID          id.PolicyGroup
	Name        string
	Description string
	Status      GroupStatus
	Version     int // of the row; every change raises it
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// GroupRow is a group in a list.
type GroupRow struct {
	Group
	Policies int // of both kinds, in every state but discarded
}

// GroupInput is what a person says of a group.
type GroupInput struct {
	ID          id.PolicyGroup // proposed by the form, so that a form sent twice makes one group; zero: a new one
	Name        string
	Description string
}

// GroupList is how groups can be sorted and filtered.
var GroupList = list.Spec{
	Sorts: map[string]string{
		"name": "lower(g.name)", "description": "lower(g.description)", "status": "g.status",
		"policies": "policies", "created": "g.created_at",
	},
	Default:  "name",
	Filters:  []string{"name", "description", "status", "q"},
	TieBreak: "g.id",
}

func (in GroupInput) check() (GroupInput, error) {
	var f problem.Fields
	in.Name = f.Line("name", in.Name, MaxName, true)
	in.Description = f.Lines("description", in.Description, MaxDescription, true)
	return in, f.Err()
}

func (g Group) event(action audit.Action, before int, detail ...audit.Change) audit.Event {
	return audit.Event{
		Action:  action,
		Subject: audit.Subject{Kind: audit.PolicyGroup, ID: g.ID.String(), Name: g.Name},
		Before:  before, After: g.Version, Detail: detail,
	}
}

// groupTaken turns the constraint into words at the field.
func groupTaken(err error) error {
	if pg.Violates(err, "policy_groups_name_key") {
		return problem.Invalid("name", "policy_group.problem.name_taken")
	}
	return err
}
