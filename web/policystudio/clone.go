package policystudio

import (
	"net/http"
	"strconv"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/web/i18n"
)

// original is the version that a new policy starts as a copy of.
type original struct {
	policy.Policy
	Number int
}

// copyInto fills the page of a new policy with a version of another one: the
// address names both (?from=&version=). Without a version the form stays empty
// and says so. A policy of the other kind, or a version that it does not have, is
// problem.ErrNotFound.
func (h handlers) copyInto(f *formPage, r *http.Request) error {
	from, version := r.URL.Query().Get("from"), r.URL.Query().Get("version")
	if from == "" || version == "" {
		f.NoCopy = from != ""
		return nil
	}
	pid, err := id.Parse[id.Policy](from)
	if err != nil {
		return err
	}
	old, err := h.policies.Policy(r.Context(), pid, h.kind)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(version)
	if err != nil || number < 1 || number > 1<<30 {
		number = 0 // no version has it
	}
	v, err := h.policies.Version(r.Context(), pid, number)
	if err != nil {
		return err
	}
	f.Copied = &original{old.Policy, v.Number}
	f.Name = shorten(i18n.T(r.Context(), "policy_studio.copy.name", "Name", old.Name), policy.MaxName)
	f.About, f.Document = old.Description, lines(v.Document)
	if old.GroupStatus == policy.GroupActive {
		f.Group = old.GroupID.String()
	}
	return nil
}

// shorten cuts a text to so many characters.
func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
