// Package vocabulary is the screens of the names that policy documents may use:
// the list, one term with where it is used, the form, and the page before a term
// is deprecated. It decides nothing: what a term is, is internal/vocabulary's to
// say.
package vocabulary

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	terms *vocabulary.Service
	trail page.Trail
}

// Routes are the rows of the vocabulary. Whoever reads policies reads it;
// changing needs vocabulary.manage (issue 3, item 2).
func Routes(s *vocabulary.Service, trail page.Trail) []route.Route {
	h := handlers{terms: s, trail: trail}
	read, manage := route.Needs(authz.PolicyRead), route.Needs(authz.VocabularyManage)
	return []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(newURL, manage, h.newForm),
		route.Post(listURL, manage, h.create),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", manage, h.editForm),
		route.Post(listURL+"/{id}", manage, h.update),
		route.Get(listURL+"/{id}/deprecate", manage, h.confirm),
		route.Post(listURL+"/{id}/deprecate", manage, h.deprecate),
		route.Post(listURL+"/{id}/restore", manage, h.restore),
	}
}

// load finds the term of the address.
func (h handlers) load(r *http.Request) (vocabulary.Term, error) {
	tid, err := id.Parse[id.Term](chi.URLParam(r, "id"))
	if err != nil {
		return vocabulary.Term{}, err
	}
	return h.terms.Term(r.Context(), tid)
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }

const (
	listURL = "/vocabulary"
	newURL  = listURL + "/new"
)

func showURL(tid id.Term) string { return listURL + "/" + tid.String() }

// doURL is the address of something that can be done with a term.
func doURL(tid id.Term, verb string) string { return showURL(tid) + "/" + verb }

// familyText names a family.
func familyText(ctx context.Context, f policydoc.Family) string { return i18n.T(ctx, f.Key()) }

func sensitivityText(ctx context.Context, s policydoc.Sensitivity) string {
	return i18n.T(ctx, s.Key())
}

var sensitivityTags = map[policydoc.Sensitivity]string{
	policydoc.Ordinary: "neutral", policydoc.Personal: "info", policydoc.Special: "warn",
}

// may is what the reader may do with a term as it stands.
type may struct{ Edit, Deprecate, Restore bool }

func abilities(ctx context.Context, t vocabulary.Term) may {
	manage := page.May(ctx, authz.VocabularyManage)
	return may{Edit: manage, Deprecate: manage && t.DeprecatedSince == nil, Restore: manage && t.DeprecatedSince != nil}
}
