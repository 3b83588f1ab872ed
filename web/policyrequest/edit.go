package policyrequest

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/policyrequest"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// editView is an own request that goes back to be changed, with what was typed.
type editView struct {
	policyrequest.Standing
	Typed  form.Values
	Errors form.Errors
}

// editForm offers the answers that may be changed. Where none may be, the
// request's page says how things stand.
func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if len(st.Open()) == 0 {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return page.Render(w, r, http.StatusOK, editPage(editView{Standing: st}))
}

// resend sends the changed answers; the others stay as they were.
func (h handlers) resend(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", policyrequest.FieldReason, "need_*")
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	e := editView{Standing: st, Typed: v}
	err = h.requests.Resend(r.Context(), page.Actor(r.Context()), st.ID, v.Int("version"), e.value)
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "policy_request.resent", "Policy", st.PolicyName)
		return page.Redirect(w, r, showURL(st.ID))
	case invalid:
		e.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(e))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st, err, e.kept(r.Context()))
	}
	return err
}

// value is what was typed for a field; of one that did not come, what stands.
func (e editView) value(field string) string {
	if e.Typed.Has(field) {
		return e.Typed.Text(field)
	}
	return e.Answers.Value(field)
}

// field is the question for an open answer, with what was asked about it.
func (e editView) field(ctx context.Context, name string) ui.Field {
	q := ui.Field{
		Name: name, Label: label(ctx, e.Words, name), Value: e.value(name), Error: e.Errors.For(name),
		MaxLength: policyrequest.MaxReason, Rows: 4, Spellcheck: true,
	}
	if line := e.Last().Line(name); line != "" {
		q.Hint = i18n.T(ctx, "policy_request.edit.asked", "Value", line)
	}
	return q
}

// locked are the answers that cannot be changed now.
func (e editView) locked(ctx context.Context) []ui.Row {
	return answers(ctx, e.Words, e.Answers, func(field string) bool {
		return !slices.Contains(e.Open(), field) && (field == policyrequest.FieldReason || slices.Contains(e.Special, policyrequest.AttributeOf(field)))
	})
}

// kept is what was typed on a form that came too late, to be copied.
func (e editView) kept(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, field := range e.Answers.Fields() {
		if e.Typed.Has(field) {
			rows = append(rows, ui.Row{Label: label(ctx, e.Words, field), Value: e.Typed.Text(field)})
		}
	}
	return rows
}

// late says what happened to a request meanwhile, and gives back what was typed
// (security.md CON-1).
func (h handlers) late(w http.ResponseWriter, r *http.Request, st policyrequest.Standing, why error, kept []ui.Row) error {
	now, err := h.requests.Request(r.Context(), page.Actor(r.Context()).Scope(), st.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusConflict, latePage(now, page.Meanwhile(r.Context(), why), kept))
}

// askWithdraw says what withdrawing means.
func (h handlers) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if !st.Undecided() {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return page.Render(w, r, http.StatusOK, withdrawPage(st.Request))
}

func (h handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	err = h.requests.Withdraw(r.Context(), page.Actor(r.Context()), st.ID, v.Int("version"))
	switch {
	case err == nil:
		page.Flash(r, "policy_request.withdrawn", "Policy", st.PolicyName)
		return page.Redirect(w, r, showURL(st.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st, err, nil)
	}
	return err
}

// extendView is the question for a later last day, with what was typed.
type extendView struct {
	policyrequest.Request
	Reason string
	Errors form.Errors
}

// extensionForm asks why a grant should last longer. Where that cannot be asked
// the grant's page says how things stand.
func (h handlers) extensionForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	if x := st.Extension(); !st.NearEnd(h.requests.Today()) || x != nil && x.Waits() {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return page.Render(w, r, http.StatusOK, extensionPage(extendView{Request: st.Request}))
}

func (h handlers) askExtension(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "reason")
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	err = h.requests.AskExtension(r.Context(), page.Actor(r.Context()), st.ID, v.Text("reason"))
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil:
		page.Flash(r, "policy_request.extension.asked", "Policy", st.PolicyName)
		return page.Redirect(w, r, showURL(st.ID))
	case invalid:
		return page.Render(w, r, http.StatusUnprocessableEntity, extensionPage(extendView{st.Request, v.Text("reason"), errs}))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st, err, keptReason(r.Context(), v))
	}
	return err
}

// keptReason is a reason that was typed on a form that came too late.
func keptReason(ctx context.Context, v form.Values) []ui.Row {
	if v.Text("reason") == "" {
		return nil
	}
	return []ui.Row{{Label: i18n.T(ctx, "common.reason"), Value: v.Text("reason")}}
}
