package reminder_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/reminder"
	"portal/internal/secret"
)

// start is the Wednesday on which the tests begin, at nine.
var start = time.Date(2027, 3, 3, 9, 0, 0, 0, time.UTC)

// office is a portal's database with one admin, and a clock.
type office struct {
	partnertest.World
	clock *pgtest.Clock
	admin authz.Actor
	group id.PolicyGroup
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	clock.Advance(start.Sub(clock.Now()))
	w := partnertest.World{T: t, DB: db}
	return &office{World: w, clock: clock, admin: w.Staff("Amina Haddad", "en", authz.PartnerAdmin), group: w.Group("Telecom")}
}

func (o *office) at(t time.Time) { o.clock.Advance(t.Sub(o.clock.Now())) }

// run makes the rounds as a replica would.
func (o *office) run() {
	o.T.Helper()
	if err := reminder.NewService(o.DB, time.UTC).Run(o.T.Context()); err != nil {
		o.T.Fatal(err)
	}
}

// active is an admitted partner.
func (o *office) active(name string) partner.Partner {
	o.T.Helper()
	p := o.Pending(name, o.group)
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

var (
	serials atomic.Int64
	keys    = secret.RandomKeys()
)

func thumbprint() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return b
}

// root is a CA certificate in use that ends so many days from now.
func (o *office) root(days int) id.CACertificate {
	o.T.Helper()
	cid := id.New[id.CACertificate]()
	o.Exec(`insert into ca_certificates (id, domain, kind, subject, issuer, serial, key, not_before, not_after, thumbprint, der, status,
			four_eyes, proposed_by, proposed_at, decided_by, decided_at, created_at, updated_at)
		values (@id, 'AUTH', 'root', @subject, 'CN=Root', '1', 'RSA 4096', @old, @end, @print, 'x', 'in_use', false, @by, @old, @by, @old, @old, @old)`,
		pg.Args{
			"id": cid, "subject": fmt.Sprintf("CN=Root %d", serials.Add(1)), "old": o.DB.Now().AddDate(-2, 0, 0), "end": o.DB.Now().AddDate(0, 0, days),
			"print": thumbprint(), "by": o.admin.User,
		})
	return cid
}

// certificate is one that a partner uploaded long ago.
func (o *office) certificate(p partner.Partner, days int, chain ...id.CACertificate) id.Certificate {
	o.T.Helper()
	cid := id.New[id.Certificate]()
	if chain == nil {
		chain = []id.CACertificate{}
	}
	o.Exec(`insert into partner_certificates (id, partner_id, domain, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, der,
			original, chain, status, uploaded_by, uploaded_at)
		values (@id, @partner, 'AUTH', @subject, 'CN=Root', 'x', '1', 'P-256', @old, @end, @print, 'x', 'x', @chain, 'accepted', @by, @old)`,
		pg.Args{
			"id": cid, "partner": p.ID, "subject": fmt.Sprintf("CN=%s %d", p.Organisation, serials.Add(1)), "old": o.DB.Now().AddDate(-1, 0, 0),
			"end": o.DB.Now().AddDate(0, 0, days).Add(time.Hour), "print": thumbprint(), "chain": chain, "by": p.OwnerID,
		})
	return cid
}

// policy is one that can be granted.
func (o *office) policy(name string) (id.Policy, id.PolicyVersion) {
	o.T.Helper()
	pid, vid := id.New[id.Policy](), id.New[id.PolicyVersion]()
	o.Exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		values (@id, 'auth', @group, @name, 'x', 'active', '2030-01-01', @by, @now, @now)`,
		pg.Args{"id": pid, "group": o.group, "name": name, "by": o.admin.User, "now": o.DB.Now()})
	o.Exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
		values (@id, @policy, 1, '{}', 'inactive', 0, @by, @by, @now, @now)`,
		pg.Args{"id": vid, "policy": pid, "by": o.admin.User, "now": o.DB.Now()})
	return pid, vid
}

// grant lets a partner use a policy for so many days more.
func (o *office) grant(p partner.Partner, policy string, days int) id.PolicyRequest {
	o.T.Helper()
	pid, vid := o.policy(policy)
	rid := id.New[id.PolicyRequest]()
	o.Exec(`insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, approved_version, approved_at, ends_on, created_at, updated_at)
		values (@id, @partner, @policy, 'approved', 'x', @by, @old, @version, @old, @end, @old, @old)`,
		pg.Args{"id": rid, "partner": p.ID, "policy": pid, "by": p.OwnerID, "old": o.DB.Now().AddDate(-1, 0, 0), "version": vid, "end": o.day(days)})
	return rid
}

func (o *office) day(days int) string { return o.DB.Now().AddDate(0, 0, days).Format(time.DateOnly) }

