// Package webhook tells other systems what was decided here: an event is a row
// written in the transaction that it tells of, sent later, signed, by a worker
// (security.md OPS-10). It knows no area: each says itself what its events are.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"

	"portal/internal/id"
	"portal/internal/pg"
)

// Type is what happened, "thing.pasttense". Receivers choose by it and depend on
// its spelling.
type Type string

// Every type of event that other systems can be told.
const (
	PartnerActivated     Type = "partner.activated"   // admitted, or given its access back
	PartnerDeactivated   Type = "partner.deactivated" // nothing of it is good any more
	PartnerChanged       Type = "partner.changed"     // its organisation's name
	PolicyActivated      Type = "policy.activated"    // a version came into force
	PolicyDeactivated    Type = "policy.deactivated"
	GrantApproved        Type = "grant.approved"
	GrantRevoked         Type = "grant.revoked"
	APIKeyCreated        Type = "api_key.created"
	APIKeyRotated        Type = "api_key.rotated"
	APIKeyDeactivated    Type = "api_key.deactivated"
	CertificateAccepted  Type = "certificate.accepted"
	CertificateWithdrawn Type = "certificate.withdrawn"
	CATaken              Type = "ca_certificate.taken_into_use"
	CATakenOut           Type = "ca_certificate.taken_out_of_use"
)

// Types are all of them, in the order in which they are offered.
var Types = []Type{
	PartnerActivated, PartnerDeactivated, PartnerChanged,
	PolicyActivated, PolicyDeactivated,
	GrantApproved, GrantRevoked,
	APIKeyCreated, APIKeyRotated, APIKeyDeactivated,
	CertificateAccepted, CertificateWithdrawn,
	CATaken, CATakenOut,
}

// Event is one thing that happened. Data is what receivers need to know of it:
// ids, names, states and days; never a secret, and no personal data beyond an
// organisation's name.
type Event struct {
	Type    Type
	Partner id.Partner // whom it is about; zero for policies and CA certificates
	Data    map[string]any
}

// Publish writes an event down, to be sent once tx is committed.
func Publish(ctx context.Context, tx *pg.Tx, e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Type, err)
	}
	_, err = tx.Exec(ctx, `
		insert into webhook_events (id, type, partner_id, data, created_at)
		values (@id, @type, @partner, @data, @now)`,
		pg.Args{
			"id": id.New[id.WebhookEvent](), "type": string(e.Type), "partner": id.OrNull(e.Partner),
			"data": string(data), "now": tx.Now(),
		})
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Type, err)
	}
	return nil
}
