//go:build e2e

package e2e

import (
	"strings"

	"portal/internal/id"
	"portal/internal/pg"
)

// own limits a query to things of the reader's partner, if it has one.
const own = `(@partner::uuid is null or r.partner_id = @partner)`

// places say which things there are to see at an address: one in each state that
// shows another page. The longest beginning of the address counts.
var places = map[string]string{
	"/partners":                 `select distinct on (status) id::text as id from partners order by status, id`,
	"/partners/approve":         `select id::text as id from partners where status = 'pending_approval' limit 1`,
	"/partners/reject":          `select id::text as id from partners where status = 'pending_approval' limit 1`,
	"/partners/request-changes": `select id::text as id from partners where status = 'pending_approval' limit 1`,
	"/partners/deactivate":      `select id::text as id from partners p where status = 'active' order by (select count(*) from api_keys where partner_id = p.id) desc limit 1`,
	"/partners/reactivate":      `select id::text as id from partners where status = 'deactivated' limit 1`,
	"/partners/appoint":         `select p.id::text as id from partners p join users u on u.partner_id = p.id and u.status = 'active' where p.status = 'active' group by p.id order by count(*) desc limit 1`,
	"/partners/changes":         `select distinct on (status) id::text as id from partner_changes where status <> 'unproved' order by status, id`,
	"/people":                   `select id::text as id from users r where ` + own + ` and partner_id is not null and status = 'active' and not owner limit 1`,

	"/policy-groups":      `select distinct on (status) id::text as id from policy_groups order by status, id`,
	"/policies":           `select id::text as id from policies limit 1`,
	"/vocabulary":         `select min(id::text) as id from vocabulary_terms group by sensitivity`,
	"/staff":              `select id::text as id from users where partner_id is null`,
	"/notes":              `select id::text as id from internal_notes where subject_kind = 'policy' limit 1`,
	"/policy-reviews":     `select id::text as id from policy_reviews where kind = 'emergency' limit 1`,
	"/policy-reviews/due": `select id::text as id from policies p where status = 'active' order by review_on limit 1`,

	"/policy-requests":                  `select distinct on (status) r.id::text as id from policy_requests r where ` + own + ` order by status, ends_on, r.id`,
	"/policy-requests/approve":          `select r.id::text as id from policy_requests r where status = 'pending_approval' limit 1`,
	"/policy-requests/reject":           `select r.id::text as id from policy_requests r where status = 'pending_approval' limit 1`,
	"/policy-requests/request-changes":  `select r.id::text as id from policy_requests r where status = 'pending_approval' limit 1`,
	"/policy-requests/edit":             `select r.id::text as id from policy_requests r where ` + own + ` and status = 'changes_requested' limit 1`,
	"/policy-requests/withdraw":         `select r.id::text as id from policy_requests r where ` + own + ` and status = 'pending_approval' limit 1`,
	"/policy-requests/extension":        `select r.id::text as id from policy_requests r where ` + own + ` and status = 'approved' order by ends_on limit 1`,
	"/policy-requests/extend":           `select r.id::text as id from policy_requests r where status = 'approved' order by ends_on limit 1`,
	"/policy-requests/refuse-extension": `select r.id::text as id from policy_requests r where exists (select 1 from policy_request_extensions e where e.request_id = r.id and e.decided_at is null) limit 1`,
	"/policy-requests/revoke":           `select r.id::text as id from policy_requests r where status = 'approved' limit 1`,

	"/devices":                 `select distinct on (r.status, r.ended_with_sbi) r.id::text as id from devices r where ` + own + ` order by r.status, r.ended_with_sbi, r.id`,
	"/devices/approve":         `select r.id::text as id from devices r where status = 'pending_approval' order by submitted_at limit 1`,
	"/devices/request-changes": `select r.id::text as id from devices r where status = 'pending_approval' order by submitted_at limit 1`,
	"/devices/reject":          `select r.id::text as id from devices r where status = 'pending_approval' order by submitted_at limit 1`,
	"/devices/deactivate":      `select r.id::text as id from devices r where ` + own + ` and status = 'approved' limit 1`,
	"/devices/reactivate":      `select r.id::text as id from devices r where status = 'deactivated' limit 1`,
	"/devices/edit":            `select distinct on (status) r.id::text as id from devices r where ` + own + ` and status in ('pending_approval', 'changes_requested') order by status, r.id`,
	"/devices/withdraw":        `select r.id::text as id from devices r where ` + own + ` and status in ('pending_approval', 'changes_requested') limit 1`,
	"/devices/move":            `select r.id::text as id from devices r where ` + own + ` and status = 'approved' limit 1`,
	"/devices/imports":         `select distinct on (imported_at is null) r.id::text as id from device_imports r where ` + own + ` order by imported_at is null, r.created_at`,
	"/sbis":                    `select distinct on (status) r.id::text as id from sbis r where ` + own + ` and (submission > 0 or @partner::uuid is not null) order by status, r.id`,
	"/sbis/approve":            `select r.id::text as id from sbis r where status = 'pending_approval' order by submitted_at limit 1`,
	"/sbis/request-changes":    `select r.id::text as id from sbis r where status = 'pending_approval' order by submitted_at limit 1`,
	"/sbis/reject":             `select r.id::text as id from sbis r where status = 'pending_approval' order by submitted_at limit 1`,
	"/sbis/deactivate":         `select r.id::text as id from sbis r where ` + own + ` and status = 'approved' order by (select count(*) from devices where sbi_id = r.id) desc limit 1`,
	"/sbis/reactivate":         `select r.id::text as id from sbis r where status = 'deactivated' limit 1`,
	"/sbis/edit":               `select distinct on (status) r.id::text as id from sbis r where ` + own + ` and status in ('draft', 'changes_requested') order by status, r.id`,
	"/sbis/withdraw":           `select distinct on (status) r.id::text as id from sbis r where ` + own + ` and status in ('draft', 'pending_approval') order by status, r.id`,
	"/sbis/send":               `select r.id::text as id from sbis r where ` + own + ` and status = 'draft' limit 1`,

	"/certificates":          `select distinct on (status) r.id::text as id from partner_certificates r where ` + own + ` order by status, r.id`,
	"/certificates/withdraw": `select r.id::text as id from partner_certificates r where ` + own + ` and status = 'accepted' limit 1`,
	"/trust-store":           `select distinct on (kind, status) id::text as id from ca_certificates order by kind, status, id`,
	"/trust-store/confirm":   `select id::text as id from ca_certificates where kind = 'root' and status = 'waiting' limit 1`,
	"/trust-store/refuse":    `select id::text as id from ca_certificates where kind = 'root' and status = 'waiting' limit 1`,
	"/trust-store/take-out":  `select id::text as id from ca_certificates where kind = 'root' and status = 'in_use' order by domain limit 1`,
	"/trust-store/restore":   `select id::text as id from ca_certificates where status = 'out_of_use' limit 1`,

	"/device-types":           `select distinct on (retired_since is null) id::text as id from device_types order by retired_since is null, position`,
	"/device-types/sub-types": `select t.id::text as id, s.id::text as sub from device_types t join device_sub_types s on s.type_id = t.id order by t.position, s.position limit 1`,
	"/device-types/retire":    `select id::text as id from device_types where retired_since is null limit 1`,

	"/ftm-chips":                      `select distinct on (status) r.id::text as id from ftm_chips r where ` + own + ` order by status, r.id`,
	"/ftm-chips/edit":                 `select r.id::text as id from ftm_chips r where ` + own + ` and status in ('pending_certificate', 'changes_requested') limit 2`,
	"/ftm-chips/certificate":          `select r.id::text as id from ftm_chips r where ` + own + ` and status = 'pending_certificate' limit 1`,
	"/ftm-chips/approve":              `select r.id::text as id from ftm_chips r where status = 'pending_approval' limit 1`,
	"/ftm-chips/reject":               `select r.id::text as id from ftm_chips r where status = 'pending_approval' limit 1`,
	"/ftm-chips/request-changes":      `select r.id::text as id from ftm_chips r where status = 'pending_approval' limit 1`,
	"/ftm-chips/withdraw":             `select r.id::text as id from ftm_chips r where ` + own + ` and status = 'pending_approval' limit 1`,
	"/ftm-chips/deactivate":           `select r.id::text as id from ftm_chips r where ` + own + ` and status = 'approved' limit 1`,
	"/ftm-chips/reactivate":           `select r.id::text as id from ftm_chips r where status = 'deactivated' limit 1`,
	"/ftm-chips/approve-certificate":  `select r.id::text as id from ftm_chips r where status = 'approved' and exists (select 1 from ftm_chip_certificates c where c.chip_id = r.id and c.status = 'waiting') limit 1`,
	"/ftm-chips/refuse-certificate":   `select r.id::text as id from ftm_chips r where status = 'approved' and exists (select 1 from ftm_chip_certificates c where c.chip_id = r.id and c.status = 'waiting') limit 1`,
	"/ftm-chips/withdraw-certificate": `select r.id::text as id from ftm_chips r where ` + own + ` and status = 'approved' and exists (select 1 from ftm_chip_certificates c where c.chip_id = r.id and c.status = 'waiting') limit 1`,

	"/api-keys":                    `select distinct on (status) r.id::text as id from api_keys r where ` + own + ` order by status, r.id`,
	"/api-keys/rotate":             `select r.id::text as id from api_keys r where ` + own + ` and status = 'active' limit 1`,
	"/api-keys/deactivate":         `select r.id::text as id from api_keys r where ` + own + ` and status = 'active' limit 1`,
	"/service-accounts":            `select distinct on (status) id::text as id from service_accounts order by status, id`,
	"/service-accounts/edit":       `select id::text as id from service_accounts where status = 'active' limit 1`,
	"/service-accounts/rotate":     `select id::text as id from service_accounts where status = 'active' limit 1`,
	"/service-accounts/deactivate": `select id::text as id from service_accounts where status = 'active' limit 1`,
	"/webhooks":                    `select distinct on (status) id::text as id from webhooks order by status, id`,
	"/webhooks/edit":               `select id::text as id from webhooks where status <> 'deactivated' limit 1`,
	"/webhooks/rotate":             `select id::text as id from webhooks where status <> 'deactivated' limit 1`,
	"/webhooks/deactivate":         `select id::text as id from webhooks where status <> 'deactivated' limit 1`,
	"/webhook-deliveries":          `select distinct on (status) id::text as id from webhook_deliveries order by status, id`,
}

