package policydoc

import (
	"bytes"
	"encoding/json"
	"unicode"
)

// Fix is a change of the document that a person can ask for with one click.
type Fix struct {
	Key   string // message: what it does, such as "Replace by fullName"
	Args  []any  // of the message: name, value, name, value …; strings only
	Edits []Edit // in the order of the text, not overlapping
}

// Edit replaces the bytes from Start to End by Text.
type Edit struct {
	Start, End int
	Text       string
}

// fixArgs are the messages of fixes and the names of their arguments.
var fixArgs = map[string][]string{
	"add": {"Text"}, "add_key": {"Name", "Value"}, "add_ways": {"Names"},
	"remove": nil, "remove_entry": nil, "remove_key": {"Name"},
	"replace": {"Value"}, "quote": nil, "quotes": nil, "space": nil, "list": nil, "object": nil,
	"encrypt": nil, "optional": nil,
}

// ApplyFix makes the change that a finding of doc offers, and leaves the rest of
// the text as it is. findingID is the Finding.ID of a report on the same kind,
// text and surroundings. It is false, and returns doc, where the text has no
// such finding or the finding no fix: the text was changed meanwhile.
//
// The result is not checked; it may be longer than MaxBytes.
func ApplyFix(kind Kind, doc []byte, around Around, findingID string) ([]byte, bool) {
	for _, f := range Check(kind, doc, around).Findings {
		if f.ID() == findingID && f.Fix != nil {
			return f.Fix.apply(doc), true
		}
	}
	return doc, false
}

func (f *Fix) apply(doc []byte) []byte {
	var out bytes.Buffer
	last := 0
	for _, e := range f.Edits {
		out.Write(doc[last:e.Start])
		out.WriteString(e.Text)
		last = e.End
	}
	out.Write(doc[last:])
	return out.Bytes()
}

// newFix is a fix with the values of its message's arguments, in the order of
// their names.
func newFix(key string, values []string, edits ...Edit) *Fix {
	f := &Fix{Key: "policydoc.fix." + key, Edits: edits}
	names := fixArgs[key]
	for i, value := range values {
		f.Args = append(f.Args, names[i], clip(value))
	}
	return f
}

func removal(start, end int) *Fix { return newFix("remove", nil, Edit{start, end, ""}) }

func insertion(at int, text string) *Fix {
	return newFix("add", []string{text}, Edit{at, at, text})
}

// replacement puts text, shown as what, in the place of what stands there.
func replacement(start, end int, text, what string) *Fix {
	return newFix("replace", []string{what}, Edit{start, end, text})
}

// rename puts another text in the place of a text or key.
func rename(start, end int, to string) *Fix { return replacement(start, end, quoted(to), to) }

func quoting(start, end int) *Fix {
	return newFix("quote", nil, Edit{start, start, `"`}, Edit{end, end, `"`})
}

// requoting writes JSON's quotes instead of others of some bytes.
func requoting(start, opening, end, closing int) *Fix {
	return newFix("quotes", nil, Edit{start, start + opening, `"`}, Edit{end, end + closing, `"`})
}

// closing ends a text that has no closing quote at the end of its line, before
// the signs that can hardly be part of it. It is nil where that would not end
// the text.
func closing(doc []byte, start, end int) *Fix {
	at := start + 1 + len(bytes.TrimRight(doc[start+1:end], " \t,}]"))
	if doc[at-1] == '\\' {
		return nil
	}
	return insertion(at, `"`)
}

// uncommented takes a comment away, with the spaces before it, and with its line
// where nothing else stands there.
func uncommented(doc []byte, start, end int) *Fix {
	start = len(bytes.TrimRight(doc[:start], " \t"))
	alone := start == 0 || doc[start-1] == '\n'
	if rest := doc[end:]; alone && lineLength(rest) == 0 {
		switch {
		case bytes.HasPrefix(rest, []byte("\r\n")):
			end += 2
		case len(rest) > 0:
			end++
		}
	}
	return removal(start, end)
}

// closer closes what was opened at open, on a line of its own if that was begun
// on an earlier one.
func closer(doc []byte, open, at int, sign string) *Fix {
	f := insertion(at, sign)
	if bytes.IndexByte(doc[open:at], '\n') >= 0 {
		line := doc[bytes.LastIndexByte(doc[:open], '\n')+1:]
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		f.Edits[0].Text = "\n" + string(indent) + sign
	}
	return f
}

// blank settles a character that must not be there: what separates words
// becomes a space, anything else goes.
func blank(start, end int, r rune) *Fix {
	if unicode.IsSpace(r) || unicode.Is(unicode.Z, r) {
		return newFix("space", nil, Edit{start, end, " "})
	}
	return removal(start, end)
}

func removeKey(key string, start, end int) *Fix {
	return newFix("remove_key", []string{key}, Edit{start, end, ""})
}

// removeMember takes the i-th member out of an object, with the comma that
// separates it from its neighbour.
func removeMember(n *node, i int) *Fix {
	m := n.members[i]
	start, end := m.start, m.value.end
	switch {
	case i > 0:
		start = n.members[i-1].value.end
	case len(n.members) > 1:
		end = n.members[1].start
	}
	return removeKey(m.key, start, end)
}

// removeItem takes the i-th item out of a list, with the comma.
func removeItem(n *node, i int) *Fix {
	start, end := n.items[i].start, n.items[i].end
	switch {
	case i > 0:
		start = n.items[i-1].end
	case len(n.items) > 1:
		end = n.items[1].start
	}
	return newFix("remove_entry", nil, Edit{start, end, ""})
}

// keyAt is the place of a key in an object, -1 if it is not there.
func keyAt(n *node, key string) int {
	for i, m := range n.members {
		if m.key == key {
			return i
		}
	}
	return -1
}

// addMember writes one more member behind the last of an object, in the style of
// the others. value is JSON.
func (c *collector) addMember(n *node, key, value string) *Fix {
	if n.end == 0 {
		return nil
	}
	text := quoted(key) + ": " + value
	at := n.end - 1
	if len(n.members) > 0 {
		last := n.members[len(n.members)-1]
		before := n.start + 1
		if len(n.members) > 1 {
			before = n.members[len(n.members)-2].value.end
		}
		at = last.value.end
		text = "," + c.space(before, last.start) + quoted(key) + c.colon(last) + value
	}
	return newFix("add_key", []string{key, value}, Edit{at, at, text})
}

// space is the white space in front of a place, back to from: how the text
// separates one entry from the next.
func (c *collector) space(from, to int) string {
	b := c.doc[from:to]
	return string(b[len(bytes.TrimRight(b, " \t\r\n")):])
}

// colon is how the text separates the key of m from its value.
func (c *collector) colon(m member) string {
	between := c.doc[m.end:m.value.start]
	if string(bytes.Trim(between, " \t")) == ":" {
		return string(between)
	}
	return ": "
}

// quoted is a text as JSON, without the escapes that only HTML needs.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("policydoc: " + err.Error()) // no text makes it fail
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
