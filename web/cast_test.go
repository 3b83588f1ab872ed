package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/web/route"
	"portal/web/webtest"
)

// cast is a portal with the demonstration's data and one signed-in browser for
// every role.
type cast struct {
	*webtest.Site
	roles map[authz.Role]*webtest.Client // authz.Visitor is nobody
	ids   map[string][]string            // the things that stand at /<key>/{id}
	owned map[string]string              // whose a thing is: its partner's id; a thing of nobody's is not in it
}

// stars are the roles that can come by a browser, and the demonstration's
// account of each.
var stars = []struct {
	role  authz.Role
	email string
}{
	{authz.Visitor, ""},
	{authz.Applicant, "closed@demo.test"},
	{authz.AuthPartner, "member@demo.test"},
	{authz.PartnerOwner, "auth@demo.test"},
	{authz.CredentialPartner, "credential@demo.test"},
	{authz.DeviceProvider, "camera@demo.test"},
	{authz.FTMProvider, "chip@demo.test"},
	{authz.PolicyManager, "manager@demo.test"},
	{authz.PartnerAdmin, "admin@demo.test"},
}

func newCast(t *testing.T, settings ...string) *cast {
	t.Helper()
	c := &cast{Site: webtest.NewDemo(t, append([]string{"--public-list=on"}, settings...)...), roles: map[authz.Role]*webtest.Client{}, ids: map[string][]string{}}
	for _, s := range stars {
		if s.role == authz.Visitor {
			c.roles[s.role] = c.Visitor()
			continue
		}
		c.roles[s.role] = c.SignedIn(s.email)
		c.roles[s.role].Actor = c.Actor(s.email)
	}
	c.owners(t)
	for key, sql := range map[string]string{
		"partners/changes": `select id::text from partner_changes where status <> 'unproved'`,
		"people":           `select id::text from users where partner_id is not null and status <> 'removed'`,
		"partners":         `select id::text from partners`, "policy-groups": `select id::text from policy_groups`,
		"auth-policies":      `select id::text from policies where kind = 'auth'`,
		"datashare-policies": `select id::text from policies where kind = 'datashare'`,
		"policies":           `select id::text from policies`,
		"policy-requests":    `select id::text from policy_requests`,
		"devices":            `select min(id::text) from devices group by partner_id, status, ended_with_sbi`,
		"devices/imports":    `select id::text from device_imports`,
		"sbis":               `select id::text from sbis where submission > 0`, // which staff may open
		"policy-reviews":     `select id::text from policy_reviews where kind = 'emergency'`,
		"policy-reviews/due": `select id::text from policies where status = 'active'`,
		"trust-store":        `select id::text from ca_certificates`,
		"certificates":       `select id::text from partner_certificates`,
		"ftm-chips":          `select id::text from ftm_chips`,
		"vocabulary":         `select min(id::text) from vocabulary_terms group by family`,
		"device-types":       `select id::text from device_types`,
		"api-keys":           `select id::text from api_keys`,
		"service-accounts":   `select id::text from service_accounts`,
		"webhooks":           `select id::text from webhooks`,
		"webhook-deliveries": `select id::text from webhook_deliveries where position in (select min(position) from webhook_deliveries group by webhook_id, status)`,
		"staff":              `select id::text from users where partner_id is null`,
		"notes":              `select id::text from internal_notes where subject_kind = 'policy'`, // which all staff may open
		"mail":               `select id::text from mail_outbox`, "dev/mail": `select id::text from mail_outbox`,
	} {
		ids, err := pg.Values[string](t.Context(), c.App.DB.Read(), sql+" order by 1", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.ids[key] = ids
	}
	return c
}

// owners learns whose each thing is that belongs to a partner.
func (c *cast) owners(t *testing.T) {
	t.Helper()
	rows, err := pg.All[struct{ Thing, Partner string }](t.Context(), c.App.DB.Read(), `
		select id::text as thing, partner_id::text as partner from (
			select id, partner_id from users where partner_id is not null union all select id, partner_id from policy_requests
			union all select id, partner_id from api_keys union all select id, partner_id from partner_certificates
			union all select id, partner_id from partner_changes union all select id, partner_id from ftm_chips
			union all select id, partner_id from devices union all select id, partner_id from device_imports union all select id, partner_id from sbis) x`, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.owned = map[string]string{}
	for _, r := range rows {
		c.owned[r.Thing] = r.Partner
	}
}

// actor is the star of a role. Who it is says what it may: an owner has more
// roles than one, and people of a partner that is not active have another.
func (c *cast) actor(role authz.Role) authz.Actor {
	if role == authz.Visitor {
		return authz.Actor{Roles: []authz.Role{authz.Visitor}}
	}
	return c.roles[role].Actor
}

// reaches reports whether an address is of no partner's thing, or of one that
// the actor's scope reaches.
func (c *cast) reaches(a authz.Actor, path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if of, ok := c.owned[part]; ok && !a.Scope().All && of != a.Partner.String() {
			return false
		}
	}
	return true
}

// owns reports whether an address is of a thing of the actor's own partner.
func (c *cast) owns(a authz.Actor, path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return c.owned[part] == a.Partner.String() })
}

