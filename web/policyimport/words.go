package policyimport

import (
	"context"

	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/ui"
)

// maxShown is how many bytes of texts the page shows below their findings, of
// all files together: further places are told without a link.
const maxShown = 64 << 10

// textFits reports whether the text of the n-th file is shown below its findings.
func textFits(p chosen, n int) bool {
	total := 0
	for _, f := range p.Files[:n+1] {
		if len(f.Report.Findings) > 0 {
			total += len(f.Input.Document)
		}
	}
	return total <= maxShown
}

// textLabel names the text that the findings are about.
func textLabel(ctx context.Context, f row) string {
	if f.Bundle != nil {
		return i18n.T(ctx, "policy.document_of", "Number", f.Bundle.Number)
	}
	return i18n.T(ctx, "policy_import.text", "File", f.BaseName())
}

func groupOptions(p chosen) []ui.Option {
	var options []ui.Option
	for _, g := range p.Groups {
		options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name, Selected: g.ID.String() == p.Group})
	}
	return options
}

func kindOptions(ctx context.Context, f row) []ui.Option {
	var options []ui.Option
	for _, k := range policydoc.Kinds() {
		options = append(options, ui.Option{Value: string(k), Text: i18n.T(ctx, "policy_import.kind."+string(k)), Selected: k == f.Input.Kind})
	}
	return options
}
