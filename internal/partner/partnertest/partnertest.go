// Package partnertest puts partners, their people and staff into a test's
// database as the portal itself leaves them there. Registering, inviting and
// signing in have tests of their own; those of the screens start behind them.
package partnertest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/session"
)

// World is one test's database.
type World struct {
	T  testing.TB
	DB *pg.DB
}

// Exec runs one statement that is no part of what is tested.
func (w World) Exec(sql string, args pg.Args) {
	w.T.Helper()
	w.do(func(ctx context.Context, tx *pg.Tx) error { _, err := tx.Exec(ctx, sql, args); return err })
}

func (w World) do(fn func(context.Context, *pg.Tx) error) {
	w.T.Helper()
	ctx := w.T.Context()
	if err := w.DB.Housekeep(ctx, "fixture", func(tx *pg.Tx) error { return fn(ctx, tx) }); err != nil {
		w.T.Fatal(err)
	}
}

// Count counts rows; from is constant SQL.
func (w World) Count(from string) int {
	w.T.Helper()
	n, err := pg.Value[int](w.T.Context(), w.DB.Read(), "select count(*) from "+from, nil)
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

// Group is an active policy group.
func (w World) Group(name string) id.PolicyGroup {
	w.T.Helper()
	gid := id.New[id.PolicyGroup]()
	w.Exec(`insert into policy_groups (id, name, description, status, created_at, updated_at)
		values (@id, @name, 'A group', 'active', @now, @now)`, pg.Args{"id": gid, "name": name, "now": w.DB.Now()})
	return gid
}

// Staff is a member of staff with these roles.
func (w World) Staff(name, lang string, roles ...authz.Role) authz.Actor {
	w.T.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@office.test"
	uid := w.user(name, email, "", lang, id.Partner{})
	for _, r := range roles {
		w.Exec(`insert into user_roles (user_id, role, granted_at) values (@id, @role, @now)`,
			pg.Args{"id": uid, "role": string(r), "now": w.DB.Now()})
	}
	return authz.Actor{User: uid, Name: name, Email: email, Lang: lang, Roles: roles}
}

func (w World) user(name, email, phone, lang string, pid id.Partner) id.User {
	w.T.Helper()
	uid := id.New[id.User]()
	first, last, _ := strings.Cut(name, " ")
	w.Exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, partner_id, owner, created_at, updated_at)
		values (@id, @email, lower(@email), @first, @last, @phone, @lang, 'fits nothing', 'active', @partner, @partner::uuid is not null, @now, @now)`,
		pg.Args{"id": uid, "email": email, "first": first, "last": last, "phone": phone, "lang": lang, "partner": id.OrNull(pid), "now": w.DB.Now()})
	return uid
}

// Pending is a partner whose request waits. Without a group it is a Device
// Provider, else an Authentication Partner; change may alter its answers.
func (w World) Pending(organisation string, group id.PolicyGroup, change ...func(*partner.Answers)) partner.Partner {
	w.T.Helper()
	slug := strings.ToLower(partner.ProposePublicID(organisation))
	a := partner.Answers{
		Type: authz.DeviceProvider, Purpose: "Work with the identity system", Organisation: organisation, PublicID: slug,
		Address: "1 Main Street\nPort Louis", FirstName: "Nadia", LastName: "Bern", Email: "nadia@" + slug + ".example",
		Phone: "+230 123 4567", Lang: "en",
	}
	if !id.IsZero(group) {
		a.Type, a.PolicyGroupID = authz.AuthPartner, group.String()
	}
	for _, fn := range change {
		fn(&a)
	}
	pid, now := id.New[id.Partner](), w.DB.Now()
	_, domain, _ := strings.Cut(a.Email, "@")
	w.Exec(`insert into partners (id, public_id, type, purpose, organisation, address, policy_group_id, email_domain, lang, status,
			submitted_at, address_verified_at, terms_version, consented_at, created_at, updated_at)
		values (@id, @public_id, @type, @purpose, @organisation, @address, nullif(@group, '')::uuid, @domain, @lang, 'pending_approval',
			@now, @now, '2026-01', @now, @now, @now)`,
		pg.Args{
			"id": pid, "public_id": a.PublicID, "type": string(a.Type), "purpose": a.Purpose, "organisation": a.Organisation,
			"address": a.Address, "group": a.PolicyGroupID, "domain": domain, "lang": a.Lang, "now": now,
		})
	w.user(a.FirstName+" "+a.LastName, a.Email, a.Phone, a.Lang, pid)
	w.Exec(`insert into partner_submissions (partner_id, number, answers, submitted_at) values (@id, 1, @answers, @now)`,
		pg.Args{"id": pid, "answers": a, "now": now})
	return w.Load(pid)
}

// Load reads a partner as it is now.
func (w World) Load(pid id.Partner) partner.Partner {
	w.T.Helper()
	p, err := partner.NewService(w.DB).Partner(w.T.Context(), authz.Scope{All: true}, pid)
	if err != nil {
		w.T.Fatal(err)
	}
	return p
}

// Person is who acts for a partner.
func Person(p partner.Partner) authz.Actor {
	return authz.Actor{
		User: p.OwnerID, Name: p.FirstName + " " + p.LastName, Email: p.Email, Lang: p.Lang,
		Roles: []authz.Role{p.Type}, Partner: p.ID,
	}
}

// SignIn starts a session and returns the value of its cookie.
func (w World) SignIn(user id.User) string {
	w.T.Helper()
	token := rand.Text()
	sum := sha256.Sum256([]byte(token))
	w.do(func(ctx context.Context, tx *pg.Tx) error {
		return session.Start(ctx, tx, session.New{
			Token: base64.RawURLEncoding.EncodeToString(sum[:]), IP: "192.0.2.1",
			UserAgent: "webtest", Expires: time.Now().Add(session.StaffLifetime),
		}, user)
	})
	return token
}
