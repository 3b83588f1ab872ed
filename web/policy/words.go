package policy

import (
	"context"
	"errors"
	"strings"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// can is what the reader may do with a policy in its present state.
type can struct{ Edit, Activate, Deactivate, Reactivate bool }

// abilities asks the matrix and the state machine. errors are the findings that
// keep the waiting version from being activated.
func abilities(ctx context.Context, s policy.Status, waiting bool, errors int) can {
	decide := page.May(ctx, authz.PolicyActivate)
	return can{
		Edit:       page.May(ctx, authz.PolicyWrite),
		Activate:   decide && waiting && errors == 0,
		Deactivate: decide && policy.Statuses.Can(s, policy.Deactivated),
		Reactivate: decide && s == policy.Deactivated && policy.Statuses.Can(s, policy.Active),
	}
}

var tagKinds = map[string]string{
	string(policy.Inactive):          "neutral",
	string(policy.Active):            "good",
	string(policy.Deactivated):       "bad",
	string(policy.VersionSuperseded): "neutral",
}

// statusText names the state of a policy or of a version.
func statusText[S ~string](ctx context.Context, s S) string {
	return i18n.T(ctx, "policy.status."+string(s))
}

// findings are a report's findings in the reader's language. href is where the
// text can be changed, "" for this page.
func findings(ctx context.Context, r policydoc.Report, href string) []ui.Finding {
	out := make([]ui.Finding, 0, len(r.Findings))
	for _, f := range r.Findings {
		out = append(out, ui.Finding{
			Line: f.Line, Column: f.Column, Level: string(f.Level), Href: href,
			Text: i18n.T(ctx, f.Key, f.Args...), Path: pathWords(ctx, f.Path),
		})
	}
	return out
}

// pathWords is a path from the outside in: "shared data › entry 3 › source".
func pathWords(ctx context.Context, path []policydoc.Step) string {
	if len(path) == 0 {
		return ""
	}
	var words []string
	for _, w := range policydoc.PathWords(path) {
		if w.Key != "" {
			words = append(words, i18n.T(ctx, w.Key, w.Args...))
		} else {
			words = append(words, isolate(w.Raw))
		}
	}
	return strings.Join(words, " › ")
}

// isolate keeps a name of the document in its own direction inside a sentence.
func isolate(s string) string { return "\u2068" + s + "\u2069" }

// named is the word for a name of the document, or the name itself.
func named(ctx context.Context, key func(string) (string, bool), name string) string {
	if k, known := key(name); known {
		return i18n.T(ctx, k)
	}
	return isolate(name)
}

// joined joins words as the language does.
func joined(ctx context.Context, words []string) string {
	return strings.Join(words, i18n.T(ctx, "policy.separator"))
}

func mapped(ctx context.Context, key func(string) (string, bool), names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, named(ctx, key, n))
	}
	return out
}

// eyes chooses the message for an installation with or without four eyes.
func eyes(four bool, key string) string {
	if four {
		return key + ".four_eyes"
	}
	return key + ".two_eyes"
}

func formTitle(ctx context.Context, f formPage) string {
	if f.Old == nil {
		return i18n.T(ctx, word(f.Kind, "new"))
	}
	return i18n.T(ctx, "policy.edit.title", "Name", f.Old.Name)
}

func inactiveGroup(ctx context.Context, f formPage) string {
	if f.Old == nil {
		return ""
	}
	return i18n.T(ctx, "policy.group.deactivated", "Name", f.Old.GroupName)
}

func sampleOptions(ctx context.Context, k policy.Kind) []ui.Option {
	var options []ui.Option
	for _, s := range policydoc.Samples(k) {
		options = append(options, ui.Option{Value: s.ID, Text: i18n.T(ctx, s.TitleKey), Hint: i18n.T(ctx, s.DescriptionKey)})
	}
	return options
}

// period is a time in which a version was in force.
func period(ctx context.Context, p policy.Period) string {
	if p.To == nil {
		return i18n.T(ctx, "policy.period.open", "From", i18n.Date(ctx, p.From))
	}
	return i18n.T(ctx, "policy.period.closed", "From", i18n.Date(ctx, p.From), "To", i18n.Date(ctx, *p.To))
}

// reasonText is what a conflict tells of what happened meanwhile, "" if nothing.
func reasonText(ctx context.Context, err error) string {
	var conflict *problem.ConflictError
	if errors.As(err, &conflict) {
		return i18n.T(ctx, conflict.Key, conflict.Args...)
	}
	return ""
}