// within are a route's addresses for every thing that a browser's person
// reaches.
func (c *cast) within(t *testing.T, rt route.Route, browser *webtest.Client) []string {
	t.Helper()
	return slices.DeleteFunc(c.real(t, rt), func(path string) bool { return !c.reaches(browser.Actor, path) })
}

// someone is a browser whose role may use the route, a signed-in one first.
func (c *cast) someone(t *testing.T, rt route.Route) *webtest.Client {
	t.Helper()
	for i := len(stars) - 1; i >= 0; i-- {
		if rt.Access.Allows(c.actor(stars[i].role)) {
			return c.roles[stars[i].role]
		}
	}
	t.Fatalf("%s %s (%s): nobody may use it", rt.Method, rt.Pattern, rt.Access)
	return nil
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// at is a route's address with this id.
func at(rt route.Route, thing string) string {
	path := strings.Replace(rt.Pattern, "{id}", thing, 1)
	return parameter.ReplaceAllString(path, "1")
}

// subTypesOf are the sub-types of a type of devices.
func (c *cast) subTypesOf(t *testing.T, thing string) []string {
	t.Helper()
	ids, err := pg.Values[string](t.Context(), c.App.DB.Read(), `select id::text from device_sub_types where type_id::text = @id order by 1`, pg.Args{"id": thing})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// decisionsOf are the decisions on a policy.
func (c *cast) decisionsOf(t *testing.T, thing string) []string {
	t.Helper()
	ids, err := pg.Values[string](t.Context(), c.App.DB.Read(), `select id::text from policy_decisions where policy_id::text = @id order by 1`, pg.Args{"id": thing})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// real are a route's addresses for every thing that exists.
func (c *cast) real(t *testing.T, rt route.Route) []string {
	t.Helper()
	if !strings.Contains(rt.Pattern, "{id}") {
		return []string{at(rt, "")}
	}
	key := strings.Trim(rt.Pattern[:strings.Index(rt.Pattern, "{id}")], "/")
	if len(c.ids[key]) == 0 {
		t.Fatalf("%s: the cast has nothing at /%s/{id}; say in newCast where to find some", rt.Pattern, key)
	}
	var paths []string
	for _, thing := range c.ids[key] {
		if strings.Contains(rt.Pattern, "{sub}") {
			for _, sub := range c.subTypesOf(t, thing) {
				paths = append(paths, strings.Replace(at(rt, thing), "/sub-types/1", "/sub-types/"+sub, 1))
			}
			continue
		}
		if !strings.Contains(rt.Pattern, "{decision}") {
			paths = append(paths, at(rt, thing))
			continue
		}
		for _, decision := range c.decisionsOf(t, thing) {
			paths = append(paths, strings.Replace(at(rt, thing), "/decisions/1", "/decisions/"+decision, 1))
		}
	}
	return paths
}

// unknown is an address of the route with an id that nothing has.
func unknown(rt route.Route) string { return at(rt, id.New[id.Policy]().String()) }

// post sends fields with a valid form token, as a program would.
func post(c *webtest.Client, path, fields string) *http.Request {
	body := "_token=" + c.Token()
	if fields != "" {
		body += "&" + fields
	}
	return c.Request(http.MethodPost, path, []byte(body), "application/x-www-form-urlencoded")
}

// table is the routes that may be tried in any order: signing out ends the
// browser's session, so it has tests of its own.
func table(c *cast, method string) []route.Route {
	return slices.DeleteFunc(slices.Clone(c.Portal.Routes), func(rt route.Route) bool {
		return rt.Method != method || rt.Pattern == "/signout"
	})
}
