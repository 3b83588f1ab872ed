// Package standingtest puts what counts into a test's database, as rows: how a thing
// came to stand as it does has tests of its own, in the packages of the things.
package standingtest

import (
	"crypto/sha256"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
)

// Shelf is a database with providers and what was approved of theirs.
type Shelf struct {
	partnertest.World
	user id.User
	Day  time.Time // from which days are counted
}

// New is an empty shelf on a day.
func New(w partnertest.World, day time.Time) *Shelf {
	w.T.Helper()
	return &Shelf{World: w, Day: day, user: w.Staff("Amina", "en").User}
}

// Provider is an active one; FTM providers make chips.
func (s *Shelf) Provider(name string, role authz.Role) id.Partner {
	s.T.Helper()
	pid := s.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = role }).ID
	s.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": pid})
	return pid
}

// SBI is an approved version that counts up to and including the shelf's day plus
// days.
func (s *Shelf) SBI(pid id.Partner, version string, days int) id.SBI {
	s.T.Helper()
	bid := id.New[id.SBI]()
	s.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, @hash, @created, @expires, 'approved', 1, @now, @now, @user, @now, @now)`, pg.Args{
		"id": bid, "partner": pid, "version": version, "hash": sum(version), "created": s.Day.AddDate(-1, 0, 0), "expires": s.Day.AddDate(0, 0, days),
		"user": s.user, "now": s.DB.Now(),
	})
	return bid
}

// Device is an approved one of an SBI; the types are those that the portal comes
// with.
func (s *Shelf) Device(pid id.Partner, bid id.SBI, kind, subType, mk, model string) id.Device {
	s.T.Helper()
	did := id.New[id.Device]()
	s.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select @id, @partner, @sbi, t.id, st.id, @make, @model, 'approved', @now, @now, @user, @now, @now
		from device_sub_types st join device_types t on t.id = st.type_id where t.code = @type and st.code = @sub_type`, pg.Args{
		"id": did, "partner": pid, "sbi": bid, "type": kind, "sub_type": subType, "make": mk, "model": model, "user": s.user, "now": s.DB.Now(),
	})
	return did
}

// Chip is an approved one, its certificate in service for 20 days under an
// authority of its own.
func (s *Shelf) Chip(pid id.Partner, mk, model string) (fid id.FTMChip, ca id.CACertificate) {
	s.T.Helper()
	fid, ca = id.New[id.FTMChip](), id.New[id.CACertificate]()
	admin := s.Staff("Binta "+fid.String(), "en").User // nobody decides on their own
	s.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @make, @model, 'approved', 1, @now, @now, @user, @now, @now)`,
		pg.Args{"id": fid, "partner": pid, "make": mk, "model": model, "user": s.user, "now": s.DB.Now()})
	s.Exec(`insert into ca_certificates (id, domain, kind, subject, issuer, serial, key, not_before, not_after, thumbprint, der, status, four_eyes, proposed_by, proposed_at, created_at, updated_at)
		values (@id, 'FTM', 'root', 'CN=Root', 'CN=Root', '01', 'P-256', @from, @until, @hash, 'x', 'in_use', false, @user, @from, @from, @from)`,
		pg.Args{"id": ca, "hash": sum(ca.String()), "user": s.user, "from": s.DB.Now().AddDate(0, 0, -1), "until": s.DB.Now().AddDate(0, 0, 30)})
	s.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der, original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
		values (gen_random_uuid(), @chip, @partner, 'CN=Chip', 'CN=Root', 'Acme', '02', 'P-256', @from, @until, @hash, @hash, 'x', 'x', array[@ca::uuid],
			'in_service', @user, @from, @admin, @from)`,
		pg.Args{
			"chip": fid, "hash": sum(fid.String()), "partner": pid, "ca": ca, "user": s.user, "admin": admin,
			"from": s.DB.Now().AddDate(0, 0, -1), "until": s.DB.Now().AddDate(0, 0, 20),
		})
	return fid, ca
}

func sum(of string) []byte {
	h := sha256.Sum256([]byte(of))
	return h[:]
}

// Become gives a row of a table another status, with what the table wants beside
// it. table is constant SQL.
func (s *Shelf) Become(table string, of any, status string) {
	s.T.Helper()
	s.Exec(`update `+table+` set status = @status::text,
		ended_at = case when @status::text in ('deactivated', 'withdrawn') then updated_at end where id = @id`, pg.Args{"id": of, "status": status})
}
