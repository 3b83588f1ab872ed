package home_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/web/webtest"
)

// supplier is the browser of an active provider, whose things a test puts there.
type supplier struct {
	*portal
	partner.Partner
	browser *webtest.Client
}

func newSupplier(t *testing.T, kind authz.Role) *supplier {
	t.Helper()
	p := newPortal(t)
	lens := p.Pending("Lens", id.PolicyGroup{}, func(a *partner.Answers) { a.Type = kind })
	if err := p.site.App.Partners.Approve(t.Context(), p.admin, lens.ID, 1); err != nil {
		t.Fatal(err)
	}
	lens = p.Load(lens.ID)
	return &supplier{portal: p, Partner: lens, browser: p.as(partnertest.Person(lens))}
}

func (s *supplier) day(days int) time.Time { return s.DB.Now().AddDate(0, 0, days) }

func (s *supplier) sbi(version, status string, lastDay int) id.SBI {
	s.T.Helper()
	sid := id.New[id.SBI]()
	args := pg.Args{
		"id": sid, "partner": s.ID, "version": version, "status": status, "last": s.day(lastDay).Format(time.DateOnly), "n": 1,
		"sent": s.DB.Now(), "by": s.OwnerID, "now": s.DB.Now(),
	}
	if status == "draft" {
		args["n"], args["sent"] = 0, nil
	}
	s.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, decode(repeat('00', 32), 'hex'), '2020-01-01', @last, @status, @n, @sent, @now, @by, @now, @now)`, args)
	return sid
}

func (s *supplier) devices(sbi id.SBI, status string, n int) {
	s.T.Helper()
	s.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select gen_random_uuid(), @partner, @sbi, s.type_id, s.id, 'Lens', @status || n, @status, @now, @now, @by, @now, @now
		from generate_series(1, @n::int) n, (select * from device_sub_types order by id limit 1) s`,
		pg.Args{"partner": s.ID, "sbi": sbi, "status": status, "n": n, "by": s.OwnerID, "now": s.DB.Now()})
}

func (s *supplier) set(table, status string) {
	s.T.Helper()
	s.Exec(`update `+table+` set status = @s`, pg.Args{"s": status})
}

