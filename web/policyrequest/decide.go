package policyrequest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// decision is one of the ways on from a request or a grant: a page that says what
// will happen, and a button that makes it happen.
type decision struct {
	verb      string
	from      policyrequest.Status // in which it can be taken
	extension bool                 // it answers the question for a later last day
	inputs    []string             // of its form, besides the row version
	templates []string             // names of reasons to choose from
	do        func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values) error
}

var (
	approval = decision{
		verb: "approve", from: policyrequest.PendingApproval, inputs: []string{"shown", "ends_on"},
		do: func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values) error {
			on, err := lastDayOf(v)
			if err != nil {
				return err
			}
			return h.requests.Approve(ctx, a, st.ID, v.Int("version"), policyrequest.Grant{EndsOn: on, Shown: v.Int("shown")})
		},
	}
	returning = decision{
		verb: "request-changes", from: policyrequest.PendingApproval, inputs: []string{"line_*", "template_*", "note"},
		templates: []string{"concrete", "basis", "less"},
		do: func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values) error {
			var lines []policyrequest.FieldLine
			for _, field := range st.Answers.Fields() {
				text, err := chosen(st, "request-changes", v.Raw("template_"+field), v.Text("line_"+field))
				if err != nil {
					return err
				}
				lines = append(lines, policyrequest.FieldLine{Field: field, Message: text})
			}
			return h.requests.RequestChanges(ctx, a, st.ID, v.Int("version"), lines, v.Text("note"))
		},
	}
	rejection = withReason(decision{
		verb: "reject", from: policyrequest.PendingApproval, templates: []string{"purpose", "less", "certificate", "basis"},
	}, func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values, reason string) error {
		return h.requests.Reject(ctx, a, st.ID, v.Int("version"), reason)
	})
	extending = decision{
		verb: "extend", from: policyrequest.Approved, extension: true, inputs: []string{"extension", "ends_on"},
		do: func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values) error {
			xid, err := id.Parse[id.PolicyRequestExtension](v.Raw("extension"))
			if err != nil {
				return problem.ErrBadRequest // the form itself carries it
			}
			on, err := lastDayOf(v)
			if err == nil && on.IsZero() {
				err = problem.Invalid("ends_on", "problem.required")
			}
			if err != nil {
				return err
			}
			return h.requests.Extend(ctx, a, st.ID, xid, on)
		},
	}
	refusing = withReason(decision{
		verb: "refuse-extension", from: policyrequest.Approved, extension: true, inputs: []string{"extension"}, templates: []string{"unused", "anew"},
	}, func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values, reason string) error {
		xid, err := id.Parse[id.PolicyRequestExtension](v.Raw("extension"))
		if err != nil {
			return problem.ErrBadRequest // the form itself carries it
		}
		return h.requests.RefuseExtension(ctx, a, st.ID, xid, reason)
	})
	revocation = withReason(decision{
		verb: "revoke", from: policyrequest.Approved, templates: []string{"misuse", "unused", "basis"},
	}, func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values, reason string) error {
		return h.requests.Revoke(ctx, a, st.ID, v.Int("version"), reason)
	})
	decisions = []decision{approval, returning, rejection, extending, refusing, revocation}
)

// withReason is a decision that gives a reason: a chosen one, own words, or both.
func withReason(d decision, do func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values, reason string) error) decision {
	d.inputs = append(d.inputs, "template", "reason")
	d.do = func(h handlers, ctx context.Context, a authz.Actor, st policyrequest.Standing, v form.Values) error {
		reason, err := chosen(st, d.verb, v.Raw("template"), v.Text("reason"))
		if err != nil {
			return err
		}
		return do(h, ctx, a, st, v, reason)
	}
	return d
}

// chosen is a text with a chosen one before it, in the partner's language: those
// words go to the partner.
func chosen(st policyrequest.Standing, verb, template, text string) (string, error) {
	if template == "" {
		return text, nil
	}
	key := templateKey(verb, template)
	if !i18n.Has(st.PartnerLang, key) {
		return "", problem.ErrBadRequest
	}
	if text == "" {
		return i18n.In(st.PartnerLang, key), nil
	}
	return i18n.In(st.PartnerLang, key) + "\n" + text, nil
}

func templateKey(verb, name string) string { return "policy_request.template." + verb + "." + name }

// lastDayOf is the day that was typed; the zero time for none.
func lastDayOf(v form.Values) (time.Time, error) {
	if v.Text("ends_on") == "" {
		return time.Time{}, nil
	}
	on, err := time.Parse(time.DateOnly, v.Text("ends_on"))
	if err != nil {
		return time.Time{}, problem.Invalid("ends_on", "policy_request.problem.day")
	}
	return on, nil
}

// key is a message of the decision: "policy_request.approve.title".
func (d decision) key(suffix string) string { return "policy_request." + d.verb + "." + suffix }

// decideView is the form of a decision with what was typed so far.
type decideView struct {
	reviewView
	decision
	Typed  form.Values
	Errors form.Errors
	Before *shownVersion // another version came into force since the page was shown
}

// shownVersion is what a page showed before.
type shownVersion struct {
	Number  int
	Changes policydoc.Delta
	Known   bool // both texts can be understood
}

