package policydoc

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var bom = []byte("\uFEFF")

// wide reports a text of two or four bytes for each character (UTF-16, UTF-32):
// JSON begins with two ASCII characters, so there a zero byte shows it.
func wide(doc []byte) bool {
	if len(doc) < 2 {
		return false
	}
	return bytes.HasPrefix(doc, []byte{0xFF, 0xFE}) || bytes.HasPrefix(doc, []byte{0xFE, 0xFF}) ||
		(doc[0] == 0) != (doc[1] == 0)
}

func invalidUTF8(doc []byte) int {
	for i := 0; i < len(doc); {
		r, size := utf8.DecodeRune(doc[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(doc)
}

// skip passes over white space, and over what does not belong between two
// tokens but leaves no doubt about them.
func (p *parser) skip() {
	for p.pos < len(p.doc) && !p.broken {
		rest := p.doc[p.pos:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.pos++
		case c == '#' || bytes.HasPrefix(rest, []byte("//")):
			p.comment(lineLength(rest))
		case bytes.HasPrefix(rest, []byte("/*")):
			if end := bytes.Index(rest[2:], []byte("*/")); end >= 0 {
				p.comment(end + 4)
			} else {
				p.comment(len(rest))
			}
		default:
			r, size := utf8.DecodeRune(rest)
			rule, odd := oddRune(r)
			switch {
			case r == utf8.RuneError && size == 1: // reported for the whole text
			case odd:
				p.report(rule, p.pos, p.pos+size, charName(r)).mend(blank(p.pos, p.pos+size, r))
			default:
				return
			}
			p.pos += size
		}
	}
}

func (p *parser) comment(size int) {
	p.report(jsComment, p.pos, p.pos+size).mend(uncommented(p.doc, p.pos, p.pos+size))
	p.pos += size
}

// oddRune names the rule that a character breaks wherever it stands: controls
// (security.md UPL-4), and what nobody can see, so that two texts that look the
// same are the same: the second pair of eyes judges by looking.
func oddRune(r rune) (ruleID, bool) {
	switch {
	case r < 0x20 || r >= 0x7F && r <= 0x9F:
		return jsControl, true
	case r < 0x7F:
		return 0, false
	case unicode.In(r, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp):
		return jsInvisible, true
	}
	return 0, false
}

// charName is the usual name of a character that cannot be shown.
func charName(r rune) string { return fmt.Sprintf("U+%04X", r) }

// number reads a number, or what begins like one.
func (p *parser) number() *node {
	start := p.pos
	size := bytes.IndexFunc(p.doc[start:], func(r rune) bool {
		return r >= utf8.RuneSelf || !numberByte(byte(r)) && !wordByte(byte(r))
	})
	if size < 0 {
		size = len(p.doc) - start
	}
	p.advance(size)
	raw := p.doc[start:p.pos]
	n := p.node(numberNode, start)
	n.end, n.text = p.pos, p.all[start:p.pos]
	form := numberForm(raw)
	switch {
	case !form.valid:
		p.report(jsNumberForm, start, p.pos, excerpt(raw))
	case form.exponent:
		p.report(jsExponent, start, p.pos, excerpt(raw))
	case form.digits > MaxDigits:
		p.report(jsNumberLong, start, p.pos, MaxDigits)
	default:
		return n
	}
	n.bad = true
	return n
}

type numberShape struct {
	valid, exponent bool
	digits          int
}

// numberForm holds raw against the number of RFC 8259 section 6.
func numberForm(raw []byte) numberShape {
	var s numberShape
	rest := bytes.TrimPrefix(raw, []byte("-"))
	whole, rest := digits(rest)
	s.digits = whole
	s.valid = whole == 1 || whole > 1 && !bytes.HasPrefix(bytes.TrimPrefix(raw, []byte("-")), []byte("0"))
	if len(rest) > 0 && rest[0] == '.' {
		var fraction int
		fraction, rest = digits(rest[1:])
		s.digits += fraction
		s.valid = s.valid && fraction > 0
	}
	if len(rest) > 0 && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		var exponent int
		exponent, rest = digits(rest)
		s.exponent = true
		s.valid = s.valid && exponent > 0
	}
	s.valid = s.valid && len(rest) == 0
	return s
}

func digits(b []byte) (int, []byte) {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n, b[n:]
}

// word reads true, false, null, or a word that has no business there.
func (p *parser) word() *node {
	start := p.pos
	raw := p.wordAt()
	if missing, ok := p.openingQuoteMissing(start, raw); ok {
		return missing
	}
	p.advance(len(raw))
	n := p.node(nullNode, start)
	n.end = p.pos
	switch s := string(raw); s {
	case "true", "false":
		n.kind, n.flag = flagNode, s == "true"
	case "null":
	default:
		n.kind, n.text, n.bad = textNode, s, true
		if meant := literalFor(s); meant != "" {
			p.report(jsLiteral, start, p.pos, clip(s), meant).mend(replacement(start, p.pos, meant, meant))
		} else {
			p.report(jsWord, start, p.pos, clip(s)).mend(quoting(start, p.pos))
		}
	}
	return n
}

// openingQuoteMissing reads otp" as "otp" and says so.
func (p *parser) openingQuoteMissing(start int, raw []byte) (*node, bool) {
	end := start + len(raw)
	if end == len(p.doc) || p.doc[end] != '"' {
		return nil, false
	}
	p.report(jsQuoteOpening, start, end+1, clip(string(raw))).mend(insertion(start, `"`))
	p.advance(len(raw) + 1)
	return &node{kind: textNode, start: start, end: p.pos, text: string(raw), bad: true}, true
}

// bareKey reads a key without quotes, or without the first of them.
func (p *parser) bareKey() string {
	start := p.pos
	raw := p.wordAt()
	if n, ok := p.openingQuoteMissing(start, raw); ok {
		return n.text
	}
	p.advance(len(raw))
	p.report(jsKeyQuotes, start, p.pos, clip(string(raw))).mend(quoting(start, p.pos))
	return string(raw)
}

// literalFor guesses the JSON word behind one of another language.
func literalFor(s string) string {
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return "true"
	case "false", "no", "off":
		return "false"
	case "null", "none", "nil", "undefined":
		return "null"
	}
	return ""
}

func (p *parser) wordAt() []byte {
	end := p.pos
	for end < len(p.doc) && (wordByte(p.doc[end]) || p.doc[end] == '-' || p.doc[end] == '.') {
		end++
	}
	return p.doc[p.pos:end]
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}

func numberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.'
}

