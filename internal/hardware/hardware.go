// Package hardware tells other systems which SBIs, devices and FTM chips count now:
// those that enforce it ask here before they let a device capture anybody. It
// changes nothing and decides nothing: what counts is said by standing, and what a
// thing is by the packages of the things.
package hardware

import (
	"time"

	"github.com/google/uuid"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// How many things one answer holds.
const (
	DefaultLimit = 100
	MaxLimit     = 500
)

// Provider is whose a thing is.
type Provider struct {
	PartnerID    id.Partner
	PublicID     string // the partner ID that it chose
	Organisation string
}

// SBI is the software of devices, by version.
type SBI struct {
	ID         id.SBI
	SBIVersion string
	Hash       []byte // SHA-256 of the binary
	CreatedOn  time.Time
	ExpiresOn  time.Time // the last day on which it counts
	ApprovedAt *time.Time
	Reason     standing.Reason
	Provider
}

// Device is a model with the SBI that it is mapped to.
type Device struct {
	ID           id.Device
	Type         string // the codes
	SubType      string
	Make         string
	Model        string
	ApprovedAt   *time.Time
	SBIID        id.SBI
	SBIVersion   string
	SBIHash      []byte
	SBIExpiresOn time.Time
	Reason       standing.Reason
	Provider
}

// FTMChip is a model with its certificate in service.
type FTMChip struct {
	ID         id.FTMChip
	Make       string
	Model      string
	ApprovedAt *time.Time
	Thumbprint []byte // SHA-256 of the DER form; the certificate is nil where none is in service
	NotBefore  *time.Time
	NotAfter   *time.Time
	DER        []byte `db:"der"`
	Reason     standing.Reason
	Provider
}

// Walk is one step through all that counts, in the order of the ids. What is
// approved while somebody walks may stand before the place where they are: the
// next walk finds it.
type Walk struct {
	After uuid.UUID // the last that they have; zero at the beginning
	Limit int       // 1 to MaxLimit
	// What is asked for; zero is everything.
	Partner       id.Partner
	SBI           id.SBI // of devices
	Type, SubType string // of devices: the codes, in any case
	Make, Model   string // of devices and chips: the whole word, in any case
}

// Page is one step's worth. Next is where to go on; zero: it was the last.
type Page[T any] struct {
	Items []T
	Next  uuid.UUID
}

// Service reads what counts.
type Service struct {
	db   *pg.DB
	zone *time.Location // in which days begin and end
}

// NewService makes the service over db.
func NewService(db *pg.DB, zone *time.Location) *Service { return &Service{db: db, zone: zone} }

// today is the day that it is in the portal's zone.
func (s *Service) today() time.Time { return pg.Day(s.db.Now().In(s.zone)) }
