package register

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// start is the first page: what is needed, how long it takes, what comes next.
func (s *screens) start(w http.ResponseWriter, r *http.Request) error {
	d, err := s.regs.Draft(r.Context(), s.token(r))
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return page.Render(w, r, http.StatusOK, startPage(d))
}

// restart forgets the draft; the answer takes the cookie away.
func (s *screens) restart(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	if err := s.regs.Restart(r.Context(), s.token(r)); err != nil {
		return err
	}
	s.remember(w, "")
	return page.Redirect(w, r, startURL)
}

// question is a step's page.
type question struct {
	step    partner.Step
	draft   partner.Draft
	answers partner.Answers // as typed last
	errors  form.Errors
	groups  []partner.OpenGroup
}

func (q question) number() int { return slices.Index(q.draft.Steps(), q.step) + 1 }
func (q question) total() int  { return len(q.draft.Steps()) }

// back leads to the page before this one: the answers, if all are given.
func (q question) back(ctx context.Context) *ui.Link {
	href := startURL
	switch n := q.number(); {
	case q.draft.Next() == "":
		href = checkURL
	case n > 1:
		href = stepURL(q.draft.Steps()[n-2])
	}
	return &ui.Link{Href: href, Text: i18n.T(ctx, "common.back")}
}

func (q question) title() string { return "register." + string(q.step) + ".title" }

func (s *screens) show(step partner.Step) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := s.regs.Draft(r.Context(), s.token(r))
		if url := astray(d, err, step); url != "" {
			return page.Redirect(w, r, url)
		}
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		return s.ask(w, r, http.StatusOK, question{step: step, draft: d, answers: d.Answers})
	}
}

// astray is where to go instead of a step that cannot be shown now: a draft is
// missing, was sent, or lacks an earlier answer. "" is nowhere else.
func astray(d partner.Draft, err error, step partner.Step) string {
	switch {
	case errors.Is(err, problem.ErrNotFound) && step != partner.StepType:
		return startURL
	case err != nil || step == partner.StepType:
		return ""
	case d.Receipt != nil:
		return sentURL
	case !d.Reachable(step):
		return stepURL(d.Next())
	}
	return ""
}

func (s *screens) ask(w http.ResponseWriter, r *http.Request, status int, q question) error {
	if q.step == partner.StepGroup {
		groups, err := s.regs.Groups(r.Context())
		if err != nil {
			return err
		}
		q.groups = groups
	}
	return page.Render(w, r, status, questionPage(q, s.regs.Terms()))
}

func (s *screens) save(step partner.Step) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		v, err := form.Parse(r, step.Fields()...)
		if err != nil {
			return err
		}
		d, err := s.regs.Draft(ctx, s.token(r))
		if url := astray(d, err, step); url != "" {
			return page.Redirect(w, r, url)
		}
		in := input(step, d.Answers, v)
		saved, token, err := s.regs.Save(ctx, s.token(r), step, in)
		switch errs, invalid := translate(ctx, err); {
		case invalid:
			return s.ask(w, r, http.StatusUnprocessableEntity, question{step: step, draft: d, answers: in.Answers, errors: errs})
		case errors.Is(err, problem.ErrNotFound):
			return page.Redirect(w, r, startURL) // sent or forgotten in another tab
		case err != nil:
			return err
		}
		s.remember(w, token)
		return page.Redirect(w, r, stepURL(saved.After(step)))
	}
}

// translate is form.Translate with words of our own for what was left empty:
// in the summary of errors "Enter a value" would not say which.
func translate(ctx context.Context, err error) (form.Errors, bool) {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return form.Errors{}, false
	}
	fields := slices.Clone(invalid.Fields)
	for i, f := range fields {
		if f.Key == "problem.required" || f.Key == "problem.choose" {
			fields[i].Key = "register.required." + f.Name
		}
	}
	return form.Translate(ctx, &problem.InvalidError{Fields: fields})
}

