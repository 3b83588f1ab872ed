package policywords

import (
	"context"
	"strconv"
	"strings"

	"portal/internal/policydoc"
	"portal/web/ui"
)

// maxLines is how many lines of a text get a number of their own: a text of the
// allowed size could be nothing but line ends.
const maxLines = 10_000

// linesOf are the lines of a text as its findings count them; the last one keeps
// whatever there is beyond maxLines.
func linesOf(document string) []string {
	lines := strings.SplitN(lineEnds.Replace(document), "\n", maxLines)
	if last := len(lines) - 1; last > 0 && lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// lineID is where a line of the text stands whose ids begin with prefix.
func lineID(prefix string, line int) string { return prefix + "-" + strconv.Itoa(line) }

// NumberedFindings are Findings with links to the lines of a Numbered text of the
// same page.
func NumberedFindings(ctx context.Context, r policydoc.Report, prefix, document string) []ui.Finding {
	found := Findings(ctx, r, "")
	last := len(linesOf(document))
	for i := range found {
		found[i].Href = "#" + lineID(prefix, min(max(found[i].Line, 1), last))
	}
	return found
}
