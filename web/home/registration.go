package home

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"portal/internal/partner"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// step is the name of the buttons that say how far the form has come: without
// one the answers are checked, then they are sent, or edited once more.
const (
	step     = "step"
	stepSend = "send"
	stepEdit = "edit"
)

// registrationForm is the own registration with what was typed so far.
type registrationForm struct {
	partner.Standing
	Answers partner.Answers // as typed
	Version int             // that the form was opened with
	Errors  form.Errors
}

func (d Deps) registration(w http.ResponseWriter, r *http.Request) error {
	s, err := d.Partners.Standing(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	f := registrationForm{Standing: s, Answers: s.Partner.Answers(), Version: s.Partner.Version}
	return page.Render(w, r, http.StatusOK, registrationPage(f))
}

// send checks the changed answers, shows them, and at the second button sends
// the request again.
func (d Deps) send(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, append([]string{"version", step}, partner.Askable...)...)
	if err != nil {
		return err
	}
	ctx, a := r.Context(), page.Actor(r.Context())
	s, err := d.Partners.Standing(ctx, a)
	if err != nil {
		return err
	}
	f := typed(s, v)
	switch v.Text(step) {
	case stepSend:
		err = d.Partners.Resubmit(ctx, a, f.Version, f.Answers)
	case stepEdit:
		if len(s.Open()) > 0 {
			return page.Render(w, r, http.StatusOK, registrationPage(f))
		}
		return page.Redirect(w, r, registrationURL)
	default:
		err = f.check()
	}
	return d.answer(w, r, f, v.Text(step) == stepSend, err)
}

// answer is the page after the answers were checked or sent.
func (d Deps) answer(w http.ResponseWriter, r *http.Request, f registrationForm, sent bool, err error) error {
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case err == nil && sent:
		page.Flash(r, "home.registration.sent")
		return page.Redirect(w, r, homeURL)
	case err == nil:
		return page.Render(w, r, http.StatusOK, checkPage(f))
	case invalid:
		f.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, registrationPage(f))
	case errors.Is(err, problem.ErrConflict):
		return page.Render(w, r, http.StatusConflict, tooLatePage(f, page.Meanwhile(r.Context(), err)))
	}
	return err
}

// typed puts what was typed over the present answers. Fields that did not come
// stay as they are.
func typed(s partner.Standing, v form.Values) registrationForm {
	f := registrationForm{Standing: s, Answers: s.Partner.Answers(), Version: v.Int("version")}
	for _, field := range partner.Askable {
		if v.Has(field) {
			f.Answers.Set(field, v.Text(field))
		}
	}
	return f
}

func (f *registrationForm) check() error {
	if f.Version != f.Partner.Version {
		return &problem.ConflictError{Key: "admission.conflict.asked_again", Args: []any{"When", f.Partner.UpdatedAt}}
	}
	return f.Check(&f.Answers)
}

// field is the question for an open answer, with what was asked about it.
func (f registrationForm) field(ctx context.Context, name string) ui.Field {
	q := ui.Field{Name: name, Label: label(ctx, name), Value: f.Answers.Value(name), Error: f.Errors.For(name)}
	if line := f.Last.Line(name); line != "" {
		q.Hint = i18n.T(ctx, "home.registration.asked", "Message", line)
	}
	switch name {
	case "purpose":
		q.MaxLength, q.Spellcheck = partner.MaxPurpose, true
	case "address":
		q.MaxLength, q.Autocomplete = partner.MaxAddress, "street-address"
	case "organisation":
		q.Autocomplete = "organization"
	case "public_id":
		q.Dir, q.Width = "ltr", "medium"
	case "first_name":
		q.Autocomplete = "given-name"
	case "last_name":
		q.Autocomplete = "family-name"
	case "phone":
		q.Type, q.Autocomplete, q.Width = "tel", "tel", "medium"
	case "policy_group":
		if f.May("type") && q.Hint == "" {
			q.Hint = i18n.T(ctx, "home.registration.group_hint")
		}
		q.Optional = f.May("type")
	}
	return q
}

func (f registrationForm) types(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, t := range partner.Types {
		options = append(options, ui.Option{
			Value: string(t), Text: i18n.T(ctx, "partner.type."+string(t)),
			Hint: i18n.T(ctx, "partner.type_help."+string(t)), Selected: t == f.Answers.Type,
		})
	}
	return options
}

// groups are the policy groups to choose from: the active ones, and the
// present one, so that the form shows what stands there.
func (f registrationForm) groups(ctx context.Context) []ui.Option {
	var options []ui.Option
	if f.May("type") {
		options = append(options, ui.Option{Text: i18n.T(ctx, "common.none"), Selected: f.Answers.PolicyGroupID == ""})
	}
	for _, g := range f.Groups {
		if g.Active || g.ID == f.Partner.PolicyGroupID {
			options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name, Selected: g.ID.String() == f.Answers.PolicyGroupID})
		}
	}
	return options
}

// text is an answer as people read it. value is as stored or typed.
func (f registrationForm) text(ctx context.Context, field, value string) string {
	switch field {
	case "type":
		return i18n.T(ctx, "partner.type."+value)
	case "lang":
		for _, l := range i18n.Languages {
			if l.Code == value {
				return l.Name
			}
		}
	case "policy_group":
		for _, g := range f.Groups {
			if g.ID.String() == value {
				return g.Name
			}
		}
		if value == f.Partner.Answers().PolicyGroupID {
			return f.Partner.PolicyGroup
		}
	}
	return value
}

// rows are the answers to the given fields; those that a type does not have
// are left out.
func (f registrationForm) rows(ctx context.Context, keep func(field string) bool) []ui.Row {
	var rows []ui.Row
	for _, field := range partner.Fields {
		value := f.Answers.Value(field)
		if !keep(field) || field == "policy_group" && value == "" {
			continue
		}
		row := ui.Row{Label: label(ctx, field), Value: f.text(ctx, field, value)}
		if slices.Contains([]string{"public_id", "email", "phone"}, field) {
			row.Value, row.Component = "", ui.Code(value)
		}
		rows = append(rows, row)
	}
	return rows
}

// locked are the answers that cannot be changed now.
func (f registrationForm) locked(ctx context.Context) []ui.Row {
	return f.rows(ctx, func(field string) bool { return !f.May(field) })
}

// changed are the answers that differ from what was sent last.
func (f registrationForm) changed(ctx context.Context) []ui.Row {
	var rows []ui.Row
	now := f.Partner.Answers()
	for _, field := range partner.Fields {
		before, after := now.Value(field), f.Answers.Value(field)
		if before != after {
			rows = append(rows, ui.Row{Label: label(ctx, field), Component: fromTo(f.text(ctx, field, before), f.text(ctx, field, after))})
		}
	}
	return rows
}
