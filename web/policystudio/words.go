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

// standing is how the document stands.
type standing struct {
	Colour string // in the names of ui.Tag
	Short  string // two or three words
	Line   string // read out when it changes
}

func (f formPage) standing(ctx context.Context) standing {
	refused := f.Errors.For("document")
	switch {
	case f.Both:
		return standing{"bad", i18n.T(ctx, "policy_studio.short.both"), i18n.T(ctx, "policy_studio.both.title")}
	case refused != "":
		return standing{"bad", i18n.T(ctx, "policy_studio.short.refused"), refused}
	case f.Report == nil:
		return standing{"neutral", i18n.T(ctx, "policy_studio.short.empty"), i18n.T(ctx, "policy_studio.empty")}
	case f.Report.Errors > 0:
		n := f.Report.Errors
		return standing{"bad", i18n.T(ctx, "policy_studio.short.errors", "Count", n), i18n.T(ctx, "policy.check.errors", "Count", n)}
	case f.Report.Notes > 0:
		n := f.Report.Notes
		return standing{"warn", i18n.T(ctx, "policy_studio.short.notes", "Count", n), i18n.T(ctx, "policy.check.warnings", "Count", n)}
	default:
		return standing{"good", i18n.T(ctx, "policy_studio.short.good"), i18n.T(ctx, "policy.check.good")}
	}
}

// statusLine says how the text stands, or first that a correction came too late.
func (f formPage) statusLine(ctx context.Context) string {
	if f.Gone {
		return i18n.T(ctx, "policy_studio.gone")
	}
	return f.standing(ctx).Line
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
