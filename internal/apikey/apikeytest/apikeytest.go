// Package apikeytest puts what a key hangs on into a test's database as the
// portal itself leaves it there: a policy in force, a grant, a certificate that
// counts. Deciding on those has tests of its own.
package apikeytest

import (
	"crypto/rand"
	"crypto/sha256"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
)

// World is a partnertest.World with a member of staff behind what is decided.
type World struct {
	partnertest.World
	Admin authz.Actor
}

// New makes a world with its Partner Admin.
func New(w partnertest.World) World {
	w.T.Helper()
	return World{World: w, Admin: w.Staff("Ada Admin", "en", authz.PartnerAdmin)}
}

// Document is the text of every policy here, odd blanks included: it must come
// out as the same bytes.
const Document = "{ \"authTokenType\":\t\"partner\",\n  \"allowedAuthTypes\": [ {\"authType\": \"otp\", \"mandatory\": true} ],\n\n \"note\": \"é\\u00e9 \" }\n"

// Policy is an Auth policy in force in its second version.
func (w World) Policy(name string, group id.PolicyGroup) id.Policy {
	w.T.Helper()
	pid, now := id.New[id.Policy](), w.DB.Now()
	other := w.Staff("Paul "+name, "en", authz.PolicyManager)
	w.Exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		values (@id, 'auth', @group, @name, 'For tests', 'active', @review, @by, @now, @now)`,
		pg.Args{"id": pid, "group": group, "name": name, "review": now.AddDate(1, 0, 0), "by": w.Admin.User, "now": now})
	for number, v := range []struct{ status, document string }{{"superseded", "{}"}, {"active", Document}} {
		w.Exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at, activated_by, activated_at)
			values (@id, @policy, @number, @document, @status, 0, @by, @by, @now, @now, @other, @now)`,
			pg.Args{
				"id": id.New[id.PolicyVersion](), "policy": pid, "number": number + 1, "document": v.document, "status": v.status,
				"by": w.Admin.User, "other": other.User, "now": now,
			})
	}
	return pid
}

// Partner is an active Authentication Partner of a group with a certificate.
func (w World) Partner(organisation string, group id.PolicyGroup) partner.Partner {
	w.T.Helper()
	p := w.Pending(organisation, group)
	w.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	w.Certificate(p)
	return w.Load(p.ID)
}

// Certificate is one that counts for a partner for the next year.
func (w World) Certificate(p partner.Partner) {
	w.T.Helper()
	der := make([]byte, 64)
	_, _ = rand.Read(der) // never fails
	sum := sha256.Sum256(der)
	now := w.DB.Now()
	w.Exec(`insert into partner_certificates (id, partner_id, domain, subject, issuer, organisation, serial, key, not_before, not_after,
			thumbprint, der, original, chain, status, uploaded_by, uploaded_at)
		values (@id, @partner, 'AUTH', 'CN=Test', 'CN=CA', @organisation, '01', 'P-256', @from, @to, @sum, @der, @der, '{}', 'accepted', @by, @now)`,
		pg.Args{
			"id": id.New[id.Certificate](), "partner": p.ID, "organisation": p.Organisation, "from": now.Add(-time.Hour), "to": now.AddDate(1, 0, 0),
			"sum": sum[:], "der": der, "by": p.OwnerID, "now": now,
		})
}

// Grant is an approved request of a partner for a policy, good for days more.
func (w World) Grant(p partner.Partner, policy id.Policy, days int) id.PolicyRequest {
	w.T.Helper()
	rid := id.New[id.PolicyRequest]()
	w.Exec(`insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, approved_version, approved_at, ends_on, created_at, updated_at)
		select @id, @partner, @policy, 'approved', 'To verify customers', @by, @now, v.id, @now, @ends, @now, @now
		from policy_versions v where v.policy_id = @policy and v.status = 'active'`,
		pg.Args{"id": rid, "partner": p.ID, "policy": policy, "by": p.OwnerID, "ends": w.DB.Now().AddDate(0, 0, days), "now": w.DB.Now()})
	return rid
}
