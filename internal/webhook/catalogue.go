package webhook

import (
	"fmt"
	"maps"
	"slices"

	"portal/internal/id"
)

// Ping is what "send a test event" sends, to one address, whatever it chose.
const Ping Type = "portal.ping"

// fields are what the data of each type holds, all of it in every event, in the
// order in which it is documented at /webhooks/events. Receivers depend on the
// names: "partner" is the partner ID that the organisation chose, "partner_id",
// "policy", "key", "certificate", "sbi", "device" and "ftm_chip" are the ids of the
// portal, by which its API is asked; "type" is a partner's, or the code of a device's; days are written 2026-11-30 and moments in RFC 3339. Who publishes
// something else is told at once, so that nothing goes out that nobody decided on;
// who needs another field adds it here, with its words (webhook.field.<name>) and in
// the API's description.
var fields = map[Type][]string{
	PartnerActivated:     {"partner", "partner_id", "organisation", "type"},
	PartnerDeactivated:   {"partner", "partner_id", "organisation", "type"},
	PartnerChanged:       {"partner", "partner_id", "organisation", "previous"},
	PolicyActivated:      {"policy", "name", "kind", "group", "version"},
	PolicyDeactivated:    {"policy", "name", "kind", "group", "version"},
	GrantApproved:        {"partner", "partner_id", "policy", "version", "ends_on"},
	GrantRevoked:         {"partner", "partner_id", "policy", "version", "ends_on"},
	APIKeyCreated:        {"key", "label", "partner", "partner_id", "policy", "ends_on"},
	APIKeyRotated:        {"key", "label", "partner", "partner_id", "policy", "ends_on"},
	APIKeyDeactivated:    {"key", "label", "partner", "partner_id", "policy", "ends_on"},
	CertificateAccepted:  {"certificate", "partner", "partner_id", "domain", "thumbprint", "not_after"},
	CertificateWithdrawn: {"certificate", "partner", "partner_id", "domain", "thumbprint", "not_after"},
	CATaken:              {"certificate", "domain", "kind", "subject", "thumbprint", "not_after"},
	CATakenOut:           {"certificate", "domain", "kind", "subject", "thumbprint", "not_after"},
	SBIApproved:          {"sbi", "sbi_version", "partner", "partner_id", "hash", "expires_on"},
	SBIDeactivated:       {"sbi", "sbi_version", "partner", "partner_id", "hash", "expires_on"},
	SBIReactivated:       {"sbi", "sbi_version", "partner", "partner_id", "hash", "expires_on"},
	DeviceApproved:       {"device", "partner", "partner_id", "type", "sub_type", "make", "model", "sbi"},
	DeviceDeactivated:    {"device", "partner", "partner_id", "type", "sub_type", "make", "model", "sbi"},
	DeviceReactivated:    {"device", "partner", "partner_id", "type", "sub_type", "make", "model", "sbi"},
	DeviceMoved:          {"device", "partner", "partner_id", "type", "sub_type", "make", "model", "sbi"},
	FTMChipApproved:      {"ftm_chip", "partner", "partner_id", "make", "model", "thumbprint", "not_after"},
	FTMChipDeactivated:   {"ftm_chip", "partner", "partner_id", "make", "model", "thumbprint", "not_after"},
	FTMChipReactivated:   {"ftm_chip", "partner", "partner_id", "make", "model", "thumbprint", "not_after"},
	FTMChipCertified:     {"ftm_chip", "partner", "partner_id", "make", "model", "thumbprint", "not_after"},
	Ping:                 {"webhook"},
}

// Fields are the names of what the data of an event holds.
func Fields(t Type) []string { return fields[t] }

// identified adds the portal's id of the partner that an event is about: with
// the name alone nobody could ask the API for what the event tells of.
func (e Event) identified() Event {
	if !id.IsZero(e.Partner) {
		e.Data = maps.Clone(e.Data)
		e.Data["partner_id"] = e.Partner
	}
	return e
}

// documented refuses an event whose data is not what receivers are promised.
func (e Event) documented() error {
	got := slices.Sorted(maps.Keys(e.Data))
	want := slices.Sorted(slices.Values(fields[e.Type]))
	if len(want) == 0 || !slices.Equal(got, want) {
		return fmt.Errorf("event %q holds %v, documented is %v: see fields in internal/webhook/catalogue.go", e.Type, got, want)
	}
	return nil
}
