// Package search is the page behind the search box of every page. Who finds
// what is decided by internal/search.
package search

import (
	"context"
	"net/http"
	"net/url"

	"portal/internal/list"
	"portal/internal/search"
	"portal/internal/thing"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct{ search *search.Service }

// Routes is the row of the search, for everybody with an account: each finds
// what the lists show them.
func Routes(s *search.Service) []route.Route {
	return []route.Route{route.Get("/search", route.SignedIn, handlers{s}.find)}
}

// results is what the page shows.
type results struct {
	Text   string // as it was looked for
	Short  bool   // too short to look for parts of names
	Groups []search.Group
	Places []string // the lists that are looked into
}

// spec cleans what was typed as any list's filter.
var spec = list.Spec{Filters: []string{"q"}, Sorts: map[string]string{"": "1"}}

// find leads straight to what is named exactly, else shows what is like it.
func (h handlers) find(w http.ResponseWriter, r *http.Request) error {
	ctx, text := r.Context(), spec.Parse(r.URL.Query()).Filter("q")
	a := page.Actor(ctx)
	if public := search.Public(text); public != text {
		return page.Redirect(w, r, listURL("search", public)) // a secret stays in no address
	}
	found := results{Text: text, Places: h.search.Places(a), Short: !search.Enough(text)}
	if text != "" {
		hit, ok, err := h.search.Exact(ctx, a, text)
		if err != nil {
			return err
		}
		if ok {
			return page.Redirect(w, r, hit.Path())
		}
		if found.Groups, err = h.search.Find(ctx, a, text); err != nil {
			return err
		}
	}
	return page.Render(w, r, http.StatusOK, resultsPage(found))
}

func (f results) title(ctx context.Context) string {
	if f.Text == "" {
		return i18n.T(ctx, "search.title")
	}
	return i18n.T(ctx, "search.title.of", "Text", i18n.Isolate(f.Text))
}

func listText(ctx context.Context, of string) string { return i18n.T(ctx, "export.list."+of) }

// listURL is a list with all that was found in it.
func listURL(of, text string) string { return "/" + of + "?" + url.Values{"q": {text}}.Encode() }

// all says how many hits the list has.
func all(ctx context.Context, g search.Group) string {
	if g.Bounded {
		return i18n.T(ctx, "search.all_bounded", "Count", g.Total)
	}
	return i18n.T(ctx, "search.all", "Count", g.Total)
}

func path(h search.Hit) string {
	if h.Path != "" {
		return h.Path
	}
	return thing.Path(h.Kind, h.ID)
}

// statusKeys are where the lists' words for their states stand.
var statusKeys = map[string]string{
	"partners": "partner.status.", "policy-requests": "policy_request.status.", "auth-policies": "policy.status.",
	"datashare-policies": "policy.status.", "policy-groups": "policy_group.status.", "staff": "staff.status.", "people": "staff.status.",
	"api-keys": "api_key.shown.", "service-accounts": "service_account.shown.", "webhooks": "webhook.status.",
	"sbis": "approval.status.", "devices": "approval.status.", "ftm-chips": "approval.status.",
}

// status is the state of a hit in the reader's words, "" where its list has none.
func status(ctx context.Context, of string, h search.Hit) string {
	key := statusKeys[of] + h.Status
	if h.Status == "" || !i18n.Has(i18n.Lang(ctx), key) {
		return ""
	}
	return i18n.T(ctx, key)
}
