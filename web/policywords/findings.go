package policywords

import (
	"context"
	"slices"
	"strings"
	"time"

	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/ui"
)

// Findings are a report's findings in the reader's language. href is where the
// text can be changed, "" for this page.
func Findings(ctx context.Context, r policydoc.Report, href string) []ui.Finding {
	out := make([]ui.Finding, 0, len(r.Findings))
	for _, f := range r.Findings {
		out = append(out, finding(ctx, f, href))
	}
	return out
}

// FixableFindings are Findings inside the form that holds the text: each fix is
// a button of that form, named "fix", whose value is the Finding.ID that
// policydoc.ApplyFix takes.
func FixableFindings(ctx context.Context, r policydoc.Report) []ui.Finding {
	out := Findings(ctx, r, "")
	for i, f := range r.Findings {
		if f.Fix != nil {
			out[i].FixName = f.ID()
		}
	}
	return out
}

func finding(ctx context.Context, f policydoc.Finding, href string) ui.Finding {
	out := ui.Finding{
		Line: f.Line, Column: f.Column, Length: f.Length, Level: string(f.Level), LevelText: i18n.T(ctx, f.Level.Key()), Code: f.Code,
		Href: href, Text: FindingText(ctx, f), Path: PathWords(ctx, f.Path),
	}
	if f.Fix != nil {
		out.FixText = i18n.T(ctx, f.Fix.Key, f.Fix.Args...)
	}
	return out
}

// FindingText is the sentence of a finding: what is wrong and what to do. An
// argument called Date is a day (ISO 8601), which is written as the reader does.
func FindingText(ctx context.Context, f policydoc.Finding) string {
	args := slices.Clone(f.Args)
	for i := 0; i+1 < len(args); i += 2 {
		text, _ := args[i+1].(string)
		if day, err := time.Parse(time.DateOnly, text); err == nil && args[i] == "Date" {
			args[i+1] = i18n.DateIn(i18n.Lang(ctx), day)
		}
	}
	return i18n.T(ctx, f.Key, args...)
}

// PathWords is a path from the outside in: "shared data › entry 3 › source"; ""
// for the whole document.
func PathWords(ctx context.Context, path []policydoc.Step) string {
	if len(path) == 0 {
		return ""
	}
	var words []string
	for _, w := range policydoc.PathWords(path) {
		if w.Key != "" {
			words = append(words, i18n.T(ctx, w.Key, w.Args...))
		} else {
			words = append(words, i18n.Isolate(w.Raw))
		}
	}
	return strings.Join(words, " › ")
}
