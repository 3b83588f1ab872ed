package policydoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"
)

// MaxFormRows bounds a form: the rows of a Data share policy at all levels, the
// entries of an Auth policy, and what is listed as Other, together. A document
// that has more is edited as text.
const MaxFormRows = 400

// ErrForm is returned for a form that does not fit its document: rows that it
// does not have, answers that its controls cannot give. A page of ours does not
// make such a form.
var ErrForm = errors.New("policydoc: the form does not fit its document")

// Form is a document as questions and answers. The document's text is the
// truth, the form a projection of it: what a form does not change keeps its
// bytes (see Apply).
type Form struct {
	Kind Kind
	// TooLarge: the document has more than MaxFormRows; nothing else is filled,
	// and there is no form to show.
	TooLarge bool
	Auth     AuthForm  // for KindAuth
	Share    ShareForm // for KindDataShare
	// Others is what the controls do not show, outside of rows: kept whatever is
	// answered, and listed for the reader.
	Others []Other
}

// Answer is what a document says to one question.
type Answer struct {
	// Value is what the control shows: the text itself; a count as digits;
	// "true" or "false" for a flag; a list of names as JoinNames writes it; ""
	// for nothing. The text may have wrong values: the linter speaks about them.
	Value string
	// Odd is an excerpt of the JSON text of a value that the control cannot
	// show, such as a list where a text belongs. Value is then "". The odd value
	// is kept until Value is something else.
	Odd string
	// Missing: the document has no such key.
	Missing bool
}

// Other is a key that no schema knows, a key written a second time, or a value
// of the wrong form.
type Other struct {
	Path []Step // from the outermost; see PathWords
	Raw  string // excerpt of its JSON text, fit to be shown
}

// AuthForm is an Auth policy.
type AuthForm struct {
	TokenType  Answer
	Ways       []WayAnswer // the vocabulary's in its order, then what only the document has
	Attributes []Pick
	Languages  []Pick
}

// States of a way of authenticating.
const (
	WayNo       = "no"
	WayOptional = "optional"
	WayRequired = "required"
	// WayOdd: it is in the document, but whether it is required cannot be read.
	// As an answer: leave it so.
	WayOdd = "odd"
)

// WayAnswer says whether one way of authenticating is allowed.
type WayAnswer struct {
	Type, SubType string // SubType "": none is named
	State         string
	Raw           string // of WayOdd: excerpt of the JSON text of its entries
	Origins       []int  // its entries in the document's list; none: the vocabulary offers it
}

// Pick is a name that is chosen or not.
type Pick struct {
	Name string
	On   bool
}

// ShareForm is a Data share policy.
type ShareForm struct {
	TypeOfShare, Minutes, Transactions, Encryption, Domain, Source, Protocol Answer

	Attributes []AttributeRow
}

// AttributeRow is one shared attribute.
type AttributeRow struct {
	// ID names the row in this form: "3" is the document's entry 3, "n0" a new
	// row. Rows below it continue it: "3:source:0", "n0:source:n0:filter:n1".
	ID string
	// Origin is the entry's index in the document's list, or -1 for a new row.
	Origin int

	Name, Group, Format, Encrypted Answer

	Sources []SourceRow
	Others  []Other // as Form.Others, in this row but not in the rows below it
}

// SourceRow is one source of a shared attribute.
type SourceRow struct {
	ID        string
	Origin    int
	Attribute Answer
	Filters   []FilterRow
	Others    []Other
}

// FilterRow takes a part of a source.
type FilterRow struct {
	ID       string
	Origin   int
	Type     Answer
	SubTypes Answer // see JoinNames
	Language Answer
	Others   []Other
}

