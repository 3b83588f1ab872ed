// Package sbi is about SBIs (secure biometric interfaces): the software of a
// provider's devices, by version. A provider registers a version, sends it for
// approval, and ends it; a Partner Admin decides. It knows partners and certificates
// by whether they count; what becomes of devices the package device knows, which
// stands above it.
package sbi

import (
	"errors"
	"fmt"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/state"
)

// The answers about an SBI: in submissions, in what an admin asks to change, and as
// names of the form's inputs.
const (
	FieldVersion   = "sbi_version"
	FieldHash      = "hash"
	FieldCreatedOn = "created_on"
	FieldExpiresOn = "expires_on"
)

// Statuses are the allowed moves. Expired is no state: it follows from the day.
var Statuses = state.New(map[approval.Status][]approval.Status{
	approval.Draft:            {approval.PendingApproval, approval.Withdrawn},
	approval.PendingApproval:  {approval.Approved, approval.ChangesRequested, approval.Rejected, approval.Withdrawn},
	approval.ChangesRequested: {approval.PendingApproval, approval.Withdrawn},
	approval.Approved:         {approval.Deactivated},
	approval.Rejected:         {},
	approval.Withdrawn:        {},
	approval.Deactivated:      {approval.Approved},
})

// Things is what the package approval needs to know of SBIs.
var Things = approval.Kind{
	Kind: audit.SBI, Table: "sbis", Moves: Statuses, Decide: authz.SBIDecide,
	Fields: []string{FieldVersion, FieldHash, FieldCreatedOn, FieldExpiresOn},
}

// The limits (domain.md §3.7).
const (
	MaxVersion = 64 // characters; equals sbis_sbi_version_check
	MaxYears   = 10 // a created date back, an expiry date ahead
	MaxOpen    = 50 // SBIs of one provider that nobody has decided on, drafts included (security.md LIM-4)
	UsualYears = 1  // between created and expiry date, at least (domain.md §4.3); less is worth a look
	NearDays   = 90 // before its last day, from which an approver is told
	maxListed  = 20 // other SBIs that a page names
)

// Service changes and reads SBIs.
type Service struct {
	db   *pg.DB
	zone *time.Location
}

// NewService keeps SBIs in db. Days begin and end in zone.
func NewService(db *pg.DB, zone *time.Location) *Service { return &Service{db: db, zone: zone} }

// Today is the day that it is in the portal's zone: what first and last days are
// held against.
func (s *Service) Today() time.Time { return s.dayOf(s.db.Now()) }

func (s *Service) dayOf(t time.Time) time.Time { return pg.Day(t.In(s.zone)) }

// SBI is one version of a provider's device software, with whose it is as that is
// now.
type SBI struct {
	ID               id.SBI
	PartnerID        id.Partner
	PublicID         string // of the partner
	Organisation     string
	PartnerStatus    string
	PartnerLang      string
	SBIVersion       string `db:"sbi_version"`
	Hash             []byte // SHA-256 of the binary
	CreatedOn        time.Time
	ExpiresOn        time.Time // the last day on which it counts
	MadeFrom         *id.SBI   // the version that this one follows; nil if it follows none
	Status           approval.Status
	Submission       int        // how often it was sent; 0 if it never was
	SubmittedAt      *time.Time // the last time
	ApprovedAt       *time.Time
	EndedByName      string // who withdrew or deactivated it
	EndedAt          *time.Time
	EndedReason      string
	Version          int // of the row
	RegisteredBy     id.User
	RegisteredByName string
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Item is the SBI as the package approval takes it.
func (x SBI) Item() approval.Item {
	return approval.Item{ID: x.ID.UUID, Status: x.Status, Submission: x.Submission, Version: x.Version}
}

// Expired reports whether the SBI's last day is over.
func (x SBI) Expired(today time.Time) bool { return x.ExpiresOn.Before(today) }

// Counts reports whether devices may be approved for the SBI on a day: it is
// approved, its last day is not over, and its partner is active.
func (x SBI) Counts(today time.Time) bool {
	return x.Status == approval.Approved && !x.Expired(today) && x.PartnerStatus == "active"
}

// Name is what people beyond its provider call the SBI.
func (x SBI) Name() string { return x.Organisation + " – " + x.SBIVersion }

// Answers are what its provider says of the SBI now, as a submission keeps them:
// the hash in hex, days in ISO 8601.
func (x SBI) Answers() approval.Answers {
	return approval.Answers{
		FieldVersion: x.SBIVersion, FieldHash: fmt.Sprintf("%x", x.Hash),
		FieldCreatedOn: x.CreatedOn.Format(time.DateOnly), FieldExpiresOn: x.ExpiresOn.Format(time.DateOnly),
	}
}

// event tells of a change of the SBI, by what it was before.
func (x SBI) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: x.PartnerID, Before: x.Version, After: x.Version + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.SBI, ID: x.ID.String(), Name: x.Name()},
	}
}

// news is what a mail tells of the SBI.
func (x SBI) news(reason string) approval.News {
	return approval.News{Names: []string{x.SBIVersion}, Organisation: x.Organisation, Reason: reason, Path: "/sbis/" + x.ID.String()}
}

// change is pg.DB.Change for which a second click is no error.
func (s *Service) change(what string, err error) error {
	if err == nil || errors.Is(err, approval.ErrReplayed) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
