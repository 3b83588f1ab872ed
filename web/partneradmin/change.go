package partneradmin

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/organisation"
	"portal/internal/problem"
	"portal/web/export"
	"portal/web/form"
	"portal/web/page"
)

func (d Deps) changes(w http.ResponseWriter, r *http.Request) error {
	p, err := d.Organisations.Changes(r.Context(), page.Actor(r.Context()).Scope(), organisation.ChangeList.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, changesPage(p))
}

// changesFile is the whole list as a file.
func (d Deps) changesFile(w http.ResponseWriter, r *http.Request) error {
	q := organisation.ChangeList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[organisation.Change]{
		Name: "partners-changes", Needs: authz.PartnerDecide, Rows: d.Organisations.Listing(page.Actor(r.Context()).Scope(), q),
		Columns: changesTable(r.Context(), list.Page[organisation.Change]{Query: q}).Columns,
	})
}

// changeView is one change with what hangs on it.
type changeView struct {
	organisation.Change
	Certificate *certificate.Certificate // the one that counts; nil: none, or it does not matter
	Late        string                   // what happened since the page was opened
	Reason      string                   // of a rejection, as typed
	Errors      form.Errors
}

// load finds the change of the address with what hangs on it.
func (d Deps) load(r *http.Request) (changeView, error) {
	cid, err := id.Parse[id.PartnerChange](chi.URLParam(r, "id"))
	if err != nil {
		return changeView{}, err
	}
	ctx := r.Context()
	v := changeView{}
	v.Change, err = d.Organisations.Change(ctx, page.Actor(ctx).Scope(), cid)
	if err != nil || v.Field != organisation.Name {
		return v, err
	}
	c, err := d.Organisations.Certificate(ctx, v.PartnerID)
	switch {
	case err == nil:
		v.Certificate = &c
	case errors.Is(err, problem.ErrNotFound):
		err = nil
	}
	return v, err
}

func (d Deps) change(w http.ResponseWriter, r *http.Request) error {
	v, err := d.load(r)
	if err != nil {
		return err
	}
	return d.showChange(w, r, http.StatusOK, v)
}

func (d Deps) showChange(w http.ResponseWriter, r *http.Request, status int, v changeView) error {
	return page.Render(w, r, status, changePage(v, d.Work(r.Context(), audit.PartnerChange, v.ID.String()), d.Trail(r.Context(), audit.Partner, v.PartnerID.String())))
}

func (d Deps) approve(w http.ResponseWriter, r *http.Request) error {
	typed, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	v, err := d.load(r)
	if err != nil {
		return err
	}
	err = d.Organisations.Approve(r.Context(), page.Actor(r.Context()), v.ID, typed.Int("version"))
	return d.decided(w, r, v, err, "partneradmin.change.approved")
}

// decided answers a decision on a change: back to what else waits, or what
// happened meanwhile (security.md CON-1).
func (d Deps) decided(w http.ResponseWriter, r *http.Request, v changeView, err error, done string) error {
	if err == nil {
		page.Flash(r, done, "Name", v.Organisation)
		return page.Redirect(w, r, waitingURL)
	}
	if !errors.Is(err, problem.ErrConflict) {
		return err
	}
	now, failed := d.load(r)
	if failed != nil {
		return failed
	}
	now.Late, now.Reason = page.Meanwhile(r.Context(), err), v.Reason
	return d.showChange(w, r, http.StatusConflict, now)
}

func (d Deps) askRejection(w http.ResponseWriter, r *http.Request) error {
	v, err := d.load(r)
	if err != nil {
		return err
	}
	if v.Status != organisation.Pending {
		return page.Redirect(w, r, changeURL(v.ID))
	}
	return page.Render(w, r, http.StatusOK, rejectPage(v, d.Others(r.Context(), audit.PartnerChange, v.ID.String())))
}

func (d Deps) reject(w http.ResponseWriter, r *http.Request) error {
	typed, err := form.Parse(r, "version", "reason")
	if err != nil {
		return err
	}
	v, err := d.load(r)
	if err != nil {
		return err
	}
	v.Reason = typed.Text("reason")
	ctx := r.Context()
	err = d.Organisations.Reject(ctx, page.Actor(ctx), v.ID, typed.Int("version"), v.Reason)
	if errs, ok := form.Translate(ctx, err); ok {
		v.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, rejectPage(v, d.Others(r.Context(), audit.PartnerChange, v.ID.String())))
	}
	return d.decided(w, r, v, err, "partneradmin.change.rejected")
}
