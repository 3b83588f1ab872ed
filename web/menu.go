package web

import (
	"context"
	"strings"

	"portal/internal/authz"
	"portal/web/i18n"
	"portal/web/route"
	"portal/web/ui"
)

// entry is one line of the menu. Who sees it is what the route table says of
// its address: the menu cannot promise what the route refuses.
type entry struct{ key, href, icon string }

// menu is the left navigation in the order of the guide that its users know
// (design README, decision 2).
var menu = []struct {
	key     string
	entries []entry
}{
	{"", []entry{{"home", "/home", "home"}}},
	{"policy", []entry{
		{"policy_groups", "/policy-groups", "group"},
		{"auth_policies", "/auth-policies", "policy"},
		{"datashare_policies", "/datashare-policies", "share"},
		{"policy_reviews", "/policy-reviews", "clock"},
		{"vocabulary", "/vocabulary", "book"},
	}},
	{"partner", []entry{
		{"partners", "/partners", "partners"},
		{"partner_changes", "/partners/changes", "clock"},
		{"registration", "/home/registration", "audit"},
		{"organisation", "/organisation", "partners"},
		{"people", "/people", "staff"},
		{"certificates", "/certificates", "certificate"},
		{"trust_store", "/trust-store", "lock"},
		{"policy_requests", "/policy-requests", "inbox"},
		{"sbis", "/sbis", "software"},
		{"devices", "/devices", "device"},
		{"ftm_chips", "/ftm-chips", "chip"},
		{"device_types", "/device-types", "book"},
		{"api_keys", "/api-keys", "key"},
	}},
	{"administration", []entry{
		{"staff", "/staff", "staff"},
		{"service_accounts", "/service-accounts", "key"},
		{"mail", "/mail", "mail"},
		{"webhooks", "/webhooks", "external"},
		{"audit", "/audit", "audit"},
	}},
}

// menuFor is the part of the menu that an actor may use.
func menuFor(routes []route.Route) func(ctx context.Context, a authz.Actor, path string) []ui.NavGroup {
	access := map[string]route.Access{}
	for _, r := range routes {
		if r.Method == "GET" {
			access[r.Pattern] = r.Access
		}
	}
	return func(ctx context.Context, a authz.Actor, path string) []ui.NavGroup {
		here := current(path)
		var groups []ui.NavGroup
		for _, g := range menu {
			group := ui.NavGroup{}
			if g.key != "" {
				group.Title = i18n.T(ctx, "nav."+g.key)
			}
			for _, e := range g.entries {
				if rule, ok := access[e.href]; ok && rule.Allows(a) && (e.href != "/home/registration" || !a.Staff()) {
					group.Items = append(group.Items, ui.NavItem{
						Label: i18n.T(ctx, "nav."+e.key), Href: e.href, Icon: e.icon,
						Current: e.href == here,
					})
				}
			}
			if len(group.Items) > 0 {
				groups = append(groups, group)
			}
		}
		return groups
	}
}

// current is the menu's address that a page stands under: the longest, since one
// entry may lie below another.
func current(path string) (here string) {
	for _, g := range menu {
		for _, e := range g.entries {
			under := path == e.href || e.href != "/home" && strings.HasPrefix(path, e.href+"/")
			if under && len(e.href) > len(here) {
				here = e.href
			}
		}
	}
	return here
}