// ask shows what a decision will do. Where it cannot be taken the request's page
// says how things stand.
func (h handlers) ask(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		st, err := h.load(r)
		if err != nil {
			return err
		}
		x := st.Extension()
		if st.Status != d.from || d.extension && (x == nil || !x.Waits()) {
			return page.Redirect(w, r, showURL(st.ID))
		}
		return h.draw(w, r, http.StatusOK, decideView{decision: d}, st.ID)
	}
}

// draw reads the request again and shows the form.
func (h handlers) draw(w http.ResponseWriter, r *http.Request, status int, v decideView, rid id.PolicyRequest) error {
	review, err := h.requests.Review(r.Context(), page.Actor(r.Context()).Scope(), rid)
	if err != nil {
		return err
	}
	v.reviewView = reviewView{review, h.requests.Today()}
	if v.Before != nil {
		if err := h.compare(r.Context(), v); err != nil {
			return err
		}
	}
	return page.Render(w, r, status, decidePage(v, h.others(r.Context(), audit.PolicyRequest, rid.String())))
}

// compare says in what the version in force differs from the one that was shown.
func (h handlers) compare(ctx context.Context, v decideView) error {
	shown, err := h.requests.Version(ctx, v.Request, v.Before.Number)
	if err != nil {
		return err
	}
	a, okA := policydoc.Understand(v.Kind, []byte(shown))
	b, okB := policydoc.Understand(v.Kind, []byte(v.Document))
	if v.Before.Known = okA && okB; v.Before.Known {
		v.Before.Changes = policydoc.Compare(a, b, v.Words)
	}
	return nil
}

// decide carries a decision out on the request as its page showed it.
func (h handlers) decide(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, append([]string{"version"}, d.inputs...)...)
		if err != nil {
			return err
		}
		st, err := h.load(r)
		if err != nil {
			return err
		}
		err = d.do(h, r.Context(), page.Actor(r.Context()), st, v)
		var changed *policyrequest.VersionChangedError
		errs, invalid := form.Translate(r.Context(), err)
		switch {
		case err == nil:
			page.Flash(r, d.key("done"), "Name", st.Organisation, "Policy", st.PolicyName)
			return page.Redirect(w, r, showURL(st.ID))
		case invalid:
			return h.draw(w, r, http.StatusUnprocessableEntity, decideView{decision: d, Typed: v, Errors: errs}, st.ID)
		case errors.As(err, &changed):
			return h.draw(w, r, http.StatusConflict, decideView{decision: d, Typed: v, Before: &shownVersion{Number: changed.Shown}}, st.ID)
		case errors.Is(err, problem.ErrConflict):
			return h.late(w, r, st, err, d.kept(r.Context(), st, v))
		}
		return err
	}
}

// kept is what was typed on a form that came too late, to be copied.
func (d decision) kept(ctx context.Context, st policyrequest.Standing, v form.Values) []ui.Row {
	rows := keptReason(ctx, v)
	for _, field := range st.Answers.Fields() {
		if text := v.Text("line_" + field); text != "" {
			rows = append(rows, ui.Row{Label: label(ctx, st.Words, field), Value: text})
		}
	}
	if text := v.Text("note"); text != "" {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "policy_request.request-changes.note"), Value: text})
	}
	return rows
}

// reasons are the reasons to choose from, none of them first. What the partner
// will read stands with each where that is another language.
func (v decideView) reasons(ctx context.Context, lang, selected string) []ui.Option {
	options := []ui.Option{{Value: "", Text: i18n.T(ctx, "policy_request.template.none"), Selected: selected == ""}}
	for _, name := range v.templates {
		o := ui.Option{Value: name, Text: i18n.T(ctx, templateKey(v.verb, name)), Selected: selected == name}
		if lang != i18n.Lang(ctx) {
			o.Hint = i18n.Isolate(i18n.In(lang, templateKey(v.verb, name)))
		}
		options = append(options, o)
	}
	return options
}

// seen is a number that the form carries of what its page showed. A form that
// comes back with something wrong keeps the number it came with, so that what
// changed meanwhile is told when it is sent again; only a page that tells of the
// change carries the new one.
func (v decideView) seen(name string, now int) string {
	if v.Typed.Has(name) && v.Before == nil {
		return v.Typed.Raw(name)
	}
	return strconv.Itoa(now)
}

// endsOn asks for the last day of a grant.
func (v decideView) endsOn(ctx context.Context) ui.Field {
	value := v.Today.AddDate(0, policyrequest.GrantMonths, 0).Format(time.DateOnly)
	if v.Typed.Has("ends_on") {
		value = v.Typed.Text("ends_on")
	}
	_, latest := policyrequest.LastDays(v.Today)
	return ui.Field{
		Name: "ends_on", Type: "date", Width: "medium", Label: i18n.T(ctx, "policy_request.ends_on"), Value: value, Error: v.Errors.For("ends_on"),
		Hint: i18n.T(ctx, "policy_request.ends_on.hint", "Day", i18n.Day(ctx, latest)),
	}
}

// line asks what to change of an answer, with the present one beside it.
func (v decideView) line(ctx context.Context, field string) ui.Field {
	name := "line_" + field
	return ui.Field{
		Name: name, Label: label(ctx, v.Words, field), Optional: true, Spellcheck: true, Value: v.Typed.Text(name), Error: v.Errors.For(name),
		Hint: i18n.T(ctx, "policy_request.request-changes.now", "Value", short(v.Answers.Value(field))),
	}
}

// short cuts a long answer down to what fits beside a question; the whole one
// stands on the request's page.
func short(s string) string {
	const most = 160
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
