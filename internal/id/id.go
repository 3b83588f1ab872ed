// Package id gives every kind of thing its own identifier type, so that a
// partner's id cannot be passed where a policy's is meant. It knows nothing of
// what the things are.
package id

import (
	"github.com/google/uuid"

	"portal/internal/problem"
)

// The kinds of things that have an id. Each is a UUIDv7: time-ordered, so that
// it is a good primary key and a stable tie-breaker in lists.
type (
	// User identifies an account.
	User struct{ uuid.UUID }
	// Partner identifies an organisation.
	Partner struct{ uuid.UUID }
	// PolicyGroup identifies a policy group.
	PolicyGroup struct{ uuid.UUID }
	// Policy identifies a policy over all its versions.
	Policy struct{ uuid.UUID }
	// PolicyVersion identifies one version of a policy.
	PolicyVersion struct{ uuid.UUID }
	// PolicyDecision identifies a decision on a policy.
	PolicyDecision struct{ uuid.UUID }
	// PolicyReview identifies a second look at a policy in force.
	PolicyReview struct{ uuid.UUID }
	// SecondFactor identifies an authenticator app of an account.
	SecondFactor struct{ uuid.UUID }
	// Term identifies a name of the vocabulary.
	Term struct{ uuid.UUID }
	// PolicyRequest identifies a partner's request to use a policy, and the grant
	// that comes of it.
	PolicyRequest struct{ uuid.UUID }
	// PolicyRequestExtension identifies a question for a later last day of a grant.
	PolicyRequestExtension struct{ uuid.UUID }
	// CACertificate identifies a certificate of the trust store.
	CACertificate struct{ uuid.UUID }
	// Certificate identifies a partner's certificate.
	Certificate struct{ uuid.UUID }
	// APIKey identifies a partner's key over all its secrets.
	APIKey struct{ uuid.UUID }
	// ServiceAccount identifies another system that asks the API.
	ServiceAccount struct{ uuid.UUID }
	// Webhook identifies an address that events are sent to.
	Webhook struct{ uuid.UUID }
	// WebhookEvent identifies something that other systems are told.
	WebhookEvent struct{ uuid.UUID }
	// WebhookDelivery identifies one event on its way to one address.
	WebhookDelivery struct{ uuid.UUID }
	// SBI identifies a version of a provider's device software.
	SBI struct{ uuid.UUID }
	// Device identifies a model of a device.
	Device struct{ uuid.UUID }
	// DeviceImport identifies a file of devices.
	DeviceImport struct{ uuid.UUID }
	// DeviceType identifies a type of devices.
	DeviceType struct{ uuid.UUID }
	// DeviceSubType identifies a sub-type of a type of devices.
	DeviceSubType struct{ uuid.UUID }
	// FTMChip identifies a model of an FTM chip.
	FTMChip struct{ uuid.UUID }
	// FTMChipCertificate identifies a certificate of an FTM chip.
	FTMChipCertificate struct{ uuid.UUID }
	// PartnerChange identifies a partner's request to change its name or address.
	PartnerChange struct{ uuid.UUID }
	// Thing identifies a thing whose kind stands beside it.
	Thing struct{ uuid.UUID }
	// Deactivation identifies one time that a partner was deactivated.
	Deactivation struct{ uuid.UUID }
	// Note identifies an internal note.
	Note struct{ uuid.UUID }
	// Challenge identifies one proof of an e-mail address.
	Challenge struct{ uuid.UUID }
	// Message identifies a mail in the outbox.
	Message struct{ uuid.UUID }
	// Change identifies one transaction, to what it stores.
	Change struct{ uuid.UUID }
	// Review identifies a Partner Admin's decision on a registration.
	Review struct{ uuid.UUID }
)

// Kind is any of the types above.
type Kind interface{ ~struct{ uuid.UUID } }

// New makes a fresh id.
func New[T Kind]() T { return T(struct{ uuid.UUID }{uuid.Must(uuid.NewV7())}) }

// Parse reads an id from an address or a form. Only the canonical text form is
// accepted (lower case, hyphens, 36 characters): one thing has one address
// (security.md AUT-4). Anything else is problem.ErrNotFound, since no such
// thing can exist.
func Parse[T Kind](s string) (T, error) {
	var zero T
	if len(s) != 36 {
		return zero, problem.ErrNotFound
	}
	u, err := uuid.Parse(s)
	if err != nil || u.String() != s || u == uuid.Nil {
		return zero, problem.ErrNotFound
	}
	return T(struct{ uuid.UUID }{u}), nil
}

// IsZero tells whether an id was never set.
func IsZero[T Kind](v T) bool { return struct{ uuid.UUID }(v).UUID == uuid.Nil }

// OrNull is what to store for an id that may be missing: nil for the zero id.
func OrNull[T Kind](v T) any {
	if IsZero(v) {
		return nil
	}
	return v
}
