package ftmchip

import (
	"context"
	"time"

	"portal/internal/certdoc"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
)

// CertStatus is where a chip's certificate stands. They equal
// ftm_chip_certificates_status_check.
type CertStatus string

// The states. A chip has at most one waiting and one in service.
const (
	Waiting   CertStatus = "waiting" // with its chip, or alone to take the place of the one in service
	InService CertStatus = "in_service"
	Replaced  CertStatus = "replaced"
	Refused   CertStatus = "refused"
	Withdrawn CertStatus = "withdrawn" // by the provider, who sent another or none
)

// Soundness is how a certificate is at a moment, whatever its state. It is never
// stored: it follows from days and from the trust store.
type Soundness string

// How it can be.
const (
	Sound    Soundness = "sound"
	Upcoming Soundness = "upcoming" // its first day is to come
	Orphaned Soundness = "orphaned" // an authority above it is out of use or expired
	Expired  Soundness = "expired"
)

// soundness is that of ftm_chip_certificates c at @now, as SQL; null for none.
const soundness = `case
	when c.id is null then ''
	when c.not_after <= @now then 'expired'
	when not (` + standing.SoundChain + `) then 'orphaned'
	when c.not_before > @now then 'upcoming'
	else 'sound' end`

// Certificate is one of a chip.
type Certificate struct {
	ID             id.FTMChipCertificate
	ChipID         id.FTMChip
	Subject        string // RFC 2253, as is the issuer
	Issuer         string
	Organisation   string // as the certificate spells it
	Serial         string // hexadecimal
	Key            string // "RSA 2048", "P-256"
	NotBefore      time.Time
	NotAfter       time.Time
	Thumbprint     []byte // SHA-256 of the DER form
	Chain          []id.CACertificate
	Status         CertStatus
	UploadedBy     id.User
	UploadedByName string
	UploadedAt     time.Time
	DecidedBy      *id.User
	DecidedByName  string
	DecidedAt      *time.Time
	Reason         string
	Version        int
	Soundness      Soundness
}

// Facts are what it says of itself.
func (c Certificate) Facts() certdoc.Facts {
	return certdoc.Facts{
		Subject: c.Subject, Issuer: c.Issuer, Organisation: c.Organisation, Serial: c.Serial, Key: c.Key,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Thumbprint: c.Thumbprint,
	}
}

const certificateColumns = `c.id, c.chip_id, c.subject, c.issuer, c.organisation, c.serial, c.key, c.not_before, c.not_after, c.thumbprint, c.chain,
	c.status, c.uploaded_by, btrim(sender.first_name || ' ' || sender.last_name) as uploaded_by_name, c.uploaded_at, c.decided_by,
	coalesce(btrim(decider.first_name || ' ' || decider.last_name), '') as decided_by_name, c.decided_at, c.reason, c.version,
	` + soundness + ` as soundness`

const certificateFrom = ` from ftm_chip_certificates c join users sender on sender.id = c.uploaded_by
	left join users decider on decider.id = c.decided_by`

// certificatesOf are all certificates of a chip, newest first.
func certificatesOf(ctx context.Context, q pg.Querier, chip id.FTMChip, now time.Time) (Held, error) {
	return pg.All[Certificate](ctx, q, `select `+certificateColumns+certificateFrom+`
		where c.chip_id = @chip order by c.uploaded_at desc, c.id desc`, pg.Args{"chip": chip, "now": now})
}

// Bytes are a certificate's own.
type Bytes struct {
	DER      []byte `db:"der"`
	Original []byte // as it was sent (security.md UPL-5)
}

func bytesOf(ctx context.Context, q pg.Querier, cid id.FTMChipCertificate) (Bytes, error) {
	return pg.One[Bytes](ctx, q, `select der, original from ftm_chip_certificates where id = @id`, pg.Args{"id": cid})
}

// Held are a chip's certificates, newest first.
type Held []Certificate

// In is the certificate in a state that a chip has one of at most; nil for none.
func (h Held) In(s CertStatus) *Certificate {
	for i := range h {
		if h[i].Status == s {
			return &h[i]
		}
	}
	return nil
}

// InService is the one in service; nil for none.
func (h Held) InService() *Certificate { return h.In(InService) }

// Waiting is the one that waits; nil for none.
func (h Held) Waiting() *Certificate { return h.In(Waiting) }

// TooEarly reports whether the new certificate is not valid yet while the one in
// service counts: with it in the place of the old one the chip would stop.
func (h Held) TooEarly() bool {
	w, in := h.Waiting(), h.InService()
	return w != nil && in != nil && w.Soundness == Upcoming && in.Soundness == Sound
}

// live counts those that are neither refused, withdrawn nor expired.
func (h Held) live(now time.Time) int {
	n := 0
	for _, c := range h {
		if c.Status != Refused && c.Status != Withdrawn && c.NotAfter.After(now) {
			n++
		}
	}
	return n
}

// Halt is a reason why an approved chip does not count.
type Halt string

// The halts, in the order in which they are told.
const (
	HaltPartner  Halt = "partner"  // its provider is deactivated
	HaltExpired  Halt = "expired"  // its certificate
	HaltOrphaned Halt = "orphaned" // an authority above its certificate is out of use or expired
	HaltUpcoming Halt = "upcoming" // its certificate's first day is to come
)

// halts are why a chip does not count that has a certificate in service which is
// so; none for one that counts, and for one that is not approved.
func halts(approved, active bool, s Soundness) []Halt {
	if !approved {
		return nil
	}
	var all []Halt
	if !active {
		all = append(all, HaltPartner)
	}
	switch s {
	case Expired:
		all = append(all, HaltExpired)
	case Orphaned:
		all = append(all, HaltOrphaned)
	case Upcoming:
		all = append(all, HaltUpcoming)
	case Sound:
	}
	return all
}