// input is what a step's form sent, beside the answers that are there already.
func input(step partner.Step, before partner.Answers, v form.Values) partner.Input {
	in := partner.Input{Answers: before}
	switch step {
	case partner.StepPassword:
		in.Password = v.Raw("password")
	case partner.StepConsent:
		in.Consent = v.Raw("consent") == "yes"
	default:
		for _, field := range step.Fields() {
			in.Answers.Set(field, v.Raw(field))
		}
	}
	return in
}

// check shows all answers.
func (s *screens) check(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, proof, err := s.regs.Proof(ctx, s.token(r))
	switch {
	case err != nil && !errors.Is(err, problem.ErrNotFound):
		return err
	case d.Receipt != nil:
		return page.Redirect(w, r, sentURL)
	case !d.Begun():
		return page.Redirect(w, r, startURL)
	case d.Next() != "":
		return page.Redirect(w, r, stepURL(d.Next()))
	}
	group := ""
	if d.Answers.PolicyGroupID != "" {
		groups, err := s.regs.Groups(ctx)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if g.ID.String() == d.Answers.PolicyGroupID {
				group = g.Name
			}
		}
	}
	return page.Render(w, r, http.StatusOK, checkPage(d, group, verified(proof, page.Now(ctx))))
}

// send asks for the request to be sent.
func (s *screens) send(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	sent, err := s.regs.Send(r.Context(), page.Actor(r.Context()), s.token(r))
	if err != nil {
		return s.refused(w, r, err)
	}
	if sent {
		return page.Redirect(w, r, sentURL)
	}
	return page.Redirect(w, r, codeURL)
}

// refused leads back to the step that has to be done (again).
func (s *screens) refused(w http.ResponseWriter, r *http.Request, err error) error {
	var incomplete *partner.IncompleteError
	var invalid *problem.InvalidError
	switch {
	case errors.As(err, &incomplete):
		return page.Redirect(w, r, stepURL(incomplete.Step))
	case errors.Is(err, problem.ErrNotFound):
		return page.Redirect(w, r, startURL)
	case errors.As(err, &invalid):
		d, loadErr := s.regs.Draft(r.Context(), s.token(r))
		if loadErr != nil {
			return loadErr
		}
		errs, _ := translate(r.Context(), err)
		return s.ask(w, r, http.StatusUnprocessableEntity,
			question{step: partner.StepOf(invalid.Fields[0].Name), draft: d, answers: d.Answers, errors: errs})
	}
	return err
}

func verified(st challenge.State, now time.Time) bool { return !id.IsZero(st.ID) && st.Verified(now) }

// field is a question's input with its words and what is wrong with it.
func (q question) field(ctx context.Context, name, hint string) ui.Field {
	f := ui.Field{Name: name, Label: i18n.T(ctx, "partner.field."+name), Value: q.answers.Value(name), Error: q.errors.For(name)}
	if hint != "" {
		f.Hint = i18n.T(ctx, hint)
	}
	return f
}

func typeOptions(ctx context.Context, chosen partner.Type) []ui.Option {
	var options []ui.Option
	for _, t := range partner.Types {
		options = append(options, ui.Option{
			Value: string(t), Text: i18n.T(ctx, "partner.type."+string(t)),
			Hint: i18n.T(ctx, "partner.type_help."+string(t)), Selected: t == chosen,
		})
	}
	return options
}

func groupOptions(groups []partner.OpenGroup, chosen string) []ui.Option {
	var options []ui.Option
	for _, g := range groups {
		options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name, Hint: g.Description, Selected: g.ID.String() == chosen})
	}
	return options
}

// languageOptions proposes the language in which the visitor reads.
func languageOptions(ctx context.Context, chosen string) []ui.Option {
	if chosen == "" {
		chosen = i18n.Lang(ctx)
	}
	var options []ui.Option
	for _, l := range i18n.Languages {
		options = append(options, ui.Option{Value: l.Code, Text: l.Name, Selected: l.Code == chosen})
	}
	return options
}

func languageName(code string) string {
	for _, l := range i18n.Languages {
		if l.Code == code {
			return l.Name
		}
	}
	return ""
}
