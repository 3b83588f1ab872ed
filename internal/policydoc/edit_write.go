package policydoc

import (
	"bytes"
	"slices"
)

// fresh is a value that is new in the text.
type fresh struct {
	kind     nodeKind
	text     string // of a text
	flag     bool
	elements []element // of a list or object
}

func freshText(s string) fresh             { return fresh{kind: textNode, text: s} }
func freshFlag(b bool) fresh               { return fresh{kind: flagNode, flag: b} }
func freshObject(members ...element) fresh { return fresh{kind: objectNode, elements: members} }
func freshList(entries ...element) fresh   { return fresh{kind: listNode, elements: entries} }
func (v fresh) member(key string) element  { return element{key, v} }
func (v fresh) entry() element             { return element{value: v} }
func (v *fresh) push(el element)           { v.elements = append(v.elements, el) }

// elementWriter writes new elements of one list or object.
type elementWriter struct {
	e      *editor
	in     *node // the list or object
	layout layout
	at     place // of the elements
	model  *node // of in, where that has no elements
}

// before is the text from an element that stays, or the opening bracket, to the
// next element that stays; gap is what stood before that one.
func (w elementWriter) before(news []element, first bool, gap string) string {
	switch {
	case !first:
		return w.run(news, first) + gap
	case len(news) == 0:
		return w.layout.open
	}
	return w.run(news, first) + w.layout.between
}

// last is the text from an element that stays, or the opening bracket, to the
// closing bracket.
func (w elementWriter) last(news []element, first bool) string {
	if first && len(news) == 0 {
		return ""
	}
	return w.run(news, first) + w.layout.close
}

func (w elementWriter) run(news []element, first bool) string {
	var b bytes.Buffer
	for i, el := range news {
		if i == 0 && first {
			b.WriteString(w.layout.open)
		} else {
			b.WriteString(w.layout.between)
		}
		w.element(&b, el)
	}
	return b.String()
}

func (w elementWriter) element(b *bytes.Buffer, el element) {
	like := w.in
	if like.size() == 0 {
		like = w.model
	}
	if w.in.kind == objectNode {
		b.WriteString(quoted(el.key))
		b.WriteString(w.e.colonOf(like, el.key))
		w.e.write(b, el.value, w.e.modelOf(el.key, nil), w.at)
		return
	}
	w.e.write(b, el.value, w.e.sibling(like, el.value.kind), w.at)
}

// write writes a value as its model is written.
func (e *editor) write(b *bytes.Buffer, v fresh, model *node, at place) {
	switch v.kind {
	case textNode:
		b.WriteString(quoted(v.text))
	case flagNode:
		if v.flag {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case objectNode, listNode:
		e.writeNested(b, v, model, at)
	default:
		b.WriteString("null")
	}
}

func (e *editor) writeNested(b *bytes.Buffer, v fresh, model *node, at place) {
	brackets := "[]"
	if v.kind == objectNode {
		brackets = "{}"
	}
	if model != nil && model.kind != v.kind {
		model = nil
	}
	b.WriteByte(brackets[0])
	if len(v.elements) > 0 {
		l := e.choose(model, at)
		within := l.inside(at)
		b.WriteString(l.open)
		for i, el := range inOrderOf(model, v.elements) {
			if i > 0 {
				b.WriteString(l.between)
			}
			if v.kind == objectNode {
				b.WriteString(quoted(el.key))
				b.WriteString(e.colonOf(model, el.key))
				e.write(b, el.value, e.modelOf(el.key, model.get(el.key)), within)
			} else {
				e.write(b, el.value, e.sibling(model, el.value.kind), within)
			}
		}
		b.WriteString(l.close)
	}
	b.WriteByte(brackets[1])
}

// inOrderOf puts members in the order that they have in the model, if it has all
// of them.
func inOrderOf(model *node, members []element) []element {
	if model == nil || model.kind != objectNode {
		return members
	}
	at := make(map[string]int, len(members))
	for i, m := range slices.Backward(model.members) {
		at[m.key] = i
	}
	for _, el := range members {
		if _, ok := at[el.key]; !ok {
			return members
		}
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b element) int { return at[a.key] - at[b.key] })
	return members
}

// modelOf is the list that a new list under key looks like.
func (e *editor) modelOf(key string, own *node) *node {
	if own.size() > 0 {
		return own
	}
	return e.models[key]
}

// sibling is the last entry of a list that has elements of its own and the kind.
func (e *editor) sibling(list *node, kind nodeKind) *node {
	for _, item := range slices.Backward(list.list()) {
		if item.kind == kind && item.size() > 0 {
			return item
		}
	}
	return nil
}
