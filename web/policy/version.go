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

// newest is the highest number that a version of the policy has; they count from 1
// without a gap.
func (s versionPage) newest() int { return s.Versions[0].Number }

func (h handlers) version(w http.ResponseWriter, r *http.Request) error {
	p, v, err := h.loadVersion(r)
	if err != nil {
		return err
	}
	s := versionPage{Full: p, Version: v}
	if s.Vocabulary, err = h.words.All(r.Context()); err != nil {
		return err
	}
	if v.Status == policy.VersionInactive {
		if s.Report, err = h.policies.Judge(r.Context(), s.Vocabulary, p.Kind, p.GroupID, p.ID, v.Document); err != nil {
			return err
		}
	}
	if s.Decisions, err = h.policies.DecisionsOf(r.Context(), p.ID, v.Number); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, oneVersion(s))
}

// olderVersions lists the versions before a number, or all from the newest on.
// What is no number counts as none.
func (h handlers) olderVersions(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	before, err := parseNumber(r.URL.Query().Get("before"))
	if err != nil {
		before = p.Versions[0].Number + 1
	}
	rows, err := h.policies.Versions(r.Context(), p.ID, before)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, olderPage(showPage{Full: p}, before, rows))
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
