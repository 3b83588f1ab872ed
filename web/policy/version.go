package policy

import (
	"fmt"
	"net/http"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/page"
)

// versionPage is one version, whatever became of it.
type versionPage struct {
	policy.Full
	Version    policy.Version
	Vocabulary *policydoc.Vocabulary
	Report     policydoc.Report  // of a version that waits
	Decisions  []policy.Decision // about it
}

func (h handlers) version(w http.ResponseWriter, r *http.Request) error {
	p, v, err := h.loadVersion(r)
	if err != nil {
		return err
	}
	s := versionPage{Full: p, Version: v}
	if v.Status == policy.VersionInactive {
		s.Report, s.Vocabulary, err = h.policies.Judge(r.Context(), p.Kind, p.GroupID, p.ID, v.Document)
	} else {
		s.Vocabulary, err = h.words.All(r.Context())
	}
	if err != nil {
		return err
	}
	if s.Decisions, err = h.policies.DecisionsOf(r.Context(), p.ID, v.Number); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, oneVersion(s))
}

// loadVersion finds the policy and the version of the address, the version with
// its text and its periods.
func (h handlers) loadVersion(r *http.Request) (policy.Full, policy.Version, error) {
	p, err := h.load(r)
	if err != nil {
		return p, policy.Version{}, err
	}
	number, err := numberOf(r)
	if err != nil {
		return p, policy.Version{}, err
	}
	v, err := h.policies.Version(r.Context(), p.ID, number)
	return p, v, err
}

// download sends a version as it is stored, as a file of our own name
// (security.md WEB-8).
func (h handlers) download(w http.ResponseWriter, r *http.Request) error {
	p, v, err := h.loadVersion(r)
	if err != nil {
		return err
	}
	return page.Download(w, r, fmt.Sprintf("%s-policy-%s-v%d.json", p.Kind, p.ID, v.Number), []byte(v.Document))
}
