// Package policystudio is where policies are written: one document as a form and
// as text beside each other, with its findings and what it says in sentences. It
// decides nothing: what a document must hold and what saving does are told by
// internal/policydoc and internal/policy.
package policystudio

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/route"
)

// formFields is how many fields the page may send: policydoc.MaxFormRows rows
// with at most five fields each, and as many names of the vocabulary again.
const formFields = 4000

// formLimit is how many bytes the page may send: four texts of 256 KiB (what is
// typed, what the form was made of, what a sample replaced, and a file; issue
// J7), all line ends doubled by the browser, and 256 bytes around each field.
const formLimit = 4*2*policydoc.MaxBytes + formFields*256

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
	kind     policy.Kind
}

// Routes are the rows of both kinds; all need policy.write.
func Routes(p *policy.Service, words *vocabulary.Service) []route.Route {
	write := route.Needs(authz.PolicyWrite)
	var rows []route.Route
	for _, kind := range policydoc.Kinds() {
		h, at := handlers{policies: p, words: words, kind: kind}, policywords.ListURL(kind)
		rows = append(rows,
			route.Get(at+"/new", write, h.newForm),
			route.Post(at, write, h.create).WithLimit(formLimit).WithFields(formFields),
			route.Get(at+"/{id}/edit", write, h.editForm),
			route.Post(at+"/{id}", write, h.update).WithLimit(formLimit).WithFields(formFields),
		)
	}
	return rows
}

// load finds the policy of the address. One of the other kind does not exist here.
func (h handlers) load(r *http.Request) (policy.Full, error) {
	pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
	if err != nil {
		return policy.Full{}, err
	}
	return h.policies.Policy(r.Context(), pid, h.kind)
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }
