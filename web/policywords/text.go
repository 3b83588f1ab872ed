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

// TextLines are the lines of a text as its findings count them; the last one
// keeps whatever there is beyond the 10,000th.
func TextLines(document string) []string {
	lines := strings.SplitN(lineEnds.Replace(document), "\n", maxLines)
	if last := len(lines) - 1; last > 0 && lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// LineID is where a line of a version's text stands on a page that shows it.
func LineID(number, line int) string { return "v" + strconv.Itoa(number) + "-" + strconv.Itoa(line) }

// TextURL is the page of a version, where its text stands line by line.
func TextURL(k policy.Kind, v policy.Version) string {
	return DoURL(k, v.PolicyID, "versions/"+strconv.Itoa(v.Number))
}

// Places are the lines of a version's text as places of a page, "" for this one:
// a line that the text does not have leads to the nearest that it has.
func Places(page string, v policy.Version) func(line int) string {
	last := len(TextLines(v.Document))
	return func(line int) string { return page + "#" + LineID(v.Number, min(max(line, 1), last)) }
}

// VersionFindings are a report's findings, each with a link to its line of the
// version's text on a page.
func VersionFindings(ctx context.Context, r policydoc.Report, page string, v policy.Version) []ui.Finding {
	found, place := Findings(ctx, r, ""), Places(page, v)
	for i := range found {
		found[i].Href = place(found[i].Line)
	}
	return found
}
