package policy

import (
	"strconv"
	"strings"
)

// diffLine is one line of a comparison.
type diffLine struct {
	Sign     string // "−" is gone, "+" is new, "" is in both
	From, To int    // its numbers in the two texts, 0 where it is not
	Text     string
}

func (l diffLine) from() string { return strconv.Itoa(l.From) }
func (l diffLine) to() string   { return strconv.Itoa(l.To) }

// run is lines that are shown together.
type run []diffLine

// folded reports whether a run is long and the same in both.
func (r run) folded() bool { return len(r) >= foldFrom && r[0].Sign == "" }

const (
	around   = 3 // lines that stay around a change
	foldFrom = 4 // a shorter run costs less than its fold
)

func diffRuns(a, b string) []run {
	_ = strings.Fields
	return nil
}
