// Package standing is the one rule of which SBI, device and FTM chip counts at a
// moment, as SQL. What counts is never stored: it follows from the thing's own
// status, from its partner's, from days and from certificates, so that nothing has
// to happen when one of them changes, and everything returns with a partner that is
// given its access back. Screens, the API, the public list and reminders ask by
// these conditions, so that all of them say the same. It knows no table's content
// and no reader.
//
// The aliases are the same everywhere: s sbis, d devices, f ftm_chips,
// c ftm_chip_certificates, p partners; @today is the day in the portal's time zone
// and @now the moment.
package standing

// SoundChain is a certificate c that no authority above it has let down: its whole
// chain is in use and valid at @now. Of ftm_chip_certificates and of
// partner_certificates alike.
const SoundChain = `not exists (select 1 from unnest(c.chain) as link left join ca_certificates ca on ca.id = link
		where ca.status is distinct from 'in_use' or ca.not_before > @now or ca.not_after <= @now)`

// SBICounts says: approved, not expired, and its partner is active (domain.md §3.7).
const SBICounts = `s.status = 'approved' and s.expires_on >= @today and p.status = 'active'`

// DeviceCounts says: approved, and its SBI counts.
const DeviceCounts = `d.status = 'approved' and ` + SBICounts

// CertificateCounts says: a chip's certificate is in service, valid, and its chain is
// sound.
const CertificateCounts = `c.status = 'in_service' and c.not_before <= @now and c.not_after > @now
	and ` + SoundChain

// FTMChipCounts says: approved, its partner is active, and its certificate counts.
const FTMChipCounts = `f.status = 'approved' and p.status = 'active' and ` + CertificateCounts

// Reason is what keeps a thing from counting; other programs decide by the word.
type Reason string

// The reasons. Of several the first in this order is said: what is wrong with the
// thing itself, then with what it hangs on.
const (
	Counting       Reason = ""                         // nothing does
	NotApproved    Reason = "not_approved"             // nobody has approved it, or it was rejected or withdrawn
	Deactivated    Reason = "deactivated"              // it was approved once
	Expired        Reason = "expired"                  // an SBI's last day is over
	PartnerIsNot   Reason = "partner_not_active"       // its provider is deactivated
	SBIIsNot       Reason = "sbi_not_counting"         // of a device: its SBI is deactivated or expired
	CertificateNot Reason = "certificate_not_counting" // of a chip: expired, not yet valid, or an authority above it is let down
)

// Reasons are all that stop something, in the order in which they are said.
var Reasons = []Reason{NotApproved, Deactivated, Expired, PartnerIsNot, SBIIsNot, CertificateNot}

// SBIReason, DeviceReason and FTMChipReason are the Reason as SQL. c may be null:
// a chip without a certificate in service.
const (
	SBIReason = `case
	when s.status = 'deactivated' then 'deactivated'
	when s.status <> 'approved' then 'not_approved'
	when s.expires_on < @today then 'expired'
	when p.status <> 'active' then 'partner_not_active'
	else '' end`

	DeviceReason = `case
	when d.status = 'deactivated' then 'deactivated'
	when d.status <> 'approved' then 'not_approved'
	when p.status <> 'active' then 'partner_not_active'
	when s.status <> 'approved' or s.expires_on < @today then 'sbi_not_counting'
	else '' end`

	FTMChipReason = `case
	when f.status = 'deactivated' then 'deactivated'
	when f.status <> 'approved' then 'not_approved'
	when p.status <> 'active' then 'partner_not_active'
	when c.id is null or not (` + CertificateCounts + `) then 'certificate_not_counting'
	else '' end`
)