// things are the addresses of a kind of page: of one thing in each state that
// shows another page, and only of the reader's partner if it has one.
func (g *guide) things(pattern string, partner id.Partner) []string {
	g.t.Helper()
	if !strings.Contains(pattern, "{") {
		g.shown[pattern] = true
		return []string{pattern}
	}
	if _, ok := g.shown[pattern]; !ok {
		g.shown[pattern] = false
	}
	kind := `p.kind = 'auth'`
	if strings.HasPrefix(pattern, "/datashare-policies/") {
		kind = `p.kind = 'datashare'`
	}
	const versions = ` from policy_versions v join policies p on p.id = v.policy_id where `
	sql := map[string]string{
		"page":      `select distinct on (p.status) p.id::text as id from policies p where ` + kind + ` order by p.status, p.id`,
		"one":       `select p.id::text as id` + versions + kind + ` and p.status = 'active' group by p.id order by count(*) desc, p.id limit 1`,
		"waits":     `select p.id::text as id` + versions + kind + ` and v.status = 'inactive' and v.errors = 0 order by p.status, p.id limit 1`,
		"version":   `select distinct on (v.status) p.id::text as id, v.number::text as number` + versions + kind + ` order by v.status, p.id, v.number`,
		"decisions": `select distinct on (d.action, d.emergency) p.id::text as id, d.id::text as decision from policy_decisions d join policies p on p.id = d.policy_id where ` + kind,
	}[sort(pattern)]
	if sql == "" {
		before, after, _ := strings.Cut(pattern, "/{id}")
		for sql == "" && strings.Contains(after, "/") { // the longest beginning that is listed
			sql = places[before+after]
			after = after[:strings.LastIndex(after, "/")]
		}
		if sql == "" {
			sql = places[before]
		}
	}
	if sql == "" {
		g.t.Fatalf("%s: say here where its things are", pattern)
	}
	found, err := pg.Values[string](g.t.Context(), g.App.DB.Read(), `
		select replace(replace(replace(replace(@pattern, '{id}', f.id), '{number}', coalesce(f.number, '')), '{decision}', coalesce(f.decision, '')), '{sub}', coalesce(f.sub, ''))
		from (`+sql+`) t, lateral (select t.id, to_jsonb(t) ->> 'number' as number, to_jsonb(t) ->> 'decision' as decision, to_jsonb(t) ->> 'sub' as sub) f
		where @partner::uuid is not distinct from @partner`, pg.Args{"pattern": pattern, "partner": id.OrNull(partner)})
	if err != nil {
		g.t.Fatal(pattern, err)
	}
	g.shown[pattern] = g.shown[pattern] || len(found) > 0
	return found
}

// sort tells which policies and versions have a kind of page; "" for other things.
func sort(pattern string) string {
	before, after, _ := strings.Cut(pattern, "/{id}")
	switch {
	case before != "/auth-policies" && before != "/datashare-policies":
		return ""
	case strings.HasPrefix(after, "/versions/"):
		return "version"
	case strings.HasPrefix(after, "/decisions/"):
		return "decisions"
	case after == "" || after == "/activate" || after == "/reactivate":
		return "page"
	case after == "/edit" || after == "/discard":
		return "waits"
	default:
		return "one"
	}
}