// FormOf makes the form of a document. The vocabulary offers names; nil offers
// none but the document's own. An empty text gives an empty form.
//
// It is false where there is nothing to project: the text is not JSON, is no
// object, is not UTF-8, or breaks a limit of size or depth. Everything else the
// linter may have to say does not matter. It takes any bytes.
func FormOf(kind Kind, doc []byte, v *Vocabulary) (Form, bool) {
	root, ok := editable(doc)
	if !ok || !kind.Valid() {
		return Form{}, false
	}
	p := projector{doc: doc}
	f := Form{Kind: kind}
	switch kind {
	case KindAuth:
		f.Auth = p.auth(root, v)
		f.Others = p.takeOthers()
	case KindDataShare:
		f.Share = p.share(root)
		f.Others = p.takeOthers()
	}
	if p.rows > MaxFormRows {
		return Form{Kind: kind, TooLarge: true}, true
	}
	return f, true
}

// editable reads a text whose every byte has one meaning, so that positions can
// be trusted. Of an empty text it makes an empty object.
func editable(doc []byte) (*node, bool) {
	if blankText(doc) {
		return &node{kind: objectNode}, len(doc) <= MaxBytes
	}
	if len(doc) > MaxBytes || !utf8.Valid(doc) || !json.Valid(doc) {
		return nil, false
	}
	p := &parser{doc: doc}
	root := p.document()
	return root, root != nil && root.kind == objectNode
}

func blankText(doc []byte) bool { return len(bytes.Trim(doc, " \t\r\n")) == 0 }

// projector turns nodes into answers. It stops filling lists when there are too
// many rows.
type projector struct {
	doc    []byte
	rows   int
	others []Other // of the level that is being read
}

// row counts one more row and reports whether the form can still hold it.
func (p *projector) row() bool {
	p.rows++
	return p.rows <= MaxFormRows
}

// takeOthers hands over what was set aside since the last call.
func (p *projector) takeOthers() []Other {
	o := p.others
	p.others = nil
	return o
}

func (p *projector) other(n *node, path []Step) {
	if p.row() {
		p.others = append(p.others, Other{slices.Clone(path), p.raw(n)})
	}
}

// unknown sets aside the members of an object that are none of the known keys,
// or that are written again.
func (p *projector) unknown(n *node, path []Step, known ...string) {
	for _, m := range n.members {
		first, _ := n.member(m.key)
		if first.start != m.start || !slices.Contains(known, m.key) {
			p.other(m.value, append(path, Step{Key: m.key}))
		}
	}
}

// list is the items under a key; a value of another form is set aside.
func (p *projector) list(n *node, key string, path []Step) []*node {
	v := n.get(key)
	if v != nil && v.kind != listNode {
		p.other(v, append(path, Step{Key: key}))
	}
	return v.list()
}

// raw is an excerpt of a value's text, fit to be shown.
func (p *projector) raw(n *node) string { return excerptRaw(p.doc[n.start:n.end]) }

// control says what kind of value a question asks for.
type control byte

const (
	textControl  control = iota
	countControl         // a whole number, in the document a text
	flagControl
	namesControl // a list of texts
)

// question is one key of an object, with the answer in the form.
type question struct {
	key      string
	answer   *Answer
	control  control
	optional bool // an empty answer takes the key away
}

// answers fills in what the object n says to the questions; n may be nil.
func (p *projector) answers(n *node, questions []question) {
	for _, q := range questions {
		*q.answer = p.answer(n.get(q.key), q.control)
	}
}

func (p *projector) answer(n *node, c control) Answer {
	if n == nil {
		return Answer{Missing: true}
	}
	value, ok := "", false
	switch c {
	case textControl:
		value, ok = showable(n)
	case countControl:
		value, ok = showable(n)
		if n.kind == numberNode && !n.bad {
			value, ok = n.text, true
		}
	case flagControl:
		ok = n.kind == flagNode
		if value = "false"; n.flag {
			value = "true"
		}
	case namesControl:
		var names []string
		names, ok = showableNames(n)
		value = JoinNames(names)
	}
	if !ok {
		return Answer{Odd: p.raw(n)}
	}
	return Answer{Value: value}
}
