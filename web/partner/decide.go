package partner

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// decision is one of the three ways on from a request that waits: a page that
// says what will happen, and a button that makes it happen.
type decision struct {
	verb   string
	to     partner.Status
	inputs []string // of its form, besides the row version
	do     func(*partner.Service, context.Context, authz.Actor, id.Partner, int, form.Values) error
}

var (
	approval = decision{
		verb: "approve", to: partner.Active,
		do: func(s *partner.Service, ctx context.Context, a authz.Actor, pid id.Partner, version int, _ form.Values) error {
			return s.Approve(ctx, a, pid, version)
		},
	}
	returning = decision{
		verb: "request-changes", to: partner.ChangesRequested, inputs: append(lineNames(), "note"),
		do: func(s *partner.Service, ctx context.Context, a authz.Actor, pid id.Partner, version int, v form.Values) error {
			var lines []partner.FieldLine
			for _, field := range partner.Askable {
				lines = append(lines, partner.FieldLine{Field: field, Message: v.Text(lineName(field))})
			}
			return s.RequestChanges(ctx, a, pid, version, lines, v.Text("note"))
		},
	}
	rejection = decision{
		verb: "reject", to: partner.Rejected, inputs: []string{"reason"},
		do: func(s *partner.Service, ctx context.Context, a authz.Actor, pid id.Partner, version int, v form.Values) error {
			return s.Reject(ctx, a, pid, version, v.Text("reason"))
		},
	}
	decisions = []decision{approval, returning, rejection}
)

func lineName(field string) string { return "line_" + field }

func lineNames() []string {
	var names []string
	for _, field := range partner.Askable {
		names = append(names, lineName(field))
	}
	return names
}

// key is a message of the decision: "admission.approve.title".
func (d decision) key(suffix string) string { return "admission." + d.verb + "." + suffix }

// decidePage is the form of a decision with what was typed so far.
type decidePage struct {
	partner.Review
	decision
	Typed  form.Values
	Errors form.Errors
	Rules  rules // of an approval
}

// ask shows what a decision will do. Where nothing waits the partner's page
// says how things stand.
func (h handlers) ask(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		review, err := h.load(r)
		if err != nil {
			return err
		}
		if review.Partner.Status != partner.PendingApproval {
			return page.Redirect(w, r, showURL(review.Partner.ID))
		}
		return h.draw(w, r, http.StatusOK, decidePage{Review: review, decision: d})
	}
}

// draw shows the form; an approval with the policies that would hold then.
func (h handlers) draw(w http.ResponseWriter, r *http.Request, status int, c decidePage) (err error) {
	if c.verb == approval.verb {
		if c.Rules, err = h.rules(r.Context(), c.Partner); err != nil {
			return err
		}
	}
	return page.Render(w, r, status, askPage(c, h.others(r.Context(), audit.Partner, c.Partner.ID.String())))
}

// decide carries a decision out on the request as its page showed it.
func (h handlers) decide(d decision) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, append([]string{"version"}, d.inputs...)...)
		if err != nil {
			return err
		}
		review, err := h.load(r)
		if err != nil {
			return err
		}
		p := review.Partner
		err = d.do(h.partners, r.Context(), page.Actor(r.Context()), p.ID, v.Int("version"), v)
		if err == nil {
			page.Flash(r, d.key("done"), "Name", p.Organisation)
			return page.Redirect(w, r, pendingURL)
		}
		if errs, ok := form.Translate(r.Context(), err); ok {
			c := decidePage{Review: review, decision: d, Typed: v, Errors: errs}
			return h.draw(w, r, http.StatusUnprocessableEntity, c)
		}
		if errors.Is(err, problem.ErrConflict) {
			return h.tooLate(w, r, p.ID, d, v, err)
		}
		return err
	}
}

// tooLate says what happened to the request meanwhile, and keeps what was
// typed (security.md CON-1).
func (h handlers) tooLate(w http.ResponseWriter, r *http.Request, pid id.Partner, d decision, v form.Values, why error) error {
	now, err := h.partners.Review(r.Context(), page.Actor(r.Context()).Scope(), pid)
	if err != nil {
		return err
	}
	c := decidePage{Review: now, decision: d, Typed: v}
	return page.Render(w, r, http.StatusConflict, tooLatePage(c, page.Meanwhile(r.Context(), why)))
}

// lines are the questions of the page that asks for changes: one an answer,
// with the present value beside it.
func (c decidePage) lines(ctx context.Context) []ui.Field {
	var fields []ui.Field
	for _, field := range asked(c.Partner, partner.Askable) {
		name := lineName(field)
		fields = append(fields, ui.Field{
			Name: name, Label: label(ctx, field), Optional: true, Spellcheck: true,
			Hint:  i18n.T(ctx, "admission.request-changes.now", "Value", shown(ctx, short(answer(ctx, c.Partner, field)))),
			Value: c.Typed.Text(name), Error: c.Errors.For(name),
		})
	}
	return fields
}

// kept is what was typed on a form that came too late, to be copied.
func (c decidePage) kept(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, field := range partner.Askable {
		if text := c.Typed.Text(lineName(field)); text != "" {
			rows = append(rows, ui.Row{Label: label(ctx, field), Value: text})
		}
	}
	for _, name := range []string{"note", "reason"} {
		if text := c.Typed.Text(name); text != "" {
			rows = append(rows, ui.Row{Label: i18n.T(ctx, c.key(name)), Value: text})
		}
	}
	return rows
}

// shown is an answer, or that there is none.
func shown(ctx context.Context, value string) string {
	if value == "" {
		return i18n.T(ctx, "ui.not_given")
	}
	return value
}

// short cuts a long answer down to what fits beside a question; the whole one
// stands on the partner's page.
func short(s string) string {
	const max = 160
	if runes := []rune(s); len(runes) > max {
		return string(runes[:max]) + "…"
	}
	return s
}
