package standing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/standing"
	"portal/internal/standing/standingtest"
)

// shelf asks both ways that the package offers.
type shelf struct {
	*standingtest.Shelf
	clock *pgtest.Clock
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	return &shelf{Shelf: standingtest.New(partnertest.World{T: t, DB: db}, pg.Day(db.Now())), clock: clock}
}

// reason asks both ways that this package offers, and fails where they differ.
func (s *shelf) reason(from, reasonSQL, countsSQL string, of any) standing.Reason {
	s.T.Helper()
	type row struct {
		Reason standing.Reason
		Counts bool
	}
	now := s.DB.Now()
	args := pg.Args{"id": of}
	for name, value := range map[string]any{"now": now, "today": pg.Day(now)} {
		if strings.Contains(reasonSQL+countsSQL, "@"+name) {
			args[name] = value
		}
	}
	r, err := pg.One[row](s.T.Context(), s.DB.Read(), fmt.Sprintf("select %s as reason, coalesce(%s, false) as counts %s", reasonSQL, countsSQL, from), args)
	if err != nil {
		s.T.Fatal(err)
	}
	if r.Counts != (r.Reason == standing.Counting) {
		s.T.Errorf("counts: %v, but the reason is %q", r.Counts, r.Reason)
	}
	return r.Reason
}

func (s *shelf) ofSBI(bid id.SBI) standing.Reason {
	s.T.Helper()
	return s.reason(`from sbis s join partners p on p.id = s.partner_id where s.id = @id`, standing.SBIReason, standing.SBICounts, bid)
}

func (s *shelf) ofDevice(did id.Device) standing.Reason {
	s.T.Helper()
	return s.reason(`from devices d join sbis s on s.id = d.sbi_id join partners p on p.id = d.partner_id where d.id = @id`,
		standing.DeviceReason, standing.DeviceCounts, did)
}

func (s *shelf) ofChip(fid id.FTMChip) standing.Reason {
	s.T.Helper()
	return s.reason(`from ftm_chips f join partners p on p.id = f.partner_id
		left join ftm_chip_certificates c on c.chip_id = f.id and c.status = 'in_service' where f.id = @id`,
		standing.FTMChipReason, standing.FTMChipCounts, fid)
}

func (s *shelf) wants(what string, got, want standing.Reason) {
	s.T.Helper()
	if got != want {
		s.T.Errorf("%s: %q, want %q", what, got, want)
	}
}

// notApproved are the states in which nobody has approved, and what is said of
// each.
var notApproved = map[string]standing.Reason{
	"pending_approval": standing.NotApproved, "changes_requested": standing.NotApproved, "rejected": standing.NotApproved,
	"withdrawn": standing.NotApproved, "deactivated": standing.Deactivated,
}

func TestSBIsCountToTheirLastDay(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	pid := s.Provider("Acme", authz.DeviceProvider)
	bid := s.SBI(pid, "1.0", 0)
	s.wants("on its last day", s.ofSBI(bid), standing.Counting)
	s.clock.Advance(24 * time.Hour)
	s.wants("the day after", s.ofSBI(bid), standing.Expired)
	bid = s.SBI(pid, "1.1", 5)
	s.Exec(`update partners set status = 'deactivated'`, nil)
	s.wants("of a deactivated partner", s.ofSBI(bid), standing.PartnerIsNot)
	s.Exec(`update partners set status = 'active'`, nil)
	s.wants("with its partner again", s.ofSBI(bid), standing.Counting)
	for status, want := range notApproved {
		s.Become("sbis", bid, status)
		s.wants(status, s.ofSBI(bid), want)
	}
	s.Become("sbis", bid, "draft")
	s.wants("draft", s.ofSBI(bid), standing.NotApproved)
}

func TestDevicesCountWithTheirSBI(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	pid := s.Provider("Acme", authz.DeviceProvider)
	bid := s.SBI(pid, "1.0", 1)
	did := s.Device(pid, bid, "Finger", "Slap", "Acme", "F1")
	s.wants("approved", s.ofDevice(did), standing.Counting)
	s.Become("sbis", bid, "deactivated")
	s.wants("its SBI deactivated", s.ofDevice(did), standing.SBIIsNot)
	s.Become("sbis", bid, "approved")
	s.Exec(`update partners set status = 'deactivated'`, nil)
	s.wants("its partner deactivated", s.ofDevice(did), standing.PartnerIsNot)
	s.Exec(`update partners set status = 'active'`, nil)
	s.wants("all back", s.ofDevice(did), standing.Counting)
	s.clock.Advance(48 * time.Hour)
	s.wants("its SBI expired", s.ofDevice(did), standing.SBIIsNot)
	s.Exec(`update sbis set expires_on = expires_on + 30`, nil)
	for status, want := range notApproved {
		s.Become("devices", did, status)
		s.wants(status, s.ofDevice(did), want)
	}
}

func TestChipsCountWithTheirCertificate(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	pid := s.Provider("Acme", authz.FTMProvider)
	fid, ca := s.Chip(pid, "Acme", "C1")
	s.wants("approved", s.ofChip(fid), standing.Counting)
	s.Exec(`update ca_certificates set status = 'out_of_use' where id = @ca`, pg.Args{"ca": ca})
	s.wants("its authority out of use", s.ofChip(fid), standing.CertificateNot)
	s.Exec(`update ca_certificates set status = 'in_use' where id = @ca`, pg.Args{"ca": ca})
	s.Exec(`update partners set status = 'deactivated'`, nil)
	s.wants("its partner deactivated", s.ofChip(fid), standing.PartnerIsNot)
	s.Exec(`update partners set status = 'active'`, nil)
	s.wants("all back", s.ofChip(fid), standing.Counting)
	s.clock.Advance(21 * 24 * time.Hour)
	s.wants("its certificate expired", s.ofChip(fid), standing.CertificateNot)
	s.Exec(`update ftm_chip_certificates set not_after = not_after + interval '30 days'`, nil)
	s.wants("a longer one", s.ofChip(fid), standing.Counting)
	s.clock.Advance(10 * 24 * time.Hour)
	s.wants("its authority expired", s.ofChip(fid), standing.CertificateNot)
	s.Exec(`update ca_certificates set not_after = not_after + interval '30 days'`, nil)
	s.Exec(`update ftm_chip_certificates set not_before = not_after - interval '1 minute'`, nil)
	s.wants("not yet valid", s.ofChip(fid), standing.CertificateNot)
	s.Exec(`update ftm_chip_certificates set not_before = not_after - interval '60 days', status = 'withdrawn'`, nil)
	s.wants("no certificate in service", s.ofChip(fid), standing.CertificateNot)
	for status, want := range notApproved {
		s.Become("ftm_chips", fid, status)
		s.wants(status, s.ofChip(fid), want)
	}
	s.Become("ftm_chips", fid, "pending_certificate")
	s.wants("pending certificate", s.ofChip(fid), standing.NotApproved)
}

// TestReasonsAreAllThatTheSQLSays, so that who lists them leaves none out.
func TestReasonsAreAllThatTheSQLSays(t *testing.T) {
	t.Parallel()
	all := standing.SBIReason + standing.DeviceReason + standing.FTMChipReason
	for _, r := range standing.Reasons {
		if !strings.Contains(all, "then '"+string(r)+"'") {
			t.Errorf("nothing is ever %s", r)
		}
		all = strings.ReplaceAll(all, "then '"+string(r)+"'", "")
	}
	if strings.Contains(all, "then '") {
		t.Errorf("not listed: %s", all)
	}
}