// key is an API key of a grant.
func (o *office) key(p partner.Partner, grant id.PolicyRequest, label string, days int) id.APIKey {
	o.T.Helper()
	kid := id.New[id.APIKey]()
	o.Exec(`insert into api_keys (id, partner_id, request_id, label, status, ends_on, created_by, created_at, updated_at)
		values (@id, @partner, @request, @label, 'active', @end, @by, @old, @old)`,
		pg.Args{"id": kid, "partner": p.ID, "request": grant, "label": label, "end": o.day(days), "by": p.OwnerID, "old": o.DB.Now().AddDate(-1, 0, 0)})
	return kid
}

func (o *office) serviceAccount(name string, days int) {
	o.T.Helper()
	o.Exec(`insert into service_accounts (id, name, description, rights, status, ends_on, created_by, created_at, updated_at)
		values (@id, @name, '', '{api_key.verify}', 'active', @end, @by, @old, @old)`,
		pg.Args{"id": uuid.New(), "name": name, "end": o.day(days), "by": o.admin.User, "old": o.DB.Now().AddDate(-1, 0, 0)})
}

// provider is an admitted partner that supplies devices or chips.
func (o *office) provider(name string, kind authz.Role) partner.Partner {
	o.T.Helper()
	p := o.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = kind })
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

// sbi is one that was approved long ago and counts for so many days more.
func (o *office) sbi(p partner.Partner, version string, days int) id.SBI {
	o.T.Helper()
	sid := id.New[id.SBI]()
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, @version, @hash, @made, @end, 'approved', 1, @old, @old, @by, @old, @old)`,
		pg.Args{
			"id": sid, "partner": p.ID, "version": version, "hash": thumbprint(), "made": o.day(-700), "end": o.day(days),
			"by": p.OwnerID, "old": o.DB.Now().AddDate(-1, 0, 0),
		})
	return sid
}

// chip was approved long ago; the certificate in service ends in so many days, and
// another one may wait.
func (o *office) chip(p partner.Partner, model string, days int, chain ...id.CACertificate) id.FTMChip {
	o.T.Helper()
	hid := id.New[id.FTMChip]()
	o.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Fort', @model, 'approved', 1, @old, @old, @by, @old, @old)`,
		pg.Args{"id": hid, "partner": p.ID, "model": model, "by": p.OwnerID, "old": o.DB.Now().AddDate(-1, 0, 0)})
	o.chipCertificate(p, hid, "in_service", days, chain...)
	return hid
}

func (o *office) chipCertificate(p partner.Partner, chip id.FTMChip, status string, days int, chain ...id.CACertificate) {
	o.T.Helper()
	if chain == nil {
		chain = []id.CACertificate{}
	}
	args := pg.Args{
		"id": id.New[id.FTMChipCertificate](), "chip": chip, "partner": p.ID, "status": status, "old": o.DB.Now().AddDate(-1, 0, 0),
		"end": o.DB.Now().AddDate(0, 0, days).Add(time.Hour), "print": thumbprint(), "chain": chain, "by": p.OwnerID, "admin": nil, "decided": nil,
	}
	if status != "waiting" {
		args["admin"], args["decided"] = o.admin.User, args["old"]
	}
	o.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
			original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
		values (@id, @chip, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @old, @end, @print, @print, 'x', 'x', @chain, @status, @by, @old, @admin, @decided)`, args)
}

// sent is a mail of the outbox.
type sent struct {
	Kind, Recipient string
	Params          map[string]string
}

// mails empties the outbox and returns what announces ends.
func (o *office) mails() []sent {
	return slices.DeleteFunc(o.outbox(), func(m sent) bool { return m.Kind == string(mail.StaffWeekly) })
}

// outbox empties the outbox, in an order that does not depend on ids.
func (o *office) outbox() []sent {
	o.T.Helper()
	rows, err := pg.All[struct{ Kind, Recipient, Params string }](o.T.Context(), o.DB.Read(),
		`select kind, recipient, params::text as params from mail_outbox order by recipient, kind, position`, nil)
	if err != nil {
		o.T.Fatal(err)
	}
	var out []sent
	for _, r := range rows {
		m := sent{Kind: r.Kind, Recipient: r.Recipient}
		if err := json.Unmarshal([]byte(r.Params), &m.Params); err != nil {
			o.T.Fatal(err)
		}
		out = append(out, m)
	}
	o.Exec(`delete from mail_outbox`, nil)
	return out
}

// want fails unless exactly these mails wait: "kind address: field,field; …" with
// kind, name and days left of each line.
func (o *office) want(when string, mails ...string) {
	o.T.Helper()
	var got []string
	for _, m := range o.mails() {
		var things []string
		for line := range strings.Lines(m.Params["Endings"]) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			name, _, _ := strings.Cut(f[1], " ")
			things = append(things, f[0]+" "+name+" "+f[4])
		}
		sort.Strings(things)
		got = append(got, m.Kind+" "+m.Recipient+": "+strings.Join(things, "; "))
	}
	if strings.Join(got, "\n") != strings.Join(mails, "\n") {
		o.T.Errorf("%s: these mails wait:\n%s\nwant:\n%s", when, strings.Join(got, "\n"), strings.Join(mails, "\n"))
	}
}
