// Package device is about the models of biometric devices that Device Providers
// register: one by one or as a file, each for an SBI of its provider; approving,
// moving and ending them, also together with their SBI. It knows SBIs and the types
// of devices; they do not know it.
package device

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/state"
	"portal/internal/webhook"
)

// Statuses are the allowed moves. They equal devices_status_check.
var Statuses = state.New(map[approval.Status][]approval.Status{
	approval.PendingApproval:  {approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn},
	approval.ChangesRequested: {approval.PendingApproval, approval.Withdrawn},
	approval.Approved:         {approval.Deactivated},
	approval.Deactivated:      {approval.Approved},
	approval.Rejected:         {},
	approval.Withdrawn:        {},
})

// The limits (domain.md §3.7). MaxName equals the constraints.
const (
	MaxName = 36   // characters of a make and of a model
	MaxMany = 5000 // devices of one file, and those that one decision reaches
)

// The answers that a provider gives of a device: fields of a submission, and the
// names of the form's inputs.
const (
	FieldType  = "device_type" // and sub-type
	FieldMake  = "make"
	FieldModel = "model"
	FieldSBI   = "sbi"
)

// Things is how devices are sent and decided on.
var Things = approval.Kind{
	Kind: audit.Device, Table: "devices", Moves: Statuses, Decide: authz.DeviceDecide,
	Fields: []string{FieldType, FieldMake, FieldModel, FieldSBI},
}

// Service changes and reads devices.
type Service struct {
	db   *pg.DB
	zone *time.Location
	most int
}

// NewService keeps devices in db. Days begin and end in zone; a provider has at
// most so many devices that have not ended (security.md LIM-4).
func NewService(db *pg.DB, zone *time.Location, most int) *Service {
	return &Service{db: db, zone: zone, most: most}
}

// Most is how many devices of a provider may be that have not ended.
func (s *Service) Most() int { return s.most }

// Today is the day that it is in the portal's zone: what last days are held
// against.
func (s *Service) Today() time.Time { return s.dayOf(s.db.Now()) }

func (s *Service) dayOf(t time.Time) time.Time { return pg.Day(t.In(s.zone)) }

// Device is a device with what it stands on, as all of it is now.
type Device struct {
	ID               id.Device
	PartnerID        id.Partner
	PublicID         string // of the partner
	Organisation     string
	PartnerStatus    string
	PartnerLang      string
	SBIID            id.SBI
	SBIVersion       string
	SBIHash          []byte
	SBICreatedOn     time.Time
	SBIExpiresOn     time.Time
	SBIStatus        approval.Status
	TypeID           id.DeviceType
	SubTypeID        id.DeviceSubType
	TypeCode         string
	SubTypeCode      string
	Make             string
	Model            string
	ImportID         *id.DeviceImport // of the file that it came with; nil: it came alone
	Status           approval.Status
	Submission       int
	SubmittedAt      time.Time // the last time
	SubmittedBy      id.User   // the last time
	ApprovedAt       *time.Time
	EndedByName      string // who withdrew or deactivated it
	EndedAt          *time.Time
	EndedReason      string
	EndedWithSBI     bool // it comes back with its SBI
	Version          int
	RegisteredByName string
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Name is what people call a device.
func (d Device) Name() string { return d.Make + " " + d.Model }

// Kind is the type and sub-type by their codes: "Finger: Slap".
func (d Device) Kind() string { return kindOf(d.TypeCode, d.SubTypeCode) }

func kindOf(typeCode, subTypeCode string) string { return typeCode + ": " + subTypeCode }

// Item is the device as its row stands.
func (d Device) Item() approval.Item {
	return approval.Item{ID: d.ID.UUID, Status: d.Status, Submission: d.Submission, Version: d.Version}
}

// Answers are what its provider says of it now.
func (d Device) Answers() approval.Answers {
	return approval.Answers{FieldType: d.Kind(), FieldMake: d.Make, FieldModel: d.Model, FieldSBI: d.SBIVersion}
}

// SBICounts reports whether its SBI is approved and not over on a day, and its
// provider active: without that no device counts, and none can be approved
// (domain.md §2.3).
func (d Device) SBICounts(today time.Time) bool { return d.Halt(today) == nil }

// Counts reports whether other systems may rely on the device on a day.
func (d Device) Counts(today time.Time) bool {
	return d.Status == approval.Approved && d.SBICounts(today)
}

// Halt is why a device cannot be approved or come back on a day; nil if it can.
func (d Device) Halt(today time.Time) error {
	switch {
	case d.PartnerStatus != "active":
		return &problem.ConflictError{Key: "approval.conflict.partner", Args: []any{"Name", d.Organisation}}
	case d.SBIStatus != approval.Approved:
		return &problem.ConflictError{Key: "device.conflict.sbi", Args: []any{"Version", d.SBIVersion}}
	case d.SBIExpiresOn.Before(today):
		return &problem.ConflictError{Key: "device.conflict.sbi_expired", Args: []any{"Version", d.SBIVersion}}
	}
	return nil
}

// RegisteredError tells that the provider has registered the model already: here is
// the device. It is an ErrConflict.
type RegisteredError struct{ ID id.Device }

func (e *RegisteredError) Error() string { return "the model is registered already" }

// Is makes every RegisteredError an ErrConflict.
func (e *RegisteredError) Is(target error) bool { return target == problem.ErrConflict }

// change is pg.DB.Change's error for which a second click is none.
func change(what string, err error) error {
	if err == nil || errors.Is(err, approval.ErrReplayed) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// event tells of a change of the device, by what it was before.
func (d Device) event(action audit.Action, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: d.PartnerID, Before: d.Version, After: d.Version + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.Device, ID: d.ID.String(), Name: d.Name()},
	}
}

// told is what other systems are told of the device.
func (d Device) told(t webhook.Type) webhook.Event {
	return webhook.Event{Type: t, Partner: d.PartnerID, Data: map[string]any{
		"device": d.ID.String(), "partner": d.PublicID, "type": d.TypeCode, "sub_type": d.SubTypeCode,
		"make": d.Make, "model": d.Model, "sbi": d.SBIID.String(),
	}}
}

// path is the page of the device.
func (d Device) path() string { return "/devices/" + d.ID.String() }

// own is the scope of work that only a provider's own people do.
func own(a authz.Actor) authz.Scope { return authz.Scope{Partner: a.Partner} }

// KindValue is a type and sub-type as a form's choice sends them.
func KindValue(t id.DeviceType, s id.DeviceSubType) string { return t.String() + "/" + s.String() }

// parseKind reads KindValue; ok is false for what no choice sends.
func parseKind(text string) (t id.DeviceType, s id.DeviceSubType, ok bool) {
	first, second, _ := strings.Cut(text, "/")
	t, err := id.Parse[id.DeviceType](first)
	if err != nil {
		return t, s, false
	}
	s, err = id.Parse[id.DeviceSubType](second)
	return t, s, err == nil
}
