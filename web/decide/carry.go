package decide

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// askView is the page of an act with what was typed so far.
type askView struct {
	Kind
	Thing
	act
	Typed          form.Values
	Errors         form.Errors
	Others, Beside templ.Component
}

// halted reports whether nothing but the obstacles is to be said: what cannot be
// approved cannot be given its approval back either.
func (v askView) halted() bool {
	return (v.act == approve || v.act == reactivate) && len(v.Obstacles) > 0
}

// carryOut does what the page of an act asked for, on the thing as it showed it.
func (d Desk[T]) carryOut(v act) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		typed, err := form.Parse(r, v.inputs()...)
		if err != nil {
			return err
		}
		of, t, err := d.load(r)
		if err != nil {
			return err
		}
		err = d.do(r.Context(), page.Actor(r.Context()), v, of, t, typed)
		errs, invalid := form.Translate(r.Context(), err)
		switch {
		case err == nil:
			page.Flash(r, d.key(v, t, "done"), "Name", t.Name, "Organisation", t.Organisation)
			return page.Redirect(w, r, d.PathOf(t))
		case invalid:
			return d.draw(w, r, http.StatusUnprocessableEntity, of, askView{Kind: d.Kind, Thing: t, act: v, Typed: typed, Errors: errs})
		case errors.Is(err, problem.ErrConflict):
			now, loadErr := d.Load(r.Context(), of)
			if loadErr != nil {
				return loadErr
			}
			return Late(w, r, d.Kind, now, err, d.kept(r.Context(), typed))
		}
		return err
	}
}

func (d Desk[T]) do(ctx context.Context, a authz.Actor, v act, of T, t Thing, typed form.Values) error {
	version := typed.Int("version")
	switch v {
	case approve:
		return d.Approve(ctx, a, of, version)
	case withdraw:
		return d.Withdraw(ctx, a, of, version)
	case requestChanges:
		lines, err := d.lines(t, typed)
		if err != nil {
			return err
		}
		return d.RequestChanges(ctx, a, of, version, lines, typed.Text("note"))
	case reject, deactivate, reactivate:
	}
	reason, err := d.Chosen(t.Lang, string(v), typed.Raw("template"), typed.Text("reason"))
	if err != nil {
		return err
	}
	return map[act]func(context.Context, authz.Actor, T, int, string) error{
		reject: d.Reject, deactivate: d.Deactivate, reactivate: d.Reactivate,
	}[v](ctx, a, of, version, reason)
}

// lines are what is asked to change, by answer.
func (k Kind) lines(t Thing, typed form.Values) ([]approval.Line, error) {
	var lines []approval.Line
	for _, field := range k.Fields {
		text, err := k.Chosen(t.Lang, string(requestChanges), typed.Raw("template_"+field), typed.Text("line_"+field))
		if err != nil {
			return nil, err
		}
		lines = append(lines, approval.Line{Field: field, Message: text})
	}
	return lines, nil
}

// Chosen is a text with a chosen one before it, in the provider's language: those
// words go to the provider. problem.ErrBadRequest for a name that there is not.
func (k Kind) Chosen(lang, verb, template, text string) (string, error) {
	if template == "" {
		return text, nil
	}
	key := k.templateKey(verb, template)
	if !i18n.Has(lang, key) {
		return "", problem.ErrBadRequest
	}
	if text == "" {
		return i18n.In(lang, key), nil
	}
	return i18n.In(lang, key) + "\n" + text, nil
}

func (k Kind) templateKey(verb, name string) string { return k.word("template." + verb + "." + name) }

// Reasons are the reasons to choose from for an act, none of them first. What a
// provider of another language will read stands with each.
func (k Kind) Reasons(ctx context.Context, verb, lang, selected string) []ui.Option {
	options := []ui.Option{{Value: "", Text: i18n.T(ctx, "approval.template.none"), Selected: selected == ""}}
	for _, name := range k.Templates[verb] {
		o := ui.Option{Value: name, Text: i18n.T(ctx, k.templateKey(verb, name)), Selected: selected == name}
		if lang != i18n.Lang(ctx) {
			o.Hint = i18n.Isolate(i18n.In(lang, k.templateKey(verb, name)))
		}
		options = append(options, o)
	}
	return options
}

// kept is what was typed on a form that came too late, to be copied.
func (k Kind) kept(ctx context.Context, typed form.Values) []ui.Row {
	var rows []ui.Row
	add := func(label, name string) {
		if text := typed.Text(name); text != "" {
			rows = append(rows, ui.Row{Label: label, Value: text})
		}
	}
	add(i18n.T(ctx, "common.reason"), "reason")
	for _, field := range k.Fields {
		add(k.Label(ctx, field), "line_"+field)
	}
	add(i18n.T(ctx, "approval.note"), "note")
	return rows
}

// Late says what happened to a thing meanwhile, and gives back what was typed
// (security.md CON-1). t is the thing as it is now, why the ErrConflict.
func Late(w http.ResponseWriter, r *http.Request, k Kind, t Thing, why error, kept []ui.Row) error {
	return page.Render(w, r, http.StatusConflict, latePage(k, t, page.Meanwhile(r.Context(), why), kept))
}

// seen is the row version that the form carries: the one it came with if something
// was wrong in it, so that what changed meanwhile is told when it is sent again.
func (v askView) seen() string {
	if v.Typed.Has("version") {
		return v.Typed.Raw("version")
	}
	return strconv.Itoa(v.Version)
}

// says is a sentence of the page.
func (v askView) says(ctx context.Context, part string) string {
	return i18n.T(ctx, v.key(v.act, v.Thing, part), "Name", v.Name, "Organisation", v.Organisation)
}

// button names the act on its button, or on the link to its page.
func (k Kind) button(ctx context.Context, v act, t Thing) string {
	if v == withdraw && t.Status == approval.Draft {
		return i18n.T(ctx, "approval.discard")
	}
	return i18n.T(ctx, "approval."+string(v))
}

// gentle reports whether an act takes nothing away.
func (v act) gentle() bool { return v == approve || v == requestChanges || v == reactivate }

// line asks what to change of an answer, with the present one beside it.
func (v askView) line(ctx context.Context, field string) ui.Field {
	name := "line_" + field
	return ui.Field{
		Name: name, Label: v.Label(ctx, field), Optional: true, Spellcheck: true, Value: v.Typed.Text(name), Error: v.Errors.For(name),
		Hint: i18n.T(ctx, "approval.now", "Value", v.shown(ctx, field, v.Thing.Answers()[field])),
	}
}

// back leads from a page about a thing to the thing.
func (k Kind) back(ctx context.Context, t Thing) *ui.Link {
	return &ui.Link{Href: k.PathOf(t), Text: i18n.T(ctx, "approval.back")}
}
