package policy

import (
	"strconv"
	"strings"

	"portal/internal/textdiff"
)

// foldFrom is from how many equal lines on a comparison folds them, and
// contextLines how many of them stay around a change.
const (
	foldFrom     = 4
	contextLines = 3
)

// run is lines of a comparison that are shown together: all of them in both
// texts, or all of them in one.
type run struct {
	Lines  []textdiff.Line
	Folded bool
}

// runsOf groups the lines of a comparison, and folds what is long and the same.
func runsOf(lines []textdiff.Line) []run {
	var runs []run
	for start := 0; start < len(lines); {
		end := start + 1
		for end < len(lines) && (lines[end].Kind == textdiff.Keep) == (lines[start].Kind == textdiff.Keep) {
			end++
		}
		if same := lines[start:end]; same[0].Kind == textdiff.Keep {
			runs = append(runs, fold(same, start > 0, end < len(lines))...)
		} else {
			runs = append(runs, run{Lines: same})
		}
		start = end
	}
	return runs
}

// fold keeps some lines in sight at the ends that have a change beside them.
func fold(same []textdiff.Line, before, after bool) []run {
	head, tail := 0, len(same)
	if before {
		head = contextLines
	}
	if after {
		tail -= contextLines
	}
	if tail-head < foldFrom {
		return []run{{Lines: same}}
	}
	var runs []run
	for _, r := range []run{{Lines: same[:head]}, {Lines: same[head:tail], Folded: true}, {Lines: same[tail:]}} {
		if len(r.Lines) > 0 {
			runs = append(runs, r)
		}
	}
	return runs
}

// place is a line's number, nothing where the line does not stand.
func place(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// visible shows what is not seen of a line, where it makes a difference: a
// carriage return, or that the text ends without a line end.
func visible(l textdiff.Line) string {
	if l.Kind == textdiff.Keep {
		return strings.TrimSuffix(l.Text, "\r")
	}
	text := strings.ReplaceAll(l.Text, "\r", "␍")
	if l.NoEnd {
		text += "␃"
	}
	return text
}
