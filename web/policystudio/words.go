package policystudio

import (
	"context"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/ui"
)

// eyes chooses the message for an installation with or without four eyes.
func eyes(four bool, key string) string {
	if four {
		return key + ".four_eyes"
	}
	return key + ".two_eyes"
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
