package policydoc

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"
)

// Apply writes the answers into the text that the form was made of, with the
// smallest edits: what the form did not change keeps its bytes, so an unchanged
// form gives the same text. New entries are written like their siblings.
//
// A value that the format does not take, such as "abc" for a count, is written
// as typed, so that nothing is lost; the linter says what is wrong. An empty
// optional answer takes its key away. With the first change a document also gets
// the lists and objects that its schema requires.
//
// Rows are told by their Origin: those of the document that are not in the form
// are removed, new ones stand behind the row before them; they cannot change
// places. Others are for reading and change nothing.
//
// The error is ErrForm for a form of another document, and where the new text
// would break a limit of a document.
func (f Form) Apply(doc []byte) ([]byte, error) {
	root, ok := editable(doc)
	if !ok || f.TooLarge || !f.Kind.Valid() {
		return nil, ErrForm
	}
	text := doc
	if blankText(doc) {
		text = append([]byte("{}"), newEditor(doc, root).eol...)
		root, _ = editable(text)
	}
	a := &applier{e: newEditor(text, root), p: projector{doc: text}}
	top := a.object(root, place{lines: true}, nil)
	switch f.Kind {
	case KindAuth:
		a.auth(top, f.Auth)
	case KindDataShare:
		a.share(top, f.Share)
	}
	top.done()
	switch {
	case a.wrong:
		return nil, ErrForm
	case len(a.e.edits) == 0:
		return doc, nil
	}
	out := a.e.text()
	if _, ok := editable(out); !ok {
		return nil, ErrForm
	}
	return out, nil
}

// applier holds answers against the nodes of the document and plans the edits.
type applier struct {
	e     *editor
	p     projector
	wrong bool // the form does not fit
}

// object plans the edits of one object. around is its place, order the schema's
// order of its keys.
func (a *applier) object(n *node, around place, order []string) *objectPlan {
	return &objectPlan{a: a, n: n, around: around, order: order}
}

type objectPlan struct {
	a      *applier
	n      *node
	around place
	order  []string
	plan   plan
}

// inside is the place of the object's members.
func (o *objectPlan) inside() place {
	if o.n.size() == 0 {
		return o.a.e.plain(o.around.lines, o.around.indent).inside(o.around)
	}
	return o.a.e.inside(o.n)
}

// list is the value of a key, if it is a list.
func (o *objectPlan) list(key string) *node {
	if v := o.n.get(key); v != nil && v.kind == listNode {
		return v
	}
	return nil
}

// set puts a value in the place of the key's, or adds the key behind the nearest
// one that the schema has before it.
func (o *objectPlan) set(key string, v fresh) {
	if m, ok := o.n.member(key); ok {
		var b bytes.Buffer
		o.a.e.write(&b, v, o.a.e.models[key], o.inside())
		o.a.e.replace(m.value.start, m.value.end, b.String())
		return
	}
	behind := -1
	for _, before := range o.order[:max(0, slices.Index(o.order, key))] {
		if i := slices.IndexFunc(o.n.members, func(m member) bool { return m.key == before }); i >= 0 {
			behind = i
		}
	}
	o.plan.add(behind, v.member(key))
}

// drop takes a key away, wherever it is written.
func (o *objectPlan) drop(key string) {
	for i, m := range o.n.members {
		if m.key == key {
			o.plan.remove(i)
		}
	}
}

// entries carries out what becomes of the list under key. A list that is not
// there, or no list, gives way to a new one.
func (o *objectPlan) entries(key string, p plan) {
	if list := o.list(key); list != nil {
		o.a.e.carryOut(list, p, o.inside(), o.a.e.models[key])
		return
	}
	var v fresh
	for _, el := range p.added[-1] {
		v = freshList(append(v.elements, el)...)
	}
	if v.kind == listNode {
		o.set(key, v)
	}
}

// done carries out what was planned.
func (o *objectPlan) done() {
	for _, added := range o.plan.added {
		slices.SortStableFunc(added, func(a, b element) int {
			return cmp.Compare(slices.Index(o.order, a.key), slices.Index(o.order, b.key))
		})
	}
	o.a.e.carryOut(o.n, o.plan, o.around, nil)
}

// required adds what the schema requires, if the document changes at all.
func (o *objectPlan) required(key string, v fresh) {
	if _, there := o.n.member(key); !there && o.changes() && !o.adds(key) {
		o.set(key, v)
	}
}

func (o *objectPlan) changes() bool {
	return len(o.a.e.edits)+len(o.plan.gone)+len(o.plan.added) > 0
}

func (o *objectPlan) adds(key string) bool {
	for _, added := range o.plan.added {
		for _, el := range added {
			if el.key == key {
				return true
			}
		}
	}
	return false
}

// answers writes the answers that say something else than the document.
func (o *objectPlan) answers(questions []question) {
	for _, q := range questions {
		if was := o.a.p.answer(o.n.get(q.key), q.control); q.differs(was) {
			o.answer(q)
		}
	}
}

func (q question) differs(was Answer) bool {
	if q.control == namesControl {
		return !slices.Equal(SplitNames(q.answer.Value), SplitNames(was.Value))
	}
	return q.answer.Value != was.Value
}

func (o *objectPlan) answer(q question) {
	v, said := o.a.value(q)
	switch {
	case !said && (q.optional || q.control == flagControl):
		o.drop(q.key)
	case q.control == namesControl && o.list(q.key) != nil:
		o.a.names(o, q.key, SplitNames(q.answer.Value))
	default:
		o.set(q.key, v)
	}
}

// value is an answer as it is written; said is false for an empty one.
func (a *applier) value(q question) (v fresh, said bool) {
	value := q.answer.Value
	if !utf8.ValidString(value) {
		a.wrong = true
	}
	switch q.control {
	case flagControl:
		a.wrong = a.wrong || value != "" && value != "true" && value != "false"
		return freshFlag(value == "true"), value != ""
	case namesControl:
		v = freshList()
		for _, name := range SplitNames(value) {
			v.push(freshText(name).entry())
		}
		return v, len(v.elements) > 0
	case textControl, countControl:
	}
	return freshText(value), value != ""
}

// names changes a list of names where the old and the new one differ.
func (a *applier) names(o *objectPlan, key string, names []string) {
	list := o.list(key)
	was, _ := showableNames(list)
	if was == nil { // an odd list
		was = make([]string, list.size())
	}
	head := 0
	for head < min(len(was), len(names)) && was[head] == names[head] {
		head++
	}
	tail := 0
	for tail < min(len(was), len(names))-head && was[len(was)-1-tail] == names[len(names)-1-tail] {
		tail++
	}
	var p plan
	for i := head; i < len(was)-tail; i++ {
		p.remove(i)
	}
	for _, name := range names[head : len(names)-tail] {
		p.add(head-1, freshText(name).entry())
	}
	a.e.carryOut(list, p, o.inside(), a.e.models[key])
}

// newObject is an object that answers the questions; of the empty answers only
// those of texts that must be there.
func (a *applier) newObject(questions []question) fresh {
	v := freshObject()
	for _, q := range questions {
		value, said := a.value(q)
		if said || !q.optional && q.control != flagControl {
			v.push(value.member(q.key))
		}
	}
	return v
}