func (p *parser) runeLen() int {
	_, size := utf8.DecodeRune(p.doc[p.pos:])
	return size
}

// nextToken is an excerpt of what stands at the current place.
func (p *parser) nextToken() string {
	rest := p.doc[p.pos:]
	if len(rest) > 4*maxExcerpt {
		rest = rest[:4*maxExcerpt]
	}
	rest = rest[:lineLength(rest)]
	switch {
	case rest[0] == '"':
		if end := bytes.IndexByte(rest[1:], '"'); end >= 0 {
			rest = rest[:end+2]
		}
	case wordByte(rest[0]):
		rest = p.wordAt()
	default:
		rest = rest[:p.runeLen()]
	}
	return excerpt(rest)
}

func lineLength(b []byte) int {
	if end := bytes.IndexAny(b, "\r\n"); end >= 0 {
		return end
	}
	return len(b)
}

func excerpt(b []byte) string {
	// Bytes may be many: cut before looking at each character. A character cut
	// in two at the end is beyond what clip keeps.
	return clip(string(b[:min(len(b), utf8.UTFMax*(maxExcerpt+2))]))
}

// clip makes a piece of the document fit to stand in a message: short, valid,
// and without characters that would change how the message is read.
func clip(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxExcerpt {
			return b.String() + "…"
		}
		if _, odd := oddRune(r); odd || r == utf8.RuneError {
			r = '�'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
