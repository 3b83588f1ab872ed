// Package ftmchip is about the FTM chips of FTM Providers (FTM: foundational trust
// module, the secure chip in a device), by model: registering one, its
// certificates, the decisions on it, and its end. What a certificate must be is
// judged by package certificate, what was sent and decided is kept by package
// approval. It knows partners by their table only.
package ftmchip

import (
	"errors"
	"fmt"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/state"
)

// Moves are the allowed ones (domain.md §2.3). Other than in MOSIP's portal, a new
// certificate moves no approved chip: it waits beside the one in service.
var Moves = state.New(map[approval.Status][]approval.Status{
	approval.PendingCertificate: {approval.PendingApproval, approval.Withdrawn},
	approval.PendingApproval:    {approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn},
	approval.ChangesRequested:   {approval.PendingApproval, approval.Withdrawn},
	approval.Approved:           {approval.Deactivated},
	approval.Deactivated:        {approval.Approved},
	approval.Rejected:           {},
	approval.Withdrawn:          {},
})

// Fields of a chip's answers.
const (
	FieldMake        = "make"
	FieldModel       = "model"
	FieldCertificate = "certificate" // its thumbprint, as people compare it
)

// Kind is what chips are to package approval.
var Kind = approval.Kind{
	Kind: audit.FTMChip, Table: "ftm_chips", Moves: Moves, Decide: authz.FTMChipDecide,
	Fields: []string{FieldMake, FieldModel, FieldCertificate},
}

// The limits. MaxName is in characters and equals the constraints (domain.md §3.7).
const (
	MaxName         = 36 // of make and model
	MaxUndecided    = 50 // chips of one provider on which nobody has decided (security.md LIM-4)
	MaxCertificates = 20 // of one chip that are neither refused, withdrawn nor expired (LIM-4)
)

// Service changes and reads FTM chips.
type Service struct {
	db    *pg.DB
	certs *certificate.Service
}

// NewService keeps chips in db; certs judges their certificates.
func NewService(db *pg.DB, certs *certificate.Service) *Service {
	return &Service{db: db, certs: certs}
}

// Chip is one model, with what it stands on as that is now.
type Chip struct {
	ID               id.FTMChip
	PartnerID        id.Partner
	PublicID         string // of the provider
	Organisation     string
	PartnerStatus    string
	PartnerLang      string
	Make             string
	Model            string
	Status           approval.Status
	Submission       int // how often it was sent; 0: never
	SubmittedAt      *time.Time
	ApprovedAt       *time.Time
	RegisteredBy     id.User
	RegisteredByName string
	EndedBy          *id.User // who withdrew or deactivated it
	EndedByName      string
	EndedAt          *time.Time
	EndedReason      string
	Version          int
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Name is what people call a chip.
func (c Chip) Name() string { return c.Make + " " + c.Model }

// Item is the chip as package approval moves it.
func (c Chip) Item() approval.Item {
	return approval.Item{ID: c.ID.UUID, Status: c.Status, Submission: c.Submission, Version: c.Version}
}

// Undecided reports whether nobody has decided finally, sent or not.
func (c Chip) Undecided() bool {
	return c.Status == approval.PendingCertificate || c.Status.Undecided()
}

// TakesCertificate reports whether the provider may send a certificate for it.
func (c Chip) TakesCertificate() bool { return c.Undecided() || c.Status == approval.Approved }

// path is the page of the chip, for mails.
func (c Chip) path() string { return "/ftm-chips/" + c.ID.String() }

// news is what mails tell of it.
func (c Chip) news(reason string) approval.News {
	return approval.News{Names: []string{c.Name()}, Organisation: c.Organisation, Reason: reason, Path: c.path()}
}

// blocked is why nothing of the chip can be put into service now; nil if it can.
func (c Chip) blocked() error {
	if c.PartnerStatus != "active" {
		return &problem.ConflictError{Key: "approval.conflict.partner", Args: []any{"Name", c.Organisation}}
	}
	return nil
}

// event tells of a change of the chip's row, by what it was before.
func (c Chip) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: c.PartnerID, Before: c.Version, After: c.Version + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.FTMChip, ID: c.ID.String(), Name: c.Name()},
	}
}

// told is an event that leaves the chip's row as it is.
func (c Chip) told(action audit.Action, detail []audit.Change) audit.Event {
	e := c.event(action, detail)
	e.After = e.Before
	return e
}

// moved is the detail of a change of state, with the reason for it.
func moved(from, to approval.Status, reason string) []audit.Change {
	return audit.Diff(audit.Diff(nil, "status", string(from), string(to)), "reason", "", reason)
}

// done is a change for which a second click is no error.
func done(what string, err error) error {
	if err == nil || errors.Is(err, approval.ErrReplayed) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// own is the scope of work that only a provider's own people do.
func own(a authz.Actor) authz.Scope { return authz.Scope{Partner: a.Partner} }
