package policystudio

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/ui"
)

// statusText says in a line how the text stands; it is read out when it changes.
func statusText(ctx context.Context, f formPage) string {
	switch {
	case f.Gone:
		return i18n.T(ctx, "policy_studio.gone")
	case f.Both:
		return i18n.T(ctx, "policy_studio.both.title")
	case f.Errors.For("document") != "":
		return f.Errors.For("document")
	case f.Report == nil:
		return i18n.T(ctx, "policy_studio.empty")
	case f.Report.Errors > 0:
		return i18n.T(ctx, "policy.check.errors", "Count", f.Report.Errors)
	case f.Report.Notes > 0:
		return i18n.T(ctx, "policy.check.warnings", "Count", f.Report.Notes)
	default:
		return i18n.T(ctx, "policy.check.good")
	}
}

// standing is the status's colour, in the names of ui.Tag.
func (f formPage) standing() string {
	switch {
	case f.Both || f.Errors.For("document") != "":
		return "bad"
	case f.Report == nil:
		return "neutral"
	case f.Report.Errors > 0:
		return "bad"
	case f.Report.Notes > 0:
		return "warn"
	default:
		return "good"
	}
}

// textError is the message at the text.
func (f formPage) textError(both string) string {
	if f.Both {
		return both
	}
	return f.Errors.For("document")
}

// jump are the attributes of a link that the script makes lead into the text.
func jump(f policydoc.Finding) templ.Attributes {
	return templ.Attributes{
		"data-jump": "field-document", "data-level": "bad", "data-line": strconv.Itoa(f.Line), "data-column": strconv.Itoa(f.Column),
	}
}

func formTitle(ctx context.Context, f formPage) string {
	if f.Old == nil {
		return i18n.T(ctx, policywords.Word(f.Kind, "new"))
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