// chip has a certificate that ends in so many days, if it is to have one.
func (s *supplier) chip(model, status string, days int, certificates ...string) {
	s.T.Helper()
	hid := id.New[id.FTMChip]()
	s.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Fort', @model, @status, 1, @now, @now, @by, @now, @now)`,
		pg.Args{"id": hid, "partner": s.ID, "model": model, "status": status, "by": s.OwnerID, "now": s.DB.Now()})
	for _, c := range certificates {
		s.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
				original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
			values (gen_random_uuid(), @chip, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @old, @end, sha256(@mark::bytea), sha256(@mark::bytea), 'x', 'x', '{}',
				@status, @by, @old, @admin, @old)`,
			pg.Args{
				"chip": hid, "partner": s.ID, "status": c, "old": s.day(-700), "end": s.day(days), "mark": []byte(model + c), "by": s.OwnerID, "admin": s.admin.User,
			})
	}
}

// expect fails unless the last tasks of the home page stand so, in each language
// with words.
func (s *supplier) expect(what, want string, words ...string) *webtest.Page {
	s.T.Helper()
	t, _ := s.T.(*testing.T)
	for _, lang := range []string{"ar", "fr", "en"} {
		s.Exec(`update users set lang = @l`, pg.Args{"l": lang})
		complete(t, s.browser.Get("/home").Want(200))
	}
	home := s.browser.Get("/home").Want(200)
	if got := statuses(home); got != "Done, Done, Done, Waiting for you, "+want {
		t.Errorf("%s: %s", what, got)
	}
	webtest.WantText(t, home, words...)
	for _, href := range strings.Fields(hrefs(home, "main")) {
		if got := s.browser.Get(href); got.Status != 200 {
			t.Errorf("%s: dead link %s: %d", what, href, got.Status)
		}
	}
	return home
}

// The way of a Device Provider: certificate, SBI, devices.
func TestTasksOfADeviceProvider(t *testing.T) {
	t.Parallel()
	s := newSupplier(t, authz.DeviceProvider)
	s.expect("nothing yet", "Open, Cannot start yet", "Register your SBI", "As soon as an SBI of yours is approved")
	sid := s.sbi("1.0", "draft", 300)
	s.expect("a draft", "In progress, Cannot start yet", "1 draft is not sent yet")
	s.Exec(`update sbis set submission = 1, submitted_at = @now`, pg.Args{"now": s.DB.Now()})
	s.set("sbis", "pending_approval")
	s.site.Clock.Advance(48 * time.Hour)
	s.expect("sent", "Waiting for us, Cannot start yet", "2 days ago")
	s.set("sbis", "changes_requested")
	s.expect("asked for changes", "Waiting for you, Cannot start yet", "We asked for changes to 1 of them")
	s.set("sbis", "approved")
	s.expect("approved", "Done, Open", "1 SBI is approved", "from a CSV file")
	s.devices(sid, "pending_approval", 2)
	s.expect("devices sent", "Done, Waiting for us")
	s.set("devices", "changes_requested")
	s.expect("devices asked about", "Done, Waiting for you")
	s.set("devices", "approved")
	s.expect("devices approved", "Done, Done", "2 devices are approved")
	s.devices(sid, "approved", 1000)
	s.expect("many devices", "Done, Done", "More than 1000 devices are approved")
	s.site.Clock.Advance(290 * 24 * time.Hour)
	webtest.WantText(t, s.again().expect("soon over", "Done, Done"), "Ends within 30 days", "1 SBI")
	s.site.Clock.Advance(20 * 24 * time.Hour)
	home := s.again().expect("over", "Waiting for you, Cannot start yet", "The last one ended on", "Register the next version", "Does not count any more")
	if list := home.Click("1 SBI is over, and devices with it do not count See the list").Want(200); !list.Has("1.0") {
		t.Errorf("%s", list.Text())
	}
}

// again signs the provider in anew: its session has ended meanwhile.
func (s *supplier) again() *supplier {
	s.browser = s.as(partnertest.Person(s.Partner))
	return s
}

// The way of an FTM Provider: certificate, chip, its certificate, approval.
func TestTasksOfAnFTMProvider(t *testing.T) {
	t.Parallel()
	s := newSupplier(t, authz.FTMProvider)
	s.expect("nothing yet", "Open, Cannot start yet, Cannot start yet", "Register your FTM chip")
	s.chip("A", "pending_certificate", 0)
	s.expect("a chip", "Done, Open, Cannot start yet", "1 chip has no certificate yet")
	s.Exec(`delete from ftm_chips`, nil)
	s.chip("B", "pending_approval", 300, "waiting")
	s.expect("sent", "Done, Done, Waiting for us", "Waiting for us since")
	s.set("ftm_chips", "changes_requested")
	s.expect("asked for changes", "Done, Done, Waiting for you")
	s.set("ftm_chips", "approved")
	s.Exec(`update ftm_chip_certificates set status = 'in_service'`, nil)
	s.expect("approved", "Done, Done, Done", "1 chip is approved")
	s.chip("C", "approved", 20, "in_service", "waiting")
	s.expect("a new certificate", "Done, Done, Waiting for us", "1 new certificate waits for us", "Ends within 30 days")
	s.chip("D", "approved", -1, "in_service")
	s.expect("an expired one", "Done, Waiting for you, Waiting for us", "The certificate of 1 approved chip does not count any more", "Does not count any more")
}

// What waits for an admin stands in a tile with its oldest, and stops counting at a
// bound.
func TestQueuesOfProvidersOnTheAdminsHome(t *testing.T) {
	t.Parallel()
	s := newSupplier(t, authz.DeviceProvider)
	sid := s.sbi("1.0", "pending_approval", 300)
	s.devices(sid, "pending_approval", 1001)
	s.chip("A", "pending_approval", 300, "waiting")
	s.chip("B", "approved", 300, "in_service", "waiting")
	s.site.Clock.Advance(72 * time.Hour)
	browser := s.as(s.admin)
	for _, lang := range []string{"ar", "fr", "en"} {
		s.Exec(`update users set lang = @l`, pg.Args{"l": lang})
		complete(t, browser.Get("/home").Want(200))
	}
	home := browser.Get("/home").Want(200)
	webtest.WantText(t, home, "SBI waits for a decision", "The oldest: 3 days ago", "1000+", "devices wait for a decision", "FTM chip waits for a decision",
		"FTM chip has a new certificate that waits")
	for _, href := range []string{
		"/sbis?sort=waiting&status=pending_approval", "/devices?sort=waiting&status=pending_approval",
		"/ftm-chips?sort=waiting&status=pending_approval", "/ftm-chips?sort=waiting&status=new_certificate",
	} {
		if home.Doc.Find(fmt.Sprintf("a.tile[href=%q]", href)).Length() != 1 {
			t.Errorf("no tile leads to %s", href)
		}
		browser.Get(href).Want(200)
	}
}
