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
	APIKeyRotated        Type = "api_key.rotated"     //nolint:gosec // no credential, a type of event
	APIKeyDeactivated    Type = "api_key.deactivated" //nolint:gosec // as above
	CertificateAccepted  Type = "certificate.accepted"
	CertificateWithdrawn Type = "certificate.withdrawn"
	CATaken              Type = "ca_certificate.taken_into_use"
	CATakenOut           Type = "ca_certificate.taken_out_of_use"
	SBIApproved          Type = "sbi.approved"
	SBIDeactivated       Type = "sbi.deactivated" // its devices are told of one by one
	SBIReactivated       Type = "sbi.reactivated"
	DeviceApproved       Type = "device.approved"
	DeviceDeactivated    Type = "device.deactivated"
	DeviceReactivated    Type = "device.reactivated"
	DeviceMoved          Type = "device.moved" // to another SBI
	FTMChipApproved      Type = "ftm_chip.approved"
	FTMChipDeactivated   Type = "ftm_chip.deactivated"
	FTMChipReactivated   Type = "ftm_chip.reactivated"
	FTMChipCertified     Type = "ftm_chip.certificate_replaced"
)

// Types are all that can be chosen, in the order in which they are offered.
var Types = []Type{
	PartnerActivated, PartnerDeactivated, PartnerChanged,
	PolicyActivated, PolicyDeactivated,
	GrantApproved, GrantRevoked,
	APIKeyCreated, APIKeyRotated, APIKeyDeactivated,
	CertificateAccepted, CertificateWithdrawn,
	CATaken, CATakenOut,
	SBIApproved, SBIDeactivated, SBIReactivated,
	DeviceApproved, DeviceDeactivated, DeviceReactivated, DeviceMoved,
	FTMChipApproved, FTMChipDeactivated, FTMChipReactivated, FTMChipCertified,
}

// Event is one thing that happened. Data is what receivers need to know of it:
// ids, names, states and days; never a secret, and no personal data beyond an
// organisation's name.
type Event struct {
	Type    Type
	Partner id.Partner // whom it is about; zero for policies and CA certificates
	Data    map[string]any
}

// Publish writes events down, and a delivery for every address that wants one, to
// be sent once tx is committed: of any number of events in one statement. A paused
// address goes on collecting; a deactivated one gets nothing. Every area calls it
// in the change that it tells of (security.md OPS-10). Data must be what Fields
// promises of the type; partner_id is added here.
func Publish(ctx context.Context, tx *pg.Tx, events ...Event) error {
	return insert(ctx, tx, id.Webhook{}, events...)
}

// insert is Publish; with an address the events go to that one alone.
func insert(ctx context.Context, tx *pg.Tx, only id.Webhook, events ...Event) error {
	var rows struct {
		ids, types, partners, data []string
	}
	for _, e := range events {
		e = e.identified()
		if err := e.documented(); err != nil {
			return err
		}
		data, err := json.Marshal(e.Data)
		if err != nil {
			return fmt.Errorf("event %s: %w", e.Type, err)
		}
		partner := ""
		if !id.IsZero(e.Partner) {
			partner = e.Partner.String()
		}
		rows.ids, rows.types = append(rows.ids, id.New[id.WebhookEvent]().String()), append(rows.types, string(e.Type))
		rows.partners, rows.data = append(rows.partners, partner), append(rows.data, string(data))
	}
	// One statement; only it knows how many deliveries there are, so it makes
	// their ids.
	_, err := tx.Exec(ctx, `
		with event as (
			insert into webhook_events (id, type, partner_id, data, created_at)
			select e.id::uuid, e.type, nullif(e.partner, '')::uuid, e.data::jsonb, @now
			from unnest(@ids::text[], @types::text[], @partners::text[], @data::text[]) with ordinality as e (id, type, partner, data, n)
			order by e.n
			returning id, position, type)
		insert into webhook_deliveries (id, webhook_id, event_id, position, status, not_before, created_at)
		select gen_random_uuid(), w.id, e.id, e.position, 'queued', @now, @now
		from event e cross join webhooks w
		where w.status <> 'deactivated'
			and case when @only::uuid is null then w.types = '{}' or e.type = any(w.types) else w.id = @only end`,
		pg.Args{"ids": rows.ids, "types": rows.types, "partners": rows.partners, "data": rows.data, "now": tx.Now(), "only": id.OrNull(only)})
	if err != nil {
		return fmt.Errorf("webhook events: %w", err)
	}
	return nil
}
