package policydoc

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a text in double quotes. Of what is wrong inside it the first is
// told: the others are mostly of the same making.
func (p *parser) text() *node {
	start := p.pos
	n := p.node(textNode, start)
	// Most texts hold nothing to decode and nothing to look at twice.
	for i := start + 1; i < len(p.doc); i++ {
		c := p.doc[i]
		if c == '"' {
			n.text = p.all[start+1 : i]
			p.endText(n, i+1)
			return n
		}
		if c == '\\' || c < 0x20 || c >= 0x7F {
			break
		}
	}
	var out []byte
	i := start + 1
	for {
		if i == len(p.doc) || p.doc[i] == '\n' || p.doc[i] == '\r' {
			p.fail(jsQuoteMissing, start, i).mend(closing(p.doc, start, i))
			return n
		}
		if p.doc[i] == '"' {
			break
		}
		r, size, wrong := p.char(i)
		if wrong != noProblem && !n.bad {
			n.bad = true
			p.reportChar(wrong, r, i, size)
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	n.text = string(out)
	p.endText(n, i+1)
	return n
}

func (p *parser) endText(n *node, end int) {
	p.advance(end - n.start)
	n.end = end
	if len(n.text) > MaxTextBytes {
		n.bad = true
		p.report(jsTextTooLong, n.start, n.end, MaxTextBytes)
	}
}

// noProblem is what char answers for a good character.
const noProblem ruleID = -1

func (p *parser) reportChar(wrong ruleID, r rune, at, size int) {
	switch wrong {
	case jsControl, jsInvisible:
		p.report(wrong, at, at+size, charName(r)).mend(blank(at, at+size, r))
	default:
		p.report(wrong, at, at+size, excerpt(p.doc[at:at+size]))
	}
}

// char decodes the character of a text that begins at i: how many bytes it
// takes, and the rule it breaks or noProblem.
func (p *parser) char(i int) (r rune, size int, wrong ruleID) {
	if p.doc[i] == '\\' {
		return p.escape(i)
	}
	r, size = utf8.DecodeRune(p.doc[i:])
	if rule, odd := oddRune(r); odd {
		return r, size, rule
	}
	return r, size, noProblem // broken UTF-8 is reported once for the whole text
}

// escape decodes "\…".
func (p *parser) escape(i int) (r rune, size int, wrong ruleID) {
	rest := p.doc[i:]
	if len(rest) < 2 {
		return utf8.RuneError, len(rest), jsEscape
	}
	switch rest[1] {
	case '"', '\\', '/':
		return rune(rest[1]), 2, noProblem
	case 'b':
		return '\b', 2, jsControl
	case 'f':
		return '\f', 2, jsControl
	case 'n':
		return '\n', 2, jsControl
	case 'r':
		return '\r', 2, jsControl
	case 't':
		return '\t', 2, jsControl
	case 'u':
		return p.unicodeEscape(rest)
	case '\n', '\r':
		return utf8.RuneError, 1, jsEscape // let the line's end be seen
	}
	_, width := utf8.DecodeRune(rest[1:])
	return utf8.RuneError, 1 + width, jsEscape
}

// unicodeEscape decodes "\uXXXX", or the two of them that make one character.
func (p *parser) unicodeEscape(rest []byte) (r rune, size int, wrong ruleID) {
	r, ok := hex4(rest)
	if !ok {
		return utf8.RuneError, 2, jsEscape
	}
	if utf16.IsSurrogate(r) {
		low, ok := hex4(rest[6:])
		both := utf16.DecodeRune(r, low)
		if !ok || both == utf8.RuneError {
			return utf8.RuneError, 6, jsSurrogate
		}
		r, size = both, 12
	} else {
		size = 6
	}
	if rule, odd := oddRune(r); odd {
		return r, size, rule
	}
	return r, size, noProblem
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' || b[2] == '+' || b[2] == '-' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(v), err == nil
}

// quotePairs are the quotes that people and word processors write.
var quotePairs = []struct{ open, closers string }{
	{"'", "'"}, {"`", "`"}, {"“", "”“\""}, {"”", "”“\""}, {"„", "“”\""}, {"‘", "’‘'"}, {"’", "’‘'"}, {"«", "»"}, {"»", "«"},
}

// closingQuote is non-empty at a quote that JSON does not know: the characters
// that may close it.
func (p *parser) closingQuote() string {
	for _, q := range quotePairs {
		if bytes.HasPrefix(p.doc[p.pos:], []byte(q.open)) {
			return q.closers
		}
	}
	return ""
}

// quoted reads a text in quotes that JSON does not know.
func (p *parser) quoted() *node {
	start := p.pos
	closers := p.closingQuote()
	open := p.runeLen()
	rest := p.doc[start+open:]
	size := bytes.IndexAny(rest[:lineLength(rest)], closers)
	if size < 0 {
		p.fail(jsQuotes, start, start+open, string(p.doc[start:start+open]))
		return &node{}
	}
	end := start + open + size
	_, closing := utf8.DecodeRune(p.doc[end:])
	f := p.report(jsQuotes, start, end+closing, excerpt(p.doc[start:start+open]))
	if !bytes.ContainsAny(rest[:size], `"\`) {
		f.mend(requoting(start, open, end, closing))
	}
	n := &node{kind: textNode, start: start, end: end + closing, text: string(rest[:size]), bad: true}
	p.advance(end + closing - start)
	return n
}
