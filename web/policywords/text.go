package policywords

import (
	"context"
	"strconv"
	"strings"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/ui"
)

// maxLines is how many lines of a text get a number of their own: a text of the
// allowed size could be nothing but line ends.
const maxLines = 10_000

// linesOf are the lines of a text as its findings count them; the last one keeps
// whatever there is beyond the 10,000th.
func linesOf(document string) []string {
	lines := strings.SplitN(lineEnds.Replace(document), "\n", maxLines)
	if last := len(lines) - 1; last > 0 && lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// lineID is where a line of the Numbered text stands whose ids begin with prefix.
func lineID(prefix string, line int) string { return prefix + "-" + strconv.Itoa(line) }

// TextID is what the ids of the lines of a version's text begin with.
func TextID(v policy.Version) string { return "v" + strconv.Itoa(v.Number) }

// TextURL is the page of a version, where its text stands line by line.
func TextURL(k policy.Kind, v policy.Version) string {
	return DoURL(k, v.PolicyID, "versions/"+strconv.Itoa(v.Number))
}

// Places are the lines of a version's text as places of a page, "" for this one:
// a line that the text does not have leads to the nearest that it has.
func Places(page string, v policy.Version) func(line int) string {
	return places(page, TextID(v), v.Document)
}

func places(page, prefix, document string) func(line int) string {
	last := len(linesOf(document))
	return func(line int) string { return page + "#" + lineID(prefix, min(max(line, 1), last)) }
}

// VersionFindings are a report's findings, each with a link to its line of the
// version's text on a page.
func VersionFindings(ctx context.Context, r policydoc.Report, page string, v policy.Version) []ui.Finding {
	return placed(Findings(ctx, r, ""), Places(page, v))
}

// NumberedFindings are a report's findings with links to the lines of the
// Numbered text of the same page.
func NumberedFindings(ctx context.Context, r policydoc.Report, prefix, document string) []ui.Finding {
	return placed(Findings(ctx, r, ""), places("", prefix, document))
}

func placed(found []ui.Finding, place func(line int) string) []ui.Finding {
	for i := range found {
		found[i].Href = place(found[i].Line)
	}
	return found
}
