package policydoc

import (
	"bytes"
	"unicode/utf8"
)

// parser walks the text of a document once, strictly, and builds its nodes.
//
// encoding/json does not do for documents that rule over personal data
// (security.md M10): of a key written twice the last wins silently, broken
// UTF-8 and lone surrogates become U+FFFD, 10,000 levels are taken, text after
// the value can be missed, and an error has an offset but neither a cause that
// helps nor a second error after it. PostgreSQL's jsonb then refuses or grows
// what was accepted (M11).
type parser struct {
	doc    []byte
	all    string // doc again: texts of the nodes are pieces of it
	slab   []node // nodes to hand out: one allocation makes many
	pos    int
	last   int // end of the last token: where a missing sign belongs
	before int // start of the last token
	depth  int
	values int
	path   []Step
	notes
	broken bool // the rest of the text cannot be read with any certainty
}

// node makes a node that begins at start.
func (p *parser) node(kind nodeKind, start int) *node {
	if len(p.slab) == 0 {
		p.slab = make([]node, min(256, 16+p.values))
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	n.kind, n.start = kind, start
	return n
}

// report notes a finding at the bytes from start to end, in the order of the
// text. After hundreds of one kind, reading on helps nobody.
func (p *parser) report(rule ruleID, start, end int, values ...any) *found {
	f := p.add(rule, start, end, p.path, values...)
	p.broken = p.broken || f == nil
	return f
}

// fail notes a finding behind which the text cannot be understood.
func (p *parser) fail(rule ruleID, start, end int, values ...any) *found {
	p.broken = true
	return p.report(rule, start, end, values...)
}

// document reads the whole text. It returns nil where the text could not be
// followed to its end.
func (p *parser) document() *node {
	if !p.readable() {
		return nil
	}
	p.all = string(p.doc)
	if p.skip(); p.pos == len(p.doc) {
		p.fail(jsEmpty, 0, 0)
		return nil
	}
	root := p.value()
	if p.broken {
		return nil
	}
	if p.skip(); p.pos < len(p.doc) {
		if c := p.doc[p.pos]; c == '}' || c == ']' {
			p.fail(jsCloserExtra, p.pos, p.pos+1, string(c)).mend(removal(p.pos, p.pos+1))
		} else {
			p.fail(jsTrailing, p.pos, len(p.doc))
		}
		return nil
	}
	return root
}

// readable looks at size and encoding, before anything is read.
func (p *parser) readable() bool {
	if len(p.doc) > MaxBytes {
		p.fail(jsTooBig, 0, 0, MaxBytes>>10)
		return false
	}
	if wide(p.doc) {
		p.fail(jsEncoding, 0, 1)
		return false
	}
	if bytes.HasPrefix(p.doc, bom) {
		p.report(jsBOM, 0, len(bom)).mend(removal(0, len(bom)))
		p.pos = len(bom)
	}
	if !utf8.Valid(p.doc) {
		// The first place is enough: the cause is the way the file was saved.
		at := invalidUTF8(p.doc)
		p.report(jsUTF8, at, at+1)
	}
	return true
}

// value reads one value. The caller has skipped to its first byte.
func (p *parser) value() *node {
	if p.values++; p.values > MaxValues {
		p.fail(jsTooManyValues, p.pos, p.pos+1, MaxValues)
		return &node{}
	}
	switch c := p.doc[p.pos]; {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.list)
	case c == '"':
		return p.text()
	case p.closingQuote() != "":
		return p.quoted()
	case numberByte(c):
		return p.number()
	case wordByte(c):
		return p.word()
	}
	end := p.pos + p.runeLen()
	p.fail(jsUnexpected, p.pos, end, excerpt(p.doc[p.pos:end]))
	return &node{}
}

func (p *parser) nested(read func() *node) *node {
	if p.depth++; p.depth > MaxDepth {
		p.fail(jsTooDeep, p.pos, p.pos+1, MaxDepth)
		return &node{}
	}
	n := read()
	p.depth--
	return n
}

// object reads "{ … }".
func (p *parser) object() *node {
	n := p.node(objectNode, p.pos)
	p.sign()
	for p.more(n, '}') {
		key, start, ok := p.key(n)
		if !ok {
			return n
		}
		end := p.last
		p.path = append(p.path, Step{Key: key})
		v := p.memberValue(key, start, end)
		twice := p.twice(n, key, start, end, v)
		if v != nil {
			n.add(member{key, start, end, v, twice})
		}
		p.path = p.path[:len(p.path)-1]
		if !p.comma('}') {
			return n
		}
	}
	return n
}

// twice reports a key that n has already. Where both say the same, the second can
// go.
func (p *parser) twice(n *node, key string, start, end int, v *node) bool {
	first, twice := n.member(key)
	if !twice {
		return false
	}
	f := p.report(jsDuplicateKey, start, end, clip(key), lineOf(first.start))
	if v != nil && bytes.Equal(p.doc[first.value.start:first.value.end], p.doc[v.start:v.end]) {
		f.mend(removeKey(key, n.members[len(n.members)-1].value.end, v.end))
	}
	return true
}

// list reads "[ … ]".
func (p *parser) list() *node {
	n := p.node(listNode, p.pos)
	p.sign()
	for p.more(n, ']') {
		p.path = append(p.path, Step{Index: len(n.items), Item: true})
		n.items = append(n.items, p.value())
		p.path = p.path[:len(p.path)-1]
		if !p.comma(']') {
			return n
		}
	}
	return n
}

