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

	// Nth counts, from 0, the findings of the same code at the same place, such
	// as two keys that are missing in one object.
	Nth int
}

// ID tells a finding from the others of its report, and finds it again in a new
// report of the same text: "AP-101@45", the next of the same code at the same
// place "AP-101@45.1".
func (f Finding) ID() string {
	id := f.Code + "@" + strconv.Itoa(f.Offset)
	if f.Nth > 0 {
		id += "." + strconv.Itoa(f.Nth)
	}
	return id
}

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
	fix        *Fix
}

// mend gives a finding a fix. It does nothing for one that was not kept.
func (f *found) mend(fix *Fix) {
	if f != nil {
		f.fix = fix
	}
}

// lineOf, as a value of found, is a byte offset that the reader is told as a
// line number.
type lineOf int

// maxKept bounds the findings of one rule. A report shows the first MaxFindings
// of the text, and every rule goes through the text in its order, but for a few
// findings of the objects around; eight times as many are safe.
const maxKept = 8 * MaxFindings

// notes are findings in the making.
type notes struct {
	found  []found
	kept   [rules]int16 // findings of each rule
	errors int          // errors that were counted only
	others int          // other findings that were counted only
}

// add keeps a finding, or only counts it where there are more than anybody will
// see; then it returns nil.
func (n *notes) add(rule ruleID, start, end int, path []Step, values ...any) *found {
	if n.kept[rule] == maxKept {
		n.count(rule)
		return nil
	}
	n.kept[rule]++
	n.found = append(n.found, found{rule, start, end, values, slices.Clone(path), nil})
	return &n.found[len(n.found)-1]
}

// count notes a finding that nobody will see.
func (n *notes) count(rule ruleID) {
	if catalogue[rule].level == Error {
		n.errors++
	} else {
		n.others++
	}
}

// collector gathers what the layers find and turns it into a report.
type collector struct {
	kind   Kind
	around Around
	doc    []byte
	notes
	guesses int               // of misspelt words so far; see guess
	folded  map[string][]rune // words as guess compares them
}

// report sorts the findings by place, so that equal texts give equal reports
// whatever order the layers worked in, and counts lines for those it shows.
func (c *collector) report() Report {
	slices.SortStableFunc(c.found, func(a, b found) int {
		return cmp.Or(a.start-b.start, int(a.rule)-int(b.rule), compareValues(a.values, b.values))
	})
	r := Report{Errors: c.errors, Notes: c.others}
	for _, f := range c.found {
		if catalogue[f.rule].level == Error {
			r.Errors++
		} else {
			r.Notes++
		}
	}
	shown := c.found[:min(len(c.found), MaxFindings)]
	at := newLocator(c.doc)
	errors := 0
	for _, f := range shown {
		r.Findings = append(r.Findings, c.place(f, at))
		if catalogue[f.rule].level == Error {
			errors++
		}
	}
	twins(r.Findings)
	if rest := c.found[len(shown):]; len(rest) > 0 {
		count := r.Errors + r.Notes - len(shown)
		more := c.place(found{rule: jsMore, start: rest[0].start, end: rest[0].end, values: []any{count}}, at)
		if errors == r.Errors {
			more.Level = Warning
		}
		r.Findings = append(r.Findings, more)
	}
	return r
}

// twins tells findings of one code at one place apart.
func twins(sorted []Finding) {
	for i := range sorted {
		for j := i - 1; j >= 0 && sorted[j].Offset == sorted[i].Offset; j-- {
			if sorted[j].Code == sorted[i].Code {
				sorted[i].Nth = sorted[j].Nth + 1
				break
			}
		}
	}
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
	out := Finding{Code: r.code, Level: r.level, Key: "policydoc.finding." + r.key, Offset: f.start, Path: f.path, Fix: f.fix}
	switch {
	case r.code[0] != 'J' && !c.kind.Valid():
		out.Code = "JS-" + r.code // of no kind: there is no other name for it
	case r.code[0] != 'J':
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
