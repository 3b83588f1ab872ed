package partner

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

// office is a portal with one Partner Admin and two policy groups. Its partners
// are written as a registration leaves them; registering has tests of its own.
type office struct {
	t       testing.TB
	db      *pg.DB
	clock   *pgtest.Clock
	s       *Service
	admin   authz.Actor
	telecom id.PolicyGroup
	banking id.PolicyGroup
}

func newOffice(t testing.TB) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{t: t, db: db, clock: clock, s: NewService(db), telecom: id.New[id.PolicyGroup](), banking: id.New[id.PolicyGroup]()}
	o.must(func(tx *pg.Tx) error {
		for gid, name := range map[id.PolicyGroup]string{o.telecom: "Telecom", o.banking: "Banking"} {
			if _, err := tx.Exec(t.Context(), `insert into policy_groups (id, name, description, status, created_at, updated_at)
				values (@id, @name, 'A group', 'active', @now, @now)`, pg.Args{"id": gid, "name": name, "now": tx.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	o.admin = o.staff("Ada Admin", "fr")
	return o
}

func (o *office) must(fn func(*pg.Tx) error) {
	o.t.Helper()
	if err := o.db.Housekeep(context.Background(), "fixture", fn); err != nil {
		o.t.Fatal(err)
	}
}

// exec runs one statement that is no part of what is tested.
func (o *office) exec(sql string, args pg.Args) {
	o.t.Helper()
	o.must(func(tx *pg.Tx) error { _, err := tx.Exec(context.Background(), sql, args); return err })
}

func (o *office) user(first, last, email, lang string, pid id.Partner) id.User {
	o.t.Helper()
	uid := id.New[id.User]()
	o.exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, partner_id, owner, created_at, updated_at)
		values (@id, @email, lower(@email), @first, @last, '+33 1 23 45 67', @lang, 'fits nothing', 'active', @partner, @partner::uuid is not null, @now, @now)`,
		pg.Args{"id": uid, "email": email, "first": first, "last": last, "lang": lang, "partner": id.OrNull(pid), "now": o.db.Now()})
	return uid
}

// staff makes a Partner Admin of the given name.
func (o *office) staff(name, lang string) authz.Actor {
	o.t.Helper()
	first, last, _ := strings.Cut(name, " ")
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@office.test"
	uid := o.user(first, last, email, lang, id.Partner{})
	o.exec(`insert into user_roles (user_id, role, granted_at) values (@id, 'PARTNER_ADMIN', @now)`, pg.Args{"id": uid, "now": o.db.Now()})
	return authz.Actor{User: uid, Name: name, Email: email, Lang: lang, Roles: []authz.Role{authz.PartnerAdmin}}
}

// answers are complete and right for an Authentication Partner of Telecom.
func (o *office) answers(organisation string) Answers {
	slug := strings.ToLower(ProposePublicID(organisation))
	return Answers{
		Type: authz.AuthPartner, Purpose: "Verify our customers", Organisation: organisation, PublicID: slug,
		Address: "1 Main Street\nPort Louis", FirstName: "Nadia", LastName: "Bern", Email: "nadia@" + slug + ".example",
		Phone: "+33 1 23 45 67", PolicyGroupID: o.telecom.String(), Lang: "ar",
	}
}

// pending is a partner whose request waits; change may alter its answers.
func (o *office) pending(organisation string, change ...func(*Answers)) Partner {
	o.t.Helper()
	a := o.answers(organisation)
	for _, fn := range change {
		fn(&a)
	}
	pid := id.New[id.Partner]()
	var group any
	if a.PolicyGroupID != "" {
		group = a.PolicyGroupID
	}
	_, domain, _ := strings.Cut(a.Email, "@")
	o.exec(`insert into partners (id, public_id, type, purpose, organisation, address, policy_group_id, email_domain, lang, status,
			submitted_at, address_verified_at, terms_version, consented_at, created_at, updated_at)
		values (@id, @public_id, @type, @purpose, @organisation, @address, @group, @domain, @lang, 'pending_approval', @now, @now, '2026-01', @now, @now, @now)`,
		pg.Args{
			"id": pid, "public_id": a.PublicID, "type": string(a.Type), "purpose": a.Purpose, "organisation": a.Organisation,
			"address": a.Address, "group": group, "domain": domain, "lang": a.Lang, "now": o.db.Now(),
		})
	o.user(a.FirstName, a.LastName, a.Email, a.Lang, pid)
	o.exec(`insert into partner_submissions (partner_id, number, answers, submitted_at) values (@id, 1, @answers, @now)`,
		pg.Args{"id": pid, "answers": a, "now": o.db.Now()})
	o.clock.Advance(time.Minute)
	return o.load(pid)
}

func (o *office) load(pid id.Partner) Partner {
	o.t.Helper()
	p, err := o.s.Partner(context.Background(), authz.Scope{All: true}, pid)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// person is the one who acts for a partner.
func person(p Partner) authz.Actor {
	return authz.Actor{User: p.OwnerID, Name: p.FirstName + " " + p.LastName, Email: p.Email, Lang: p.Lang, Roles: []authz.Role{p.Type}, Partner: p.ID}
}

// count counts rows, where is plain SQL.
func (o *office) count(where string) int {
	o.t.Helper()
	n, err := pg.Value[int](context.Background(), o.db.Read(), "select count(*) from "+where, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// traces is what one decision leaves behind, to compare before and after.
func (o *office) traces(p Partner) string {
	o.t.Helper()
	q := o.load(p.ID)
	return fmt.Sprintf("%s v%d s%d: %d reviews, %d lines, %d events, %d mails, %d submissions", q.Status, q.Version, q.Submission,
		o.count("partner_reviews"), o.count("partner_review_fields"), o.count("audit_log where result = 'done'"),
		o.count("mail_outbox"), o.count("partner_submissions"))
}
