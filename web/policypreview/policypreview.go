// Package policypreview shows what a policy does before it does it: what a
// partner would receive of three made-up people, before and after, and whether a
// request would be allowed, with the reasons. It decides nothing: internal/policy
// does, by the function that a service would use. Both pages are told by their
// address alone and change nothing.
package policypreview

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/route"
	"portal/web/ui"
)

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
	kind     policy.Kind
}

// Routes are the rows of both kinds; all need policy.read.
func Routes(p *policy.Service, words *vocabulary.Service) []route.Route {
	read := route.Needs(authz.PolicyRead)
	var rows []route.Route
	for _, kind := range policydoc.Kinds() {
		h, at := handlers{policies: p, words: words, kind: kind}, policywords.ListURL(kind)
		rows = append(rows,
			route.Get(at+"/{id}/preview", read, h.preview),
			route.Get(at+"/{id}/try", read, h.try),
		)
	}
	return rows
}

// load finds the policy of the address, one of the other kind does not exist
// here, and the vocabulary.
func (h handlers) load(r *http.Request) (policy.Full, *policydoc.Vocabulary, error) {
	pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
	if err != nil {
		return policy.Full{}, nil, err
	}
	p, err := h.policies.Policy(r.Context(), pid, h.kind)
	if err != nil {
		return policy.Full{}, nil, err
	}
	words, err := h.words.All(r.Context())
	return p, words, err
}

// side is one version of the two that are compared, as far as it can be read.
type side struct {
	policy.Version
	Meaning    policydoc.Meaning
	Understood bool
	Report     policydoc.Report // if it is not understood
}

// version reads a version of the policy; problem.ErrNotFound if there is none of
// this number.
func (h handlers) version(r *http.Request, p policy.Full, number int) (side, error) {
	v, found := policy.Version{}, false
	for _, of := range p.Versions {
		if of.Number == number && of.Document != "" {
			v, found = of, true
		}
	}
	if !found { // older, or listed without its text
		var err error
		if v, err = h.policies.Version(r.Context(), p.ID, number); err != nil {
			return side{}, err
		}
	}
	s := side{Version: v}
	s.Meaning, s.Understood = policydoc.Understand(h.kind, []byte(v.Document))
	if !s.Understood {
		s.Report = policydoc.Check(h.kind, []byte(v.Document), policydoc.Around{})
	}
	return s, nil
}

// number reads the number of a version from the address. What is no number is
// ignored; a number that no version can have leads nowhere.
func number(r *http.Request, name string) (n int, given bool, err error) {
	text := r.URL.Query().Get(name)
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false, nil
	}
	n, err = strconv.Atoi(text)
	if err != nil || n > math.MaxInt32 {
		return 0, false, problem.ErrNotFound
	}
	return n, true, nil
}

// chosen is the version of the address, else the one that people ask about: what
// waits, else what is in force, else what was last.
func (h handlers) chosen(r *http.Request, p policy.Full) (side, error) {
	n, given, err := number(r, "version")
	switch newest := p.Newest(); {
	case err != nil:
		return side{}, err
	case given:
	case newest != nil:
		n = newest.Number
	case len(p.Versions) > 0:
		n = p.Versions[0].Number
	}
	return h.version(r, p, n)
}

// against is the version to compare with: that of the address, else the one in
// force; nil if that is the same one, there is none, or the address says 0.
func (h handlers) against(r *http.Request, p policy.Full, after int) (*side, error) {
	n, given, err := number(r, "against")
	if err != nil {
		return nil, err
	}
	if !given && p.InForce != nil {
		n = p.InForce.Number
	}
	if n == 0 || n == after {
		return nil, nil //nolint:nilnil // nothing to compare with is no failure
	}
	s, err := h.version(r, p, n)
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// pageURL is one of the two pages for a version.
func pageURL(p policy.Policy, page string, number int) string {
	return policywords.DoURL(p.Kind, p.ID, page) + "?version=" + strconv.Itoa(number)
}

func back(ctx context.Context, p policy.Policy) *ui.Link {
	return &ui.Link{Href: policywords.URL(p.Kind, p.ID), Text: i18n.T(ctx, "policy_preview.back")}
}

// columnLabel names a version where its table has no head.
func columnLabel(ctx context.Context, s side) string {
	return i18n.T(ctx, "policy_preview.column", "Number", s.Number)
}
