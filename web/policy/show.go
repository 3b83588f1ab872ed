package policy

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

// showPage is one policy with everything that its reader may know and do.
type showPage struct {
	policy.Full
	Vocabulary *policydoc.Vocabulary
	Report     policydoc.Report // of the version that waits
	Writer     bool             // the reader wrote or edited last what waits, and four eyes are asked for
	Can        can
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	words, err := h.words.All(r.Context())
	if err != nil {
		return err
	}
	s := showPage{Full: p, Vocabulary: words}
	if p.Waiting != nil {
		s.Report = policydoc.Check(p.Kind, []byte(p.Waiting.Document), policydoc.Around{Vocabulary: words})
		s.Writer = h.wrote(r, *p.Waiting)
	}
	s.Can = abilities(r.Context(), p.Status, p.Waiting != nil, s.Report.Errors)
	groupOn := p.GroupStatus != policy.GroupDeactivated
	s.Can.Activate = s.Can.Activate && !s.Writer && groupOn
	s.Can.Reactivate = s.Can.Reactivate && groupOn && p.Deactivated != nil && !h.wrote(r, *p.Deactivated)
	return page.Render(w, r, http.StatusOK, objectPage(s, h.trail))
}

// wrote tells whether the reader may not activate a version because it is their
// own. The rule itself stands in the database.
func (h handlers) wrote(r *http.Request, v policy.Version) bool {
	return h.policies.FourEyes() && v.WrittenBy(h.actor(r).User)
}

// download sends a version as it is stored, as a file of our own name
// (security.md WEB-8).
func (h handlers) download(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(chi.URLParam(r, "number"))
	if err != nil || strconv.Itoa(number) != chi.URLParam(r, "number") || number > math.MaxInt32 {
		return problem.ErrNotFound
	}
	v, err := h.policies.Version(r.Context(), p.ID, number)
	if err != nil {
		return err
	}
	return sendFile(w, r, v, fmt.Sprintf("%s-policy-%s-v%d.json", p.Kind, p.ID, number))
}

func sendFile(w http.ResponseWriter, r *http.Request, v policy.Version, name string) error {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(v.Document)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(v.Document)) // a browser that went away is no failure
	}
	return nil
}

func downloadURL(k policy.Kind, v policy.Version) string {
	return policywords.DoURL(k, v.PolicyID, "versions/"+strconv.Itoa(v.Number)+".json")
}

// versionRows tell who wrote a version and who put it into force.
func versionRows(ctx context.Context, v policy.Version) []ui.Row {
	rows := []ui.Row{{Label: i18n.T(ctx, "policy.written_by"), Component: ui.Text(v.AuthorName), Note: i18n.DateTime(ctx, v.CreatedAt)}}
	if !v.UpdatedAt.Equal(v.CreatedAt) && v.ActivatedAt == nil || v.LastEditorID != v.AuthorID {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy.edited_by"), Component: ui.Text(v.LastEditorName), Note: i18n.DateTime(ctx, v.UpdatedAt)})
	}
	if v.ActivatedAt != nil {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy.activated_by"), Component: ui.Text(v.ActivatedByName), Note: i18n.DateTime(ctx, *v.ActivatedAt)})
	}
	return rows
}
