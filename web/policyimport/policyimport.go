// Package policyimport is how policies come in and go out as files: documents as
// MOSIP has them, and bundles with their history. It decides nothing: what a file
// holds and whether it can be taken is told by internal/policy.
package policyimport

import (
	"fmt"
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

// importURL is where files are chosen, looked through and taken.
const importURL = "/policies/import"

// maxUpload is how many bytes the files may have that a browser sends at once.
// The command line takes more (policy.MaxImportBytes): it holds no form in
// memory, and does not send everything twice.
const maxUpload = 4 << 20

// formLimit is how many bytes the form may send: all files, base64 on the second
// page, and the fields around them.
const formLimit = maxUpload/3*4 + 256<<10

// formFields is how many parts the form may have: far more files than are taken,
// so that whoever chooses too many is told so by the page.
const formFields = 20 * policy.MaxImportFiles

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
}

// Routes are the rows of importing, which needs policy.write, and of bundles,
// which whoever reads policies may have.
func Routes(p *policy.Service, words *vocabulary.Service) []route.Route {
	h := handlers{policies: p, words: words}
	write := route.Needs(authz.PolicyWrite)
	rows := []route.Route{
		route.Get(importURL, write, h.choose),
		route.Post(importURL, write, h.submit).WithLimit(formLimit).WithFields(formFields),
	}
	for _, kind := range policydoc.Kinds() {
		rows = append(rows, route.Get(policywords.ListURL(kind)+"/{id}/bundle.json", route.Needs(authz.PolicyRead), h.bundle(kind)))
	}
	return rows
}

// bundle sends a policy with its history, as a file of our own name (security.md
// WEB-8).
func (h handlers) bundle(kind policy.Kind) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		b, err := h.policies.Bundle(r.Context(), pid, kind)
		if err != nil {
			return err
		}
		file, err := b.JSON()
		if err != nil {
			return err
		}
		return page.Download(w, r, fmt.Sprintf("%s-policy-%s-bundle.json", kind, pid), file)
	}
}