// more skips to the next member or item of n. It is false at the end of n,
// which it reads, and where nothing can follow.
func (p *parser) more(n *node, sign byte) bool {
	for !p.broken {
		p.skip()
		if p.pos == len(p.doc) {
			p.fail(jsUnclosed, p.last, p.last, string(p.doc[n.start]), lineOf(n.start), string(sign)).mend(closer(p.doc, n.start, p.last, string(sign)))
			return false
		}
		switch c := p.doc[p.pos]; c {
		case sign:
			if p.doc[p.before] == ',' {
				p.report(jsCommaExtra, p.before, p.last).mend(removal(p.before, p.last))
			}
			p.sign()
			n.end = p.pos
			return false
		case ',':
			p.report(jsCommaExtra, p.pos, p.pos+1).mend(removal(p.pos, p.pos+1))
			p.sign()
			p.before = n.start // this comma has been spoken of
		case '}', ']':
			p.fail(jsCloser, p.pos, p.pos+1, string(c), string(p.doc[n.start]), lineOf(n.start), string(sign))
			return false
		default:
			return true
		}
	}
	return false
}

// key reads the key of a member with its quotes, whatever they are.
func (p *parser) key(n *node) (key string, start int, ok bool) {
	start = p.pos
	switch {
	case p.doc[p.pos] == '"':
		k := p.text()
		if len(k.text) > MaxKeyBytes {
			p.report(jsKeyTooLong, start, p.last, MaxKeyBytes)
		}
		return k.text, start, !p.broken
	case p.closingQuote() != "":
		return p.quoted().text, start, !p.broken
	case wordByte(p.doc[p.pos]) && !numberByte(p.doc[p.pos]):
		return p.bareKey(), start, !p.broken
	}
	end := p.pos + p.runeLen()
	p.fail(jsKeyExpected, p.pos, end, excerpt(p.doc[p.pos:end]), lineOf(n.start))
	return "", start, false
}

// memberValue reads the colon and the value behind a key. It returns nil where
// the rest of the text is lost.
func (p *parser) memberValue(key string, start, end int) *node {
	if p.broken || !p.colon(key, start, end) {
		return nil
	}
	p.skip()
	if p.atEnd() {
		p.report(jsValueMissing, p.last, p.last, clip(key))
		return &node{start: p.last, end: p.last, bad: true}
	}
	v := p.value()
	if p.broken {
		return nil
	}
	return v
}

// colon reads the sign between key and value.
func (p *parser) colon(key string, start, end int) bool {
	p.skip()
	rest := p.doc[p.pos:]
	switch {
	case len(rest) > 0 && rest[0] == ':':
		p.sign()
		return true
	case bytes.HasPrefix(rest, []byte("=")):
		width := 1
		if bytes.HasPrefix(rest, []byte("=>")) {
			width = 2
		}
		p.report(jsSeparator, p.pos, p.pos+width, string(rest[:width]), ":").mend(replacement(p.pos, p.pos+width, ":", ":"))
		p.advance(width)
		return true
	case p.atEnd():
		return true // that the value is missing says it all
	case bytes.ContainsRune([]byte(key), ':'):
		// "authType: "otp": the quote behind authType is missing.
		colon := bytes.IndexByte(p.doc[start:end], ':')
		p.fail(jsQuoteMissing, start, end).mend(insertion(start+max(0, colon), `"`))
		return false
	}
	p.report(jsColonMissing, p.last, p.last, clip(key)).mend(insertion(p.last, ":"))
	return true
}

// atEnd reports that no value begins here: a member ends, or the text.
func (p *parser) atEnd() bool {
	return p.pos == len(p.doc) || bytes.IndexByte([]byte(",}]"), p.doc[p.pos]) >= 0
}

// comma reads what separates a value from the next, if there is one. It is
// false where the rest of the text is lost.
func (p *parser) comma(closer byte) bool {
	if p.broken {
		return false
	}
	touching := p.pos
	if p.skip(); p.pos == len(p.doc) {
		return true
	}
	c := p.doc[p.pos]
	switch {
	case c == ',':
		p.sign()
	case c == closer || c == '}' || c == ']':
	case c == ';':
		p.report(jsSeparator, p.pos, p.pos+1, ";", ",").mend(replacement(p.pos, p.pos+1, ",", ","))
		p.sign()
		p.before = 0 // not a comma: a closing sign may follow
	case p.pos == touching && p.doc[p.before] == '"' && wordByte(c):
		// "otp, "mandatory": the text ended at the quote of the next one.
		p.fail(jsQuoteStray, p.last-1, p.last)
	case c == '"' || c == '{' || c == '[' || wordByte(c) || p.closingQuote() != "":
		p.report(jsCommaMissing, p.last, p.last, excerpt(p.doc[p.before:p.last]), p.nextToken()).mend(insertion(p.last, ","))
	default:
		end := p.pos + p.runeLen()
		p.fail(jsUnexpected, p.pos, end, excerpt(p.doc[p.pos:end]))
	}
	return !p.broken
}

// sign reads one byte that is a token of its own.
func (p *parser) sign() { p.advance(1) }

// advance reads a token of n bytes.
func (p *parser) advance(n int) {
	p.before = p.pos
	p.pos += n
	p.last = p.pos
}
