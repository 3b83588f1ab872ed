package policydoc

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// editor collects edits of one text. It takes the text apart by the places of
// its nodes, and writes what is new in the style of what stands around it.
type editor struct {
	doc   []byte
	src   string // doc again: gaps are pieces of it
	edits []Edit

	eol  string // line end of the text
	unit string // one step of indentation
	// Style of what has no sibling to look at.
	colon, comma string
	// models are lists that have entries, by key: what a new list under that key
	// looks like.
	models map[string]*node
}

func newEditor(doc []byte, root *node) *editor {
	e := &editor{doc: doc, src: string(doc), eol: "\n", unit: "  ", colon: ": ", comma: ", ", models: make(map[string]*node)}
	if at := bytes.IndexAny(doc, "\r\n"); at >= 0 {
		e.eol = string(doc[at : at+1])
		if bytes.HasPrefix(doc[at:], []byte("\r\n")) {
			e.eol = "\r\n"
		}
	}
	if len(root.members) == 0 {
		return e
	}
	if open := e.gap(root, 0); multiline(open) {
		e.unit = strings.TrimPrefix(indentation(open), indentation(e.src[:root.start]))
	}
	e.colon = e.colonOf(root, "")
	e.comma = "," + strings.TrimLeft(e.colon, ":")
	if strings.Trim(e.comma, ", ") != "" {
		e.comma = ", "
	}
	return e
}

// text is the document with the edits.
func (e *editor) text() []byte {
	if len(e.edits) == 0 {
		return e.doc
	}
	slices.SortStableFunc(e.edits, func(a, b Edit) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var out bytes.Buffer
	at := 0
	for _, edit := range e.edits {
		out.Write(e.doc[at:edit.Start])
		out.WriteString(edit.Text)
		at = edit.End
	}
	out.Write(e.doc[at:])
	return out.Bytes()
}

func (e *editor) replace(start, end int, text string) {
	e.edits = append(e.edits, Edit{start, end, text})
}

// size is the number of elements of a list or object.
func (n *node) size() int {
	if n == nil {
		return 0
	}
	return len(n.items) + len(n.members)
}

// element is the place of one entry of a list, or of one member of an object
// from its key to its value.
func (n *node) element(i int) (start, end int) {
	if n.kind == objectNode {
		return n.members[i].start, n.members[i].value.end
	}
	return n.items[i].start, n.items[i].end
}

// gap is the text before the element i: behind the opening bracket, between two
// elements, or, for i = size, before the closing bracket.
func (e *editor) gap(n *node, i int) string {
	start, end := n.start+1, n.end-1
	if i > 0 {
		_, start = n.element(i - 1)
	}
	if i < n.size() {
		end, _ = n.element(i)
	}
	return e.src[start:end]
}

// layout is the text around the elements of a list or object.
type layout struct{ open, between, close string }

// layoutOf is how a list or object that has elements is laid out.
func (e *editor) layoutOf(n *node) layout {
	l := layout{open: e.gap(n, 0), close: e.gap(n, n.size())}
	switch {
	case n.size() > 1:
		l.between = e.gap(n, n.size()-1)
	case multiline(l.open):
		l.between = "," + l.open
	}
	if l.between == "" || len(l.between) > maxGap {
		l.between = e.comma
	}
	return l
}

// maxGap bounds what is taken for style: a text made of white space must not grow
// with every entry.
const maxGap = 200

// plain is the layout of what has no sibling: in one line, or each element in a
// line of its own below the line that has the indentation indent.
func (e *editor) plain(lines bool, indent string) layout {
	if !lines {
		return layout{between: e.comma}
	}
	open := e.eol + indent + e.unit
	return layout{open, "," + open, e.eol + indent}
}

// place is where new text stands: whether the elements around it have lines of
// their own, and how far the line is indented.
type place struct {
	lines  bool
	indent string
}

// inside is the place of the elements of n; n may have none, and be nil.
func (e *editor) inside(n *node) place {
	if n.size() == 0 {
		return place{}
	}
	open := e.gap(n, 0)
	if !multiline(open) {
		return place{}
	}
	return place{true, indentation(open)}
}

// choose is the layout of a new list or object at a place: that of the model, if
// it fits there.
func (e *editor) choose(model *node, at place) layout {
	if model.size() > 0 {
		l := e.layoutOf(model)
		small := len(l.open) <= maxGap && len(l.close) <= maxGap
		if small && (at.lines || !multiline(l.open) && !multiline(l.between) && !multiline(l.close)) {
			return l
		}
	}
	return e.plain(at.lines, at.indent)
}

func (l layout) inside(at place) place {
	if multiline(l.open) {
		return place{true, indentation(l.open)}
	}
	return place{false, at.indent}
}

func multiline(gap string) bool { return strings.ContainsAny(gap, "\r\n") }

// indentation is what stands behind the last line end.
func indentation(gap string) string {
	indent := gap[strings.LastIndexAny(gap, "\r\n")+1:]
	if len(indent) > maxGap {
		return ""
	}
	return indent
}

// colonOf is what the object n has between a key and its value: that key, or its
// last one.
func (e *editor) colonOf(n *node, key string) string {
	if n == nil || len(n.members) == 0 {
		return e.colon
	}
	m, ok := n.member(key)
	if !ok {
		m = n.members[len(n.members)-1]
	}
	if colon := e.src[m.end:m.value.start]; len(colon) <= maxGap {
		return colon
	}
	return e.colon
}

// plan is what becomes of the elements of one list or object.
type plan struct {
	gone  map[int]bool
	added map[int][]element // behind the element of that index; -1: before the first
}

// element is a new entry of a list, or member of an object.
type element struct {
	key   string
	value fresh
}

func (p *plan) remove(i int) {
	if p.gone == nil {
		p.gone = make(map[int]bool)
	}
	p.gone[i] = true
}

func (p *plan) add(behind int, el element) {
	if p.added == nil {
		p.added = make(map[int][]element)
	}
	p.added[behind] = append(p.added[behind], el)
}

// empties reports whether nothing is left of n's elements, and something was
// taken away.
func (p *plan) empties(n *node) bool {
	return len(p.gone) > 0 && len(p.gone) == n.size() && len(p.added) == 0
}

// carryOut makes the edits of a plan. Only text between two elements that stay
// is touched, so edits within elements do not meet them. around is the place of
// n; the model is for an n without elements.
func (e *editor) carryOut(n *node, p plan, around place, model *node) {
	if len(p.gone) == 0 && len(p.added) == 0 {
		return
	}
	l := e.choose(model, around)
	if n.size() > 0 {
		l = e.layoutOf(n)
	}
	w := elementWriter{e: e, in: n, layout: l, at: l.inside(around), model: model}
	from := n.start + 1 // behind the last thing that stays
	first, cut := true, false
	news := p.added[-1]
	for i := range n.size() {
		if p.gone[i] {
			cut = true
			news = append(news, p.added[i]...)
			continue
		}
		start, end := n.element(i)
		if cut || len(news) > 0 {
			e.replace(from, start, w.before(news, first, e.gap(n, i)))
		}
		from, first, cut, news = end, false, false, p.added[i]
	}
	if cut || len(news) > 0 {
		e.replace(from, n.end-1, w.last(news, first))
	}
}
