package policydoc

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Level says how much a finding weighs.
type Level string

// An Error keeps a policy from being activated; the others inform, from the
// heaviest: a Risk to the people whose data it is, a Warning of what was probably
// not meant, a Hint at what could be better.
const (
	Error   Level = "error"
	Risk    Level = "risk"
	Warning Level = "warning"
	Hint    Level = "hint"
)

// Levels lists every level from the heaviest.
func Levels() []Level { return []Level{Error, Risk, Warning, Hint} }

// Key is the message that names the level.
func (l Level) Key() string { return "policydoc.level." + string(l) }

// Report is the outcome of a check.
type Report struct {
	// Findings in the order of the text, at most MaxFindings of them; one more,
	// of code JS-099, then says how many are not shown.
	Findings []Finding
	// Errors counts all errors and Notes all other findings, those not shown too.
	Errors, Notes int
}

// OK reports that nothing keeps the document from being used. There may be
// notes.
func (r Report) OK() bool { return r.Errors == 0 }

// Finding is one thing that is wrong, or probably not meant, with its place.
type Finding struct {
	Code  string // stable name: JS-… for the text, AP-… and DS-… for the two kinds
	Level Level
	Key   string // message: what is wrong and what to do
	Args  []any  // of the message: name, value, name, value …; strings and ints only

	// Line and Column count from 1. A line ends with LF, CR LF or CR. A column
	// is counted in characters (Unicode code points, not bytes and not UTF-16
	// units); the column after a line's last character is allowed: it is where
	// something is missing. Length counts characters, never goes beyond the
	// line, and may be 0.
	Line, Column, Length int
	// Offset is the same place in bytes, from 0.
	Offset int

	// Path leads to the value (or the key) in question; empty for the whole
	// document and where the text is too broken to say.
	Path []Step

	// Fix is the change that would settle the finding; nil where there is no
	// single sensible one.
	Fix *Fix
}

// Fix is a change of the document that a person can ask for with one click.
type Fix struct {
	Key   string // message: what it does, such as "Replace by fullName"
	Args  []any  // of the message
	Edits []Edit // in the order of the text, not overlapping
}

// Edit replaces the bytes from Start to End by Text.
type Edit struct {
	Start, End int
	Text       string
}

// ID tells a finding from the others of its report, and finds it again in a new
// report of the same text: "AP-101@45".
func (f Finding) ID() string { return f.Code + "@" + strconv.Itoa(f.Offset) }

// Pointer is the finding's path as a JSON Pointer (RFC 6901); "" is the whole
// document.
func (f Finding) Pointer() string {
	var b strings.Builder
	for _, s := range f.Path {
		b.WriteByte('/')
		b.WriteString(pointerEscape.Replace(s.String()))
	}
	return b.String()
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// found is a finding before its place is counted in lines: bytes from start to
// end, and the values of the rule's arguments in the order of its names.
type found struct {
	rule       ruleID
	start, end int
	values     []any
	path       []Step
}

// lineOf, as a value of found, is a byte offset that the reader is told as a
// line number.
type lineOf int

// collector gathers what the layers find and turns it into a report.
type collector struct {
	kind    Kind
	around  Around
	found   []found
	guesses int // of misspelt words so far; see guess
}

func (c *collector) add(rule ruleID, start, end int, path []Step, values ...any) {
	c.found = append(c.found, found{rule, start, end, values, slices.Clone(path)})
}

// report sorts the findings by place, so that equal texts give equal reports
// whatever order the layers worked in, and counts lines for those it shows.
func (c *collector) report(doc []byte) Report {
	slices.SortStableFunc(c.found, func(a, b found) int {
		return cmp.Or(a.start-b.start, int(a.rule)-int(b.rule), compareValues(a.values, b.values))
	})
	var r Report
	for _, f := range c.found {
		if catalogue[f.rule].level == Error {
			r.Errors++
		} else {
			r.Notes++
		}
	}
	shown := c.found[:min(len(c.found), MaxFindings)]
	at := newLocator(doc)
	errors := 0
	for _, f := range shown {
		r.Findings = append(r.Findings, c.place(f, at))
		if catalogue[f.rule].level == Error {
			errors++
		}
	}
	if rest := c.found[len(shown):]; len(rest) > 0 {
		more := c.place(found{rule: jsMore, start: rest[0].start, end: rest[0].end, values: []any{len(rest)}}, at)
		if errors == r.Errors {
			more.Level = Warning
		}
		r.Findings = append(r.Findings, more)
	}
	return r
}

// compareValues orders two findings of one rule at one place, such as two keys
// missing in one object: the schema library names them in no fixed order.
func compareValues(a, b []any) int {
	for i := range min(len(a), len(b)) {
		x, _ := a[i].(string)
		y, _ := b[i].(string)
		if x != y {
			return strings.Compare(x, y)
		}
	}
	return 0
}

func (c *collector) place(f found, at *locator) Finding {
	r := catalogue[f.rule]
	out := Finding{Code: r.code, Level: r.level, Key: "policydoc.finding." + r.key, Offset: f.start, Path: f.path}
	if r.code[0] != 'J' {
		out.Code = c.prefix() + r.code
	}
	for i, name := range r.args {
		value := f.values[i]
		if offset, ok := value.(lineOf); ok {
			value = at.line(int(offset))
		}
		out.Args = append(out.Args, name, value)
	}
	out.Line, out.Column, out.Length = at.span(f.start, f.end)
	return out
}

func (c *collector) prefix() string {
	if c.kind == KindDataShare {
		return "DS-"
	}
	return "AP-"
}
